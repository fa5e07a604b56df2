import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { gte } from 'semver';
import { apiAddress, calicoValues, ciliumValues, PodNetworkFacts } from './pod-network-values';
import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { parseCidr } from '../../../core/cidr-checks';
import { IpFamily } from '../../../core/ip-family';
import { checkInteger, fail, isKnown } from '../../../core/validation';
import { assertPodNetworkChart } from '../../../core/version-matrix';
import { ClusterCapability } from '../cluster-addons/cluster-capability';
import { Addon } from '../private/addon';

/** Properties of PodNetwork. */
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

/**
 * Installs the pod network that the cluster was made for, with its pod addresses, MTU and encapsulation.
 *
 * Which one it is, is the cluster's choice (`cni`): the nodes' security groups, the pods' MTU and kube-proxy follow from it. It comes first:
 * within a stack all other add-ons and workloads wait for it.
 *
 * Creates one Helm release for Cilium (in `kube-system`), two for Calico (its CRDs and the Tigera operator, in `tigera-operator`).
 * Errors: a chart that isn't tested on the cluster's Kubernetes, pod addresses that aren't IPv4.
 */
export class PodNetwork extends Construct {
  /** The L1 `helm_release` of Cilium, or of the Tigera operator. */
  public readonly resource: TerraformResource;

  private readonly addon: Addon;

  constructor(scope: Construct, id: string, props: PodNetworkProps) {
    super(scope, id);
    const { cluster } = props;
    const cilium = cluster.cni.name === 'cilium';
    assertPodNetworkChart(this, cluster.version, cilium ? 'cilium' : 'tigera-operator', props.chartVersion);
    checkInteger(this, 'timeoutSeconds', props.timeoutSeconds, { min: 1, max: 7200 });
    if (parseCidr(this, "the cluster's podCidr", cluster.podCidr)?.family === IpFamily.V6) {
      fail(this, { problem: 'pods on IPv6 alone are not supported', value: cluster.podCidr, fix: 'give the cluster an IPv4 podCidr' });
    }
    const facts: PodNetworkFacts = {
      cni: cluster.cni,
      podCidr: cluster.podCidr,
      podMtu: cluster.podMtu,
      controlPlaneReplicas: cluster.controlPlaneReplicas,
      api: cluster.nodeApiEndpoint ?? apiAddress(cluster.kubeconfig.host),
    };
    const { SERVICE_PROXY, POD_NETWORK } = ClusterCapability;
    this.addon = new Addon(this, cluster, {
      name: 'PodNetwork',
      provides: cluster.cni.replacesKubeProxy ? [POD_NETWORK, SERVICE_PROXY] : [POD_NETWORK],
    });
    this.resource = cilium ? this.installCilium(props, facts) : this.installCalico(props, facts);
  }

  private installCilium({ cluster, chartVersion, values, timeoutSeconds }: PodNetworkProps, facts: PodNetworkFacts): TerraformResource {
    return this.addon.install('Release', {
      releaseName: 'cilium',
      chart: { name: 'cilium', repository: 'https://helm.cilium.io', version: chartVersion ?? cluster.version.ciliumChart },
      namespace: 'kube-system',
      timeoutSeconds: timeoutSeconds ?? 900,
      values: [ciliumValues(facts), values],
    });
  }

  private installCalico({ cluster, chartVersion, values, timeoutSeconds }: PodNetworkProps, facts: PodNetworkFacts): TerraformResource {
    const version = chartVersion ?? cluster.version.tigeraOperatorChart;
    const repository = 'https://docs.tigera.io/calico/charts';
    const common = { namespace: 'tigera-operator', createNamespace: true };
    // From 3.32 on the operator's chart has no CRDs: they are a chart of their own, so that they are upgraded, too.
    const crds =
      !isKnown(version) || gte(version, '3.32.0')
        ? [
            this.addon.install('Crds', {
              ...common,
              releaseName: 'calico-crds',
              chart: { name: 'crd.projectcalico.org.v1', repository, version },
              values: [],
            }),
          ]
        : [];
    return this.addon.install('Release', {
      ...common,
      releaseName: 'calico',
      chart: { name: 'tigera-operator', repository, version },
      timeoutSeconds: timeoutSeconds ?? 900,
      dependsOn: crds,
      values: [calicoValues(facts), values],
    });
  }
}
