import { IResolvable, TerraformOutput, TerraformResource, TerraformVariable, Token } from 'cdktf';
import { expressionsOf, referencesIn } from './expressions';
import { checkAgainstSchemas } from './schema';
import { Block, synthStack } from './synth';
import { ComputeInstanceV2 } from '../../lib/providers/openstack/compute-instance-v2';
import { OpenstackProvider } from '../../lib/providers/openstack/provider';

const PROVIDERS = {
  openstack: { source: 'terraform-provider-openstack/openstack', version: '~> 3.4' },
  kubernetes: { source: 'kubernetes', version: '~> 2.38' },
  helm: { source: 'helm', version: '~> 3.1' },
  tls: { source: 'hashicorp/tls', version: '~> 4.0' },
};

/** A stack around resources, with the providers that they need. */
function stack(parts: Block): Block {
  return { terraform: { required_providers: PROVIDERS }, provider: { openstack: [{ cloud: 'prod' }] }, ...parts };
}

function errorsOf(type: string, body: Block, more: Block = {}): string[] {
  return checkAgainstSchemas(stack({ ...more, resource: { ...more.resource, [type]: { ...more.resource?.[type], x: body } } }));
}

const DEPLOYMENT = {
  metadata: { name: 'web' },
  spec: {
    selector: { match_labels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { container: [{ name: 'web', image: 'nginx' }] } },
  },
};

describe('what Terraform accepts has no errors', () => {
  test.each<[string, string, Block]>([
    [
      'arguments, blocks and meta arguments',
      'openstack_compute_instance_v2',
      {
        '//': { metadata: { path: 'a/b' } },
        name: 'a',
        power_state: null,
        network: [{ port: '${openstack_networking_port_v2.p.id}' }, { uuid: 'u' }],
        timeouts: { create: '5m' },
        lifecycle: { ignore_changes: ['user_data', 'network[0].port'], create_before_destroy: true },
        count: 2,
      },
    ],
    [
      'a token of any type in place of a list, a number, a bool, a map',
      'openstack_compute_instance_v2',
      {
        name: 'a-${var.v}',
        security_groups: '${var.v}',
        config_drive: '${var.v}',
        metadata: '${merge(var.v, { "a.b" = "c" })}',
      },
    ],
    ['a block written without a list', 'openstack_networking_port_v2', { network_id: 'n', fixed_ip: { subnet_id: 's' } }],
    [
      'dynamic blocks',
      'openstack_networking_port_v2',
      {
        network_id: 'n',
        dynamic: { fixed_ip: { for_each: '${var.v}', content: { subnet_id: '${fixed_ip.value}' } } },
      },
    ],
    ['deep blocks of Kubernetes', 'kubernetes_deployment_v1', DEPLOYMENT],
    ['nested attributes of Helm', 'helm_release', { name: 'a', chart: 'c', set: [{ name: 'a.b', value: '1' }], values: ['a: 1'] }],
    [
      'a step with provisioners',
      'terraform_data',
      {
        triggers_replace: { a: '1' },
        connection: { host: 'h', port: 22 },
        provisioner: [
          { 'remote-exec': { inline: ['true'] } },
          { file: { content: 'x', destination: '/x' } },
          { 'local-exec': { command: 'echo ${self.id}', when: 'destroy' } },
        ],
      },
    ],
  ])('%s', (_, type, body) => {
    const more = { variable: { v: {} }, resource: { openstack_networking_port_v2: { p: { network_id: 'n' } } } };
    expect(errorsOf(type, body, more)).toEqual([]);
  });

  test('references to everything that is there', () => {
    const json = stack({
      variable: { v: {} },
      locals: { l: '${var.v}' },
      data: {
        openstack_images_image_v2: { i: { name: 'n' } },
        terraform_remote_state: { r: { backend: 'local', config: { path: 'p' }, workspace: '${terraform.workspace}' } },
      },
      resource: {
        openstack_compute_keypair_v2: { k: { name: 'k' } },
        openstack_compute_instance_v2: {
          s: {
            name: '$${not.a.reference} %%{either}',
            image_id: '${data.openstack_images_image_v2.i.id}',
            key_pair: '${openstack_compute_keypair_v2.k.name}',
            metadata: { a: '${join(",", ["openstack_x.not_a_reference", local.l, data.terraform_remote_state.r.outputs.a])}' },
            for_each: '${toset([for openstack in var.v : openstack.name])}',
            depends_on: ['openstack_compute_keypair_v2.k', 'data.openstack_images_image_v2.i'],
            lifecycle: {
              replace_triggered_by: ['openstack_compute_keypair_v2.k'],
              precondition: [{ condition: '${length(var.v) > 1}', error_message: 'no' }],
            },
          },
        },
      },
    });
    expect(checkAgainstSchemas(json)).toEqual([]);
  });
});

describe('what Terraform refuses is an error', () => {
  test.each<[string, string, Block, string | RegExp]>([
    ['an unknown resource', 'openstack_compute_instance_v9', {}, /no such resource in terraform-provider-openstack\/openstack/],
    ['a provider that the stack has not', 'random_id', { byte_length: 1 }, 'random_id.x: the stack has no provider random'],
    ['an unknown argument', 'openstack_compute_instance_v2', { name: 'a', flavour_id: 'f' }, 'flavour_id (nearest: flavor_id)'],
    ['an unknown block', 'openstack_compute_instance_v2', { name: 'a', networks: [{}] }, 'networks (nearest: network)'],
    ['an unknown argument in a block', 'openstack_compute_instance_v2', { name: 'a', network: [{ prot: 'p' }] }, 'network[0].prot: no such'],
    ['an argument that is missing', 'openstack_compute_instance_v2', {}, 'openstack_compute_instance_v2.x.name: is required'],
    ['an argument that is null', 'openstack_compute_instance_v2', { name: null }, 'openstack_compute_instance_v2.x.name: is required'],
    [
      'an argument missing in a block',
      'openstack_compute_instance_v2',
      { name: 'a', block_device: [{}] },
      'block_device[0].source_type: is required',
    ],
    [
      'an argument that the provider computes',
      'openstack_compute_instance_v2',
      { name: 'a', created: 'now' },
      'created: is computed by the provider',
    ],
    ['a number for a string', 'openstack_compute_instance_v2', { name: 5 }, 'name: must be a string, not a number (5)'],
    ['a string for a bool', 'openstack_compute_instance_v2', { name: 'a', config_drive: 'true' }, 'config_drive: must be a bool'],
    ['a text for a number', 'openstack_blockstorage_volume_v3', { size: 'a${var.v}' }, 'size: must be a number, not a text with expressions'],
    [
      'a string for a list',
      'openstack_compute_instance_v2',
      { name: 'a', security_groups: 'default' },
      'security_groups: must be a set, not a string',
    ],
    ['a list of the wrong type', 'openstack_compute_instance_v2', { name: 'a', security_groups: [1] }, 'security_groups[0]: must be a string'],
    ['a list for a map', 'openstack_compute_instance_v2', { name: 'a', metadata: ['b'] }, 'metadata: must be a map, not a list'],
    ['a number in a map of strings', 'openstack_compute_instance_v2', { name: 'a', metadata: { b: 1 } }, 'metadata.b: must be a string'],
    ['a number token', 'openstack_blockstorage_volume_v3', { size: -8.119078176826e298 }, 'unresolved number token'],
    ['a number token in a text', 'openstack_blockstorage_volume_v3', { size: 1, name: 'v--8.119078176826e+298' }, 'unresolved number token'],
    ['a string token', 'openstack_blockstorage_volume_v3', { size: 1, name: '${TfToken[TOKEN.3]}' }, 'unresolved token'],
    ['a block given by an expression', 'openstack_compute_instance_v2', { name: 'a', network: '${var.v}' }, 'network: is a block'],
    ['a text for a block', 'openstack_compute_instance_v2', { name: 'a', network: ['n'] }, 'network[0]: must be a block, not a string'],
    ['two blocks of one', 'openstack_compute_instance_v2', { name: 'a', timeouts: [{}, {}] }, 'timeouts: at most 1 block, got 2'],
    ['more blocks than the maximum', 'kubernetes_namespace_v1', { metadata: [{}, {}] }, 'metadata: at most 1 block(s), got 2'],
    ['fewer blocks than the minimum', 'kubernetes_namespace_v1', {}, 'metadata: at least 1 block(s) required, got 0'],
    ['an empty list of required blocks', 'kubernetes_namespace_v1', { metadata: [] }, 'metadata: at least 1 block(s) required, got 0'],
    ['an unknown dynamic block', 'openstack_compute_instance_v2', { name: 'a', dynamic: { nets: { for_each: [] } } }, 'dynamic.nets: no such block'],
    ['a dynamic block without a collection', 'openstack_compute_instance_v2', { name: 'a', dynamic: { network: {} } }, 'for_each is required'],
    ['an unknown nested attribute', 'helm_release', { name: 'a', chart: 'c', set: [{ name: 'n', val: '1' }] }, 'set[0].val: no such'],
    ['a missing nested attribute', 'helm_release', { name: 'a', chart: 'c', set: [{ value: '1' }] }, 'set[0].name: is required'],
    ['an object for a nested list', 'helm_release', { name: 'a', chart: 'c', set: { name: 'n' } }, 'set: must be a list, not an object'],
    ['count and for_each', 'openstack_compute_instance_v2', { name: 'a', count: 1, for_each: {} }, 'exclude each other'],
    ['a list for for_each', 'openstack_compute_instance_v2', { name: 'a', for_each: ['a'] }, 'for_each: must be a map or a set'],
    [
      'an alias that is not there',
      'openstack_compute_instance_v2',
      { name: 'a', provider: 'openstack.admin' },
      'there is no provider openstack.admin',
    ],
    [
      'a dependency on what is not there',
      'openstack_compute_instance_v2',
      { name: 'a', depends_on: ['openstack_networking_port_v2.q'] },
      'not in the stack',
    ],
    ['a dependency by expression', 'openstack_compute_instance_v2', { name: 'a', depends_on: ['${var.v}'] }, 'must be a bare reference'],
    [
      'an ignored argument that is unknown',
      'openstack_compute_instance_v2',
      { name: 'a', lifecycle: { ignore_changes: ['userdata'] } },
      'nearest: user_data',
    ],
    ['an unknown life-cycle argument', 'openstack_compute_instance_v2', { name: 'a', lifecycle: { prevent: true } }, 'lifecycle.prevent: no such'],
    [
      'prevent_destroy by expression',
      'openstack_compute_instance_v2',
      { name: 'a', lifecycle: { prevent_destroy: '${var.v}' } },
      'must be a literal',
    ],
    [
      'a trigger that is not there',
      'openstack_compute_instance_v2',
      { name: 'a', lifecycle: { replace_triggered_by: ['terraform_data.t'] } },
      'not in the stack',
    ],
    [
      'a trigger by expression',
      'openstack_compute_instance_v2',
      { name: 'a', lifecycle: { replace_triggered_by: ['${var.v}'] } },
      'must be a bare reference',
    ],
    [
      'a trigger that is no resource',
      'openstack_compute_instance_v2',
      { name: 'a', lifecycle: { replace_triggered_by: ['var.v'] } },
      'must refer to a resource',
    ],
    [
      'a condition without a message',
      'terraform_data',
      { lifecycle: { precondition: [{ condition: '${var.v > 1}' }] } },
      'error_message: is required',
    ],
    [
      'a condition on nothing',
      'terraform_data',
      { lifecycle: { precondition: [{ condition: '${1 > 2}', error_message: 'm' }] } },
      'refers to nothing',
    ],
    [
      'a message that is hidden',
      'terraform_data',
      { lifecycle: { precondition: [{ condition: '${var.v > 1}', error_message: 'is ${var.s}' }] } },
      'Terraform hides',
    ],
    ['an unknown provisioner', 'terraform_data', { provisioner: [{ 'remote-run': {} }] }, 'no such provisioner: remote-run'],
    ['a provisioner without its argument', 'terraform_data', { provisioner: [{ 'local-exec': {} }] }, 'command: is required'],
    [
      'a provisioner with two sources',
      'terraform_data',
      { connection: {}, provisioner: [{ file: { content: 'a', source: 'b', destination: 'c' } }] },
      'exactly one of',
    ],
    ['a provisioner without a connection', 'terraform_data', { provisioner: [{ 'remote-exec': { inline: ['a'] } }] }, 'has no connection'],
    ['an unknown connection argument', 'terraform_data', { connection: { hostname: 'h' } }, 'connection.hostname: no such'],
    [
      'a destroy provisioner that looks around',
      'terraform_data',
      { provisioner: [{ 'local-exec': { command: '${var.v}', when: 'destroy' } }] },
      'runs at destroy',
    ],
    ['an output of terraform_data set', 'terraform_data', { output: 'x' }, 'output: is computed by the provider'],
    ['a variable that is not there', 'terraform_data', { input: '${var.nope}' }, 'refers to var.nope, which is not in the stack'],
    ['a local that is not there', 'terraform_data', { input: '${local.nope}' }, 'refers to local.nope, which is not in the stack'],
    ['a resource that is not there', 'terraform_data', { input: '${openstack_compute_instance_v2.nope.id}' }, 'not in the stack'],
    ['a data source that is not there', 'terraform_data', { input: '${data.openstack_images_image_v2.nope.id}' }, 'not in the stack'],
    [
      'an attribute that is not there',
      'terraform_data',
      { input: '${openstack_networking_port_v2.p[0].ip}' },
      'openstack_networking_port_v2.p[0].ip: no such',
    ],
    [
      'a reference inside an index',
      'terraform_data',
      { input: '${var.v[openstack_networking_port_v2.q.id]}' },
      'openstack_networking_port_v2.q.id, which is not',
    ],
    ['a reference inside a string', 'terraform_data', { input: '${upper("a ${local.nope}")}' }, 'refers to local.nope'],
    ['an expression that is not closed', 'terraform_data', { input: '${var.v' }, "isn't closed"],
    ['a sensitive collection', 'terraform_data', { for_each: '${toset([var.s])}' }, 'for_each: refers to a sensitive value'],
    [
      'a collection from another stack',
      'terraform_data',
      { for_each: '${data.terraform_remote_state.r.outputs.a}' },
      'for_each: refers to a sensitive value',
    ],
  ])('%s', (_, type, body, message) => {
    const more = {
      variable: { v: {}, s: { sensitive: true } },
      data: { terraform_remote_state: { r: { backend: 'local' } } },
      resource: { openstack_networking_port_v2: { p: { network_id: 'n' } } },
    };
    const errors = errorsOf(type, body, more);
    expect(errors.join('\n')).toMatch(typeof message === 'string' ? new RegExp(message.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : message);
    expect(errors).toHaveLength(1);
  });

  test.each<[string, Block, string]>([
    ['an unknown top-level block', { resources: {} }, 'resources: no such block'],
    ['an unknown provider argument', { provider: { openstack: [{ clouds: 'a' }] } }, 'provider.openstack[0].clouds: no such'],
    ['two default providers', { provider: { openstack: [{}, {}] } }, 'a second configuration without an alias'],
    ['a provider without a schema', { provider: { aws: [{}] } }, 'no schema of hashicorp/aws'],
    ['an unknown data source', { data: { openstack_images_image_v9: { x: {} } } }, 'no such data source'],
    ['a missing argument of a data source', { data: { terraform_remote_state: { x: {} } } }, 'data.terraform_remote_state.x.backend: is required'],
    ['a data source with a provisioner', { data: { openstack_images_image_v2: { x: { provisioner: [] } } } }, 'has no provisioner'],
    ['an output without a value', { output: { o: {} } }, 'output.o.value: is required'],
    ['an output of a sensitive variable', { variable: { s: { sensitive: true } }, output: { o: { value: '${var.s}' } } }, 'must be sensitive'],
    [
      'by way of a local',
      { variable: { s: { sensitive: true } }, locals: { l: 'a ${var.s}' }, output: { o: { value: '${local.l}' } } },
      'must be sensitive',
    ],
    [
      'an output of a sensitive attribute',
      {
        resource: { tls_private_key: { k: { algorithm: 'ED25519' } } },
        output: { o: { value: '${tls_private_key.k.private_key_pem}' } },
      },
      'must be sensitive',
    ],
  ])('%s', (_, parts, message) => {
    expect(checkAgainstSchemas(stack(parts)).join('\n')).toContain(message);
  });

  test('an output that is sensitive, or said not to be, is fine', () => {
    const variable = { s: { sensitive: true } };
    expect(checkAgainstSchemas(stack({ variable, output: { o: { value: '${var.s}', sensitive: true } } }))).toEqual([]);
    expect(checkAgainstSchemas(stack({ variable, output: { o: { value: '${nonsensitive(var.s)}' } } }))).toEqual([]);
  });
});

describe('whatever a test synthesises is checked', () => {
  test('a sound stack passes', () => {
    const { json } = synthStack((s) => {
      new OpenstackProvider(s, 'openstack', { cloud: 'prod' });
      const server = new ComputeInstanceV2(s, 'server', {
        name: 'a',
        network: [{ uuid: 'u' }],
        userData: new TerraformVariable(s, 'v', {}).stringValue,
      });
      new TerraformOutput(s, 'out', { value: server.accessIpV4 });
    });
    expect(json.resource.openstack_compute_instance_v2.server.name).toBe('a');
  });

  test('an unknown attribute fails', () => {
    expect(() =>
      synthStack((s) => {
        new OpenstackProvider(s, 'openstack', {});
        new ComputeInstanceV2(s, 'server', { name: 'a' }).addOverride('flavour', 'm1');
      }),
    ).toThrow(/openstack_compute_instance_v2.server.flavour: no such attribute or block/);
  });

  test('a number token in a text fails', () => {
    expect(() =>
      synthStack((s) => {
        new OpenstackProvider(s, 'openstack', {});
        const count: IResolvable = new TerraformVariable(s, 'n', { type: 'number' }).value;
        new ComputeInstanceV2(s, 'server', { name: `a-${Token.asNumber(count)}` });
      }),
    ).toThrow(/number token/);
  });

  test('a secret fails', () => {
    expect(() =>
      synthStack((s) => {
        new OpenstackProvider(s, 'openstack', {});
        new ComputeInstanceV2(s, 'server', { name: 'a', adminPass: 'x' });
      }),
    ).toThrow(/admin_pass: a literal in a sensitive argument/);
  });

  test('an exact version fails', () => {
    expect(() =>
      synthStack((s) => {
        new OpenstackProvider(s, 'openstack', {});
        s.addOverride('terraform.required_providers.openstack.version', '3.4.0');
        new TerraformResource(s, 'server', { terraformResourceType: 'openstack_compute_instance_v2' }).addOverride('name', 'a');
      }),
    ).toThrow(/3\.4\.0 is an exact version/);
  });
});

test('expressions are read as Terraform reads them', () => {
  expect(expressionsOf('a ${b} $${c} %%{d} ${"}"} ${"x${y}z"} ${{ "k" = "v" }}').map(({ code }) => code)).toEqual([
    'b',
    '""',
    '""(y)',
    '{ "" = "" }',
  ]);
  expect(expressionsOf('${a}')[0].whole).toBe(true);
  expect(expressionsOf('${a}${b}').map(({ whole }) => whole)).toEqual([false, false]);
  const names = referencesIn('a_b.c[d_e.f.g].h.i[*].j + local.k + x.y', (word) => word.includes('_')).map(({ kind, type, name, attribute }) => [
    kind,
    type,
    name,
    attribute,
  ]);
  expect(names).toEqual([
    ['resource', 'd_e', 'f', 'g'],
    ['resource', 'a_b', 'c', 'h'],
    ['local', undefined, 'k', undefined],
  ]);
});
