import { checkInventory } from './inventory-checks';
import {
  address, addressOrName, asText, Entry, Field, fieldsOf, integer, isRecord, known, list, mac, oneOf, orReference, pattern, Read, record, size, text, words,
} from './inventory-fields'; // prettier-ignore
import { InventorySource } from './inventory-source';
import { pathText, Problems } from './problems';
import { BmcProtocol, DiskRole, HostNetwork, HostProps, HostRole, NetworkRole } from '../contracts/host';
import { parseCidr } from '../core/cidr-checks';
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

const networkRole = oneOf(Object.values(NetworkRole));
const mtu = known((where, name, value) => Mtu._parse(where, name, value)!.bytes);
const interfaceName = known(
  pattern(
    /^(?!\.{1,2}$)[^\s/:%"'\\$`]{1,15}$/,
    'the name of a network interface',
    'give the name that `ip link` shows, such as eno1, bond0 or bond0.20 (up to 15 characters)',
  ),
);

/** The fields of a network, but for its role: where networks are written by role, the role is the key. */
const NETWORK: { readonly [name: string]: Field } = {
  cidr: { read: known((where, name, value) => parseCidr(where, name, asText(where, name, value))!.toString()) },
  mtu: { read: mtu },
  vlan: { read: integer({ min: 1, max: 4094 }) },
};

const NIC: { readonly [name: string]: Field } = {
  name: { read: interfaceName, required: 'its name in the operating system, such as eno1 or bond0.20' },
  networks: { read: words(networkRole), required: 'the networks that it carries, [] for none' },
  mac: { read: mac },
  address: { read: address },
  bondOf: { read: words(interfaceName, 1) },
  mtu: { read: mtu },
};

const device = known(
  pattern(/^\/dev\/[^\s"'\\$`]+$/, 'the path of a device', 'give a path that stays, such as /dev/disk/by-id/nvme-SAMSUNG_MZ7L3480_S1234'),
);
const DISK: { readonly [name: string]: Field } = {
  device: { read: device, required: 'a path that stays, such as /dev/disk/by-id/…' },
  sizeGib: { read: size(toGib, '480GB or 447GiB'), required: 'its size, or `size` such as 480GB or 447GiB' },
  size: { read: size(toGib, '480GB or 447GiB'), into: 'sizeGib' },
  role: { read: oneOf(Object.values(DiskRole)) },
};

const BMC: { readonly [name: string]: Field } = {
  address: { read: orReference(asText), required: 'host name, address or URL' },
  protocol: { read: oneOf(Object.values(BmcProtocol)) },
};

const label = known((where, name, value) => {
  checkDnsLabel(where, name, asText(where, name, value));
  return value as string;
});
/** What Nova takes as the name of a zone: anything but ":", and Strata's own tools write it into lists and lines. */
const zone = known(pattern(/^[^\s:,"'\\$]{1,255}$/, 'the name of a zone', 'use letters, digits, ".", "_" and "-"'));
const os = known((where, name, value) => HostDistribution._parse(where, name, asText(where, name, value))!.name);
const sshHostKey = known(
  pattern(
    /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521))(-cert-v01@openssh\.com)? [A-Za-z0-9+/]+=*( .*)?$/,
    'a public SSH key',
    'write it as `ssh-keyscan -t ed25519 <host>` prints it, without the address: ssh-ed25519 AAAA…',
  ),
);

const tags: Read<{ [name: string]: string }> = ({ value, path }, problems) => {
  if (!isRecord(value)) {
    problems.add(path, { problem: `${pathText(path)} must be names with values`, fix: 'write it as name: value' });
    return undefined;
  }
  const read = Object.entries(value).map(([name, tag]) => [name, text({ value: tag, path: [...path, name] }, problems)]);
  return Object.fromEntries(read);
};

const HOST: { readonly [name: string]: Field } = {
  name: { read: label, required: 'a host name of its own' },
  roles: { read: words(oneOf(Object.values(HostRole)), 1), required: `what it is for: ${Object.values(HostRole).join(', ')}` },
  managementAddress: { read: addressOrName, required: 'address or name at which it is reached by SSH' },
  sshHostKey: { read: sshHostKey },
  cpuThreads: { read: integer({ min: 1, max: 8192 }), required: 'hardware threads that the operating system sees (`nproc --all`)' },
  memoryMib: { read: size(toMib, '256GiB'), required: 'its memory, or `memory` such as 256GiB' },
  memory: { read: size(toMib, '256GiB'), into: 'memoryMib' },
  disks: { read: list(record('a disk', DISK)), required: 'its disks, the system disk first' },
  nics: { read: list(record('an interface', NIC)), required: 'its network interfaces' },
  numaNodes: { read: integer({ min: 1, max: 64 }) },
  zone: { read: zone },
  rack: { read: text },
  os: { read: os },
  bootMac: { read: mac },
  bmc: { read: record('a BMC', BMC) },
  tags: { read: tags },
};

/** `name` and the like can't be shared, so they make no sense as a default. */
const { name: _name, managementAddress: _address, bootMac: _bootMac, sshHostKey: _key, ...SHARED } = HOST;
const optional = (fields: { readonly [name: string]: Field }) =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, { ...field, required: undefined }]));
const DEFAULTS: { readonly [name: string]: Field } = { ...optional(SHARED), bmc: { read: record('a BMC', optional(BMC)) } };

const INVENTORY: { readonly [name: string]: Field } = {
  networks: { read: readNetworks, required: 'the networks that the hosts share' },
  defaults: { read: ({ value, path }, problems) => fieldsOf('the defaults of hosts', DEFAULTS, { value, path }, problems) },
  hosts: { read: list((entry) => entry), required: 'the hosts' },
};

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
    const withRole = { role: { read: networkRole, required: `what it carries: ${Object.values(NetworkRole).join(', ')}` }, ...NETWORK };
    return list((entry) => ({ path: entry.path, network: fieldsOf('a network', withRole, entry, problems) }))({ value, path }, problems);
  }
  return Object.entries(value).map(([role, fields]) => {
    const here = [...path, role];
    if (!(Object.values(NetworkRole) as string[]).includes(role)) {
      problems.add(here, { problem: `${pathText(here)} is not a network that hosts have`, fix: suggestion(role, Object.values(NetworkRole)) });
    }
    return { path: here, network: { role, ...fieldsOf('a network', NETWORK, { value: fields ?? {}, path: here }, problems) } };
  });
}
