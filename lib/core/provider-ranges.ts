import { Aspects, IAspect, TerraformProvider, TerraformStack } from 'cdktf';
import { IConstruct } from 'constructs';
import { parse } from 'semver';

/**
 * Widens the exact provider versions that prebuilt bindings put into a stack's `required_providers`: `2.38.0` becomes `~> 2.38`.
 *
 * An exact pin in a library's output takes the choice of a patch release away from its users: theirs is the lock file. Whatever a stack of ours
 * contains is widened, whoever made the provider; a version that the user has overridden stays.
 */
export function widenProviderRanges(scope: IConstruct): void {
  const stack = TerraformStack.of(scope);
  if (WIDENED in stack) return;
  Object.defineProperty(stack, WIDENED, { value: true });
  Aspects.of(stack).add(new WidenProviderRange());
}

const WIDENED = Symbol.for('cdktf-strata.provider-ranges');

class WidenProviderRange implements IAspect {
  public visit(node: IConstruct): void {
    if (!TerraformProvider.isTerraformProvider(node)) return;
    const exact = parse(node.terraformGeneratorMetadata?.providerVersion);
    if (exact === null) return;
    const stack = TerraformStack.of(node);
    const path = `terraform.required_providers.${node.terraformResourceType}.version`;
    const overridden = (stack as any).rawOverrides?.terraform?.required_providers?.[node.terraformResourceType]?.version !== undefined;
    if (!overridden) stack.addOverride(path, `~> ${exact.major}.${exact.minor}`);
  }
}
