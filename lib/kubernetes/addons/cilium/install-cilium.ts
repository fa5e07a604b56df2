import { Release } from '@cdktf/provider-helm/lib/release';
import { Construct } from 'constructs';
import { ciliumImages, ciliumValues } from './cilium-values';
import { checkInteger } from '../../../core/validation';
import { assertPodNetworkChart } from '../../../core/version-matrix';
import { PodNetworkProps } from '../pod-network/pod-network-props';
import { nodeApiAddress } from '../private/api-address';
import { podNetworkAddon, podRanges } from '../private/pod-network';

/** Installs Cilium as the cluster's `cni` says. */
export function installCilium(scope: Construct, { cluster, chartVersion, values, timeoutSeconds }: PodNetworkProps): Release {
  assertPodNetworkChart(scope, cluster.version, 'cilium', chartVersion);
  checkInteger(scope, 'timeoutSeconds', timeoutSeconds, { min: 1, max: 7200 });
  const addon = podNetworkAddon(scope, cluster, 'Cilium');
  const version = chartVersion ?? cluster.version.ciliumChart;
  const { cni, podMtu, controlPlaneReplicas } = cluster;
  return addon.install('Release', {
    releaseName: 'cilium',
    chart: { name: 'cilium', repository: 'https://helm.cilium.io', version, images: ciliumImages(cni, version) },
    namespace: 'kube-system',
    timeoutSeconds: timeoutSeconds ?? 900,
    values: [ciliumValues({ cni, pods: podRanges(scope, cluster), podMtu, controlPlaneReplicas, api: nodeApiAddress(cluster) }), values],
  });
}
