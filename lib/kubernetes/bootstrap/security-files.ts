import { NodeFile } from './cloud-config';
import { KubeadmDocument } from './kubeadm-config';
import { yamlText } from './yaml-text';
import { ClusterSecurity, OidcOptions, PodSecurityDefaults, PodSecurityStandard } from '../cluster-security';

/** The API server's own files, beside its certificates. */
export const API_SERVER_FOLDER = '/etc/kubernetes/apiserver';
export const AUDIT_LOG_FOLDER = '/var/log/kubernetes/audit';
export const DEFAULT_ENCRYPTION_KEYS = ['key1'];

/** Namespaces of what runs the nodes' network and Kubernetes itself, which is privileged by nature. */
const SYSTEM_NAMESPACES = ['kube-system', 'tigera-operator', 'calico-system', 'calico-apiserver', 'ovn-kubernetes'];

/** A key by its name, as base64 of 32 bytes. */
export interface EncryptionKey {
  readonly name: string;
  readonly secret: string;
}

/** How Secrets are written to etcd. What was written before there was a key can still be read. */
export function encryptionConfiguration(keys: readonly EncryptionKey[]): KubeadmDocument {
  return {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources: ['secrets'], providers: [{ secretbox: { keys: keys.map((key) => ({ ...key })) } }, { identity: {} }] }],
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
      ...(oidc.caCertificate !== undefined && { certificateAuthority: oidc.caCertificate }),
    },
    claimMappings: {
      username: { claim: oidc.usernameClaim ?? 'sub', prefix: oidc.usernamePrefix ?? 'oidc:' },
      groups: { claim: oidc.groupsClaim ?? 'groups', prefix: oidc.groupsPrefix ?? 'oidc:' },
    },
    ...(required.length > 0 && { claimValidationRules: required.map(([claim, requiredValue]) => ({ claim, requiredValue })) }),
  };
}

/** The files that the API server's arguments name. They lie on every control-plane node. */
export function apiServerFiles(security: ClusterSecurity, keys: readonly EncryptionKey[]): NodeFile[] {
  const file = (name: string, document: unknown): NodeFile => ({
    path: `${API_SERVER_FOLDER}/${name}.yaml`,
    content: yamlText(document),
    permissions: '0600',
  });
  return [
    ...(keys.length > 0 ? [file('encryption', encryptionConfiguration(keys))] : []),
    file('audit-policy', security.auditPolicy ?? defaultAuditPolicy()),
    file('admission', admissionConfiguration(security.podSecurity)),
    file('authentication', authenticationConfiguration(security.oidc)),
  ];
}
