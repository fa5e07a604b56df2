import { Construct } from 'constructs';
import { Addon } from './addon';
import { Relation } from './addon-registry';
import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { parseCidr } from '../../../core/cidr-checks';
import { IpFamily } from '../../../core/ip-family';
import { fail, Where } from '../../../core/validation';
import { ClusterCapability } from '../cluster-addons/cluster-capability';

/** Addresses of pods by IP family, as far as there are any. What isn't known at synth is taken for IPv4. */
export interface PodRanges {
  readonly ipv4?: string;
  readonly ipv6?: string;
}

/** A cluster's addresses of pods. */
export function podRanges(where: Where, { podCidr, secondaryPodCidr }: Pick<IKubernetesCluster, 'podCidr' | 'secondaryPodCidr'>): PodRanges {
  return parseCidr(where, "the cluster's podCidr", podCidr)?.family === IpFamily.V6
    ? { ipv4: secondaryPodCidr, ipv6: podCidr }
    : { ipv4: podCidr, ipv6: secondaryPodCidr };
}

/** Declares a pod network. Throws if it isn't the one that the cluster was made for. */
export function podNetworkAddon(scope: Construct, cluster: IKubernetesCluster, name: string, requires: readonly Relation[] = []): Addon {
  const { cni } = cluster;
  if (cni.name !== name.toLowerCase()) {
    fail(scope, {
      problem: `the cluster ${cluster.clusterName} was made for another pod network: its rules, its MTU and kube-proxy follow from that`,
      value: cni.name,
      fix: 'use PodNetwork, which installs what the cluster was made for',
    });
  }
  const { POD_NETWORK, SERVICE_PROXY } = ClusterCapability;
  return new Addon(scope, cluster, { name, provides: cni.replacesKubeProxy ? [POD_NETWORK, SERVICE_PROXY] : [POD_NETWORK], requires });
}
