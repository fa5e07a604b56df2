import { mergeCloudConfig, sharedCloudConfig, NodeFile } from './bootstrap/cloud-config';
import { ClusterSettings, WorkerSettings } from './bootstrap/kubeadm-config';
import { ApiAddresses, controlPlaneFiles, workerFiles } from './bootstrap/node-files';
import { checkArgs, checkCertificates, checkNodeOptions, mergedNodeOptions, nodeOptionFiles } from './bootstrap/node-option-files';
import { PkiMaterial } from './bootstrap/pki-material';
import { DEFAULT_ENCRYPTION_KEYS } from './bootstrap/security-files';
import { snapshotFiles } from './bootstrap/snapshot-files';
import { stockImageFiles } from './bootstrap/stock-image-files';
import { ClusterOptions } from './cluster-options';
import { ClusterSecurity } from './cluster-security';
import { KubernetesComponents } from './kubernetes-components';
import { NodeOptions } from './node-options';
import { ControlPlaneProps, WorkerPoolProps } from './worker-pool';
import { NodeImage } from '../contracts/node-image';
import { check, checkInteger, checkKnown, checkListKnown, checkUnique, fail, isKnown, Where } from '../core/validation';

/** What the nodes' cloud-config follows from, out of a cluster's options and its network. */
export interface NodeContext {
  readonly cluster: Pick<ClusterOptions, 'cloudInit' | 'nodeOptions' | 'security'>;
  readonly settings: ClusterSettings;
  readonly addresses: ApiAddresses;
  /** The nodes' own range. */
  readonly nodeCidr: string;
  /** What the servers boot from. */
  readonly image: NodeImage;
  /** The certificates of the cloud's own authority, as `cloudAuthority` gives them. */
  readonly cloudCertificates?: string;
}

/** The cloud-config that all control-plane servers share. */
export function controlPlaneCloudConfig(
  where: Where,
  context: NodeContext,
  pki: PkiMaterial,
  own: Pick<ControlPlaneProps, 'cloudInit' | 'nodeOptions' | 'snapshots' | 'etcdVolume'> = {},
  furtherFiles: readonly NodeFile[] = [],
): string {
  const { cluster, settings, addresses } = context;
  const security = cluster.security ?? {};
  const options = checkedOptions(where, 'controlPlane.nodeOptions', cluster.nodeOptions, own.nodeOptions);
  const encryptionKeys = encryptionKeyNames(security).map((name) => ({ name, secret: pki.encryptionKey(name) }));
  const files = controlPlaneFiles(settings, pki, addresses, { security, encryptionKeys, kubeletExtraArgs: options.kubeletExtraArgs });
  const etcdFiles = snapshotFiles(where, own.snapshots, own.etcdVolume?.allowSlowDisk);
  return withOptions(where, context, options, [...files, ...etcdFiles, ...furtherFiles], own.cloudInit);
}

/** The cloud-config that all servers of a pool share. */
export function workerCloudConfig(
  where: Where,
  what: string,
  context: NodeContext,
  caCertificate: string,
  worker: WorkerSettings,
  own: Pick<WorkerPoolProps, 'cloudInit' | 'nodeOptions'> = {},
  furtherFiles: readonly NodeFile[] = [],
): string {
  const { cluster, settings, addresses } = context;
  const options = checkedOptions(where, `${what}.nodeOptions`, cluster.nodeOptions, own.nodeOptions);
  const files = workerFiles(settings, caCertificate, addresses, { ...worker, kubeletExtraArgs: options.kubeletExtraArgs });
  return withOptions(where, context, options, [...files, ...furtherFiles], own.cloudInit);
}

/** The names of the keys that encrypt Secrets, the writing one first. */
export function encryptionKeyNames(security: ClusterSecurity = {}): readonly string[] {
  return security.encryptionKeys ?? DEFAULT_ENCRYPTION_KEYS;
}

/** Throws at the first setting that a cluster could not live with. */
export function checkClusterSettings(
  where: Where,
  options: { readonly configurationRevision?: number; readonly components?: KubernetesComponents; readonly security?: ClusterSecurity },
): void {
  const { components = {}, security = {} } = options;
  checkInteger(where, 'configurationRevision', options.configurationRevision, { min: 1 });
  if (!isKnown(options.configurationRevision)) {
    fail(where, { problem: 'configurationRevision must be known at synth, a reference was given', fix: 'give a number' });
  }
  check(where, components.imageRepository, (v) => /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*$/.test(v), {
    problem: 'components.imageRepository must be a registry and a path, without scheme and tag',
    fix: 'write it as registry.example.com/kubernetes',
  });
  // A second list of certificate names or another data folder would not be the boot program's.
  checkArgs(where, 'components.apiServerExtraArgs', components.apiServerExtraArgs, [
    'etcd-servers',
    'advertise-address',
    'secure-port',
    'anonymous-auth',
  ]);
  checkArgs(where, 'components.controllerManagerExtraArgs', components.controllerManagerExtraArgs, ['cloud-provider']);
  checkArgs(where, 'components.schedulerExtraArgs', components.schedulerExtraArgs);
  for (const name of Object.keys(components.featureGates ?? {})) {
    check(where, name, (v) => /^[A-Z][A-Za-z0-9]*$/.test(v), {
      problem: 'components.featureGates has a name that is no gate',
      fix: 'write it as Kubernetes does, for example InPlacePodVerticalScaling',
    });
  }
  checkKnown(where, 'security.barbicanKms.writes', security.barbicanKms?.writes);
  checkListKnown(where, 'security.encryptionKeys', security.encryptionKeys);
  for (const name of encryptionKeyNames(security)) {
    if (!isKnown(name)) {
      fail(where, {
        problem: 'security.encryptionKeys must be known at synth, a reference was given',
        fix: 'give names; the keys themselves are made',
      });
    }
    check(where, name, (v) => /^[A-Za-z][A-Za-z0-9]*$/.test(v), {
      problem: 'names in security.encryptionKeys are letters and digits',
      fix: 'use key1, key2 and so on',
    });
  }
  checkUnique(where, 'name in security.encryptionKeys', encryptionKeyNames(security));
  const { oidc } = security;
  check(where, oidc?.issuerUrl, (v) => /^https:\/\/[^\s]+$/.test(v), {
    problem: 'security.oidc.issuerUrl must be a URL with https',
    fix: 'give the issuer as it stands in its tokens',
  });
  check(where, oidc?.clientId, (v) => v !== '', { problem: 'security.oidc.clientId must not be empty', fix: "give the client's id" });
  checkCertificates(where, 'security.oidc.caCertificate', oidc?.caCertificate);
}

function checkedOptions(where: Where, what: string, common?: NodeOptions, own?: NodeOptions): NodeOptions {
  checkNodeOptions(where, 'nodeOptions', common ?? {});
  checkNodeOptions(where, what, own ?? {});
  return mergedNodeOptions(common, own);
}

function withOptions(
  where: Where,
  context: NodeContext,
  options: NodeOptions,
  files: readonly NodeFile[],
  own: ClusterOptions['cloudInit'] = {},
): string {
  const { cluster, settings, addresses, nodeCidr, image, cloudCertificates } = context;
  const { podCidr, serviceCidr, endpointName, version, components } = settings;
  const further = nodeOptionFiles(options, { nodeCidr, podCidr, serviceCidr, endpointName, vip: addresses.vip }, cloudCertificates);
  const stock = stockImageFiles(image, version, components?.imageRepository);
  return sharedCloudConfig(
    where,
    [...files, ...further.files, ...stock],
    mergeCloudConfig(where, 'cloudInit', cluster.cloudInit ?? {}, own),
    further.modules,
  );
}
