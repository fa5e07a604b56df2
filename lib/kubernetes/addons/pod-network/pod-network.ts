import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { gte } from 'semver';
import { apiAddress, calicoValues, ciliumValues, PodNetworkFacts } from './pod-network-values';
import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { inOrder, Tier } from '../../../core/apply-order';
import { parseCidr } from '../../../core/cidr-checks';
import { IpFamily } from '../../../core/ip-family';
import { checkInteger, fail, isKnown } from '../../../core/validation';
import { assertPodNetworkChart } from '../../../core/version-matrix';
import { installChart } from '../private/helm-release';

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
    this.resource = cilium ? this.installCilium(props, facts) : this.installCalico(props, facts);
  }

  private installCilium({ cluster, chartVersion, values, timeoutSeconds }: PodNetworkProps, facts: PodNetworkFacts): TerraformResource {
    const release = installChart(this, 'Release', {
      releaseName: 'cilium',
      repository: 'https://helm.cilium.io',
      chart: 'cilium',
      version: chartVersion ?? cluster.version.ciliumChart,
      namespace: 'kube-system',
      timeoutSeconds: timeoutSeconds ?? 900,
      values: [ciliumValues(facts), values],
    });
    inOrder(cluster, Tier.NETWORK, release);
    return release;
  }

  private installCalico({ cluster, chartVersion, values, timeoutSeconds }: PodNetworkProps, facts: PodNetworkFacts): TerraformResource {
    const version = chartVersion ?? cluster.version.tigeraOperatorChart;
    const common = { repository: 'https://docs.tigera.io/calico/charts', version, namespace: 'tigera-operator', createNamespace: true };
    // From 3.32 on the operator's chart has no CRDs: they are a chart of their own, so that they are upgraded, too.
    const crds =
      !isKnown(version) || gte(version, '3.32.0')
        ? [installChart(this, 'Crds', { ...common, releaseName: 'calico-crds', chart: 'crd.projectcalico.org.v1', values: [] })]
        : [];
    const release = installChart(this, 'Release', {
      ...common,
      releaseName: 'calico',
      chart: 'tigera-operator',
      timeoutSeconds: timeoutSeconds ?? 900,
      dependsOn: crds,
      values: [calicoValues(facts), values],
    });
    inOrder(cluster, Tier.NETWORK, ...crds, release);
    return release;
  }
}
