import { Fn, ITerraformDependable, Op, Token } from 'cdktf';
import { Construct } from 'constructs';
import { listenerSettings, sortedCidrs } from './api-listener';
import { ServerPort } from './server-port';
import { IClusterNetwork } from '../contracts/cluster-network';
import { IOpenStackCloud, LoadBalancerProvider } from '../contracts/openstack-cloud';
import { checkHostAddress, parseCidr } from '../core/cidr-checks';
import { IpFamily } from '../core/ip-family';
import { check, checkInteger, checkListKnown, checkUnique, fail, isKnown } from '../core/validation';
import { asNeutron } from './private/addresses';
import { checkFloatingIpAddress, makeFloatingIp } from './private/floating-ip';
import { checkNeutronName, checkTags } from './private/names';
import { inSameStack } from '../core/same-stack';
import { LbListenerV2 } from '../providers/openstack/lb-listener-v2';
import { LbLoadbalancerV2 } from '../providers/openstack/lb-loadbalancer-v2';
import { LbMembersV2 } from '../providers/openstack/lb-members-v2';
import { LbMonitorV2 } from '../providers/openstack/lb-monitor-v2';
import { LbPoolV2 } from '../providers/openstack/lb-pool-v2';

const API_PORT = 6443;

/** Properties of ApiLoadBalancer. */
export interface ApiLoadBalancerProps {
  /** Name of the load balancer in Octavia; its parts are named after it. */
  readonly name: string;
  /** The control planes' network: the VIP is in its subnet. */
  readonly network: IClusterNetwork;
  /** The ports of the control-plane servers, at least one. They are known by their names. */
  readonly memberPorts: ServerPort[];
  /**
   * The cloud, for its load-balancer provider.
   * @default - `provider` is given
   */
  readonly cloud?: IOpenStackCloud;
  /**
   * Who implements it.
   * @default - the cloud's
   */
  readonly provider?: LoadBalancerProvider;
  /**
   * Who may reach the API, besides the nodes, in CIDR notation. With amphora this is the listener's access list; OVN has none,
   * there NodeSecurityGroups lets them in by its `apiAllowedCidrs`: give it the same.
   * @default - nobody else
   */
  readonly allowedCidrs?: string[];
  /**
   * Whether the VIP gets a floating IP from the external network. Needs `allowedCidrs`, and an IPv4 network.
   * @default false
   */
  readonly floatingIp?: boolean;
  /**
   * Address of a floating IP that the project has already, in place of a new one: it stays when this goes. Needs `floatingIp`. One that
   * was made here goes when it is named instead: take it out of the state first (`terraform state rm`).
   * @default - one is made
   */
  readonly floatingIpAddress?: string;
  /**
   * The VIP, in the network's (first) subnet. Settled when the load balancer is made.
   * @default - Neutron chooses
   */
  readonly vipAddress?: string;
  /**
   * Seconds after which an idle connection is cut, 1 to 86400. Octavia's own 50 would cut `kubectl exec` and watches. Amphora only.
   * @default 600
   */
  readonly idleTimeoutSeconds?: number;
  /**
   * Octavia's id of a load-balancer flavor (for a pair of amphorae, for instance). Settled when the load balancer is made. Amphora only.
   * @default - Octavia's default flavor
   */
  readonly flavorId?: string;
  /**
   * Octavia's availability zone. Settled when the load balancer is made. Amphora only.
   * @default - Octavia's choice
   */
  readonly availabilityZone?: string;
  /**
   * Tags.
   * @default - none
   */
  readonly tags?: string[];
  /**
   * What must be there before it is made.
   * @default - the network
   */
  readonly dependsOn?: ITerraformDependable[];
}

/**
 * The load balancer before a cluster's API servers: TCP 6443, passed through, to the members that are ready.
 *
 * Creates a load balancer, listener, pool, monitor and members one after the other (Octavia locks a load balancer while it changes one of them),
 * and with `floatingIp` a floating IP (unless one is given), apart from the VIP so that it outlives it. Nodes use the VIP, never the floating IP: an access list that
 * forgets them can't lock them out.
 * Errors: amphora options with OVN; a floating IP without `allowedCidrs` or on IPv6; a range of the other IP family; two ports of one name.
 */
export class ApiLoadBalancer extends Construct {
  /** The address inside the network: what nodes use. */
  public readonly vipAddress: string;
  /** The floating IP, if there is one. */
  public readonly publicAddress?: string;
  /** The L1 load balancer. */
  public readonly resource: LbLoadbalancerV2;
  /** The L1 listener. */
  public readonly listener: LbListenerV2;
  /** To be depended upon by what uses the API: the last part has been made. */
  public readonly ready: ITerraformDependable[];

  constructor(scope: Construct, id: string, props: ApiLoadBalancerProps) {
    super(scope, id);
    const { name, network, memberPorts, allowedCidrs, tags } = props;
    const provider = props.provider ?? props.cloud?.loadBalancerProvider;
    if (provider === undefined) {
      fail(this, { problem: 'neither cloud nor provider is given', fix: 'give the cloud, or LoadBalancerProvider.AMPHORA or .OVN' });
    }
    const ovn = provider === LoadBalancerProvider.OVN;
    checkNeutronName(this, 'name', name);
    checkTags(this, tags);
    check(this, memberPorts, (ports) => ports.length > 0, {
      problem: 'memberPorts must not be empty',
      fix: 'give the ports of the control-plane servers',
    });
    checkUnique(
      this,
      'name of a member port',
      memberPorts.map((port) => port.portName),
    );
    checkInteger(this, 'idleTimeoutSeconds', props.idleTimeoutSeconds, { min: 1, max: 86400 });
    const { idleTimeoutSeconds, flavorId, availabilityZone } = props;
    for (const [option, value] of Object.entries({ idleTimeoutSeconds, flavorId, availabilityZone })) {
      if (ovn && value !== undefined) {
        fail(this, {
          problem: `${option} is an option of amphora load balancers, the provider is ovn`,
          value: isKnown(value) ? value : undefined,
          fix: 'remove it, or use LoadBalancerProvider.AMPHORA',
        });
      }
    }
    const family = parseCidr(this, 'cidr of the network', network.cidr)?.family;
    checkHostAddress(this, 'vipAddress', props.vipAddress, network.cidr);
    checkFloatingIpAddress(this, props);
    checkListKnown(this, 'allowedCidrs', allowedCidrs);
    for (const cidr of allowedCidrs ?? []) {
      const range = parseCidr(this, 'allowedCidrs', cidr);
      check(this, cidr, () => range === undefined || family === undefined || range.family === family, {
        problem: `allowedCidrs must be of the VIP's family, ${family}`,
        fix: `give ${family} addresses`,
      });
    }
    if (props.floatingIp && family === IpFamily.V6) {
      fail(this, {
        problem: 'floatingIp is not possible, Neutron has none for IPv6',
        value: network.cidr,
        fix: 'leave it out: IPv6 addresses are reachable as they are',
      });
    }
    if (props.floatingIp && (allowedCidrs ?? []).length === 0) {
      fail(this, {
        problem: 'floatingIp without allowedCidrs would be of no use, since nobody but the nodes may reach the API',
        fix: "say who may in allowedCidrs, for example ['198.51.100.0/24'], or ['0.0.0.0/0'] for the whole world",
      });
    }

    const settings = listenerSettings(provider);
    const ownTags = tags && { tags };
    this.resource = new LbLoadbalancerV2(this, 'LoadBalancer', {
      name,
      loadbalancerProvider: provider,
      vipSubnetId: network.subnetId,
      ...(props.vipAddress !== undefined && { vipAddress: asNeutron(props.vipAddress) }),
      adminStateUp: true,
      ...(flavorId !== undefined && { flavorId }),
      ...(availabilityZone !== undefined && { availabilityZone }),
      ...ownTags,
      // OVN's flows are those of the router, too; an amphora boots meanwhile
      dependsOn: inSameStack(this, [...(ovn ? network.routed : []), ...(props.dependsOn ?? [])]),
      // Another one would be another load balancer, with another VIP, which no node knows.
      lifecycle: { ignoreChanges: ['availability_zone', 'flavor_id', 'vip_address'] },
    });
    const idleMs = milliseconds(props.idleTimeoutSeconds ?? 600);
    this.listener = new LbListenerV2(this, 'Listener', {
      name,
      loadbalancerId: this.resource.id,
      protocol: 'TCP',
      protocolPort: API_PORT,
      ...(!ovn && { allowedCidrs: this.accessList(props), timeoutClientData: idleMs, timeoutMemberData: idleMs }),
      ...ownTags,
    });
    const pool = new LbPoolV2(this, 'Pool', { name, listenerId: this.listener.id, protocol: 'TCP', lbMethod: settings.lbMethod });
    const monitor = new LbMonitorV2(this, 'Monitor', { name, poolId: pool.id, delay: 5, timeout: 3, maxRetries: 3, ...settings.monitor });
    const members = new LbMembersV2(this, 'Members', {
      poolId: pool.id,
      member: memberPorts.map((port) => ({ name: port.portName, address: port.address, protocolPort: API_PORT, subnetId: network.subnetId })),
      dependsOn: [monitor],
    });
    this.ready = [members];
    this.vipAddress = this.resource.vipAddress;
    if (props.floatingIp) {
      const { floatingIpAddress: address } = props;
      const dependsOn = inSameStack(this, [...network.routed, members]);
      const { publicAddress, association } = makeFloatingIp(this, { network, portId: this.resource.vipPortId, address, tags, dependsOn });
      this.publicAddress = publicAddress;
      this.ready.push(association);
    }
  }

  /** The nodes stay admitted by their own addresses, and by their router's should one of them use the floating IP. */
  private accessList({ network, allowedCidrs = [], floatingIp }: ApiLoadBalancerProps): string[] {
    const router =
      floatingIp && network.routerExternalAddress !== undefined ? [Token.asString(Fn.format('%s/32', [network.routerExternalAddress]))] : [];
    const list = sortedCidrs([network.cidr, ...allowedCidrs, ...router]);
    return isKnown(list) ? list : Token.asList(Fn.sort(Fn.distinct(list)));
  }
}

function milliseconds(seconds: number): number {
  return isKnown(seconds) ? seconds * 1000 : Token.asNumber(Op.mul(seconds, 1000));
}
