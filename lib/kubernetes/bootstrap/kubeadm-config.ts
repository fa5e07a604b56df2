import { KubernetesVersion } from '../../core/kubernetes-version';

/** A document of kubeadm's configuration. */
export interface KubeadmDocument {
  readonly apiVersion: string;
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** What a cluster's configuration follows from. References may stand in every string but those of the version. */
export interface ClusterSettings {
  readonly clusterName: string;
  readonly version: KubernetesVersion;
  /** The name of the API that nodes use: each maps it to an address by itself. */
  readonly endpointName: string;
  /** Names and addresses in the API servers' certificates, besides those that kubeadm adds. */
  readonly certSans: readonly string[];
  readonly podCidr: string;
  readonly serviceCidr: string;
  /** Whether kubeadm installs kube-proxy. */
  readonly kubeProxy: boolean;
  readonly bootstrapToken: string;
}

/** A taint in the form that nodes are registered with. */
export interface TaintDocument {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** What a worker's configuration follows from. */
export interface WorkerSettings {
  readonly labels: { readonly [key: string]: string };
  readonly taints: readonly TaintDocument[];
}

export const API_PORT = 6443;
/** etcd's data: in a subfolder of the volume, for kubeadm refuses a folder with a lost+found in it. */
export const ETCD_DATA_DIR = '/var/lib/etcd/data';
/** Where the discovery file is on a worker, and where a control-plane node puts the one that it makes for itself. */
export const WORKER_DISCOVERY_FILE = '/etc/strata/discovery.conf';
export const CONTROL_PLANE_DISCOVERY_FILE = '/run/strata/super-admin.conf';

/** What only the node itself knows: the boot program fills it in. */
export const NODE_NAME = '@NODE_NAME@';
export const NODE_ADDRESS = '@NODE_ADDRESS@';
export const PROVIDER_ID = '@PROVIDER_ID@';

/**
 * Five years. Nothing renews these certificates yet, and a cluster's slots are born within minutes of each other: with kubeadm's year, all of them would
 * lapse in the same hour, and the whole control plane with them. The authorities last longer.
 */
const CERTIFICATE_VALIDITY = '43800h0m0s';

/** Generous: a first boot pulls images, and virtual machines share their disks. */
const TIMEOUTS = {
  controlPlaneComponentHealthCheck: '10m0s',
  discovery: '5m0s',
  etcdAPICall: '3m0s',
  kubeletHealthCheck: '5m0s',
  kubernetesAPICall: '3m0s',
  tlsBootstrap: '8m0s',
};

/** What is true of the whole cluster: the same on every control-plane node, and in the cluster's ConfigMap `kubeadm-config`. */
export function clusterConfiguration(settings: ClusterSettings): KubeadmDocument {
  return {
    apiVersion: settings.version.kubeadmApiVersion,
    kind: 'ClusterConfiguration',
    clusterName: settings.clusterName,
    kubernetesVersion: `v${settings.version.version}`,
    controlPlaneEndpoint: `${settings.endpointName}:${API_PORT}`,
    encryptionAlgorithm: 'ECDSA-P256',
    certificateValidityPeriod: CERTIFICATE_VALIDITY,
    networking: { podSubnet: settings.podCidr, serviceSubnet: settings.serviceCidr, dnsDomain: 'cluster.local' },
    apiServer: { certSANs: [...settings.certSans] },
    // The API server no longer knows the flag: with it, it ends at once.
    controllerManager: { extraArgs: [{ name: 'cloud-provider', value: 'external' }] },
    etcd: { local: { dataDir: ETCD_DATA_DIR } },
    proxy: { disabled: !settings.kubeProxy },
  };
}

/** For the first node of a cluster, and for every phase of kubeadm that a control-plane node runs by itself. */
export function initConfiguration(settings: ClusterSettings): KubeadmDocument {
  return {
    apiVersion: settings.version.kubeadmApiVersion,
    kind: 'InitConfiguration',
    localAPIEndpoint: { advertiseAddress: NODE_ADDRESS, bindPort: API_PORT },
    nodeRegistration: nodeRegistration(),
    bootstrapTokens: [
      {
        token: settings.bootstrapToken,
        ttl: '0s',
        description: 'Workers of this cluster',
        usages: ['signing', 'authentication'],
        groups: ['system:bootstrappers:kubeadm:default-node-token'],
      },
    ],
    timeouts: TIMEOUTS,
  };
}

/** For a control-plane node that joins, with a credential that it makes itself from the cluster's CA. */
export function controlPlaneJoinConfiguration(version: KubernetesVersion): KubeadmDocument {
  return {
    apiVersion: version.kubeadmApiVersion,
    kind: 'JoinConfiguration',
    discovery: { file: { kubeConfigPath: CONTROL_PLANE_DISCOVERY_FILE } },
    controlPlane: { localAPIEndpoint: { advertiseAddress: NODE_ADDRESS, bindPort: API_PORT } },
    nodeRegistration: nodeRegistration(),
    timeouts: TIMEOUTS,
  };
}

/** For a worker, with a discovery file that pins the CA and carries the bootstrap token. */
export function workerJoinConfiguration(version: KubernetesVersion, worker: WorkerSettings): KubeadmDocument {
  const labels = Object.entries(worker.labels).map(([key, value]) => `${key}=${value}`);
  return {
    apiVersion: version.kubeadmApiVersion,
    kind: 'JoinConfiguration',
    discovery: { file: { kubeConfigPath: WORKER_DISCOVERY_FILE } },
    nodeRegistration: {
      ...nodeRegistration(labels.length > 0 ? [{ name: 'node-labels', value: labels.join(',') }] : []),
      taints: worker.taints.map((taint) => ({ ...taint })),
    },
    timeouts: TIMEOUTS,
  };
}

/** What the kubelets of the cluster have in common. */
export function kubeletConfiguration(): KubeadmDocument {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    cgroupDriver: 'systemd',
    shutdownGracePeriod: '60s',
    shutdownGracePeriodCriticalPods: '20s',
  };
}

/** A kubeconfig as discovery file: kubeadm takes the CA and the API's address from it, and logs in with the token. */
export function discoveryFile(settings: ClusterSettings, caCertificateBase64: string): KubeadmDocument {
  return kubeconfig(settings.clusterName, `https://${settings.endpointName}:${API_PORT}`, caCertificateBase64, 'bootstrap', {
    token: settings.bootstrapToken,
  });
}

/** A kubeconfig with one cluster and one user. */
export function kubeconfig(
  clusterName: string,
  server: string,
  caCertificateBase64: string,
  user: string,
  credential: { readonly [field: string]: string },
): KubeadmDocument {
  const context = `${user}@${clusterName}`;
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: clusterName, cluster: { server, 'certificate-authority-data': caCertificateBase64 } }],
    users: [{ name: user, user: credential }],
    contexts: [{ name: context, context: { cluster: clusterName, user } }],
    'current-context': context,
  };
}

function nodeRegistration(furtherArgs: readonly { readonly name: string; readonly value: string }[] = []) {
  return {
    // The name in Nova: the cloud controller removes a Node whose server it doesn't find.
    name: NODE_NAME,
    criSocket: 'unix:///run/containerd/containerd.sock',
    imagePullPolicy: 'IfNotPresent',
    kubeletExtraArgs: [
      { name: 'cloud-provider', value: 'external' },
      { name: 'provider-id', value: PROVIDER_ID },
      { name: 'node-ip', value: NODE_ADDRESS },
      ...furtherArgs,
    ],
  };
}
