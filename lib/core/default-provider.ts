import { Aspects, IAspect, TerraformProvider, TerraformStack } from 'cdktf';
import { IConstruct } from 'constructs';
import { widenProviderRanges } from './provider-ranges';

/**
 * Gives a stack a provider that needs no configuration (tls, random), unless the stack has one of its own by the time of synthesis.
 *
 * Providers that log in somewhere belong to the user or the pattern and are never made here. These two have nothing to configure,
 * and without this every user of a cluster would have to know that its certificates come from the tls provider.
 *
 * @param providerName the local name of the provider: "tls"
 * @param make makes the provider in the stack
 */
export function defaultProvider(scope: IConstruct, providerName: string, make: (stack: TerraformStack) => TerraformProvider): void {
  const stack = TerraformStack.of(scope);
  const marker = Symbol.for(`cdktf-strata.default-provider.${providerName}`);
  if (marker in stack) return;
  Object.defineProperty(stack, marker, { value: true });
  Aspects.of(stack).add(new DefaultProvider(stack, providerName, make));
  widenProviderRanges(stack);
}

class DefaultProvider implements IAspect {
  constructor(
    private readonly stack: TerraformStack,
    private readonly providerName: string,
    private readonly make: (stack: TerraformStack) => TerraformProvider,
  ) {}

  public visit(node: IConstruct): void {
    if (node !== this.stack) return;
    const has = this.stack.node
      .findAll()
      .some((child) => TerraformProvider.isTerraformProvider(child) && child.terraformGeneratorMetadata?.providerName === this.providerName);
    if (!has) this.make(this.stack);
  }
}
