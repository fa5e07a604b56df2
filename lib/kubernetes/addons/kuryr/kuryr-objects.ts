import { KubernetesObject } from '../../../core/objects-chart';
import { CONTROL_PLANE_LABEL, CONTROL_PLANE_TOLERATION, UNINITIALIZED_TOLERATION } from '../private/cloud-provider-openstack';
import { keptDefinition } from '../private/objects-chart';

/** What the objects are made of. */
export interface KuryrFacts {
  readonly controllerImage: string;
  readonly cniImage: string;
  readonly conf: string;
  /** Changes exactly when configuration or credential do. */
  readonly checksum: string;
  readonly credentialSecret: string;
  /** Whether the cloud has a CA of its own, in that Secret. */
  readonly ownCa: boolean;
}

export const NAMESPACE = 'kube-system';
const CONF_FILE = 'kuryr.conf';
export const CREDENTIAL_FILE = 'neutron-credential.conf';
export const CA_FILE = 'ca.crt';
export const CA_FOLDER = '/etc/kuryr-ca';
export const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

const CONFIG_MAP = 'kuryr-config';
const GROUP = 'openstack.org';
const READ = ['get', 'list', 'watch'];
const CHANGE = [...READ, 'update', 'patch'];
const OWN = [...CHANGE, 'create', 'delete'];
const NOT_READY_TOLERATION = { key: 'node.kubernetes.io/not-ready', operator: 'Exists' };
const TOLERATIONS = [CONTROL_PLANE_TOLERATION, UNINITIALIZED_TOLERATION, NOT_READY_TOLERATION];

const KINDS = [
  { kind: 'KuryrNetwork', short: 'kns' },
  { kind: 'KuryrPort', short: 'kp' },
  { kind: 'KuryrLoadBalancer', short: 'klb' },
  { kind: 'KuryrNetworkPolicy', short: 'knp' },
];

/** Definitions of Kuryr's own resources. Its controller writes status beside spec, so none has a subresource; what stands in them is the controller's. */
export function kuryrDefinitions(): KubernetesObject[] {
  return KINDS.map(({ kind, short }) => {
    const singular = kind.toLowerCase();
    const plural = singular.endsWith('y') ? `${singular.slice(0, -1)}ies` : `${singular}s`;
    const free = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    return keptDefinition({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${GROUP}` },
      spec: {
        group: GROUP,
        scope: 'Namespaced',
        names: { kind, singular, plural, shortNames: [short] },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', properties: { spec: free, status: free } } },
          },
        ],
      },
    });
  });
}

/** Accounts, configuration and programs. */
export function kuryrObjects(facts: KuryrFacts): KubernetesObject[] {
  return [
    ...account('kuryr-controller', [
      { apiGroups: [''], resources: ['pods', 'services', 'services/status', 'endpoints', 'namespaces', 'nodes'], verbs: CHANGE },
      { apiGroups: [GROUP], resources: ['kuryrnetworks', 'kuryrports', 'kuryrloadbalancers', 'kuryrnetworkpolicies'], verbs: OWN },
      { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: CHANGE },
      { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create'] },
    ]),
    ...account('kuryr-cni', [
      { apiGroups: [''], resources: ['pods', 'nodes'], verbs: READ },
      { apiGroups: [GROUP], resources: ['kuryrports'], verbs: CHANGE },
      { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create'] },
    ]),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: CONFIG_MAP, namespace: NAMESPACE, labels: LABELS }, data: { [CONF_FILE]: facts.conf } },
    controller(facts),
    cni(facts),
  ];
}

const LABELS = { 'app.kubernetes.io/part-of': 'kuryr-kubernetes' };

function account(name: string, rules: readonly object[]): KubernetesObject[] {
  const rbac = 'rbac.authorization.k8s.io';
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: NAMESPACE, labels: LABELS } },
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name, labels: LABELS }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name, labels: LABELS },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: NAMESPACE }],
    },
  ];
}

function controller({ controllerImage, checksum, credentialSecret, ownCa }: KuryrFacts): KubernetesObject {
  const name = 'kuryr-controller';
  const secret = (path: string) => ({ secret: { name: credentialSecret, items: [{ key: path, path }] } });
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: NAMESPACE, labels: LABELS },
    spec: {
      replicas: 1, // two would make every port twice
      strategy: { type: 'Recreate' },
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { ...LABELS, app: name }, annotations: { 'checksum/config': checksum } },
        spec: {
          serviceAccountName: name,
          hostNetwork: true,
          dnsPolicy: 'Default',
          priorityClassName: 'system-cluster-critical',
          nodeSelector: { [CONTROL_PLANE_LABEL]: '' },
          tolerations: TOLERATIONS,
          securityContext: { runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              name: 'controller',
              image: controllerImage,
              args: ['--config-dir', '/etc/kuryr'],
              resources: { requests: { cpu: '100m', memory: '256Mi' } },
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
              readinessProbe: { httpGet: { path: '/ready', port: 8082 }, timeoutSeconds: 5 },
              livenessProbe: { httpGet: { path: '/alive', port: 8082 }, initialDelaySeconds: 15, timeoutSeconds: 5 },
              volumeMounts: [
                { name: 'config', mountPath: '/etc/kuryr', readOnly: true },
                ...(ownCa ? [{ name: 'ca', mountPath: CA_FOLDER, readOnly: true }] : []),
              ],
            },
          ],
          volumes: [
            { name: 'config', projected: { sources: [{ configMap: { name: CONFIG_MAP } }, secret(CREDENTIAL_FILE)] } },
            ...(ownCa ? [{ name: 'ca', projected: { sources: [secret(CA_FILE)] } }] : []),
          ],
        },
      },
    },
  };
}

/** It puts pods into their networks, from the node's own: it must be privileged. It gets no credential of OpenStack. */
function cni({ cniImage, checksum }: KuryrFacts): KubernetesObject {
  const name = 'kuryr-cni';
  const field = (variable: string, fieldPath: string) => ({ name: variable, valueFrom: { fieldRef: { fieldPath } } });
  const folders = { bin: '/opt/cni/bin', net: '/etc/cni/net.d', run: '/var/run' };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: NAMESPACE, labels: LABELS },
    spec: {
      selector: { matchLabels: { app: name } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      template: {
        metadata: { labels: { ...LABELS, app: name }, annotations: { 'checksum/config': checksum } },
        spec: {
          serviceAccountName: name,
          hostNetwork: true,
          dnsPolicy: 'Default',
          priorityClassName: 'system-node-critical',
          tolerations: [{ operator: 'Exists' }],
          containers: [
            {
              name,
              image: cniImage,
              command: ['cni_ds_init'],
              env: [field('KUBERNETES_NODE_NAME', 'spec.nodeName'), field('KURYR_CNI_POD_NAME', 'metadata.name')],
              resources: { requests: { cpu: '50m', memory: '128Mi' } },
              securityContext: { privileged: true },
              readinessProbe: { httpGet: { path: '/ready', port: 8090 }, initialDelaySeconds: 20, timeoutSeconds: 10 },
              livenessProbe: { httpGet: { path: '/alive', port: 8090 }, initialDelaySeconds: 60, timeoutSeconds: 10 },
              volumeMounts: [
                { name: 'bin', mountPath: folders.bin },
                { name: 'net', mountPath: folders.net },
                { name: 'config', mountPath: '/etc/kuryr' },
                { name: 'run', mountPath: folders.run, mountPropagation: 'HostToContainer' },
              ],
            },
          ],
          volumes: [
            ...Object.entries(folders).map(([volume, path]) => ({ name: volume, hostPath: { path } })),
            { name: 'config', configMap: { name: CONFIG_MAP } },
          ],
        },
      },
    },
  };
}
