import { stringify } from 'yaml';
import { BmcProtocol, BootMode, Host, HostNetwork, NetworkRole } from '../../contracts/host';
import { Cidr } from '../../core/cidr';
import { HostDistribution } from '../../core/host-distribution';
import { Where } from '../../core/validation';
import { bmcVariables } from '../installation';
import { instanceInfo, rootDevice } from '../ironic-terms';
import { networkData } from '../network-data';
import { BifrostProvisionerProps } from '../provisioner-options';

/** What Bifrost works with: the host on which it runs, and those that it installs. */
export interface BifrostModel {
  readonly where: Where;
  readonly seed: Host;
  readonly hosts: readonly Host[];
  readonly networks: readonly HostNetwork[];
  readonly props: BifrostProvisionerProps;
  /** Addresses that hosts boot with before they have their own. */
  readonly dhcp: { readonly start: string; readonly end: string };
}

/** All files, by path under the folder of Kolla's configuration. */
export function bifrostFiles(model: BifrostModel): { readonly [path: string]: string } {
  const files = {
    'globals.yml': globals(model),
    'inventory.yml': inventory(model),
    'config/bifrost/bifrost.yml': bifrost(model),
    'config/bifrost/dib.yml': diskImage(model),
    'servers.json': servers(model),
  };
  return Object.fromEntries(Object.entries(files).map(([path, data]) => [path, path.endsWith('.json') ? JSON.stringify(data) : stringify(data, { lineWidth: 0 })])); // prettier-ignore
}

/** The port of the host that boots others. */
export function bootInterface(seed: Host): string | undefined {
  return seed.nicFor(NetworkRole.PROVISIONING)?.name;
}

function globals({ seed, props }: BifrostModel): object {
  const distribution = seed.os === undefined ? HostDistribution.UBUNTU_24_04 : HostDistribution.of(seed.os);
  const api = (seed.nicFor(NetworkRole.INTERNAL_API) ?? seed.nicFor(NetworkRole.PROVISIONING))!.name;
  return {
    kolla_base_distro: distribution.kollaBaseDistro,
    openstack_release: props.release.series,
    network_interface: api,
    bifrost_network_interface: bootInterface(seed),
    ...props.extraGlobals,
  };
}

/** Kolla's groups, as far as its plays for Bifrost and for the preparation of a host look at them. The host works on itself. */
function inventory({ seed }: BifrostModel): object {
  const only = { hosts: { [seed.name]: {} } };
  return {
    all: {
      hosts: { [seed.name]: { ansible_connection: 'local', ansible_become: true } },
      children: { baremetal: only, deployment: only, bifrost: { children: { deployment: {} } } },
    },
  };
}

function bifrost({ hosts, props, dhcp }: BifrostModel): object {
  const protocols = [...new Set(hosts.map(({ bmc }) => bmc!.protocol ?? BmcProtocol.REDFISH))].sort();
  return {
    enabled_hardware_types: protocols.join(','),
    dhcp_pool_start: dhcp.start,
    dhcp_pool_end: dhcp.end,
    cleaning: props.automatedClean ?? true,
    ssh_public_key: props.sshPublicKey,
  };
}

/** The image that Bifrost builds, where none is given. */
function diskImage({ hosts, props }: BifrostModel): object {
  if (props.image !== undefined) return { create_image_via_dib: false };
  const { kollaBaseDistro, kollaBaseDistroVersion } = HostDistribution.of(hosts[0].os!);
  return { create_image_via_dib: true, dib_os_element: kollaBaseDistro, dib_os_release: kollaBaseDistroVersion };
}

/** Bifrost's inventory of servers. Instead of users and passwords it has the names of their variables; the host where Bifrost runs puts them in. */
function servers({ where, hosts, networks, props }: BifrostModel): object {
  return Object.fromEntries(
    hosts.map((host) => {
      const { address, protocol = BmcProtocol.REDFISH, systemId, verifyCertificate = true } = host.bmc!;
      const { username, password } = bmcVariables(host);
      const power = {
        [`${protocol}_address`]: protocol === BmcProtocol.IPMI || /^https?:\/\//.test(address) ? address : `https://${address}`,
        [`${protocol}_username`]: { variable: username },
        [`${protocol}_password`]: { variable: password },
        ...(protocol === BmcProtocol.REDFISH && { redfish_verify_ca: verifyCertificate, ...(systemId !== undefined && { redfish_system_id: systemId }) }), // prettier-ignore
      };
      const first = host.nics.find((nic) => nic.address === host.managementAddress) ?? host.nics.find((nic) => nic.address !== undefined);
      const cidr = networks.find((network) => first?.networks.includes(network.role) && network.cidr !== undefined)?.cidr;
      const macs = [...new Set([host.bootMac!, ...host.nics.filter((nic) => nic.mac !== undefined && nic.bondOf === undefined && !nic.name.includes('.')).map((nic) => nic.mac!)])]; // prettier-ignore
      return [
        host.name,
        {
          name: host.name,
          driver: protocol,
          driver_info: { power },
          nics: macs.map((mac) => ({ mac })),
          properties: {
            cpu_arch: host.architecture,
            cpus: String(host.cpuThreads),
            ram: String(host.memoryMib),
            disk_size: String(host.disks[0].sizeGib),
            root_device: rootDevice(where, host),
            ...(host.bootMode !== undefined && { capabilities: `boot_mode:${host.bootMode === BootMode.BIOS ? 'bios' : 'uefi'}` }),
          },
          ipv4_address: host.managementAddress,
          ...(cidr !== undefined && { ipv4_subnet_mask: Cidr.of(cidr).netmask }),
          ...(host.gateway !== undefined && { ipv4_gateway: host.gateway }),
          ...(host.nameservers.length > 0 && { ipv4_nameserver: host.nameservers }),
          node_network_data: networkData(host, networks),
          ...(props.image !== undefined && { instance_info: instanceInfo(props.image) }),
        },
      ];
    }),
  );
}
