import { major, minor, parse, satisfies } from 'semver';
import { HostDistribution } from './host-distribution';
import { KubernetesVersion } from './kubernetes-version';
import { OpenStackRelease } from './openstack-release';
import { fail, isKnown, Where } from './validation';

/** Kubernetes minors that the makers of a chart tested it on: Calico's page of requirements, Cilium's page of compatibility. */
const TESTED: { readonly [chart: string]: { readonly [minor: string]: string } } = {
  'tigera-operator': { '3.31': '1.32 - 1.35', '3.32': '1.34 - 1.36', '3.33': '1.35 - 1.37' },
  cilium: { '1.20': '1.33 - 1.36' },
};

/** Throws if new clusters can't be made on this minor. */
export function assertNewCluster(where: Where, version: KubernetesVersion): void {
  if (!version.upgradeSourceOnly) return;
  fail(where, {
    problem: `Kubernetes ${version.minor} is out of support and stays only as the source of an upgrade`,
    value: version.version,
    fix: `use one of ${current(KubernetesVersion.all().map((v) => ({ name: v.minor, old: v.upgradeSourceOnly })))}`,
  });
}

/** Throws if a cluster can't go from one version to the other in one step: at most one minor up, never a minor down. */
export function assertKubernetesUpgrade(where: Where, from: KubernetesVersion, to: KubernetesVersion): void {
  const steps = to.minorsAhead(from);
  if (steps < 0) {
    fail(where, {
      problem: `Kubernetes can't go back from ${from.minor}`,
      value: to.version,
      fix: `stay on ${from.minor}, or restore a snapshot from before`,
    });
  }
  if (steps > 1) {
    const next = KubernetesVersion.all().find((v) => v.minorsAhead(from) === 1);
    fail(where, {
      problem: `Kubernetes is upgraded one minor at a time, ${from.minor} to ${to.minor} are ${steps}`,
      value: to.version,
      fix: `go to ${next?.minor ?? 'the minor between'} first`,
    });
  }
}

/** Throws unless the kubelet's minor is the API server's or up to three behind, never newer. */
export function assertKubeletSkew(where: Where, apiServer: KubernetesVersion, kubelet: KubernetesVersion): void {
  const behind = apiServer.minorsAhead(kubelet);
  if (behind >= 0 && behind <= 3) return;
  fail(where, {
    problem: `nodes must not be newer than the control plane (${apiServer.version}), nor more than three minors behind`,
    value: kubelet.version,
    fix: behind < 0 ? 'upgrade the control plane first' : 'upgrade the nodes first',
  });
}

/** Throws unless the release of cloud-provider-openstack, or one of its charts, has the minor of the cluster. Charts count 2.36 for 1.36. */
export function assertCloudProviderOpenStack(where: Where, kubernetes: KubernetesVersion, version: string | undefined): void {
  if (version === undefined || !isKnown(version)) return;
  const given = parse(version);
  const fits = given !== null && (given.major === 1 || given.major === 2) && given.minor === minor(kubernetes.version);
  if (fits) return;
  fail(where, {
    problem: `cloud-provider-openstack must have the minor of Kubernetes ${kubernetes.minor}`,
    value: version,
    fix: `use ${kubernetes.cloudProviderOpenStackVersion} (charts ${kubernetes.cloudControllerManagerChart})`,
  });
}

/**
 * Throws if the chart of a pod network is known to be untested on the cluster's minor. Chart versions that nobody looked through pass,
 * so that a user can be ahead of this library.
 */
export function assertPodNetworkChart(
  where: Where,
  kubernetes: KubernetesVersion,
  chart: 'cilium' | 'tigera-operator',
  version: string | undefined,
): void {
  if (version === undefined || !isKnown(version)) return;
  const given = parse(version);
  const recommended = chart === 'cilium' ? kubernetes.ciliumChart : kubernetes.tigeraOperatorChart;
  if (given === null) fail(where, { problem: `version of the chart ${chart} is not a version`, value: version, fix: `use ${recommended}` });
  const tested = TESTED[chart][`${given.major}.${given.minor}`];
  if (tested === undefined || satisfies(`${kubernetes.minor}.0`, tested)) return;
  fail(where, {
    problem: `${chart} ${version} is tested on Kubernetes ${tested}, not on ${kubernetes.minor}`,
    value: version,
    fix: `use ${recommended}`,
  });
}

/** Throws if the container runtime is too old: Kubernetes 1.35 was the last that works with containerd 1.x. */
export function assertContainerd(where: Where, kubernetes: KubernetesVersion, containerd: string | undefined): void {
  if (containerd === undefined || !isKnown(containerd)) return;
  const given = parse(/^v?\d+\.\d+$/.test(containerd) ? `${containerd}.0` : containerd);
  if (given === null) fail(where, { problem: 'containerd version is not a version', value: containerd, fix: 'write it as 2.1.0' });
  if (major(given) >= 2 || minor(kubernetes.version) <= 35) return;
  fail(where, { problem: `Kubernetes ${kubernetes.minor} needs containerd 2`, value: containerd, fix: 'use a node image with containerd 2.x' });
}

/** Throws if new clouds can't be made on this release. */
export function assertNewCloud(where: Where, release: OpenStackRelease): void {
  if (!release.upgradeSourceOnly) return;
  fail(where, {
    problem: `OpenStack ${release.series} has been unmaintained since ${release.supportedUntil} and stays only as the source of an upgrade`,
    value: release.series,
    fix: `use one of ${current(OpenStackRelease.all().map((r) => ({ name: r.series, old: r.upgradeSourceOnly })))}`,
  });
}

/** Throws if a cloud can't go from one release to the other in one step. The same release passes: that is a reconfiguration. */
export function assertOpenStackUpgrade(where: Where, from: OpenStackRelease, to: OpenStackRelease): void {
  if (from === to || from.canUpgradeTo(to)) return;
  if (to.isOlderThan(from)) {
    fail(where, { problem: `OpenStack can't go back from ${from.series}`, value: to.series, fix: `stay on ${from.series}` });
  }
  const next = OpenStackRelease.all().filter((release) => from.canUpgradeTo(release));
  fail(where, {
    problem: `OpenStack ${from.series} can't be upgraded to ${to.series} in one step, only a SLURP release to the next SLURP release skips one`,
    value: to.series,
    fix: `go to ${next.map(String).join(' or ')} first`,
  });
}

/** Throws unless Kolla of this release supports the host's system; while an upgrade is under way, also those that it lets pass. */
export function assertHostDistribution(where: Where, release: OpenStackRelease, distribution: HostDistribution, upgrading: boolean = false): void {
  const supported = upgrading ? release.upgradeHostDistributions : release.hostDistributions;
  if (supported.includes(distribution)) return;
  const others = OpenStackRelease.all().filter((other) => !other.upgradeSourceOnly && other.hostDistributions.includes(distribution));
  const alternative = others.length === 0 ? '' : `, or OpenStack ${others.map(String).join(' or ')}`;
  fail(where, {
    problem: `Kolla does not support this host distribution for OpenStack ${release.series}`,
    value: distribution.name,
    fix: `use ${supported.map(String).join(', ')}${alternative}`,
  });
}

function current(all: readonly { readonly name: string; readonly old: boolean }[]): string {
  return all
    .filter(({ old }) => !old)
    .map(({ name }) => name)
    .join(', ');
}
