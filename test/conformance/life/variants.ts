/**
 * The cluster of stacks/cluster.ts as it would be after each kind of change: one stack a change, all synthesised at once. Each configuration is planned, and
 * some are applied, on the state of the one cluster that stands.
 */
import { App } from 'cdktf';
import { Cni } from '../../../lib/contracts/cni';
import { NodeFlavor } from '../../../lib/contracts/node-flavor';
import { NodeImage } from '../../../lib/contracts/node-image';
import { KubernetesVersion } from '../../../lib/core/kubernetes-version';
import { ApiEndpoint } from '../../../lib/kubernetes/api-endpoint';
import { K8sOnNovaProps } from '../../../lib/kubernetes/k8s-on-nova';
import { AT_BIRTH, clusterStack } from '../stacks/cluster';

const [general] = AT_BIRTH.workerPools;
const { controlPlane } = AT_BIRTH;
const flavor = NodeFlavor.named('strata-cluster-large');
const slots = (...numbers: number[]) => Object.fromEntries(numbers.map((generation, i) => [`control-plane-${i}`, generation]));
/** After the roll of every slot to the next minor. */
const upgraded = { version: KubernetesVersion.V1_36, controlPlane: { ...controlPlane, generations: slots(2, 2, 2) } };

export const VARIANTS: { readonly [name: string]: Partial<K8sOnNovaProps> } = {
  patch: { version: KubernetesVersion.of('1.35.3') },
  minor: { version: KubernetesVersion.V1_36 },
  image: { nodeImage: NodeImage.byName('strata-cluster-node-2') },
  'control-plane-flavor': { controlPlane: { ...controlPlane, flavor } },
  'pool-flavor': { workerPools: [{ ...general, flavor }] },
  'scale-up': { workerPools: [{ ...general, replicas: 3 }] },
  'scale-down': { workerPools: [{ ...general, replicas: 1 }] },
  'pool-added': { workerPools: [general, { ...general, name: 'batch', replicas: 1 }] },
  'pool-removed': { workerPools: [] },
  label: { workerPools: [{ ...general, labels: { tier: 'other' } }] },
  'user-data': { cloudInit: { runcmd: [['true']] } },
  'name-servers': { dnsNameservers: ['198.51.100.53'] },
  'allowed-cidrs': { api: ApiEndpoint.octavia({ floatingIp: true, allowedCidrs: ['198.51.100.0/24', '192.88.99.0/24'] }) },
  'no-floating-ip': { api: ApiEndpoint.octavia({ allowedCidrs: ['198.51.100.0/24'] }) },
  cni: { cni: Cni.calico() },
  tags: { tags: ['owner=platform'] },
  'etcd-volume-grown': { controlPlane: { ...controlPlane, etcdVolume: { sizeGib: 2 } } },
  'roll-0': { controlPlane: { ...controlPlane, generations: slots(2) } },
  'roll-0-and-1': { controlPlane: { ...controlPlane, generations: slots(2, 2) } },
  'fewer-slots': { controlPlane: { ...controlPlane, replicas: 1 } },
  'workers-before-slots': { version: KubernetesVersion.V1_36, workerPools: [{ ...general, generation: 2 }] },
  'roll-workers': { workerPools: [{ ...general, generation: 2 }] },
  'upgrade-0': { version: KubernetesVersion.V1_36, controlPlane: { ...controlPlane, generations: slots(2) } },
  'upgrade-1': { version: KubernetesVersion.V1_36, controlPlane: { ...controlPlane, generations: slots(2, 2) } },
  'upgrade-2': upgraded,
  'upgrade-workers': { ...upgraded, workerPools: [{ ...general, generation: 2 }] },
  downgrade: { version: KubernetesVersion.V1_35, controlPlane: { ...controlPlane, generations: slots(3, 2, 2) } },
};

export function build(app: App): void {
  for (const [name, changes] of Object.entries(VARIANTS)) clusterStack(app, name, changes);
}
