/** The same resources of OpenStack as somebody would write them by hand in plain JSON: for comparing how long an apply takes. */
import type { TerraformJson } from '../harness/terraform';

type Block = { readonly [attribute: string]: any };

/** A reference from one resource to another, as everybody writes it. */
const PLAIN = /^\$\{openstack_\w+\.[\w-]+(\.[\w]+|\[\d+])+}$/;
const isComposed = (value: unknown): value is string => typeof value === 'string' && value.includes('${') && !PLAIN.test(value);
const OUTPUT = 'composed';

const given = ({ lifecycle, provisioner, depends_on, ...attributes }: Block) => attributes;

/** OpenStack's resources of a configuration. */
function resourcesOf({ resource }: TerraformJson): [string, { readonly [id: string]: Block }][] {
  return Object.entries(resource as { [type: string]: { [id: string]: Block } }).filter(([type]) => type.startsWith('openstack_'));
}

/** Every text in them that is more than a reference. */
function composedIn(configuration: TerraformJson): string[] {
  const found = new Set<string>();
  const collect = (value: unknown): void => {
    if (isComposed(value)) found.add(value);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
  };
  for (const [, resources] of resourcesOf(configuration)) for (const block of Object.values(resources)) collect(given(block));
  return [...found];
}

/**
 * What a text waits for, through locals and steps: user data that names the address of the API waits for the load balancer, by whomever it is written. What is
 * written out would not.
 */
function waitsFor(configuration: TerraformJson, text: string, seen = new Set<string>()): string[] {
  const { locals = {}, resource } = configuration as { locals?: { [name: string]: unknown }; resource: { [type: string]: { [id: string]: Block } } };
  return [...text.matchAll(/(?<![\w.-])(local|terraform_data|openstack_\w+)\.([\w-]+)/g)].flatMap(([address, kind, name]) => {
    if (seen.has(address)) return [];
    seen.add(address);
    if (kind.startsWith('openstack_')) return resource[kind]?.[name] === undefined ? [] : [address];
    return waitsFor(configuration, JSON.stringify(kind === 'local' ? locals[name] : resource[kind]?.[name]?.input) ?? '', seen);
  });
}

/** The configuration, with an output more: what these texts come to. */
export function telling(configuration: TerraformJson): TerraformJson {
  const output = { ...(configuration.output as object), [OUTPUT]: { sensitive: true, value: composedIn(configuration) } };
  return { ...configuration, output };
}

/**
 * A cluster's configuration without anything that isn't a resource of OpenStack: no locals, data sources, variables, conditions, lifecycles or steps. What they
 * came to in the cluster that stands, by the outputs of `telling`, is written out, references between resources stay.
 */
export function byHand(configuration: TerraformJson, outputs: { readonly [name: string]: any }): TerraformJson {
  const { terraform, provider } = configuration as { terraform: any; provider: any };
  const known = new Map(composedIn(configuration).map((text, i) => [text, outputs[OUTPUT][i]]));
  const written = (value: any): any => {
    if (isComposed(value)) return known.get(value);
    if (Array.isArray(value)) return value.map(written);
    if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, written(each)]));
    return value;
  };
  const waits = (value: unknown): string[] => {
    if (isComposed(value)) return waitsFor(configuration, value);
    return typeof value === 'object' && value !== null ? Object.values(value).flatMap(waits) : [];
  };
  const plain = (block: Block) => {
    const named = (block.depends_on ?? []).filter((address: string) => address.startsWith('openstack_'));
    const after = [...new Set([...named, ...waits(given(block))])];
    return { ...written(given(block)), ...(after.length > 0 && { depends_on: after }) };
  };
  const resources = resourcesOf(configuration).map(([type, blocks]) => [
    type,
    Object.fromEntries(Object.entries(blocks).map(([id, block]) => [id, plain(block)])),
  ]);
  const { backend: _, required_providers: all } = terraform;
  return { terraform: { required_providers: { openstack: all.openstack } }, provider, resource: Object.fromEntries(resources) };
}
