/** What a host is for. A host may have several roles. The names are Kolla-Ansible's user-edited inventory groups. */
export enum HostRole {
  /** Runs the OpenStack APIs, the database and the message queue. */
  CONTROL = 'control',
  /** Runs virtual machines: needs hardware virtualisation. */
  COMPUTE = 'compute',
  /** Runs Neutron's gateways and the load balancers of the control plane. */
  NETWORK = 'network',
  /** Holds block storage. */
  STORAGE = 'storage',
  /** Runs monitoring and log collection. */
  MONITORING = 'monitoring',
  /** Runs the deployment tool itself (Kolla-Ansible). */
  DEPLOYMENT = 'deployment',
}

/** What a host's network carries. One physical network may carry several. */
export enum NetworkRole {
  /** Internal APIs, database, message queue; the internal VIP lies in it. */
  INTERNAL_API = 'internal',
  /** Public APIs; the external VIP lies in it. */
  EXTERNAL_API = 'external',
  /** Tenant overlay: VXLAN or Geneve between the hosts. */
  TUNNEL = 'tunnel',
  /** Volumes and images. */
  STORAGE = 'storage',
  /** Neutron's provider networks. The interface carries no address of the host. */
  PROVIDER = 'provider',
  /** Between Octavia's controllers and its amphorae. */
  OCTAVIA_MANAGEMENT = 'octavia',
  /** Where hosts boot and are installed from. */
  PROVISIONING = 'provisioning',
}

/** A network that the hosts share. */
export interface HostNetwork {
  /** What it carries. */
  readonly role: NetworkRole;
  /**
   * Its addresses, in CIDR notation.
   * @default - none: the hosts carry no address in it (a provider network)
   */
  readonly cidr?: string;
  /**
   * The MTU in bytes that every host must have on it.
   * @default 1500
   */
  readonly mtu?: number;
  /**
   * VLAN id, 1 to 4094.
   * @default - untagged
   */
  readonly vlan?: number;
}

/** A network interface of a host, as the operating system sees it: a port, a bond, or a VLAN on one of them. */
export interface HostNic {
  /** Its name in the operating system: `eno1`, `bond0`, `bond0.20`. */
  readonly name: string;
  /** The networks that it carries. */
  readonly networks: NetworkRole[];
  /**
   * MAC address, in any usual notation.
   * @default - not checked
   */
  readonly mac?: string;
  /**
   * The host's address on it, without a prefix length.
   * @default - no address
   */
  readonly address?: string;
  /**
   * Names of the interfaces that it bonds.
   * @default - not a bond
   */
  readonly bondOf?: string[];
  /**
   * MTU in bytes.
   * @default - the MTU of the networks that it carries
   */
  readonly mtu?: number;
}

/** What a disk is used for. */
export enum DiskRole {
  /** The operating system. */
  SYSTEM = 'system',
  /** Block storage of the cloud: an LVM physical volume or a Ceph OSD. */
  BLOCK_STORAGE = 'block-storage',
}

/** A disk of a host. */
export interface HostDisk {
  /** The device, by a path that stays: `/dev/sda`, better `/dev/disk/by-id/…`. */
  readonly device: string;
  /** Size in GiB. The disk must have at least that. */
  readonly sizeGib: number;
  /** @default DiskRole.SYSTEM for the first disk, DiskRole.BLOCK_STORAGE for the others */
  readonly role?: DiskRole;
}

/** The protocol of a host's board management controller. */
export enum BmcProtocol {
  /** DMTF Redfish. */
  REDFISH = 'redfish',
  /** IPMI 2.0. */
  IPMI = 'ipmi',
}

/** A host's board management controller. Its credentials are variables of the stack, never values here. */
export interface HostBmc {
  /** Host name, address or URL. */
  readonly address: string;
  /** @default BmcProtocol.REDFISH */
  readonly protocol?: BmcProtocol;
}

/** The whole description of a physical host. */
export interface HostProps {
  /** Host name, unique in the inventory: an RFC 1123 label. */
  readonly name: string;
  /** What it is for; at least one role. */
  readonly roles: HostRole[];
  /** Address or name at which it is reached by SSH. */
  readonly managementAddress: string;
  /**
   * The host's public SSH key in OpenSSH's form, `ssh-ed25519 AAAA…`, as `ssh-keyscan` prints it; or that of the CA that signed it.
   * Connections to a host with another key are refused.
   * @default - the host's key is not checked
   */
  readonly sshHostKey?: string;
  /** Hardware threads that the operating system sees. */
  readonly cpuThreads: number;
  /** Memory in MiB, as it is installed: what firmware and kernel keep is allowed for. */
  readonly memoryMib: number;
  /** Disks, the system disk first. */
  readonly disks: HostDisk[];
  /** Network interfaces. */
  readonly nics: HostNic[];
  /**
   * NUMA nodes.
   * @default 1
   */
  readonly numaNodes?: number;
  /**
   * Availability zone.
   * @default "nova"
   */
  readonly zone?: string;
  /**
   * Rack.
   * @default - not known
   */
  readonly rack?: string;
  /**
   * Operating system, as `distribution-version`: "ubuntu-24.04", "debian-13", "rocky-10".
   * @default - not checked against the OpenStack release
   */
  readonly os?: string;
  /**
   * MAC address of the interface that it boots from.
   * @default - it isn't booted from the network
   */
  readonly bootMac?: string;
  /** @default - it isn't managed out of band */
  readonly bmc?: HostBmc;
  /**
   * Tags of your own.
   * @default - none
   */
  readonly tags?: { readonly [key: string]: string };
}

/** A physical host, as a value. What is in it was checked when its inventory was read. */
export class Host {
  public readonly name: string;
  public readonly roles: HostRole[];
  public readonly managementAddress: string;
  public readonly sshHostKey?: string;
  /** Hardware threads. */
  public readonly cpuThreads: number;
  public readonly memoryMib: number;
  public readonly disks: HostDisk[];
  public readonly nics: HostNic[];
  public readonly numaNodes: number;
  public readonly zone: string;
  public readonly rack?: string;
  public readonly os?: string;
  public readonly bootMac?: string;
  public readonly bmc?: HostBmc;
  public readonly tags: { readonly [key: string]: string };

  constructor(props: HostProps) {
    this.name = props.name;
    this.roles = [...props.roles];
    this.managementAddress = props.managementAddress;
    this.sshHostKey = props.sshHostKey;
    this.cpuThreads = props.cpuThreads;
    this.memoryMib = props.memoryMib;
    this.disks = props.disks.map((disk, i) => ({ ...disk, role: disk.role ?? (i === 0 ? DiskRole.SYSTEM : DiskRole.BLOCK_STORAGE) }));
    this.nics = [...props.nics];
    this.numaNodes = props.numaNodes ?? 1;
    this.zone = props.zone ?? 'nova';
    this.rack = props.rack;
    this.os = props.os;
    this.bootMac = props.bootMac;
    this.bmc = props.bmc;
    this.tags = { ...props.tags };
  }

  /** True if the host has the role. */
  public is(role: HostRole): boolean {
    return this.roles.includes(role);
  }

  /** The interface that carries a network, if there is one. */
  public nicFor(network: NetworkRole): HostNic | undefined {
    return this.nics.find((nic) => nic.networks.includes(network));
  }
}
