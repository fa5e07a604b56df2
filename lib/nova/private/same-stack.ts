import { ITerraformDependable, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';

/** Those that Terraform can order against the scope: a `depends_on` to another stack synthesises, and fails when Terraform plans. Stacks have an order of their own. */
export function inSameStack(scope: Construct, dependables: readonly ITerraformDependable[]): ITerraformDependable[] {
  const stack = TerraformStack.of(scope);
  return dependables.filter((dependable) => !Construct.isConstruct(dependable) || TerraformStack.of(dependable) === stack);
}
