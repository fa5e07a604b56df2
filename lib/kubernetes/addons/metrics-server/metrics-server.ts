import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { checkInteger } from '../../../core/validation';
import { ChartAddonProps } from '../chart-addon/chart-addon-props';
import { ClusterCapability } from '../cluster-addons/cluster-capability';
import { Addon } from '../private/addon';
import { checkChartAddon, installChart, RecordedChart } from '../private/chart-addon';

/** Values: charts/metrics-server/values.yaml in the Go module sigs.k8s.io/metrics-server v0.9.0. */
const CHART: RecordedChart = {
  name: 'metrics-server',
  repository: 'https://kubernetes-sigs.github.io/metrics-server/',
  version: '3.13.1',
  namespace: 'kube-system',
  images: [{ image: 'registry.k8s.io/metrics-server/metrics-server:v0.8.1', repository: 'image.repository', tag: 'image.tag' }],
};

/** Properties of MetricsServer. */
export interface MetricsServerProps extends ChartAddonProps {
  /**
   * Replicas, 1 to 3.
   * @default - 2 if the cluster has several control-plane nodes, else 1
   */
  readonly replicas?: number;
  /**
   * Whether the certificates of kubelets are verified. Kubelets make theirs by themselves unless the cluster signs them (`serverTLSBootstrap`), and
   * nobody can verify those.
   * @default false
   */
  readonly verifyKubelets?: boolean;
}

/**
 * What pods and nodes use, for `kubectl top` and autoscalers.
 *
 * Creates a Helm release in `kube-system`. Its pods pass the `restricted` level of Pod Security.
 * Errors: a second provider of resource metrics on the cluster.
 */
export class MetricsServer extends Construct {
  /** The L1 `helm_release`. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: MetricsServerProps) {
    super(scope, id);
    checkChartAddon(this, props);
    checkInteger(this, 'replicas', props.replicas, { min: 1, max: 3 });
    const { cluster } = props;
    const addon = new Addon(this, cluster, {
      name: 'MetricsServer',
      provides: [ClusterCapability.RESOURCE_METRICS],
      requires: [{ capability: ClusterCapability.POD_NETWORK, because: 'the API server forwards requests to its pods' }],
    });
    const replicas = props.replicas ?? (cluster.controlPlaneReplicas > 1 ? 2 : 1);
    this.resource = installChart(addon, props, CHART, {
      replicas,
      podDisruptionBudget: replicas > 1 ? { enabled: true, minAvailable: 1 } : { enabled: false },
      args: props.verifyKubelets ? [] : ['--kubelet-insecure-tls'],
    });
  }
}
