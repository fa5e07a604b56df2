import { IConstruct } from 'constructs';
import { ClusterCloud, IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { fail } from '../../../core/validation';

/** The cloud below a cluster, or an error for a cluster that is known by its kubeconfig alone. */
export function requireCloud(where: IConstruct, cluster: IKubernetesCluster): ClusterCloud {
  return (
    cluster.openstack ??
    fail(where, {
      problem: `nothing is known of the OpenStack below the cluster ${cluster.clusterName}`,
      fix: 'give the cluster its `openstack` (cloud, credential, externalNetworkId, networkId, subnetId) where it is imported',
    })
  );
}
