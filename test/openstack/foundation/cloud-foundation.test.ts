import { TerraformStack } from 'cdktf';
import { HostRole } from '../../../lib/contracts/host';
import { KvmProfile } from '../../../lib/contracts/kvm-profile';
import { NodeFlavor } from '../../../lib/contracts/node-flavor';
import { LoadBalancerProvider } from '../../../lib/contracts/openstack-cloud';
import { OpenStackRelease } from '../../../lib/core/openstack-release';
import { KollaOptions } from '../../../lib/openstack/engines/kolla/kolla-options';
import { AmphoraFlavor } from '../../../lib/openstack/foundation/amphora-flavor';
import { CloudFoundation, CloudFoundationProps } from '../../../lib/openstack/foundation/cloud-foundation';
import { DiskFormat } from '../../../lib/openstack/foundation/image';
import { OpenStackControlPlane, OpenStackControlPlaneProps } from '../../../lib/openstack/openstack-control-plane';
import { OpenStackEngine } from '../../../lib/openstack/openstack-engine';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import { synthApp, Synthesised } from '../../support/synth';
import { testHost, TestPool, threeByThree } from '../pool';

interface Given {
  readonly kolla?: Partial<KollaOptions>;
  readonly openstack?: Partial<OpenStackControlPlaneProps>;
  readonly hosts?: ReturnType<typeof threeByThree>;
  readonly kvm?: KvmProfile;
  readonly more?: (stack: TerraformStack, cloud: OpenStackControlPlane) => void;
}

const image = { name: 'amphora-1', localFilePath: '/images/amphora.qcow2', checksum: `sha512:${'0'.repeat(128)}` };
const allocationPools = [{ start: '203.0.113.50', end: '203.0.113.200' }];

function synth(props: Partial<CloudFoundationProps> = {}, { kolla, openstack, hosts, kvm, more }: Given = {}): Synthesised {
  return synthApp((app) => {
    const metal = new TerraformStack(app, 'metal');
    const pool = new TestPool(metal, hosts, undefined, kvm);
    const engine = OpenStackEngine.kolla({ release: OpenStackRelease.V2026_1, internalVip: '10.10.0.250', externalVip: '203.0.113.10', ...kolla });
    const cloud = new OpenStackControlPlane(metal, 'OpenStack', { pool, engine, ...openstack });
    const stack = new TerraformStack(app, 'cloud');
    new OpenstackProvider(stack, 'OpenStack', { ...cloud.adminLogin });
    new CloudFoundation(stack, 'Foundation', { cloud, pool, externalNetwork: { cidr: '203.0.113.0/24', allocationPools }, ...props });
    more?.(stack, cloud);
  }).cloud;
}

const names = (stack: Synthesised, type: string) =>
  Object.values(stack.resources(type))
    .map(({ name }) => name)
    .sort();

test('sound defaults from a pool, a cloud and a network', () => {
  const stack = synth();
  expect(stack.resource('openstack_networking_network_v2')).toMatchObject({ name: 'public', external: true });
  expect(Object.values(stack.resources('openstack_compute_aggregate_v2')).map(({ zone, hosts }) => [zone, hosts])).toEqual([
    ['az1', ['compute-21', 'compute-22']],
    ['az2', ['compute-23']],
  ]);
  expect(names(stack, 'openstack_compute_flavor_v2')).toEqual([
    'strata-16c-32768m-160g',
    'strata-2c-4096m-20g',
    'strata-4c-8192m-40g',
    'strata-8c-16384m-80g',
  ]);
  expect(names(stack, 'openstack_blockstorage_volume_type_v3')).toEqual(['standard']);
  expect(stack.json.output.isolation.value.hosts).toHaveLength(3);
});

test('encrypted volumes where there is Barbican, none where there is no Cinder', () => {
  const stack = synth({}, { kolla: { services: { barbican: true } } });
  expect(names(stack, 'openstack_blockstorage_volume_type_v3')).toEqual(['encrypted', 'standard']);
  const without = synth({}, { hosts: threeByThree().filter((host) => !host.is(HostRole.STORAGE)) });
  expect(names(without, 'openstack_blockstorage_volume_type_v3')).toEqual([]);
});

test('flavors by the KVM profile', () => {
  const both = synth({}, { kvm: KvmProfile.of({ dedicatedCpuSet: '4-31', sharedCpuSet: '2-3' }) });
  const pinned = Object.values(both.resources('openstack_compute_flavor_v2')).filter(({ name }) => name.endsWith('-dedicated'));
  expect(pinned).toHaveLength(4);
  for (const { extra_specs } of pinned) expect(extra_specs).toEqual({ 'hw:cpu_policy': 'dedicated' });
  const only = synth({}, { kvm: KvmProfile.of({ dedicatedCpuSet: '4-31' }) });
  for (const { extra_specs } of Object.values(only.resources('openstack_compute_flavor_v2'))) {
    expect(extra_specs).toEqual({ 'hw:cpu_policy': 'dedicated' });
  }
});

test('racks as zones, when the cloud tells of the same', () => {
  const hosts = threeByThree().map((host, i) => testHost(11 + i, host.roles, { rack: `r${i % 3}`, name: host.name }));
  const zones = ['r0', 'r1', 'r2'].map((compute) => ({ compute, volume: 'nova' }));
  const stack = synth({ zonesFromRacks: true }, { hosts, openstack: { zones } });
  expect(Object.values(stack.resources('openstack_compute_aggregate_v2')).map(({ zone }) => zone)).toEqual(['r0', 'r1', 'r2']);
  expect(() => synth({ zonesFromRacks: true }, { hosts })).toThrow(/give it zones: \[{ compute: 'r0', volume: 'nova' }/);
  expect(() => synth({ zonesFromRacks: true })).toThrow(/the rack of every compute host/);
});

test('projects, and flavors for them', () => {
  const size = NodeFlavor.of({ vcpus: 1, memoryMib: 1024, diskGib: 10 });
  const stack = synth({
    projects: [{ name: 'prod', groups: { ops: { roles: ['reader'] } }, withoutUser: true }],
    flavors: [{ size, projects: ['prod'] }],
  });
  expect(stack.resources('openstack_identity_user_v3')).toEqual({});
  expect(stack.resource('openstack_identity_role_assignment_v3').group_id).toContain('data.openstack_identity_group_v3');
  expect(stack.resource('openstack_compute_flavor_access_v2').tenant_id).toContain('openstack_identity_project_v3');
  expect(Object.values(stack.data('openstack_identity_role_v3')).map(({ name }) => name)).toEqual(['reader']);
  expect(() => synth({ flavors: [{ size, projects: ['prot'] }], projects: [{ name: 'prod' }] })).toThrow(/did you mean prod/);
});

test('images have what KVM gives them', () => {
  const node = { name: 'node-1', localFilePath: '/images/node.qcow2', checksum: image.checksum, diskFormat: DiskFormat.QCOW2 };
  const stack = synth({ images: [{ ...node, hardware: { uefi: true, scsi: true, guestAgent: true }, properties: { os_distro: 'ubuntu' } }] });
  expect(stack.resource('openstack_images_image_v2').properties).toEqual({
    hw_rng_model: 'virtio',
    hw_vif_multiqueue_enabled: 'true',
    hw_firmware_type: 'uefi',
    hw_machine_type: 'q35',
    hw_disk_bus: 'scsi',
    hw_scsi_model: 'virtio-scsi',
    hw_qemu_guest_agent: 'yes',
    os_require_quiesce: 'yes',
    os_distro: 'ubuntu',
  });
});

describe('amphorae', () => {
  const amphora = { openstack: { loadBalancerProvider: LoadBalancerProvider.AMPHORA } };
  const network = { cidr: '10.10.60.0/24', vlanId: 60, allocationPools: [{ start: '10.10.60.100', end: '10.10.60.200' }] };
  const byHand = { ...amphora, kolla: { extraGlobals: { octavia_auto_configure: false, octavia_amp_flavor_id: 'x' } } };

  test('their image belongs to Octavia, by its tag', () => {
    const stack = synth({ amphora: { image } }, amphora);
    const made = stack.resource('openstack_images_image_v2');
    expect(made).toMatchObject({ visibility: 'private', tags: ['amphora'], properties: { hw_architecture: 'x86_64' } });
    expect(made.properties.owner).toContain('data.openstack_identity_project_v3');
    expect(made.lifecycle.ignore_changes).toContain('properties["owner"]');
    expect(names(stack, 'openstack_compute_flavor_v2')).not.toContain('amphora');
  });

  test('network and flavor, where the engine is told to leave them', () => {
    const stack = synth({ amphora: { image, network } }, byHand);
    expect(names(stack, 'openstack_networking_network_v2')).toEqual(['lb-mgmt-net', 'public']);
    expect(names(stack, 'openstack_compute_flavor_v2')).toContain('amphora');
  });

  test.each<[string, Partial<CloudFoundationProps>, Given, RegExp]>([
    [
      "Kolla's flavor",
      { amphora: { image, flavor: NodeFlavor.of({ vcpus: 1, memoryMib: 1024, diskGib: 5 }) } },
      amphora,
      /makes the flavor of Octavia itself/,
    ],
    ["Kolla's network", { amphora: { image, network } }, amphora, /makes the management network of Octavia itself/],
    ['load balancers without amphorae', { amphora: { image } }, {}, /is for load balancers that are amphorae/],
    ['a small flavor', { amphora: { image, flavor: NodeFlavor.of({ vcpus: 1, memoryMib: 512, diskGib: 5 }) } }, byHand, /needs 1024 MiB/],
    [
      'a network with a controller in its pool',
      { amphora: { image, network: { ...network, allocationPools: [{ start: '10.10.60.5', end: '10.10.60.99' }] } } },
      byHand,
      /holds the address of host control-11/,
    ],
  ])('%s is an error', (_, props, given, message) => expect(() => synth(props, given)).toThrow(message));

  test('the check holds for the flavor by itself, too', () => {
    expect(() => synth({}, { ...amphora, more: (stack, cloud) => void new AmphoraFlavor(stack, 'Amphora', { cloud }) })).toThrow(
      /octavia_auto_configure/,
    );
  });
});

test.each<[string, Partial<CloudFoundationProps>, RegExp]>([
  [
    'the VIP among the floating IPs',
    { externalNetwork: { cidr: '203.0.113.0/24', allocationPools: [{ start: '203.0.113.5', end: '203.0.113.10' }] } },
    /the external virtual address/,
  ],
  [
    'hosts among the floating IPs',
    { externalNetwork: { cidr: '203.0.113.0/24', allocationPools: [{ start: '203.0.113.12', end: '203.0.113.99' }] } },
    /host control-12/,
  ],
  ['another name than the cloud tells', { externalNetwork: { name: 'outside', cidr: '198.51.100.0/24' } }, /another one is made/],
  ['encryption without Barbican', { volumeTypes: [{ name: 'safe', encryption: {} }] }, /no Barbican/],
  ['a project twice', { projects: [{ name: 'a' }, { name: 'a' }] }, /project must be unique/],
])('%s is an error', (_, props, message) => expect(() => synth(props)).toThrow(message));
