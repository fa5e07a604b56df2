import { Path, pathText, Problems } from './problems';
import { HostNetwork, HostNic, HostProps, HostRole, NetworkRole } from '../contracts/host';
import { Cidr } from '../core/cidr';
import { assertQuorum } from '../core/quorum';
import { isKnown } from '../core/validation';

/** The MTU of a network that says none. */
const DEFAULT_MTU = 1500;

/** What was read. Fields that were bad are undefined, whatever the types say: their problem is told already. */
export interface ReadInventory {
  readonly networks: readonly { readonly path: Path; readonly network: HostNetwork }[];
  readonly hosts: readonly { readonly path: Path; readonly props: HostProps }[];
}

/** Hosts need an address of their own in these, since services bind to it. In the others an interface is enough. */
const ADDRESSED = [NetworkRole.INTERNAL_API, NetworkRole.TUNNEL, NetworkRole.STORAGE, NetworkRole.OCTAVIA_MANAGEMENT];

/** What can only be seen in the whole: names, addresses and networks that don't go together. */
export function checkInventory({ networks, hosts }: ReadInventory, problems: Problems): void {
  checkNetworks(networks, problems);
  checkUniqueness(hosts, problems);
  const control = hosts.filter(({ props }) => props.roles?.includes(HostRole.CONTROL)).length;
  if (control > 0) problems.attempt(['hosts'], (where) => assertQuorum(where, 'the number of hosts with the role control', control, [1, 3, 5, 7, 9]));
  for (const { path, props } of hosts) {
    checkDisks(path, props, problems);
    checkNics(path, props, networks.map(({ network }) => network), problems); // prettier-ignore
  }
}

function checkNetworks(networks: ReadInventory['networks'], problems: Problems): void {
  networks.forEach(({ path, network }, i) => {
    const name = pathText(path);
    if (network.role === NetworkRole.PROVIDER && network.cidr !== undefined) {
      problems.add([...path, 'cidr'], {
        problem: `${name}.cidr must be left out, since hosts carry no address on the interface of a provider network`,
        value: network.cidr,
        fix: 'remove it; its addresses belong to the external network of the cloud',
      });
      return;
    }
    const cidr = network.cidr === undefined ? undefined : Cidr.of(network.cidr);
    for (const other of networks.slice(0, i)) {
      const otherName = `${pathText(other.path)} (${problems.where(other.path)})`;
      if (other.network.role === network.role) {
        problems.add(path, { problem: `${name} has the role of ${otherName}`, value: network.role, fix: 'make them one network' });
      }
      if (cidr === undefined || other.network.cidr === undefined || !Cidr.of(other.network.cidr).overlaps(cidr)) continue;
      const sameWire = network.vlan === other.network.vlan && mtuOf(network) === mtuOf(other.network);
      if (cidr.toString() !== other.network.cidr) {
        problems.add([...path, 'cidr'], {
          problem: `${name}.cidr overlaps ${other.network.cidr} of ${otherName}`,
          value: cidr.toString(),
          fix: 'give one of them another range, or both the same one if they are one network',
        });
      } else if (!sameWire) {
        problems.add([...path, 'cidr'], {
          problem: `${name}.cidr is that of ${otherName}, but not its VLAN and MTU`,
          value: cidr.toString(),
          fix: 'give both the same VLAN and MTU if they are one network, or different ranges if they are not',
        });
      }
    }
  });
}

/** Something that must be there once in the whole inventory. */
interface Claim {
  readonly what: string;
  readonly value: string;
  readonly path: Path;
  readonly host: number;
  /** False for what a host may say twice of itself: the port it boots from, the address it is managed at, the MAC address of a VLAN or a bond. */
  readonly exclusive: boolean;
}

function checkUniqueness(hosts: ReadInventory['hosts'], problems: Problems): void {
  const claims = hosts.flatMap(({ path, props }, host): Claim[] => {
    const claim = (what: string, value: string | undefined, rest: Path, exclusive: boolean): Claim[] =>
      value === undefined || !isKnown(value) ? [] : [{ what, value, path: [...path, ...rest], host, exclusive }];
    const nics = props.nics ?? [];
    return [
      ...claim('name', props.name, ['name'], true),
      ...claim('MAC address', props.bootMac, ['bootMac'], false),
      ...nics.flatMap((nic, i) => claim('MAC address', nic?.mac, ['nics', i, 'mac'], isPort(nic))),
      ...claim('address', canonical(props.managementAddress), ['managementAddress'], false),
      ...nics.flatMap((nic, i) => claim('address', canonical(nic?.address), ['nics', i, 'address'], true)),
    ];
  });
  const first = new Map<string, Claim[]>();
  for (const claim of claims) {
    const key = `${claim.what} ${claim.value}`;
    const earlier = first.get(key) ?? [];
    const clash = earlier.find((other) => other.host !== claim.host || (other.exclusive && claim.exclusive));
    if (clash !== undefined) {
      problems.add(claim.path, {
        problem: `${pathText(claim.path)} is that of ${pathText(clash.path)} (${problems.where(clash.path)}) too`,
        value: claim.value,
        fix: `give each its own ${claim.what}`,
      });
    }
    first.set(key, [...earlier, claim]);
  }
}

function isPort(nic: HostNic | undefined): boolean {
  return nic?.name !== undefined && !nic.name.includes('.') && nic.bondOf === undefined;
}

function canonical(address: string | undefined): string | undefined {
  if (address === undefined || !isKnown(address)) return undefined;
  return /^[\d.]+$|:/.test(address) ? Cidr.of(`${address}/${address.includes(':') ? 128 : 32}`).network : address.toLowerCase();
}

function checkDisks(path: Path, { disks = [] }: HostProps, problems: Problems): void {
  if (disks.length === 0) problems.add([...path, 'disks'], { problem: `${pathText(path)}.disks is empty`, fix: 'give at least the system disk' });
  disks.forEach((disk, i) => {
    const twice = disks.slice(0, i).findIndex((other) => other?.device !== undefined && other.device === disk?.device);
    if (twice < 0) return;
    const place = [...path, 'disks', i, 'device'];
    problems.add(place, { problem: `${pathText(place)} is that of disks[${twice}] too`, value: disk.device, fix: 'give each disk once' });
  });
}

function checkNics(path: Path, { nics = [] }: HostProps, networks: readonly HostNetwork[], problems: Problems): void {
  if (nics.length === 0) problems.add([...path, 'nics'], { problem: `${pathText(path)}.nics is empty`, fix: 'give at least one interface' });
  nics.forEach((nic, i) => {
    if (nic === undefined) return;
    const here = [...path, 'nics', i];
    const earlier = nics.slice(0, i).map((other, n) => ({ other, name: `nics[${n}]` }));
    const twice = earlier.find(({ other }) => other?.name !== undefined && other.name === nic.name);
    if (twice) {
      problems.add([...here, 'name'], {
        problem: `${pathText(here)}.name is that of ${twice.name} too`,
        value: nic.name,
        fix: 'give each interface once',
      });
    }
    for (const role of nic.networks ?? []) {
      const elsewhere = earlier.find(({ other }) => other?.networks?.includes(role));
      if (elsewhere) {
        problems.add([...here, 'networks'], {
          problem: `${pathText(here)}.networks has a network that ${elsewhere.name} carries already`,
          value: role,
          fix: 'let one interface carry it; for two ports, make a bond of them',
        });
      }
    }
    checkNic(here, nic, networks, problems);
    checkParentMtu(here, nic, nics, networks, problems);
  });
}

function checkNic(path: Path, nic: HostNic, networks: readonly HostNetwork[], problems: Problems): void {
  const name = pathText(path);
  const roles = nic.networks ?? [];
  const carried = networks.filter((network) => roles.includes(network.role));
  for (const role of roles.filter((r) => !networks.some((network) => network.role === r))) {
    problems.add([...path, 'networks'], {
      problem: `${name}.networks has a network that the inventory doesn't have`,
      value: role,
      fix: `add ${role} to networks`,
    });
  }
  if (roles.includes(NetworkRole.PROVIDER)) {
    const problem = `${name} carries a provider network: Neutron takes the whole interface into its bridge, and`;
    if (nic.address !== undefined) {
      const value = isKnown(nic.address) ? nic.address : undefined;
      problems.add([...path, 'address'], { problem: `${problem} an address on it is lost`, value, fix: 'move the address to another interface' });
    }
    if (roles.length > 1) {
      const others = roles.filter((role) => role !== NetworkRole.PROVIDER);
      problems.add([...path, 'networks'], {
        problem: `${problem} other networks on it are cut off`,
        value: others,
        fix: 'give them another interface, or a VLAN of their own',
      });
    }
  }
  for (const network of carried) {
    if (network.cidr === undefined) continue;
    if (nic.address === undefined) {
      if ('address' in nic || !ADDRESSED.includes(network.role)) continue;
      problems.add([...path, 'address'], {
        problem: `${name}.address is missing: the host needs one in the network ${network.role}`,
        fix: `add one of ${network.cidr}`,
      });
    } else if (isKnown(nic.address) && !Cidr.of(network.cidr).contains(nic.address)) {
      problems.add([...path, 'address'], {
        problem: `${name}.address is outside ${network.cidr}, the CIDR of its network ${network.role}`,
        value: nic.address,
        fix: 'correct it, or let another interface carry that network',
      });
    }
  }
  checkVlan(path, nic, carried, problems);
  checkMtu(path, nic, carried, problems);
}

/** Linux names the VLANs of an interface `bond0.20` by habit: a number there that isn't the network's is a slip. */
function checkVlan(path: Path, nic: HostNic, carried: readonly HostNetwork[], problems: Problems): void {
  const [, id] = /\.(\d+)$/.exec(nic.name ?? '') ?? [];
  const other = carried.find((network) => network.vlan !== undefined && id !== undefined && network.vlan !== Number(id));
  if (other === undefined) return;
  const problem = `${pathText(path)}.name says VLAN ${Number(id)}, but its network ${other.role} has VLAN ${other.vlan}`;
  problems.add([...path, 'name'], { problem, value: nic.name, fix: 'correct one of them' });
}

function checkMtu(path: Path, nic: HostNic, carried: readonly HostNetwork[], problems: Problems): void {
  const mtus = [...new Set(carried.map(mtuOf))];
  if (nic.mtu === undefined) {
    if (mtus.length < 2) return;
    const list = carried.map((network) => `${network.role} ${mtuOf(network)}`).join(', ');
    problems.add(path, {
      problem: `${pathText(path)} carries networks of different MTUs (${list})`,
      fix: 'set its mtu to the largest, or separate them',
    });
    return;
  }
  const larger = carried.find((network) => mtuOf(network) > nic.mtu!);
  if (larger === undefined) return;
  const problem = `${pathText(path)}.mtu is less than the ${mtuOf(larger)} of its network ${larger.role}`;
  problems.add([...path, 'mtu'], { problem, value: nic.mtu, fix: `use ${mtuOf(larger)}, or lower the network's` });
}

/** Linux refuses a VLAN that has more MTU than the interface below it. */
function checkParentMtu(path: Path, nic: HostNic, nics: readonly HostNic[], networks: readonly HostNetwork[], problems: Problems): void {
  const [, parentName] = /^(.+)\.\d+$/.exec(nic.name ?? '') ?? [];
  const parent = parentName === undefined ? undefined : nics.find((other) => other?.name === parentName);
  const [mtu, parentMtu] = [nicMtu(nic, networks), parent === undefined ? undefined : nicMtu(parent, networks)];
  if (mtu === undefined || parentMtu === undefined || mtu <= parentMtu) return;
  const problem = `${pathText(path)}.mtu is more than the ${parentMtu} of ${parentName}, which carries it`;
  problems.add([...path, 'mtu'], { problem, value: mtu, fix: `raise the MTU of ${parentName}, or lower this` });
}

/** The MTU that an interface must have: its own, or the largest of its networks'. Undefined if it carries none. */
export function nicMtu(nic: HostNic, networks: readonly HostNetwork[]): number | undefined {
  const mtus = networks.filter((network) => nic.networks?.includes(network.role)).map(mtuOf);
  return nic.mtu ?? (mtus.length === 0 ? undefined : Math.max(...mtus));
}

function mtuOf(network: HostNetwork): number {
  return network.mtu ?? DEFAULT_MTU;
}
