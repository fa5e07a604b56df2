import { ServiceV1 } from '@cdktf/provider-kubernetes/lib/service-v1';
import { StatefulSetV1 } from '@cdktf/provider-kubernetes/lib/stateful-set-v1';
import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { makeClaim } from './claim';
import { makeBudget } from './disruption-budget';
import { HealthCheck } from './health-check';
import { imageNeeds } from './image-needs';
import { makePod, workloadNames } from './pod';
import { PodSecurity, PodSecurityLevel } from './pod-options';
import { checkPort, PORT_NAME } from './port-checks';
import { ReplicaSpread, ReplicatedPodOptions } from './replicated-pod-options';
import { VolumeAccessMode, VolumeSource } from './volume-claim';
import { checkGeneratedPasswords, checkMountPath, checkReplicas, checkVolumeSize } from './workload-checks';
import { IWorkload } from './workload-contract';
import { inOrder, Tier } from '../core/apply-order';
import { checkDnsSubdomain } from '../core/naming';
import { gibToQuantity } from '../core/quantity';
import { fail } from '../core/validation';

/** The volume of each replica. */
export interface WorkloadVolume {
  /** Size in GiB, from 1. It may grow later, in place; a plan that would shrink it is refused. */
  readonly sizeGib: number;
  /** Where the container finds it. */
  readonly mountPath: string;
  /**
   * Name of the StorageClass. Decided at birth: a later change has no effect, since it would need a new volume.
   * @default - the cluster's default class
   */
  readonly storageClass?: string;
  /**
   * What each replica's volume begins with. Decided at birth: a plan that would change it is refused.
   * @default - nothing
   */
  readonly source?: VolumeSource;
}

/** Properties of StatefulWorkload. */
export interface StatefulWorkloadProps extends ReplicatedPodOptions {
  /** The volume that keeps its data: one for each replica. */
  readonly volume: WorkloadVolume;
  /** Port that it listens on (TCP), 1 to 65535. */
  readonly port: number;
  /**
   * Pods, each with a volume of its own, 0 to 1000. Whether the program makes anything of several is its own business.
   * @default 1
   */
  readonly replicas?: number;
  /**
   * Variables for which a password is made once (32 letters and digits) and kept in the Secret `<name>-credentials`, under the variable's name.
   * @default - for images that are known, the password that they demand and nothing else gives
   */
  readonly generatedPasswords?: string[];
}

/**
 * A program that keeps data: pods with a name and a Cinder volume each.
 *
 * The volumes' claims are resources of their own. They grow in place, they stay when anything else here changes or is replaced, and they are
 * deleted when the workload is destroyed or loses the replica; what then becomes of the volume is the StorageClass's `reclaimPolicy`.
 * A plan that would shrink one fails, naming it: Terraform's provider would replace the claim, and its data with it.
 *
 * It runs restricted: not as root, without capabilities, with the runtime's seccomp profile, without a token for the API server.
 * An image that must start as root needs `security: { level: PodSecurityLevel.BASELINE }`.
 *
 * Known image: the official `postgres`. It runs as its own user, with PGDATA in a folder of the volume, and with a generated POSTGRES_PASSWORD
 * unless `env` or `secretEnv` gives one.
 *
 * More than one replica are spread over zones and nodes, and a drain takes one at a time.
 *
 * Creates a StatefulSet, a headless Service, a PersistentVolumeClaim for each replica, for more than one replica a PodDisruptionBudget, if asked a
 * Namespace, for generated passwords a Secret, for config files a ConfigMap.
 * Errors: names, images, labels and quantities that Kubernetes rejects, secrets as literals, root at the level "restricted".
 */
export class StatefulWorkload extends Construct implements IWorkload {
  public readonly workloadName: string;
  public readonly namespaceName: string;
  public readonly selectorLabels: { readonly [label: string]: string };
  public readonly port?: number;
  /** Name under which pods of the cluster reach it. */
  public readonly host: string;
  /** Name of the Secret with the generated passwords, if there are any. */
  public readonly credentialsSecretName?: string;
  /** The L1 `kubernetes_stateful_set_v1`. */
  public readonly resource: TerraformResource;
  /** The L1 `kubernetes_service_v1`. */
  public readonly service: TerraformResource;
  /** The L1 `kubernetes_persistent_volume_claim_v1` of each replica; with a source, `kubernetes_manifest`. */
  public readonly claims: TerraformResource[];

  constructor(scope: Construct, id: string, props: StatefulWorkloadProps) {
    super(scope, id);
    const { cluster, volume, replicas = 1 } = props;
    const needs = imageNeeds(props.image, volume.mountPath);
    const security: PodSecurity = { runAsUser: props.security?.level === PodSecurityLevel.BASELINE ? undefined : needs.runAsUser, ...props.security };
    const env = { ...needs.env, ...props.env };
    const given = { ...env, ...props.secretEnv, ...props.configEnv };
    const passwords =
      props.generatedPasswords ?? (needs.password?.some((name) => Object.hasOwn(given, name)) ? [] : (needs.password ?? []).slice(0, 1));

    const names = workloadNames(id, props);
    this.workloadName = names.name;
    this.namespaceName = names.namespace;
    this.selectorLabels = names.selectorLabels;
    this.port = props.port;
    this.host = `${names.name}.${names.namespace}.svc.cluster.local`;
    checkPort(this, 'port', props.port);
    checkReplicas(this, replicas, props.mounts);
    this.checkVolume(volume);
    checkGeneratedPasswords(this, passwords, given);
    if (needs.mountPathRefusal !== undefined) {
      fail(this, { problem: `the image ${props.image} stops if a volume is mounted there`, value: volume.mountPath, fix: needs.mountPathRefusal });
    }

    const pod = makePod(this, names, props, {
      port: props.port,
      healthCheck: props.healthCheck ?? HealthCheck.tcp(),
      sidecars: props.sidecars,
      spread: props.spread ?? ReplicaSpread.PREFERRED,
      restartPolicy: 'Always',
      ownVolume: { name: VOLUME, mountPath: volume.mountPath },
      security,
      env,
      generatedPasswords: passwords,
    });
    this.credentialsSecretName = pod.credentialsSecretName;
    const metadata = { name: names.name, namespace: names.namespace, labels: { ...names.labels } };

    const service = new ServiceV1(this, 'Service', {
      metadata,
      spec: {
        clusterIp: 'None',
        selector: { ...this.selectorLabels },
        port: [{ name: PORT_NAME, port: props.port, targetPort: PORT_NAME, protocol: 'TCP' }],
      },
      dependsOn: pod.namespace,
    });
    // One by one and by name, where a template would make them: a template's size can't change, and its claims are nobody's.
    const claims = Array.from({ length: replicas }, (_, ordinal) =>
      makeClaim(this, `Claim-${ordinal}`, {
        // The name under which the StatefulSet looks for it.
        name: `${VOLUME}-${names.name}-${ordinal}`,
        namespace: names.namespace,
        labels: names.labels,
        sizeGib: volume.sizeGib,
        storageClass: volume.storageClass,
        accessMode: VolumeAccessMode.READ_WRITE_ONCE,
        source: volume.source,
        dependsOn: pod.namespace,
      }),
    );
    const set = new StatefulSetV1(this, 'StatefulSet', {
      metadata,
      spec: {
        serviceName: names.name,
        replicas: String(replicas),
        podManagementPolicy: 'OrderedReady',
        selector: { matchLabels: { ...this.selectorLabels } },
        updateStrategy: [{ type: 'RollingUpdate', rollingUpdate: [{ partition: 0 }] }],
        template: pod.template,
        volumeClaimTemplate: [
          {
            metadata: { name: VOLUME },
            spec: {
              accessModes: [VolumeAccessMode.READ_WRITE_ONCE],
              storageClassName: volume.storageClass,
              resources: { requests: { storage: gibToQuantity(volume.sizeGib) } },
            },
          },
        ],
      },
      waitForRollout: true,
      timeouts: { create: '20m', update: '20m', delete: '20m' },
      // The template only names the claims; any change of it would replace the whole set.
      lifecycle: { ignoreChanges: ['spec[0].volume_claim_template'] },
      dependsOn: [...claims, service, ...pod.dependsOn],
    });
    this.resource = set;
    this.service = service;
    this.claims = claims;
    inOrder(cluster, Tier.WORKLOAD, set, service, ...claims);
    if (replicas > 1) makeBudget(this, cluster, names, pod.namespace);
  }

  private checkVolume({ sizeGib, mountPath, storageClass }: WorkloadVolume): void {
    checkVolumeSize(this, 'volume.sizeGib', sizeGib);
    checkMountPath(this, 'volume.mountPath', mountPath);
    checkDnsSubdomain(this, 'volume.storageClass', storageClass);
  }
}

/** Name of the volume, and the beginning of the names of its claims. */
const VOLUME = 'data';
