import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fn } from 'cdktf';
import { environmentFile, NODE_FILES, NodeFile } from './cloud-config';
import {
  API_PORT,
  clusterConfiguration,
  ClusterSettings,
  configurationRevision,
  discoveryFile,
  initConfiguration,
  kubeletConfiguration,
  WORKER_DISCOVERY_FILE,
  workerJoinConfiguration,
  WorkerSettings,
} from './kubeadm-config';
import { PkiMaterial } from './pki-material';
import { apiServerFiles, EncryptionKey } from './security-files';
import { yamlText } from './yaml-text';
import { ClusterSecurity } from '../cluster-security';
import { ComponentArg } from '../node-options';

/** How long the boot program waits for each thing that it needs, in seconds. */
const PATIENCE = 1800;

/** Where the API is inside the cluster's network. */
export interface ApiAddresses {
  /** The load balancer's. */
  readonly vip: string;
  /** Those of the control-plane nodes. */
  readonly controlPlane: readonly string[];
}

/** What else follows from the user's options. */
export interface ControlPlaneExtras {
  readonly security?: ClusterSecurity;
  readonly encryptionKeys?: readonly EncryptionKey[];
  readonly kubeletExtraArgs?: readonly ComponentArg[];
}

/** What a control-plane slot is told besides what all slots share. */
export interface Slot {
  readonly nodeName: string;
  readonly address: string;
  readonly etcdVolumeId: string;
  /** The volume that the right to make the cluster is bound to. Only the first slot is told. */
  readonly initVolumeId?: string;
}

/** The files of every control-plane node. They alone hold the keys of the certificate authorities. */
export function controlPlaneFiles(
  settings: ClusterSettings,
  pki: PkiMaterial,
  api: ApiAddresses,
  { security = {}, encryptionKeys = [], kubeletExtraArgs }: ControlPlaneExtras = {},
): NodeFile[] {
  const secret = (path: string, pem: string): NodeFile => ({ path, base64: Fn.base64encode(pem), permissions: '0600' });
  return [
    ...commonFiles('control-plane', settings, api),
    { path: '/etc/systemd/system/kubelet.service.d/20-strata-etcd-volume.conf', content: file('kubelet-needs-etcd-volume.conf') },
    program('strata-renew.sh'),
    program('strata-snapshot.sh'),
    program('strata-restore.sh'),
    program('strata-reencrypt.sh'),
    program('strata-secrets.py', '0644'),
    ...['strata-renew.service', 'strata-renew.timer', 'strata-snapshot.service', 'strata-snapshot.timer'].map((unit) => ({
      path: `/etc/systemd/system/${unit}`,
      content: file(unit),
    })),
    { path: '/etc/strata/kubeadm-init.yaml', content: yamlText(initConfiguration(settings, kubeletExtraArgs)), permissions: '0600' },
    { path: '/etc/strata/kubeadm-cluster.yaml', content: yamlText(clusterConfiguration(settings)), permissions: '0600' },
    { path: '/etc/strata/kubeadm-kubelet.yaml', content: yamlText(kubeletConfiguration(settings.components)), permissions: '0600' },
    ...apiServerFiles(security, encryptionKeys, settings.keystone?.address),
    secret('/etc/kubernetes/pki/ca.crt', pki.caCertificate),
    secret('/etc/kubernetes/pki/ca.key', pki.caKey),
    secret('/etc/kubernetes/pki/etcd/ca.crt', pki.etcdCaCertificate),
    secret('/etc/kubernetes/pki/etcd/ca.key', pki.etcdCaKey),
    secret('/etc/kubernetes/pki/front-proxy-ca.crt', pki.frontProxyCaCertificate),
    secret('/etc/kubernetes/pki/front-proxy-ca.key', pki.frontProxyCaKey),
    secret('/etc/kubernetes/pki/sa.key', pki.serviceAccountKey),
    secret('/etc/kubernetes/pki/sa.pub', pki.serviceAccountPublicKey),
  ];
}

/** The file that makes a control-plane node out of a server of that kind. */
export function slotFile(slot: Slot): NodeFile {
  return {
    path: '/etc/strata/slot.env',
    content: environmentFile({
      STRATA_NODE: slot.nodeName,
      STRATA_ADDRESS: slot.address,
      STRATA_ETCD_VOLUME: slot.etcdVolumeId,
      ...(slot.initVolumeId !== undefined && { STRATA_INIT_VOLUME: slot.initVolumeId }),
    }),
  };
}

/** The files of every worker of a pool. The one secret among them is the bootstrap token. */
export function workerFiles(settings: ClusterSettings, caCertificate: string, api: ApiAddresses, worker: WorkerSettings): NodeFile[] {
  const ca = Fn.base64encode(caCertificate);
  return [
    ...commonFiles('worker', settings, { ...api, controlPlane: [] }),
    { path: '/etc/strata/kubeadm-join.yaml', content: yamlText(workerJoinConfiguration(settings.version, worker)), permissions: '0600' },
    { path: WORKER_DISCOVERY_FILE, content: yamlText(discoveryFile(settings, ca)), permissions: '0600' },
    // To ask the API whether it is ready, under no other CA than the cluster's.
    { path: '/etc/strata/ca.crt', base64: ca },
  ];
}

function commonFiles(role: 'control-plane' | 'worker', settings: ClusterSettings, api: ApiAddresses): NodeFile[] {
  return [
    ...NODE_FILES,
    program('strata-common.sh', '0644'),
    program('strata-disks.sh', '0644'),
    program('strata-boot.sh'),
    { path: '/etc/systemd/system/strata-boot.service', content: file('strata-boot.service') },
    {
      path: '/etc/strata/cluster.env',
      content: environmentFile({
        STRATA_CLUSTER: settings.clusterName,
        STRATA_ROLE: role,
        STRATA_ENDPOINT: settings.endpointName,
        STRATA_PORT: API_PORT,
        STRATA_VIP: api.vip,
        ...(settings.podCidr.includes(',') && { STRATA_DUAL_STACK: 'yes' }),
        STRATA_PEERS: api.controlPlane.join(' '),
        STRATA_ADDONS: settings.kubeProxy ? 'coredns kube-proxy' : 'coredns',
        STRATA_REVISION: configurationRevision(settings),
        STRATA_PATIENCE: PATIENCE,
      }),
    },
  ];
}

/** A program in the folder of this file. All of them lie in one folder on the node, too, where they find what they share. */
function program(name: string, permissions = '0755'): NodeFile {
  return { path: `/usr/local/lib/strata/${name}`, content: file(name), permissions };
}

function file(name: string): string {
  return readFileSync(join(__dirname, name), 'utf8');
}
