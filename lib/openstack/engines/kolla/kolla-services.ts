import { AllocationPool } from '../../foundation/provider-network';

/** DNS as a service, by BIND on the control hosts. */
export interface DesignateOptions {
  /** Names under which the name servers are known: what the NS records of all zones say. At least one, each a DNS name. */
  readonly nameServers: string[];
  /**
   * Addresses of resolvers that BIND asks for what isn't its own.
   * @default - none: it answers for its own zones alone
   */
  readonly forwarders?: string[];
  /**
   * Domain of ports whose network names none, as Neutron and Designate tell it to servers. Ends with ".".
   * @default "cloud.internal.", a domain that nobody may register
   */
  readonly domain?: string;
}

/** Bare metal for the cloud's own projects. */
export interface IronicOptions {
  /**
   * Folder on the machine that runs Terraform with `ironic-agent.kernel` and `ironic-agent.initramfs`, which nodes boot for inspection and deployment. It is
   * copied to the deployment host.
   */
  readonly agentDirectory: string;
  /**
   * Addresses for nodes that boot, in the network with role "provisioning".
   * @default - the upper half of that network
   */
  readonly dhcpRange?: AllocationPool;
}

/** Where shared file systems are. */
export class ManilaBackend {
  /** CephFS of the external Ceph cluster, mounted by servers that reach Ceph's own network. */
  public static cephFs(): ManilaBackend {
    return new ManilaBackend('enable_manila_backend_cephfs_native');
  }

  /** CephFS of the external Ceph cluster through NFS gateways: servers need no way to Ceph's own network. */
  public static cephFsOverNfs(): ManilaBackend {
    return new ManilaBackend('enable_manila_backend_cephfs_nfs');
  }

  private constructor(
    /** Kolla's setting. */
    public readonly setting: string,
  ) {}
}

/**
 * Services beyond those that every cloud has: Keystone, Glance, Placement, Nova, Neutron, Heat, Octavia, and Cinder where there is a backend.
 *
 * Kolla doesn't remove a service that is switched off: its containers stay until somebody removes them by hand.
 */
export interface KollaServices {
  /**
   * Barbican: keys, certificates and secrets. Encrypted volumes and load balancers that end TLS need it.
   * @default false
   */
  readonly barbican?: boolean;
  /** @default - no DNS as a service */
  readonly designate?: DesignateOptions;
  /**
   * Horizon: the dashboard.
   * @default true
   */
  readonly horizon?: boolean;
  /** @default - no bare metal for projects */
  readonly ironic?: IronicOptions;
  /** @default - no shared file systems */
  readonly manila?: ManilaBackend;
  /**
   * Masakari: servers of a compute host that fails start again on another one. Needs two compute hosts.
   * @default false
   */
  readonly masakari?: boolean;
}
