import { Fn, IResolvable, Op, Precondition, TerraformLocal, TerraformStack, Tokenization } from 'cdktf';
import { Construct } from 'constructs';
import { TemplateText } from '../core/template-text';
import { fail, isKnown } from '../core/validation';

/** Nova's limit (MAX_USERDATA_SIZE), in characters of the base64 text that goes over the wire. */
export const USER_DATA_LIMIT = 65535;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Characters of base64 that a text takes as user_data. The provider encodes it unless it is base64 already. */
export function userDataLength(text: string): number {
  return BASE64.test(text) ? text.length : 4 * Math.ceil(Buffer.byteLength(text) / 3);
}

/** user_data as it goes to Terraform, and what Terraform must check of it. */
export interface PreparedUserData {
  readonly value: string;
  readonly preconditions: Precondition[];
}

/**
 * Makes any text fit to be user_data: what is known is checked and encoded at once, so that Terraform reads no template in it;
 * what isn't is checked by Terraform, before it creates anything.
 */
export function prepareUserData(scope: Construct, text: string): PreparedUserData {
  const problem = `userData is longer than ${USER_DATA_LIMIT} characters of base64, Nova's limit`;
  const fix = 'compress it (TemplateText.base64Gzip saves 60 to 70 %), or let the server fetch what is large';
  if (isKnown(text)) {
    const length = userDataLength(text);
    if (length > USER_DATA_LIMIT) fail(scope, { problem, value: length, fix });
    return { value: BASE64.test(text) ? text : Buffer.from(text).toString('base64'), preconditions: [] };
  }
  const wholeToken = Tokenization.isResolvable(text) || Tokenization.reverseString(text).length === 1;
  const value = wholeToken ? text : new TemplateText(scope, 'UserData', { parts: [text] }).base64;
  return { value, preconditions: [{ condition: fits(scope, value), errorMessage: `${scope.node.path}: ${problem}; ${fix}` }] };
}

/** Of servers that are born alike, all have the one condition, by name: the framework writes a whole expression anew for each. */
const conditions = new WeakMap<TerraformStack, Map<string, IResolvable>>();

function fits(scope: Construct, value: string): IResolvable {
  const stack = TerraformStack.of(scope);
  const known = conditions.get(stack) ?? new Map<string, IResolvable>();
  conditions.set(stack, known);
  const condition = known.get(value) ?? new TerraformLocal(scope, 'UserDataFits', lengthFits(value)).asBoolean;
  known.set(value, condition);
  return condition;
}

/** The same length in Terraform's language. */
function lengthFits(value: string): IResolvable {
  const encoded = Fn.conditional(Fn.can(Fn.regex(BASE64.source, value)), value, Fn.base64encode(value));
  return Op.lte(Fn.lengthOf(encoded), USER_DATA_LIMIT) as unknown as IResolvable;
}
