import { ITerraformDependable } from 'cdktf';
import { IConstruct } from 'constructs';

/** Who implements Octavia's load balancers. */
export enum LoadBalancerProvider {
  /** A small virtual machine for each load balancer: every feature of Octavia. */
  AMPHORA = 'amphora',
  /** Flows in OVN: no machine, TCP, UDP and SCTP only, the client's address is kept, no access list on the VIP. */
  OVN = 'ovn',
}

/** Where servers and their volumes are placed. Nova, Cinder and Neutron have separate lists of zones. */
export interface AvailabilityZone {
  /** Nova's zone. */
  readonly compute: string;
  /** Cinder's zone for the volumes of servers there. On most clouds there is one for all. */
  readonly volume: string;
  /**
   * Neutron's zone, where routers and DHCP servers of the networks are to be.
   * @default - Neutron decides: most clouds have no such zones
   */
  readonly network?: string;
}

/** What is known of a cloud's services. */
export interface CloudServices {
  /** Whether there is Cinder. */
  readonly blockStorage: boolean;
  /** Whether there is Barbican, which keeps the keys of encrypted volumes. */
  readonly keyManager: boolean;
  /** Whether the engine itself makes what amphorae need: flavor, management network, security groups and key pair. */
  readonly makesAmphoraResources: boolean;
}

/** Layer 2 as the layers above see it: an OpenStack to which one can log in. All of it is known at synth, so that it may cross stacks as plain values. */
export interface IOpenStackCloud extends IConstruct {
  /** Keystone's URL, with /v3. */
  readonly authUrl: string;
  /** Region. */
  readonly region: string;
  /** Name of the external network that floating IPs come from. */
  readonly externalNetworkName: string;
  /** Zones, at least one. */
  readonly zones: AvailabilityZone[];
  /** Who implements load balancers. */
  readonly loadBalancerProvider: LoadBalancerProvider;
  /** MTU in bytes of a tenant network: the underlay's less Neutron's encapsulation. */
  readonly tenantNetworkMtu: number;
  /**
   * Hypervisors, as far as known: decides between hard and soft anti-affinity.
   * @default - not known
   */
  readonly computeHostCount?: number;
  /**
   * CIDRs that the cloud's own hosts use. Cluster networks must not overlap them.
   * @default - not known
   */
  readonly hostCidrs?: string[];
  /**
   * Addresses that the cloud's own hosts, its virtual addresses and their routers have, each with who that is. No allocation pool of Neutron may hold them.
   * @default - not known
   */
  readonly reservedAddresses?: { readonly [address: string]: string };
  /**
   * What is known of its services.
   * @default - not known
   */
  readonly services?: CloudServices;
  /**
   * The CA (PEM) that signed the API endpoints' certificates. Controllers know the cloud by it, and nodes trust it.
   * @default - a CA that every system trusts
   */
  readonly caCertificatePem?: string;
  /** To be depended upon within the cloud's own stack: its APIs answer. Empty for a cloud that was there before. */
  readonly ready: ITerraformDependable[];
}
