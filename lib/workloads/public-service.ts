import { DataKubernetesResources } from '@cdktf/provider-kubernetes/lib/data-kubernetes-resources';
import { ServiceV1 } from '@cdktf/provider-kubernetes/lib/service-v1';
import { Fn, TerraformResource, Token } from 'cdktf';
import { Construct } from 'constructs';
import { IpFamilyPolicy } from './ip-family-policy';
import { kubernetesName } from './kubernetes-name';
import { findNamespace } from './namespace';
import { octaviaAnnotations } from './octavia-annotations';
import { checkOctavia } from './octavia-checks';
import { OctaviaOptions } from './octavia-options';
import { checkFurtherPorts, checkPort, PORT_NAME } from './port-checks';
import { checkServed } from './served';
import { ServicePort, ServiceProtocol } from './service-port';
import { checkFamilies, servicePorts } from './service-ports';
import { checkLabels } from './workload-checks';
import { IWorkload } from './workload-contract';
import { IKubernetesCluster } from '../contracts/kubernetes-cluster';
import { LoadBalancerProvider } from '../contracts/openstack-cloud';
import { inOrder, Tier } from '../core/apply-order';
import { checkAddress, parseCidr } from '../core/cidr-checks';
import { IpFamily } from '../core/ip-family';
import { checkDnsLabel } from '../core/naming';
import { widenProviderRanges } from '../core/provider-ranges';
import { check, checkUnique, fail } from '../core/validation';

/** Which nodes take part. */
export enum ExternalTrafficPolicy {
  /** All nodes; they pass on what comes, and the pod sees a node's address as the client's. */
  CLUSTER = 'Cluster',
  /** Nodes with a pod of the workload; the pod sees the load balancer's address, with OVN the client's own. Needs the health monitor. */
  LOCAL = 'Local',
}

/** Properties of PublicService. */
export interface PublicServiceProps {
  /** The cluster. The stack's kubernetes provider must be logged in to it; OpenStackCloudController must run there. */
  readonly cluster: IKubernetesCluster;
  /** Port of the load balancer, 1 to 65535. */
  readonly port: number;
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
   * Port that the pods listen on.
   * @default - the workload's, else `port`
   */
  readonly targetPort?: number;
  /** @default ServiceProtocol.TCP */
  readonly protocol?: ServiceProtocol;
  /**
   * Further ports of the load balancer. With X-Forwarded-For or TLS by Barbican, all ports are of that kind.
   * @default - none
   */
  readonly furtherPorts?: ServicePort[];
  /**
   * How many IP families its address in the cluster is of. The load balancer has one address, of the first of `ipFamilies`.
   * @default IpFamilyPolicy.SINGLE_STACK
   */
  readonly ipFamilyPolicy?: IpFamilyPolicy;
  /**
   * Its IP families; the first one can't be changed. A load balancer with an IPv6 address has no floating IP.
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
   * Whether it gets no floating IP, and is reached from the cluster's network alone.
   * @default false
   */
  readonly internal?: boolean;
  /**
   * CIDRs of the clients that are let in. An empty list is an error.
   * @default - everybody who reaches its address
   */
  readonly sourceRanges?: string[];
  /**
   * With OVN, source ranges are rules of security groups, which the controller writes only with `manageSecurityGroups` in its CloudConfig.
   * Say true if that is so; otherwise `sourceRanges` with OVN is an error, since nobody would enforce them.
   * @default false
   */
  readonly securityGroupsManaged?: boolean;
  /**
   * A floating IP that is there already. It is kept when the Service goes, unless `octavia.keepFloatingIp` is false.
   * @default - a new one, which goes with the Service
   */
  readonly floatingIp?: string;
  /**
   * Address of an internal load balancer, in the subnet that it is made in. Decided at birth.
   * @default - any free one
   */
  readonly vipAddress?: string;
  /** @default ExternalTrafficPolicy.CLUSTER */
  readonly externalTrafficPolicy?: ExternalTrafficPolicy;
  /**
   * Options of the load balancer.
   * @default - those of the cluster's CloudConfig
   */
  readonly octavia?: OctaviaOptions;
  /**
   * Further labels of the Service.
   * @default - app.kubernetes.io/name and /managed-by alone
   */
  readonly labels?: { readonly [label: string]: string };
}

/**
 * Opens a workload to the world by an Octavia load balancer with a floating IP; or, with `internal`, to the cluster's network.
 *
 * Whoever reaches its address is let in unless `sourceRanges` says otherwise. With OVN, what comes in is also decided by the security groups of
 * the nodes (the cluster's `publicServiceCidrs`), because OVN passes on the client's address.
 * Within a stack it waits for the cloud controller; on the way back it is gone, load balancer and floating IP included, before that is.
 *
 * Creates a Service of type LoadBalancer. Errors: neither or both of workload and selector, names and ports that Kubernetes rejects, options that the
 * cloud's load-balancer provider doesn't have.
 */
export class PublicService extends Construct {
  /** Name of the Service. */
  public readonly serviceName: string;
  /** Its namespace. */
  public readonly namespaceName: string;
  /** Port of the load balancer. */
  public readonly port: number;
  /** The L1 `kubernetes_service_v1`. */
  public readonly resource: TerraformResource;

  private readonly service: ServiceV1;
  private readonly named: boolean;
  private found?: DataKubernetesResources;

  constructor(scope: Construct, id: string, props: PublicServiceProps) {
    super(scope, id);
    const { cluster, workload, octavia = {} } = props;
    const provider = cluster.openstack?.cloud.loadBalancerProvider;
    this.serviceName = props.name ?? kubernetesName(id);
    this.namespaceName = props.namespace ?? workload?.namespaceName ?? 'default';
    this.port = props.port;
    this.named = octavia.hostname !== undefined;
    this.checkProps(props, provider);
    checkOctavia(this, octavia, provider, { internal: props.internal ?? false, protocol: props.protocol ?? ServiceProtocol.TCP });
    widenProviderRanges(this);

    const namespace = findNamespace(this, this.namespaceName);
    this.service = new ServiceV1(this, 'Service', {
      metadata: {
        name: this.serviceName,
        namespace: this.namespaceName,
        labels: { ...props.labels, 'app.kubernetes.io/name': this.serviceName, 'app.kubernetes.io/managed-by': 'terraform' },
        annotations: octaviaAnnotations({ keepFloatingIp: props.floatingIp === undefined ? undefined : true, ...octavia }, props.internal ?? false),
      },
      spec: {
        type: 'LoadBalancer',
        selector: { ...(workload?.selectorLabels ?? props.selector) },
        port: servicePorts({ port: props.port, targetPort: props.targetPort ?? workload?.port, protocol: props.protocol }, props.furtherPorts),
        ipFamilyPolicy: props.ipFamilyPolicy,
        ipFamilies: props.ipFamilies,
        externalTrafficPolicy: props.externalTrafficPolicy ?? ExternalTrafficPolicy.CLUSTER,
        loadBalancerSourceRanges: props.sourceRanges,
        loadBalancerIp: props.floatingIp ?? props.vipAddress,
      },
      waitForLoadBalancer: true,
      timeouts: { create: '15m' },
      // The controller writes these two; without that, every plan would take them away.
      lifecycle: {
        ignoreChanges: ['address', ...(octavia.loadBalancerId === undefined ? ['id'] : [])].map(
          (part) => `metadata[0].annotations["loadbalancer.openstack.org/load-balancer-${part}"]`,
        ),
      },
      dependsOn: namespace ? [namespace] : [],
    });
    this.resource = this.service;
    inOrder(cluster, Tier.WORKLOAD, this.service);
  }

  /** Address of the load balancer: the floating IP, or the VIP if it is internal; with `octavia.hostname` that name. Known after apply. */
  public get address(): string {
    const ingress = this.service.status.get(0).loadBalancer.get(0).ingress.get(0);
    return this.named ? ingress.hostname : ingress.ip;
  }

  /**
   * Octavia's id of the load balancer, for another Service that shares it: `octavia: { loadBalancerId: web.loadBalancerId }`. The controller writes it to the Service, from
   * where it is read. Known after apply.
   */
  public get loadBalancerId(): string {
    this.found ??= new DataKubernetesResources(this, 'Found', {
      apiVersion: 'v1',
      kind: 'Service',
      namespace: this.namespaceName,
      fieldSelector: `metadata.name=${this.serviceName}`,
      dependsOn: [this.service],
    });
    return Token.asString(Fn.lookupNested(this.found.fqn, ['objects', 0, 'metadata', 'annotations', 'loadbalancer.openstack.org/load-balancer-id']));
  }

  private checkProps(props: PublicServiceProps, provider: LoadBalancerProvider | undefined): void {
    const { sourceRanges } = props;
    checkDnsLabel(this, 'name', this.serviceName);
    checkDnsLabel(this, 'namespace', this.namespaceName);
    checkPort(this, 'port', props.port);
    checkLabels(this, 'labels', props.labels);
    checkServed(this, props);
    const { port, protocol } = props;
    checkFurtherPorts(this, 'furtherPorts', { name: PORT_NAME, port, protocol }, props.furtherPorts);
    checkFamilies(this, props.cluster, props.ipFamilyPolicy, props.ipFamilies);
    check(this, sourceRanges, (ranges) => ranges.length > 0, {
      problem: 'sourceRanges is empty, which Kubernetes takes for everybody',
      fix: 'name the CIDRs that are let in, or leave it out for everybody',
    });
    for (const range of sourceRanges ?? []) parseCidr(this, 'sourceRanges', range);
    checkUnique(this, 'CIDR in sourceRanges', sourceRanges ?? []);
    if (sourceRanges !== undefined && provider === LoadBalancerProvider.OVN && props.securityGroupsManaged !== true) {
      fail(this, {
        problem: "sourceRanges would not be enforced: OVN's load balancers have no access list",
        value: sourceRanges,
        fix: "restrict clients by the cluster's publicServiceCidrs, or set manageSecurityGroups in its CloudConfig and securityGroupsManaged here",
      });
    }
    checkAddress(this, 'floatingIp', props.floatingIp);
    if (props.floatingIp !== undefined && props.internal) {
      fail(this, { problem: 'an internal Service has no floating IP', value: props.floatingIp, fix: 'leave out floatingIp or internal' });
    }
    checkAddress(this, 'vipAddress', props.vipAddress);
    if (props.vipAddress !== undefined && !props.internal) {
      fail(this, {
        problem: 'vipAddress is the address of an internal load balancer, and this one has a floating IP',
        value: props.vipAddress,
        fix: 'set internal, or give floatingIp instead',
      });
    }
    if (props.externalTrafficPolicy === ExternalTrafficPolicy.LOCAL && props.octavia?.healthMonitor === false) {
      fail(this, {
        problem: 'externalTrafficPolicy LOCAL needs the health monitor, which tells the load balancer on which nodes the pods are',
        fix: 'leave out octavia.healthMonitor',
      });
    }
  }
}
