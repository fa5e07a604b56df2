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

/** How a bond spreads its traffic, by Linux's names. */
export enum BondMode {
  /** IEEE 802.3ad (LACP): both links carry traffic; the switch must know of it. */
  LACP = '802.3ad',
  /** One link carries everything, the other waits. Needs nothing of the switch. */
  ACTIVE_BACKUP = 'active-backup',
  /** By a hash of the addresses, without LACP; the switch must have a static channel. */
  BALANCE_XOR = 'balance-xor',
  /** In turns; the switch must have a static channel, and packets may arrive out of order. */
  BALANCE_RR = 'balance-rr',
  /** Adaptive transmit load balancing. */
  BALANCE_TLB = 'balance-tlb',
  /** Adaptive load balancing in both directions. */
  BALANCE_ALB = 'balance-alb',
  /** Everything on all links. */
  BROADCAST = 'broadcast',
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
   * How the bond spreads its traffic. Only where `bondOf` is given.
   * @default - not checked; provisioners that make the bond make it `BondMode.LACP`
   */
  readonly bondMode?: BondMode;
  /**
   * VLAN id, 1 to 4094, of an interface that is a VLAN on another one.
   * @default - the number after the last dot of its name (`bond0.20`), if there is one
   */
  readonly vlan?: number;
  /**
   * Name of the interface that a VLAN lies on. Only for a VLAN.
   * @default - the part of its name before the last dot
   */
  readonly parent?: string;
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

/**
 * A host's board management controller. Its credentials are values of two sensitive variables of the stack, whose names stand here; a provisioner that
 * logs in there makes the variables.
 */
export interface HostBmc {
  /** Host name, address or URL. For Redfish the scheme is https unless it says otherwise. */
  readonly address: string;
  /** @default BmcProtocol.REDFISH */
  readonly protocol?: BmcProtocol;
  /**
   * Name of the variable of the stack that holds the user's name. Hosts may share one.
   * @default "bmc_username"
   */
  readonly usernameVariable?: string;
  /**
   * Name of the sensitive variable of the stack that holds the password. Hosts may share one.
   * @default "bmc_password"
   */
  readonly passwordVariable?: string;
  /**
   * Whether the BMC's certificate must be one that the provisioner trusts (Redfish).
   * @default true
   */
  readonly verifyCertificate?: boolean;
  /**
   * Path of the system within a Redfish service that manages several: `/redfish/v1/Systems/1`.
   * @default - the only one that there is
   */
  readonly systemId?: string;
}

/** How a host's firmware starts it. */
export enum BootMode {
  /** UEFI. */
  UEFI = 'uefi',
  /** UEFI that starts signed programs only. */
  UEFI_SECURE_BOOT = 'uefi-secure-boot',
  /** The old BIOS. */
  BIOS = 'bios',
}

/** The instruction set of a host's CPUs, as Ironic and the kernel call it. */
export enum CpuArchitecture {
  /** 64-bit x86. */
  X86_64 = 'x86_64',
  /** 64-bit ARM. */
  AARCH64 = 'aarch64',
}

/** A NUMA node of a host. */
export interface HostNumaNode {
  /** Its hardware threads in Linux's notation, as `lscpu` prints them: "0-15,32-47". */
  readonly cpus: string;
  /** Its memory in MiB. */
  readonly memoryMib: number;
}

/** By what the disk is found that the operating system goes to; all that are given must hold. */
export interface RootDeviceHints {
  /** The device, by a path that stays. */
  readonly deviceName?: string;
  /** SCSI address: "0:0:0:0". */
  readonly hctl?: string;
  /** Model, or a part of it. */
  readonly model?: string;
  /** Vendor, or a part of it. */
  readonly vendor?: string;
  /** Serial number. */
  readonly serialNumber?: string;
  /** World-wide name. */
  readonly wwn?: string;
  /** The least size in GiB. */
  readonly minSizeGib?: number;
  /** True for a spinning disk. */
  readonly rotational?: boolean;
}

/** Levels of RAID, by Ironic's names. */
export enum RaidLevel {
  /** Striped: one failed disk takes everything. */
  RAID_0 = '0',
  /** Mirrored. */
  RAID_1 = '1',
  /** One parity; three disks at least. */
  RAID_5 = '5',
  /** Two parities; four disks at least. */
  RAID_6 = '6',
  /** Striped mirrors; four disks at least. */
  RAID_10 = '1+0',
}

/** A logical disk that a provisioner makes of physical ones, before it installs. */
export interface HostRaid {
  /** Its name, unique on the host. */
  readonly name: string;
  /** How the disks are put together. */
  readonly level: RaidLevel;
  /**
   * How many physical disks.
   * @default - the least that the level needs
   */
  readonly numberOfDisks?: number;
  /**
   * Size in GiB.
   * @default - all that the disks have
   */
  readonly sizeGib?: number;
  /**
   * Whether Linux makes it (md) instead of a controller.
   * @default false
   */
  readonly software?: boolean;
  /**
   * Whether the operating system goes there. At most one.
   * @default false
   */
  readonly rootVolume?: boolean;
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
   * @default - as many as `numa` has, or 1
   */
  readonly numaNodes?: number;
  /**
   * What each NUMA node has, in the kernel's order. Together they have all hardware threads, each once.
   * @default - not known: threads and memory are taken as spread evenly
   */
  readonly numa?: HostNumaNode[];
  /** @default CpuArchitecture.X86_64 */
  readonly architecture?: CpuArchitecture;
  /**
   * Sockets with a CPU each.
   * @default - not checked
   */
  readonly cpuSockets?: number;
  /**
   * Hardware threads of each core: 2 with hyper-threading or SMT, 1 without.
   * @default - not checked
   */
  readonly threadsPerCore?: number;
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
   * How its firmware starts it.
   * @default - not set and not checked
   */
  readonly bootMode?: BootMode;
  /**
   * The disk that the operating system goes to, for provisioners that install one.
   * @default - the first disk of the inventory; with MAAS, the boot disk that it has chosen
   */
  readonly rootDevice?: RootDeviceHints;
  /**
   * Logical disks that are made before the operating system is installed.
   * @default - none
   */
  readonly raid?: HostRaid[];
  /**
   * Address of the router that its default route goes to, for provisioners that configure its network.
   * @default - none
   */
  readonly gateway?: string;
  /**
   * Name servers, for provisioners that configure its network.
   * @default - none
   */
  readonly nameservers?: string[];
  /**
   * Kind of hardware, by which Ironic allocates hosts.
   * @default "baremetal"
   */
  readonly resourceClass?: string;
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
  /** What each NUMA node has, where the inventory says it. */
  public readonly numa?: HostNumaNode[];
  public readonly architecture: CpuArchitecture;
  public readonly cpuSockets?: number;
  public readonly threadsPerCore?: number;
  public readonly zone: string;
  public readonly rack?: string;
  public readonly os?: string;
  public readonly bootMac?: string;
  public readonly bmc?: HostBmc;
  public readonly bootMode?: BootMode;
  public readonly rootDevice?: RootDeviceHints;
  public readonly raid: HostRaid[];
  public readonly gateway?: string;
  public readonly nameservers: string[];
  public readonly resourceClass: string;
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
    this.numaNodes = props.numaNodes ?? props.numa?.length ?? 1;
    this.numa = props.numa;
    this.architecture = props.architecture ?? CpuArchitecture.X86_64;
    this.cpuSockets = props.cpuSockets;
    this.threadsPerCore = props.threadsPerCore;
    this.zone = props.zone ?? 'nova';
    this.rack = props.rack;
    this.os = props.os;
    this.bootMac = props.bootMac;
    this.bmc = props.bmc;
    this.bootMode = props.bootMode;
    this.rootDevice = props.rootDevice;
    this.raid = [...(props.raid ?? [])];
    this.gateway = props.gateway;
    this.nameservers = [...(props.nameservers ?? [])];
    this.resourceClass = props.resourceClass ?? 'baremetal';
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
