import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { checkInteger } from '../../../core/validation';
import { ChartAddonProps } from '../chart-addon/chart-addon-props';
import { ClusterCapability } from '../cluster-addons/cluster-capability';
import { Addon } from '../private/addon';
import { checkChartAddon, installChart, RecordedChart } from '../private/chart-addon';
import { ChartImage } from '../private/chart-images';

const image = (name: string, at: string): ChartImage => ({
  image: `quay.io/jetstack/cert-manager-${name}:v1.21.2`,
  repository: `${at}.repository`,
  tag: `${at}.tag`,
});

/** Values: deploy/charts/cert-manager/values.yaml in the Go module github.com/cert-manager/cert-manager v1.21.2. */
const CHART: RecordedChart = {
  name: 'cert-manager',
  repository: 'https://charts.jetstack.io',
  version: 'v1.21.2',
  namespace: 'cert-manager',
  images: [
    image('controller', 'image'),
    image('webhook', 'webhook.image'),
    image('cainjector', 'cainjector.image'),
    image('acmesolver', 'acmesolver.image'),
    image('startupapicheck', 'startupapicheck.image'),
  ],
};

/** Properties of CertManager. */
export interface CertManagerProps extends ChartAddonProps {
  /**
   * Replicas of the controller, the webhook and the injector, 1 to 5.
   * @default - 2 if the cluster has several control-plane nodes, else 1
   */
  readonly replicas?: number;
  /**
   * Whether a ServiceMonitor for its metrics is made.
   * @default false
   */
  readonly serviceMonitor?: boolean;
}

/**
 * cert-manager: certificates from ACME, a CA of your own, or Vault, renewed by themselves.
 *
 * Creates a Helm release in `cert-manager`, its CustomResourceDefinitions among it: they are upgraded with it, and stay when it goes, with all
 * Certificates. Issuers are yours to make. Its pods pass the `restricted` level of Pod Security.
 * Errors: a second controller of Certificates on the cluster; a ServiceMonitor that nothing reads.
 */
export class CertManager extends Construct {
  /** The L1 `helm_release`. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: CertManagerProps) {
    super(scope, id);
    checkChartAddon(this, props);
    checkInteger(this, 'replicas', props.replicas, { min: 1, max: 5 });
    const { cluster } = props;
    const { CERTIFICATES, POD_NETWORK, SERVICE_MONITORS } = ClusterCapability;
    const addon = new Addon(this, cluster, {
      name: 'CertManager',
      provides: [CERTIFICATES],
      requires: [
        { capability: POD_NETWORK, because: 'the API server calls its webhook' },
        ...(props.serviceMonitor ? [{ capability: SERVICE_MONITORS, because: 'serviceMonitor is set' }] : []),
      ],
    });
    const replicaCount = props.replicas ?? (cluster.controlPlaneReplicas > 1 ? 2 : 1);
    const scaled = { replicaCount, podDisruptionBudget: { enabled: replicaCount > 1 } };
    this.resource = installChart(addon, props, CHART, {
      crds: { enabled: true, keep: true },
      ...scaled,
      webhook: scaled,
      cainjector: scaled,
      prometheus: { servicemonitor: { enabled: props.serviceMonitor ?? false } },
    });
  }
}
