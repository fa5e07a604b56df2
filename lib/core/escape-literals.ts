import { IResolvable, IResolveContext, Lazy, Tokenization } from 'cdktf';
import { fail } from './validation';

/**
 * Escapes what Terraform would read as a template in the literal parts of a string, and leaves its tokens. What is no token is still the text that it was,
 * so that the string may go into JSON or a function.
 */
export function escapeLiterals(text: string): string {
  return ofPieces(text, (literal, beforeToken) => escapeLiteral(literal, beforeToken, hidden));
}

/**
 * The same for a long text that goes to Terraform as it is. Each of its literals is a token: from every brace and token the framework looks to the end of the
 * string for the next one, and inside a token that holds none it doesn't.
 */
export function escapeTemplate(text: string): string {
  return ofPieces(text, (literal, beforeToken) => {
    const escaped = escapeLiteral(literal, beforeToken, (inner) => inner);
    return Lazy.stringValue({ produce: () => escaped });
  });
}

function ofPieces(text: string, escape: (literal: string, beforeToken: boolean) => string): string {
  return pieces(text)
    .map((piece, i, all) => (typeof piece === 'string' ? escape(piece, typeof all[i + 1] === 'object') : piece.token.toString()))
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

const known = new Map<string, string>();

/** A token for a text, one for each: the framework takes a literal `${` for the begin of an expression and drops the braces of the next token. */
function hidden(text: string): string {
  const token = known.get(text) ?? Lazy.stringValue({ produce: () => text });
  known.set(text, token);
  return token;
}

/** A string of its own inside the template, in Terraform's quoting. */
const quoted = (text: string) => `\${"${text}"}`;

function escapeLiteral(literal: string, beforeToken: boolean, hide: (text: string) => string): string {
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
    .replace(/\$\{/g, () => `$$${hide('{')}`)
    .replace(/%\{/g, () => `%%${hide('{')}`)
    // Terraform's scanner takes nothing for a template between a carriage return and the end of its line.
    .replace(/(\$*)\r/g, (_, before) => (before && hide(quoted(before))) + hide(quoted('\\r')));
  return escaped + (dollars && hide(quoted(dollars)));
}
