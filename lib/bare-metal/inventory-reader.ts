import { checkInventory } from './inventory-checks';
import {
  address, addressOrName, asText, Entry, Field, fieldsOf, flag, integer, isRecord, JsonSchema, known, list, mac, oneOf, orReference, pattern, Read, reader,
  record, recordSchema, size, text, words,
} from './inventory-fields'; // prettier-ignore
import { InventorySource } from './inventory-source';
import { pathText, Problems } from './problems';
import {
  BmcProtocol, BondMode, BootMode, CpuArchitecture, DiskRole, HostNetwork, HostProps, HostRole, NetworkRole, RaidLevel,
} from '../contracts/host'; // prettier-ignore
import { parseCidr } from '../core/cidr-checks';
import { formatCpuSet, parseCpuSet } from '../core/cpu-set';
import { HostDistribution } from '../core/host-distribution';
import { Mtu } from '../core/mtu';
import { checkDnsLabel } from '../core/naming';
import { toGib, toMib } from '../core/quantity';
import { suggestion } from '../core/validation';

/** What an inventory says, complete and checked. MAC addresses are in Linux's notation, sizes in the unit of their field. */
export interface InventoryContent {
  readonly networks: HostNetwork[];
  readonly hosts: HostProps[];
}

interface Fields {
  readonly [name: string]: Field;
}

const networkRole = oneOf(Object.values(NetworkRole));
const mtu = known((where, name, value) => Mtu._parse(where, name, value)!.bytes, { type: 'integer', minimum: 1280, maximum: 65535 });
const vlanId = integer({ min: 1, max: 4094 });
const interfaceName = known(
  pattern(
    /^(?!\.{1,2}$)[^\s/:%"'\\$`]{1,15}$/,
    'the name of a network interface',
    'give the name that `ip link` shows, such as eno1, bond0 or bond0.20 (up to 15 characters)',
  ),
  { type: 'string', minLength: 1, maxLength: 15 },
);

/** The fields of a network, but for its role: where networks are written by role, the role is the key. */
const NETWORK: Fields = {
  cidr: {
    read: known((where, name, value) => parseCidr(where, name, asText(where, name, value))!.toString()),
    about: 'The addresses of the hosts in it, in CIDR notation. None on a provider network.',
  },
  mtu: { read: mtu, about: 'MTU in bytes that every host must have on it; 1500 if left out.' },
  vlan: { read: vlanId, about: 'VLAN id, 1 to 4094; untagged if left out.' },
};
const NETWORK_WITH_ROLE: Fields = {
  role: { read: networkRole, about: 'What it carries.', required: `what it carries: ${Object.values(NetworkRole).join(', ')}` },
  ...NETWORK,
};

const NIC: Fields = {
  name: { read: interfaceName, about: 'Its name in the operating system.', required: 'its name in the operating system, such as eno1 or bond0.20' },
  networks: { read: words(networkRole), about: 'The networks that it carries, [] for none.', required: 'the networks that it carries, [] for none' },
  mac: { read: mac, about: 'MAC address, in any usual notation.' },
  address: { read: address, about: "The host's address on it, without a prefix length." },
  bondOf: { read: words(interfaceName, 1), about: 'Names of the interfaces that it bonds.' },
  bondMode: { read: oneOf(Object.values(BondMode)), about: 'How the bond spreads its traffic.' },
  vlan: { read: vlanId, about: 'VLAN id, where it is a VLAN whose name does not say it.' },
  parent: { read: interfaceName, about: 'The interface that a VLAN lies on, where its name does not say it.' },
  mtu: { read: mtu, about: 'MTU in bytes; that of its networks if left out.' },
};

const device = known(
  pattern(/^\/dev\/[^\s"'\\$`]+$/, 'the path of a device', 'give a path that stays, such as /dev/disk/by-id/nvme-SAMSUNG_MZ7L3480_S1234'),
  { type: 'string', pattern: '^/dev/' },
);
const diskSize = size(toGib, '480GB or 447GiB');
const DISK: Fields = {
  device: { read: device, about: 'The device, by a path that stays.', required: 'a path that stays, such as /dev/disk/by-id/…' },
  sizeGib: { read: diskSize, about: 'Size in GiB, at least.', required: 'its size, or `size` such as 480GB or 447GiB' },
  size: { read: diskSize, about: 'Size with a unit: 480GB or 447GiB.', into: 'sizeGib' },
  role: { read: oneOf(Object.values(DiskRole)), about: 'What it is used for.' },
};

const variableName = known(
  pattern(
    /^[A-Za-z_][\w-]*$/,
    'the name of a Terraform variable',
    'use letters, digits, "_" and "-", beginning with a letter; never the value itself',
  ),
);
const BMC: Fields = {
  address: { read: orReference(asText), about: 'Host name, address or URL.', required: 'host name, address or URL' },
  protocol: { read: oneOf(Object.values(BmcProtocol)), about: 'redfish if left out.' },
  usernameVariable: { read: variableName, about: "Name of the stack's variable that holds the user; bmc_username if left out." },
  passwordVariable: { read: variableName, about: "Name of the stack's sensitive variable that holds the password; bmc_password if left out." },
  verifyCertificate: { read: flag, about: "Whether the BMC's certificate is verified; true if left out." },
  systemId: {
    read: known(pattern(/^\/[\w/.-]+$/, 'the path of a Redfish system', 'write it as /redfish/v1/Systems/1')),
    about: 'Path of the system in a Redfish service that has several.',
  },
};

const ROOT_DEVICE: Fields = {
  deviceName: { read: device, about: 'The device, by a path that stays.' },
  hctl: { read: known(pattern(/^\d+:\d+:\d+:\d+$/, 'a SCSI address', 'write it as 0:0:0:0, in quotes')), about: 'SCSI address.' },
  model: { read: text, about: 'Model, or a part of it.' },
  vendor: { read: text, about: 'Vendor, or a part of it.' },
  serialNumber: { read: text, about: 'Serial number.' },
  wwn: { read: text, about: 'World-wide name.' },
  minSizeGib: { read: integer({ min: 1 }), about: 'The least size in GiB.' },
  rotational: { read: flag, about: 'True for a spinning disk.' },
};

const RAID: Fields = {
  name: {
    read: known(pattern(/^[A-Za-z][\w-]{0,31}$/, 'the name of a logical disk', 'use letters, digits, "_" and "-", beginning with a letter')),
    about: 'Its name, unique on the host.',
    required: 'a name of its own, such as root',
  },
  level: {
    read: oneOf(Object.values(RaidLevel)),
    about: 'How the disks are put together.',
    required: `one of ${Object.values(RaidLevel).join(', ')}`,
  },
  numberOfDisks: { read: integer({ min: 1, max: 256 }), about: 'How many physical disks; the least that the level needs if left out.' },
  sizeGib: { read: diskSize, about: 'Size in GiB; all that there is if left out.' },
  software: { read: flag, about: 'Whether Linux makes it instead of a controller.' },
  rootVolume: { read: flag, about: 'Whether the operating system goes there.' },
};

const NUMA: Fields = {
  cpus: {
    read: known((where, name, value) => formatCpuSet(parseCpuSet(where, name, asText(where, name, value)))),
    about: 'Its hardware threads as `lscpu` prints them.',
    required: 'its hardware threads, such as "0-15,32-47"',
  },
  memoryMib: { read: size(toMib, '128GiB'), about: 'Its memory in MiB.', required: 'its memory, or `memory` such as 128GiB' },
  memory: { read: size(toMib, '128GiB'), about: 'Its memory with a unit: 128GiB.', into: 'memoryMib' },
};

const label = known((where, name, value) => {
  checkDnsLabel(where, name, asText(where, name, value));
  return value as string;
});
/** What Nova takes as the name of a zone: anything but ":", and Strata's own tools write it into lists and lines. */
const zone = known(pattern(/^[^\s:,"'\\$]{1,255}$/, 'the name of a zone', 'use letters, digits, ".", "_" and "-"'));
const os = known((where, name, value) => HostDistribution._parse(where, name, asText(where, name, value))!.name, {
  enum: HostDistribution.all().map(String),
});
const sshHostKey = known(
  pattern(
    /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521))(-cert-v01@openssh\.com)? [A-Za-z0-9+/]+=*( .*)?$/,
    'a public SSH key',
    'write it as `ssh-keyscan -t ed25519 <host>` prints it, without the address: ssh-ed25519 AAAA…',
  ),
);
const resourceClass = known(
  pattern(/^[A-Za-z0-9][\w.-]{0,79}$/, 'the name of a resource class', 'use letters, digits, ".", "_" and "-", 80 at most'),
);

const tags: Read<{ [name: string]: string }> = reader({ type: 'object', additionalProperties: text.schema }, ({ value, path }, problems) => {
  if (!isRecord(value)) {
    problems.add(path, { problem: `${pathText(path)} must be names with values`, fix: 'write it as name: value' });
    return undefined;
  }
  const read = Object.entries(value).map(([name, tag]) => [name, text({ value: tag, path: [...path, name] }, problems)]);
  return Object.fromEntries(read);
});

const HOST: Fields = {
  name: { read: label, about: 'Host name, unique: an RFC 1123 label.', required: 'a host name of its own' },
  roles: {
    read: words(oneOf(Object.values(HostRole)), 1),
    about: 'What it is for.',
    required: `what it is for: ${Object.values(HostRole).join(', ')}`,
  },
  managementAddress: {
    read: addressOrName,
    about: 'Address or name at which it is reached by SSH.',
    required: 'address or name at which it is reached by SSH',
  },
  sshHostKey: { read: sshHostKey, about: 'Its public SSH key; connections to another one are refused.' },
  cpuThreads: {
    read: integer({ min: 1, max: 8192 }),
    about: 'Hardware threads that the operating system sees.',
    required: 'hardware threads that the operating system sees (`nproc --all`)',
  },
  memoryMib: { read: size(toMib, '256GiB'), about: 'Memory in MiB, as installed.', required: 'its memory, or `memory` such as 256GiB' },
  memory: { read: size(toMib, '256GiB'), about: 'Memory with a unit, as installed: 256GiB.', into: 'memoryMib' },
  disks: { read: list(record('a disk', DISK)), about: 'Disks, the system disk first.', required: 'its disks, the system disk first' },
  nics: { read: list(record('an interface', NIC)), about: 'Network interfaces.', required: 'its network interfaces' },
  numaNodes: { read: integer({ min: 1, max: 64 }), about: 'NUMA nodes; 1 if left out.' },
  numa: { read: list(record('a NUMA node', NUMA)), about: 'What each NUMA node has.' },
  architecture: { read: oneOf(Object.values(CpuArchitecture)), about: 'x86_64 if left out.' },
  cpuSockets: { read: integer({ min: 1, max: 64 }), about: 'Sockets with a CPU each.' },
  threadsPerCore: { read: integer({ min: 1, max: 8 }), about: 'Hardware threads of each core.' },
  zone: { read: zone, about: 'Availability zone; nova if left out.' },
  rack: { read: text, about: 'Rack.' },
  os: { read: os, about: 'Operating system.' },
  bootMac: { read: mac, about: 'MAC address of the interface that it boots from.' },
  bmc: { read: record('a BMC', BMC), about: 'Board management controller.' },
  bootMode: { read: oneOf(Object.values(BootMode)), about: 'How its firmware starts it.' },
  rootDevice: { read: record('root-device hints', ROOT_DEVICE), about: 'By what the disk for the operating system is found.' },
  raid: { read: list(record('a logical disk', RAID)), about: 'Logical disks to be made before the installation.' },
  gateway: { read: address, about: 'Router of its default route.' },
  nameservers: { read: words(address), about: 'Name servers.' },
  resourceClass: { read: resourceClass, about: 'Kind of hardware, by which Ironic allocates; baremetal if left out.' },
  tags: { read: tags, about: 'Tags of your own.' },
};

/** `name` and the like can't be shared, so they make no sense as a default. */
const { name: _name, managementAddress: _address, bootMac: _bootMac, sshHostKey: _key, ...SHARED } = HOST;
const optional = (fields: Fields) => Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, { ...field, required: undefined }]));
const DEFAULTS: Fields = { ...optional(SHARED), bmc: { ...HOST.bmc, read: record('a BMC', optional(BMC)) } };

/** What a host must say itself; everything else may come from the defaults. */
const OWN = ['name', 'managementAddress'];
const HOST_SCHEMA = recordSchema(HOST, Object.keys(HOST).filter((name) => !OWN.includes(name))); // prettier-ignore

const networksSchema: JsonSchema = {
  oneOf: [
    {
      type: 'object',
      properties: Object.fromEntries(Object.values(NetworkRole).map((role) => [role, { oneOf: [{ type: 'null' }, recordSchema(NETWORK)] }])),
      additionalProperties: false,
    },
    { type: 'array', items: recordSchema(NETWORK_WITH_ROLE) },
  ],
};

const INVENTORY: Fields = {
  $schema: { read: text, about: 'Address of this schema, for editors.' },
  networks: {
    read: reader(networksSchema, readNetworks),
    about: 'The networks that the hosts share, by role.',
    required: 'the networks that the hosts share',
  },
  defaults: {
    read: reader(recordSchema(DEFAULTS), (entry, problems) => fieldsOf('the defaults of hosts', DEFAULTS, entry, problems)),
    about: "What hosts have in common; a host's own field goes first.",
  },
  hosts: { read: list(reader(HOST_SCHEMA, (entry) => entry)), about: 'The hosts.', required: 'the hosts' },
};

/** The JSON Schema of an inventory file, and of what a host in it may say. */
export function inventorySchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Inventory of physical hosts (cdktf-strata)',
    ...recordSchema(INVENTORY),
  };
}

export const hostSchema = HOST_SCHEMA;

/** Reads and checks an inventory. Everything that is wrong with it is one error. */
export function readInventory({ label: source, data, lineOf }: InventorySource): InventoryContent {
  const problems = new Problems(source, lineOf);
  if (!isRecord(data)) {
    problems.add([], { problem: 'the inventory is empty or not a map', fix: 'give it networks and hosts' });
  } else {
    const content = fieldsOf('an inventory', INVENTORY, { value: data, path: [] }, problems);
    const defaults = isRecord(data.defaults) ? { value: data.defaults, path: ['defaults'] } : undefined;
    const hosts = ((content.hosts ?? []) as Entry[]).map((entry) => ({
      path: entry.path,
      props: fieldsOf('a host', HOST, entry, problems, defaults === undefined ? undefined : withoutUnknown(defaults)),
    }));
    if (hosts.length === 0 && Array.isArray(data.hosts)) problems.add(['hosts'], { problem: 'hosts is empty', fix: 'give at least one host' });
    const networks = ((content.networks ?? []) as ReadNetwork[]).filter(({ network }) => network?.role !== undefined);
    checkInventory({ networks, hosts: hosts.filter(({ props }) => props !== undefined) }, problems);
    problems.throwIfAny();
    return { networks: networks.map(({ network }) => network), hosts: hosts.map(({ props }) => props) };
  }
  problems.throwIfAny();
  throw new Error('unreachable');
}

/** Defaults that aren't known were complained of once already. */
function withoutUnknown({ value, path }: Entry): Entry {
  return { value: Object.fromEntries(Object.entries(value as object).filter(([name]) => Object.hasOwn(DEFAULTS, name))), path };
}

interface ReadNetwork {
  readonly path: (string | number)[];
  readonly network: HostNetwork;
}

/** A list of networks with their roles, or a map by role. */
function readNetworks({ value, path }: Entry, problems: Problems): unknown {
  if (!isRecord(value)) {
    const readOne = reader({}, (entry) => ({ path: entry.path, network: fieldsOf('a network', NETWORK_WITH_ROLE, entry, problems) }));
    return list(readOne)({ value, path }, problems);
  }
  return Object.entries(value).map(([role, fields]) => {
    const here = [...path, role];
    if (!(Object.values(NetworkRole) as string[]).includes(role)) {
      problems.add(here, { problem: `${pathText(here)} is not a network that hosts have`, fix: suggestion(role, Object.values(NetworkRole)) });
    }
    return { path: here, network: { role, ...fieldsOf('a network', NETWORK, { value: fields ?? {}, path: here }, problems) } };
  });
}
