import { DeploymentV1 } from '@cdktf/provider-kubernetes/lib/deployment-v1';
import { HorizontalPodAutoscalerV2, HorizontalPodAutoscalerV2SpecMetric } from '@cdktf/provider-kubernetes/lib/horizontal-pod-autoscaler-v2';
import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { makeBudget } from './disruption-budget';
import { HealthCheck } from './health-check';
import { makePod, workloadNames } from './pod';
import { checkPort } from './port-checks';
import { ReplicaSpread, ReplicatedPodOptions } from './replicated-pod-options';
import { checkGeneratedPasswords, checkReplicas } from './workload-checks';
import { IWorkload } from './workload-contract';
import { inOrder, Tier } from '../core/apply-order';
import { checkInteger, checkKnown, fail } from '../core/validation';

/** When the number of replicas follows the load. It needs MetricsServer in the cluster. */
export interface Autoscaling {
  /** Replicas at least, from 1. */
  readonly minReplicas: number;
  /** Replicas at most, 1000. */
  readonly maxReplicas: number;
  /**
   * CPU in percent of what is reserved, over all pods, that it aims at.
   * @default 75
   */
  readonly cpuPercent?: number;
  /**
   * Memory in percent of what is reserved, over all pods, that it aims at.
   * @default - memory doesn't count
   */
  readonly memoryPercent?: number;
}

/** Properties of Workload. */
export interface WorkloadProps extends ReplicatedPodOptions {
  /**
   * Port that it listens on (TCP), 1 to 65535.
   * @default - none: it serves nobody
   */
  readonly port?: number;
  /**
   * Pods, 0 to 1000.
   * @default 1
   */
  readonly replicas?: number;
  /**
   * Lets the number of pods follow the load; `replicas` must then be left out.
   * @default - as many as `replicas`
   */
  readonly autoscaling?: Autoscaling;
  /**
   * Variables for which a password is made once (32 letters and digits) and kept in the Secret `<name>-credentials`, under the variable's name.
   * @default - none
   */
  readonly generatedPasswords?: string[];
}

/**
 * A program that keeps no data of its own: any number of equal pods.
 *
 * It runs restricted: not as root, without capabilities, with the runtime's seccomp profile, without a token for the API server.
 * More than one replica are spread over zones and nodes, and a drain takes one at a time. A new version comes up before the old one goes, unless a
 * claim is mounted that one node alone can use: then the old one goes first.
 *
 * Creates a Deployment, for more than one replica a PodDisruptionBudget, with `autoscaling` a HorizontalPodAutoscaler, if asked a Namespace, for
 * generated passwords a Secret, for config files a ConfigMap.
 * Errors: names, images, labels, paths and quantities that Kubernetes rejects, secrets as literals, root at the level "restricted", replicas that can't
 * share a claim.
 */
export class Workload extends Construct implements IWorkload {
  public readonly workloadName: string;
  public readonly namespaceName: string;
  public readonly selectorLabels: { readonly [label: string]: string };
  public readonly port?: number;
  /** Name of the Secret with the generated passwords, if there are any. */
  public readonly credentialsSecretName?: string;
  /** The L1 `kubernetes_deployment_v1`. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: WorkloadProps) {
    super(scope, id);
    const { cluster, autoscaling } = props;
    const replicas = autoscaling?.minReplicas ?? props.replicas ?? 1;
    const names = workloadNames(id, props);
    this.workloadName = names.name;
    this.namespaceName = names.namespace;
    this.selectorLabels = names.selectorLabels;
    this.port = props.port;
    this.checkProps(props);

    const pod = makePod(this, names, props, {
      port: props.port,
      healthCheck: props.healthCheck ?? (props.port === undefined ? HealthCheck.none() : HealthCheck.tcp()),
      sidecars: props.sidecars,
      spread: props.spread ?? ReplicaSpread.PREFERRED,
      restartPolicy: 'Always',
      generatedPasswords: props.generatedPasswords,
    });
    this.credentialsSecretName = pod.credentialsSecretName;
    const metadata = { name: names.name, namespace: names.namespace, labels: { ...names.labels } };
    // A volume that is attached to one node can't be had by the new pod before the old one is gone.
    const alone = (props.mounts ?? []).length > 0;
    const deployment = new DeploymentV1(this, 'Deployment', {
      metadata,
      spec: {
        replicas: String(replicas),
        selector: { matchLabels: { ...this.selectorLabels } },
        strategy: alone ? { type: 'Recreate' } : { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '0', maxSurge: '1' } },
        template: pod.template,
      },
      waitForRollout: true,
      timeouts: { create: '20m', update: '20m', delete: '20m' },
      // The autoscaler's number is none that a plan may take back.
      ...(autoscaling && { lifecycle: { ignoreChanges: ['spec[0].replicas'] } }),
      dependsOn: pod.dependsOn,
    });
    this.resource = deployment;
    inOrder(cluster, Tier.WORKLOAD, deployment);
    if ((autoscaling?.maxReplicas ?? replicas) > 1) makeBudget(this, cluster, names, pod.namespace);
    if (autoscaling) {
      const autoscaler = new HorizontalPodAutoscalerV2(this, 'Autoscaler', {
        metadata,
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: names.name },
          minReplicas: autoscaling.minReplicas,
          maxReplicas: autoscaling.maxReplicas,
          metric: [...utilisation('cpu', autoscaling.cpuPercent ?? 75), ...utilisation('memory', autoscaling.memoryPercent)],
        },
        dependsOn: [deployment],
      });
      inOrder(cluster, Tier.WORKLOAD, autoscaler);
    }
  }

  private checkProps(props: WorkloadProps): void {
    const { autoscaling } = props;
    checkPort(this, 'port', props.port);
    checkReplicas(this, autoscaling?.maxReplicas ?? props.replicas ?? 1, props.mounts);
    checkGeneratedPasswords(this, props.generatedPasswords ?? [], { ...props.env, ...props.secretEnv, ...props.configEnv });
    if (props.port === undefined && ['tcp', 'http'].includes(props.healthCheck?.kind ?? '')) {
      fail(this, { problem: 'healthCheck asks a port, and the workload has none', value: props.healthCheck!.kind, fix: 'give port' });
    }
    if (autoscaling === undefined) return;
    if (props.replicas !== undefined) {
      fail(this, { problem: 'replicas and autoscaling exclude each other', value: props.replicas, fix: 'leave out replicas' });
    }
    checkKnown(this, 'autoscaling.minReplicas', autoscaling.minReplicas);
    checkInteger(this, 'autoscaling.minReplicas', autoscaling.minReplicas, { min: 1, max: 1000 });
    checkInteger(this, 'autoscaling.maxReplicas', autoscaling.maxReplicas, { min: autoscaling.minReplicas, max: 1000 });
    checkInteger(this, 'autoscaling.cpuPercent', autoscaling.cpuPercent, { min: 1, max: 1000 });
    checkInteger(this, 'autoscaling.memoryPercent', autoscaling.memoryPercent, { min: 1, max: 1000 });
  }
}

function utilisation(name: string, averageUtilization: number | undefined): HorizontalPodAutoscalerV2SpecMetric[] {
  if (averageUtilization === undefined) return [];
  return [{ type: 'Resource', resource: { name, target: { type: 'Utilization', averageUtilization } } }];
}
