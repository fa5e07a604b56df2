import { KubernetesObject } from '../../../core/objects-chart';
import { CONTROL_PLANE_LABEL, CONTROL_PLANE_TOLERATION } from '../private/cloud-provider-openstack';

/** As its makers publish it, of the same version as the definitions. */
export const SNAPSHOT_CONTROLLER_IMAGE = 'registry.k8s.io/sig-storage/snapshot-controller:v8.4.0';

const NAME = 'snapshot-controller';
const RBAC = 'rbac.authorization.k8s.io';
const SNAPSHOTS = 'snapshot.storage.k8s.io';

/** Where and how the controller runs. */
export interface SnapshotController {
  readonly namespace: string;
  readonly image: string;
  readonly replicas: number;
}

/** What the controller may do (the rules that its makers publish for it, without snapshots of groups, which it is not asked for here). */
const RULES: readonly (readonly [group: string, resource: string, verbs: readonly string[]])[] = [
  ['', 'persistentvolumes', ['get', 'list', 'watch']],
  ['', 'persistentvolumeclaims', ['get', 'list', 'watch', 'update']],
  ['', 'events', ['list', 'watch', 'create', 'update', 'patch']],
  [SNAPSHOTS, 'volumesnapshotclasses', ['get', 'list', 'watch']],
  [SNAPSHOTS, 'volumesnapshotcontents', ['create', 'get', 'list', 'watch', 'update', 'delete', 'patch']],
  [SNAPSHOTS, 'volumesnapshotcontents/status', ['patch']],
  [SNAPSHOTS, 'volumesnapshots', ['get', 'list', 'watch', 'update', 'patch', 'delete']],
  [SNAPSHOTS, 'volumesnapshots/status', ['update', 'patch']],
];

/** The controller with its service account and roles. It passes the Pod Security level "restricted". */
export function snapshotControllerObjects({ namespace, image, replicas }: SnapshotController): KubernetesObject[] {
  const labels = { 'app.kubernetes.io/name': NAME, 'app.kubernetes.io/managed-by': 'Helm' };
  const named = (name: string) => ({ name, namespace, labels });
  const global = (name: string) => ({ name, labels });
  const subjects = [{ kind: 'ServiceAccount', name: NAME, namespace }];
  const role = (kind: string, name: string) => ({ apiGroup: RBAC, kind, name });
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: named(NAME) },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRole',
      metadata: global('snapshot-controller-runner'),
      rules: RULES.map(([group, resource, verbs]) => ({ apiGroups: [group], resources: [resource], verbs })),
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: global('snapshot-controller-role'),
      subjects,
      roleRef: role('ClusterRole', 'snapshot-controller-runner'),
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'Role',
      metadata: named('snapshot-controller-leaderelection'),
      rules: [{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'watch', 'list', 'delete', 'update', 'create'] }],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata: named('snapshot-controller-leaderelection'),
      subjects,
      roleRef: role('Role', 'snapshot-controller-leaderelection'),
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: named(NAME),
      spec: {
        replicas,
        // Longer than it takes the controller to notice that a definition is missing, and to end.
        minReadySeconds: 35,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
        selector: { matchLabels: { 'app.kubernetes.io/name': NAME } },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: NAME,
            priorityClassName: 'system-cluster-critical',
            nodeSelector: { [CONTROL_PLANE_LABEL]: '' },
            tolerations: [CONTROL_PLANE_TOLERATION],
            securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [
              {
                name: NAME,
                image,
                args: ['--v=2', '--leader-election=true'],
                resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '256Mi' } },
                securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
              },
            ],
          },
        },
      },
    },
  ];
}
