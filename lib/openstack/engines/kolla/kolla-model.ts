import { CinderBackend, KollaOptions, NeutronDriver } from './kolla-options';
import { IBareMetalPool } from '../../../contracts/bare-metal-pool';
import { DiskRole, Host, HostNetwork, HostNic, HostRole, NetworkRole } from '../../../contracts/host';
import { LoadBalancerProvider } from '../../../contracts/openstack-cloud';
import { Cidr } from '../../../core/cidr';
import { HostDistribution } from '../../../core/host-distribution';
import { IpFamily } from '../../../core/ip-family';
import { OpenStackRelease } from '../../../core/openstack-release';
import { AllocationPool } from '../../foundation/provider-network';

/** Everything that Kolla's files are rendered from, decided and checked. */
export interface KollaModel {
  readonly pool: IBareMetalPool;
  readonly options: KollaOptions;
  readonly release: OpenStackRelease;
  readonly region: string;
  readonly distribution: HostDistribution;
  readonly neutronDriver: NeutronDriver;
  readonly tls: boolean;
  readonly cinder: CinderBackend;
  readonly loadBalancerProvider: LoadBalancerProvider;
  readonly family: IpFamily;
  readonly internalFqdn: string;
  readonly externalVip: string;
  readonly externalFqdn: string;
  readonly virtualRouterId: number;
  /** Whether compute hosts have an interface of their own into the provider networks. */
  readonly computeHasProviderNetworks: boolean;
  readonly amphoraNetwork: AmphoraNetwork | undefined;
  /** Addresses for nodes that boot from Ironic; undefined without Ironic. */
  readonly provisioningRange: AllocationPool | undefined;
  readonly deploymentHost: Host;
}

/** The network between Octavia's controllers and amphorae, as Neutron will have it. */
export interface AmphoraNetwork {
  readonly cidr: Cidr;
  readonly vlan: number;
  readonly mtu: number;
  readonly addresses: AllocationPool;
}

/** The roles whose hosts are in Kolla's `baremetal` group. */
export const CLOUD_ROLES = [HostRole.CONTROL, HostRole.NETWORK, HostRole.COMPUTE, HostRole.STORAGE, HostRole.MONITORING];

/** The hosts that Kolla works on. */
export function cloudHosts(pool: IBareMetalPool): Host[] {
  return pool.hosts.filter((host) => CLOUD_ROLES.some((role) => host.is(role)));
}

/** Interfaces of a host that lead into provider networks, in the order of `physnet1`, `physnet2` … */
export function providerNics(host: Host): HostNic[] {
  return host.nics.filter((nic) => nic.networks.includes(NetworkRole.PROVIDER));
}

/** How many physical networks there are. */
export function physicalNetworks(pool: IBareMetalPool): string[] {
  const count = Math.max(0, ...pool.hostsWithRole(HostRole.NETWORK).map((host) => providerNics(host).length));
  return Array.from({ length: count }, (_, i) => `physnet${i + 1}`);
}

/** Devices of a storage host that become the volume group. */
export function blockDevices(host: Host): string[] {
  return host.disks.filter((disk) => disk.role === DiskRole.BLOCK_STORAGE).map((disk) => disk.device);
}

/** MTU of a network; 1500 if there is none of the role or it says nothing. */
export function mtuOf(network: HostNetwork | undefined): number {
  return network?.mtu ?? 1500;
}

/** The network that an interface role falls back to: tunnels and public APIs share the internal one where they have none of their own. */
export function networkOr(pool: IBareMetalPool, role: NetworkRole): { readonly role: NetworkRole; readonly network: HostNetwork | undefined } {
  const own = pool.network(role);
  return own === undefined ? { role: NetworkRole.INTERNAL_API, network: pool.network(NetworkRole.INTERNAL_API) } : { role, network: own };
}

/** Kolla's `cinder-volume` services run on these hosts: with LVM where the disks are; with Ceph on the control hosts from 2026.1 on. */
export function cinderVolumeHosts(pool: IBareMetalPool, release: OpenStackRelease, backend: CinderBackend): Host[] {
  const onControl = backend.kind === 'ceph' && !release.isOlderThan(OpenStackRelease.V2026_1);
  return pool.hostsWithRole(onControl ? HostRole.CONTROL : HostRole.STORAGE);
}

/**
 * Where LVM's volumes are offered, if not on the internal API's network: on the storage network, where every host that needs it has an address.
 */
export function iscsiPortals({ pool, cinder }: Pick<KollaModel, 'pool' | 'cinder'>): [Host, string][] {
  if (cinder.kind !== 'lvm') return [];
  const address = (host: Host) => host.nicFor(NetworkRole.STORAGE)?.address;
  const everywhere = pool.hosts.every((host) => !(host.is(HostRole.COMPUTE) || host.is(HostRole.STORAGE)) || address(host) !== undefined);
  return everywhere ? pool.hostsWithRole(HostRole.STORAGE).map((host) => [host, address(host) as string]) : [];
}
