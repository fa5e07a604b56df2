import { MaasStorageLayout } from './maas-storage-layout';
import { OpenStackRelease } from '../core/openstack-release';

/** How the hosts are reached once they have an operating system. */
export interface ProvisionerSshProps {
  /** The user that connections log in as. It needs sudo without a password, or is root. */
  readonly sshUser: string;
  /**
   * Path of its private key on the machine that runs Terraform; `~` is the home of whoever runs it. The key is read when Terraform applies, never at
   * synth, and isn't in the state. It must not have a passphrase.
   */
  readonly sshPrivateKeyPath: string;
  /**
   * TCP port of the hosts' SSH servers.
   * @default 22
   */
  readonly sshPort?: number;
}

/** Properties of hosts that MAAS installs. */
export interface MaasProvisionerProps extends ProvisionerSshProps {
  /**
   * The image that MAAS deploys, by its name there: "noble", "custom/rocky10".
   * @default - by the host's `os`, for Ubuntu
   */
  readonly distroSeries?: string;
  /**
   * Public keys that may log in as `sshUser`.
   * @default - those of the MAAS account, for the image's own user
   */
  readonly sshAuthorizedKeys?: string[];
  /**
   * The fabric in MAAS that the hosts' VLANs belong to.
   * @default "fabric-0"
   */
  readonly fabric?: string;
  /**
   * Resource pool in MAAS.
   * @default - MAAS's default pool
   */
  readonly resourcePool?: string;
  /**
   * How MAAS divides the disk that the operating system goes to. It is set once, before a host is deployed; a deployed host is never touched. Setting it, or
   * a boot disk by `rootDevice` of a host, needs Node, `MAAS_API_URL` and `MAAS_API_KEY` (an administrator's) where Terraform runs.
   * @default - the default layout that is set in MAAS
   */
  readonly storageLayout?: MaasStorageLayout;
  /**
   * Names of hosts that Terraform may release, which wipes them: when they have left the inventory, or with `terraform destroy`. Every other host is kept,
   * and a plan that would release one is refused.
   * @default - none
   */
  readonly release?: string[];
}

/** The image that Ironic writes. */
export interface IronicImage {
  /** URL of a whole-disk image, or its id in Glance. */
  readonly source: string;
  /** Its SHA-256 or SHA-512 sum in hex. An image that differs is refused by Ironic. */
  readonly checksum: string;
  /**
   * "qcow2" or "raw".
   * @default "qcow2"
   */
  readonly diskFormat?: string;
}

/** Properties of hosts that Ironic installs or adopts. */
export interface IronicProvisionerProps extends ProvisionerSshProps {
  /**
   * The image that is written to the hosts' root devices.
   * @default - the hosts are adopted: they run already, and Ironic takes them as they are, writing nothing
   */
  readonly image?: IronicImage;
  /**
   * Public keys that may log in as `sshUser`. Needed with an `image`.
   * @default - none
   */
  readonly sshAuthorizedKeys?: string[];
  /**
   * Whether hosts are inspected before they are deployed, so that Ironic knows their hardware.
   * @default true
   */
  readonly inspect?: boolean;
  /**
   * Whether disks are cleaned of their data whenever a host becomes available. Takes hours on large spinning disks.
   * @default true
   */
  readonly automatedClean?: boolean;
  /**
   * Minutes that a step (inspection, cleaning) may take, 1 to 1440.
   * @default 120
   */
  readonly stepTimeoutMinutes?: number;
  /**
   * Names of hosts that Terraform may undeploy, which wipes them: when they have left the inventory, or with `terraform destroy`. Every other host is kept,
   * and a plan that would undeploy one is refused.
   * @default - none
   */
  readonly release?: string[];
}

/** Addresses from the first to the last. */
export interface DhcpRange {
  /** The first. */
  readonly start: string;
  /** The last. */
  readonly end: string;
}

/** Properties of hosts that Bifrost installs. */
export interface BifrostProvisionerProps extends ProvisionerSshProps {
  /** The release whose Kolla-Ansible brings Bifrost. */
  readonly release: OpenStackRelease;
  /** The public key that may log in, as in `id_ed25519.pub`: that of `sshPrivateKeyPath`. */
  readonly sshPublicKey: string;
  /**
   * The image that is written to the hosts' root devices. Its own user, or root where it has none, is the `sshUser`.
   * @default - Bifrost builds one of the hosts' `os`, Ubuntu or Debian, with diskimage-builder; its `sshUser` is root
   */
  readonly image?: IronicImage;
  /**
   * Addresses of the network with the role "provisioning" that hosts get while they are installed.
   * @default - the upper half of that network
   */
  readonly dhcpRange?: DhcpRange;
  /**
   * Whether disks are cleaned of their data before a host is installed for the first time.
   * @default true
   */
  readonly automatedClean?: boolean;
  /**
   * Further settings of Kolla's globals.yml: `docker_registry`, `docker_namespace`.
   * @default - none
   */
  readonly extraGlobals?: { readonly [name: string]: string };
  /**
   * Minutes that an apply waits for a stage, 1 to 1440. The stage itself goes on beyond that, and the next apply attaches to it.
   * @default 240
   */
  readonly stageTimeoutMinutes?: number;
}
