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
import { ComputeFlavorV2 } from '../../../lib/providers/openstack/compute-flavor-v2';
import { ImagesImageV2 } from '../../../lib/providers/openstack/images-image-v2';
import { NetworkingNetworkV2 } from '../../../lib/providers/openstack/networking-network-v2';
import { NetworkingSubnetV2 } from '../../../lib/providers/openstack/networking-subnet-v2';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import type { Context } from '../harness/check';
import { throwAwayPki } from '../harness/pki';
import type { Applied } from '../harness/stacks';

/**
 * A whole cluster's OpenStack part: three control planes with etcd volumes, two workers, load balancer, network, application credential. The servers of
 * this cloud run nothing, so the gate is off; the PKI is brought as variables, since the tls provider can't be had here.
 */
export function build(app: App): void {
  const foundation = new TerraformStack(app, 'foundation');
  new OpenstackProvider(foundation, 'OpenStack', {});
  const external = new NetworkingNetworkV2(foundation, 'External', {
    name: 'strata-cluster-public',
    external: true,
    adminStateUp: true,
    segments: [{ networkType: 'flat', physicalNetwork: 'physnet1' }],
  });
  new NetworkingSubnetV2(foundation, 'ExternalSubnet', { networkId: external.id, cidr: '203.0.113.0/24', enableDhcp: false });
  new ComputeFlavorV2(foundation, 'Flavor', { name: 'strata-cluster-node', vcpus: 2, ram: 2048, disk: 2, isPublic: true });
  new ComputeFlavorV2(foundation, 'LargeFlavor', { name: 'strata-cluster-large', vcpus: 4, ram: 4096, disk: 2, isPublic: true });
  const image = path.join(process.cwd(), 'node.img');
  fs.writeFileSync(image, 'no machine boots from this');
  for (const name of ['strata-cluster-node', 'strata-cluster-node-2']) {
    new ImagesImageV2(foundation, name, { name, localFilePath: image, containerFormat: 'bare', diskFormat: 'raw' });
  }

  const cluster = clusterStack(app, 'cluster');
  cluster.addDependency(foundation);
}

/** What the cluster is like when it is made. */
export const AT_BIRTH = {
  clusterName: 'conformance',
  version: KubernetesVersion.V1_35,
  nodeImage: NodeImage.byName('strata-cluster-node'),
  controlPlane: { replicas: 3, flavor: NodeFlavor.named('strata-cluster-node'), etcdVolume: { sizeGib: 1 } },
  workerPools: [{ name: 'general', replicas: 2, flavor: NodeFlavor.named('strata-cluster-node'), labels: { tier: 'general' } }],
  cni: Cni.cilium(),
  api: ApiEndpoint.octavia({ floatingIp: true, allowedCidrs: ['198.51.100.0/24'] }),
  pki: ClusterPki.fromVariables(),
  readyGate: ReadyGate.disabled(),
  drain: WorkerDrain.disabled(),
};

/** The stack of the cluster, with whatever is changed about it. */
export function clusterStack(app: App, name: string, changes: Partial<K8sOnNovaProps> = {}): TerraformStack {
  const cluster = new TerraformStack(app, name);
  new OpenstackProvider(cluster, 'OpenStack', { cloud: 'lab' });
  const cloud: IOpenStackCloud = {
    node: cluster.node,
    authUrl: 'http://127.0.0.1:5000/v3',
    region: 'RegionOne',
    externalNetworkName: 'strata-cluster-public',
    zones: [{ compute: 'nova', volume: 'nova' }],
    loadBalancerProvider: LoadBalancerProvider.AMPHORA,
    tenantNetworkMtu: 1450,
    computeHostCount: 5,
    ready: [],
  };
  const k8s = new K8sOnNova(cluster, 'K8s', { cloud, ...AT_BIRTH, ...changes });
  new TerraformOutput(cluster, 'host', { value: k8s.kubeconfig.host });
  new TerraformOutput(cluster, 'kubeconfig', { value: k8s.kubeconfig.rawConfig, sensitive: true });
  new TerraformOutput(cluster, 'credential', { value: k8s.openstack?.credential.applicationCredentialId });
  return cluster;
}

export async function variables(context: Context) {
  return { cluster: await throwAwayPki(context, 'conformance') };
}

export async function verify({ cloud, workspaces }: Applied): Promise<void> {
  const { host, credential } = await workspaces.cluster.outputs();
  if (!/^https:\/\/203\.0\.113\.\d+:6443$/.test(host)) throw new Error(`the kubeconfig has no floating IP: ${host}`);
  const found = JSON.parse(
    await cloud.python(`
servers = {s.name: s for s in cloud.compute.servers()}
ports = {p.id: p for p in cloud.network.ports()}
print(json.dumps({
  'servers': {name: {'volumes': len(s.attached_volumes), 'group': bool(cloud.compute.get(f'/servers/{s.id}', microversion='2.71').json()['server'].get('server_groups')),
              'host': s.hypervisor_hostname} for name, s in servers.items() if name.startswith('conformance-')},
  'credential': [r['name'] for r in cloud.identity.get_application_credential(cloud.current_user_id, '${credential}').roles],
  'members': sorted(m.name for lb in cloud.load_balancer.load_balancers(name='conformance-api') for p in lb.pools
                    for m in cloud.load_balancer.members(p['id'])),
}))`),
  );
  const expected = ['control-plane-0', 'control-plane-1', 'control-plane-2', 'general-0', 'general-1'].map((name) => `conformance-${name}`);
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
  // the administrator of this cloud has both, and more that must not be passed on
  if (found.credential.sort().join() !== 'load-balancer_member,member') {
    throw new Error(`the controllers' credential has the roles ${found.credential.join(', ')}`);
  }
}
