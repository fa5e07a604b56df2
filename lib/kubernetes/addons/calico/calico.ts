import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { installCalico } from './install-calico';
import { PodNetworkProps } from '../pod-network/pod-network-props';

/**
 * Calico by the Tigera operator, as the cluster's `cni: Cni.calico({…})` says. It is what `PodNetwork` installs on such a cluster.
 *
 * Creates Helm releases for its CustomResourceDefinitions and for the operator, in `tigera-operator`. The operator makes the namespaces `calico-system`
 * and `calico-apiserver` and labels them for privileged pods.
 * Errors: a cluster that was made for another pod network; a chart that isn't tested on the cluster's Kubernetes; IPIP for
 * pods on IPv6.
 */
export class Calico extends Construct {
  /** The L1 `helm_release` of the operator. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: PodNetworkProps) {
    super(scope, id);
    this.resource = installCalico(this, props);
  }
}
