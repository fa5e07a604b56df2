import { createHash } from 'node:crypto';
import { Chart } from './charts';
import { OpenStackHelmCeph, OpenStackHelmOptions } from './openstack-helm-options';
import { IBareMetalPool } from '../../../contracts/bare-metal-pool';
import { Host, HostRole } from '../../../contracts/host';
import { LoadBalancerProvider } from '../../../contracts/openstack-cloud';

/** Everything that the values are computed from, decided and checked. */
export interface OpenStackHelmModel {
  readonly pool: IBareMetalPool;
  readonly options: OpenStackHelmOptions;
  readonly region: string;
  readonly namespace: string;
  readonly ovn: boolean;
  readonly tls: boolean;
  readonly storageClass: string;
  readonly ceph: Required<OpenStackHelmCeph> | undefined;
  readonly loadBalancerProvider: LoadBalancerProvider;
  /** Charts in stages, each with its version. */
  readonly stages: readonly (readonly Chart[])[];
  readonly versions: { readonly [chart in Chart]?: string };
  /** Bridges into the provider networks: physical network, bridge, interface. */
  readonly bridges: readonly Bridge[];
  /** Whether compute hosts have an interface of their own into the provider networks. */
  readonly computeHasProviderNetworks: boolean;
}

/** A bridge of Open vSwitch into a provider network. */
export interface Bridge {
  readonly physicalNetwork: string;
  readonly name: string;
  readonly interface: string;
}

/** What a node's label says when it is there. */
const ENABLED = 'enabled';
/** Tells compute hosts apart whose Nova is told different things. */
export const NOVA_LABEL = 'strata-nova-compute';

/** Labels by which the charts choose nodes. OVN's databases ask for a label of their own, which OpenStack-Helm's guide leaves out. */
export function nodeLabels(pool: IBareMetalPool, host: Host): { readonly [label: string]: string } {
  const group = novaGroups(pool).find(({ hosts }) => hosts.includes(host.name))?.label;
  return {
    ...(host.is(HostRole.CONTROL) && { 'openstack-control-plane': ENABLED }),
    ...(host.is(HostRole.NETWORK) && { 'openstack-network-node': ENABLED, 'l3-agent': ENABLED }),
    ...(host.is(HostRole.COMPUTE) && { 'openstack-compute-node': ENABLED }),
    ...((host.is(HostRole.NETWORK) || host.is(HostRole.COMPUTE)) && { openvswitch: ENABLED }),
    ...(group !== undefined && { [NOVA_LABEL]: group }),
  };
}

/** Compute hosts whose Nova is told the same by the KVM profile. */
export interface NovaGroup {
  /** Value of the node label; undefined if all hosts are told the same. */
  readonly label: string | undefined;
  readonly hosts: readonly string[];
  readonly config: { readonly [section: string]: { readonly [option: string]: string } };
}

/** What the KVM profile says of each compute host: one group where it says the same of all. */
export function novaGroups(pool: IBareMetalPool): NovaGroup[] {
  const groups = new Map<string, { config: NovaGroup['config']; hosts: string[] }>();
  for (const host of pool.hostsWithRole(HostRole.COMPUTE)) {
    const config = pool.kvm.novaConfig(host);
    const key = JSON.stringify(config);
    const group = groups.get(key) ?? { config, hosts: [] };
    group.hosts.push(host.name);
    groups.set(key, group);
  }
  return [...groups].map(([key, group]) => ({
    label: groups.size === 1 ? undefined : createHash('sha256').update(key).digest('hex').slice(0, 8),
    ...group,
  }));
}
