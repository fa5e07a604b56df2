import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { KubernetesObject } from '../../../core/objects-chart';
import { check, checkInteger } from '../../../core/validation';
import { ClusterCapability } from '../cluster-addons/cluster-capability';
import { Addon } from '../private/addon';
import { installObjects } from '../private/objects-chart';

const NAME = 'node-problem-detector';
const NAMESPACE = 'kube-system';

/** Properties of NodeProblemDetector. */
export interface NodeProblemDetectorProps {
  /** The cluster. The stack's helm provider must be logged in to it. */
  readonly cluster: IKubernetesCluster;
  /**
   * Version of the program: the tag of `registry.k8s.io/node-problem-detector/node-problem-detector`.
   * @default "v0.8.18"
   */
  readonly version?: string;
  /**
   * Files of monitors in the image, by their path.
   * @default - /config/kernel-monitor.json: deadlocks, read-only file systems, hung tasks, out of memory, as the kernel logs them
   */
  readonly monitors?: string[];
  /**
   * How long to wait until it runs, in seconds, 1 to 7200.
   * @default 600
   */
  readonly timeoutSeconds?: number;
}

/**
 * Nodes tell their own problems: what the kernel logs of deadlocks, broken file systems and hung tasks becomes conditions and events of the Node.
 *
 * Creates, as a Helm release of objects in `kube-system`, a DaemonSet, its account and the binding to Kubernetes' own role for it. There is no chart that
 * is looked after. Its pods read `/dev/kmsg`, so they are privileged: `kube-system` admits them.
 */
export class NodeProblemDetector extends Construct {
  /** The L1 `helm_release`. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: NodeProblemDetectorProps) {
    super(scope, id);
    const { version = 'v0.8.18', monitors = ['/config/kernel-monitor.json'], timeoutSeconds } = props;
    checkInteger(this, 'timeoutSeconds', timeoutSeconds, { min: 1, max: 7200 });
    check(this, version, (v) => /^v\d+\.\d+\.\d+$/.test(v), { problem: 'version must be a tag of the image', fix: 'write it as v0.8.18' });
    check(this, monitors, (given) => given.length > 0 && given.every((file) => /^\/[\w./-]+\.json$/.test(file)), {
      problem: 'monitors must be paths of JSON files in the image, at least one',
      fix: 'write them as /config/kernel-monitor.json',
    });
    const addon = new Addon(this, props.cluster, {
      name: 'NodeProblemDetector',
      provides: [ClusterCapability.NODE_PROBLEMS],
      requires: [{ capability: ClusterCapability.POD_NETWORK, because: 'its pods wait for it' }],
    });
    const image = addon.image(`registry.k8s.io/node-problem-detector/node-problem-detector:${version}`);
    this.resource = installObjects(addon, this, 'Release', {
      releaseName: NAME,
      namespace: NAMESPACE,
      objects: objects(image, monitors),
      timeoutSeconds,
    });
  }
}

function objects(image: string, monitors: readonly string[]): KubernetesObject[] {
  const labels = { 'app.kubernetes.io/name': NAME };
  const rbac = 'rbac.authorization.k8s.io';
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: NAME, namespace: NAMESPACE, labels } },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: NAME, labels },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'system:node-problem-detector' },
      subjects: [{ kind: 'ServiceAccount', name: NAME, namespace: NAMESPACE }],
    },
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: NAME, namespace: NAMESPACE, labels },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: NAME,
            priorityClassName: 'system-node-critical',
            tolerations: [{ operator: 'Exists' }],
            containers: [
              {
                name: NAME,
                image,
                command: ['/node-problem-detector', '--logtostderr', `--config.system-log-monitor=${monitors.join(',')}`],
                env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
                resources: { requests: { cpu: '10m', memory: '80Mi' }, limits: { memory: '80Mi' } },
                securityContext: { privileged: true, readOnlyRootFilesystem: true },
                volumeMounts: [
                  { name: 'log', mountPath: '/var/log', readOnly: true },
                  { name: 'kmsg', mountPath: '/dev/kmsg', readOnly: true },
                  { name: 'localtime', mountPath: '/etc/localtime', readOnly: true },
                ],
              },
            ],
            volumes: Object.entries({ log: '/var/log/', kmsg: '/dev/kmsg', localtime: '/etc/localtime' }).map(([name, path]) => ({
              name,
              hostPath: { path },
            })),
          },
        },
      },
    },
  ];
}
