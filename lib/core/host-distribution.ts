import { fail, isKnown, suggestion, Where } from './validation';

/** Operating system of a bare-metal host, with the names that Kolla and Ansible have for it. */
export class HostDistribution {
  /** Ubuntu 24.04 LTS, Noble Numbat. */
  public static readonly UBUNTU_24_04 = new HostDistribution('ubuntu-24.04', 'ubuntu', 'noble', 'Ubuntu', '24.04');
  /** Debian 12, Bookworm. */
  public static readonly DEBIAN_12 = new HostDistribution('debian-12', 'debian', 'bookworm', 'Debian', '12');
  /** Debian 13, Trixie. */
  public static readonly DEBIAN_13 = new HostDistribution('debian-13', 'debian', 'trixie', 'Debian', '13');
  /** Rocky Linux 9. */
  public static readonly ROCKY_9 = new HostDistribution('rocky-9', 'rocky', '9', 'Rocky', '9');
  /** Rocky Linux 10. */
  public static readonly ROCKY_10 = new HostDistribution('rocky-10', 'rocky', '10', 'Rocky', '10');
  /** CentOS Stream 9. Kolla publishes no container images for it: they must be built. */
  public static readonly CENTOS_STREAM_9 = new HostDistribution('centos-stream-9', 'centos', 'stream9', 'CentOS', '9');
  /** CentOS Stream 10. Kolla publishes no container images for it: they must be built. */
  public static readonly CENTOS_STREAM_10 = new HostDistribution('centos-stream-10', 'centos', 'stream10', 'CentOS', '10');

  /** The distribution of a name such as `ubuntu-24.04`. Unknown names and references that aren't known at synth are errors. */
  public static of(name: string): HostDistribution {
    return (
      HostDistribution._parse('HostDistribution', 'host distribution', name) ??
      fail('HostDistribution', {
        problem: 'host distribution must be known at synth, a reference was given',
        fix: suggestion('', HostDistribution.all().map(String)),
      })
    );
  }

  /** Every distribution that is known. */
  public static all(): HostDistribution[] {
    return [
      HostDistribution.UBUNTU_24_04,
      HostDistribution.DEBIAN_12,
      HostDistribution.DEBIAN_13,
      HostDistribution.ROCKY_9,
      HostDistribution.ROCKY_10,
      HostDistribution.CENTOS_STREAM_9,
      HostDistribution.CENTOS_STREAM_10,
    ];
  }

  /**
   * Reads a distribution that a construct was given. Undefined if it isn't known at synth.
   * @internal
   */
  public static _parse(where: Where, what: string, name: string): HostDistribution | undefined {
    if (!isKnown(name)) return undefined;
    const names = HostDistribution.all().map(String);
    return (
      HostDistribution.all().find((known) => known.name === name) ??
      fail(where, { problem: `${what} is not known`, value: name, fix: suggestion(typeof name === 'string' ? name : '', names) })
    );
  }

  /** Name: `ubuntu-24.04`. */
  public readonly name: string;
  /** Kolla's `kolla_base_distro`. */
  public readonly kollaBaseDistro: string;
  /** Kolla's `kolla_base_distro_version`. */
  public readonly kollaBaseDistroVersion: string;
  /** Ansible's fact `distribution`. */
  public readonly ansibleDistribution: string;
  /** Version as the operating system tells it in `VERSION_ID`, up to the part that matters. */
  public readonly versionId: string;

  private constructor(name: string, kollaBaseDistro: string, kollaBaseDistroVersion: string, ansibleDistribution: string, versionId: string) {
    this.name = name;
    this.kollaBaseDistro = kollaBaseDistro;
    this.kollaBaseDistroVersion = kollaBaseDistroVersion;
    this.ansibleDistribution = ansibleDistribution;
    this.versionId = versionId;
  }

  /** The name. */
  public toString(): string {
    return this.name;
  }
}
