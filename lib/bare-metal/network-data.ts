import { nicMtu, vlanOf } from './inventory-checks';
import { Host, HostNetwork } from '../contracts/host';
import { Cidr } from '../core/cidr';

/**
 * A host's network in the form of OpenStack's network_data.json, which cloud-init reads from a config drive: ports by their MAC address, bonds, VLANs and
 * addresses. The default route goes by the interface whose network the gateway lies in.
 */
export function networkData(host: Host, networks: readonly HostNetwork[]): { readonly [part: string]: any } {
  const carried = (name: string) => {
    const nic = host.nics.find((one) => one.name === name);
    return networks.filter((network) => nic?.networks.includes(network.role));
  };
  const links = host.nics.map((nic) => {
    const { vlan, parent } = vlanOf(nic);
    const mtu = nicMtu(nic, networks);
    const common = {
      id: nic.name,
      name: nic.name,
      ...(mtu !== undefined && { mtu }),
      ...(nic.mac !== undefined && { ethernet_mac_address: nic.mac }),
    };
    if (nic.bondOf !== undefined) return { ...common, type: 'bond', bond_links: nic.bondOf, bond_mode: nic.bondMode ?? '802.3ad', bond_miimon: 100 };
    if (vlan !== undefined && host.nics.some(({ name }) => name === parent)) return { ...common, type: 'vlan', vlan_id: vlan, vlan_link: parent, ...vlanMac(host, parent!) }; // prettier-ignore
    return { ...common, type: 'phy' };
  });
  const addresses = host.nics.flatMap((nic) => {
    const cidr = carried(nic.name).find((network) => network.cidr !== undefined)?.cidr;
    if (nic.address === undefined || cidr === undefined) return [];
    const range = Cidr.of(cidr);
    const six = nic.address.includes(':');
    const routes = host.gateway !== undefined && range.contains(host.gateway) ? [{ network: six ? '::' : '0.0.0.0', netmask: six ? '::' : '0.0.0.0', gateway: host.gateway }] : []; // prettier-ignore
    return [{ id: nic.name, link: nic.name, type: six ? 'ipv6' : 'ipv4', ip_address: `${nic.address}/${range.prefixLength}`, routes }];
  });
  return { links, networks: addresses, services: host.nameservers.map((server) => ({ type: 'dns', address: server })) };
}

/** cloud-init wants to know a VLAN's address; it is that of what it lies on. */
function vlanMac(host: Host, parent: string): { readonly vlan_mac_address?: string } {
  const below = host.nics.find(({ name }) => name === parent);
  const mac = below?.mac ?? host.nics.find(({ name }) => name === below?.bondOf?.[0])?.mac;
  return mac === undefined ? {} : { vlan_mac_address: mac };
}
