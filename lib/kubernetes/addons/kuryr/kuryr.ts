import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { installKuryr } from './install-kuryr';
import { KuryrNetworking } from './kuryr-networking';
import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { ClusterSweep } from '../../cluster-sweep';

/** Properties of Kuryr. */
export interface KuryrProps {
  /** The cluster, made with `Cni.kuryr({…})`. The stack needs providers for helm, kubernetes and openstack. */
  readonly cluster: IKubernetesCluster;
  /**
   * Its OpenStack side, if that is made apart.
   * @default - it is made here
   */
  readonly networking?: KuryrNetworking;
  /**
   * Whether a destroy also removes what its controller made. Not with `networking`, which has its own.
   * @default ClusterSweep.enabled()
   */
  readonly sweep?: ClusterSweep;
  /**
   * How long to wait until it runs, in seconds, 1 to 7200.
   * @default 900
   */
  readonly timeoutSeconds?: number;
}

/**
 * Kuryr: pods with ports of Neutron on their nodes' trunks, Services as load balancers of Octavia. Retired in 2024, for clouds that must have it: the
 * cluster's `Cni.kuryr({ acknowledgeRetired: true, … })` says so, and names images that you build and look after. It is what `PodNetwork` installs on
 * such a cluster.
 *
 * Creates KuryrNetworking in OpenStack; in the cluster's `kube-system` a Secret with the credential (the controller's alone), and two Helm releases, of
 * its CustomResourceDefinitions, and of accounts, roles, `kuryr.conf`, the controller and the CNI's DaemonSet, which is privileged.
 * Services of type LoadBalancer are its own, too: OpenStackCloudController must run without its SERVICE loop.
 *
 * Errors: a cluster that was made for another pod network or without trunk ports, or whose OpenStack isn't known.
 */
export class Kuryr extends Construct {
  /** Its OpenStack side. */
  public readonly networking: KuryrNetworking;
  /** The L1 `helm_release` of its programs. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: KuryrProps) {
    super(scope, id);
    const { release, networking } = installKuryr(this, props);
    this.resource = release;
    this.networking = networking;
  }
}
