import { IResolveContext, ITerraformDependable, Lazy, TerraformElement, TerraformResource, TerraformResourceLifecycle } from 'cdktf';

/** When and how something is replaced on purpose. */
export interface ReplacementProps {
  readonly replaceTriggeredBy?: ITerraformDependable[];
  readonly createBeforeDestroy?: boolean;
}

/** The part of a resource's lifecycle that says so. */
export function replacement({ replaceTriggeredBy = [], createBeforeDestroy = false }: ReplacementProps): TerraformResourceLifecycle {
  return {
    ...(createBeforeDestroy && { createBeforeDestroy }),
    ...(replaceTriggeredBy.length > 0 && { replaceTriggeredBy: replaceTriggeredBy.map((by) => address(by)) }),
  };
}

/** Of one address there is one token: the framework keeps a stack trace of each. */
const addresses = new WeakMap<object, Map<string, string>>();

/** The address alone, for what Terraform takes no `${…}` in, or for an expression that is written as a text: the framework writes one. */
export function address(dependable: ITerraformDependable | TerraformElement, suffix: string = ''): string {
  const known = addresses.get(dependable) ?? new Map<string, string>();
  addresses.set(dependable, known);
  const token = known.get(suffix) ?? Lazy.stringValue({ produce: (context) => bareAddress(dependable, context) + suffix });
  known.set(suffix, token);
  return token;
}

/** A resource's address is composed, and not read from the token that the framework would make each time. */
function bareAddress(dependable: ITerraformDependable | TerraformElement, context: IResolveContext): string {
  if (TerraformResource.isTerraformResource(dependable)) return `${dependable.terraformResourceType}.${dependable.friendlyUniqueId}`;
  return String(context.resolve(dependable.fqn)).replace(/^\$\{(.*)}$/, '$1');
}

/** The address of one attribute of a resource: replaced when that changes, and not with every other change of the resource. */
export function attributeAddress(dependable: ITerraformDependable, attribute: string): string {
  return address(dependable, `.${attribute}`);
}
