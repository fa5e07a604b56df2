import { Path, pathText, Problems } from './problems';
import { HostNetwork, HostNic, HostProps, HostRole, NetworkRole, RaidLevel } from '../contracts/host';
import { Cidr } from '../core/cidr';
import { formatCpuSet, parseCpuSet } from '../core/cpu-set';
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
    checkRaid(path, props, problems);
    checkNuma(path, props, problems);
    checkGateway(path, props, networks.map(({ network }) => network), problems); // prettier-ignore
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
      const otherName = () => `${pathText(other.path)} (${problems.where(other.path)})`;
      if (other.network.role === network.role) {
        problems.add(path, { problem: `${name} has the role of ${otherName()}`, value: network.role, fix: 'make them one network' });
      }
      if (cidr === undefined || other.network.cidr === undefined || !Cidr.of(other.network.cidr).overlaps(cidr)) continue;
      const sameWire = network.vlan === other.network.vlan && mtuOf(network) === mtuOf(other.network);
      if (cidr.toString() !== other.network.cidr) {
        problems.add([...path, 'cidr'], {
          problem: `${name}.cidr overlaps ${other.network.cidr} of ${otherName()}`,
          value: cidr.toString(),
          fix: 'give one of them another range, or both the same one if they are one network',
        });
      } else if (!sameWire) {
        problems.add([...path, 'cidr'], {
          problem: `${name}.cidr is that of ${otherName()}, but not its VLAN and MTU`,
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
  readonly path: () => Path;
  readonly host: number;
  /** False for what a host may say twice of itself: the port it boots from, the address it is managed at, the MAC address of a VLAN or a bond. */
  readonly exclusive: boolean;
}

function checkUniqueness(hosts: ReadInventory['hosts'], problems: Problems): void {
  const claims = hosts.flatMap(({ path, props }, host): Claim[] => {
    const claim = (what: string, value: string | undefined, rest: Path, exclusive: boolean): Claim[] =>
      value === undefined || !isKnown(value) ? [] : [{ what, value, path: () => [...path, ...rest], host, exclusive }];
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
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, [claim]);
      continue;
    }
    const clash = earlier.find((other) => other.host !== claim.host || (other.exclusive && claim.exclusive));
    if (clash !== undefined) {
      problems.add(claim.path(), {
        problem: `${pathText(claim.path())} is that of ${pathText(clash.path())} (${problems.where(clash.path())}) too`,
        value: claim.value,
        fix: `give each its own ${claim.what}`,
      });
    }
    earlier.push(claim);
  }
}

function isPort(nic: HostNic | undefined): boolean {
  return nic?.name !== undefined && !nic.name.includes('.') && nic.vlan === undefined && nic.bondOf === undefined;
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

/** The fewest disks that each level is made of. */
export const RAID_DISKS: { readonly [level in RaidLevel]: number } = { '0': 1, '1': 2, '5': 3, '6': 4, '1+0': 4 };

function checkRaid(path: Path, { raid = [] }: HostProps, problems: Problems): void {
  raid.forEach((volume, i) => {
    if (volume === undefined) return;
    const here = [...path, 'raid', i];
    const earlier = raid.slice(0, i);
    if (volume.name !== undefined && earlier.some((other) => other?.name === volume.name)) {
      const problem = `${pathText(here)}.name is there twice`;
      problems.add([...here, 'name'], { problem, value: volume.name, fix: 'give each logical disk its own name' });
    }
    if (volume.rootVolume === true && earlier.some((other) => other?.rootVolume === true)) {
      const problem = `${pathText(here)}.rootVolume is the second of the host`;
      problems.add([...here, 'rootVolume'], { problem, value: true, fix: 'let the operating system go to one' });
    }
    const least = volume.level === undefined ? 0 : RAID_DISKS[volume.level];
    if (volume.numberOfDisks === undefined) return;
    const odd = volume.level === RaidLevel.RAID_10 && volume.numberOfDisks % 2 === 1;
    if (volume.numberOfDisks < least || odd) {
      problems.add([...here, 'numberOfDisks'], {
        problem: `${pathText(here)}.numberOfDisks must be ${odd ? 'even, and ' : ''}at least ${least} for RAID ${volume.level}`,
        value: volume.numberOfDisks,
        fix: 'take more disks, or another level',
      });
    }
  });
}

function checkNuma(path: Path, { numa, numaNodes, cpuThreads, memoryMib }: HostProps, problems: Problems): void {
  if (numa === undefined) return;
  const here = [...path, 'numa'];
  const name = pathText(here);
  if (numaNodes !== undefined && numaNodes !== numa.length) {
    const problem = `${name} has ${numa.length} nodes, but numaNodes says ${numaNodes}`;
    problems.add(here, { problem, fix: 'leave numaNodes out, or correct one of them' });
  }
  if (numa.some((node) => node?.cpus === undefined || node.memoryMib === undefined)) return;
  const threads = numa.flatMap((node) => parseCpuSet('', '', node.cpus));
  const twice = threads.filter((thread, i) => threads.indexOf(thread) !== i);
  if (twice.length > 0) problems.add(here, { problem: `${name} has threads on two nodes`, value: formatCpuSet(twice), fix: 'give each thread once' });
  if (cpuThreads !== undefined && twice.length === 0 && (threads.length !== cpuThreads || Math.max(...threads) >= cpuThreads)) {
    problems.add(here, {
      problem: `${name} must have the threads 0 to ${cpuThreads - 1}, since cpuThreads is ${cpuThreads}`,
      value: formatCpuSet(threads),
      fix: 'take both from `lscpu`',
    });
  }
  const memory = numa.reduce((sum, node) => sum + node.memoryMib, 0);
  if (memoryMib !== undefined && memory > memoryMib) {
    problems.add(here, { problem: `${name} has more memory than the host, which has ${memoryMib} MiB`, value: memory, fix: 'correct one of them' });
  }
}

function checkGateway(path: Path, { gateway, nics = [] }: HostProps, networks: readonly HostNetwork[], problems: Problems): void {
  if (gateway === undefined || !isKnown(gateway)) return;
  const carried = networks.filter(({ role, cidr }) => cidr !== undefined && nics.some((nic) => nic?.networks?.includes(role)));
  if (carried.length === 0 || carried.some(({ cidr }) => Cidr.of(cidr!).contains(gateway))) return;
  problems.add([...path, 'gateway'], {
    problem: `${pathText(path)}.gateway is in none of the host's networks (${carried.map(({ cidr }) => cidr).join(', ')})`,
    value: gateway,
    fix: 'give the address of a router that the host reaches directly',
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
    checkBond(here, nic, nics, problems);
    checkNic(here, nic, networks, problems);
    checkParentMtu(here, nic, nics, networks, problems);
  });
}

function checkBond(path: Path, nic: HostNic, nics: readonly HostNic[], problems: Problems): void {
  const name = pathText(path);
  if (nic.bondMode !== undefined && nic.bondOf === undefined) {
    problems.add([...path, 'bondMode'], { problem: `${name}.bondMode needs bondOf`, value: nic.bondMode, fix: 'name the interfaces that it bonds' });
  }
  const { vlan } = vlanOf(nic);
  if (nic.parent !== undefined && vlan === undefined) {
    problems.add([...path, 'parent'], { problem: `${name}.parent is for a VLAN`, value: nic.parent, fix: 'add vlan, or remove it' });
  }
  if (nic.vlan !== undefined && vlanOf(nic).parent === undefined) {
    problems.add([...path, 'vlan'], { problem: `${name}.vlan needs the interface that it lies on`, value: nic.vlan, fix: 'add parent' });
  }
  for (const member of nic.bondOf ?? []) {
    const other = nics.find((one) => one?.name === member);
    const place = [...path, 'bondOf'];
    if (other !== undefined && ((other.networks?.length ?? 0) > 0 || other.address !== undefined)) {
      problems.add(place, {
        problem: `${name}.bondOf has an interface that carries networks or an address of its own`,
        value: member,
        fix: `move them to ${nic.name}`,
      });
    }
    const elsewhere = nics.find((one) => one !== undefined && one !== nic && one.bondOf?.includes(member) && nics.indexOf(one) < nics.indexOf(nic));
    if (elsewhere !== undefined) {
      problems.add(place, { problem: `${name}.bondOf has an interface that is in ${elsewhere.name} too`, value: member, fix: 'bond each once' });
    }
  }
}

/** The VLAN that an interface is, by what is said or by its name. */
export function vlanOf(nic: HostNic): { readonly vlan?: number; readonly parent?: string } {
  const [, parent, id] = /^(.+)\.(\d+)$/.exec(nic.name ?? '') ?? [];
  return { vlan: nic.vlan ?? (id === undefined ? undefined : Number(id)), parent: nic.parent ?? parent };
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
  const { vlan } = vlanOf(nic);
  const other = carried.find((network) => network.vlan !== undefined && vlan !== undefined && network.vlan !== vlan);
  if (other === undefined) return;
  const problem = `${pathText(path)}.${nic.vlan === undefined ? 'name' : 'vlan'} says VLAN ${vlan}, but its network ${other.role} has VLAN ${other.vlan}`;
  problems.add([...path, nic.vlan === undefined ? 'name' : 'vlan'], { problem, value: nic.vlan ?? nic.name, fix: 'correct one of them' });
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
  const { parent: parentName } = vlanOf(nic);
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
