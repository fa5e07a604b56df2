import { Fn, Token } from 'cdktf';

/**
 * The value of a reference that crossed stacks, marked as no secret. Terraform takes everything that crosses stacks for sensitive: it then hides
 * the messages of preconditions and the output of provisioners, and refuses `for_each`. For ids and addresses only, never for a secret.
 */
export function plain(value: string): string {
  return Token.isUnresolved(value) ? Token.asString(Fn.nonsensitive(value)) : value;
}
