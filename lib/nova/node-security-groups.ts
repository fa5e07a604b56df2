import { Construct, IConstruct } from 'constructs';
import { familiesOf, NodeGroup, nodeEgressRules, NodeRule, NodeRulesInput, nodeSecurityRules } from './node-security-rules';
import { IClusterNetwork } from '../contracts/cluster-network';
import { Cni } from '../contracts/cni';
import { LoadBalancerProvider } from '../contracts/openstack-cloud';
import { parseCidr } from '../core/cidr-checks';
import { check, checkListKnown, fail } from '../core/validation';
import { ethertypeOf } from './private/addresses';
import { checkNeutronName, checkTags } from './private/names';
import { NetworkingSecgroupRuleV2 } from '../providers/openstack/networking-secgroup-rule-v2';
import { NetworkingSecgroupV2 } from '../providers/openstack/networking-secgroup-v2';

/** The security groups of a cluster's nodes: made by NodeSecurityGroups, or adopted. */
export interface INodeSecurityGroups extends IConstruct {
  /** Neutron's id of the group of control-plane nodes. */
  readonly controlPlaneGroupId: string;
  /** Neutron's id of the group of workers. */
  readonly workerGroupId: string;
}

/** Security groups that are there already. */
export interface NodeSecurityGroupsAttributes {
  /** Neutron's id of the group of control-plane nodes. */
  readonly controlPlaneGroupId: string;
  /** Neutron's id of the group of workers. It may be the same. */
  readonly workerGroupId: string;
}

/** Properties of NodeSecurityGroups. */
export interface NodeSecurityGroupsProps {
  /** The groups are named `<name>-control-plane` and `<name>-worker`. */
  readonly name: string;
  /** The nodes' network. */
  readonly network: IClusterNetwork;
  /** The pod network: what passes between nodes follows from it. */
  readonly cni: Cni;
  /** Who implements load balancers: OVN keeps the clients' addresses, so they are let in to the nodes themselves. */
  readonly loadBalancerProvider: LoadBalancerProvider;
  /**
   * Who may reach the Kubernetes API, besides the nodes, in CIDR notation. With OVN they become rules here; with amphora the access list of
   * ApiLoadBalancer does it, and only the nodes' subnet is let in.
   * @default - nobody else
   */
  readonly apiAllowedCidrs?: string[];
  /**
   * Whether the API's address is one that the control planes hand to each other (keepalived), and not a load balancer's: they then speak VRRP (IP protocol
   * 112) with each other, and `apiAllowedCidrs` become rules here.
   * @default false
   */
  readonly virtualApiAddress?: boolean;
  /**
   * Where nodes and pods may send to, in CIDR notation, besides each other and the metadata service: they need name servers, NTP, image registries,
   * and OpenStack's APIs.
   * @default - everywhere
   */
  readonly egressAllowedCidrs?: string[];
  /**
   * Clients of services of type LoadBalancer. With OVN they are let in to the node ports; amphorae come from the nodes' subnet.
   * @default - nobody: node ports are closed to clients
   */
  readonly publicServiceCidrs?: string[];
  /**
   * The subnet of the API's VIP.
   * @default - the nodes' subnet
   */
  readonly vipSubnetCidr?: string;
  /**
   * Addresses of pods: let in where the pod network has no encapsulation.
   * @default - none
   */
  readonly podCidr?: string;
  /**
   * Addresses of pods of the other IP family, as above.
   * @default - none
   */
  readonly secondaryPodCidr?: string;
  /**
   * The subnet of the load balancers of Services, where the pod network gives them one of their own: let in.
   * @default - none
   */
  readonly serviceSubnetCidr?: string;
  /**
   * Who may log in to the nodes by SSH: a bastion.
   * @default - nobody
   */
  readonly sshAllowedCidrs?: string[];
  /**
   * Whether the metrics of the control plane (10257 to 10259, and etcd's 2381) may be scraped from the nodes.
   * @default false
   */
  readonly controlPlaneMetrics?: boolean;
  /**
   * Tags of the groups.
   * @default - none
   */
  readonly tags?: string[];
}

/**
 * The security groups of a cluster's nodes: one for the control plane, one for the workers, with the least that Kubernetes, the pod network and the
 * load balancers need, and everything out unless `egressAllowedCidrs` says where to.
 *
 * Between nodes, rules are from group to group; 2379 and 2380 pass between control planes alone. Nothing is open to the world unless
 * `apiAllowedCidrs` or `publicServiceCidrs` says so.
 * Creates two groups without Neutron's default rules and one rule for each need, known to Terraform by a name that stays.
 * Errors: something that isn't a CIDR; a client range of an IP family that the nodes don't have.
 */
export class NodeSecurityGroups extends Construct implements INodeSecurityGroups {
  /** Adopts groups that are there already. Nothing is created: what the cluster needs must be in them, see this construct's own list. */
  public static fromGroupIds(scope: Construct, id: string, attributes: NodeSecurityGroupsAttributes): INodeSecurityGroups {
    return new AdoptedGroups(scope, id, attributes);
  }

  /** Neutron's id of the group of control-plane nodes. */
  public readonly controlPlaneGroupId: string;
  /** Neutron's id of the group of workers. */
  public readonly workerGroupId: string;
  /** The L1 group of control-plane nodes. */
  public readonly controlPlaneGroup: NetworkingSecgroupV2;
  /** The L1 group of workers. */
  public readonly workerGroup: NetworkingSecgroupV2;

  constructor(scope: Construct, id: string, props: NodeSecurityGroupsProps) {
    super(scope, id);
    const { name, network, tags } = props;
    checkNeutronName(this, 'name', name);
    checkTags(this, tags);
    const nodes = parseCidr(this, 'cidr of the network', network.cidr);
    if (nodes === undefined) {
      fail(this, { problem: 'cidr of the network must be known at synth, a reference was given', fix: 'give the text itself' });
    }
    const families = familiesOf({ nodeCidr: network.cidr, secondaryNodeCidr: network.secondarySubnet?.cidr });
    const { apiAllowedCidrs, publicServiceCidrs, sshAllowedCidrs, egressAllowedCidrs, podCidr, secondaryPodCidr, serviceSubnetCidr, vipSubnetCidr } =
      props;
    for (const [what, cidrs] of Object.entries({ apiAllowedCidrs, publicServiceCidrs, sshAllowedCidrs, egressAllowedCidrs })) {
      checkListKnown(this, what, cidrs);
      for (const cidr of cidrs ?? []) {
        const range = parseCidr(this, what, cidr);
        check(this, cidr, () => range === undefined || families.includes(range.family), {
          problem: `${what} must be of the nodes' family, ${families.join(' or ')}`,
          fix: `give ${families.join(' or ')} addresses`,
        });
      }
    }
    for (const [what, cidr] of Object.entries({ podCidr, secondaryPodCidr, serviceSubnetCidr, vipSubnetCidr })) {
      if (cidr !== undefined) parseCidr(this, what, cidr);
    }

    const group = (groupId: string, kind: NodeGroup) =>
      new NetworkingSecgroupV2(this, groupId, { name: `${name}-${kind}`, deleteDefaultRules: true, ...(tags && { tags }) });
    this.controlPlaneGroup = group('ControlPlane', 'control-plane');
    this.workerGroup = group('Worker', 'worker');
    const ids = { 'control-plane': this.controlPlaneGroup.id, worker: this.workerGroup.id };

    const input: NodeRulesInput = {
      ...props,
      nodeCidr: network.cidr,
      secondaryNodeCidr: network.secondarySubnet?.cidr,
      vipCidr: vipSubnetCidr,
      routerExternalAddress: network.routerExternalAddress,
    };
    for (const [kind, securityGroupId] of egressAllowedCidrs === undefined ? Object.entries(ids) : []) {
      for (const ethertype of ['IPv4', 'IPv6']) {
        new NetworkingSecgroupRuleV2(this, `${kind}-egress-${ethertype.toLowerCase()}`, { securityGroupId, direction: 'egress', ethertype });
      }
    }
    const add = (direction: 'ingress' | 'egress') => (rule: NodeRule) =>
      new NetworkingSecgroupRuleV2(this, `${rule.group}-${rule.key}`, {
        securityGroupId: ids[rule.group],
        direction,
        ethertype: rule.family ?? ('cidr' in rule.from ? ethertypeOf(rule.from.cidr, families) : families[0]),
        description: rule.key, // for whoever looks at the group; another text would replace the rule, and this one stays
        ...(rule.protocol !== undefined && { protocol: rule.protocol }),
        ...(rule.fromPort !== undefined && { portRangeMin: rule.fromPort, portRangeMax: rule.toPort }),
        ...('group' in rule.from ? { remoteGroupId: ids[rule.from.group] } : { remoteIpPrefix: rule.from.cidr }),
      });
    nodeSecurityRules(input).forEach(add('ingress'));
    if (egressAllowedCidrs !== undefined) nodeEgressRules(input, egressAllowedCidrs).forEach(add('egress'));
    this.controlPlaneGroupId = this.controlPlaneGroup.id;
    this.workerGroupId = this.workerGroup.id;
  }
}

class AdoptedGroups extends Construct implements INodeSecurityGroups {
  public readonly controlPlaneGroupId: string;
  public readonly workerGroupId: string;

  constructor(scope: Construct, id: string, attributes: NodeSecurityGroupsAttributes) {
    super(scope, id);
    this.controlPlaneGroupId = attributes.controlPlaneGroupId;
    this.workerGroupId = attributes.workerGroupId;
  }
}
