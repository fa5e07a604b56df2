import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';

/** Properties of PodNetwork, Cilium and Calico. */
export interface PodNetworkProps {
  /** The cluster. The stack's helm provider must be logged in to it. */
  readonly cluster: IKubernetesCluster;
  /**
   * Version of the chart, `cilium` or `tigera-operator`. A version that is known not to go with the cluster's is an error.
   * @default - the one that goes with the cluster's version
   */
  readonly chartVersion?: string;
  /**
   * Values for the chart, merged over those of this construct: maps are merged, lists replaced.
   * @default - none
   */
  readonly values?: { readonly [name: string]: any };
  /**
   * How long to wait until it runs, in seconds, 1 to 7200.
   * @default 900
   */
  readonly timeoutSeconds?: number;
}
