import { API_PORT, ClusterSettings, KeystoneSettings } from './bootstrap/kubeadm-config';
import { PkiMaterial } from './bootstrap/pki-material';
import { BootstrapToken } from './bootstrap-token';
import { CheckedCluster } from './cluster-checks';
import { ClusterRanges } from './cluster-ranges';
import { KUBERNETES_REGISTRY } from './kubernetes-images';
import { encryptionKeyNames } from './node-cloud-config';
import { ImageRegistries } from '../core/image-registries';
import { IpFamily } from '../core/ip-family';

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
  ranges: ClusterRanges,
  pki: PkiMaterial,
  token: BootstrapToken,
  registries: ImageRegistries,
  { vipAddress, publicAddress }: ApiAddressesOfCluster,
  keystone?: KeystoneSettings,
): ClusterSettings {
  // Reserved for private use (ICANN, 2024): it is in no public DNS, and each node maps it by itself.
  const endpointName = `api.${props.clusterName}.internal`;
  const registry = registries.registry(KUBERNETES_REGISTRY);
  const replaced = registry === KUBERNETES_REGISTRY || props.components?.imageRepository !== undefined ? undefined : registry;
  return {
    clusterName: props.clusterName,
    version: props.version,
    endpointName,
    certSans: distinct([endpointName, vipAddress, publicAddress, props.api.dnsName, ...props.api.certSans]),
    podCidr: both(ranges.podCidr, ranges.secondaryPodCidr),
    serviceCidr: both(ranges.serviceCidr, ranges.secondaryServiceCidr),
    kubeProxy: !props.cni.replacesKubeProxy,
    bootstrapToken: pki.bootstrapToken,
    bootstrapTokenHours: token.lifetimeHours,
    configurationRevision: props.configurationRevision ?? 1,
    components: replaced === undefined ? props.components : { ...props.components, imageRepository: replaced },
    // Of any other registry than its own, kubeadm takes the last part of CoreDNS' path away: a mirror has it whole.
    dnsImageRepository: replaced === undefined ? undefined : `${replaced}/coredns`,
    encryptsSecrets: encryptionKeyNames(props.security).length > 0 || props.security?.barbicanKms !== undefined,
    barbicanKms: props.security?.barbicanKms !== undefined,
    keystone,
  };
}

/** The URL of the API for those who aren't nodes. */
export function apiUrl(props: CheckedCluster, { vipAddress, publicAddress }: ApiAddressesOfCluster, family: IpFamily): string {
  return `https://${props.api.dnsName ?? publicAddress ?? (family === IpFamily.V6 ? `[${vipAddress}]` : vipAddress)}:${API_PORT}`;
}

/** kubeadm's form for ranges of both IP families. */
function both(first: string, second: string | undefined): string {
  return second === undefined ? first : `${first},${second}`;
}

function distinct(names: readonly (string | undefined)[]): string[] {
  return [...new Set(names.filter((name) => name !== undefined))];
}
