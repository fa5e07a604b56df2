import { nodePrefixLength } from './node-prefix-length';
import { IClusterNetwork } from '../contracts/cluster-network';
import { Cni } from '../contracts/cni';
import { assertDisjoint, checkUsable, parseCidr } from '../core/cidr-checks';
import { IpFamily } from '../core/ip-family';
import { serviceSubnetOf } from '../core/service-subnet';
import { check, fail, isKnown, Where } from '../core/validation';

/** The ranges of a cluster's pods and services. The first ones are of the family of the nodes' first subnet. */
export interface ClusterRanges {
  readonly podCidr: string;
  readonly serviceCidr: string;
  /** Of the other IP family, if nodes have addresses of both. */
  readonly secondaryPodCidr?: string;
  readonly secondaryServiceCidr?: string;
}

/** What a user says of them. */
export type RangeOptions = Partial<ClusterRanges>;

type Nodes = Pick<IClusterNetwork, 'cidr' | 'secondarySubnet'>;

const DEFAULTS = {
  [IpFamily.V4]: { pod: '10.244.0.0/16', service: '10.96.0.0/12' },
  [IpFamily.V6]: { pod: 'fd00:10:244::/48', service: 'fd00:10:96::/112' },
};
/** Prefix lengths that kubeadm and the controller manager take, with a /24 (IPv4) or a /64 (IPv6) of the pods' range for each node. */
const LENGTHS = {
  [IpFamily.V4]: { pod: [8, 24], service: [12, 28] },
  [IpFamily.V6]: { pod: [48, 64], service: [108, 124] },
};

/** The families of a cluster's nodes, that of the first subnet first. */
export function nodeFamilies({ cidr, secondarySubnet }: Nodes): IpFamily[] {
  return [cidr, ...(secondarySubnet ? [secondarySubnet.cidr] : [])].map((text) => parseCidr('network', 'cidr', text)?.family ?? IpFamily.V4);
}

/** The ranges of the nodes themselves, separated by commas. */
export function nodeRanges({ cidr, secondarySubnet }: Nodes): string {
  return secondarySubnet === undefined ? cidr : `${cidr},${secondarySubnet.cidr}`;
}

/**
 * How many nodes a cluster can have at the same time: all slots and workers, and of the largest pool twice as many, since new workers are there before the former
 * ones go.
 */
export function mostNodes(slots: number, pools: readonly number[]): number {
  return slots + pools.reduce((sum, workers) => sum + workers, 0) + Math.max(0, ...pools);
}

/** Throws if that many nodes have no room in the range of pods, or in the nodes' own. */
export function checkRoom(
  where: Where,
  nodes: number,
  { network, cni, ...ranges }: ClusterRanges & { readonly network: Nodes; readonly cni: Cni },
): void {
  const fix = 'give a larger range; it can never be changed';
  const needed = `slots and workers, and of the largest pool twice as many while it is rolled, are ${nodes} nodes`;
  // The first and the last address are nobody's; the gateway has one, DHCP up to two, the API one, and one is its load balancer's own.
  const room = (text: string) => (parseCidr(where, 'cidr of the network', text)?.addressCount ?? Infinity) - 7;
  for (const text of [network.cidr, network.secondarySubnet?.cidr]) {
    if (text === undefined || room(text) >= nodes) continue;
    fail(where, { problem: `${needed}, and the nodes' range has room for ${Math.max(0, room(text))}`, value: text, fix });
  }
  for (const [name, text] of Object.entries({ podCidr: ranges.podCidr, secondaryPodCidr: ranges.secondaryPodCidr })) {
    const range = text === undefined ? undefined : parseCidr(where, name, text);
    const perNode = range && nodePrefixLength(cni, range);
    if (range === undefined || perNode === undefined || 2 ** (perNode - range.prefixLength) >= nodes) continue;
    const problem = `${needed}, and ${name} has room for ${2 ** (perNode - range.prefixLength)}, with a /${perNode} for each`;
    fail(where, { problem, value: range.toString(), fix });
  }
}

/** What is given, and for the rest the usual ranges of the nodes' families. */
export function clusterRanges(given: RangeOptions, network: Nodes): ClusterRanges {
  const [first, second] = nodeFamilies(network);
  return {
    podCidr: given.podCidr ?? DEFAULTS[first].pod,
    serviceCidr: given.serviceCidr ?? DEFAULTS[first].service,
    ...(second === undefined
      ? {}
      : {
          secondaryPodCidr: given.secondaryPodCidr ?? DEFAULTS[second].pod,
          secondaryServiceCidr: given.secondaryServiceCidr ?? DEFAULTS[second].service,
        }),
  };
}

/** Throws if the ranges of pods, services, nodes and the cloud's own hosts don't go together. */
export function checkRanges(
  where: Where,
  given: RangeOptions,
  cluster: ClusterRanges & { readonly network: Nodes; readonly cni: Cni },
  hostCidrs: readonly string[] = [],
): void {
  const { network, cni } = cluster;
  const [first, second] = nodeFamilies(network);
  for (const name of ['secondaryPodCidr', 'secondaryServiceCidr'] as const) {
    if (given[name] === undefined || second !== undefined) continue;
    fail(where, {
      problem: `${name} is given, and the nodes have addresses of ${first} alone`,
      value: isKnown(given[name]) ? given[name] : undefined,
      fix: 'leave it out, or give the nodes a second subnet: secondaryNodeCidr, or a network that has one',
    });
  }
  const one = (name: string, text: string | undefined, what: 'pod' | 'service', family: IpFamily) => {
    const range = text === undefined ? undefined : parseCidr(where, name, text);
    if (range === undefined) return;
    checkUsable(where, name, range);
    check(where, text, () => range.family === family, {
      problem: `${name} must be ${family}, as the nodes' ${family === first ? 'first' : 'second'} subnet is`,
      fix: `give an ${family} range, for example ${DEFAULTS[family][what]}`,
    });
    const [min, max] = LENGTHS[family][what];
    check(where, text, () => range.prefixLength >= min && range.prefixLength <= max, {
      problem: `${name} must have a prefix length from ${min} to ${max}`,
      fix: `use one, for example ${DEFAULTS[family][what]}`,
    });
  };
  one('podCidr', cluster.podCidr, 'pod', first);
  one('serviceCidr', cluster.serviceCidr, 'service', first);
  if (second !== undefined) {
    one('secondaryPodCidr', cluster.secondaryPodCidr, 'pod', second);
    one('secondaryServiceCidr', cluster.secondaryServiceCidr, 'service', second);
  }
  if (cni.needsTrunkPorts && (second !== undefined || first === IpFamily.V6)) {
    fail(where, { problem: 'pods with Neutron ports of their own (Kuryr) are IPv4 alone here', value: network.cidr, fix: 'give an IPv4 network' });
  }
  const ranges: { [name: string]: string | undefined } = {
    podCidr: cluster.podCidr,
    serviceCidr: cluster.serviceCidr,
    'cidr of the network': network.cidr,
    secondaryPodCidr: cluster.secondaryPodCidr,
    secondaryServiceCidr: cluster.secondaryServiceCidr,
    'second cidr of the network': network.secondarySubnet?.cidr,
  };
  // The hosts' networks may overlap each other: that is the cloud's business.
  assertDisjoint(where, ranges);
  if (cni.needsTrunkPorts) {
    // Services have half a subnet of Neutron's
    assertDisjoint(where, {
      ...ranges,
      serviceCidr: undefined,
      "the Services' subnet, twice serviceCidr": serviceSubnetOf(cluster.serviceCidr)?.cidr,
    });
  }
  for (const cidr of hostCidrs) {
    for (const [range, text] of Object.entries(ranges)) assertDisjoint(where, { [`the cloud's own hosts' ${cidr}`]: cidr, [range]: text });
  }
}
