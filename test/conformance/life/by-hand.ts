/** The same resources of OpenStack as somebody would write them by hand in plain JSON: for comparing how long an apply takes. */
import type { TerraformJson, Workspace } from '../harness/terraform';

type Block = { readonly [attribute: string]: any };

const EXPRESSION = /^\$\{(.*)}$/s;
/** A reference from one resource to another, as everybody writes it. */
const PLAIN = /^\$\{openstack_\w+\.[\w-]+(\.[\w]+|\[\d+])+}$/;

/**
 * A cluster's configuration without anything that isn't a resource of OpenStack: no locals, data sources, variables, conditions, lifecycles or steps. What they
 * came to in the cluster that stands is written out, references between resources stay.
 */
export async function byHand(configuration: TerraformJson, standing: Workspace): Promise<TerraformJson> {
  const { terraform, provider, resource } = configuration as { terraform: any; provider: any; resource: { [type: string]: { [id: string]: Block } } };
  const kept = Object.entries(resource).filter(([type]) => type.startsWith('openstack_'));
  const expressions = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value === 'string') {
      const match = EXPRESSION.exec(value);
      if (match !== null && !PLAIN.test(value)) expressions.add(match[1]);
      else if (match === null && value.includes('${')) throw new Error(`not a reference alone: ${value.slice(0, 200)}`);
    } else if (typeof value === 'object' && value !== null) {
      Object.values(value).forEach(collect);
    }
  };
  const given = ({ lifecycle, provisioner, ...attributes }: Block) => attributes;
  for (const [, resources] of kept) for (const block of Object.values(resources)) collect(given({ ...block, depends_on: undefined }));
  const list = [...expressions];
  const values: unknown[] = JSON.parse(await standing.evaluate(`jsonencode([${list.join(', ')}])`));
  const known = new Map(list.map((expression, i) => [expression, values[i]]));
  const written = (value: any): any => {
    if (typeof value === 'string') return PLAIN.test(value) || !EXPRESSION.test(value) ? value : known.get(EXPRESSION.exec(value)![1]);
    if (Array.isArray(value)) return value.map(written);
    if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, written(each)]));
    return value;
  };
  const plain = ({ depends_on: dependsOn, ...block }: Block) => {
    const after = (dependsOn ?? []).filter((address: string) => address.startsWith('openstack_'));
    return { ...written(given(block)), ...(after.length > 0 && { depends_on: after }) };
  };
  const resources = kept.map(([type, blocks]) => [type, Object.fromEntries(Object.entries(blocks).map(([id, block]) => [id, plain(block)]))]);
  const { backend: _, required_providers: all } = terraform;
  return { terraform: { required_providers: { openstack: all.openstack } }, provider, resource: Object.fromEntries(resources) };
}
