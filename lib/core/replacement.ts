import { ITerraformDependable, Lazy, TerraformResourceLifecycle } from 'cdktf';

/** When and how something is replaced on purpose. */
export interface ReplacementProps {
  readonly replaceTriggeredBy?: ITerraformDependable[];
  readonly createBeforeDestroy?: boolean;
}

/** The part of a resource's lifecycle that says so. */
export function replacement({ replaceTriggeredBy = [], createBeforeDestroy = false }: ReplacementProps): TerraformResourceLifecycle {
  return {
    ...(createBeforeDestroy && { createBeforeDestroy }),
    ...(replaceTriggeredBy.length > 0 && { replaceTriggeredBy: replaceTriggeredBy.map(address) }),
  };
}

/** The address alone: Terraform takes no `${…}` here, and the framework writes one. */
function address(dependable: ITerraformDependable): string {
  return Lazy.stringValue({ produce: (context) => String(context.resolve(dependable.fqn)).replace(/^\$\{(.*)}$/, '$1') });
}
