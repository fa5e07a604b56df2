import { IResolvable, IResolveContext, Lazy, Tokenization } from 'cdktf';
import { fail } from './validation';

/**
 * Escapes what Terraform would read as a template in the literal parts of a string, and leaves its tokens.
 */
export function escapeLiterals(text: string): string {
  return pieces(text)
    .map((piece, i, all) => (typeof piece === 'string' ? escapeLiteral(piece, typeof all[i + 1] === 'object') : piece.token.toString()))
    .join('');
}

/** A piece of a string: a literal, or the token that stands there. */
export type Piece = string | { readonly token: IResolvable };

/** The literals and tokens of a string, in their order. */
export function pieces(text: string): Piece[] {
  const fragments = Tokenization.reverseString(text).mapTokens({ resolve: (token: IResolvable) => ({ token }) } as unknown as IResolveContext);
  fragments.addLiteral(''); // join() calls back only for two fragments or more
  fragments.addLiteral('');
  const all: Piece[] = fragments.join({ join: (left: Piece | Piece[], right: Piece) => [left, right].flat() });
  return all.filter((piece) => piece !== '');
}

/** The framework takes a literal `${` for the begin of an expression and drops the braces of the next token: a brace that is a token itself hides it. */
const BRACE = Lazy.stringValue({ produce: () => '{' });

/** A string of its own inside the template, in Terraform's quoting. */
const quoted = (text: string) => Lazy.stringValue({ produce: () => `\${"${text}"}` });

/** Terraform's scanner takes nothing for a template between a carriage return and the end of its line. */
const CARRIAGE_RETURN = quoted('\\r');

function escapeLiteral(literal: string, beforeToken: boolean): string {
  // A number token is a double near -8e298: inside a string it would be printed as that.
  for (const [number] of literal.matchAll(/-\d(\.\d+)?e\+298/g)) {
    if (Tokenization.reverseNumber(Number(number)) === undefined) continue;
    fail('TemplateText', {
      problem: 'a number token stands inside a string, where it loses its reference',
      fix: 'write it with Token.asString(…) or Fn.tostring(…)',
    });
  }
  // Dollars right before a token's `${` would make an escape of it.
  const [body, dollars] = beforeToken ? [literal.replace(/\$+$/, ''), /\$*$/.exec(literal)![0]] : [literal, ''];
  const escaped = body
    .replace(/\$\{/g, () => `$$${BRACE}`)
    .replace(/%\{/g, () => `%%${BRACE}`)
    .replace(/(\$*)\r/g, (_, before) => (before && quoted(before)) + CARRIAGE_RETURN);
  return escaped + (dollars && quoted(dollars));
}
