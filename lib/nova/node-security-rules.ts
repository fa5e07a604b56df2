import { Cni, NodeTraffic, PodTransport } from '../contracts/cni';
import { LoadBalancerProvider } from '../contracts/openstack-cloud';
import { Cidr } from '../core/cidr';
import { IpFamily } from '../core/ip-family';
import { isKnown } from '../core/validation';
import { rangeNames } from './private/addresses';

/** The security groups of a cluster's nodes. */
export type NodeGroup = 'control-plane' | 'worker';
const GROUPS: readonly NodeGroup[] = ['control-plane', 'worker'];

/** From where a rule lets traffic in, or where it lets it go to. */
export type RuleSource = { readonly group: NodeGroup } | { readonly cidr: string };

/** A rule that lets traffic in, or out. Its key is its name for ever: Terraform knows the rule by it. */
export interface NodeRule {
  readonly key: string;
  readonly group: NodeGroup;
  /** Not known where nodes have both, and the source is a reference. */
  readonly family?: IpFamily;
  readonly from: RuleSource;
  /** Neutron's name or number. @default - every protocol */
  readonly protocol?: string;
  readonly fromPort?: number;
  readonly toPort?: number;
}

/** What the rules follow from. */
export interface NodeRulesInput {
  readonly cni: Cni;
  readonly loadBalancerProvider: LoadBalancerProvider;
  /** The nodes' subnet. */
  readonly nodeCidr: string;
  /** The nodes' subnet of the other IP family, if they have both. */
  readonly secondaryNodeCidr?: string;
  /** Whether the API's address is one that the control planes hand to each other (keepalived), and not a load balancer's. */
  readonly virtualApiAddress?: boolean;
  /** The subnet of the API's VIP. @default - the nodes' */
  readonly vipCidr?: string;
  /** Who may reach the API from outside. */
  readonly apiAllowedCidrs?: readonly string[];
  /** The cluster's own nodes as the outside sees them: with OVN they reach the API's public address under it. */
  readonly routerExternalAddress?: string;
  /** Clients of the services of type LoadBalancer. */
  readonly publicServiceCidrs?: readonly string[];
  /** Pods, where the pod network has no encapsulation. */
  readonly podCidr?: string;
  /** Pods' addresses of the other family. */
  readonly secondaryPodCidr?: string;
  /** Load balancers of Services, where they are in a subnet of their own. */
  readonly serviceSubnetCidr?: string;
  /** Who may log in by SSH. */
  readonly sshAllowedCidrs?: readonly string[];
  /** Whether pods on any node may scrape the control plane's metrics. */
  readonly controlPlaneMetrics?: boolean;
}

const API = 6443;
const ETCD = { fromPort: 2379, toPort: 2380 };
const ETCD_METRICS = 2381;
const KUBELET = 10250;
const CLOUD_CONTROLLER_METRICS = 10258;
const CONTROLLER_MANAGER_METRICS = 10257;
const SCHEDULER_METRICS = 10259;
const SSH = 22;
const NODE_PORTS = { fromPort: 30000, toPort: 32767 };
/** VRRP has no name that every release of Neutron gives back as it was given. */
const VRRP = '112';
/** IP in IP has no IPv6 (RFC 2003). */
const IPIP = '4';
/** The metadata service. DHCP and neighbour discovery are let through by Neutron itself. */
const METADATA = '169.254.169.254/32';

/**
 * The least that a cluster's nodes must let in, as a function of its pod network, its load balancers and its addresses.
 *
 * Amphorae forward from the nodes' subnet, so nothing else needs to come in, and access lists stand on the listeners. OVN keeps the client's address:
 * there, whoever may use the API or a service must be let in to the nodes themselves.
 */
export function nodeSecurityRules(input: NodeRulesInput): NodeRule[] {
  const { cni, nodeCidr, secondaryNodeCidr } = input;
  const nodeCidrs = [nodeCidr, secondaryNodeCidr];
  const families = familiesOf(input);
  const [family] = families;
  const ovn = input.loadBalancerProvider === LoadBalancerProvider.OVN;
  /** Clients reach the API's nodes under their own addresses. */
  const direct = ovn || input.virtualApiAddress;
  const tcp = (port: number) => ({ protocol: 'tcp', fromPort: port, toPort: port });
  const fromGroup = (key: string, group: NodeGroup, source: NodeGroup, what: (family: IpFamily) => Partial<NodeRule>): NodeRule[] =>
    families.map((own) => ({ key: `${key}-from-${source}${suffix(own, family)}`, group, family: own, from: { group: source }, ...what(own) }));
  const fromCidrs = (key: string, group: NodeGroup, cidrs: readonly (string | undefined)[], what: Partial<NodeRule>): NodeRule[] => {
    const given = cidrs.filter((cidr) => cidr !== undefined);
    const names = rangeNames(given);
    return given.map((cidr, i) => ({
      key: `${key}-from-${names[i]}`,
      group,
      family: familyOf(cidr, families),
      from: { cidr: canonical(cidr) },
      ...what,
    }));
  };

  const rules: NodeRule[] = [
    ...fromCidrs('api', 'control-plane', [...nodeCidrs, input.vipCidr, ...((direct && input.apiAllowedCidrs) || [])], tcp(API)),
    ...(input.virtualApiAddress ? fromGroup('vrrp', 'control-plane', 'control-plane', () => ({ protocol: VRRP })).slice(0, 1) : []),
    ...fromGroup('etcd', 'control-plane', 'control-plane', () => ({ protocol: 'tcp', ...ETCD })),
    ...GROUPS.flatMap((group) => GROUPS.flatMap((source) => fromGroup(`kubelet-of-${group}`, group, source, () => tcp(KUBELET)))),
    ...cni.nodeTraffic.flatMap((traffic) =>
      GROUPS.flatMap((group) =>
        GROUPS.flatMap((source) => fromGroup(`${slug(traffic)}-of-${group}`, group, source, (own) => ofTraffic(traffic, own))).filter(
          (rule) => !(rule.protocol === IPIP && rule.family === IpFamily.V6),
        ),
      ),
    ),
    // Load balancers, their monitors and the hairpin of OVN come from the nodes' subnet.
    ...(['tcp', 'udp'] as const).flatMap((protocol) => [
      ...fromCidrs(`node-ports-${protocol}`, 'worker', nodeCidrs, { protocol, ...NODE_PORTS }),
      ...(ovn ? fromCidrs(`node-ports-${protocol}`, 'worker', input.publicServiceCidrs ?? [], { protocol, ...NODE_PORTS }) : []),
    ]),
    // Without a tunnel Neutron sees pods under their own addresses. A node's port is also that of the pods on it, unless they have ports of their own:
    // whatever a node sends to a pod on another (webhooks, aggregated APIs, what a node port forwards) must pass, on any port.
    ...(cni.podTransport !== PodTransport.TUNNEL
      ? GROUPS.flatMap((group) => fromCidrs(`pods-of-${group}`, group, [input.podCidr, input.secondaryPodCidr], {}))
      : []),
    ...(cni.podTransport === PodTransport.ADDRESS_PAIRS || cni.podTransport === PodTransport.NEUTRON_ROUTES
      ? GROUPS.flatMap((group) => GROUPS.flatMap((source) => fromGroup(`to-pods-of-${group}`, group, source, () => ({}))))
      : []),
    ...GROUPS.flatMap((group) => fromCidrs(`services-of-${group}`, group, [input.serviceSubnetCidr], {})),
    ...GROUPS.flatMap((group) => fromCidrs(`ssh-of-${group}`, group, input.sshAllowedCidrs ?? [], tcp(SSH))),
    ...(input.controlPlaneMetrics
      ? [CONTROLLER_MANAGER_METRICS, CLOUD_CONTROLLER_METRICS, SCHEDULER_METRICS, ETCD_METRICS].flatMap((port) =>
          GROUPS.flatMap((source) => fromGroup(`metrics-${port}`, 'control-plane', source, () => tcp(port))),
        )
      : []),
  ];
  if (direct && family === IpFamily.V4 && (input.apiAllowedCidrs ?? []).length > 0 && input.routerExternalAddress !== undefined) {
    rules.push({ key: 'api-from-own-router', group: 'control-plane', family, from: { cidr: `${input.routerExternalAddress}/32` }, ...tcp(API) });
  }
  return withoutTwins(rules);
}

/**
 * What nodes may send where not everything is let out: to each other, to the metadata service, to pods and load balancers where those have addresses that
 * Neutron sees, and to the ranges that are given.
 */
export function nodeEgressRules(input: NodeRulesInput, allowedCidrs: readonly string[]): NodeRule[] {
  const families = familiesOf(input);
  const to = (key: string, cidr: string | undefined, what: Partial<NodeRule> = {}): NodeRule[] =>
    cidr === undefined
      ? []
      : GROUPS.map((group) => ({
          key: `egress-${key}-of-${group}`,
          group,
          family: familyOf(cidr, families),
          from: { cidr: canonical(cidr) },
          ...what,
        }));
  const pods = input.cni.podTransport === PodTransport.TUNNEL ? [] : [input.podCidr, input.secondaryPodCidr];
  const inside = [input.nodeCidr, input.secondaryNodeCidr, input.vipCidr, input.serviceSubnetCidr, ...pods];
  const allowed = rangeNames(allowedCidrs);
  return withoutTwins([
    ...inside.flatMap((cidr, i) => (cidr === undefined ? [] : to(isKnown(cidr) ? canonical(cidr) : `reference-${i}`, cidr))),
    ...to('metadata', METADATA, { protocol: 'tcp', fromPort: 80, toPort: 80 }),
    ...allowedCidrs.flatMap((cidr, i) => to(`allowed-${allowed[i]}`, cidr)),
  ]);
}

/** The IP families of the nodes, that of their first subnet first. */
export function familiesOf({ nodeCidr, secondaryNodeCidr }: Pick<NodeRulesInput, 'nodeCidr' | 'secondaryNodeCidr'>): IpFamily[] {
  return [nodeCidr, ...(secondaryNodeCidr === undefined ? [] : [secondaryNodeCidr])].map((cidr) => Cidr.of(cidr).family);
}

/** Rules of the first family have been there before those of a second: their names stay. */
function suffix(own: IpFamily, first: IpFamily): string {
  return own === first ? '' : `-${own.toLowerCase()}`;
}

/** Neutron refuses the same rule twice: a client range that is the nodes' own, or that was given twice. */
function withoutTwins(rules: readonly NodeRule[]): NodeRule[] {
  const seen = new Set<string>();
  return rules.filter(({ key, ...content }) => {
    const twin = JSON.stringify(content, Object.keys(content).concat('group', 'cidr').sort());
    return !seen.has(twin) && seen.add(twin);
  });
}

function ofTraffic({ protocol, fromPort, toPort }: NodeTraffic, family: IpFamily): Partial<NodeRule> {
  return {
    protocol: protocol === 'icmp' && family === IpFamily.V6 ? 'ipv6-icmp' : protocol,
    ...(fromPort !== undefined && { fromPort, toPort: toPort ?? fromPort }),
  };
}

function slug({ protocol, fromPort, toPort }: NodeTraffic): string {
  return ['pod-network', protocol, fromPort, toPort].filter((part) => part !== undefined).join('-');
}

/** As Neutron writes it back: a text that differs would be planned again for ever. */
function canonical(cidr: string): string {
  return isKnown(cidr) ? Cidr.of(cidr).toString() : cidr;
}

/** The family of a range: of a reference, the nodes' own where they have but one. */
function familyOf(cidr: string, [only, second]: readonly IpFamily[]): IpFamily | undefined {
  if (isKnown(cidr)) return Cidr.of(cidr).family;
  return second === undefined ? only : undefined;
}
