import { Construct } from 'constructs';
import { Addon } from './addon';
import { Relation } from './addon-registry';
import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { parseCidr } from '../../../core/cidr-checks';
import { IpFamily } from '../../../core/ip-family';
import { fail } from '../../../core/validation';
import { ClusterCapability } from '../cluster-addons/cluster-capability';

/** Declares a pod network. Throws if it isn't the one that the cluster was made for, or if pods have addresses of IPv6 alone. */
export function podNetworkAddon(scope: Construct, cluster: IKubernetesCluster, name: string, requires: readonly Relation[] = []): Addon {
  const { cni } = cluster;
  if (cni.name !== name.toLowerCase()) {
    fail(scope, {
      problem: `the cluster ${cluster.clusterName} was made for another pod network: its rules, its MTU and kube-proxy follow from that`,
      value: cni.name,
      fix: 'use PodNetwork, which installs what the cluster was made for',
    });
  }
  if (parseCidr(scope, "the cluster's podCidr", cluster.podCidr)?.family === IpFamily.V6) {
    fail(scope, { problem: 'pods on IPv6 alone are not supported', value: cluster.podCidr, fix: 'give the cluster an IPv4 podCidr' });
  }
  const { POD_NETWORK, SERVICE_PROXY } = ClusterCapability;
  return new Addon(scope, cluster, { name, provides: cni.replacesKubeProxy ? [POD_NETWORK, SERVICE_PROXY] : [POD_NETWORK], requires });
}
