import { NodeFile } from './cloud-config';
import { KubeadmDocument, yamlText } from './yaml-text';
import { certificatesOf } from '../../core/certificates';
import { BarbicanEncryption, ClusterSecurity, OidcOptions, PodSecurityDefaults, PodSecurityStandard } from '../cluster-security';

/** The API server's own files, beside its certificates. */
export const API_SERVER_FOLDER = '/etc/kubernetes/apiserver';
export const AUDIT_LOG_FOLDER = '/var/log/kubernetes/audit';
/** Where the plugin's socket is, on a control-plane node and in its API server. */
export const KMS_SOCKET_FOLDER = '/var/lib/kms';
export const KEYSTONE_FILE = `${API_SERVER_FOLDER}/keystone.yaml`;
export const AUTHORIZATION_FILE = `${API_SERVER_FOLDER}/authorization.yaml`;
/** Where the webhook for users of OpenStack answers. */
export const KEYSTONE_PORT = 8443;
export const DEFAULT_ENCRYPTION_KEYS = ['key1'];

/** Namespaces of what runs the nodes' network and Kubernetes itself, which is privileged by nature. */
const SYSTEM_NAMESPACES = ['kube-system', 'tigera-operator', 'calico-system', 'calico-apiserver', 'ovn-kubernetes'];

/** A key by its name, as base64 of 32 bytes. */
export interface EncryptionKey {
  readonly name: string;
  readonly secret: string;
}

/** How Secrets are written to etcd: by the first provider. What was written by another one, or before there was any, can still be read. */
export function encryptionConfiguration(keys: readonly EncryptionKey[], barbican?: BarbicanEncryption): KubeadmDocument {
  const own = keys.length > 0 ? [{ secretbox: { keys: keys.map((key) => ({ ...key })) } }] : [];
  const identity = { identity: {} };
  // The plugin's second API: it is asked for one key each time that an API server starts or Barbican's key changes, not for each Secret.
  const kms = { kms: { apiVersion: 'v2', name: 'barbican', endpoint: `unix://${KMS_SOCKET_FOLDER}/kms.sock`, timeout: '10s' } };
  const providers = barbican === undefined ? [...own, identity] : barbican.writes === false ? [...own, identity, kms] : [kms, ...own, identity];
  return {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources: ['secrets'], providers }],
  };
}

/** Whom API servers ask about tokens that nobody else knows. Its certificate is of the cluster's own authority. */
export function keystoneKubeconfig(address: string): KubeadmDocument {
  const host = address.includes(':') ? `[${address}]` : address;
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'keystone', cluster: { server: `https://${host}:${KEYSTONE_PORT}/webhook`, 'certificate-authority': '/etc/kubernetes/pki/ca.crt' } },
    ],
    users: [{ name: 'apiserver', user: {} }],
    contexts: [{ name: 'keystone', context: { cluster: 'keystone', user: 'apiserver' } }],
    'current-context': 'keystone',
  };
}

/**
 * Who says what anybody may do: Kubernetes' own roles first. The webhook is asked about people alone, so that nothing of the system waits for it, and says nothing while
 * it can't be reached.
 */
function authorizationConfiguration(): KubeadmDocument {
  return {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthorizationConfiguration',
    authorizers: [
      { type: 'Node', name: 'node' },
      { type: 'RBAC', name: 'rbac' },
      {
        type: 'Webhook',
        name: 'keystone',
        webhook: {
          timeout: '5s',
          authorizedTTL: '5m0s',
          unauthorizedTTL: '30s',
          failurePolicy: 'NoOpinion',
          subjectAccessReviewVersion: 'v1beta1', // the one that the webhook speaks
          matchConditionSubjectAccessReviewVersion: 'v1',
          connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: KEYSTONE_FILE },
          matchConditions: [{ expression: "!request.user.startsWith('system:')" }, { expression: "!('system:masters' in request.groups)" }],
        },
      },
    ],
  };
}

/** Who did what; never what a Secret or a token is. The constant reading of the system's own parts would be most of the log. */
function defaultAuditPolicy(): KubeadmDocument {
  const readers = [
    'system:kube-controller-manager',
    'system:kube-scheduler',
    'system:serviceaccount:kube-system:endpoint-controller',
    'system:apiserver',
  ];
  return {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [
      { level: 'None', nonResourceURLs: ['/healthz*', '/livez*', '/readyz*', '/version', '/openapi/*', '/apis*', '/api', '/api/v1'] },
      {
        level: 'None',
        resources: [
          { group: '', resources: ['events'] },
          { group: 'events.k8s.io', resources: ['events'] },
        ],
      },
      { level: 'None', resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }] },
      { level: 'None', users: readers, verbs: ['get', 'list', 'watch'] },
      { level: 'None', userGroups: ['system:nodes'], verbs: ['get', 'list', 'watch'] },
      { level: 'Metadata' },
    ],
  };
}

/** Pod Security for namespaces without labels of their own. */
export function admissionConfiguration({ enforce, warn, exemptNamespaces = [] }: PodSecurityDefaults = {}): KubeadmDocument {
  const warned = warn ?? PodSecurityStandard.RESTRICTED;
  const defaults = { enforce: enforce ?? PodSecurityStandard.BASELINE, audit: warned, warn: warned };
  return {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AdmissionConfiguration',
    plugins: [
      {
        name: 'PodSecurity',
        configuration: {
          apiVersion: 'pod-security.admission.config.k8s.io/v1',
          kind: 'PodSecurityConfiguration',
          defaults: { ...defaults, 'enforce-version': 'latest', 'audit-version': 'latest', 'warn-version': 'latest' },
          exemptions: { usernames: [], runtimeClasses: [], namespaces: [...new Set([...SYSTEM_NAMESPACES, ...exemptNamespaces])] },
        },
      },
    ],
  };
}

/**
 * Who is anybody. Without logging in: health for load balancers, and the public ConfigMap cluster-info (the cluster's CA certificate and address), which
 * says that a cluster is complete.
 */
export function authenticationConfiguration(oidc?: OidcOptions): KubeadmDocument {
  const paths = ['/livez', '/readyz', '/healthz', '/api/v1/namespaces/kube-public/configmaps/cluster-info'];
  return {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthenticationConfiguration',
    anonymous: { enabled: true, conditions: paths.map((path) => ({ path })) },
    ...(oidc !== undefined && { jwt: [issuer(oidc)] }),
  };
}

function issuer(oidc: OidcOptions) {
  const required = Object.entries(oidc.requiredClaims ?? {});
  return {
    issuer: {
      url: oidc.issuerUrl,
      audiences: [oidc.clientId],
      ...(oidc.caCertificate !== undefined && { certificateAuthority: certificatesOf(oidc.caCertificate) }),
    },
    claimMappings: {
      username: { claim: oidc.usernameClaim ?? 'sub', prefix: oidc.usernamePrefix ?? 'oidc:' },
      groups: { claim: oidc.groupsClaim ?? 'groups', prefix: oidc.groupsPrefix ?? 'oidc:' },
    },
    ...(required.length > 0 && { claimValidationRules: required.map(([claim, requiredValue]) => ({ claim, requiredValue })) }),
  };
}

/** The files that the API server's arguments name. They lie on every control-plane node. */
export function apiServerFiles(security: ClusterSecurity, keys: readonly EncryptionKey[], keystoneAddress?: string): NodeFile[] {
  const { barbicanKms } = security;
  const file = (name: string, document: unknown): NodeFile => ({
    path: `${API_SERVER_FOLDER}/${name}.yaml`,
    content: yamlText(document),
    permissions: '0600',
  });
  return [
    ...(keys.length > 0 || barbicanKms !== undefined ? [file('encryption', encryptionConfiguration(keys, barbicanKms))] : []),
    ...(keystoneAddress === undefined ? [] : [file('keystone', keystoneKubeconfig(keystoneAddress))]),
    ...(keystoneAddress !== undefined && security.keystone?.authorizes ? [file('authorization', authorizationConfiguration())] : []),
    file('audit-policy', security.auditPolicy ?? defaultAuditPolicy()),
    file('admission', admissionConfiguration(security.podSecurity)),
    file('authentication', authenticationConfiguration(security.oidc)),
  ];
}
