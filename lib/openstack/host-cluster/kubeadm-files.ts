import { stringify } from 'yaml';
import { Host, HostRole, NetworkRole } from '../../contracts/host';
import { KubernetesVersion } from '../../core/kubernetes-version';

/** What kubeadm's files are rendered from. */
export interface HostClusterModel {
  readonly clusterName: string;
  readonly version: KubernetesVersion;
  /** Name or address of the API, without a port. */
  readonly endpoint: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  /** Whether kubeadm installs kube-proxy. */
  readonly kubeProxy: boolean;
  /** The hosts; the first one is a control host, and begins the cluster. */
  readonly hosts: readonly Host[];
}

export const API_PORT = 6443;

/** Where a host is reached by the others: in the internal network, if it has an address there. */
export function nodeAddress(host: Host): string {
  return host.nicFor(NetworkRole.INTERNAL_API)?.address ?? host.managementAddress;
}

/** The files of the bundle, by name: who there is, how the cluster begins, and how each of the others joins. What is between @ is put in on the host. */
export function kubeadmFiles(model: HostClusterModel): { readonly [name: string]: string } {
  const { hosts } = model;
  return {
    hosts: hosts.map((host) => `${host.name} ${host.managementAddress}\n`).join(''),
    'init.yaml': documents(initConfiguration(model), clusterConfiguration(model), kubeletConfiguration()),
    ...Object.fromEntries(hosts.slice(1).map((host) => [`${host.name}.yaml`, documents(joinConfiguration(model, host))])),
  };
}

function documents(...all: object[]): string {
  return all.map((document) => stringify(document, { lineWidth: 0 })).join('---\n');
}

const kubeadm = (version: KubernetesVersion, kind: string) => ({ apiVersion: version.kubeadmApiVersion, kind });

/** OpenStack's pods go onto the hosts of the control plane, too: they have no taint. */
function nodeRegistration(host: Host): object {
  return {
    name: host.name,
    criSocket: 'unix:///run/containerd/containerd.sock',
    taints: [],
    kubeletExtraArgs: [{ name: 'node-ip', value: nodeAddress(host) }],
  };
}

function initConfiguration({ version, hosts: [first], kubeProxy }: HostClusterModel): object {
  return {
    ...kubeadm(version, 'InitConfiguration'),
    nodeRegistration: nodeRegistration(first),
    localAPIEndpoint: { advertiseAddress: nodeAddress(first), bindPort: API_PORT },
    ...(kubeProxy ? {} : { skipPhases: ['addon/kube-proxy'] }),
  };
}

function clusterConfiguration({ version, clusterName, endpoint, podCidr, serviceCidr, kubeProxy }: HostClusterModel): object {
  return {
    ...kubeadm(version, 'ClusterConfiguration'),
    kubernetesVersion: `v${version.version}`,
    clusterName,
    controlPlaneEndpoint: `${bracketed(endpoint)}:${API_PORT}`,
    networking: { podSubnet: podCidr, serviceSubnet: serviceCidr },
    // addon/kube-proxy is skipped at the beginning; this keeps a later upgrade from bringing it
    ...(kubeProxy ? {} : { proxy: { disabled: true } }),
  };
}

function kubeletConfiguration(): object {
  return { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration', cgroupDriver: 'systemd', rotateCertificates: true };
}

function joinConfiguration({ version, hosts: [first] }: HostClusterModel, host: Host): object {
  return {
    ...kubeadm(version, 'JoinConfiguration'),
    nodeRegistration: nodeRegistration(host),
    discovery: { bootstrapToken: { token: '@TOKEN@', apiServerEndpoint: `${bracketed(nodeAddress(first))}:${API_PORT}`, caCertHashes: ['@HASH@'] } },
    ...(host.is(HostRole.CONTROL) && {
      controlPlane: { localAPIEndpoint: { advertiseAddress: nodeAddress(host), bindPort: API_PORT }, certificateKey: '@CERTIFICATES@' },
    }),
  };
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
