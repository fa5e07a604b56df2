import { TerraformVariable } from 'cdktf';
import { clusterIn } from './cluster-fixture';
import { NodeFlavor } from '../../lib/contracts/node-flavor';
import { K8sOnNovaProps } from '../../lib/kubernetes/k8s-on-nova';
import { HugePageSize, TaintEffect, VolumeFileSystem, WorkerPoolProps } from '../../lib/kubernetes/worker-pool';
import { ServerGroupPolicy } from '../../lib/nova/server-group-policy';
import { VnicType } from '../../lib/nova/vnic-type';
import { Block, Synthesised, synthStack } from '../support/synth';

const flavor = NodeFlavor.of({ vcpus: 8, memoryMib: 16384, diskGib: 40 });
const synth = (pool: Partial<WorkerPoolProps>, props: Partial<K8sOnNovaProps> = {}) =>
  synthStack((stack) => void clusterIn(stack, { ...props, workerPools: [{ name: 'gpu', replicas: 1, flavor, ...pool }] }));

const named = (stack: Synthesised, type: string, name: string): Block =>
  Object.values(stack.resources(`openstack_${type}`)).find((resource) => resource.name === name)!;
const cloudConfig = (stack: Synthesised) =>
  Object.entries(stack.json.locals as Record<string, string>).find(([name]) => name.startsWith('K8s_workers-gpu-cloud-config_Text'))![1];

test('everything that a pool can have is reached from the cluster', () => {
  const stack = synth(
    {
      rootVolume: { sizeGib: 60, type: 'ssd' },
      volumes: [
        { name: 'images', sizeGib: 100, mountPath: '/var/lib/containerd' },
        { name: 'data', sizeGib: 200, type: 'hdd', mountPath: '/data', fileSystem: VolumeFileSystem.XFS },
        { name: 'raw', sizeGib: 10 },
      ],
      serverGroupPolicy: ServerGroupPolicy.ANTI_AFFINITY,
      securityGroupIds: ['more'],
      allowedAddressPairs: ['10.20.0.250'],
      trunk: true,
      vnicType: VnicType.DIRECT,
      bindingProfile: { capabilities: ['switchdev'] },
      additionalPorts: [{ name: 'sriov', networkName: 'physnet-a', vnicType: VnicType.DIRECT, portSecurity: false }],
      configDrive: true,
      gpu: {},
      hugePages: [{ size: HugePageSize.MIB_2, count: 1024 }],
      taints: [{ key: 'team', value: 'ml', effect: TaintEffect.NO_SCHEDULE }],
    },
    { configDrive: false },
  );
  const server = named(stack, 'compute_instance_v2', 'prod-gpu-0');
  expect(server).toMatchObject({ config_drive: true, network: [{ port: expect.stringContaining('trunk_v2') }, {}] });
  expect(Object.keys(server.metadata)).toEqual(expect.arrayContaining(['strata-volume-images', 'strata-volume-data', 'strata-volume-raw']));
  expect(named(stack, 'compute_instance_v2', 'prod-control-plane-0').config_drive).toBe(false);
  expect(named(stack, 'networking_port_v2', 'prod-gpu-0')).toMatchObject({
    allowed_address_pairs: [{ ip_address: '10.20.0.250' }],
    security_group_ids: [expect.stringContaining('secgroup_v2'), 'more'],
    binding: { vnic_type: 'direct', profile: '{"capabilities":["switchdev"]}' },
  });
  expect(named(stack, 'networking_port_v2', 'prod-gpu-0-sriov').binding).toEqual({ vnic_type: 'direct' });
  expect(named(stack, 'blockstorage_volume_v3', 'prod-gpu-0-root')).toMatchObject({ size: 60, volume_type: 'ssd' });
  expect(named(stack, 'compute_servergroup_v2', 'prod-gpu').policies).toEqual(['anti-affinity']);
  const text = cloudConfig(stack);
  expect(text).toMatch(/data xfs \/data\n +images ext4 \/var\/lib\/containerd\n/);
  expect(text).toContain('w /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages - - - - 1024');
  expect(text).toMatch(/name: node-labels\n +value: nvidia\.com\/gpu\.present=true/);
  expect(text).toMatch(/- key: nvidia\.com\/gpu\n +effect: NoSchedule\n +- key: team/);
});

test('a pool that asks for none of it has no file of it', () => {
  const text = cloudConfig(synth({ volumes: [{ name: 'raw', sizeGib: 1 }], gpu: { resourceName: 'amd.com/gpu', taint: false } }));
  expect(text).not.toMatch(/strata-volumes|hugepages|NoSchedule/);
  expect(text).toContain('amd.com/gpu.present=true');
});

const volume = { name: 'data', sizeGib: 1 };
test.each<[string, Partial<WorkerPoolProps>, RegExp]>([
  [
    'a relative mount point',
    { volumes: [{ ...volume, mountPath: 'data' }] },
    /^test\/K8s: mountPath of workerPools.gpu.volumes.data must be an absolute/,
  ],
  ['the root', { volumes: [{ ...volume, mountPath: '/' }] }, /no folder of the system, got "\/"/],
  ['a folder of the system', { volumes: [{ ...volume, mountPath: '/usr/local' }] }, /no folder of the system, got "\/usr\/local"/],
  ["the boot program's own", { volumes: [{ ...volume, mountPath: '/var/lib/strata' }] }, /no folder of the system/],
  ['a way round', { volumes: [{ ...volume, mountPath: '/data/../etc' }] }, /no folder of the system/],
  ['a line of its own', { volumes: [{ ...volume, mountPath: '/data\nx' }] }, /must be an absolute path/],
  [
    'a file system of a disk that is not mounted',
    { volumes: [{ ...volume, fileSystem: VolumeFileSystem.XFS }] },
    /has a file system and no mountPath/,
  ],
  [
    'two volumes at one place',
    {
      volumes: [
        { ...volume, mountPath: '/data' },
        { name: 'b', sizeGib: 1, mountPath: '/data' },
      ],
    },
    /mountPath of workerPools.gpu.volumes must be unique, got "\/data"/,
  ],
  ['no huge page', { hugePages: [{ size: HugePageSize.MIB_2, count: 0 }] }, /hugePages.count must be a whole number from 1, got 0/],
  [
    'more huge pages than memory',
    { hugePages: [{ size: HugePageSize.GIB_1, count: 16 }] },
    /hugePages take so much of the 16384 MiB of the flavor that less than 1024 MiB are left.*got "16384 MiB"/,
  ],
  ['a resource without a vendor', { gpu: { resourceName: 'gpu' } }, /gpu.resourceName must be a resource with its vendor's domain, got "gpu"/],
  ['the taint of the GPUs twice', { gpu: {}, taints: [{ key: 'nvidia.com/gpu', effect: TaintEffect.NO_SCHEDULE }] }, /same key and effect twice/],
])('mistakes are told at synth: %s', (_, pool, message) => expect(() => synth(pool)).toThrow(message));

test('a mount point that is a reference is an error: its unit is written at synth', () => {
  const build = () =>
    synthStack((stack) => {
      const mountPath = new TerraformVariable(stack, 'path', {}).stringValue;
      clusterIn(stack, { workerPools: [{ name: 'a', replicas: 1, flavor, volumes: [{ ...volume, mountPath }] }] });
    });
  expect(build).toThrow(/mountPath of workerPools.a.volumes.data must be known at synth/);
});
