/** Kuryr's OpenStack side beside a network of nodes, on which a trunk stands for a node; then what Kuryr's controller would do to it, and a sweep. */
import * as path from 'node:path';
import { App, TerraformOutput, TerraformStack } from 'cdktf';
import { Cni } from '../../../lib/contracts/cni';
import { LoadBalancerProvider } from '../../../lib/contracts/openstack-cloud';
import { KubernetesVersion } from '../../../lib/core/kubernetes-version';
import { openstackProgram } from '../../../lib/core/openstack-program';
import { EncryptionKey } from '../../../lib/kubernetes/addons/barbican-kms/encryption-key';
import { KuryrNetworking } from '../../../lib/kubernetes/addons/kuryr/kuryr-networking';
import { KubernetesCluster } from '../../../lib/kubernetes/kubernetes-cluster';
import { ClusterNetwork } from '../../../lib/nova/cluster-network';
import { ServerPort } from '../../../lib/nova/server-port';
import { OpenStackCloud } from '../../../lib/openstack/openstack-cloud';
import { NetworkingNetworkV2 } from '../../../lib/providers/openstack/networking-network-v2';
import { NetworkingSecgroupV2 } from '../../../lib/providers/openstack/networking-secgroup-v2';
import { NetworkingSubnetV2 } from '../../../lib/providers/openstack/networking-subnet-v2';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import { run } from '../harness/process';
import type { Applied } from '../harness/stacks';

const STACK = 'kuryr';

export function build(app: App): void {
  const stack = new TerraformStack(app, STACK);
  new OpenstackProvider(stack, 'OpenStack');
  const external = new NetworkingNetworkV2(stack, 'External', {
    name: 'kuryr-external',
    external: true,
    segments: [{ networkType: 'vlan', physicalNetwork: 'physnet1', segmentationId: 170 }],
  });
  const externalSubnet = new NetworkingSubnetV2(stack, 'ExternalSubnet', {
    networkId: external.id,
    cidr: '203.0.113.0/24',
    ipVersion: 4,
    enableDhcp: false,
  });
  const cloud = OpenStackCloud.fromCloudAttributes(stack, 'Cloud', {
    authUrl: 'http://127.0.0.1:5000/v3',
    region: 'RegionOne',
    externalNetworkName: external.name,
    zones: [{ compute: 'nova', volume: 'nova' }],
    loadBalancerProvider: LoadBalancerProvider.AMPHORA,
    tenantNetworkMtu: 1450, // the lab's own, which networks that Kuryr makes will have
  });
  const network = new ClusterNetwork(stack, 'Network', { cloud, name: 'kuryr-nodes', dependsOn: [externalSubnet] });
  const group = new NetworkingSecgroupV2(stack, 'NodeGroup', { name: 'kuryr-nodes', deleteDefaultRules: true });
  const node = new ServerPort(stack, 'Node', { name: 'kuryr-node', network, securityGroupIds: [group.id], trunk: true });
  const cluster = KubernetesCluster.fromKubeconfig(stack, 'Cluster', {
    clusterName: 'conformance',
    version: KubernetesVersion.V1_36,
    host: 'https://10.20.0.5:6443',
    clusterCaCertificate: 'none',
    clientCertificate: 'none',
    clientKey: '',
    cni: Cni.kuryr({ acknowledgeRetired: true, controllerImage: 'registry.example.com/controller:1', cniImage: 'registry.example.com/cni:1' }),
    podCidr: '10.244.0.0/16',
    serviceCidr: '10.96.0.0/16',
    podMtu: 1450,
    openstack: {
      cloud,
      credential: { applicationCredentialId: '', applicationCredentialSecret: '' },
      externalNetworkId: network.externalNetworkId,
      networkId: network.networkId,
      subnetId: network.subnetId,
      routerId: network.routerId,
    },
  });
  const kuryr = new KuryrNetworking(stack, 'Kuryr', {
    cluster,
    apiServerAddresses: ['10.20.0.11', '10.20.0.12'],
    capacity: { pods: 20, services: 5, namespaces: 5 },
  });
  const key = new EncryptionKey(stack, 'Key', { name: 'conformance-secrets' });
  const outputs = {
    pool: kuryr.subnetPoolId,
    service_subnet: kuryr.serviceSubnetId,
    group: kuryr.podSecurityGroupId,
    balancer: kuryr.loadBalancer.id,
    router: network.routerId,
    trunk: node.trunk!.id,
    key: key.keyId,
    external: external.id,
    project: kuryr.projectId,
  };
  for (const [name, value] of Object.entries(outputs)) new TerraformOutput(stack, name, { value, staticId: true });
}

export async function verify({ context, cloud, workspaces }: Applied): Promise<void> {
  const ids = await workspaces[STACK].outputs();
  const literal = JSON.stringify(JSON.stringify(ids));
  const seen = JSON.parse(
    await cloud.python(`
ids = json.loads(${literal})
balancer = cloud.load_balancer.get_load_balancer(ids['balancer'])
listeners = list(cloud.load_balancer.listeners(load_balancer_id=balancer.id))
pool = next(p for p in cloud.load_balancer.pools(loadbalancer_id=balancer.id))
rules = [r for r in cloud.network.security_group_rules(security_group_id=ids['group'])]
key = cloud.session.get('/v1/secrets/' + ids['key'], endpoint_filter={'service_type': 'key-manager', 'interface': 'public'}).json()
print(json.dumps({
  'vip': balancer.vip_address,
  'listener': [[l.protocol, l.protocol_port] for l in listeners],
  'members': sorted([m.address, m.protocol_port] for m in cloud.load_balancer.members(pool.id)),
  'gateway': cloud.network.get_subnet(ids['service_subnet']).gateway_ip,
  'admitted': sorted(r.remote_ip_prefix for r in rules if r.direction == 'ingress'),
  'key': [key['algorithm'], key['bit_length'], key['mode'], key['status']],
}))`),
  );
  const expected = {
    vip: '10.96.0.1',
    listener: [['TCP', 443]],
    members: [
      ['10.20.0.11', 6443],
      ['10.20.0.12', 6443],
    ],
    gateway: '10.97.255.254',
    admitted: ['10.20.0.0/16', '10.244.0.0/16', '10.96.0.0/15'],
    key: ['aes', 256, 'cbc', 'ACTIVE'],
  };
  if (JSON.stringify(seen) !== JSON.stringify(expected)) throw new Error(`expected ${JSON.stringify(expected)}, found ${JSON.stringify(seen)}`);

  // What the controller made is found by its tag, whoever sweeps: all of it goes, nothing of another cluster, and nothing of Terraform's.
  await makeLeftovers(cloud, literal);
  const other = await cloud.python(`
network = cloud.network.create_network(name='ns/other-net')
cloud.network.set_tags(network, ['kuryr=conformance-eu'])
port = cloud.network.create_port(network_id=network.id, name='other/pod')
cloud.network.set_tags(port, ['kuryr=conformance-eu'])
print(json.dumps([network.id, port.id]))`);
  const removeOther = () => cloud.python(`n, p = ${other}\ncloud.network.delete_port(p)\ncloud.network.delete_network(n)`);
  context.defer(async () => void (await removeOther()));
  await workspaces[STACK].expectNoChanges();
  const { stdout } = await run('node', ['-e', openstackProgram(path.join(__dirname, '..', '..', '..', 'lib', 'kubernetes', 'sweep-cluster.cjs'))], {
    env: {
      ...cloud.environment,
      STRATA_MODE: 'sweep',
      STRATA_CLUSTER: 'conformance',
      STRATA_PROJECT: String(ids.project),
      STRATA_KURYR: 'only',
      STRATA_TIMEOUT: '120',
    },
  });
  const removed = stdout.match(/removed: .*/g) ?? [];
  const kinds = ['floating IP', 'load balancer', 'port', 'interface of the router', 'network', 'security group'];
  const forgotten = kinds.filter((kind) => !removed.some((line) => line.startsWith(`removed: ${kind} `)));
  if (forgotten.length > 0 || removed.length !== kinds.length) throw new Error(`swept:\n${stdout}`);
  const kept = await cloud.python(`n, p = ${other}\nprint(cloud.network.get_network(n).name, cloud.network.get_port(p).name)`);
  if (kept !== 'ns/other-net other/pod') throw new Error(`of the other cluster there is ${kept}`);
  await workspaces[STACK].expectNoChanges();
  context.log(`swept ${removed.length} things`);

  // and once more, for the destroy to find
  await makeLeftovers(cloud, literal);
  await removeOther();

  // The key has no resource of its own: it stays when the order is destroyed, as it must for the sake of backups.
  await cloud.python(`cloud.key_manager.delete_secret(json.loads(${literal})['key'])`);
}

/** As Kuryr's controller does for a namespace with a pod and a Service that has a public address: nothing of it is Terraform's, all of it has the tag. */
async function makeLeftovers(cloud: Applied['cloud'], ids: string): Promise<void> {
  await cloud.python(`
ids = json.loads(${ids})
def tagged(thing):
    cloud.network.set_tags(thing, ['kuryr=conformance'])
    return thing
network = tagged(cloud.network.create_network(name='ns/default-net'))
subnet = tagged(cloud.network.create_subnet(network_id=network.id, name='ns/default-subnet', subnet_pool_id=ids['pool'], ip_version=4, enable_dhcp=False))
cloud.network.add_interface_to_router(ids['router'], subnet_id=subnet.id)
port = tagged(cloud.network.create_port(network_id=network.id, name='default/pod', security_group_ids=[ids['group']]))
cloud.network.add_trunk_subports(ids['trunk'], [{'port_id': port.id, 'segmentation_type': 'vlan', 'segmentation_id': 101}])
tagged(cloud.network.create_security_group(name='sg-policy'))
balancer = cloud.load_balancer.create_load_balancer(name='default/web', vip_subnet_id=ids['service_subnet'], tags=['kuryr=conformance'])
balancer = cloud.load_balancer.wait_for_load_balancer(balancer.id, interval=1)
cloud.network.create_ip(floating_network_id=ids['external'], port_id=balancer.vip_port_id)`);
}
