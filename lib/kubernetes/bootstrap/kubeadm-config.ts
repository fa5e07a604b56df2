import { API_SERVER_FOLDER, AUDIT_LOG_FOLDER, AUTHORIZATION_FILE, KEYSTONE_FILE, KMS_SOCKET_FOLDER } from './security-files';
import { KubeadmDocument } from './yaml-text';
import { KubernetesVersion } from '../../core/kubernetes-version';
import { KubernetesComponents } from '../kubernetes-components';
import { ComponentArg } from '../node-options';

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
  /** How long the token is good for that the first node registers, in hours; 0 for ever. */
  readonly bootstrapTokenHours: number;
  /** The user's number in the revision of this configuration. */
  readonly configurationRevision: number;
  /** The user's settings of Kubernetes' programs. */
  readonly components?: KubernetesComponents;
  /** Registry and path in front of CoreDNS' image, where it isn't kubeadm's. */
  readonly dnsImageRepository?: string;
  /** Whether Secrets are encrypted in etcd. */
  readonly encryptsSecrets: boolean;
  /** Whether a plugin beside the API server does that. */
  readonly barbicanKms?: boolean;
  /** The webhook for users of OpenStack. */
  readonly keystone?: KeystoneSettings;
}

/** How API servers ask about users of OpenStack. */
export interface KeystoneSettings {
  /** Address of its Service. */
  readonly address: string;
  /** Whether it also says what they may do. */
  readonly authorizes: boolean;
}

/** A taint in the form that nodes are registered with. */
export interface TaintDocument {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** What a worker's configuration follows from. */
export interface WorkerSettings {
  /** The user's arguments of the kubelet. */
  readonly kubeletExtraArgs?: readonly ComponentArg[];
  readonly labels: { readonly [key: string]: string };
  readonly taints: readonly TaintDocument[];
}

export const API_PORT = 6443;
/** What the cluster's tokens for workers are known by. */
export const TOKEN_DESCRIPTION = 'Workers of this cluster';
/** etcd's data: in a subfolder of the volume, for kubeadm refuses a folder with a lost+found in it. */
export const ETCD_DATA_DIR = '/var/lib/etcd/data';
/** Where the discovery file is on a worker. */
export const WORKER_DISCOVERY_FILE = '/etc/strata/discovery.conf';

/** What only the node itself knows: the boot program fills it in. */
export const NODE_NAME = '@NODE_NAME@';
export const NODE_ADDRESS = '@NODE_ADDRESS@';
/** The same, and the address of the other IP family where nodes have both. */
export const NODE_IPS = '@NODE_IPS@';
export const PROVIDER_ID = '@PROVIDER_ID@';

/** TLS 1.2 with forward secrecy and authenticated encryption only; TLS 1.3 chooses by itself. */
const TLS_CIPHERS = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
];

/** Where the boot program puts what only the node knows: a joining etcd's peers, the resolv.conf of its pods. */
const PATCHES = { directory: '/run/strata/patches' };

/** Generous: a first boot pulls images, and virtual machines share their disks. */
const TIMEOUTS = {
  controlPlaneComponentHealthCheck: '10m0s',
  discovery: '5m0s',
  etcdAPICall: '3m0s',
  kubeletHealthCheck: '5m0s',
  kubernetesAPICall: '3m0s',
  tlsBootstrap: '8m0s',
};

/** What the API server is told besides what kubeadm tells it. */
const API_SERVER_ARGS = {
  'admission-control-config-file': `${API_SERVER_FOLDER}/admission.yaml`,
  'audit-log-maxage': '30',
  'audit-log-maxbackup': '10',
  'audit-log-maxsize': '100',
  'audit-log-path': `${AUDIT_LOG_FOLDER}/audit.log`,
  'audit-policy-file': `${API_SERVER_FOLDER}/audit-policy.yaml`,
  'authentication-config': `${API_SERVER_FOLDER}/authentication.yaml`,
  profiling: 'false',
  'tls-cipher-suites': TLS_CIPHERS.join(','),
  'tls-min-version': 'VersionTLS12',
};
const ENCRYPTION_ARGS = { 'encryption-provider-config': `${API_SERVER_FOLDER}/encryption.yaml` };
const KEYSTONE_ARGS = { 'authentication-token-webhook-config-file': KEYSTONE_FILE };
/** In place of authorization-mode, which kubeadm then leaves out. */
const AUTHORIZATION_ARGS = { 'authorization-config': AUTHORIZATION_FILE };

/** Ours by name, then the user's; of a name that both have, the user's alone. */
function extraArgs(ours: { readonly [name: string]: string }, users: readonly ComponentArg[] = []): ComponentArg[] {
  const kept = Object.entries(ours).filter(([name]) => !users.some((arg) => arg.name === name));
  return [...kept.map(([name, value]) => ({ name, value })), ...users.map(({ name, value }) => ({ name, value }))];
}

/** What is true of the whole cluster: the same on every control-plane node, and in the cluster's ConfigMap `kubeadm-config`. */
export function clusterConfiguration(settings: ClusterSettings): KubeadmDocument {
  const { components = {}, encryptsSecrets, keystone } = settings;
  const optional = {
    ...(encryptsSecrets ? ENCRYPTION_ARGS : {}),
    ...(keystone === undefined ? {} : KEYSTONE_ARGS),
    ...(keystone?.authorizes ? AUTHORIZATION_ARGS : {}),
  };
  const featureGates = Object.entries(components.featureGates ?? {}).map(([name, on]) => `${name}=${on}`);
  const gates: { readonly [name: string]: string } = featureGates.length > 0 ? { 'feature-gates': featureGates.join(',') } : {};
  return {
    apiVersion: settings.version.kubeadmApiVersion,
    kind: 'ClusterConfiguration',
    clusterName: settings.clusterName,
    kubernetesVersion: `v${settings.version.version}`,
    controlPlaneEndpoint: `${settings.endpointName}:${API_PORT}`,
    encryptionAlgorithm: 'ECDSA-P256',
    // A year. Every node renews its own after two thirds of it.
    certificateValidityPeriod: '8760h0m0s',
    networking: { podSubnet: settings.podCidr, serviceSubnet: settings.serviceCidr, dnsDomain: 'cluster.local' },
    ...(components.imageRepository !== undefined && { imageRepository: components.imageRepository }),
    ...(settings.dnsImageRepository !== undefined && { dns: { imageRepository: settings.dnsImageRepository } }),
    apiServer: {
      certSANs: [...settings.certSans],
      extraArgs: extraArgs({ ...API_SERVER_ARGS, ...optional, ...gates }, components.apiServerExtraArgs),
      extraVolumes: [
        { name: 'strata', hostPath: API_SERVER_FOLDER, mountPath: API_SERVER_FOLDER, readOnly: true, pathType: 'Directory' },
        { name: 'audit', hostPath: AUDIT_LOG_FOLDER, mountPath: AUDIT_LOG_FOLDER, readOnly: false, pathType: 'DirectoryOrCreate' },
        ...(settings.barbicanKms
          ? [{ name: 'kms', hostPath: KMS_SOCKET_FOLDER, mountPath: KMS_SOCKET_FOLDER, readOnly: true, pathType: 'DirectoryOrCreate' }]
          : []),
      ],
    },
    // The API server no longer knows cloud-provider: with it, it ends at once.
    controllerManager: {
      extraArgs: extraArgs(
        { 'cloud-provider': 'external', profiling: 'false', 'terminated-pod-gc-threshold': '1000', ...gates },
        components.controllerManagerExtraArgs,
      ),
    },
    scheduler: { extraArgs: extraArgs({ profiling: 'false', ...gates }, components.schedulerExtraArgs) },
    etcd: { local: { dataDir: ETCD_DATA_DIR } },
    proxy: { disabled: !settings.kubeProxy },
  };
}

/** Which of two configurations of a cluster is the newer one: that of the newer Kubernetes, else that of the higher number. */
export function configurationRevision(settings: Pick<ClusterSettings, 'version' | 'configurationRevision'>): string {
  return `${settings.version.version}-${settings.configurationRevision}`;
}

/** A control-plane node's own part of every phase of kubeadm that it runs: all of them join and start by the phases of init. */
export function initConfiguration(settings: ClusterSettings, kubeletExtraArgs: readonly ComponentArg[] = []): KubeadmDocument {
  return {
    apiVersion: settings.version.kubeadmApiVersion,
    kind: 'InitConfiguration',
    localAPIEndpoint: { advertiseAddress: NODE_ADDRESS, bindPort: API_PORT },
    nodeRegistration: nodeRegistration(kubeletExtraArgs),
    patches: PATCHES,
    bootstrapTokens: [
      {
        token: settings.bootstrapToken,
        ttl: `${settings.bootstrapTokenHours}h0m0s`,
        description: TOKEN_DESCRIPTION,
        usages: ['signing', 'authentication'],
        groups: ['system:bootstrappers:kubeadm:default-node-token'],
      },
    ],
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
      ...nodeRegistration([...(labels.length > 0 ? [{ name: 'node-labels', value: labels.join(',') }] : []), ...(worker.kubeletExtraArgs ?? [])]),
      taints: worker.taints.map((taint) => ({ ...taint })),
    },
    patches: PATCHES,
    timeouts: TIMEOUTS,
  };
}

/** What the kubelets of the cluster have in common. What kubeadm and the kubelet have as their own default is written out where security depends on it. */
export function kubeletConfiguration(components: KubernetesComponents = {}): KubeadmDocument {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' },
    },
    authorization: { mode: 'Webhook' },
    cgroupDriver: 'systemd',
    ...(components.featureGates !== undefined && { featureGates: { ...components.featureGates } }),
    podPidsLimit: 4096,
    // Fails unless the kernel is set as the kubelet wants it, instead of setting it: nodes' sysctls do.
    protectKernelDefaults: true,
    readOnlyPort: 0,
    rotateCertificates: true,
    seccompDefault: true,
    shutdownGracePeriod: '60s',
    shutdownGracePeriodCriticalPods: '20s',
    tlsCipherSuites: TLS_CIPHERS,
    tlsMinVersion: 'VersionTLS12',
  };
}

/** A kubeconfig as discovery file: kubeadm takes the CA and the API's address from it, and logs in with the token. */
export function discoveryFile(settings: ClusterSettings, caCertificateBase64: string): KubeadmDocument {
  return kubeconfig(settings.clusterName, { server: `https://${settings.endpointName}:${API_PORT}` }, caCertificateBase64, 'bootstrap', {
    token: settings.bootstrapToken,
  });
}

/** A kubeconfig with one cluster and one user. */
export function kubeconfig(
  clusterName: string,
  server: { readonly server: string; readonly 'tls-server-name'?: string },
  caCertificateBase64: string,
  user: string,
  credential: { readonly [field: string]: string },
): KubeadmDocument {
  const context = `${user}@${clusterName}`;
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: clusterName, cluster: { ...server, 'certificate-authority-data': caCertificateBase64 } }],
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
      { name: 'node-ip', value: NODE_IPS },
      ...furtherArgs,
    ],
  };
}
