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
type Piece = string | { readonly token: IResolvable };

function pieces(text: string): Piece[] {
  const fragments = Tokenization.reverseString(text).mapTokens({ resolve: (token: IResolvable) => ({ token }) } as unknown as IResolveContext);
  fragments.addLiteral(''); // join() calls back only for two fragments or more
  fragments.addLiteral('');
  const all: Piece[] = fragments.join({ join: (left: Piece | Piece[], right: Piece) => [left, right].flat() });
  return all.filter((piece) => piece !== '');
}

/** The framework takes a literal `${` for the begin of an expression and drops the braces of the next token: a brace that is a token itself hides it. */
const BRACE = Lazy.stringValue({ produce: () => '{' });

/** Dollars right before a token's `${` would make an escape of it: they become a string of their own. */
const quoted = (dollars: string) => Lazy.stringValue({ produce: () => `\${"${dollars}"}` });

function escapeLiteral(literal: string, beforeToken: boolean): string {
  // A number token is a double near -8e298: inside a string it would be printed as that.
  if (/-\d(\.\d+)?e\+298/.test(literal)) {
    fail('TemplateText', {
      problem: 'a number token stands inside a string, where it loses its reference',
      fix: 'write it with Token.asString(…) or Fn.tostring(…)',
    });
  }
  const [body, dollars] = beforeToken ? [literal.replace(/\$+$/, ''), /\$*$/.exec(literal)![0]] : [literal, ''];
  return body.replace(/\$\{/g, () => `$$${BRACE}`).replace(/%\{/g, () => `%%${BRACE}`) + (dollars && quoted(dollars));
}
