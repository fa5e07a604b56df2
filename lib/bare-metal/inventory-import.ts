import { basename } from 'node:path';
import { isRecord } from './inventory-fields';
import { InventorySource } from './inventory-source';
import { BmcProtocol, BootMode, HostRole, RaidLevel } from '../contracts/host';
import { Cidr } from '../core/cidr';
import { HostDistribution } from '../core/host-distribution';
import { fail } from '../core/validation';

/** What another tool's file has to say of a host: fields of the inventory, as far as it knows them. */
type Imported = { [field: string]: unknown };

/** A file of another tool: its documents, and which place of it each host comes from. */
export type Convert = (file: string, data: unknown) => { readonly host: Imported; readonly path: (string | number)[] }[];

/** Bifrost's `servers.yml` or `servers.json`: a map of hosts by name. Passwords in it are left where they are. */
export const fromBifrost: Convert = (file, data) => {
  if (!isRecord(data) || Object.values(data).some((server) => !isRecord(server))) {
    return fail(file, {
      problem: 'the file is not a map of servers by name, as Bifrost has it',
      fix: 'give the servers.yml or servers.json of Bifrost',
    });
  }
  return Object.entries(data).map(([key, server]) => ({ host: bifrostHost(key, server as Imported), path: [key] }));
};

function bifrostHost(key: string, server: Imported): Imported {
  const properties = map(server.properties);
  const nics = array(server.nics).map(map);
  const info = { ...map(map(server.driver_info).power), ...map(server.driver_info) };
  const protocol = String(server.driver ?? '').startsWith('ipmi') ? BmcProtocol.IPMI : BmcProtocol.REDFISH;
  const root = map(properties.root_device);
  const device = typeof root.name === 'string' && root.name.startsWith('/dev/') ? root.name : undefined;
  const roles = array(server.host_groups).filter((group) => (Object.values(HostRole) as unknown[]).includes(group));
  return present({
    name: String(server.name ?? key).toLowerCase(),
    roles: roles.length > 0 ? roles : undefined,
    managementAddress: server.ansible_ssh_host ?? server.ipv4_address,
    cpuThreads: number(properties.cpus),
    memoryMib: number(properties.ram),
    architecture: properties.cpu_arch,
    disks: number(properties.disk_size) === undefined ? undefined : [{ device: device ?? '/dev/sda', sizeGib: number(properties.disk_size) }],
    bootMac: nics[0]?.mac,
    bmc: present({
      address: info[`${protocol}_address`],
      protocol,
      systemId: info.redfish_system_id,
      verifyCertificate: info.redfish_verify_ca === false || info.redfish_verify_ca === 'False' ? false : undefined,
    }),
    bootMode: bootModeOf(/boot_mode:(\w+)/.exec(String(properties.capabilities ?? ''))?.[1]),
    rootDevice: rootDeviceOf(root, { name: 'deviceName', serial: 'serialNumber', size: 'minSizeGib' }),
    gateway: server.ipv4_gateway,
    nameservers: server.ipv4_nameserver === undefined ? undefined : [server.ipv4_nameserver].flat(),
    resourceClass: server.resource_class,
    nics: nics.some((nic) => nic.name !== undefined)
      ? nics.map((nic, i) => present({ name: nic.name, networks: [], mac: nic.mac, address: i === 0 ? server.ipv4_address : undefined }))
      : undefined,
  });
}

/** Metal3's BareMetalHost manifests: documents, or a list of `kubectl get -o yaml`. What its inspection found is taken, too. */
export const fromMetal3: Convert = (file, data) => {
  const documents = array(data).flatMap((document, i) =>
    isRecord(document) && document.kind === 'List'
      ? array(document.items).map((item, n) => ({ item: map(item), path: [i, 'items', n] }))
      : [{ item: map(document), path: [i] as (string | number)[] }],
  );
  const hosts = documents.filter(({ item }) => item.kind === 'BareMetalHost');
  if (hosts.length === 0) fail(file, { problem: 'the file has no BareMetalHost', fix: 'give manifests of Metal3, or `kubectl get bmh -o yaml`' });
  return hosts.map(({ item, path }) => ({ host: metal3Host(item), path }));
};

function metal3Host(item: Imported): Imported {
  const [metadata, spec] = [map(item.metadata), map(item.spec)];
  const hardware = map(map(item.status).hardware);
  const bmc = map(spec.bmc);
  const credentials = typeof bmc.credentialsName === 'string' ? bmc.credentialsName.replace(/\W/g, '_').replace(/^(?=\d)/, '_') : undefined;
  const nics = array(hardware.nics).map(map);
  const [scheme, rest] = /^([a-z0-9+-]+):\/\/(.*)$/.exec(String(bmc.address ?? ''))?.slice(1) ?? ['ipmi', String(bmc.address ?? '')];
  const redfish = scheme !== 'ipmi' && scheme !== 'libvirt';
  const [, authority, system] = /^([^/]*)(\/.*)?$/.exec(rest) ?? [];
  const raid = map(spec.raid);
  return present({
    name: metadata.name,
    managementAddress: nics.find((nic) => typeof nic.ip === 'string' && nic.ip !== '')?.ip,
    cpuThreads: map(hardware.cpu).count,
    memoryMib: hardware.ramMebibytes,
    architecture: spec.architecture ?? map(hardware.cpu).arch,
    disks: hardware.storage === undefined ? undefined : array(hardware.storage).map(map).map((disk) => ({ device: disk.alternateNames === undefined ? disk.name : stable(disk), sizeGib: gib(disk.sizeBytes) })), // prettier-ignore
    nics: hardware.nics === undefined ? undefined : nics.filter((nic, i) => nics.findIndex((other) => other.name === nic.name) === i).map((nic) => present({ name: nic.name, networks: [], mac: nic.mac, address: nic.ip === '' ? undefined : nic.ip })), // prettier-ignore
    bootMac: spec.bootMACAddress,
    bmc: bmc.address === undefined ? undefined : present({
      address: `${redfish && scheme.endsWith('+http') ? 'http://' : ''}${authority}`,
      protocol: redfish ? BmcProtocol.REDFISH : BmcProtocol.IPMI,
      systemId: redfish ? system : undefined,
      usernameVariable: credentials === undefined ? undefined : `${credentials}_username`,
      passwordVariable: credentials === undefined ? undefined : `${credentials}_password`,
      verifyCertificate: bmc.disableCertificateVerification === true ? false : undefined,
    }), // prettier-ignore
    bootMode: bootModeOf(spec.bootMode),
    rootDevice: rootDeviceOf(map(spec.rootDeviceHints), { minSizeGigabytes: 'minSizeGib' }),
    raid: raidOf(array(raid.hardwareRAIDVolumes).map(map), false) ?? raidOf(array(raid.softwareRAIDVolumes).map(map), true),
    tags: isRecord(metadata.labels) ? metadata.labels : undefined,
  });
}

function stable(disk: Imported): unknown {
  return array(disk.alternateNames).find((name) => String(name).startsWith('/dev/disk/by-')) ?? disk.name;
}

function raidOf(volumes: Imported[], software: boolean): unknown {
  if (volumes.length === 0) return undefined;
  return volumes.map((volume, i) =>
    present({
      name: volume.name ?? `volume-${i}`,
      level: volume.level === '10' ? RaidLevel.RAID_10 : volume.level,
      numberOfDisks: volume.numberOfPhysicalDisks ?? (volume.physicalDisks === undefined ? undefined : array(volume.physicalDisks).length),
      sizeGib: volume.sizeGibibytes === 0 ? undefined : volume.sizeGibibytes,
      software: software || undefined,
      rootVolume: i === 0 || undefined,
    }),
  );
}

/** MAAS's machines: what `maas <profile> machines read` prints. */
export const fromMaas: Convert = (file, data) => {
  if (!Array.isArray(data) || data.some((machine) => !isRecord(machine) || machine.hostname === undefined)) {
    return fail(file, {
      problem: 'the file is not a list of machines, as MAAS prints them',
      fix: 'give the output of `maas <profile> machines read`',
    });
  }
  return data.map((machine, i) => ({ host: maasHost(machine), path: [i] }));
};

function maasHost(machine: Imported): Imported {
  const interfaces = array(machine.interface_set).map(map);
  const numa = array(machine.numanode_set).map(map).filter((node) => Array.isArray(node.cores)); // prettier-ignore
  const addressOf = (nic: Imported) => array(nic.links).map(map).find((link) => typeof link.ip_address === 'string')?.ip_address; // prettier-ignore
  const roles = array(machine.tag_names).filter((tag) => (Object.values(HostRole) as unknown[]).includes(tag));
  const protocol = machine.power_type === 'redfish' ? BmcProtocol.REDFISH : BmcProtocol.IPMI;
  return present({
    name: machine.hostname,
    roles: roles.length > 0 ? roles : undefined,
    managementAddress: array(machine.ip_addresses)[0] ?? interfaces.map(addressOf).find((address) => address !== undefined),
    cpuThreads: machine.cpu_count,
    memoryMib: number(machine.memory),
    architecture: String(machine.architecture).startsWith('arm64') ? 'aarch64' : undefined,
    disks: array(machine.physicalblockdevice_set ?? machine.blockdevice_set).map(map).filter((disk) => disk.type === undefined || disk.type === 'physical').map((disk) => ({ device: disk.id_path || disk.path, sizeGib: gib(disk.size) })), // prettier-ignore
    nics: interfaces
      .filter((nic) => ['physical', 'bond', 'vlan'].includes(String(nic.type)))
      .map((nic) =>
        present({
          name: nic.name,
          networks: [],
          mac: nic.mac_address,
          address: addressOf(nic),
          bondOf: nic.type === 'bond' ? nic.parents : undefined,
          bondMode: nic.type === 'bond' ? map(nic.params).bond_mode : undefined,
          mtu: nic.effective_mtu,
          vlan: nic.type === 'vlan' && !/\.\d+$/.test(String(nic.name)) ? map(nic.vlan).vid : undefined,
          parent: nic.type === 'vlan' && !/\.\d+$/.test(String(nic.name)) ? array(nic.parents)[0] : undefined,
        }),
      ),
    numa: numa.length > 1 ? numa.map((node) => ({ cpus: array(node.cores).join(','), memoryMib: node.memory })) : undefined,
    zone: map(machine.zone).name === 'default' ? undefined : map(machine.zone).name,
    os: osOf(machine.osystem, machine.distro_series),
    bootMac: map(machine.boot_interface).mac_address,
    bmc:
      typeof map(machine.power_parameters).power_address === 'string'
        ? { address: map(machine.power_parameters).power_address, protocol }
        : undefined,
  });
}

function osOf(system: unknown, series: unknown): string | undefined {
  return HostDistribution.all().find((one) => one.kollaBaseDistro === system && one.kollaBaseDistroVersion === series)?.name;
}

function bootModeOf(mode: unknown): BootMode | undefined {
  const modes: [RegExp, BootMode][] = [
    [/^uefisecureboot$/i, BootMode.UEFI_SECURE_BOOT],
    [/^uefi$/i, BootMode.UEFI],
    [/^(legacy|bios)$/i, BootMode.BIOS],
  ];
  return modes.find(([form]) => form.test(String(mode ?? '')))?.[1];
}

const HINTS = ['deviceName', 'hctl', 'model', 'vendor', 'serialNumber', 'wwn', 'minSizeGib', 'rotational'];

function rootDeviceOf(hints: Imported, names: { readonly [theirs: string]: string }): unknown {
  const ours = Object.entries(hints).map(([name, value]) => [Object.hasOwn(names, name) ? names[name] : name, value] as const);
  const known = ours.filter(([name]) => HINTS.includes(name)).map(([name, value]) => [name, name === 'minSizeGib' ? number(value) : value]);
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

/** The hosts of another tool's file, completed by a file of our own: networks, defaults, and fields of hosts by name, which go first. */
export function importInventory(source: InventorySource, convert: Convert, completion: InventorySource | undefined): InventorySource {
  const imported = convert(source.label, source.data);
  const own = map(completion?.data);
  const additions = new Map(array(own.hosts).map((host) => [map(host).name, map(host)]));
  const networks = networksOf(own.networks);
  for (const { host } of imported) {
    for (const nic of array(host.nics).map(map)) {
      if (typeof nic.address !== 'string') continue;
      nic.networks = networks.filter(({ cidr }) => contains(cidr, nic.address as string)).map(({ role }) => role);
    }
  }
  const names = new Set(imported.map(({ host }) => host.name));
  const stranger = [...additions.keys()].find((name) => !names.has(name));
  if (stranger !== undefined) {
    fail(completion!.label, {
      problem: `hosts has a host that ${basename(source.label)} doesn't have`,
      value: stranger,
      fix: `correct its name; there are ${[...names].join(', ')}`,
    });
  }
  const paths = imported.map(({ path }) => path);
  return {
    label: source.label,
    data: { ...own, hosts: imported.map(({ host }) => ({ ...host, ...additions.get(host.name) })) },
    lineOf: ([first, index]) => (first === 'hosts' && typeof index === 'number' && paths[index] ? source.lineOf(paths[index]) : undefined),
  };
}

function networksOf(networks: unknown): { readonly role: string; readonly cidr: string }[] {
  const all = isRecord(networks) ? Object.entries(networks).map(([role, network]) => ({ role, ...map(network) })) : array(networks).map(map);
  return all.filter((network) => typeof (network as Imported).cidr === 'string') as { role: string; cidr: string }[];
}

/** False where either isn't one: the reader tells what is wrong with them. */
function contains(cidr: string, address: string): boolean {
  try {
    return Cidr.of(cidr).contains(address);
  } catch {
    return false;
  }
}

function map(value: unknown): Imported {
  return isRecord(value) ? (value as Imported) : {};
}

function array(value: unknown): any[] {
  return Array.isArray(value) ? value : [];
}

function number(value: unknown): number | undefined {
  const result = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof result === 'number' && Number.isFinite(result) ? Math.floor(result) : undefined;
}

function gib(bytes: unknown): number | undefined {
  const size = number(bytes);
  return size === undefined ? undefined : Math.floor(size / 2 ** 30);
}

function present(fields: Imported): Imported {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}
