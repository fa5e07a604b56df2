import { HostDistribution } from './host-distribution';
import { fail, isKnown, suggestion, Where } from './validation';

const { UBUNTU_24_04: UBUNTU, DEBIAN_12, DEBIAN_13, ROCKY_9, ROCKY_10, CENTOS_STREAM_9: CENTOS_9, CENTOS_STREAM_10: CENTOS_10 } = HostDistribution;

/** What belongs to one series. Ansible and Python are what the package's metadata requires, hosts what its support matrix lists. */
interface Row {
  readonly series: string;
  readonly slurp: boolean;
  readonly kollaAnsible: string;
  readonly ansibleCore: string;
  readonly python: string;
  readonly hosts: readonly HostDistribution[];
  readonly hostsWhileUpgrading?: readonly HostDistribution[];
  readonly supportedUntil: string;
  readonly upgradeSourceOnly?: boolean;
}

/**
 * An OpenStack release, and what Kolla-Ansible of that series needs.
 *
 * A closed list: inventory groups, settings and host systems differ from release to release, and each was looked through.
 */
export class OpenStackRelease {
  /** 2025.1 Epoxy, unmaintained since 2026-10-02: clouds may be upgraded from it, new ones are refused. */
  public static readonly V2025_1 = new OpenStackRelease({
    series: '2025.1',
    slurp: true,
    kollaAnsible: '20.5.0',
    ansibleCore: '>=2.17,<2.19',
    python: '>=3.10',
    hosts: [UBUNTU, DEBIAN_12, ROCKY_9, ROCKY_10, CENTOS_9, CENTOS_10],
    supportedUntil: '2026-10-02',
    upgradeSourceOnly: true,
  });
  /** 2025.2 Flamingo. */
  public static readonly V2025_2 = new OpenStackRelease({
    series: '2025.2',
    slurp: false,
    kollaAnsible: '21.2.0',
    ansibleCore: '>=2.18,<2.20,!=2.19.0',
    python: '>=3.11',
    hosts: [UBUNTU, DEBIAN_12, ROCKY_10, CENTOS_10],
    supportedUntil: '2027-04-28',
  });
  /** 2026.1 Gazpacho. */
  public static readonly V2026_1 = new OpenStackRelease({
    series: '2026.1',
    slurp: true,
    kollaAnsible: '22.2.0',
    ansibleCore: '>=2.19,<2.21,!=2.19.0',
    python: '>=3.11',
    hosts: [UBUNTU, DEBIAN_13, ROCKY_10, CENTOS_10],
    // Its prechecks let Debian 12 pass, so that hosts can be reinstalled one by one after the upgrade from 2025.x.
    hostsWhileUpgrading: [DEBIAN_12],
    supportedUntil: '2027-10-27',
  });

  /** The release of a series such as `2026.1`. Unknown series and references that aren't known at synth are errors. */
  public static of(series: string): OpenStackRelease {
    return (
      OpenStackRelease._parse('OpenStackRelease', 'OpenStack release', series) ??
      fail('OpenStackRelease', {
        problem: 'OpenStack release must be known at synth, a reference was given',
        fix: suggestion('', OpenStackRelease.all().map(String)),
      })
    );
  }

  /** Every release that is known, oldest first. */
  public static all(): OpenStackRelease[] {
    return [OpenStackRelease.V2025_1, OpenStackRelease.V2025_2, OpenStackRelease.V2026_1];
  }

  /**
   * Reads a release that a construct was given. Undefined if it isn't known at synth.
   * @internal
   */
  public static _parse(where: Where, what: string, series: string): OpenStackRelease | undefined {
    if (!isKnown(series)) return undefined;
    const known = OpenStackRelease.all();
    return (
      known.find((release) => release.series === series) ??
      fail(where, { problem: `${what} is not known`, value: series, fix: suggestion(typeof series === 'string' ? series : '', known.map(String)) })
    );
  }

  /** Series: `2026.1`. Kolla's `openstack_release`. */
  public readonly series: string;
  /** True for a release of the skip-level upgrade path: the next such release may be upgraded to without the one between. */
  public readonly slurp: boolean;
  /** Version of the Python package `kolla-ansible`. */
  public readonly kollaAnsibleVersion: string;
  /** Versions of the Python package `ansible-core` that this kolla-ansible takes, as pip writes it. */
  public readonly ansibleCoreRange: string;
  /** Versions of Python that the deployment host needs, as pip writes it. */
  public readonly pythonRange: string;
  /** Last day of upstream maintenance, `YYYY-MM-DD`. */
  public readonly supportedUntil: string;
  /** True if clouds may only be upgraded from it: new clouds are refused. */
  public readonly upgradeSourceOnly: boolean;

  private readonly hosts: readonly HostDistribution[];
  private readonly hostsWhileUpgrading: readonly HostDistribution[];

  private constructor(row: Row) {
    this.series = row.series;
    this.slurp = row.slurp;
    this.kollaAnsibleVersion = row.kollaAnsible;
    this.ansibleCoreRange = row.ansibleCore;
    this.pythonRange = row.python;
    this.supportedUntil = row.supportedUntil;
    this.upgradeSourceOnly = row.upgradeSourceOnly ?? false;
    this.hosts = row.hosts;
    this.hostsWhileUpgrading = [...row.hosts, ...(row.hostsWhileUpgrading ?? [])];
  }

  /** Systems that Kolla supports on the hosts. */
  public get hostDistributions(): HostDistribution[] {
    return [...this.hosts];
  }

  /** The same, and those that pass on the way, while hosts are reinstalled one by one after an upgrade. */
  public get upgradeHostDistributions(): HostDistribution[] {
    return [...this.hostsWhileUpgrading];
  }

  /** True if Kolla supports to upgrade in one step: to the next release, or from a SLURP release to the next SLURP release. */
  public canUpgradeTo(next: OpenStackRelease): boolean {
    if (!this.isOlderThan(next)) return false;
    const releases = OpenStackRelease.all();
    const between = releases.slice(releases.indexOf(this) + 1, releases.indexOf(next));
    return between.length === 0 || (this.slurp && next.slurp && between.every((release) => !release.slurp));
  }

  /** True if this release came before the other. */
  public isOlderThan(other: OpenStackRelease): boolean {
    return OpenStackRelease.all().indexOf(this) < OpenStackRelease.all().indexOf(other);
  }

  /** The series. */
  public toString(): string {
    return this.series;
  }
}
