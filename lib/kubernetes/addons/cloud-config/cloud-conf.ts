import { escapeText, Escapes } from '../../../core/quoted-text';
import { check, fail, isKnown, Where } from '../../../core/validation';

/** A value of cloud.conf. A list is a key that is repeated. */
export type Value = string | number | boolean | readonly string[] | undefined;

/** A section of cloud.conf, in the order in which it is written. */
export interface Section {
  readonly name: string;
  /** The part in quotes: `[LoadBalancerClass "office"]`. */
  readonly subsection?: string;
  readonly values: { readonly [key: string]: Value };
}

/**
 * gcfg, which the controllers read cloud.conf with, knows these escapes in a quoted value, and no others (its scanner, v1.2.3).
 * In a subsection's name it knows the first two.
 */
const ESCAPES: Escapes = [
  ['\\', '\\\\'],
  ['"', '\\"'],
  ['\n', '\\n'],
  ['\t', '\\t'],
];

/** The text of cloud.conf. Every text is quoted, so that `#`, `;`, `=` and spaces are themselves. Empty sections are left out. */
export function renderCloudConf(where: Where, sections: readonly Section[]): string {
  return sections
    .map((section) => ({ section, lines: Object.entries(section.values).flatMap(([key, value]) => line(where, section.name, key, value)) }))
    .filter(({ lines }) => lines.length > 0)
    .map(({ section, lines }) => [header(where, section), ...lines, ''].join('\n'))
    .join('\n');
}

function header(where: Where, { name, subsection }: Section): string {
  if (subsection === undefined) return `[${name}]`;
  checkText(where, `the name of a ${name}`, subsection);
  check(where, subsection, (text) => !text.includes('\n') && text !== '', {
    problem: `the name of a ${name} must be one line, and not empty`,
    fix: 'choose another name',
  });
  return `[${name} "${escapeText(subsection, ESCAPES.slice(0, 2))}"]`;
}

function line(where: Where, section: string, key: string, value: Value): string[] {
  if (value === undefined) return [];
  if (typeof value === 'number' || typeof value === 'boolean') return [`${key}=${value}`];
  if (typeof value !== 'string') return value.flatMap((item) => line(where, section, key, item));
  checkText(where, `${key} of [${section}]`, value);
  check(where, value, (text) => text !== '', {
    problem: `${key} of [${section}] is empty, which the controllers take for not given`,
    fix: 'leave it out',
  });
  return [`${key}="${escapeText(value, ESCAPES)}"`];
}

/** What neither gcfg nor Terraform carries unharmed. The error shows no value: it may be a secret. */
const UNSPEAKABLE: readonly (readonly [problem: string, test: (text: string) => boolean])[] = [
  ['has a carriage return, which the parser of cloud.conf drops', (text) => text.includes('\r')],
  ['has a NUL, which the parser of cloud.conf refuses', (text) => text.includes('\0')],
  ['has half of a character, which is not UTF-8', (text) => /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(text)],
  ['is not in Unicode form NFC, to which Terraform changes every text', (text) => text.normalize('NFC') !== text],
];

function checkText(where: Where, what: string, text: string): void {
  const problem = isKnown(text) && UNSPEAKABLE.find(([, test]) => test(text))?.[0];
  if (problem) fail(where, { problem: `${what} ${problem}`, fix: 'take it out' });
}
