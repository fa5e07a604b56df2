import { KollaServices } from './kolla-services';
import { HostDistribution } from '../../../core/host-distribution';
import { OpenStackRelease } from '../../../core/openstack-release';
import { AllocationPool } from '../../foundation/provider-network';

/** How Neutron makes networks. */
export enum NeutronDriver {
  /** OVN: Geneve between the hosts, distributed routers, load balancers without machines. */
  OVN = 'ovn',
  /** Open vSwitch with Neutron's agents: VXLAN between the hosts, routers on the network hosts. */
  OPEN_VSWITCH = 'openvswitch',
}

/** Where container images come from. */
export interface ContainerRegistry {
  /** Host name of the registry, with its port if it isn't 443. */
  readonly server: string;
  /**
   * Namespace of the images.
   * @default "kolla"
   */
  readonly namespace?: string;
  /**
   * Whether it is spoken to without TLS.
   * @default false
   */
  readonly insecure?: boolean;
}

/** An external Ceph cluster. */
export interface CephOptions {
  /**
   * Folder on the machine that runs Terraform, laid out as Kolla's configuration overlay wants it: `glance/ceph.conf`,
   * `glance/ceph.client.glance.keyring`, `cinder/ceph.conf`, `cinder/cinder-volume/ceph.client.cinder.keyring`, `nova/ceph.conf`,
   * `nova/ceph.client.cinder.keyring` … It is copied to the deployment host; nothing of it is in the state.
   */
  readonly configDirectory: string;
  /**
   * Whether root disks of servers are in Ceph, too.
   * @default true
   */
  readonly instances?: boolean;
}

/** A Ceph cluster of the cloud's own, by cephadm on the storage hosts. */
export interface CephadmOptions {
  /**
   * On how many hosts each piece of data is, 2 to the number of storage hosts. With 2 a failed disk leaves a single copy.
   * @default 3
   */
  readonly replicas?: number;
  /**
   * Whether root disks of servers are in Ceph, too.
   * @default true
   */
  readonly instances?: boolean;
  /**
   * Container image of Ceph, of the release that the hosts' package cephadm is of.
   * @default - the one that the hosts' cephadm names, from quay.io
   */
  readonly image?: string;
}

/** Where volumes are. */
export class CinderBackend {
  /**
   * An LVM volume group on every storage host, made from its block-storage disks, over iSCSI. A volume is on one host: when that host is down, so are
   * its volumes. The disks must be empty; a disk with anything on it is refused on the host.
   *
   * @param volumeGroup name of the volume group; "cinder-volumes" if it isn't given.
   */
  public static lvm(volumeGroup?: string): CinderBackend {
    return new CinderBackend('lvm', volumeGroup ?? 'cinder-volumes');
  }

  /** An external Ceph cluster, for volumes, images and (unless told otherwise) root disks. */
  public static externalCeph(options: CephOptions): CinderBackend {
    return new CinderBackend('ceph', undefined, options);
  }

  /**
   * A Ceph cluster that is made here, by the hosts' package cephadm: monitors on three storage hosts (five where there are as many), an OSD on each of their
   * block-storage disks, for volumes, backups, images and (unless told otherwise) root disks. In the network with role "storage", else "internal".
   *
   * At least three storage hosts with block-storage disks. The disks must be empty: Ceph leaves alone what has anything on it. Hosts and disks that are
   * added to the inventory join; what leaves it is left to `ceph orch host drain`.
   */
  public static cephadm(options: CephadmOptions = {}): CinderBackend {
    return new CinderBackend('ceph', undefined, undefined, options);
  }

  /** No Cinder: servers have only their root disks. Clusters with volumes can't live there. */
  public static none(): CinderBackend {
    return new CinderBackend('none');
  }

  private constructor(
    /** "lvm", "ceph" or "none". */
    public readonly kind: string,
    /** Name of the LVM volume group. */
    public readonly volumeGroup?: string,
    /** The external Ceph cluster. */
    public readonly ceph?: CephOptions,
    /** The Ceph cluster that is made. */
    public readonly cephadmOptions?: CephadmOptions,
  ) {}
}

/** A HashiCorp Vault, or an OpenBao, with a key-value store of version 2. */
export interface PasswordVault {
  /** Its address, which the deployment host reaches: "https://vault.example.com:8200". */
  readonly address: string;
  /**
   * Path, on the machine that runs Terraform, of a file with a token that may read and write below `path`. It is copied to the deployment host, readable for
   * root alone, and is in no state.
   */
  readonly tokenPath: string;
  /**
   * Where the store is mounted.
   * @default "kv"
   */
  readonly mountPoint?: string;
  /**
   * Path of the passwords in the store. Each cloud needs one of its own.
   * @default "kolla_passwords"
   */
  readonly path?: string;
  /**
   * Namespace, which Vault Enterprise and OpenBao have.
   * @default - none
   */
  readonly namespace?: string;
  /**
   * Path, on the machine that runs Terraform, of the CA that signed its certificate.
   * @default - a CA that the deployment host trusts
   */
  readonly caCertificatePath?: string;
}

/** Options of OpenStackEngine.kolla. */
export interface KollaOptions {
  /** OpenStack release. */
  readonly release: OpenStackRelease;
  /** Virtual address of the internal APIs: in the subnet of the network with role "internal", and no host's own. */
  readonly internalVip: string;
  /**
   * Virtual address of the public APIs: in the subnet of the network with role "external", or with role "internal" if there is none.
   * @default - the internal one serves both
   */
  readonly externalVip?: string;
  /**
   * DNS name of the internal virtual address. Certificates and endpoints carry it, and all hosts must be able to look it up.
   * @default - the address
   */
  readonly internalFqdn?: string;
  /**
   * DNS name of the external virtual address.
   * @default - the address
   */
  readonly externalFqdn?: string;
  /**
   * VRRP's number for the virtual addresses, 1 to 255, unique among everything that speaks VRRP in their subnets.
   * @default 51
   */
  readonly virtualRouterId?: number;
  /**
   * Addresses of the name servers that Neutron gives to servers whose subnet names none.
   * @default - Neutron's: OVN gives the resolver of the control hosts, on many systems 127.0.0.53, which no server reaches
   */
  readonly dnsServers?: string[];
  /** @default NeutronDriver.OVN */
  readonly neutronDriver?: NeutronDriver;
  /**
   * Whether the APIs, the services behind their load balancer and the message queue speak TLS, with certificates of a CA that is made on the deployment
   * host.
   * @default true
   */
  readonly tls?: boolean;
  /**
   * Where volumes are.
   * @default - LVM if the pool has storage hosts with block-storage disks, else no Cinder
   */
  readonly cinderBackend?: CinderBackend;
  /**
   * Addresses for amphorae in the network with role "octavia", where the controllers have addresses, too.
   * @default - the upper half of that network
   */
  readonly amphoraAddresses?: AllocationPool;
  /**
   * Services beyond those that every cloud has.
   * @default - the dashboard alone
   */
  readonly services?: KollaServices;
  /**
   * Whether Prometheus, its exporters, Alertmanager and Grafana run on the monitoring hosts.
   * @default false
   */
  readonly monitoring?: boolean;
  /**
   * Whether all logs are collected in OpenSearch on the control hosts.
   * @default false
   */
  readonly centralLogging?: boolean;
  /**
   * Operating system inside the containers and on all hosts.
   * @default - the hosts' own, which must be the same; Ubuntu 24.04 if the inventory doesn't say
   */
  readonly hostDistribution?: HostDistribution;
  /**
   * Where container images come from.
   * @default - Kolla's own images on quay.io, which its makers publish for tests: mirror or build them for anything serious
   */
  readonly registry?: ContainerRegistry;
  /**
   * Path of the private key, on the machine that runs Terraform, with which the deployment host reaches the others. It is copied there, readable
   * for root alone.
   * @default - the key with which Terraform reaches the hosts
   */
  readonly ansiblePrivateKeyPath?: string;
  /**
   * Further settings of Kolla's globals.yml, which win over what is computed here. No secrets: passwords are made on the deployment host. Interfaces
   * don't belong here: they are set for each host.
   * @default - none
   */
  readonly extraGlobals?: { readonly [name: string]: any };
  /**
   * Further settings of the services by file under Kolla's configuration overlay, section and key:
   * `{ 'nova.conf': { scheduler: { discover_hosts_in_cells_interval: '300' } } }`. They win over what is computed here.
   * @default - none
   */
  readonly configOverrides?: { readonly [file: string]: { readonly [section: string]: { readonly [key: string]: string } } };
  /**
   * Names of hosts that were in the inventory and are not any more, once they are retired: nothing runs on them, their containers are stopped, their
   * compute services and network agents are deleted. A host that vanishes from the inventory without it is refused on the deployment host.
   * @default - none
   */
  readonly retiredHosts?: string[];
  /**
   * The release that the cloud runs before this apply: what OpenStack can't be upgraded from in one step is refused at synth, and hosts may have a system
   * that the new release lets pass on the way. Without it, the deployment host refuses the same before it changes anything.
   * @default - not said
   */
  readonly upgradeFrom?: OpenStackRelease;
  /**
   * Where the passwords of the services are kept. With a vault, they are made on the deployment host once, put into it, and fetched into memory while a stage
   * runs. A `passwords.yml` that is there already moves into it. To be decided before a cloud is deployed, or moved so; there is no way back by itself.
   * @default - `/etc/kolla/passwords.yml` on the deployment host
   */
  readonly passwordVault?: PasswordVault;
  /**
   * Whether the hosts are looked at together before anything is put onto them: how far their clocks differ, whether they reach each other in every network
   * with packets as large as its MTU, hear each other by VRRP, whether the virtual addresses and the VRRP number are free, and whether the monitors of an
   * external Ceph cluster answer. It needs ICMP between the hosts.
   * @default true
   */
  readonly verifyNetworks?: boolean;
  /**
   * Whether `terraform destroy` removes the cloud from its hosts: containers, volumes of containers, databases and configuration, by
   * `kolla-ansible destroy`, with everything that the cloud keeps. It is refused while machines are there. Has to be applied before it counts. Disks of
   * volume groups and of Ceph are left as they are; passwords stay on the deployment host.
   * @default false - the cloud stays as it is, and Terraform forgets its stages
   */
  readonly destroyCloud?: boolean;
  /**
   * How long one stage may take, in minutes. A stage that is cut off on Terraform's side goes on, and the next apply attaches to it again.
   * @default 240
   */
  readonly stageTimeoutMinutes?: number;
}
