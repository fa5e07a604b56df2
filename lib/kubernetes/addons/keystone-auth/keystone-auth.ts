import { SecretV1 } from '@cdktf/provider-kubernetes/lib/secret-v1';
import { PrivateKey } from '@cdktf/provider-tls/lib/private-key';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { SelfSignedCert } from '@cdktf/provider-tls/lib/self-signed-cert';
import { Fn, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { keystoneAuthObjects, NAME, NAMESPACE, policyJson } from './keystone-auth-objects';
import { KeystonePolicyRule } from './keystone-policy';
import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { Cidr } from '../../../core/cidr';
import { checkAddress, checkInside } from '../../../core/cidr-checks';
import { defaultProvider } from '../../../core/default-provider';
import { plain } from '../../../core/plain';
import { widenProviderRanges } from '../../../core/provider-ranges';
import { TemplateText } from '../../../core/template-text';
import { check, checkInteger, checkKnown, fail, isKnown } from '../../../core/validation';
import { KEYSTONE_PORT, keystoneKubeconfig } from '../../bootstrap/security-files';
import { yamlText } from '../../bootstrap/yaml-text';
import { ClusterCapability } from '../cluster-addons/cluster-capability';
import { Addon } from '../private/addon';
import { requireCloud } from '../private/cloud';
import { installObjects } from '../private/objects-chart';

/** Properties of KeystoneAuth. */
export interface KeystoneAuthProps {
  /** The cluster. Its `openstack` must be known; the stack's helm and kubernetes providers must be logged in to it. */
  readonly cluster: IKubernetesCluster;
  /**
   * What users may do, by their roles and projects.
   * @default - nothing by itself: users log in with their name and the ids of their projects as groups, and Kubernetes' own roles decide
   */
  readonly policy?: KeystonePolicyRule[];
  /**
   * Replicas, 1 to 5.
   * @default 2
   */
  readonly replicas?: number;
  /**
   * Address of its Service, in `serviceCidr`: the API servers know it by that.
   * @default - the one that the cluster's API servers know; else the eleventh of `serviceCidr`
   */
  readonly clusterIp?: string;
  /**
   * How long to wait until it runs, in seconds, 1 to 7200.
   * @default 600
   */
  readonly timeoutSeconds?: number;
}

/**
 * Users of OpenStack log in to the cluster with their Keystone tokens, and may do what their roles in their projects allow.
 *
 * Creates a certificate for the webhook (five years, unless the cluster has one for it), a Secret with it, and in `kube-system`, as a Helm release of objects, the webhook's Deployment, its
 * Service with a fixed address, its account and, if a policy is given, the ConfigMap `k8s-auth-policy`. Its pods pass the `restricted` level of Pod Security.
 * The API servers of a K8sOnNova with `security: { keystone: {} }` know it. Others must be told: put `webhookKubeconfig` on each control-plane node, and give the flag
 * `--authentication-token-webhook-config-file` (and, for the policy, `--authorization-webhook-config-file` with `Webhook` after `Node,RBAC`).
 *
 * Errors: a policy or an address that the cluster's API servers don't ask for; a cluster whose OpenStack isn't known; rules without roles or projects; an address outside `serviceCidr`.
 */
export class KeystoneAuth extends Construct {
  /** Where the webhook answers inside the cluster. */
  public readonly webhookUrl: string;
  /** The API servers' file about the webhook, YAML: its address and its certificate. */
  public readonly webhookKubeconfig: string;
  /** What a user of OpenStack puts into a kubeconfig, YAML: `client-keystone-auth` must be on the PATH, and the OpenStack variables be set. */
  public readonly userKubeconfig: string;
  /** The L1 `helm_release`. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: KeystoneAuthProps) {
    super(scope, id);
    const { cluster, policy, replicas = 2, timeoutSeconds } = props;
    const { cloud } = requireCloud(this, cluster);
    checkInteger(this, 'replicas', replicas, { min: 1, max: 5 });
    checkInteger(this, 'timeoutSeconds', timeoutSeconds, { min: 1, max: 7200 });
    checkKnown(this, 'policy', policy);
    for (const rule of policy ?? []) {
      check(this, rule, ({ roles, projects }) => roles.length > 0 && projects.length > 0, {
        problem: 'a rule of the policy must name at least one role and one project',
        fix: "write it as { roles: ['member'], projects: ['team'], resourcePermissions: { … } }",
      });
    }
    const known = cluster.keystoneWebhook;
    if (known !== undefined && policy !== undefined && !known.authorizes) {
      fail(this, {
        problem: `the API servers of ${cluster.clusterName} don't ask the webhook what users may do: policy would be in vain`,
        fix: 'give the cluster security.keystone.authorizes: true, or leave policy out',
      });
    }
    const address = this.address(props);
    this.webhookUrl = `https://${address.includes(':') ? `[${address}]` : address}:${KEYSTONE_PORT}/webhook`;
    const addon = new Addon(this, cluster, {
      name: 'KeystoneAuth',
      provides: [ClusterCapability.KEYSTONE_USERS],
      requires: [
        { capability: ClusterCapability.POD_NETWORK, because: 'the API servers ask its pods' },
        { capability: ClusterCapability.SERVICE_PROXY, because: 'the API servers reach it by the address of its Service' },
      ],
    });

    widenProviderRanges(this);
    const { certificate, privateKey } = known ?? this.ownCertificate(address);
    const ca = cloud.caCertificatePem;
    const secret = new SecretV1(this, 'Secret', {
      metadata: { name: NAME, namespace: NAMESPACE, labels: { 'app.kubernetes.io/managed-by': 'terraform' } },
      type: 'Opaque',
      data: { 'tls.crt': certificate, 'tls.key': privateKey, ...(ca === undefined ? {} : { 'ca.crt': ca }) },
    });
    addon.own(secret);
    this.resource = installObjects(addon, this, 'Release', {
      releaseName: NAME,
      namespace: NAMESPACE,
      timeoutSeconds,
      dependsOn: [secret],
      objects: keystoneAuthObjects({
        image: addon.image(`registry.k8s.io/provider-os/k8s-keystone-auth:${cluster.version.cloudProviderOpenStackVersion}`),
        keystoneUrl: cloud.authUrl,
        replicas,
        clusterIp: address,
        tlsSecret: NAME,
        checksum: plain(Fn.sha256(certificate)),
        ownCa: ca !== undefined,
        policy: policy === undefined ? undefined : policyJson(policy),
      }),
    });
    this.webhookKubeconfig =
      known === undefined
        ? this.kubeconfig('WebhookKubeconfig', { server: this.webhookUrl }, Fn.base64encode(certificate), {})
        : yamlText(keystoneKubeconfig(known.address));
    this.userKubeconfig = this.kubeconfig(
      'UserKubeconfig',
      { server: cluster.kubeconfig.host, 'tls-server-name': cluster.kubeconfig.tlsServerName },
      Fn.base64encode(plain(cluster.kubeconfig.clusterCaCertificate)),
      {
        exec: { apiVersion: 'client.authentication.k8s.io/v1beta1', command: 'client-keystone-auth' },
      },
    );
  }

  /** The API servers trust exactly this one. */
  private ownCertificate(address: string): { readonly certificate: string; readonly privateKey: string } {
    defaultProvider(this, 'tls', (stack) => new TlsProvider(stack, 'tls'));
    const { privateKeyPem } = new PrivateKey(this, 'Key', { algorithm: 'ECDSA', ecdsaCurve: 'P256' });
    const { certPem } = new SelfSignedCert(this, 'Certificate', {
      privateKeyPem,
      subject: [{ commonName: NAME }],
      ipAddresses: [address],
      allowedUses: ['digital_signature', 'server_auth'],
      validityPeriodHours: 5 * 8760,
      earlyRenewalHours: 60 * 24,
    });
    return { certificate: certPem, privateKey: privateKeyPem };
  }

  private address({ cluster, clusterIp }: KeystoneAuthProps): string {
    const known = cluster.keystoneWebhook?.address;
    if (known !== undefined && clusterIp !== undefined && clusterIp !== known) {
      fail(this, { problem: `clusterIp isn't the address that the API servers know, ${known}`, value: clusterIp, fix: 'leave it out' });
    }
    if (known !== undefined) return known;
    checkAddress(this, 'clusterIp', clusterIp);
    checkInside(this, 'clusterIp', clusterIp, cluster.serviceCidr);
    if (clusterIp === undefined && !isKnown(cluster.serviceCidr)) {
      fail(this, { problem: "the cluster's serviceCidr isn't known at synth", fix: 'give clusterIp' });
    }
    return clusterIp ?? Cidr.of(cluster.serviceCidr).addressAt(11);
  }

  private kubeconfig(id: string, server: object, ca: string, user: object): string {
    const document = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'cluster', cluster: { ...server, 'certificate-authority-data': ca } }],
      users: [{ name: 'openstack', user }],
      contexts: [{ name: 'openstack', context: { cluster: 'cluster', user: 'openstack' } }],
      'current-context': 'openstack',
    };
    return new TemplateText(this, id, { parts: [yamlText(document)] }).value;
  }
}
