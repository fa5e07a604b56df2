import { Encapsulation } from '../core/encapsulation';
import { IpFamily } from '../core/ip-family';
import { fail } from '../core/validation';

/** Traffic between nodes that a pod network needs. */
export interface NodeTraffic {
  /** What it is, for the rule's description. */
  readonly description: string;
  /** Neutron's protocol: "tcp", "udp", "icmp" or a protocol number as text ("4" is IPIP). */
  readonly protocol: string;
  /**
   * First port.
   * @default - all ports of the protocol
   */
  readonly fromPort?: number;
  /**
   * Last port.
   * @default - the first port alone
   */
  readonly toPort?: number;
}

/** How a pod's packet gets to a pod on another node. */
export enum PodTransport {
  /** Inside a packet between the nodes: Neutron sees the nodes' addresses alone. */
  TUNNEL = 'tunnel',
  /** As it is, from node to node in the nodes' own subnet. The nodes' ports let the pods' addresses through by allowed address pairs. */
  ADDRESS_PAIRS = 'address-pairs',
  /** As it is, through the nodes' router: the cloud controller writes each node's pods into its extra routes and its port's address pairs. */
  NEUTRON_ROUTES = 'neutron-routes',
  /** Each pod has a Neutron port of its own, a VLAN on the trunk of its node. */
  NEUTRON_PORTS = 'neutron-ports',
}

/** How Cilium carries packets between nodes. */
export enum CiliumRouting {
  /** VXLAN on UDP 8472. */
  VXLAN = 'vxlan',
  /** Geneve on UDP 6081. */
  GENEVE = 'geneve',
  /** No tunnel: nodes send to each other's pods directly, and their ports let the pods' addresses through. All nodes must be in one subnet. */
  NATIVE_ADDRESS_PAIRS = 'native-address-pairs',
  /** No tunnel: the nodes' router knows each node's pods, by Neutron's extra routes. Needs the cloud controller's ROUTE loop. */
  NATIVE_NEUTRON_ROUTES = 'native-neutron-routes',
}

/** Hubble, Cilium's view of who talks to whom. */
export enum Hubble {
  /** Not at all. */
  OFF = 'off',
  /** On each node by itself, for `cilium hubble observe`. */
  NODES = 'nodes',
  /** The whole cluster, by Hubble Relay. */
  RELAY = 'relay',
  /** The whole cluster, and a page to look at it. The page has no login of its own: reach it by `kubectl port-forward`. */
  UI = 'ui',
}

/** Options of Cilium. */
export interface CiliumOptions {
  /**
   * Whether Cilium does what kube-proxy does, and kube-proxy isn't installed.
   * @default true
   */
  readonly kubeProxyReplacement?: boolean;
  /**
   * How packets travel between nodes.
   * @default CiliumRouting.VXLAN
   */
  readonly routing?: CiliumRouting;
  /**
   * Whether what passes between pods on different nodes is encrypted by WireGuard (UDP 51871). It takes 95 bytes from the pods' MTU.
   * @default false
   */
  readonly wireGuard?: boolean;
  /**
   * Hubble.
   * @default Hubble.NODES
   */
  readonly hubble?: Hubble;
}

/** How Calico carries packets between nodes. */
export enum CalicoEncapsulation {
  /** UDP 4789. */
  VXLAN = 'VXLAN',
  /** IP protocol 4, with BGP between the nodes. */
  IPIP = 'IPIP',
  /** No tunnel: BGP between the nodes tells where pods are, and their ports let the pods' addresses through. All nodes must be in one subnet. */
  NONE = 'None',
}

/** Options of Calico. */
export interface CalicoOptions {
  /**
   * How packets travel between nodes.
   * @default CalicoEncapsulation.VXLAN
   */
  readonly encapsulation?: CalicoEncapsulation;
  /**
   * Prefix length of the blocks of addresses that a node takes at a time, 20 to 32.
   * @default 26
   */
  readonly blockSize?: number;
}

/** Options of Kuryr. */
export interface KuryrOptions {
  /** That you know: Kuryr was retired in 2024, after release 10.0.0, and nobody repairs it any more. Must be `true`. */
  readonly acknowledgeRetired: boolean;
  /** Image of kuryr-controller, built by you from release 10.0.0: there is none that is looked after. */
  readonly controllerImage: string;
  /** Image of kuryr-cni, as above. */
  readonly cniImage: string;
  /**
   * The nodes' interface that is the trunk's parent, as the system in them names it.
   * @default "ens3"
   */
  readonly linkInterface?: string;
  /**
   * Prefix length of each namespace's subnet, cut from `podCidr`: 20 to 28.
   * @default 24
   */
  readonly namespacePrefixLength?: number;
  /**
   * Most pods and Services that Neutron's and Octavia's quotas must have room for: a port for each pod, a load balancer for each Service.
   * @default - 250 pods, 50 Services
   */
  readonly capacity?: KuryrCapacity;
}

/** How much of the cloud Kuryr may come to use. */
export interface KuryrCapacity {
  /** Pods that aren't on their node's own network: a Neutron port each. */
  readonly pods: number;
  /** Services with a cluster address: a load balancer each. */
  readonly services: number;
  /** Namespaces: a subnet and a security group each. */
  readonly namespaces: number;
}

/**
 * A cluster's pod network. It is the cluster's choice, not the add-on's: security-group rules, address pairs, the MTU of the pods and kubeadm's phases
 * follow from it. `PodNetwork` installs it.
 */
export class Cni {
  /** Cilium; by default with VXLAN between the nodes (UDP 8472) and in place of kube-proxy. */
  public static cilium(options: CiliumOptions = {}): Cni {
    const routing = options.routing ?? CiliumRouting.VXLAN;
    return new Cni({
      name: 'cilium',
      encapsulations: [CILIUM_ENCAPSULATION[routing], ...(options.wireGuard ? [Encapsulation.WIREGUARD_CILIUM] : [])],
      podTransport: CILIUM_TRANSPORT[routing],
      replacesKubeProxy: options.kubeProxyReplacement ?? true,
      nodeTraffic: [
        ...(routing === CiliumRouting.VXLAN ? [{ description: 'Cilium VXLAN', protocol: 'udp', fromPort: 8472 }] : []),
        ...(routing === CiliumRouting.GENEVE ? [{ description: 'Cilium Geneve', protocol: 'udp', fromPort: 6081 }] : []),
        { description: 'Cilium health', protocol: 'tcp', fromPort: 4240 },
        { description: 'Cilium health (ICMP)', protocol: 'icmp' },
        ...(options.wireGuard ? [{ description: 'Cilium WireGuard', protocol: 'udp', fromPort: 51871 }] : []),
        ...(options.hubble === Hubble.RELAY || options.hubble === Hubble.UI ? [{ description: 'Hubble', protocol: 'tcp', fromPort: 4244 }] : []),
      ],
      ciliumOptions: options,
    });
  }

  /** Calico, by the Tigera operator. */
  public static calico(options: CalicoOptions = {}): Cni {
    const carried = options.encapsulation ?? CalicoEncapsulation.VXLAN;
    const { blockSize } = options;
    if (blockSize !== undefined && !(Number.isSafeInteger(blockSize) && blockSize >= 20 && blockSize <= 32)) {
      fail('Cni.calico', { problem: 'blockSize must be a whole number from 20 to 32', value: blockSize, fix: 'leave it out for 26' });
    }
    return new Cni({
      name: 'calico',
      encapsulations: [CALICO_ENCAPSULATION[carried]],
      podTransport: carried === CalicoEncapsulation.NONE ? PodTransport.ADDRESS_PAIRS : PodTransport.TUNNEL,
      replacesKubeProxy: false,
      nodeTraffic: [
        ...(carried === CalicoEncapsulation.VXLAN ? [{ description: 'Calico VXLAN', protocol: 'udp', fromPort: 4789 }] : []),
        ...(carried !== CalicoEncapsulation.VXLAN ? [{ description: 'Calico BGP', protocol: 'tcp', fromPort: 179 }] : []),
        ...(carried === CalicoEncapsulation.IPIP ? [{ description: 'Calico IPIP', protocol: '4' }] : []),
        { description: 'Calico Typha', protocol: 'tcp', fromPort: 5473 },
      ],
      calicoOptions: options,
    });
  }

  /**
   * Kuryr: pods are ports of Neutron on trunks, Services are load balancers of Octavia. Retired in 2024: for clouds that must have it.
   * The cluster's nodes need trunk ports, and its `podCidr` and `serviceCidr` become subnets in Neutron.
   */
  public static kuryr(options: KuryrOptions): Cni {
    if (options.acknowledgeRetired !== true) {
      fail('Cni.kuryr', {
        problem: 'Kuryr was retired in 2024 and nobody repairs it any more',
        value: options.acknowledgeRetired,
        fix: 'use Cni.cilium() or Cni.calico(), or give acknowledgeRetired: true',
      });
    }
    return new Cni({
      name: 'kuryr',
      encapsulations: [Encapsulation.NATIVE],
      podTransport: PodTransport.NEUTRON_PORTS,
      replacesKubeProxy: true,
      nodeTraffic: [],
      kuryrOptions: options,
    });
  }

  /** "cilium", "calico" or "kuryr". */
  public readonly name: string;
  /** How packets travel between nodes. */
  public readonly encapsulation: Encapsulation;
  /** Everything that takes from the MTU between the nodes' network and the pods: the encapsulation, and encryption inside or in place of it. */
  public readonly encapsulations: Encapsulation[];
  /** How a pod's packet gets to a pod on another node. */
  public readonly podTransport: PodTransport;
  /** Whether it does kube-proxy's work. */
  public readonly replacesKubeProxy: boolean;
  /** What must pass between all nodes, in both directions. */
  public readonly nodeTraffic: NodeTraffic[];
  /**
   * Cilium's options.
   * @default - it isn't Cilium
   */
  public readonly ciliumOptions?: CiliumOptions;
  /**
   * Calico's options.
   * @default - it isn't Calico
   */
  public readonly calicoOptions?: CalicoOptions;
  /**
   * Kuryr's options.
   * @default - it isn't Kuryr
   */
  public readonly kuryrOptions?: KuryrOptions;

  private constructor(facts: CniFacts) {
    this.name = facts.name;
    this.encapsulation = facts.encapsulations[0];
    this.encapsulations = [...facts.encapsulations];
    this.podTransport = facts.podTransport;
    this.replacesKubeProxy = facts.replacesKubeProxy;
    this.nodeTraffic = [...facts.nodeTraffic];
    this.ciliumOptions = facts.ciliumOptions;
    this.calicoOptions = facts.calicoOptions;
    this.kuryrOptions = facts.kuryrOptions;
  }

  /** Whether the nodes' ports must be parents of trunks. */
  public get needsTrunkPorts(): boolean {
    return this.podTransport === PodTransport.NEUTRON_PORTS;
  }

  /** Bytes that a pod's packets have less than the nodes' network carries. */
  public overheadBytes(underlay: IpFamily): number {
    return this.encapsulations.reduce((sum, encapsulation) => sum + encapsulation.overheadBytes(underlay), 0);
  }
}

interface CniFacts {
  readonly name: string;
  readonly encapsulations: readonly Encapsulation[];
  readonly podTransport: PodTransport;
  readonly replacesKubeProxy: boolean;
  readonly nodeTraffic: readonly NodeTraffic[];
  readonly ciliumOptions?: CiliumOptions;
  readonly calicoOptions?: CalicoOptions;
  readonly kuryrOptions?: KuryrOptions;
}

const CILIUM_TRANSPORT: { readonly [routing in CiliumRouting]: PodTransport } = {
  [CiliumRouting.VXLAN]: PodTransport.TUNNEL,
  [CiliumRouting.GENEVE]: PodTransport.TUNNEL,
  [CiliumRouting.NATIVE_ADDRESS_PAIRS]: PodTransport.ADDRESS_PAIRS,
  [CiliumRouting.NATIVE_NEUTRON_ROUTES]: PodTransport.NEUTRON_ROUTES,
};

const CILIUM_ENCAPSULATION: { readonly [routing in CiliumRouting]: Encapsulation } = {
  [CiliumRouting.VXLAN]: Encapsulation.VXLAN,
  [CiliumRouting.GENEVE]: Encapsulation.GENEVE,
  [CiliumRouting.NATIVE_ADDRESS_PAIRS]: Encapsulation.NATIVE,
  [CiliumRouting.NATIVE_NEUTRON_ROUTES]: Encapsulation.NATIVE,
};

const CALICO_ENCAPSULATION: { readonly [carried in CalicoEncapsulation]: Encapsulation } = {
  [CalicoEncapsulation.VXLAN]: Encapsulation.VXLAN,
  [CalicoEncapsulation.IPIP]: Encapsulation.IPIP,
  [CalicoEncapsulation.NONE]: Encapsulation.NATIVE,
};
