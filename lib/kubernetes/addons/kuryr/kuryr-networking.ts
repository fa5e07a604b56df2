import { ITerraformDependable, Precondition } from 'cdktf';
import { Construct } from 'constructs';
import { KuryrCapacity } from '../../../contracts/cni';
import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { LoadBalancerProvider } from '../../../contracts/openstack-cloud';
import { checkInside, parseCidr } from '../../../core/cidr-checks';
import { plain } from '../../../core/plain';
import { attributeAddress } from '../../../core/replacement';
import { ServiceSubnet, serviceSubnetOf } from '../../../core/service-subnet';
import { check, checkInteger, checkListKnown, fail, isKnown } from '../../../core/validation';
import { DataOpenstackIdentityAuthScopeV3 } from '../../../providers/openstack/data-openstack-identity-auth-scope-v3';
import { DataOpenstackNetworkingQuotaV2 } from '../../../providers/openstack/data-openstack-networking-quota-v2';
import { DataOpenstackNetworkingSubnetV2 } from '../../../providers/openstack/data-openstack-networking-subnet-v2';
import { LbListenerV2 } from '../../../providers/openstack/lb-listener-v2';
import { LbLoadbalancerV2 } from '../../../providers/openstack/lb-loadbalancer-v2';
import { LbMembersV2 } from '../../../providers/openstack/lb-members-v2';
import { LbMonitorV2 } from '../../../providers/openstack/lb-monitor-v2';
import { LbPoolV2 } from '../../../providers/openstack/lb-pool-v2';
import { NetworkingNetworkV2 } from '../../../providers/openstack/networking-network-v2';
import { NetworkingRouterInterfaceV2 } from '../../../providers/openstack/networking-router-interface-v2';
import { NetworkingSecgroupRuleV2 } from '../../../providers/openstack/networking-secgroup-rule-v2';
import { NetworkingSecgroupV2 } from '../../../providers/openstack/networking-secgroup-v2';
import { NetworkingSubnetV2 } from '../../../providers/openstack/networking-subnet-v2';
import { NetworkingSubnetpoolV2 } from '../../../providers/openstack/networking-subnetpool-v2';
import { ClusterSweep } from '../../cluster-sweep';
import { sweepStep } from '../../sweep-step';
import { requireCloud } from '../private/cloud';

/** Properties of KuryrNetworking. */
export interface KuryrNetworkingProps {
  /** The cluster. Its `openstack` must be known; the stack's OpenStack provider logs in as a user of the cluster's project. */
  readonly cluster: IKubernetesCluster;
  /**
   * Neutron's id of the nodes' router.
   * @default - the cluster's; an error if that isn't known
   */
  readonly routerId?: string;
  /**
   * Addresses of the API servers in the nodes' subnet, where they answer on port 6443.
   * @default - the cluster's; an error if those aren't known
   */
  readonly apiServerAddresses?: string[];
  /**
   * Prefix length of each namespace's subnet: 20 to 28.
   * @default 24
   */
  readonly namespacePrefixLength?: number;
  /**
   * What the project's quotas must have room for.
   * @default - 250 pods, 50 Services, 20 namespaces
   */
  readonly capacity?: KuryrCapacity;
  /**
   * Whether a destroy also removes what Kuryr's controller made: ports on trunks, namespaces' networks, Services' load balancers. Volumes are never its.
   * @default ClusterSweep.enabled()
   */
  readonly sweep?: ClusterSweep;
}

/**
 * The OpenStack side of Kuryr: where pods and Services get their ports.
 *
 * Creates a subnet pool of `podCidr` (Kuryr cuts a subnet for each namespace from it) and from it the network and subnet of pods that have no other; the
 * network of Services with a subnet twice as large as `serviceCidr`, whose other half is Neutron's; an interface of the nodes' router in both; a security
 * group for pods that admits pods, Services' load balancers and nodes; and the load balancer of the Service `kubernetes`, with the API servers as members.
 *
 * Whatever Kuryr's controller makes later carries the tag `kuryr=<cluster>`. It is removed when this construct is destroyed, once the controller is gone: that needs
 * `node` and credentials of OpenStack where Terraform runs, which are tried when it is made.
 *
 * Errors: a cluster whose OpenStack, router or API servers aren't known; when Terraform plans, limits of the project that are too low for `capacity`
 * (ports, networks, subnets; nobody tells the limits of load balancers).
 */
export class KuryrNetworking extends Construct {
  /** Keystone's id of the project. */
  public readonly projectId: string;
  /** Neutron's id of the pool that namespaces' subnets are cut from. */
  public readonly subnetPoolId: string;
  /** Neutron's id of the subnet of pods that have no other. */
  public readonly podSubnetId: string;
  /** Neutron's id of the Services' subnet. */
  public readonly serviceSubnetId: string;
  /** Neutron's id of the pods' security group. */
  public readonly podSecurityGroupId: string;
  /** Neutron's id of the nodes' router. */
  public readonly routerId: string;
  /** The tag of what Kuryr's controller makes. */
  public readonly resourceTag: string;
  /** The L1 load balancer of the Service `kubernetes`. */
  public readonly loadBalancer: LbLoadbalancerV2;
  /** The last of it: to be depended upon by what needs all of this. */
  public readonly ready: ITerraformDependable[];

  private readonly tags: string[];

  constructor(scope: Construct, id: string, props: KuryrNetworkingProps) {
    super(scope, id);
    const { cluster } = props;
    const { clusterName } = cluster;
    const { cloud, subnetId } = requireCloud(this, cluster);
    const services = this.checked(cluster);
    this.routerId = props.routerId ?? cluster.openstack?.routerId ?? this.missing('router of its nodes', 'routerId');
    const apiServers = props.apiServerAddresses ?? cluster.apiServerAddresses ?? this.missing('addresses of its API servers', 'apiServerAddresses');
    checkListKnown(this, 'apiServerAddresses', apiServers);
    check(this, apiServers, (given) => given.length > 0, { problem: 'apiServerAddresses must not be empty', fix: 'give at least one' });
    const prefixLength = props.namespacePrefixLength ?? 24;
    checkInteger(this, 'namespacePrefixLength', prefixLength, { min: 20, max: 28 });
    check(this, cluster.podCidr, (cidr) => (parseCidr(this, 'podCidr', cidr)?.prefixLength ?? 0) <= prefixLength, {
      problem: `the cluster's podCidr has no room for a namespace's /${prefixLength}`,
      fix: 'raise namespacePrefixLength, or give the cluster a larger podCidr',
    });
    check(this, cluster.podMtu, (mtu) => !isKnown(cloud.tenantNetworkMtu) || mtu >= cloud.tenantNetworkMtu, {
      problem: `the nodes' network carries less than the ${cloud.tenantNetworkMtu} bytes that Kuryr's networks will have, the cloud's default: Neutron refuses them as subports`,
      fix: "give the nodes' network the MTU of the cloud's tenant networks",
    });
    this.tags = [`kubernetes-cluster=${clusterName}`];
    this.resourceTag = `kuryr=${clusterName}`;

    const login = new DataOpenstackIdentityAuthScopeV3(this, 'Scope', { name: 'own' });
    this.projectId = login.projectId;
    const nodes = new DataOpenstackNetworkingSubnetV2(this, 'NodeSubnet', { subnetId: plain(subnetId) });
    const pool = new NetworkingSubnetpoolV2(this, 'SubnetPool', {
      name: `${clusterName}-pods`,
      prefixes: [cluster.podCidr],
      ipVersion: 4,
      defaultPrefixlen: prefixLength,
      minPrefixlen: prefixLength,
      maxPrefixlen: prefixLength,
      tags: this.tags,
      lifecycle: { precondition: this.quotaChecks(props.capacity) },
    });
    this.subnetPoolId = pool.id;
    const podNetwork = this.network('PodNetwork', `${clusterName}-pods`, cluster.podMtu);
    const podSubnet = new NetworkingSubnetV2(this, 'PodSubnet', {
      name: `${clusterName}-pods`,
      networkId: podNetwork.id,
      subnetpoolId: pool.id,
      prefixLength,
      ipVersion: 4,
      enableDhcp: false, // Kuryr configures pods by itself
      tags: this.tags,
    });
    this.podSubnetId = podSubnet.id;
    const serviceNetwork = this.network('ServiceNetwork', `${clusterName}-services`, cluster.podMtu);
    const serviceSubnet = new NetworkingSubnetV2(this, 'ServiceSubnet', {
      name: `${clusterName}-services`,
      networkId: serviceNetwork.id,
      cidr: services.cidr,
      ipVersion: 4,
      enableDhcp: false,
      gatewayIp: services.gateway,
      allocationPool: [services.pool],
      tags: this.tags,
    });
    this.serviceSubnetId = serviceSubnet.id;
    const routed = [
      new NetworkingRouterInterfaceV2(this, 'PodRouterInterface', { routerId: plain(this.routerId), subnetId: podSubnet.id }),
      new NetworkingRouterInterfaceV2(this, 'ServiceRouterInterface', { routerId: plain(this.routerId), subnetId: serviceSubnet.id }),
    ];
    this.podSecurityGroupId = this.securityGroup(`${clusterName}-pods`, {
      pods: cluster.podCidr,
      services: services.cidr,
      nodes: nodes.cidr,
    });

    const ovn = cloud.loadBalancerProvider === LoadBalancerProvider.OVN;
    const name = `${clusterName}-kubernetes-service`;
    this.loadBalancer = new LbLoadbalancerV2(this, 'LoadBalancer', {
      name,
      loadbalancerProvider: cloud.loadBalancerProvider,
      vipSubnetId: serviceSubnet.id,
      vipAddress: services.apiAddress,
      adminStateUp: true,
      tags: this.tags,
      dependsOn: routed,
    });
    const listener = new LbListenerV2(this, 'Listener', {
      name,
      loadbalancerId: this.loadBalancer.id,
      protocol: 'TCP',
      protocolPort: 443,
      // Watches are quiet for long; kuryr's own load balancers keep Octavia's defaults.
      ...(!ovn && { timeoutClientData: HOUR_MS, timeoutMemberData: HOUR_MS }),
    });
    const members = new LbPoolV2(this, 'Pool', {
      name,
      listenerId: listener.id,
      protocol: 'TCP',
      lbMethod: ovn ? 'SOURCE_IP_PORT' : 'ROUND_ROBIN',
    });
    const monitor = new LbMonitorV2(this, 'Monitor', {
      name,
      poolId: members.id,
      delay: 5,
      timeout: 3,
      maxRetries: 3,
      ...(ovn ? { type: 'TCP' } : { type: 'HTTPS', urlPath: '/readyz', httpMethod: 'GET', expectedCodes: '200' }),
    });
    const balanced = new LbMembersV2(this, 'Members', {
      poolId: members.id,
      // Amphorae go through the router: in the nodes' subnet they would need a port of their own. OVN must know the members' subnet.
      member: apiServers.map((address, i) => ({
        name: `control-plane-${i}`,
        address: plain(address),
        protocolPort: 6443,
        ...(ovn && { subnetId: plain(subnetId) }),
      })),
      dependsOn: [monitor],
    });
    const { sweep = ClusterSweep.enabled() } = props;
    // On destroy, the controller goes before it, and what is Terraform's after it.
    this.ready = sweep.isEnabled
      ? [sweepStep(this, 'Sweep', { sweep, cloud, clusterName, projectId: this.projectId, kuryr: 'only', dependsOn: [balanced, ...routed] })]
      : [balanced];
  }

  private checked(cluster: IKubernetesCluster): ServiceSubnet {
    for (const [name, cidr] of Object.entries({ podCidr: cluster.podCidr, serviceCidr: cluster.serviceCidr })) {
      if (parseCidr(this, name, cidr) === undefined) {
        fail(this, { problem: `the cluster's ${name} must be known at synth, a reference was given`, fix: 'give the text itself' });
      }
    }
    const subnet = serviceSubnetOf(cluster.serviceCidr)!;
    checkInside(this, 'address of the Service `kubernetes`', subnet.apiAddress, subnet.cidr);
    return subnet;
  }

  private missing(what: string, prop: string): never {
    return fail(this, { problem: `the cluster doesn't tell the ${what}`, fix: `give ${prop}` });
  }

  private network(id: string, name: string, mtu: number): NetworkingNetworkV2 {
    return new NetworkingNetworkV2(this, id, { name, mtu, adminStateUp: true, tags: this.tags });
  }

  private securityGroup(name: string, sources: { readonly [name: string]: string }): string {
    const { id } = new NetworkingSecgroupV2(this, 'PodSecurityGroup', {
      name,
      description: 'Pods that no network policy is about',
      deleteDefaultRules: true,
      tags: this.tags,
    });
    new NetworkingSecgroupRuleV2(this, 'Egress', { securityGroupId: id, direction: 'egress', ethertype: 'IPv4' });
    for (const [source, remoteIpPrefix] of Object.entries(sources)) {
      new NetworkingSecgroupRuleV2(this, `From-${source}`, {
        securityGroupId: id,
        direction: 'ingress',
        ethertype: 'IPv4',
        description: `from-${source}`,
        remoteIpPrefix,
      });
    }
    return id;
  }

  private quotaChecks(capacity: KuryrCapacity = { pods: 250, services: 50, namespaces: 20 }): Precondition[] {
    const { pods, services, namespaces } = capacity;
    for (const [name, value] of Object.entries({ pods, services, namespaces })) checkInteger(this, `capacity.${name}`, value, { min: 1 });
    const quota = new DataOpenstackNetworkingQuotaV2(this, 'Quota', { projectId: this.projectId });
    const needs = {
      port: { what: 'ports', need: pods + 2 * services + namespaces + 6 }, // a virtual address and an amphora's own; routers' interfaces
      network: { what: 'networks', need: namespaces + 2 },
      subnet: { what: 'subnets', need: namespaces + 2 },
      security_group: { what: 'security groups', need: namespaces + 1 },
    };
    return Object.entries(needs).map(([attribute, { what, need }]) => {
      const limit = attributeAddress(quota, attribute);
      return {
        condition: `\${${limit} < 0 || ${need} <= ${limit}}`, // -1 is without a limit
        errorMessage:
          `${this.node.path}: Kuryr needs up to ${need} ${what} (Neutron: ${attribute}) for ${pods} pods, ${services} Services and ${namespaces} namespaces, ` +
          `and the project's limit is \${${limit}}; have the quota raised, or give a smaller capacity`,
      };
    });
  }
}

const HOUR_MS = 3_600_000;
