import { API_PORT, ClusterSettings } from './bootstrap/kubeadm-config';
import { PkiMaterial } from './bootstrap/pki-material';
import { CheckedCluster } from './cluster-checks';
import { encryptionKeyNames } from './node-cloud-config';

/** The addresses at which a cluster's API is reached. */
export interface ApiAddressesOfCluster {
  /** In the nodes' network. */
  readonly vipAddress: string;
  /** From outside, if there is one. */
  readonly publicAddress?: string;
}

/** What kubeadm's configuration follows from, out of a cluster's options. */
export function clusterSettings(
  props: CheckedCluster,
  ranges: { readonly podCidr: string; readonly serviceCidr: string },
  pki: PkiMaterial,
  { vipAddress, publicAddress }: ApiAddressesOfCluster,
): ClusterSettings {
  // Reserved for private use (ICANN, 2024): it is in no public DNS, and each node maps it by itself.
  const endpointName = `api.${props.clusterName}.internal`;
  return {
    clusterName: props.clusterName,
    version: props.version,
    endpointName,
    certSans: distinct([endpointName, vipAddress, publicAddress, props.api.dnsName, ...props.api.certSans]),
    podCidr: ranges.podCidr,
    serviceCidr: ranges.serviceCidr,
    kubeProxy: !props.cni.replacesKubeProxy,
    bootstrapToken: pki.bootstrapToken,
    configurationRevision: props.configurationRevision ?? 1,
    components: props.components,
    encryptsSecrets: encryptionKeyNames(props.security).length > 0,
  };
}

/** The URL of the API for those who aren't nodes. */
export function apiUrl(props: CheckedCluster, { vipAddress, publicAddress }: ApiAddressesOfCluster): string {
  return `https://${props.api.dnsName ?? publicAddress ?? vipAddress}:${API_PORT}`;
}

function distinct(names: readonly (string | undefined)[]): string[] {
  return [...new Set(names.filter((name) => name !== undefined))];
}
