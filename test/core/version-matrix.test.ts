import * as fc from 'fast-check';
import { TEXT_TOKEN } from './tokens';
import { HostDistribution } from '../../lib/core/host-distribution';
import { KubernetesVersion } from '../../lib/core/kubernetes-version';
import { OpenStackRelease } from '../../lib/core/openstack-release';
import { StrataError } from '../../lib/core/validation';
import {
  assertCloudProviderOpenStack,
  assertContainerd,
  assertHostDistribution,
  assertKubeletSkew,
  assertKubernetesUpgrade,
  assertNewCloud,
  assertNewCluster,
  assertOpenStackUpgrade,
  assertPodNetworkChart,
} from '../../lib/core/version-matrix';

const { V1_34, V1_35, V1_36 } = KubernetesVersion;
const { V2025_1, V2025_2, V2026_1 } = OpenStackRelease;

test('every row of the matrix agrees with itself', () => {
  for (const version of KubernetesVersion.all()) {
    assertCloudProviderOpenStack('c', version, version.cloudProviderOpenStackVersion);
    assertCloudProviderOpenStack('c', version, version.cloudControllerManagerChart);
    assertCloudProviderOpenStack('c', version, version.cinderCsiChart);
    assertPodNetworkChart('c', version, 'cilium', version.ciliumChart);
    assertPodNetworkChart('c', version, 'tigera-operator', version.tigeraOperatorChart);
  }
});

test('new clusters and clouds are not made on what is out of support', () => {
  assertNewCluster('c', V1_35);
  assertNewCluster('c', V1_36);
  expect(() => assertNewCluster('prod/K8s', V1_34)).toThrow(
    /^prod\/K8s: Kubernetes 1\.34 .*source of an upgrade, got "1\.34\.\d+"; use one of 1\.35, 1\.36$/,
  );
  assertNewCloud('c', V2026_1);
  expect(() => assertNewCloud('c', V2025_1)).toThrow(/unmaintained since 2026-10-02.*got "2025\.1"; use one of 2025\.2, 2026\.1$/);
});

test('Kubernetes goes up one minor at a time', () => {
  assertKubernetesUpgrade('c', V1_34, V1_35);
  assertKubernetesUpgrade('c', V1_36, V1_36);
  assertKubernetesUpgrade('c', KubernetesVersion.of('1.36.3'), KubernetesVersion.of('1.36.1'));
  expect(() => assertKubernetesUpgrade('c', V1_34, V1_36)).toThrow(/one minor at a time.*go to 1\.35 first$/);
  expect(() => assertKubernetesUpgrade('c', V1_36, V1_35)).toThrow(/can't go back from 1\.36/);
});

test('nodes are never newer than the control plane', () => {
  assertKubeletSkew('c', V1_36, V1_34);
  assertKubeletSkew('c', V1_36, V1_36);
  expect(() => assertKubeletSkew('c', V1_35, V1_36)).toThrow(/upgrade the control plane first$/);
});

test('cloud-provider-openstack has the minor of the cluster', () => {
  assertCloudProviderOpenStack('c', V1_36, '2.36.5');
  assertCloudProviderOpenStack('c', V1_36, TEXT_TOKEN);
  assertCloudProviderOpenStack('c', V1_36, undefined);
  for (const version of ['v1.35.0', '2.35.1', '3.36.0', 'latest', '']) {
    expect(() => assertCloudProviderOpenStack('c', V1_36, version)).toThrow(
      /^c: cloud-provider-openstack must have the minor.*use v1\.36\.0 \(charts 2\.36\.0\)$/,
    );
  }
});

test('charts of pod networks', () => {
  assertPodNetworkChart('c', V1_36, 'tigera-operator', 'v3.33.1');
  assertPodNetworkChart('c', V1_36, 'tigera-operator', 'v3.40.0');
  assertPodNetworkChart('c', V1_36, 'cilium', TEXT_TOKEN);
  expect(() => assertPodNetworkChart('c', V1_36, 'tigera-operator', 'v3.31.3')).toThrow(
    /tested on Kubernetes 1\.32 - 1\.35, not on 1\.36, got "v3\.31\.3"; use v3\.32\.\d+$/,
  );
  expect(() => assertPodNetworkChart('c', V1_34, 'tigera-operator', 'v3.33.0')).toThrow(StrataError);
  expect(() => assertPodNetworkChart('c', V1_34, 'cilium', 'newest')).toThrow(/is not a version/);
});

test('containerd', () => {
  assertContainerd('c', V1_35, '1.7.27');
  assertContainerd('c', V1_36, '2.0');
  assertContainerd('c', V1_36, TEXT_TOKEN);
  expect(() => assertContainerd('c', V1_36, 'v1.7.27')).toThrow(/Kubernetes 1\.36 needs containerd 2, got "v1\.7\.27"/);
  expect(() => assertContainerd('c', V1_36, 'new')).toThrow(/is not a version/);
});

test('OpenStack skips a release only between SLURP releases', () => {
  assertOpenStackUpgrade('c', V2025_1, V2026_1);
  assertOpenStackUpgrade('c', V2025_2, V2026_1);
  assertOpenStackUpgrade('c', V2026_1, V2026_1);
  expect(() => assertOpenStackUpgrade('c', V2026_1, V2025_2)).toThrow(/can't go back from 2026\.1/);
});

test('host distributions', () => {
  assertHostDistribution('c', V2026_1, HostDistribution.DEBIAN_13);
  expect(() => assertHostDistribution('hosts.yaml', V2026_1, HostDistribution.DEBIAN_12)).toThrow(
    'hosts.yaml: Kolla does not support this host distribution for OpenStack 2026.1, got "debian-12"; use ubuntu-24.04, debian-13, rocky-10, centos-stream-10, or OpenStack 2025.2',
  );
  assertHostDistribution('c', V2026_1, HostDistribution.DEBIAN_12, true);
  expect(() => assertHostDistribution('c', V2026_1, HostDistribution.ROCKY_9, true)).toThrow(StrataError);
});

test('a system passes exactly where the release lists it', () => {
  fc.assert(
    fc.property(fc.constantFrom(...OpenStackRelease.all()), fc.constantFrom(...HostDistribution.all()), (release, host) => {
      const run = () => assertHostDistribution('c', release, host);
      if (release.hostDistributions.includes(host)) run();
      else expect(run).toThrow(StrataError);
    }),
  );
});

test('any text for a version is taken or refused with an error of ours', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom(...KubernetesVersion.all()), (text, version) => {
      for (const run of [
        () => assertCloudProviderOpenStack('c', version, text),
        () => assertPodNetworkChart('c', version, 'cilium', text),
        () => assertContainerd('c', version, text),
        () => KubernetesVersion.of(text),
        () => OpenStackRelease.of(text),
        () => HostDistribution.of(text),
      ]) {
        try {
          run();
        } catch (error) {
          expect(error).toBeInstanceOf(StrataError);
        }
      }
    }),
  );
});
