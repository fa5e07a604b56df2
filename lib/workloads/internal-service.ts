import { ServiceV1 } from '@cdktf/provider-kubernetes/lib/service-v1';
import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { IpFamilyPolicy } from './ip-family-policy';
import { kubernetesName } from './kubernetes-name';
import { findNamespace } from './namespace';
import { checkFurtherPorts, checkPort, PORT_NAME } from './port-checks';
import { checkServed, servedPort } from './served';
import { ServicePort, ServiceProtocol } from './service-port';
import { checkFamilies, servicePorts } from './service-ports';
import { checkLabels } from './workload-checks';
import { IWorkload } from './workload-contract';
import { IKubernetesCluster } from '../contracts/kubernetes-cluster';
import { inOrder, Tier } from '../core/apply-order';
import { IpFamily } from '../core/ip-family';
import { checkDnsLabel } from '../core/naming';
import { widenProviderRanges } from '../core/provider-ranges';

/** Properties of InternalService. */
export interface InternalServiceProps {
  /** The cluster. The stack's kubernetes provider must be logged in to it. */
  readonly cluster: IKubernetesCluster;
  /**
   * What is served.
   * @default - the pods that `selector` names; one of the two is needed
   */
  readonly workload?: IWorkload;
  /**
   * Labels of the pods that are served.
   * @default - the workload's
   */
  readonly selector?: { readonly [label: string]: string };
  /**
   * Port of the Service, 1 to 65535.
   * @default - the workload's
   */
  readonly port?: number;
  /**
   * Port that the pods listen on.
   * @default - the workload's, else `port`
   */
  readonly targetPort?: number;
  /** @default ServiceProtocol.TCP */
  readonly protocol?: ServiceProtocol;
  /**
   * Further ports.
   * @default - none
   */
  readonly furtherPorts?: ServicePort[];
  /**
   * How many IP families its address is of.
   * @default IpFamilyPolicy.SINGLE_STACK
   */
  readonly ipFamilyPolicy?: IpFamilyPolicy;
  /**
   * Its IP families; the first one can't be changed.
   * @default - the cluster's, in the cluster's order
   */
  readonly ipFamilies?: IpFamily[];
  /**
   * Name of the Service.
   * @default - the construct's id in kebab case
   */
  readonly name?: string;
  /**
   * Namespace.
   * @default - the workload's, else default
   */
  readonly namespace?: string;
  /**
   * Whether a client stays with the pod that it had first.
   * @default false
   */
  readonly stickyClients?: boolean;
  /**
   * Whether its name stands for the pods' own addresses, without one of its own.
   * @default false
   */
  readonly headless?: boolean;
  /**
   * Further labels of the Service.
   * @default - app.kubernetes.io/name and /managed-by alone
   */
  readonly labels?: { readonly [label: string]: string };
}

/**
 * A name and an address under which pods of the cluster reach a workload; nobody else does. No load balancer is made.
 *
 * For clients of the cluster's network outside of Kubernetes there is `PublicService` with `internal`.
 *
 * Creates a Service of type ClusterIP. Errors: neither or both of workload and selector, no port, names and ports that Kubernetes rejects.
 */
export class InternalService extends Construct {
  /** Name of the Service. */
  public readonly serviceName: string;
  /** Its namespace. */
  public readonly namespaceName: string;
  /** Its port. */
  public readonly port: number;
  /** Name under which pods of the cluster reach it. */
  public readonly host: string;
  /** The L1 `kubernetes_service_v1`. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: InternalServiceProps) {
    super(scope, id);
    const { cluster, workload } = props;
    this.serviceName = props.name ?? kubernetesName(id);
    this.namespaceName = props.namespace ?? workload?.namespaceName ?? 'default';
    this.host = `${this.serviceName}.${this.namespaceName}.svc.cluster.local`;
    checkDnsLabel(this, 'name', this.serviceName);
    checkDnsLabel(this, 'namespace', this.namespaceName);
    checkLabels(this, 'labels', props.labels);
    checkServed(this, props);
    this.port = props.port ?? servedPort(this, props);
    checkPort(this, 'port', this.port);
    checkFurtherPorts(this, 'furtherPorts', { name: PORT_NAME, port: this.port, protocol: props.protocol }, props.furtherPorts);
    checkFamilies(this, cluster, props.ipFamilyPolicy, props.ipFamilies);
    widenProviderRanges(this);

    const namespace = findNamespace(this, this.namespaceName);
    this.resource = new ServiceV1(this, 'Service', {
      metadata: {
        name: this.serviceName,
        namespace: this.namespaceName,
        labels: { ...props.labels, 'app.kubernetes.io/name': this.serviceName, 'app.kubernetes.io/managed-by': 'terraform' },
      },
      spec: {
        type: 'ClusterIP',
        clusterIp: props.headless ? 'None' : undefined,
        selector: { ...(workload?.selectorLabels ?? props.selector) },
        sessionAffinity: props.stickyClients ? 'ClientIP' : 'None',
        port: servicePorts({ port: this.port, targetPort: props.targetPort ?? workload?.port, protocol: props.protocol }, props.furtherPorts),
        ipFamilyPolicy: props.ipFamilyPolicy,
        ipFamilies: props.ipFamilies,
      },
      dependsOn: namespace ? [namespace] : [],
    });
    inOrder(cluster, Tier.WORKLOAD, this.resource);
  }
}
