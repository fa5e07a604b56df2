import { readInventory } from './inventory-reader';
import { InventorySource, readSource } from './inventory-source';
import { Host, HostNetwork, HostProps, HostRole, NetworkRole } from '../contracts/host';

/** An inventory in code. */
export interface HostInventoryProps {
  /** The networks that the hosts share. */
  readonly networks: HostNetwork[];
  /** The hosts, at least one. Control hosts are an odd number. */
  readonly hosts: HostProps[];
}

/**
 * The physical hosts of a platform and the networks that they share: what everything above is computed from.
 *
 * It is checked as a whole when it is read, and everything that is wrong with it is one error, a line for each problem, which names the place
 * (`hosts.yaml:12: hosts[3].nics[0].mac …`), the value and what to do: unknown and missing fields, wrong types, names, addresses and MAC addresses
 * that are there twice, addresses outside their network, networks that overlap, an even number of control hosts, and more.
 *
 * References that Terraform resolves may stand for `managementAddress`, `bmc.address`, `bootMac` and an interface's `address` and `mac`; everything
 * else decides what is made and must be known.
 */
export class HostInventory {
  /**
   * Reads a file: YAML or JSON, by its suffix. The path is absolute or relative to the folder in which the program runs.
   *
   * The file has `networks` (by role, or a list with roles), `hosts`, and optionally `defaults` for what hosts have in common.
   * `memory: 256GiB` may be written for `memoryMib`, and `size: 480GB` for a disk's `sizeGib`.
   */
  public static fromFile(path: string): HostInventory {
    return new HostInventory(readSource(path));
  }

  /** An inventory from code, with the same checks. */
  public static of(props: HostInventoryProps): HostInventory {
    return new HostInventory({ label: 'HostInventory', data: props, lineOf: () => undefined });
  }

  /** The hosts, in the inventory's order. */
  public readonly hosts: Host[];
  /** The networks that they share. */
  public readonly networks: HostNetwork[];

  private constructor(source: InventorySource) {
    const { hosts, networks } = readInventory(source);
    this.hosts = hosts.map((props) => new Host(props));
    this.networks = networks;
  }

  /** The hosts with a role, in the inventory's order. */
  public hostsWithRole(role: HostRole): Host[] {
    return this.hosts.filter((host) => host.is(role));
  }

  /** The network with a role, if the hosts have one. */
  public network(role: NetworkRole): HostNetwork | undefined {
    return this.networks.find((network) => network.role === role);
  }
}
