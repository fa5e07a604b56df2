import { Release } from '@cdktf/provider-helm/lib/release';
import { Construct } from 'constructs';
import { gte } from 'semver';
import { CALICO_IMAGES, calicoValues } from './calico-values';
import { CalicoEncapsulation } from '../../../contracts/cni';
import { checkInteger, fail, isKnown } from '../../../core/validation';
import { assertPodNetworkChart } from '../../../core/version-matrix';
import { PodNetworkProps } from '../pod-network/pod-network-props';
import { Addon } from '../private/addon';
import { podNetworkAddon, podRanges } from '../private/pod-network';

const REPOSITORY = 'https://docs.tigera.io/calico/charts';

/** Installs Calico as the cluster's `cni` says. */
export function installCalico(scope: Construct, { cluster, chartVersion, values, timeoutSeconds }: PodNetworkProps): Release {
  assertPodNetworkChart(scope, cluster.version, 'tigera-operator', chartVersion);
  checkInteger(scope, 'timeoutSeconds', timeoutSeconds, { min: 1, max: 7200 });
  const addon = podNetworkAddon(scope, cluster, 'Calico');
  const version = chartVersion ?? cluster.version.tigeraOperatorChart;
  const common = { namespace: 'tigera-operator', createNamespace: true };
  // From 3.32 on the operator's chart has no CRDs: they are a chart of their own, so that they are upgraded, too.
  const crds =
    !isKnown(version) || gte(version, '3.32.0')
      ? [
          addon.install('Crds', {
            ...common,
            releaseName: 'calico-crds',
            chart: { name: 'crd.projectcalico.org.v1', repository: REPOSITORY, version },
            values: [],
          }),
        ]
      : [];
  const { cni, podMtu } = cluster;
  const pods = podRanges(scope, cluster);
  if (pods.ipv6 !== undefined && cni.calicoOptions?.encapsulation === CalicoEncapsulation.IPIP) {
    fail(scope, {
      problem: 'IPIP carries IPv4 alone, and the pods have IPv6 addresses',
      value: pods.ipv6,
      fix: 'make the cluster with VXLAN, or without encapsulation',
    });
  }
  return addon.install('Release', {
    ...common,
    releaseName: 'calico',
    chart: {
      name: 'tigera-operator',
      repository: REPOSITORY,
      version,
      images: [
        { image: 'quay.io/tigera/operator', registry: 'tigeraOperator.registry', path: 'tigeraOperator.image', tag: 'tigeraOperator.version' },
      ],
    },
    timeoutSeconds: timeoutSeconds ?? 900,
    dependsOn: crds,
    values: [calicoValues({ cni, pods, podMtu, registry: listImages(addon, version) }), values],
  });
}

/** Puts what the operator runs on the list. Returns the registry that all of it comes from, if that isn't its makers'. */
function listImages(addon: Addon, version: string): string | undefined {
  const tag = isKnown(version) ? `:${version.replace(/^v?/, 'v')}` : '';
  const [first] = CALICO_IMAGES.map((name) => addon.image(`quay.io/calico/${name}${tag}`));
  const registry = first.replace(/calico\/node(:[^/]*)?$/, '');
  return registry === 'quay.io/' ? undefined : registry;
}
