import { ITerraformDependable } from 'cdktf';
import { IConstruct } from 'constructs';
import { Host, HostNetwork, HostRole, NetworkRole } from './host';
import { KvmProfile } from './kvm-profile';

/** How the hosts are reached from where Terraform runs. */
export interface SshAccess {
  /** The user, who needs sudo without a password. */
  readonly user: string;
  /** Path of the private key on the machine that runs Terraform. The key itself is never read at synth. */
  readonly privateKeyPath: string;
  /** @default 22 */
  readonly port?: number;
}

/** What a pool of hosts offers to virtual machines. */
export interface PoolCapacity {
  /** Hosts with the compute role. */
  readonly computeHosts: number;
  /** Hardware threads that virtual machines share on all of them, without what the host keeps for itself, before overcommitment. */
  readonly vcpus: number;
  /**
   * Hardware threads on all of them that virtual machines have for themselves.
   * @default 0
   */
  readonly dedicatedCpus?: number;
  /** Memory in MiB for virtual machines on all of them, huge pages included, without what the host keeps for itself. */
  readonly memoryMib: number;
  /**
   * The part of it in huge pages, which only machines that ask for them can have.
   * @default 0
   */
  readonly hugePagesMib?: number;
  /** Block storage in GiB on the storage hosts, before replication. */
  readonly blockStorageGib: number;
}

/** Layer 1 as the layers above see it: hosts that are verified and prepared. */
export interface IBareMetalPool extends IConstruct {
  /** All hosts, in the inventory's order. */
  readonly hosts: Host[];
  /** The networks that they share. */
  readonly networks: HostNetwork[];
  /** The KVM layer on the compute hosts. */
  readonly kvm: KvmProfile;
  /** How they are reached. */
  readonly ssh: SshAccess;
  /** What there is for virtual machines. */
  readonly capacity: PoolCapacity;
  /** To be depended upon within the pool's stack: every host has been verified and prepared. */
  readonly ready: ITerraformDependable[];
  /** The hosts with a role, in the inventory's order. */
  hostsWithRole(role: HostRole): Host[];
  /** The network with a role, if the hosts have one. */
  network(role: NetworkRole): HostNetwork | undefined;
}
