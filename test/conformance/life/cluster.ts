/** What a cluster's life on the lab is lived with: the cloud's own things, a cluster of three control planes and two workers, and two small ones. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, TerraformOutput, TerraformStack } from 'cdktf';
import { Cni } from '../../../lib/contracts/cni';
import { NodeFlavor } from '../../../lib/contracts/node-flavor';
import { NodeImage } from '../../../lib/contracts/node-image';
import { IOpenStackCloud, LoadBalancerProvider } from '../../../lib/contracts/openstack-cloud';
import { KubernetesVersion } from '../../../lib/core/kubernetes-version';
import { ApiEndpoint } from '../../../lib/kubernetes/api-endpoint';
import { ClusterPki } from '../../../lib/kubernetes/cluster-pki';
import { K8sOnNova, K8sOnNovaProps } from '../../../lib/kubernetes/k8s-on-nova';
import { ReadyGate } from '../../../lib/kubernetes/ready-gate';
import { WorkerDrain } from '../../../lib/kubernetes/worker-drain';
import { ClusterNetwork } from '../../../lib/nova/cluster-network';
import { ComputeAggregateV2 } from '../../../lib/providers/openstack/compute-aggregate-v2';
import { ComputeFlavorV2 } from '../../../lib/providers/openstack/compute-flavor-v2';
import { ComputeKeypairV2 } from '../../../lib/providers/openstack/compute-keypair-v2';
import { ImagesImageV2 } from '../../../lib/providers/openstack/images-image-v2';
import { NetworkingNetworkV2 } from '../../../lib/providers/openstack/networking-network-v2';
import { NetworkingSubnetV2 } from '../../../lib/providers/openstack/networking-subnet-v2';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import type { Cloud } from '../harness/cloud';

/** Environment variable with the kubeconfig file of the check, for the process that synthesises. */
export const KUBECONFIG = 'STRATA_CONFORMANCE_LIFE_KUBECONFIG';

/** Environment variable that leaves out of the cluster whatever only asks or waits for it. */
export const BARE = 'STRATA_CONFORMANCE_LIFE_BARE';

export const NAME = 'prod';
/** The small clusters on one network. The first cluster's name is the beginning of theirs. */
export const SMALL = ['prod-eu', 'prod-eu-2'] as const;

/** Curl takes every name under `localhost` for loopback: the API server of the check answers there, with the cluster's own CA. */
export const API_NAME = 'api.localhost';

const flavor = NodeFlavor.named('strata-life-node');

/** What the cluster is like when it is made. */
export const AT_BIRTH = {
  clusterName: NAME,
  version: KubernetesVersion.V1_35,
  nodeImage: NodeImage.byName('strata-life-node'),
  controlPlane: { replicas: 3, flavor, etcdVolume: { sizeGib: 1 }, zones: ['nova'] },
  workerPools: [{ name: 'general', replicas: 2, flavor, zones: ['nova'], labels: { tier: 'general' } }],
  cni: Cni.cilium(),
  api: ApiEndpoint.octavia({ floatingIp: true, allowedCidrs: ['198.51.100.0/24'], dnsName: API_NAME }),
  pki: ClusterPki.fromVariables(),
  readyGate: ReadyGate.enabled({ timeoutSeconds: 120 }),
  drain: WorkerDrain.enabled({ readyTimeoutSeconds: 120, drainTimeoutSeconds: 60 }),
};

/** What is changed about the cluster, or about the cloud below it. */
export type Changes = Partial<K8sOnNovaProps> & {
  readonly below?: Partial<IOpenStackCloud>;
  /** Ids of another network with the same range. */
  readonly otherNetwork?: { readonly networkId: string; readonly subnetId: string };
};

/** The stack of the cluster, with whatever is changed about it. */
export function clusterStack(app: App, name: string, { below, otherNetwork, ...changes }: Changes = {}): TerraformStack {
  const stack = new TerraformStack(app, name);
  new OpenstackProvider(stack, 'OpenStack', { cloud: 'lab' });
  const bare = process.env[BARE] ? { readyGate: ReadyGate.disabled(), drain: WorkerDrain.disabled() } : {};
  const cloud = labOf(stack, below);
  const network = otherNetwork && ClusterNetwork.fromNetworkAttributes(stack, 'Other', { ...otherNetwork, cidr: '10.20.0.0/16', cloud });
  const k8s = new K8sOnNova(stack, 'K8s', { cloud, network, kubeconfigPath: process.env[KUBECONFIG], ...AT_BIRTH, ...bare, ...changes });
  new TerraformOutput(stack, 'host', { value: k8s.kubeconfig.host });
  new TerraformOutput(stack, 'credential', { value: k8s.openstack?.credential.applicationCredentialId });
  return stack;
}

/** The lab as a cluster sees it. Its second zone has a hypervisor of its own. */
export function labOf(stack: TerraformStack, changes: Partial<IOpenStackCloud> = {}): IOpenStackCloud {
  return {
    node: stack.node,
    authUrl: 'http://127.0.0.1:5000/v3',
    region: 'RegionOne',
    externalNetworkName: 'strata-life-public',
    zones: ['nova', 'strata-life-b'].map((compute) => ({ compute, volume: 'nova' })),
    loadBalancerProvider: LoadBalancerProvider.AMPHORA,
    tenantNetworkMtu: 1450,
    computeHostCount: 4,
    ready: [],
    ...changes,
  };
}

/** What the cloud's operator made. */
export function foundation(app: App): TerraformStack {
  const stack = new TerraformStack(app, 'foundation');
  new OpenstackProvider(stack, 'OpenStack', {});
  const external = new NetworkingNetworkV2(stack, 'External', {
    name: 'strata-life-public',
    external: true,
    adminStateUp: true,
    segments: [{ networkType: 'flat', physicalNetwork: 'physnet1' }],
  });
  const range = new NetworkingSubnetV2(stack, 'ExternalSubnet', { networkId: external.id, cidr: '203.0.113.0/24', enableDhcp: false });
  new ComputeFlavorV2(stack, 'Flavor', { name: 'strata-life-node', vcpus: 2, ram: 2048, disk: 2, isPublic: true });
  new ComputeFlavorV2(stack, 'LargeFlavor', { name: 'strata-life-large', vcpus: 4, ram: 4096, disk: 2, isPublic: true });
  const image = path.join(process.cwd(), 'node.img');
  fs.writeFileSync(image, 'no machine boots from this');
  for (const name of ['strata-life-node', 'strata-life-node-2']) {
    new ImagesImageV2(stack, name, { name, localFilePath: image, containerFormat: 'bare', diskFormat: 'raw' });
  }
  new ComputeAggregateV2(stack, 'Zone', { name: 'strata-life-b', zone: 'strata-life-b', hosts: ['compute-5'] });
  new ComputeKeypairV2(stack, 'KeyPair', { name: 'strata-life' });
  new ClusterNetwork(stack, 'Shared', { cloud: labOf(stack), name: 'strata-life-shared', cidr: '10.30.0.0/16', dependsOn: [range] });
  return stack;
}

/** A cluster of one control plane and no worker on the foundation's network, which other clusters are on, too. */
export function smallStack(app: App, name: string): TerraformStack {
  const stack = new TerraformStack(app, name);
  new OpenstackProvider(stack, 'OpenStack', { cloud: 'lab' });
  const cloud = labOf(stack);
  new K8sOnNova(stack, 'K8s', {
    ...AT_BIRTH,
    cloud,
    clusterName: name,
    controlPlane: { ...AT_BIRTH.controlPlane, replicas: 1 },
    workerPools: [],
    api: ApiEndpoint.octavia(),
    network: ClusterNetwork.fromNetworkAttributes(stack, 'Shared', { networkName: 'strata-life-shared', cidr: '10.30.0.0/16', cloud }),
    readyGate: ReadyGate.disabled(),
    drain: WorkerDrain.disabled(),
  });
  return stack;
}

/** Looks at the cloud for what the cluster is to have been born as. */
export async function expectBorn(cloud: Cloud, outputs: { readonly [name: string]: any }): Promise<void> {
  const { host, credential } = outputs;
  if (host !== `https://${API_NAME}:6443`) throw new Error(`the kubeconfig has not the name of the API: ${host}`);
  const found = JSON.parse(
    await cloud.python(`
import re
servers = {s.name: s for s in cloud.compute.servers()}
ports = {p.id: p for p in cloud.network.ports()}
print(json.dumps({
  'servers': {name: {'volumes': len(s.attached_volumes), 'group': bool(cloud.compute.get(f'/servers/{s.id}', microversion='2.71').json()['server'].get('server_groups')),
              'host': s.hypervisor_hostname} for name, s in servers.items() if re.fullmatch('${NAME}-(control-plane|general)-.*', name)},
  'credential': [r['name'] for r in cloud.identity.get_application_credential(cloud.current_user_id, '${credential}').roles],
  'addresses': [ip.floating_ip_address for lb in cloud.load_balancer.load_balancers(name='${NAME}-api') for ip in cloud.network.ips(port_id=lb.vip_port_id)],
  'members': sorted(m.name for lb in cloud.load_balancer.load_balancers(name='${NAME}-api') for p in lb.pools
                    for m in cloud.load_balancer.members(p['id'])),
}))`),
  );
  const expected = ['control-plane-0', 'control-plane-1', 'control-plane-2', 'general-0', 'general-1'].map((name) => `${NAME}-${name}`);
  const names = Object.keys(found.servers).sort();
  if (names.join() !== expected.join()) throw new Error(`the servers are ${names.join(', ')}`);
  const planes = expected.slice(0, 3);
  for (const name of planes) {
    if (found.servers[name].volumes !== 1) throw new Error(`${name} has ${found.servers[name].volumes} volumes attached, not etcd's one`);
    if (!found.servers[name].group) throw new Error(`${name} is in no server group`);
  }
  const hosts = new Set(planes.map((name) => found.servers[name].host));
  if (hosts.size !== 3) throw new Error(`control planes share a hypervisor: ${[...hosts].join(', ')}`);
  if (found.members.join() !== planes.join()) throw new Error(`the members of the load balancer are ${found.members.join(', ')}`);
  if (!/^203\.0\.113\.\d+$/.test(found.addresses.join())) throw new Error(`the floating IPs of the API are ${found.addresses.join(', ')}`);
  // the administrator of this cloud has both, and more that must not be passed on
  if (found.credential.sort().join() !== 'load-balancer_member,member') {
    throw new Error(`the controllers' credential has the roles ${found.credential.join(', ')}`);
  }
}
