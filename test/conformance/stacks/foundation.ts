import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, TerraformOutput, TerraformStack, TerraformVariable } from 'cdktf';
import { HostProps, HostRole } from '../../../lib/contracts/host';
import { CpuThreadPolicy, KvmProfile } from '../../../lib/contracts/kvm-profile';
import { NodeFlavor } from '../../../lib/contracts/node-flavor';
import { LoadBalancerProvider } from '../../../lib/contracts/openstack-cloud';
import { CloudFoundation } from '../../../lib/openstack/foundation/cloud-foundation';
import { DiskFormat, Image } from '../../../lib/openstack/foundation/image';
import { ProviderNetwork } from '../../../lib/openstack/foundation/provider-network';
import { SubnetPool } from '../../../lib/openstack/foundation/subnet-pool';
import { VolumeType } from '../../../lib/openstack/foundation/volume-type';
import { OpenStackCloud } from '../../../lib/openstack/openstack-cloud';
import { NetworkingFloatingipV2 } from '../../../lib/providers/openstack/networking-floatingip-v2';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import { TestPool, testHost } from '../../openstack/pool';
import type { Context } from '../harness/check';
import type { Cloud } from '../harness/cloud';
import { synthesise, type Applied } from '../harness/stacks';

const PASSWORD = 'throw-away-Passw0rd';
const LIB = path.join(__dirname, '..', '..', '..', 'lib');
const CONTENT = 'not really a disk, and nobody boots it\n';
const NEW_CONTENT = 'the next version of it\n';
const digest = (algorithm: string, content: string) => createHash(algorithm).update(content).digest('hex');
/** The same file in every process that synthesises: what is uploaded must be there when Terraform runs. */
const IMAGE_FILE = path.join(os.tmpdir(), 'strata-foundation-image.raw');

/** What an administrator lays under a platform, all kinds of it. */
export function build(app: App): void {
  furnish(app, false);
}

/** The same, or changed at every place where something can change: what is changed in place, and what is replaced, is `CHANGES`. */
export function furnish(app: App, changed: boolean): void {
  const stack = new TerraformStack(app, 'foundation');
  new OpenstackProvider(stack, 'OpenStack');
  if (!changed) fs.writeFileSync(IMAGE_FILE, CONTENT);
  const content = changed ? NEW_CONTENT : CONTENT;
  const host = (n: number, more: Partial<HostProps>) => testHost(n, [HostRole.COMPUTE], { name: `compute-${n}`, zone: 'foundation-az', ...more });
  const foundation = new CloudFoundation(stack, 'Foundation', {
    cloud: OpenStackCloud.fromCloudAttributes(stack, 'Cloud', {
      authUrl: 'http://127.0.0.1:5000/v3',
      region: 'RegionOne',
      externalNetworkName: 'foundation-external',
      zones: [{ compute: 'foundation-az', volume: 'nova' }],
      loadBalancerProvider: LoadBalancerProvider.AMPHORA,
      tenantNetworkMtu: 1450,
      reservedAddresses: { '203.0.113.10': 'the external virtual address' },
      services: { blockStorage: true, keyManager: true, makesAmphoraResources: false },
    }),
    pool: new TestPool(
      stack,
      changed ? [host(5, {})] : [host(4, {}), host(5, {})],
      undefined,
      KvmProfile.of({ dedicatedCpuSet: '8-31', sharedCpuSet: '2-7', hugePages: [{ sizeMib: 1024, count: 16 }] }),
    ),
    externalNetwork: {
      cidr: '203.0.113.0/24',
      allocationPools: [{ start: '203.0.113.50', end: changed ? '203.0.113.220' : '203.0.113.200' }],
      ipv6Cidr: '2001:db8:113::/64',
      tags: ['strata'],
    },
    flavors: [
      { size: NodeFlavor.of({ vcpus: 4, memoryMib: 8192, diskGib: 40 }), extraSpecs: { 'hw:cpu_policy': changed ? 'mixed' : 'shared' } },
      {
        size: NodeFlavor.of({ vcpus: 4, memoryMib: 8192, diskGib: 40, name: 'foundation-pinned' }),
        placement: { dedicatedCpus: true, threadPolicy: changed ? CpuThreadPolicy.REQUIRE : CpuThreadPolicy.ISOLATE, hugePageMib: 1024 },
      },
      { size: NodeFlavor.of({ vcpus: 2, memoryMib: changed ? 6144 : 4096, diskGib: 20 }), projects: ['foundation'] },
    ],
    images: [
      {
        name: 'foundation-2',
        localFilePath: IMAGE_FILE,
        diskFormat: DiskFormat.RAW,
        checksum: `sha512:${digest('sha512', content)}`,
        minDiskGib: 1,
        hardware: { uefi: true },
      },
    ],
    volumeTypes: [
      {
        name: 'foundation-fast',
        description: changed ? 'faster' : 'fast',
        extraSpecs: { 'RESKEY:availability_zones': 'nova' },
        qos: changed ? { readIops: 900, writeIops: 600 } : { totalIops: 1000, totalBytesPerSecond: 100_000_000 },
      },
      { name: 'foundation-encrypted', encryption: { keySizeBits: changed ? 256 : 128 } },
    ],
    subnetPools: [
      {
        name: 'foundation-pool',
        prefixes: ['10.64.0.0/12', '10.112.0.0/12', ...(changed ? ['10.100.0.0/16'] : [])],
        addressScopeName: 'foundation-scope',
        quotaPerProject: changed ? 4096 : 1024,
      },
    ],
    projects: [
      {
        name: 'foundation',
        userName: 'foundation-user',
        // the random provider can't be had here
        userPassword: new TerraformVariable(stack, 'password', { sensitive: true, type: 'string' }).stringValue,
        roles: ['member', 'load-balancer_member', 'creator'],
        groups: { 'foundation-operators': { create: true, roles: changed ? ['reader', 'member'] : ['reader'] } },
        users: { neutron: ['reader'] },
        quota: {
          instances: changed ? 12 : 10,
          cores: 40,
          memoryMib: 81920,
          serverGroups: 5,
          volumes: 20,
          volumeGib: changed ? 600 : 500,
          snapshots: 10,
          networks: 2,
          subnets: 4,
          routers: 2,
          ports: changed ? 60 : 50,
          floatingIps: 3,
          securityGroups: 10,
          securityGroupRules: 200,
          loadBalancers: changed ? 5 : 4,
        },
        tags: ['strata'],
      },
    ],
    amphora: {
      image: {
        name: 'foundation-amphora',
        localFilePath: IMAGE_FILE,
        diskFormat: DiskFormat.RAW,
        checksum: `sha512:${digest('sha512', content)}`,
        tag: 'foundation-amphora', // not the one that the cloud's own Octavia looks for
      },
      flavor: NodeFlavor.of({ vcpus: 1, memoryMib: 1024, diskGib: 5, name: 'foundation-amphora' }),
    },
  });
  const project = foundation.projects.foundation;
  const image = new Image(stack, 'Image', {
    name: changed ? 'foundation-3' : 'foundation-1',
    localFilePath: IMAGE_FILE,
    diskFormat: DiskFormat.RAW,
    checksum: `sha256:${digest('sha256', content)}`,
    properties: { hw_disk_bus: changed ? 'virtio' : 'scsi' },
  });
  const projects = { foundation: project.projectId };
  new VolumeType(stack, 'PrivateType', { name: 'foundation-private', projects });
  new SubnetPool(stack, 'SharedPool', { name: 'foundation-shared', prefixes: ['10.200.0.0/16'], addressScopeName: 'foundation-shared', projects });
  const vlan = { physicalNetwork: 'physnet1', external: false, projects };
  new ProviderNetwork(stack, 'Vlan', { ...vlan, name: 'foundation-vlan', vlanId: 301, mtu: changed ? 1400 : 1450, cidr: '198.51.100.0/24' });
  const restricted = { physicalNetwork: 'physnet1', vlanId: 303, cidr: '198.51.100.0/24', dnsNameservers: changed ? ['203.0.113.53'] : [], projects };
  new ProviderNetwork(stack, 'Restricted', { ...restricted, name: 'foundation-restricted' });
  const { externalNetwork } = foundation;
  new NetworkingFloatingipV2(stack, 'FloatingIp', { pool: externalNetwork.networkName, dependsOn: externalNetwork.ready });

  for (const [name, value] of Object.entries({
    project: project.projectId,
    user: project.userId,
    flavor: foundation.flavors['strata-4c-8192m-40g'].flavorId,
    image: image.imageId,
    network: externalNetwork.networkId,
  })) {
    new TerraformOutput(stack, name, { value });
  }
}

/** What a plan from the one to the other does, by address without the hash at its end. Everything else stays as it is. */
const CHANGES: { readonly [address: string]: string } = {
  'openstack_compute_aggregate_v2.Foundation_Zone-foundation-az': 'update',
  'openstack_compute_flavor_v2.Foundation_Flavor-strata-4c-8192m-40g': 'update',
  'openstack_compute_flavor_v2.Foundation_Flavor-foundation-pinned': 'update',
  // another size is another flavor
  'openstack_compute_flavor_v2.Foundation_Flavor-strata-2c-4096m-20g': 'delete',
  'openstack_compute_flavor_access_v2.Foundation_Flavor-strata-2c-4096m-20g_Access-foundation': 'delete',
  'openstack_compute_flavor_v2.Foundation_Flavor-strata-2c-6144m-20g': 'create',
  'openstack_compute_flavor_access_v2.Foundation_Flavor-strata-2c-6144m-20g_Access-foundation': 'create',
  // new content is uploaded before the old one goes
  'terraform_data.Image_Content': 'replace',
  'openstack_images_image_v2.Image': 'create,delete',
  'terraform_data.Foundation_Image-foundation-2_Content': 'replace',
  'openstack_images_image_v2.Foundation_Image-foundation-2': 'create,delete',
  'terraform_data.Foundation_AmphoraImage_Content': 'replace',
  'openstack_images_image_v2.Foundation_AmphoraImage': 'create,delete',
  'openstack_blockstorage_volume_type_v3.Foundation_VolumeType-foundation-fast': 'update',
  'openstack_blockstorage_qos_v3.Foundation_VolumeType-foundation-fast_Qos': 'update',
  'terraform_data.Foundation_VolumeType-foundation-encrypted_Encryption': 'replace',
  'openstack_networking_subnet_v2.Foundation_ExternalNetwork_Subnet': 'update',
  'openstack_networking_subnetpool_v2.Foundation_SubnetPool-foundation-pool': 'update',
  'openstack_identity_role_assignment_v3.Foundation_Project-foundation_GroupAssignment-foundation-operators-member': 'create',
  'openstack_compute_quotaset_v2.Foundation_Project-foundation_ComputeQuota': 'update',
  'openstack_blockstorage_quotaset_v3.Foundation_Project-foundation_VolumeQuota': 'update',
  'openstack_networking_quota_v2.Foundation_Project-foundation_NetworkQuota': 'update',
  'openstack_lb_quota_v2.Foundation_Project-foundation_LoadBalancerQuota': 'update',
  'openstack_networking_network_v2.Vlan': 'update',
  'openstack_networking_subnet_v2.Restricted_Subnet': 'update',
};

export async function variables(_context: Context): Promise<{ [stack: string]: { [variable: string]: unknown } }> {
  return { foundation: { password: PASSWORD } };
}

/** The user can log in to the project, may what members may, and nothing more; everything is as it was asked for, and again after it was changed. */
export async function verify({ context, cloud, workspaces }: Applied): Promise<void> {
  const workspace = workspaces.foundation;
  const outputs = await workspace.outputs();
  expectSame('the user', await asTheUser(cloud), {
    project: outputs.project,
    user: outputs.user,
    cores: 40,
    flavors: ['foundation-pinned', 'strata-2c-4096m-20g', 'strata-4c-8192m-40g'],
    'networks of others': ['foundation-external', 'foundation-restricted', 'foundation-vlan'],
    'external ones': ['foundation-external', 'foundation-restricted'],
    pools: ['foundation-shared'],
    'volume types': ['foundation-encrypted', 'foundation-fast', 'foundation-private'],
    'rules of the default group': 0,
    'makes a flavor': 403,
    'lists projects': 403,
    'lists load balancers': 0,
  });
  expectSame('the cloud', await asTheAdministrator(cloud), {
    zone: ['compute-4', 'compute-5'],
    'has DHCP': [false, false],
    pinned: { 'hw:cpu_policy': 'dedicated', 'hw:cpu_thread_policy': 'isolate', 'hw:mem_page_size': '1048576' },
    'owner of the amphora image': 'service',
    encryption: ['luks', 'aes-xts-plain64', 128, 'front-end'],
    qos: { total_iops_sec: '1000', total_bytes_sec: '100000000' },
    roles: ['foundation-operators reader', 'neutron reader'],
    prefixes: ['10.112.0.0/12', '10.64.0.0/12'],
    images: ['foundation-1', 'foundation-2', 'foundation-amphora'].map((name) => [name, digest('md5', CONTENT)]),
  });
  const { flavors } = outputs.isolation;
  const pinned = flavors.find(({ flavor }: { readonly flavor: string }) => flavor === 'foundation-pinned');
  expectSame('the isolation report', [pinned.cpus, pinned.sharesThreadsWith, pinned.hosts], ['dedicated cores', [], ['compute-4', 'compute-5']]);

  await refusesOtherContent(workspace);
  await refusesToEncryptWhatIsUsed(cloud);
  await change(context, workspace);
  expectSame('the changed cloud', await asTheAdministrator(cloud), {
    zone: ['compute-5'],
    'has DHCP': [false, false],
    pinned: { 'hw:cpu_policy': 'dedicated', 'hw:cpu_thread_policy': 'require', 'hw:mem_page_size': '1048576' },
    'owner of the amphora image': 'service',
    encryption: ['luks', 'aes-xts-plain64', 256, 'front-end'],
    qos: { read_iops_sec: '900', write_iops_sec: '600' },
    roles: ['foundation-operators member', 'foundation-operators reader', 'neutron reader'],
    prefixes: ['10.100.0.0/16', '10.112.0.0/12', '10.64.0.0/12'],
    images: ['foundation-2', 'foundation-3', 'foundation-amphora'].map((name) => [name, digest('md5', NEW_CONTENT)]),
  });
}

async function asTheUser(cloud: Cloud): Promise<unknown> {
  return JSON.parse(
    await cloud.python(`
import openstack.exceptions
user = openstack.connect(auth_url=cloud.config.auth['auth_url'], username='foundation-user', password='${PASSWORD}', project_name='foundation',
                         user_domain_id='default', project_domain_id='default', region_name='RegionOne', identity_api_version=3)
def refused(work):
    try:
        work()
    except openstack.exceptions.HttpException as error:
        return error.status_code
    return 0
ours = lambda things: sorted(t.name for t in things if t.name.startswith(('foundation-', 'strata-')))
group = next(g for g in user.network.security_groups(project_id=user.current_project_id) if g.name == 'default')
print(json.dumps({
    'project': user.current_project_id, 'user': user.current_user_id, 'cores': user.compute.get_limits().absolute.total_cores,
    'flavors': ours(user.compute.flavors()), 'networks of others': ours(user.network.networks()), 'external ones': ours(user.network.networks(is_router_external=True)),
    'pools': ours(user.network.subnet_pools()), 'volume types': ours(user.block_storage.types()), 'rules of the default group': len(group.security_group_rules),
    'makes a flavor': refused(lambda: user.compute.create_flavor(name='x', ram=64, vcpus=1, disk=1)),
    'lists projects': refused(lambda: list(user.identity.projects())),
    'lists load balancers': refused(lambda: list(user.load_balancer.load_balancers())),
}))
`),
  );
}

async function asTheAdministrator(cloud: Cloud): Promise<unknown> {
  return JSON.parse(
    await cloud.python(`
cinder = lambda path: cloud.session.get(path, endpoint_filter={'service_type': 'block-storage', 'interface': 'public'}).json()
aggregate = next(a for a in cloud.compute.aggregates() if a.availability_zone == 'foundation-az')
network = cloud.network.find_network('foundation-external')
image = cloud.image.find_image('foundation-amphora')
encryption = cinder('/types/' + cloud.block_storage.find_type('foundation-encrypted').id + '/encryption')
project = cloud.identity.find_project('foundation')
names = {t.id: t.name for kind in (cloud.identity.users(), cloud.identity.groups(), cloud.identity.roles()) for t in kind}
roles = cloud.session.get('/role_assignments?scope.project.id=' + project.id, endpoint_filter={'service_type': 'identity', 'interface': 'public'}).json()['role_assignments']
print(json.dumps({
    'zone': sorted(aggregate.hosts), 'has DHCP': [s.is_dhcp_enabled for s in cloud.network.subnets(network_id=network.id)],
    'pinned': cloud.compute.find_flavor('foundation-pinned', get_extra_specs=True).extra_specs,
    'owner of the amphora image': cloud.identity.get_project(image.owner_id).name,
    'encryption': [encryption.get(k) for k in ('provider', 'cipher', 'key_size', 'control_location')],
    'qos': next(q['specs'] for q in cinder('/qos-specs')['qos_specs'] if q['name'] == 'foundation-fast'),
    'roles': sorted(names[(a.get('user') or a['group'])['id']] + ' ' + names[a['role']['id']] for a in roles if names[(a.get('user') or a['group'])['id']] != 'foundation-user'),
    'prefixes': sorted(cloud.network.find_subnet_pool('foundation-pool').prefixes),
    'images': sorted([i.name, i.checksum] for i in cloud.image.images() if i.name.startswith('foundation-')),
}))
`),
  );
}

function expectSame(what: string, found: unknown, expected: unknown): void {
  const text = (value: unknown): string =>
    JSON.stringify(value, (_, v) => (v?.constructor === Object ? Object.fromEntries(Object.entries(v).sort()) : v), 1);
  if (text(found) !== text(expected)) throw new Error(`${what} is\n${text(found)}\ninstead of\n${text(expected)}`);
}

/** Under the same checksum, another file is an error of the plan, and a right one that has gone is none. */
async function refusesOtherContent(workspace: Applied['workspaces'][string]): Promise<void> {
  try {
    fs.writeFileSync(IMAGE_FILE, 'something else\n');
    const plan = await workspace.exec('plan', '-no-color');
    if (plan.code === 0 || !/image foundation-1: the file is not what its\s+sha256\s+checksum\s+says/.test(plan.output)) {
      throw new Error(`a file of other content is accepted:\n${plan.output}`);
    }
    fs.rmSync(IMAGE_FILE);
    await workspace.expectNoChanges();
  } finally {
    fs.writeFileSync(IMAGE_FILE, CONTENT);
  }
}

/** Cinder encrypts no type that volumes have, and the step says so. */
async function refusesToEncryptWhatIsUsed(cloud: Cloud): Promise<void> {
  const said = await cloud.python(`
import os, subprocess
volume = cloud.block_storage.create_volume(size=1, name='foundation-used', volume_type='foundation-fast')
cloud.block_storage.wait_for_status(volume, 'available', failures=['error'], wait=60)
type = cloud.block_storage.find_type('foundation-fast').id
wanted = json.dumps({'provider': 'luks', 'cipher': 'aes-xts-plain64', 'key_size': 256, 'control_location': 'front-end'})
program = open(${JSON.stringify(path.join(LIB, 'core/openstack-client.cjs'))}).read() + open(${JSON.stringify(path.join(LIB, 'openstack/foundation/admin-step.cjs'))}).read()
environment = {**os.environ, 'STRATA_TASK': 'encrypt-volume-type', 'STRATA_TYPE': type, 'STRATA_ENCRYPTION': wanted}
said = subprocess.run(['node', '-e', program], env=environment, capture_output=True, text=True)
cloud.block_storage.delete_volume(volume)
cloud.block_storage.wait_for_delete(volume, wait=60)
print(said.returncode, said.stdout, said.stderr)
`);
  if (!/^1 /.test(said) || !/in use/i.test(said)) throw new Error(`a type that is used is encrypted: ${said}`);
}

/** Applies the changed program: its plan changes what it should, in the way that it should, and nothing else; the next one is empty. */
async function change(context: Context, workspace: Applied['workspaces'][string]): Promise<void> {
  const folder = path.join(context.folder, 'changed');
  fs.mkdirSync(folder);
  const [{ configuration }] = await synthesise(path.join(__dirname, 'foundation', 'changed.ts'), folder);
  const file = path.join(context.folder, 'foundation', 'cdk.tf.json');
  const { terraform } = JSON.parse(fs.readFileSync(file, 'utf8'));
  fs.writeFileSync(file, JSON.stringify({ ...configuration, terraform }));
  fs.writeFileSync(IMAGE_FILE, NEW_CONTENT);
  const plan = await workspace.exec('plan', '-no-color', '-out=changed.plan');
  if (plan.code !== 0) throw new Error(`the plan of the changes ended with ${plan.code}:\n${plan.output}`);
  const { resource_changes: changes } = JSON.parse((await workspace.exec('show', '-json', 'changed.plan')).stdout);
  const found = Object.fromEntries(
    changes
      .map((each: any) => [`${each.type}.${each.name.replace(/_[0-9A-F]{8}$/, '')}`, actionOf(each.type, each.change.actions)])
      .filter(([, actions]: [string, string]) => actions !== 'no-op' && actions !== 'read'),
  );
  expectSame('the plan of the changes', found, CHANGES);
  const applied = await workspace.exec('apply', '-no-color', 'changed.plan');
  if (applied.code !== 0) throw new Error(`the changes are not applied:\n${applied.output}`);
  await workspace.expectNoChanges();
}

/** In which order a step is replaced says nothing. */
function actionOf(type: string, actions: readonly string[]): string {
  return type === 'terraform_data' && actions.length === 2 ? 'replace' : actions.join(',');
}
