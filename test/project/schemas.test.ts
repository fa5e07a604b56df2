import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './node-only';

interface Attribute {
  readonly type?: unknown;
  readonly nested_type?: { readonly attributes: Record<string, Attribute> };
}
interface Block {
  readonly attributes?: Record<string, Attribute>;
  readonly block_types?: Record<string, { readonly block: Block }>;
}
type Blocks = Record<string, { readonly block: Block }>;

function schemaOf(provider: string): { provider: { block: Block }; resource_schemas: Blocks; data_source_schemas?: Blocks } {
  return Object.values<any>(JSON.parse(readFileSync(join(root, 'schemas', `${provider}.json`), 'utf8')).provider_schemas)[0];
}

/** `description` is the name of an attribute as well as the key of an attribute's documentation: only the latter may be left out. */
describe('attributes that are named "description"', () => {
  const OPTIONAL = { optional: true, type: 'string' };
  const BOTH = { computed: true, optional: true, type: 'string' };
  test.each<[string, string, object]>([
    ['openstack', 'openstack_networking_network_v2', OPTIONAL],
    ['openstack', 'openstack_networking_secgroup_v2', BOTH],
    ['openstack', 'openstack_networking_secgroup_rule_v2', OPTIONAL],
    ['openstack', 'openstack_lb_flavor_v2', OPTIONAL],
    ['openstack', 'openstack_db_configuration_v1', { required: true, type: 'string' }],
    ['maas', 'maas_resource_pool', OPTIONAL],
    ['helm', 'helm_release', BOTH],
    ['kubernetes', 'kubernetes_priority_class_v1', OPTIONAL],
  ])('%s: %s has it', (provider, type, attribute) => {
    expect(schemaOf(provider).resource_schemas[type].block.attributes!.description).toEqual(attribute);
  });

  test('data sources and nested blocks have them', () => {
    const { resource_schemas: resources, data_source_schemas: data } = schemaOf('openstack');
    expect(data!.openstack_networking_subnet_v2.block.attributes!.description).toEqual(BOTH);
    expect(resources.openstack_orchestration_stack_v1.block.block_types!.outputs.block.attributes!.description).toEqual(BOTH);
  });
});

/** A binding is made from the schema of its provider: what it sets or reads, a schema of the same generation knows. */
describe.each(['helm', 'kubernetes', 'random', 'tls'])('the bindings of %s', (provider) => {
  const { provider: configuration, resource_schemas: resources, data_source_schemas: data } = schemaOf(provider);
  const folder = join(root, 'node_modules', '@cdktf', `provider-${provider}`, 'lib');
  const modules = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());

  test('know no attribute and no block that the schema lacks', () => {
    expect(modules.length).toBeGreaterThan(1);
    const unknown = modules.flatMap(({ name }) => {
      const code = readFileSync(join(folder, name, 'index.js'), 'utf8');
      const type = /tfResourceType = "(\w+)"/.exec(code)?.[1];
      const block = name === 'provider' ? configuration.block : (name.startsWith('data-') ? data! : resources)[type!]?.block;
      if (block === undefined) return [`${name}: ${type}`];
      const known = new Set(['alias', ...namesIn(block)]);
      return [...new Set(namesInBinding(code))].filter((attribute) => !known.has(attribute)).map((attribute) => `${name}: ${attribute}`);
    });
    expect(unknown).toEqual([]);
  });
});

/** The names of the attributes and blocks, of nested ones too. */
function namesIn({ attributes = {}, block_types: blocks = {} }: Block): string[] {
  return [
    ...Object.entries(attributes).flatMap(([name, { type, nested_type: nested }]) => [
      name,
      ...(nested ? namesIn({ attributes: nested.attributes }) : namesInType(type)),
    ]),
    ...Object.entries(blocks).flatMap(([name, { block }]) => [name, ...namesIn(block)]),
  ];
}

/** Types are `"string"`, `["list", <type>]` or `["object", { <name>: <type> }]`. */
function namesInType(type: unknown): string[] {
  if (!Array.isArray(type)) return [];
  const [kind, inner] = type;
  return kind === 'object' ? Object.entries(inner).flatMap(([name, member]) => [name, ...namesInType(member)]) : namesInType(inner);
}

/** The names under which the code of a binding writes to Terraform (`name: cdktf.stringToTerraform(…)`) or reads from it. */
function namesInBinding(code: string): string[] {
  const written = /^\s+(\w+): (?:(?:cdktf\.)?\w+ToTerraform|cdktf\.(?:listMapper|hashMapper))\(/gm;
  const read = /\bget\w*Attribute\('(\w+)'\)/g;
  return [written, read].flatMap((pattern) => [...code.matchAll(pattern)].map(([, name]) => name));
}
