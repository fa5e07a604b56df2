/** The Nova layer: everything that it makes, on a flavor, an image and an external network of its own; then what an apply may and may not replace. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, TerraformOutput, TerraformStack, TerraformVariable } from 'cdktf';
import { Cni } from '../../../lib/contracts/cni';
import { NodeFlavor } from '../../../lib/contracts/node-flavor';
import { NodeImage } from '../../../lib/contracts/node-image';
import { LoadBalancerProvider } from '../../../lib/contracts/openstack-cloud';
import { TemplateText } from '../../../lib/core/template-text';
import { ApiLoadBalancer } from '../../../lib/nova/api-load-balancer';
import { ClusterNetwork } from '../../../lib/nova/cluster-network';
import { DataVolume } from '../../../lib/nova/data-volume';
import { NodeSecurityGroups } from '../../../lib/nova/node-security-groups';
import { NovaServer } from '../../../lib/nova/nova-server';
import { ServerGroup } from '../../../lib/nova/server-group';
import { ServerGroupPolicy } from '../../../lib/nova/server-group-policy';
import { ServerPool } from '../../../lib/nova/server-pool';
import { ServerPort } from '../../../lib/nova/server-port';
import { OpenStackCloud } from '../../../lib/openstack/openstack-cloud';
import { ComputeFlavorV2 } from '../../../lib/providers/openstack/compute-flavor-v2';
import { ImagesImageV2 } from '../../../lib/providers/openstack/images-image-v2';
import { NetworkingNetworkV2 } from '../../../lib/providers/openstack/networking-network-v2';
import { NetworkingSubnetV2 } from '../../../lib/providers/openstack/networking-subnet-v2';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import { type Applied, synthesise } from '../harness/stacks';
import { Workspace } from '../harness/terraform';

/** What is changed between two syntheses of the same program, as its user would edit it. */
interface Edit {
  readonly image?: string;
  readonly userData?: string;
  readonly generation?: number;
}

const EDIT = 'STRATA_CONFORMANCE_NOVA';
const CLUSTER = 'nova-cluster';

export function build(app: App): void {
  const edit: Edit = JSON.parse(process.env[EDIT] ?? '{}');
  const [below, cluster, adopted] = ['nova-cloud', CLUSTER, 'nova-adopted'].map((name) => {
    const stack = new TerraformStack(app, name);
    new OpenstackProvider(stack, 'OpenStack');
    return stack;
  });
  cluster.addDependency(below);
  adopted.addDependency(cluster);

  new ComputeFlavorV2(below, 'Flavor', { name: 'nova-node', vcpus: 1, ram: 512, disk: 1, isPublic: true });
  for (const name of ['nova-image-1', 'nova-image-2']) {
    fs.writeFileSync(name, Buffer.alloc(1024 * 1024, name));
    new ImagesImageV2(below, name, { name, localFilePath: path.resolve(name), containerFormat: 'bare', diskFormat: 'raw', visibility: 'public' });
  }
  const external = new NetworkingNetworkV2(below, 'External', {
    name: 'nova-external',
    external: true,
    segments: [{ networkType: 'vlan', physicalNetwork: 'physnet1', segmentationId: 150 }],
  });
  new NetworkingSubnetV2(below, 'ExternalSubnet', { networkId: external.id, cidr: '203.0.113.0/24', ipVersion: 4, enableDhcp: false });

  const cloudOf = (stack: TerraformStack, loadBalancerProvider: LoadBalancerProvider) =>
    OpenStackCloud.fromCloudAttributes(stack, 'Cloud', {
      authUrl: 'http://127.0.0.1:5000/v3',
      region: 'RegionOne',
      externalNetworkName: 'nova-external',
      zones: [{ compute: 'nova', volume: 'nova' }],
      loadBalancerProvider,
      tenantNetworkMtu: 1442,
    });
  const cloud = cloudOf(cluster, LoadBalancerProvider.AMPHORA);
  const tags = ['conformance'];
  const network = new ClusterNetwork(cluster, 'Network', { cloud, name: 'nova', tags, reservedAddresses: 20, dnsNameservers: ['9.9.9.9'] });
  const rules = { network, cni: Cni.cilium(), apiAllowedCidrs: ['198.51.100.0/24'], publicServiceCidrs: ['0.0.0.0/0'], tags };
  const groups = new NodeSecurityGroups(cluster, 'Security', { ...rules, name: 'nova', loadBalancerProvider: cloud.loadBalancerProvider });
  // The lab has no OVN; what its clients need of the nodes' groups can be made all the same.
  new NodeSecurityGroups(cluster, 'OvnSecurity', {
    ...rules,
    name: 'nova-ovn',
    cni: Cni.calico(),
    loadBalancerProvider: LoadBalancerProvider.OVN,
    sshAllowedCidrs: ['10.99.0.5/32'],
    controlPlaneMetrics: true,
  });

  const node = { flavor: NodeFlavor.named('nova-node'), image: NodeImage.byName(edit.image ?? 'nova-image-1') };
  const filler = new TerraformVariable(cluster, 'filler', { type: 'string', default: 'x', sensitive: true });
  filler.overrideLogicalId('filler');
  const userData = new TemplateText(cluster, 'UserData', { parts: [edit.userData ?? '#cloud-config\n', '# ', filler.stringValue, ' ${not} %{a}\n'] });
  const controlPlanePort = new ServerPort(cluster, 'ControlPlanePort', {
    name: 'nova-cp-0',
    network,
    securityGroupIds: [groups.controlPlaneGroupId],
    fixedAddress: '10.20.0.5',
    tags: [...tags, 'generation=1'],
  });
  const controlPlane = new NovaServer(cluster, 'ControlPlane', {
    ...node,
    name: 'nova-cp-0',
    port: controlPlanePort,
    zone: cloud.zones[0],
    userData: userData.base64,
    serverGroup: new ServerGroup(cluster, 'ControlPlanes', { name: 'nova-cp', policy: ServerGroupPolicy.ANTI_AFFINITY }),
    rootVolume: { sizeGib: 2 },
    dataVolumes: [new DataVolume(cluster, 'Etcd', { name: 'nova-etcd-0', sizeGib: 1, availabilityZone: 'nova', metadata: { cluster: 'nova' } })],
    metadata: { cluster: 'nova' },
    tags,
    configDrive: true,
  });
  const pool = new ServerPool(cluster, 'Workers', {
    ...node,
    name: 'nova-worker',
    replicas: 2,
    network,
    zones: cloud.zones,
    securityGroupIds: [groups.workerGroupId],
    userData: userData.base64Gzip,
    generation: edit.generation,
    metadata: { cluster: 'nova' },
    tags,
  });
  const balancer = new ApiLoadBalancer(cluster, 'Api', {
    cloud,
    name: 'nova-api',
    network,
    memberPorts: [controlPlanePort],
    floatingIp: true,
    allowedCidrs: ['9.0.0.0/8', '198.51.100.0/24'],
    tags,
  });
  const outputs = {
    vip: balancer.vipAddress,
    public: balancer.publicAddress,
    router: network.routerExternalAddress,
    listener: balancer.listener.id,
    control_plane: controlPlane.serverId,
    workers: pool.servers.map((server) => server.serverId),
    groups: [groups.controlPlaneGroupId, groups.workerGroupId],
  };
  for (const [name, value] of Object.entries(outputs)) new TerraformOutput(cluster, name, { value, staticId: true });

  const shared = ClusterNetwork.fromNetworkAttributes(adopted, 'Network', {
    cloud: cloudOf(adopted, LoadBalancerProvider.AMPHORA),
    networkName: 'nova',
    cidr: '10.20.0.0/16',
  });
  const ownGroups = new NodeSecurityGroups(adopted, 'Security', {
    name: 'nova-second',
    network: shared,
    cni: Cni.calico(),
    loadBalancerProvider: LoadBalancerProvider.AMPHORA,
  });
  new ServerPool(adopted, 'Workers', {
    ...node,
    name: 'nova-second',
    replicas: 1,
    network: shared,
    zones: cloud.zones,
    securityGroupIds: [ownGroups.workerGroupId],
    userData: '#cloud-config\n',
    rootVolume: { sizeGib: 2 },
  });
}

export async function verify(applied: Applied): Promise<void> {
  const { cloud, workspaces } = applied;
  const first = await workspaces[CLUSTER].outputs();
  const seen = JSON.parse(
    await cloud.python(`
ids = json.loads(${JSON.stringify(JSON.stringify(first))})
servers = {s.name: s for s in cloud.compute.servers()}
rules = [r for g in ids['groups'] for r in cloud.network.security_group_rules(security_group_id=g)]
print(json.dumps({
  'allowed': cloud.load_balancer.get_listener(ids['listener']).allowed_cidrs,
  'addresses': [a['addr'] for a in servers['nova-cp-0'].addresses['nova']],
  'volumes': len(servers['nova-cp-0'].attached_volumes),
  'open': [[r.protocol, r.port_range_min] for r in rules if r.direction == 'ingress' and not r.remote_group_id and r.remote_ip_prefix in (None, '0.0.0.0/0', '::/0')],
  'egress': len([r for r in rules if r.direction == 'egress']),
  'groups': [g['name'] for p in cloud.network.ports(name='nova-worker-0') for g in [cloud.network.get_security_group(i).to_dict() for i in p.security_group_ids]],
}))`),
  );
  expectEqual('access list of the API', seen.allowed, ['10.20.0.0/16', '198.51.100.0/24', `${first.router}/32`, '9.0.0.0/8'].sort());
  expectEqual('address of the control plane', seen.addresses, ['10.20.0.5']);
  expectEqual('volumes of the control plane', seen.volumes, 2);
  expectEqual('what amphora groups let in from everywhere', seen.open, []);
  expectEqual('egress rules of two groups', seen.egress, 4);
  expectEqual('groups of a worker', seen.groups, ['nova-worker']);

  // A new image and new user data are planned for nobody.
  const edit: Edit = { image: 'nova-image-2', userData: '#cloud-config\n# new\n' };
  await (await edited(applied, edit)).expectNoChanges();

  // User data over Nova's limit never gets as far as Nova.
  const tooLong = await workspaces[CLUSTER].exec('plan', '-no-color', '-var', `filler=${'y'.repeat(50_000)}`);
  if (tooLong.code === 0 || !/userData is longer than 65535 characters of base64/.test(tooLong.output.replace(/[│\s]+/g, ' '))) {
    throw new Error(`user data of 50,000 characters was not refused by the plan:\n${tooLong.output.slice(-2000)}`);
  }

  // A raised generation replaces the pool's servers, and nothing else.
  const raised = await edited(applied, { ...edit, generation: 2 });
  await raised.apply();
  await raised.expectNoChanges();
  const second = await raised.outputs();
  expectEqual('control plane after the roll of the workers', second.control_plane, first.control_plane);
  if (second.workers.some((id: string) => first.workers.includes(id))) throw new Error('a worker was not replaced by the raised generation');
  const names = await cloud.python("print(json.dumps(sorted(s.name for s in cloud.compute.servers() if s.name.startswith('nova-worker'))))");
  expectEqual('workers after the roll', JSON.parse(names), ['nova-worker-0-g2', 'nova-worker-1-g2']);
}

/** The cluster's workspace with the program edited and synthesised again. */
async function edited({ context, cloud }: Applied, edit: Edit): Promise<Workspace> {
  process.env[EDIT] = JSON.stringify(edit);
  try {
    const stacks = await synthesise(__filename, context.folder);
    const { configuration } = stacks.find(({ name }) => name === CLUSTER)!;
    return new Workspace(context, { folder: path.join(context.folder, CLUSTER), configuration, environment: cloud.environment });
  } finally {
    delete process.env[EDIT];
  }
}

function expectEqual(what: string, actual: unknown, expected: unknown): void {
  const [is, should] = [actual, expected].map((value) => JSON.stringify(value));
  if (is !== should) throw new Error(`${what}: expected ${should}, found ${is}`);
}
