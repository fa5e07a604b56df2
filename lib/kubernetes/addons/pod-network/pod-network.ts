import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { PodNetworkProps } from './pod-network-props';
import { installCalico } from '../calico/install-calico';
import { installCilium } from '../cilium/install-cilium';

/**
 * Installs the pod network that the cluster was made for, with its pod addresses, MTU and encapsulation.
 *
 * Which one it is, is the cluster's choice (`cni`): the nodes' security groups and address pairs, the pods' MTU and kube-proxy follow from it. It comes
 * first: all other add-ons and workloads wait for it.
 *
 * Creates what Cilium or Calico creates.
 * Errors: a chart that isn't tested on the cluster's Kubernetes, pod addresses that aren't IPv4.
 */
export class PodNetwork extends Construct {
  /** The L1 `helm_release` of Cilium, or of the Tigera operator. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: PodNetworkProps) {
    super(scope, id);
    this.resource = props.cluster.cni.name === 'cilium' ? installCilium(this, props) : installCalico(this, props);
  }
}
