import { Cni, PodTransport } from '../contracts/cni';
import { Cidr } from '../core/cidr';
import { IpFamily } from '../core/ip-family';

/** Prefix lengths of what the controller manager gives each node, unless told otherwise (`--node-cidr-mask-size-ipv4` and `-ipv6`). */
const CONTROLLER_MANAGER = { [IpFamily.V4]: 24, [IpFamily.V6]: 64 };

/** Prefix length of the block that a node takes, or takes first, of the pods' range; undefined where blocks don't go by nodes. */
export function nodePrefixLength(cni: Cni, { family, prefixLength }: Cidr): number | undefined {
  if (cni.podTransport === PodTransport.NEUTRON_PORTS) return undefined;
  if (cni.podTransport === PodTransport.NEUTRON_ROUTES) return CONTROLLER_MANAGER[family];
  const { blockSize = 26 } = cni.calicoOptions ?? {};
  if (cni.calicoOptions !== undefined) return family === IpFamily.V6 ? blockSize + 96 : blockSize;
  return family === IpFamily.V6 ? Math.min(120, prefixLength + CILIUM_NODES_V6) : Math.min(28, Math.max(24, prefixLength + CILIUM_NODES_V4));
}

/** Bits that tell Cilium's nodes apart: 16 nodes at least, each with a /24 where there is room. */
const CILIUM_NODES_V4 = 4;
/** As many nodes as Cilium can count, 65,536: a /64 each of a /48. */
const CILIUM_NODES_V6 = 16;
