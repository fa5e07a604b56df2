/**
 * The cluster that lives in real machines: synthesised by `K8sOnNova` like any other.
 */
import { App, TerraformStack } from 'cdktf';
import { Cni } from '../../../lib/contracts/cni';
import { NodeFlavor } from '../../../lib/contracts/node-flavor';
import { NodeImage } from '../../../lib/contracts/node-image';
import { IOpenStackCloud, LoadBalancerProvider } from '../../../lib/contracts/openstack-cloud';
import { KubernetesVersion } from '../../../lib/core/kubernetes-version';
import { ApiEndpoint } from '../../../lib/kubernetes/api-endpoint';
import { ClusterPki } from '../../../lib/kubernetes/cluster-pki';
import { K8sOnNova } from '../../../lib/kubernetes/k8s-on-nova';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';

export const CLUSTER = 'lab';
export const CONTROL_PLANE = `${CLUSTER}-control-plane-0`;
export const POOL = 'general';
export const KUBERNETES_VERSION = '1.36.0';
/** The address of the API that keepalived holds. */
export const API_ADDRESS = '10.77.0.5';
export const NODE_CIDR = '10.77.0.0/24';

// Emulated machines are slow: leaders keep their office for longer, and an API server isn't killed because etcd answers it late.
const PATIENCE = [
  { name: 'etcd-healthcheck-timeout', value: '14s' }, // the kubelet asks for 15
  { name: 'etcd-readycheck-timeout', value: '14s' },
];
const LEASES = [
  { name: 'leader-elect-lease-duration', value: '120s' },
  { name: 'leader-elect-renew-deadline', value: '100s' },
  { name: 'leader-elect-retry-period', value: '5s' },
];

export function build(app: App): void {
  const stack = new TerraformStack(app, 'cluster');
  new OpenstackProvider(stack, 'OpenStack', {});
  const cloud: IOpenStackCloud = {
    node: stack.node,
    authUrl: 'http://127.0.0.1:5000/v3',
    region: 'RegionOne',
    externalNetworkName: 'public',
    zones: [{ compute: 'nova', volume: 'nova' }],
    loadBalancerProvider: LoadBalancerProvider.AMPHORA,
    tenantNetworkMtu: 1450,
    ready: [],
  };
  new K8sOnNova(stack, 'K8s', {
    cloud,
    clusterName: CLUSTER,
    version: KubernetesVersion.of(KUBERNETES_VERSION),
    nodeImage: NodeImage.prebuilt('debian-12-kubernetes'),
    controlPlane: { replicas: 1, flavor: NodeFlavor.named('node'), etcdVolume: { sizeGib: 1, allowSlowDisk: true } },
    workerPools: [{ name: POOL, replicas: 1, flavor: NodeFlavor.named('node'), labels: { tier: 'general' } }],
    // What is chosen here is ports, MTU, and that kubeadm installs kube-proxy; the pod network itself is a manifest beside this file.
    cni: Cni.calico(),
    nodeCidr: NODE_CIDR,
    api: ApiEndpoint.keepalived({ virtualAddress: API_ADDRESS, takeoverSeconds: 120 }),
    pki: ClusterPki.fromVariables({ prefix: CLUSTER }),
    components: { apiServerExtraArgs: PATIENCE, controllerManagerExtraArgs: LEASES, schedulerExtraArgs: LEASES },
  });
}
