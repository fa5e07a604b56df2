import { compare, minor, parse } from 'semver';
import { fail, isKnown, suggestion, Where } from './validation';

/** What belongs to one Kubernetes minor. */
interface Row {
  readonly patch: string;
  readonly etcd: string;
  readonly coreDns: string;
  readonly pause: string;
  readonly cloudProviderOpenStack: string;
  readonly cloudProviderOpenStackChart: string;
  readonly upgradeSourceOnly?: boolean;
}

/**
 * etcd, CoreDNS and pause are kubeadm's own defaults (cmd/kubeadm/app/constants of the named patch).
 * cloud-provider-openstack follows the minors of Kubernetes, its charts have the same minor with major version 2.
 */
const ROWS: { readonly [minor: string]: Row } = {
  '1.34': {
    patch: '1.34.4',
    etcd: '3.6.5-0',
    coreDns: 'v1.12.1',
    pause: '3.10.1',
    cloudProviderOpenStack: 'v1.34.0',
    cloudProviderOpenStackChart: '2.34.0',
    upgradeSourceOnly: true,
  },
  '1.35': {
    patch: '1.35.4',
    etcd: '3.6.6-0',
    coreDns: 'v1.13.1',
    pause: '3.10.1',
    cloudProviderOpenStack: 'v1.35.0',
    cloudProviderOpenStackChart: '2.35.0',
  },
  '1.36': {
    patch: '1.36.3',
    etcd: '3.6.8-0',
    coreDns: 'v1.14.2',
    pause: '3.10.2',
    cloudProviderOpenStack: 'v1.36.0',
    cloudProviderOpenStackChart: '2.36.0',
  },
};

/** Tested by its makers on Kubernetes 1.33 to 1.36 (its Documentation/network/kubernetes/compatibility). */
const CILIUM_CHART = '1.20.2';
/** Calico 3.32 is tested by its makers on Kubernetes 1.34 to 1.36 (its page of system requirements). */
const TIGERA_OPERATOR_CHART = 'v3.32.4';

/**
 * A Kubernetes version, and the versions of everything that goes with it on OpenStack.
 *
 * The list is closed, because each minor was looked through: the newest is the newest that has a cloud-provider-openstack release.
 * A value: `of` gives the patch that is asked for, the constants a patch that is known to exist.
 */
export class KubernetesVersion {
  /** Kubernetes 1.34, out of support: clusters may be upgraded from it, new ones are refused. */
  public static readonly V1_34 = new KubernetesVersion('1.34', ROWS['1.34'].patch);
  /** Kubernetes 1.35. The last that works with containerd 1.x. */
  public static readonly V1_35 = new KubernetesVersion('1.35', ROWS['1.35'].patch);
  /** Kubernetes 1.36. */
  public static readonly V1_36 = new KubernetesVersion('1.36', ROWS['1.36'].patch);

  /**
   * The version of a text: a minor (`1.36`) or a patch (`1.36.2`), with or without a leading `v`.
   * Unknown minors, pre-releases and references that aren't known at synth are errors.
   */
  public static of(version: string): KubernetesVersion {
    return (
      KubernetesVersion._parse('KubernetesVersion', 'Kubernetes version', version) ??
      fail('KubernetesVersion', {
        problem: 'Kubernetes version must be known at synth, a reference was given',
        fix: `use one of ${Object.keys(ROWS).join(', ')}`,
      })
    );
  }

  /** Every version that is known, oldest first. */
  public static all(): KubernetesVersion[] {
    return [KubernetesVersion.V1_34, KubernetesVersion.V1_35, KubernetesVersion.V1_36];
  }

  /**
   * Reads a version that a construct was given. Undefined if it isn't known at synth.
   * @internal
   */
  public static _parse(where: Where, name: string, version: string): KubernetesVersion | undefined {
    if (!isKnown(version)) return undefined;
    const minorOnly = /^v?\d+\.\d+$/.test(version);
    // A number is no text: YAML reads an unquoted 1.40 as 1.4.
    const parsed = typeof version === 'string' ? parse(minorOnly ? `${version}.0` : version) : null;
    if (parsed === null || parsed.prerelease.length > 0 || parsed.build.length > 0) {
      fail(where, { problem: `${name} is not a release of Kubernetes`, value: version, fix: 'write it as "1.36" or "1.36.2"' });
    }
    const series = `${parsed.major}.${parsed.minor}`;
    const known = KubernetesVersion.all().find((candidate) => candidate.minor === series);
    if (known === undefined) fail(where, { problem: `${name} is not known`, value: version, fix: suggestion(series, Object.keys(ROWS)) });
    return minorOnly ? known : new KubernetesVersion(series, parsed.version);
  }

  /** Minor: `1.36`. */
  public readonly minor: string;
  /** Full version without a leading `v`: `1.36.3`. */
  public readonly version: string;
  /** API of the kubeadm configuration. */
  public readonly kubeadmApiVersion: string = 'kubeadm.k8s.io/v1beta4';
  /** True if clusters may only be upgraded from it: new clusters are refused. */
  public readonly upgradeSourceOnly: boolean;
  /** Release of cloud-provider-openstack, which is the tag of its images: `v1.36.0`. */
  public readonly cloudProviderOpenStackVersion: string;
  /** Version of the Helm chart `openstack-cloud-controller-manager`. */
  public readonly cloudControllerManagerChart: string;
  /** Version of the Helm chart `openstack-cinder-csi`. */
  public readonly cinderCsiChart: string;
  /** Version of the Helm chart `cilium`. */
  public readonly ciliumChart: string = CILIUM_CHART;
  /** Version of the Helm chart `tigera-operator`, which is also Calico's. */
  public readonly tigeraOperatorChart: string = TIGERA_OPERATOR_CHART;
  /** Image of the pod sandbox, which containerd's configuration names. */
  public readonly pauseImage: string;
  /** Tag of the etcd image that this kubeadm runs. */
  public readonly etcdVersion: string;
  /** Tag of the CoreDNS image that this kubeadm runs. */
  public readonly coreDnsVersion: string;

  private constructor(series: string, version: string) {
    const row = ROWS[series];
    this.minor = series;
    this.version = version;
    this.upgradeSourceOnly = row.upgradeSourceOnly ?? false;
    this.cloudProviderOpenStackVersion = row.cloudProviderOpenStack;
    this.cloudControllerManagerChart = row.cloudProviderOpenStackChart;
    this.cinderCsiChart = row.cloudProviderOpenStackChart;
    this.pauseImage = `registry.k8s.io/pause:${row.pause}`;
    this.etcdVersion = row.etcd;
    this.coreDnsVersion = row.coreDns;
  }

  /** True if this version is older than the other, patches counted. */
  public isOlderThan(other: KubernetesVersion): boolean {
    return compare(this.version, other.version) < 0;
  }

  /** How many minors this version is ahead of the other; negative if it is behind. */
  public minorsAhead(other: KubernetesVersion): number {
    return minor(this.version) - minor(other.version);
  }

  /** The full version. */
  public toString(): string {
    return this.version;
  }
}
