import { ITerraformDependable } from 'cdktf';
import { IConstruct } from 'constructs';

/** A subnet of a cluster's network. */
export interface ClusterSubnet {
  /** Neutron's id. */
  readonly subnetId: string;
  /** Its addresses. Known at synth. */
  readonly cidr: string;
}

/** The tenant network of a cluster's nodes: made by ClusterNetwork, or adopted. */
export interface IClusterNetwork extends IConstruct {
  /** Neutron's id of the network. */
  readonly networkId: string;
  /** Neutron's id of the nodes' subnet. */
  readonly subnetId: string;
  /** The subnet's addresses. Known at synth: rules and checks are computed from it. */
  readonly cidr: string;
  /**
   * The nodes' subnet of the other IP family: nodes have an address in both.
   * @default - nodes have addresses of one family
   */
  readonly secondarySubnet?: ClusterSubnet;
  /** MTU in bytes of the network. */
  readonly mtu: number;
  /** Name of the external network that its router leads to. */
  readonly externalNetworkName: string;
  /** Neutron's id of that external network. */
  readonly externalNetworkId: string;
  /**
   * Neutron's id of the router.
   * @default - not known: an adopted network
   */
  readonly routerId?: string;
  /**
   * The router's IPv4 address in the external network: what a floating IP sees of servers that have none themselves.
   * @default - not known (an adopted network), or none (IPv6)
   */
  readonly routerExternalAddress?: string;
  /** To be depended upon by whatever needs a way out or a floating IP: the subnet is attached to the router. */
  readonly routed: ITerraformDependable[];
}
