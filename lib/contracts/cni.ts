import { Encapsulation } from '../core/encapsulation';

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

/** Options of Cilium. */
export interface CiliumOptions {
  /**
   * Whether Cilium does what kube-proxy does, and kube-proxy isn't installed.
   * @default true
   */
  readonly kubeProxyReplacement?: boolean;
}

/** Options of Calico. */
export interface CalicoOptions {
  /** @default CalicoEncapsulation.VXLAN */
  readonly encapsulation?: CalicoEncapsulation;
}

/** How Calico carries packets between nodes. */
export enum CalicoEncapsulation {
  /** UDP 4789. */
  VXLAN = 'VXLAN',
  /** IP protocol 4, with BGP between the nodes. */
  IPIP = 'IPIP',
}

/**
 * A cluster's pod network. It is the cluster's choice, not the add-on's: security-group rules, the MTU of the pods and kubeadm's phases follow from it.
 * `PodNetwork` installs it.
 */
export class Cni {
  /** Cilium, with VXLAN between the nodes (UDP 8472). */
  public static cilium(options: CiliumOptions = {}): Cni {
    return new Cni('cilium', Encapsulation.VXLAN, options.kubeProxyReplacement ?? true, [
      { description: 'Cilium VXLAN', protocol: 'udp', fromPort: 8472 },
      { description: 'Cilium health', protocol: 'tcp', fromPort: 4240 },
      { description: 'Cilium health (ICMP)', protocol: 'icmp' },
    ]);
  }

  /** Calico, by the Tigera operator. */
  public static calico(options: CalicoOptions = {}): Cni {
    const ipip = options.encapsulation === CalicoEncapsulation.IPIP;
    return new Cni('calico', ipip ? Encapsulation.IPIP : Encapsulation.VXLAN, false, [
      ...(ipip
        ? [
            { description: 'Calico BGP', protocol: 'tcp', fromPort: 179 },
            { description: 'Calico IPIP', protocol: '4' },
          ]
        : [{ description: 'Calico VXLAN', protocol: 'udp', fromPort: 4789 }]),
      { description: 'Calico Typha', protocol: 'tcp', fromPort: 5473 },
    ]);
  }

  private constructor(
    /** "cilium" or "calico". */
    public readonly name: string,
    /** How packets travel between nodes. */
    public readonly encapsulation: Encapsulation,
    /** Whether it does kube-proxy's work. */
    public readonly replacesKubeProxy: boolean,
    /** What must pass between all nodes, in both directions. */
    public readonly nodeTraffic: NodeTraffic[],
  ) {}
}
