import { Fn, Token } from 'cdktf';
import { pieces } from './escape-literals';

/** Characters, in the order in which they are replaced, and what stands for them: the escape character itself comes first. */
export type Escapes = readonly (readonly [character: string, escape: string])[];

/** What a JSON string must not hold as it is. Other control characters don't occur in what OpenStack and Kubernetes give back. */
const JSON_ESCAPES: Escapes = [
  ['\\', '\\\\'],
  ['"', '\\"'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
];

/** Escapes a text for a quoted slot: literals at synth, tokens by Terraform, once their values are known. */
export function escapeText(text: string, escapes: Escapes): string {
  return pieces(text)
    .map((piece) =>
      typeof piece === 'string'
        ? escapes.reduce((sum, [character, escape]) => sum.replaceAll(character, () => escape), piece)
        : escapes.reduce((sum, [character, escape]) => Token.asString(Fn.replace(sum, hcl(character), hcl(escape))), piece.token.toString()),
    )
    .join('');
}

/**
 * A value as JSON, tokens in it included: strings are escaped when they are known, numbers and lists stand bare. To be handed to TemplateText.
 * What is `undefined` is left out, as JSON.stringify does.
 */
export function toJson(value: unknown): string {
  if (typeof value === 'number' && Token.isUnresolved(value)) return Token.asString(value);
  if (typeof value === 'string') return Token.isUnresolved(value) ? `"${escapeText(value, JSON_ESCAPES)}"` : JSON.stringify(value);
  // The reference alone: there is no quote in it to break on.
  // eslint-disable-next-line no-restricted-syntax
  if (Array.isArray(value) && Token.isUnresolved(value)) return Token.asString(Fn.jsonencode(value));
  if (Array.isArray(value)) return `[${value.map((item) => toJson(item ?? null)).join(',')}]`;
  if (Token.isUnresolved(value)) return `"${escapeText(Token.asString(value), JSON_ESCAPES)}"`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${entries.map(([key, item]) => `${toJson(key)}:${toJson(item)}`).join(',')}}`;
}

/** The framework puts a function's text arguments between quotes as they are. */
const hcl = (text: string) => JSON.stringify(text).slice(1, -1);
