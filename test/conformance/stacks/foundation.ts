import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, TerraformOutput, TerraformStack, TerraformVariable } from 'cdktf';
import { NodeFlavor } from '../../../lib/contracts/node-flavor';
import { Flavor } from '../../../lib/openstack/foundation/flavor';
import { HostAggregate } from '../../../lib/openstack/foundation/host-aggregate';
import { DiskFormat, Image } from '../../../lib/openstack/foundation/image';
import { Project } from '../../../lib/openstack/foundation/project';
import { ProviderNetwork } from '../../../lib/openstack/foundation/provider-network';
import { NetworkingFloatingipV2 } from '../../../lib/providers/openstack/networking-floatingip-v2';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import type { Context } from '../harness/check';
import type { Cloud } from '../harness/cloud';
import type { Applied } from '../harness/stacks';

const PASSWORD = 'throw-away-Passw0rd';
const CONTENT = 'not really a disk, and nobody boots it\n';
const NEW_CONTENT = 'the next version of it\n';
const digest = (algorithm: string, content: string) => createHash(algorithm).update(content).digest('hex');
/** The same file in every process that synthesises: what is uploaded must be there when Terraform runs. */
const IMAGE_FILE = path.join(os.tmpdir(), 'strata-foundation-image.raw');

/** What an administrator lays under a platform: flavors, an image, the external network, a project with its user. */
export function build(app: App): void {
  const stack = new TerraformStack(app, 'foundation');
  new OpenstackProvider(stack, 'OpenStack');
  fs.writeFileSync(IMAGE_FILE, CONTENT);

  const project = new Project(stack, 'Project', {
    name: 'foundation',
    userName: 'foundation-user',
    // the random provider can't be had here
    userPassword: new TerraformVariable(stack, 'password', { sensitive: true, type: 'string' }).stringValue,
    roles: ['member', 'load-balancer_member', 'creator'],
    quota: {
      instances: 10,
      cores: 40,
      memoryMib: 81920,
      serverGroups: 5,
      volumes: 20,
      volumeGib: 500,
      snapshots: 10,
      networks: 2,
      subnets: 4,
      routers: 2,
      ports: 50,
      floatingIps: 3,
      securityGroups: 10,
      securityGroupRules: 200,
      loadBalancers: 4,
    },
    tags: ['strata'],
  });
  const flavor = new Flavor(stack, 'Flavor', {
    size: NodeFlavor.of({ vcpus: 4, memoryMib: 8192, diskGib: 40 }),
    extraSpecs: { 'hw:cpu_policy': 'shared' },
  });
  new Flavor(stack, 'PrivateFlavor', {
    size: NodeFlavor.of({ vcpus: 2, memoryMib: 4096, diskGib: 20 }),
    projects: { foundation: project.projectId },
  });
  const file = new Image(stack, 'Image', {
    name: 'foundation-1',
    localFilePath: IMAGE_FILE,
    diskFormat: DiskFormat.RAW,
    checksum: `sha256:${digest('sha256', CONTENT)}`,
    properties: { hw_disk_bus: 'scsi', hw_scsi_model: 'virtio-scsi' },
  });
  new Image(stack, 'ImageByGlanceHash', {
    name: 'foundation-2',
    localFilePath: IMAGE_FILE,
    diskFormat: DiskFormat.RAW,
    checksum: `sha512:${digest('sha512', CONTENT)}`,
    minDiskGib: 1,
  });
  const network = new ProviderNetwork(stack, 'External', {
    name: 'foundation-external',
    physicalNetwork: 'physnet1',
    cidr: '203.0.113.0/24',
    allocationPools: [{ start: '203.0.113.50', end: '203.0.113.200' }],
  });
  new NetworkingFloatingipV2(stack, 'FloatingIp', { pool: network.networkName, dependsOn: network.ready });
  new HostAggregate(stack, 'Zone', { name: 'foundation-zone', zone: 'foundation-az', hosts: ['compute-5'] });

  for (const [name, value] of Object.entries({
    project: project.projectId,
    user: project.userId,
    flavor: flavor.flavorId,
    image: file.imageId,
    network: network.networkId,
  })) {
    new TerraformOutput(stack, name, { value });
  }
}

export async function variables(_context: Context): Promise<{ [stack: string]: { [variable: string]: unknown } }> {
  return { foundation: { password: PASSWORD } };
}

/** The user can log in to the project, may what members may, and nothing more. */
export async function verify({ context, cloud, workspaces }: Applied): Promise<void> {
  const outputs = await workspaces.foundation.outputs();
  const said = JSON.parse(
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
limits = user.compute.get_limits()
network = user.network.find_network('foundation-external')
print(json.dumps({
    'project': user.current_project_id, 'user': user.current_user_id, 'cores': limits.absolute.total_cores,
    'flavors': sorted(f.name for f in user.compute.flavors()), 'network': network.id, 'external': network.is_router_external,
    'dhcp': [s.is_dhcp_enabled for s in cloud.network.subnets(network_id=network.id)],
    'makes a flavor': refused(lambda: user.compute.create_flavor(name='x', ram=64, vcpus=1, disk=1)),
    'lists projects': refused(lambda: list(user.identity.projects())),
    'lists load balancers': refused(lambda: list(user.load_balancer.load_balancers())),
    'zones': sorted(z.name for z in cloud.compute.availability_zones()),
}))
`),
  );
  const expected = {
    project: outputs.project,
    user: outputs.user,
    cores: 40,
    network: outputs.network,
    external: true,
    dhcp: [false],
    'makes a flavor': 403,
    'lists projects': 403,
    'lists load balancers': 0,
  };
  for (const [name, value] of Object.entries(expected)) {
    if (JSON.stringify(said[name]) !== JSON.stringify(value)) {
      throw new Error(`${name}: ${JSON.stringify(said[name])} instead of ${JSON.stringify(value)}`);
    }
  }
  if (!said.flavors.includes('strata-4c-8192m-40g') || !said.flavors.includes('strata-2c-4096m-20g')) {
    throw new Error(`the user sees the flavors ${said.flavors}`);
  }
  if (!said.zones.includes('foundation-az')) throw new Error(`zones are ${said.zones}`);
  await refusesOtherContent(workspaces.foundation);
  await uploadsNewContent(context, cloud, workspaces.foundation);
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

/** New content is uploaded: under a new name, and where only the checksum is another. */
async function uploadsNewContent(context: Context, cloud: Cloud, workspace: Applied['workspaces'][string]): Promise<void> {
  const configuration = path.join(context.folder, 'foundation', 'cdk.tf.json');
  const changes = [['foundation-1', 'foundation-3'], ...['sha256', 'sha512'].map((name) => [digest(name, CONTENT), digest(name, NEW_CONTENT)])];
  const changed = changes.reduce((text, [from, to]) => text.replaceAll(from, to), fs.readFileSync(configuration, 'utf8'));
  fs.writeFileSync(configuration, changed);
  fs.writeFileSync(IMAGE_FILE, NEW_CONTENT);
  await workspace.apply();
  await workspace.expectNoChanges();
  const images = JSON.parse(
    await cloud.python(`print(json.dumps(sorted([i.name, i.checksum] for i in cloud.image.images() if i.name.startswith('foundation-'))))`),
  );
  const expected = ['foundation-2', 'foundation-3'].map((name) => [name, digest('md5', NEW_CONTENT)]);
  if (JSON.stringify(images) !== JSON.stringify(expected)) throw new Error(`images with new content are ${JSON.stringify(images)}`);
}
