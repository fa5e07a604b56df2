import { TerraformDataSource } from 'cdktf';
import { Construct } from 'constructs';
import { barbicanCloudConf, barbicanKmsImage, barbicanKmsStaticPod } from './addons/barbican-kms/barbican-kms-objects';
import { EncryptionKey } from './addons/barbican-kms/encryption-key';
import { NodeFile } from './bootstrap/cloud-config';
import { yamlText } from './bootstrap/yaml-text';
import { BarbicanEncryption } from './cluster-security';
import { ControllerCredential } from './controller-credential';
import { IOpenStackCloud } from '../contracts/openstack-cloud';
import { ImageRegistries } from '../core/image-registries';
import { KubernetesVersion } from '../core/kubernetes-version';
import { TemplateText } from '../core/template-text';
import { usesOf } from '../core/used-images';

/** Where the plugin's cloud.conf lies on a control-plane node. */
const FOLDER = '/etc/strata/barbican-kms';

/** Properties of barbicanEncryption. */
export interface BarbicanEncryptionProps {
  readonly options: BarbicanEncryption;
  readonly cloud: IOpenStackCloud;
  readonly clusterName: string;
  readonly version: KubernetesVersion;
  readonly registries: ImageRegistries;
  readonly login: TerraformDataSource;
}

/**
 * Makes the key and the credential of the plugin that encrypts Secrets. Returns the files of control-plane nodes: its configuration, and its static pod.
 *
 * The credential lies on the nodes, not in a Secret, which the API server couldn't read without the plugin.
 */
export function barbicanEncryption(cluster: Construct, id: string, props: BarbicanEncryptionProps): NodeFile[] {
  const { options, cloud, clusterName, version, registries, login } = props;
  const scope = new Construct(cluster, id);
  const keyId = options.keyId ?? new EncryptionKey(scope, 'Key', { name: `${clusterName}-secrets` }).keyId;
  const credential = new ControllerCredential(scope, 'Credential', {
    clusterName,
    purpose: 'secret-encryption',
    login,
    roles: options.credentialRoles,
    eligibleRoles: ['member', 'creator', 'observer'],
    generation: options.credentialGeneration,
    keepPrevious: options.keepPreviousCredential,
  });
  const conf = new TemplateText(scope, 'CloudConf', { parts: [barbicanCloudConf(scope, { cloud, credential }, keyId)] });
  const source = barbicanKmsImage(version.cloudProviderOpenStackVersion);
  const image = registries.image(source);
  usesOf(cluster).images.push({ image, source, usedBy: 'Kubernetes' });
  const ca = cloud.caCertificatePem;
  return [
    { path: `${FOLDER}/cloud.conf`, base64: conf.base64, permissions: '0600' },
    ...(ca === undefined ? [] : [{ path: `${FOLDER}/ca.crt`, base64: new TemplateText(scope, 'Ca', { parts: [ca] }).base64 }]),
    { path: '/etc/strata/static-pods/barbican-kms.yaml', content: yamlText(barbicanKmsStaticPod(image, FOLDER)), permissions: '0600' },
  ];
}
