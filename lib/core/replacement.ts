import { ITerraformDependable, Lazy, TerraformElement, TerraformResourceLifecycle } from 'cdktf';

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

/** The address alone, for what Terraform takes no `${…}` in, or for an expression that is written as a text: the framework writes one. */
export function address(dependable: ITerraformDependable | TerraformElement, suffix: string = ''): string {
  return Lazy.stringValue({ produce: (context) => String(context.resolve(dependable.fqn)).replace(/^\$\{(.*)}$/, '$1') + suffix });
}

/** The address of one attribute of a resource: replaced when that changes, and not with every other change of the resource. */
export function attributeAddress(dependable: ITerraformDependable, attribute: string): string {
  return address(dependable, `.${attribute}`);
}
