import { TerraformVariable } from 'cdktf';
import { Ground, synth } from './support';
import { NodeFlavor } from '../../lib/contracts/node-flavor';
import { NodeImage } from '../../lib/contracts/node-image';
import { ServerGroupPolicy } from '../../lib/nova/server-group-policy';
import { ServerPool, ServerPoolProps } from '../../lib/nova/server-pool';
import { VnicType } from '../../lib/nova/vnic-type';
import { Block } from '../support/synth';

const INSTANCE = 'openstack_compute_instance_v2';
const PORT = 'openstack_networking_port_v2';

function pool({ stack, network, cloud }: Ground, props: Partial<ServerPoolProps> = {}): ServerPool {
  return new ServerPool(stack, 'Workers', {
    name: 'general',
    replicas: 3,
    network,
    flavor: NodeFlavor.named('m1.xlarge'),
    image: NodeImage.byName('ubuntu-24.04-k8s-1.36'),
    zones: cloud.zones,
    securityGroupIds: ['workers'],
    userData: '#cloud-config\n',
    ...props,
  });
}

const synthPool = (props: Partial<ServerPoolProps> = {}) => synth((ground) => pool(ground, props));

test('servers have names that stay and go round the zones, each with its own port', () => {
  const stack = synthPool();
  const servers = Object.values(stack.resources(INSTANCE));
  expect(servers.map(({ name, availability_zone }) => [name, availability_zone])).toEqual([
    ['general-0', 'az1'],
    ['general-1', 'az2'],
    ['general-2', 'az1'],
  ]);
  expect(Object.values(stack.resources(PORT)).map(({ name }) => name)).toEqual(['general-0', 'general-1', 'general-2']);
  expect(new Set(servers.map(({ network }) => network[0].port)).size).toBe(3);
});

test('scaling touches no other server', () => {
  const small = synthPool().json.resource;
  const large = synthPool({ replicas: 5 }).json.resource;
  for (const [type, resources] of Object.entries<Block>(small)) expect(large[type]).toMatchObject(resources);
  expect(Object.keys(large[INSTANCE])).toHaveLength(5);
});

test('a zone more replaces no server: a new round only counts for new ones', () => {
  const [, second] = Object.values(synthPool({ zones: [{ compute: 'az9', volume: 'nova' }] }).resources(INSTANCE));
  expect(second.availability_zone).toBe('az9');
  expect(second.lifecycle.ignore_changes).toContain('availability_zone');
});

test('a raised generation replaces servers, ports and root volumes, the new ones first and under names of their own', () => {
  const stack = synthPool({ generation: 2, rootVolume: { sizeGib: 40 } });
  const generation = stack.resource('terraform_data');
  expect(generation.triggers_replace).toEqual({ generation: '2' });
  for (const type of [INSTANCE, PORT, 'openstack_blockstorage_volume_v3']) {
    for (const { lifecycle, name } of Object.values(stack.resources(type))) {
      expect(lifecycle).toMatchObject({
        create_before_destroy: true,
        replace_triggered_by: expect.arrayContaining([expect.stringMatching(/^terraform_data\.Workers_Generation/)]),
      });
      expect(name).toMatch(/^general-\d-g2(-root)?$/);
    }
  }
  expect(Object.keys(stack.resources(INSTANCE))).toEqual(Object.keys(synthPool().resources(INSTANCE)));
});

test('hard anti-affinity with too few hypervisors finds no valid host: soft unless asked', () => {
  expect(synthPool().resource('openstack_compute_servergroup_v2').policies).toEqual(['soft-anti-affinity']);
  const hard = synthPool({ serverGroupPolicy: ServerGroupPolicy.ANTI_AFFINITY });
  expect(hard.resource('openstack_compute_servergroup_v2').policies).toEqual(['anti-affinity']);
});

test('a flavor that would restart all servers at once can wait for the next generation', () => {
  const ignored = (props: Partial<ServerPoolProps>) => Object.values(synthPool(props).resources(INSTANCE))[0].lifecycle.ignore_changes;
  expect(ignored({})).not.toContain('flavor_id');
  expect(ignored({ resizeInPlace: false })).toEqual(expect.arrayContaining(['flavor_id', 'flavor_name', 'user_data']));
});

test('groups that the cloud controller puts on the ports stay where that is wanted', () => {
  const [port] = Object.values(synthPool({ ignoreSecurityGroupChanges: true }).resources(PORT));
  expect(port.lifecycle).toMatchObject({ ignore_changes: ['security_group_ids'], create_before_destroy: true });
  expect(Object.values(synthPool().resources(PORT))[0].lifecycle).not.toHaveProperty('ignore_changes');
});

test('tags, metadata, key pair and address pairs reach every server', () => {
  const stack = synthPool({
    tags: ['pool'],
    metadata: { pool: 'general' },
    keyPairName: 'ops',
    allowedAddressPairs: ['10.244.0.0/16'],
    configDrive: true,
  });
  for (const server of Object.values(stack.resources(INSTANCE))) {
    expect(server).toMatchObject({ tags: ['pool'], metadata: { pool: 'general' }, key_pair: 'ops', config_drive: true });
  }
  for (const port of Object.values(stack.resources(PORT))) {
    expect(port).toMatchObject({ tags: ['pool'], allowed_address_pairs: [{ ip_address: '10.244.0.0/16' }], security_group_ids: ['workers'] });
  }
});

test('user data that Terraform renders is one text and one condition of its length for all', () => {
  const stack = synth((ground) => {
    const token = new TerraformVariable(ground.stack, 'token', { type: 'string' }).stringValue;
    pool(ground, { userData: `#cloud-config\n# ${token}\n` });
  });
  expect(Object.keys(stack.json.locals)).toEqual([expect.stringContaining('UserDataFits'), expect.stringContaining('UserData_Text')]);
});

test('user data over the limit is the pool’s error', () => {
  expect(() => synthPool({ userData: 'x'.repeat(49150) })).toThrow(/^test\/Workers: userData is longer than 65535 characters/);
});

test('a pool may be empty', () => {
  expect(synthPool({ replicas: 0 }).resources(INSTANCE)).toEqual({});
});

test.each([
  [{ replicas: -1 }, /test\/Workers: replicas must be a whole number from 0 to 1000, got -1/],
  [{ replicas: 1.5 }, /replicas must be a whole number/],
  [{ generation: 0 }, /generation must be a whole number from 1/],
  [{ name: 'General' }, /Workers: name must be lower-case.*got "General"/],
  [{ zones: [] }, /Workers: zones must not be empty/],
  [{ securityGroupIds: [] }, /Workers\/general-0-port: securityGroupIds must not be empty/],
])('bad input: %j', (props, message) => {
  expect(() => synthPool(props)).toThrow(message);
});

test.each(['replicas', 'generation'])('%s that is a reference is an error, never −8e298 servers', (prop) => {
  expect(() => synth((ground) => pool(ground, { [prop]: new TerraformVariable(ground.stack, 'number', { type: 'number' }).numberValue }))).toThrow(
    `test/Workers: ${prop} must be known at synth, a reference was given; give a number`,
  );
});

describe('what servers have besides', () => {
  const stack = synthPool({
    replicas: 2,
    trunk: true,
    tags: ['t'],
    metadata: { cluster: 'prod' },
    volumes: [{ name: 'scratch', sizeGib: 100, type: 'nvme' }],
    additionalPorts: [
      { name: 'sriov', networkName: 'physnet-a', vnicType: VnicType.DIRECT, portSecurity: false, bindingProfile: { capabilities: ['switchdev'] } },
      { name: 'storage', networkId: 'net-1', subnetId: 'sub-1', securityGroupIds: ['s'], allowedAddressPairs: ['192.168.5.9'] },
    ],
  });
  const named = (type: string, name: string) => Object.entries(stack.resources(type)).find(([, resource]) => resource.name === name)!;

  test('a trunk goes before its port and after its server, and subports that a controller adds stay', () => {
    const [trunkId, trunk] = named('openstack_networking_trunk_v2', 'general-0');
    expect(trunk).toMatchObject({ port_id: `\${openstack_networking_port_v2.${named(PORT, 'general-0')[0]}.id}`, tags: ['t'] });
    expect(trunk.lifecycle).toMatchObject({ create_before_destroy: true, ignore_changes: ['sub_port'] });
    expect(named(INSTANCE, 'general-0')[1].network[0].port).toBe(`\${openstack_networking_trunk_v2.${trunkId}.port_id}`);
  });

  test('further NICs in their order, known to a server from its birth', () => {
    const [sriovId, sriov] = named(PORT, 'general-1-sriov');
    expect(sriov).toMatchObject({
      port_security_enabled: false,
      no_security_groups: true,
      binding: { vnic_type: 'direct', profile: '{"capabilities":["switchdev"]}' },
      lifecycle: { create_before_destroy: true, ignore_changes: ['binding'] },
    });
    const [storageId, storage] = named(PORT, 'general-1-storage');
    expect(storage).toMatchObject({ network_id: 'net-1', fixed_ip: [{ subnet_id: 'sub-1' }], security_group_ids: ['s'] });
    const server = named(INSTANCE, 'general-1')[1];
    expect(server.network.slice(1)).toEqual([sriovId, storageId].map((id) => ({ port: `\${openstack_networking_port_v2.${id}.id}` })));
    expect(server.lifecycle.ignore_changes).toContain('network');
  });

  test('volumes lie in the zone of their server, are told to it, and stay attached until it goes', () => {
    const [id, volume] = named('openstack_blockstorage_volume_v3', 'general-1-scratch');
    expect(volume).toMatchObject({ size: 100, volume_type: 'nvme', availability_zone: 'nova', lifecycle: { create_before_destroy: true } });
    expect(named(INSTANCE, 'general-1')[1].metadata).toEqual({
      cluster: 'prod',
      'strata-volume-scratch': `\${openstack_blockstorage_volume_v3.${id}.id}`,
    });
    for (const { lifecycle } of Object.values(stack.resources('openstack_compute_volume_attach_v2'))) {
      expect(lifecycle).toEqual({ create_before_destroy: true });
    }
  });

  test.each<[Partial<ServerPoolProps>, RegExp]>([
    [
      { additionalPorts: [{ name: 'a', portSecurity: false }] },
      /general-0-port-a: the network of the port is not known; give networkId or networkName/,
    ],
    [
      { additionalPorts: [{ name: 'a', networkId: 'n' }] },
      /securityGroupIds must not be empty: the port would get the default group.*portSecurity: false/,
    ],
    [
      { additionalPorts: [{ name: 'a', networkId: 'n', portSecurity: false, allowedAddressPairs: ['10.0.0.1'] }] },
      /allowedAddressPairs need port security, which is off, got false/,
    ],
    [{ additionalPorts: [{ name: 'a', networkId: 'n', portSecurity: false, noAddress: true, subnetId: 's' }] }, /noAddress and subnetId exclude/],
    [{ additionalPorts: [{ name: 'a', networkId: 'n', securityGroupIds: ['s'], allowedAddressPairs: ['x'] }] }, /allowedAddressPairs is not an IPv4/],
    [{ additionalPorts: [{ name: 'a', networkId: 'n', portSecurity: false, bindingProfile: {} }] }, /bindingProfile must not be empty/],
    [{ volumes: [{ name: 'A b', sizeGib: 1 }] }, /volumes.name must be lower-case.*got "A b"/],
    [
      {
        volumes: [
          { name: 'a', sizeGib: 1 },
          { name: 'a', sizeGib: 1 },
        ],
      },
      /name in volumes must be unique, got "a"/,
    ],
    [{ volumes: [{ name: 'a', sizeGib: 0 }] }, /sizeGib must be a whole number from 1, got 0/],
  ])('bad input: %j', (props, message) => expect(() => synthPool(props)).toThrow(message));
});

test('a server that a roll which ended half-way left behind is known by its name, and told by the next plan', () => {
  const [first] = Object.values(synthPool({ generation: 2 }).resources(INSTANCE));
  expect(first.lifecycle.ignore_changes).toContain('name'); // else it would get its successor's name, and nobody could tell
  expect(first.lifecycle.postcondition).toEqual([
    {
      condition: '${self.name == "general-0-g2"}',
      error_message: expect.stringMatching(/still \$\{self\.name\}.*raise the generation of its pool once more/),
    },
  ]);
});

test('volumes, NICs, root volumes and trunks other than those that the servers were made with are refused until the generation is raised', () => {
  const generation = (props: Partial<ServerPoolProps> = {}) => synthPool(props).resource('terraform_data');
  const plain = generation();
  expect(plain.input).toBe('nothing but their ports');
  const full = generation({
    generation: 4,
    volumes: [
      { name: 'data', sizeGib: 1 },
      { name: 'log', sizeGib: 1 },
    ],
    additionalPorts: [{ name: 'storage', networkName: 'storage', securityGroupIds: ['storage'] }],
    rootVolume: { sizeGib: 40 },
    trunk: true,
  });
  expect(full.input).toBe('the volumes data, log and the NICs storage and root volumes and trunks');
  // it stays what it was when the generation began, and a raised one, which isn't known in a plan, is judged when it is there
  expect(full.lifecycle.ignore_changes).toEqual(['input']);
  const [{ condition, error_message }] = full.lifecycle.postcondition;
  expect(condition).toBe(`\${coalesce(self.output, "${full.input}") == "${full.input}"}`);
  expect(error_message).toBe(
    `test/Workers: its servers were made with \${coalesce(self.output, "${full.input}")}, and would have ${full.input}: that is settled when a server is made; ` +
      'raise the generation of the pool to 5, so that new servers take the place of those that run, or leave it as it was',
  );
  expect(generation({ volumes: [{ name: 'data', sizeGib: 1 }] }).input).toBe(generation({ volumes: [{ name: 'data', sizeGib: 9 }] }).input);
});

test('servers are shut down before they are deleted if that is asked for', () => {
  const stops = (props: Partial<ServerPoolProps>) => Object.values(synthPool(props).resources(INSTANCE)).map((server) => server.stop_before_destroy);
  expect(stops({ stopBeforeDestroy: true })).toEqual([true, true, true]);
  expect(stops({})).toEqual([undefined, undefined, undefined]);
});
