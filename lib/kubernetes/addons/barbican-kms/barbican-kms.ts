import { SecretV1 } from '@cdktf/provider-kubernetes/lib/secret-v1';
import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { barbicanCloudConf, barbicanKmsImage, barbicanKmsPod, NAME, NAMESPACE } from './barbican-kms-objects';
import { EncryptionKey } from './encryption-key';
import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { plain } from '../../../core/plain';
import { widenProviderRanges } from '../../../core/provider-ranges';
import { TemplateText } from '../../../core/template-text';
import { checkInteger, fail } from '../../../core/validation';
import { encryptionConfiguration } from '../../bootstrap/security-files';
import { yamlText } from '../../bootstrap/yaml-text';
import { ClusterCapability } from '../cluster-addons/cluster-capability';
import { Addon } from '../private/addon';
import { requireCloud } from '../private/cloud';
import { installObjects } from '../private/objects-chart';

/** Properties of BarbicanKms. */
export interface BarbicanKmsProps {
  /** The cluster. Its `openstack` must be known; the stack's helm and kubernetes providers must be logged in to it. */
  readonly cluster: IKubernetesCluster;
  /**
   * The key, made in this stack.
   * @default - `keyId` is given, else a key of its own is made
   */
  readonly key?: EncryptionKey;
  /**
   * Barbican's id of a key that is there already: AES, 256 bits, CBC.
   * @default - `key` is given, else a key of its own is made
   */
  readonly keyId?: string;
  /**
   * How long to wait until it runs, in seconds, 1 to 7200.
   * @default 600
   */
  readonly timeoutSeconds?: number;
}

/**
 * Secrets of a cluster that others made are encrypted in etcd by a key that Barbican holds: the plugin of cloud-provider-openstack on every control-plane node, for the
 * API server to talk to by a socket. K8sOnNova does all of it by itself: `security: { barbicanKms: {} }`.
 *
 * Creates a key (unless one is given), the Secret `barbican-kms` with its cloud.conf, and a DaemonSet on the control plane in `kube-system`, as a Helm
 * release of objects. The API servers must then be told: put `encryptionConfiguration` on each control-plane node, give the flag
 * `--encryption-provider-config`, and mount `/var/lib/kms`. The controllers' credential needs the role that Barbican's policy asks of readers of a
 * key: "creator" or "observer", as a rule.
 *
 * Errors: a cluster whose OpenStack isn't known; one that encrypts by Barbican already; both a key and an id.
 */
export class BarbicanKms extends Construct {
  /** Barbican's id of the key. */
  public readonly keyId: string;
  /** The API servers' EncryptionConfiguration, YAML: first the plugin, and what was written before can still be read. */
  public readonly encryptionConfiguration: string;
  /** The L1 `helm_release`. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: BarbicanKmsProps) {
    super(scope, id);
    const { cluster, key, timeoutSeconds } = props;
    const { cloud, credential } = requireCloud(this, cluster);
    checkInteger(this, 'timeoutSeconds', timeoutSeconds, { min: 1, max: 7200 });
    if (key !== undefined && props.keyId !== undefined) {
      fail(this, { problem: 'key and keyId exclude each other', value: props.keyId, fix: 'leave one of them out' });
    }
    const addon = new Addon(this, cluster, { name: 'BarbicanKms', provides: [ClusterCapability.SECRET_ENCRYPTION] });
    this.keyId = props.keyId ?? (key ?? new EncryptionKey(this, 'Key', { name: `${cluster.clusterName}-secrets` })).keyId;
    this.encryptionConfiguration = yamlText(encryptionConfiguration([], {}));

    widenProviderRanges(this);
    const ca = cloud.caCertificatePem;
    const conf = new TemplateText(this, 'CloudConf', {
      parts: [barbicanCloudConf(this, { cloud, credential }, this.keyId)],
    });
    const secret = new SecretV1(this, 'Secret', {
      metadata: { name: NAME, namespace: NAMESPACE, labels: { 'app.kubernetes.io/managed-by': 'terraform' } },
      type: 'Opaque',
      data: { 'cloud.conf': conf.value, ...(ca === undefined ? {} : { 'ca.crt': ca }) },
    });
    addon.own(secret);
    const template = barbicanKmsPod({
      image: addon.image(barbicanKmsImage(cluster.version.cloudProviderOpenStackVersion)),
      secretName: NAME,
      checksum: plain(conf.sha256),
    });
    this.resource = installObjects(addon, this, 'Release', {
      releaseName: NAME,
      namespace: NAMESPACE,
      timeoutSeconds,
      dependsOn: [secret],
      objects: [
        {
          apiVersion: 'apps/v1',
          kind: 'DaemonSet',
          metadata: { name: NAME, namespace: NAMESPACE, labels: template.metadata.labels },
          spec: {
            selector: { matchLabels: template.metadata.labels },
            // While it is away the API server can read no Secret that it hasn't in its cache.
            updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
            template,
          },
        },
      ],
    });
  }
}
