import { KeystonePolicyRule } from './keystone-policy';
import { KubernetesObject } from '../../../core/objects-chart';
import { KEYSTONE_PORT } from '../../bootstrap/security-files';

export const NAME = 'k8s-keystone-auth';
export const NAMESPACE = 'kube-system';
const POLICY = 'k8s-auth-policy';

/** What the objects are made of. */
export interface KeystoneAuthFacts {
  readonly image: string;
  readonly keystoneUrl: string;
  readonly replicas: number;
  readonly clusterIp: string;
  readonly tlsSecret: string;
  readonly checksum: string;
  /** Whether the Secret has Keystone's own CA, too. */
  readonly ownCa: boolean;
  /** The policy, or undefined for logging in alone. */
  readonly policy?: string;
}

/** The webhook: its account, its policy, its programs and the address at which API servers find it. */
export function keystoneAuthObjects(facts: KeystoneAuthFacts): KubernetesObject[] {
  const labels = { 'app.kubernetes.io/name': NAME };
  const rbac = 'rbac.authorization.k8s.io';
  const metadata = { name: NAME, namespace: NAMESPACE, labels };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    ...(facts.policy === undefined
      ? []
      : [
          {
            // Its informer watches the ConfigMaps of all namespaces, and stops without that.
            apiVersion: `${rbac}/v1`,
            kind: 'ClusterRole',
            metadata: { name: NAME, labels },
            rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] }],
          },
          {
            apiVersion: `${rbac}/v1`,
            kind: 'ClusterRoleBinding',
            metadata: { name: NAME, labels },
            roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: NAME },
            subjects: [{ kind: 'ServiceAccount', name: NAME, namespace: NAMESPACE }],
          },
          { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: POLICY, namespace: NAMESPACE, labels }, data: { policies: facts.policy } },
        ]),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { clusterIP: facts.clusterIp, selector: labels, ports: [{ name: 'https', port: KEYSTONE_PORT, targetPort: 'https' }] },
    },
    ...(facts.replicas > 1
      ? [{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec: { maxUnavailable: 1, selector: { matchLabels: labels } } }]
      : []),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: facts.replicas,
        selector: { matchLabels: labels },
        template: { metadata: { labels, annotations: { 'checksum/config': facts.checksum } }, spec: podSpec(facts, labels) },
      },
    },
  ];
}

function podSpec({ image, keystoneUrl, tlsSecret, ownCa, policy }: KeystoneAuthFacts, labels: { readonly [name: string]: string }) {
  return {
    serviceAccountName: NAME,
    priorityClassName: 'system-cluster-critical',
    securityContext: { runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, seccompProfile: { type: 'RuntimeDefault' } },
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: labels } },
    ],
    containers: [
      {
        name: NAME,
        image,
        args: [
          '/bin/k8s-keystone-auth',
          '--tls-cert-file=/etc/pki/tls.crt',
          '--tls-private-key-file=/etc/pki/tls.key',
          `--keystone-url=${keystoneUrl}`,
          ...(ownCa ? ['--keystone-ca-file=/etc/pki/ca.crt'] : []),
          ...(policy === undefined ? [] : [`--policy-configmap-name=${POLICY}`]),
        ],
        ports: [{ name: 'https', containerPort: KEYSTONE_PORT }],
        resources: { requests: { cpu: '50m', memory: '64Mi' } },
        securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
        readinessProbe: { tcpSocket: { port: 'https' } },
        livenessProbe: { tcpSocket: { port: 'https' }, initialDelaySeconds: 15 },
        volumeMounts: [{ name: 'pki', mountPath: '/etc/pki', readOnly: true }],
      },
    ],
    volumes: [{ name: 'pki', secret: { secretName: tlsSecret } }],
  };
}

/** The policy in the form (version 2) that k8s-keystone-auth reads. */
export function policyJson(rules: readonly KeystonePolicyRule[]): string {
  return JSON.stringify(
    rules.map(({ roles, projects, resourcePermissions, nonResourcePermissions }) => ({
      users: { projects, roles },
      ...(resourcePermissions && { resource_permissions: resourcePermissions }),
      ...(nonResourcePermissions && { nonresource_permissions: nonResourcePermissions }),
    })),
  );
}
