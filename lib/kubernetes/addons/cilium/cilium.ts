import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { installCilium } from './install-cilium';
import { PodNetworkProps } from '../pod-network/pod-network-props';

/**
 * Cilium, as the cluster's `cni: Cni.cilium({…})` says. It is what `PodNetwork` installs on such a cluster.
 *
 * Creates one Helm release in `kube-system`. Its agents are privileged and on the nodes' own network: `kube-system` admits them.
 * Errors: a cluster that was made for another pod network; a chart that isn't tested on the cluster's Kubernetes.
 */
export class Cilium extends Construct {
  /** The L1 `helm_release`. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: PodNetworkProps) {
    super(scope, id);
    this.resource = installCilium(this, props);
  }
}
