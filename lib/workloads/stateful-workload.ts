import { PersistentVolumeClaimV1 } from '@cdktf/provider-kubernetes/lib/persistent-volume-claim-v1';
import { SecretV1 } from '@cdktf/provider-kubernetes/lib/secret-v1';
import { ServiceV1 } from '@cdktf/provider-kubernetes/lib/service-v1';
import { StatefulSetV1 } from '@cdktf/provider-kubernetes/lib/stateful-set-v1';
import { Password } from '@cdktf/provider-random/lib/password';
import { RandomProvider } from '@cdktf/provider-random/lib/provider';
import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { HealthCheck } from './health-check';
import { imageNeeds } from './image-needs';
import { kubernetesName } from './kubernetes-name';
import { findNamespace, makeNamespace } from './namespace';
import { podSpec, PORT_NAME } from './pod-spec';
import { IWorkload, PodResources, PodSecurity, PodSecurityLevel, SecretKey } from './workload';
import { checkEnv, checkHealthCheck, checkImage, checkLabels, checkMountPath, checkPort, checkResources, checkSecurity } from './workload-checks';
import { IKubernetesCluster } from '../contracts/kubernetes-cluster';
import { inOrder, Tier } from '../core/apply-order';
import { defaultProvider } from '../core/default-provider';
import { checkDnsLabel, checkDnsSubdomain } from '../core/naming';
import { widenProviderRanges } from '../core/provider-ranges';
import { gibToQuantity } from '../core/quantity';
import { checkInteger, checkKnown, checkUnique, fail } from '../core/validation';

/** The volume of each replica. */
export interface WorkloadVolume {
  /** Size in GiB, from 1. It may grow later, in place; it never shrinks. */
  readonly sizeGib: number;
  /** Where the container finds it. */
  readonly mountPath: string;
  /**
   * Name of the StorageClass. Decided at birth: a later change has no effect, since it would need a new volume.
   * @default - the cluster's default class
   */
  readonly storageClass?: string;
}

/** Properties of StatefulWorkload. */
export interface StatefulWorkloadProps {
  /** The cluster. The stack's kubernetes provider must be logged in to it. */
  readonly cluster: IKubernetesCluster;
  /** The container's image. */
  readonly image: string;
  /** The volume that keeps its data: one for each replica. */
  readonly volume: WorkloadVolume;
  /** Port that it listens on (TCP), 1 to 65535. */
  readonly port: number;
  /**
   * Name of its objects, 52 characters at most.
   * @default - the construct's id in kebab case
   */
  readonly name?: string;
  /**
   * Namespace.
   * @default default
   */
  readonly namespace?: string;
  /**
   * Whether the namespace is made, and removed with the last workload of this stack. It admits what `security.level` allows.
   * @default - false: it is there
   */
  readonly createNamespace?: boolean;
  /**
   * Pods, each with a volume of its own, 0 to 1000. Whether the program makes anything of several is its own business.
   * @default 1
   */
  readonly replicas?: number;
  /**
   * Environment. References are allowed; a literal under a name like `…_PASSWORD` is an error.
   * @default - what the image's documentation asks for on a volume, for images that are known
   */
  readonly env?: { readonly [name: string]: string };
  /**
   * Environment from Secrets that are there.
   * @default - none
   */
  readonly secretEnv?: { readonly [name: string]: SecretKey };
  /**
   * Variables for which a password is made once (32 letters and digits) and kept in the Secret `<name>-credentials`, under the variable's name.
   * @default - for images that are known, the password that they demand and nothing else gives
   */
  readonly generatedPasswords?: string[];
  /**
   * Program to run instead of the image's.
   * @default - the image's
   */
  readonly command?: string[];
  /**
   * Its arguments.
   * @default - the image's
   */
  readonly args?: string[];
  /**
   * What a pod reserves and may use.
   * @default - a quarter of a core, 512 MiB
   */
  readonly resources?: PodResources;
  /**
   * As whom it runs.
   * @default - restricted, as the image's user; for images that are known, the user that they were built for
   */
  readonly security?: PodSecurity;
  /**
   * How to see that it works.
   * @default - it accepts connections on its port
   */
  readonly healthCheck?: HealthCheck;
  /**
   * Seconds that it has to end by itself, from 1.
   * @default 60
   */
  readonly terminationGraceSeconds?: number;
  /**
   * Labels of the nodes that it may run on.
   * @default - any
   */
  readonly nodeSelector?: { readonly [label: string]: string };
  /**
   * Further labels of its objects.
   * @default - app.kubernetes.io/name, /instance and /managed-by alone
   */
  readonly labels?: { readonly [label: string]: string };
}

/**
 * A program that keeps data: pods with a name and a Cinder volume each.
 *
 * The volumes' claims are resources of their own. They grow in place, they stay when anything else here changes or is replaced, and they are
 * deleted when the workload is destroyed or loses the replica; what then becomes of the volume is the StorageClass's `reclaimPolicy`.
 *
 * It runs restricted: not as root, without capabilities, with the runtime's seccomp profile, without a token for the API server.
 * An image that must start as root needs `security: { level: PodSecurityLevel.BASELINE }`.
 *
 * Known image: the official `postgres`. It runs as its own user, with PGDATA in a folder of the volume, and with a generated POSTGRES_PASSWORD
 * unless `env` or `secretEnv` gives one.
 *
 * Creates a StatefulSet, a headless Service, a PersistentVolumeClaim for each replica, if asked a Namespace, and for generated passwords a Secret.
 * Errors: names, images, labels and quantities that Kubernetes rejects, secrets as literals, root at the level "restricted".
 */
export class StatefulWorkload extends Construct implements IWorkload {
  public readonly workloadName: string;
  public readonly namespaceName: string;
  public readonly selectorLabels: { readonly [label: string]: string };
  public readonly port: number;
  /** Name under which pods of the cluster reach it. */
  public readonly host: string;
  /** Name of the Secret with the generated passwords, if there are any. */
  public readonly credentialsSecretName?: string;
  /** The L1 `kubernetes_stateful_set_v1`. */
  public readonly resource: TerraformResource;
  /** The L1 `kubernetes_service_v1`. */
  public readonly service: TerraformResource;
  /** The L1 `kubernetes_persistent_volume_claim_v1` of each replica. */
  public readonly claims: TerraformResource[];

  constructor(scope: Construct, id: string, props: StatefulWorkloadProps) {
    super(scope, id);
    const { cluster, volume, replicas = 1 } = props;
    const needs = imageNeeds(props.image, volume.mountPath);
    const security: PodSecurity = { runAsUser: props.security?.level === PodSecurityLevel.BASELINE ? undefined : needs.runAsUser, ...props.security };
    const env = { ...needs.env, ...props.env };
    const given = { ...env, ...props.secretEnv };
    const passwords = props.generatedPasswords ?? (needs.password?.some((name) => name in given) ? [] : (needs.password ?? []).slice(0, 1));
    const healthCheck = props.healthCheck ?? HealthCheck.tcp();

    this.workloadName = props.name ?? kubernetesName(id);
    this.namespaceName = props.namespace ?? 'default';
    this.port = props.port;
    this.checkProps(props, passwords, given);
    if (needs.mountPathRefusal !== undefined) {
      fail(this, { problem: `the image ${props.image} stops if a volume is mounted there`, value: volume.mountPath, fix: needs.mountPathRefusal });
    }
    checkSecurity(this, security);
    checkHealthCheck(this, healthCheck);
    widenProviderRanges(this);

    this.selectorLabels = { 'app.kubernetes.io/name': this.workloadName, 'app.kubernetes.io/instance': this.workloadName };
    this.host = `${this.workloadName}.${this.namespaceName}.svc.cluster.local`;
    const labels = { ...props.labels, ...this.selectorLabels, 'app.kubernetes.io/managed-by': 'terraform' };
    const metadata = { name: this.workloadName, namespace: this.namespaceName, labels };
    const namespace =
      props.createNamespace === true
        ? makeNamespace(this, cluster, this.namespaceName, security.level ?? PodSecurityLevel.RESTRICTED)
        : findNamespace(this, this.namespaceName);
    const after = namespace ? [namespace] : [];

    const secret = passwords.length > 0 ? this.makeCredentials(passwords, metadata, after) : undefined;
    this.credentialsSecretName = secret && `${this.workloadName}-credentials`;
    const generated = Object.fromEntries(passwords.map((key) => [key, { name: this.credentialsSecretName!, key }]));

    const service = new ServiceV1(this, 'Service', {
      metadata,
      spec: {
        clusterIp: 'None',
        selector: { ...this.selectorLabels },
        port: [{ name: PORT_NAME, port: props.port, targetPort: PORT_NAME, protocol: 'TCP' }],
      },
      dependsOn: after,
    });
    // One by one and by name, where a template would make them: a template's size can't change, and its claims are nobody's.
    const claims = Array.from({ length: replicas }, (_, ordinal) => this.makeClaim(ordinal, volume, labels, after));

    const set = new StatefulSetV1(this, 'StatefulSet', {
      metadata,
      spec: {
        serviceName: this.workloadName,
        replicas: String(replicas),
        podManagementPolicy: 'OrderedReady',
        selector: { matchLabels: { ...this.selectorLabels } },
        updateStrategy: [{ type: 'RollingUpdate', rollingUpdate: [{ partition: 0 }] }],
        template: {
          metadata: { labels },
          spec: podSpec(
            {
              name: this.workloadName,
              image: props.image,
              command: props.command,
              args: props.args,
              port: props.port,
              env,
              secretEnv: { ...props.secretEnv, ...generated },
              resources: props.resources ?? {},
              security,
              healthCheck,
              volume: { name: VOLUME, mountPath: volume.mountPath },
            },
            props.terminationGraceSeconds ?? 60,
            props.nodeSelector,
          ),
        },
        volumeClaimTemplate: [
          {
            metadata: { name: VOLUME },
            spec: {
              accessModes: ['ReadWriteOnce'],
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
      dependsOn: [...claims, service, ...(secret ? [secret] : [])],
    });
    this.resource = set;
    this.service = service;
    this.claims = claims;
    inOrder(cluster, Tier.WORKLOAD, set, service, ...claims);
  }

  private checkProps(props: StatefulWorkloadProps, passwords: readonly string[], given: { readonly [name: string]: unknown }): void {
    // The hash that a StatefulSet appends to its name must still be a label's value.
    checkDnsLabel(this, 'name', this.workloadName, 52);
    checkDnsLabel(this, 'namespace', this.namespaceName);
    checkImage(this, props.image);
    checkPort(this, 'port', props.port);
    checkKnown(this, 'replicas', props.replicas);
    checkInteger(this, 'replicas', props.replicas, { min: 0, max: 1000 });
    checkKnown(this, 'volume.sizeGib', props.volume.sizeGib);
    checkInteger(this, 'volume.sizeGib', props.volume.sizeGib, { min: 1, max: 1024 * 1024 });
    checkMountPath(this, props.volume.mountPath);
    checkDnsSubdomain(this, 'volume.storageClass', props.volume.storageClass);
    checkInteger(this, 'terminationGraceSeconds', props.terminationGraceSeconds, { min: 1, max: 86400 });
    checkResources(this, props.resources ?? {});
    checkLabels(this, 'nodeSelector', props.nodeSelector);
    checkLabels(this, 'labels', props.labels);
    checkEnv(this, props.env ?? {}, props.secretEnv ?? {});
    checkKnown(this, 'generatedPasswords', passwords);
    checkUnique(this, 'generated password', passwords);
    for (const name of passwords) {
      if (name in given) fail(this, { problem: 'variable has a generated password and another value', value: name, fix: 'leave one of them out' });
    }
  }

  private makeCredentials(
    names: readonly string[],
    metadata: { readonly namespace: string; readonly labels: { readonly [label: string]: string } },
    dependsOn: TerraformResource[],
  ): TerraformResource {
    defaultProvider(this, 'random', (stack) => new RandomProvider(stack, 'random'));
    // Letters and digits: a password that every connection string and every shell takes as it is.
    const data = names.map((name) => [name, new Password(this, `Password-${name}`, { length: 32, special: false }).result]);
    return new SecretV1(this, 'Credentials', {
      metadata: { ...metadata, name: `${this.workloadName}-credentials` },
      type: 'Opaque',
      data: Object.fromEntries(data),
      dependsOn,
    });
  }

  private makeClaim(ordinal: number, volume: WorkloadVolume, labels: { [label: string]: string }, dependsOn: TerraformResource[]): TerraformResource {
    return new PersistentVolumeClaimV1(this, `Claim-${ordinal}`, {
      // The name under which the StatefulSet looks for it.
      metadata: { name: `${VOLUME}-${this.workloadName}-${ordinal}`, namespace: this.namespaceName, labels },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: volume.storageClass,
        resources: { requests: { storage: gibToQuantity(volume.sizeGib) } },
      },
      // It is bound when its pod comes, and the pod waits for it.
      waitUntilBound: false,
      // Whatever else changed would be a new volume, without the data.
      lifecycle: { ignoreChanges: ['spec[0].storage_class_name', 'spec[0].access_modes', 'spec[0].volume_mode', 'spec[0].volume_name'] },
      dependsOn,
    });
  }
}

/** Name of the volume, and the beginning of the names of its claims. */
const VOLUME = 'data';
