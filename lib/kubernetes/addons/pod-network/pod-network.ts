import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { PodNetworkProps } from './pod-network-props';
import { fail } from '../../../core/validation';
import { installCalico } from '../calico/install-calico';
import { installCilium } from '../cilium/install-cilium';
import { installKuryr } from '../kuryr/install-kuryr';

/**
 * Installs the pod network that the cluster was made for, with its pod addresses, MTU and encapsulation.
 *
 * Which one it is, is the cluster's choice (`cni`): the nodes' security groups and address pairs, the pods' MTU and kube-proxy follow from it. It comes
 * first: all other add-ons and workloads wait for it.
 *
 * Creates what Cilium, Calico or Kuryr creates.
 * Errors: a chart that isn't tested on the cluster's Kubernetes, pod addresses that aren't IPv4.
 */
export class PodNetwork extends Construct {
  /** The L1 `helm_release` of Cilium, of the Tigera operator, or of Kuryr's programs. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: PodNetworkProps) {
    super(scope, id);
    this.resource = this.install(props);
  }

  private install(props: PodNetworkProps): TerraformResource {
    const { name } = props.cluster.cni;
    if (name === 'cilium') return installCilium(this, props);
    if (name === 'calico') return installCalico(this, props);
    const { chartVersion, values } = props;
    for (const [prop, value] of Object.entries({ chartVersion, values })) {
      if (value !== undefined) fail(this, { problem: `${prop} is of no use: Kuryr has no chart`, fix: 'leave it out' });
    }
    return installKuryr(this, props).release;
  }
}
