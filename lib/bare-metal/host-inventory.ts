import { extname } from 'node:path';
import { stringify } from 'yaml';
import { readCsv } from './inventory-csv';
import { isRecord } from './inventory-fields';
import { Convert, fromBifrost, fromMaas, fromMetal3, importInventory } from './inventory-import';
import { readInventory } from './inventory-reader';
import { InventorySource, readDocuments, readSource, readText } from './inventory-source';
import { Host, HostNetwork, HostProps, HostRole, NetworkRole } from '../contracts/host';
import { fail } from '../core/validation';

/** An inventory in code. */
export interface HostInventoryProps {
  /** The networks that the hosts share. */
  readonly networks: HostNetwork[];
  /** The hosts, at least one. Control hosts are an odd number. */
  readonly hosts: HostProps[];
}

/** What a file of hosts alone doesn't say. */
export interface HostFileProps {
  /**
   * The networks that the hosts share. A CSV file needs them, since it has hosts only.
   * @default - those of the file
   */
  readonly networks?: HostNetwork[];
}

/** What another tool's file doesn't say. */
export interface HostImportProps {
  /**
   * Path of a file in the inventory's own form, with networks, with defaults, and with fields of hosts by name, which go before the imported ones. A list
   * (nics, disks) replaces the imported one.
   * @default - nothing is added
   */
  readonly completion?: string;
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
   * Reads a file: YAML, JSON or CSV, by its suffix. The path is absolute or relative to the folder in which the program runs.
   *
   * The file has `networks` (by role, or a list with roles), `hosts`, and optionally `defaults` for what hosts have in common.
   * `memory: 256GiB` may be written for `memoryMib`, and `size: 480GB` for a disk's `sizeGib`. A CSV file has a host in each row, and its first row has the
   * fields as errors write them: `name`, `bmc.address`, `nics[0].address`.
   */
  public static fromFile(path: string, props: HostFileProps = {}): HostInventory {
    const source = extname(path).toLowerCase() === '.csv' ? readCsv(path, readText(path)) : readSource(path);
    const { networks } = props;
    if (networks === undefined) return new HostInventory(source);
    if (isRecord(source.data) && source.data.networks !== undefined) {
      fail(path, { problem: 'networks are in the file and in the call of fromFile', fix: 'keep one of them' });
    }
    return new HostInventory({ ...source, data: { ...(isRecord(source.data) ? source.data : {}), networks } });
  }

  /**
   * Reads the hosts of a Bifrost inventory, `servers.yml` or `servers.json`. It has no networks and seldom interfaces' names: give them in a completion.
   * Passwords that stand in it are neither kept nor shown; see `HostBmc`.
   */
  public static fromBifrost(path: string, props: HostImportProps = {}): HostInventory {
    return HostInventory.imported(readSource(path), fromBifrost, props);
  }

  /** Reads Metal3's BareMetalHost manifests, with what the inspection found if they come from the cluster. Roles and networks come from a completion. */
  public static fromMetal3(path: string, props: HostImportProps = {}): HostInventory {
    return HostInventory.imported(readDocuments(path), fromMetal3, props);
  }

  /** Reads the machines of a MAAS, as `maas <profile> machines read` prints them. Tags that are roles become roles; networks come from a completion. */
  public static fromMaas(path: string, props: HostImportProps = {}): HostInventory {
    return HostInventory.imported(readSource(path), fromMaas, props);
  }

  /** An inventory from code, with the same checks. */
  public static of(props: HostInventoryProps): HostInventory {
    return new HostInventory({ label: 'HostInventory', data: props, lineOf: () => undefined });
  }

  private static imported(source: InventorySource, convert: Convert, { completion }: HostImportProps): HostInventory {
    return new HostInventory(importInventory(source, convert, completion === undefined ? undefined : readSource(completion)));
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

  /** The inventory as the text of a YAML file, which `fromFile` reads: for keeping what was imported. */
  public toYaml(): string {
    return stringify({ networks: this.networks, hosts: this.hosts.map((host) => ({ ...host })) }, { lineWidth: 0, aliasDuplicateObjects: false });
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
