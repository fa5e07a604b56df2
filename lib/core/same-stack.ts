import { ITerraformDependable, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';

/**
 * Those that Terraform can order against the scope, if there are any: a `depends_on` to another stack synthesises, and fails when Terraform plans.
 * Stacks have an order of their own.
 */
export function inSameStack(scope: Construct, dependables: readonly ITerraformDependable[]): ITerraformDependable[] | undefined {
  const stack = TerraformStack.of(scope);
  const own = dependables.filter((dependable) => !Construct.isConstruct(dependable) || TerraformStack.of(dependable) === stack);
  return own.length > 0 ? own : undefined;
}
