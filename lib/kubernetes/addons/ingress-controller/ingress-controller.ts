import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { parseCidr } from '../../../core/cidr-checks';
import { checkDnsLabel } from '../../../core/naming';
import { checkInteger, checkListKnown } from '../../../core/validation';
import { ChartAddonProps } from '../chart-addon/chart-addon-props';
import { ClusterCapability } from '../cluster-addons/cluster-capability';
import { Addon } from '../private/addon';
import { checkChartAddon, installChart, RecordedChart } from '../private/chart-addon';

/** Values: traefik/values.yaml of the chart's line 37, in a public copy of traefik/traefik-helm-chart. Traefik 3.6.2 (release notes of chart 37.4.0). */
const CHART: RecordedChart = {
  name: 'traefik',
  repository: 'https://traefik.github.io/charts',
  version: '37.4.0',
  namespace: 'ingress',
  images: [{ image: 'docker.io/library/traefik:v3.6.2', registry: 'image.registry', path: 'image.repository', tag: 'image.tag' }],
};

/** Properties of IngressController. */
export interface IngressControllerProps extends ChartAddonProps {
  /**
   * Replicas, 1 to 20.
   * @default 2
   */
  readonly replicas?: number;
  /**
   * Name of the IngressClass.
   * @default "traefik"
   */
  readonly className?: string;
  /**
   * Whether Ingresses without a class are its.
   * @default true
   */
  readonly isDefaultClass?: boolean;
  /**
   * Whether its load balancer has no floating IP, and is reached from inside alone.
   * @default false
   */
  readonly internal?: boolean;
  /**
   * Who may reach it, in CIDR notation.
   * @default - everybody who reaches its address
   */
  readonly sourceRanges?: string[];
  /**
   * Further annotations of its Service, such as those of Octavia (`loadbalancer.openstack.org/…`).
   * @default - none
   */
  readonly serviceAnnotations?: { readonly [name: string]: string };
}

/**
 * Traefik as the cluster's ingress controller, behind one Octavia load balancer: HTTP and HTTPS by host name and path. Chosen because it is looked after
 * and reads Ingresses as they are; ingress-nginx was retired in March 2026.
 *
 * Creates a Helm release in `ingress`, with a Service of type LoadBalancer, an IngressClass and a disruption budget. No dashboard is reachable, and
 * nothing is reported to its makers. Its pods pass the `restricted` level of Pod Security.
 * Errors: source ranges that are none. On destroy the load balancer goes before the cloud controller.
 */
export class IngressController extends Construct {
  /** Name of the IngressClass, for Ingresses. */
  public readonly className: string;
  /** The L1 `helm_release`. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: IngressControllerProps) {
    super(scope, id);
    checkChartAddon(this, props);
    const { sourceRanges = [], replicas = 2 } = props;
    checkInteger(this, 'replicas', replicas, { min: 1, max: 20 });
    checkListKnown(this, 'sourceRanges', sourceRanges);
    for (const range of sourceRanges) parseCidr(this, 'sourceRanges', range);
    this.className = props.className ?? 'traefik';
    checkDnsLabel(this, 'className', this.className);
    const addon = new Addon(this, props.cluster, {
      name: 'IngressController',
      provides: [ClusterCapability.INGRESS],
      requires: [{ capability: ClusterCapability.CLOUD_CONTROLLER, because: 'its Service gets a load balancer' }],
      after: [ClusterCapability.CERTIFICATES],
    });
    this.resource = installChart(addon, props, CHART, {
      deployment: { replicas },
      podDisruptionBudget: { enabled: replicas > 1, ...(replicas > 1 && { maxUnavailable: 1 }) },
      ingressClass: { enabled: true, isDefaultClass: props.isDefaultClass ?? true, name: this.className },
      providers: { kubernetesIngress: { publishedService: { enabled: true } } },
      service: {
        annotations: {
          ...(props.internal && { 'service.beta.kubernetes.io/openstack-internal-load-balancer': 'true' }),
          ...props.serviceAnnotations,
        },
        loadBalancerSourceRanges: sourceRanges,
      },
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'kubernetes.io/hostname',
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchLabels: { 'app.kubernetes.io/name': 'traefik' } },
        },
      ],
    });
  }
}
