import { TerraformStack } from 'cdktf';
import { Cni } from '../../lib/contracts/cni';
import { NodeFlavor } from '../../lib/contracts/node-flavor';
import { NodeImage } from '../../lib/contracts/node-image';
import { IOpenStackCloud, LoadBalancerProvider } from '../../lib/contracts/openstack-cloud';
import { KubernetesVersion } from '../../lib/core/kubernetes-version';
import { ApiEndpoint } from '../../lib/kubernetes/api-endpoint';
import { K8sOnNova, K8sOnNovaProps } from '../../lib/kubernetes/k8s-on-nova';
import { OpenstackProvider } from '../../lib/providers/openstack/provider';

/** A cloud as a cluster sees it. */
export function cloudOf(stack: TerraformStack, attributes: Partial<IOpenStackCloud> = {}): IOpenStackCloud {
  return {
    node: stack.node,
    authUrl: 'https://keystone.example.com:5000/v3',
    region: 'RegionOne',
    externalNetworkName: 'public',
    zones: ['az1', 'az2', 'az3'].map((compute) => ({ compute, volume: 'nova' })),
    loadBalancerProvider: LoadBalancerProvider.AMPHORA,
    tenantNetworkMtu: 1442,
    ready: [],
    ...attributes,
  };
}

/** A cluster of three control planes and two workers, with whatever a test is about. */
export function clusterIn(stack: TerraformStack, props: Partial<K8sOnNovaProps> = {}, cloud: Partial<IOpenStackCloud> = {}): K8sOnNova {
  new OpenstackProvider(stack, 'OpenStack', { cloud: 'prod' });
  return new K8sOnNova(stack, 'K8s', {
    cloud: cloudOf(stack, cloud),
    clusterName: 'prod',
    version: KubernetesVersion.V1_36,
    nodeImage: NodeImage.byName('ubuntu-24.04-k8s-1.36'),
    controlPlane: { replicas: 3, flavor: NodeFlavor.named('m1.large'), etcdVolume: { sizeGib: 20, type: 'ssd' } },
    workerPools: [{ name: 'general', replicas: 2, flavor: NodeFlavor.named('m1.xlarge') }],
    cni: Cni.calico(),
    api: ApiEndpoint.octavia({ floatingIp: true, allowedCidrs: ['198.51.100.0/24'] }),
    ...props,
  });
}
