import { ContainerPort } from './service-port';
import { VolumeMount } from './volume-claim';
import { IKubernetesCluster } from '../contracts/kubernetes-cluster';

/** A value in a Secret that is there already, in the workload's namespace. */
export interface SecretKey {
  /** Name of the Secret. */
  readonly name: string;
  /** Key in it. */
  readonly key: string;
}

/** A value in a ConfigMap that is there already, in the workload's namespace. */
export interface ConfigMapKey {
  /** Name of the ConfigMap. */
  readonly name: string;
  /** Key in it. */
  readonly key: string;
}

/** What a container asks of its node. Both requests are always set: the scheduler counts on them, and without them a pod is the first to be killed. */
export interface PodResources {
  /**
   * CPU that is reserved, in thousandths of a core, from 1.
   * @default 250
   */
  readonly cpuMillicores?: number;
  /**
   * CPU that it may use at most, in thousandths of a core.
   * @default - whatever is free on the node
   */
  readonly cpuLimitMillicores?: number;
  /**
   * Memory that is reserved, in MiB, from 1.
   * @default 512
   */
  readonly memoryMib?: number;
  /**
   * Memory in MiB that it may use at most before it is killed.
   * @default - what is reserved
   */
  readonly memoryLimitMib?: number;
}

/** What a container may do, in the words of the Pod Security Standards. */
export enum PodSecurityLevel {
  /** No root, no capabilities, no more rights than it starts with: what a namespace with the level "restricted" lets in. */
  RESTRICTED = 'restricted',
  /** Root inside the container, with the runtime's usual capabilities: for images that drop their rights themselves. */
  BASELINE = 'baseline',
}

/** As whom a workload's containers run. */
export interface PodSecurity {
  /** @default PodSecurityLevel.RESTRICTED */
  readonly level?: PodSecurityLevel;
  /**
   * User id, from 1; 0 only at the level BASELINE.
   * @default - the image's own, which must be a number other than 0
   */
  readonly runAsUser?: number;
  /**
   * Group id.
   * @default - runAsUser, else the image's own
   */
  readonly runAsGroup?: number;
  /**
   * Group that owns the volumes, so that the user can write to them.
   * @default - runAsGroup, else 10001
   */
  readonly fsGroup?: number;
  /**
   * Whether the image's own files can't be written to. What the program writes must then lie on volumes or in `scratchFolders`.
   * @default false
   */
  readonly readOnlyRootFilesystem?: boolean;
}

/** What runs in a container. */
export interface ContainerOptions {
  /** The container's image. */
  readonly image: string;
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
   * Environment. References are allowed; a literal under a name like `…_PASSWORD` is an error.
   * @default - none
   */
  readonly env?: { readonly [name: string]: string };
  /**
   * Environment from Secrets that are there.
   * @default - none
   */
  readonly secretEnv?: { readonly [name: string]: SecretKey };
  /**
   * Environment from ConfigMaps that are there.
   * @default - none
   */
  readonly configEnv?: { readonly [name: string]: ConfigMapKey };
  /**
   * What it reserves and may use.
   * @default - a quarter of a core, 512 MiB
   */
  readonly resources?: PodResources;
}

/** A container beside the main one. It sees the same files and folders, and runs with the same rights. */
export interface HelperContainer extends ContainerOptions {
  /** Name, unique in the pod. */
  readonly name: string;
}

/** Which tainted nodes a pod may run on. */
export interface PodToleration {
  /** Key of the taint. */
  readonly key: string;
  /**
   * Value of the taint.
   * @default - any
   */
  readonly value?: string;
  /**
   * NoSchedule, PreferNoSchedule or NoExecute.
   * @default - any
   */
  readonly effect?: string;
}

/** What every kind of workload has. */
export interface PodOptions extends ContainerOptions {
  /** The cluster. The stack's kubernetes provider must be logged in to it. */
  readonly cluster: IKubernetesCluster;
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
   * As whom its containers run.
   * @default - restricted, as the image's user
   */
  readonly security?: PodSecurity;
  /**
   * Files by their paths in the container, kept in the ConfigMap `<name>-config`: not for secrets. Another content makes new pods. References are allowed.
   * @default - none
   */
  readonly configFiles?: { readonly [path: string]: string };
  /**
   * Files from Secrets that are there, by their paths in the container.
   * @default - none
   */
  readonly secretFiles?: { readonly [path: string]: SecretKey };
  /**
   * Folders that begin empty and are gone with the pod, by their paths.
   * @default - none
   */
  readonly scratchFolders?: string[];
  /**
   * Volumes of claims.
   * @default - none
   */
  readonly mounts?: VolumeMount[];
  /**
   * Further ports of the main container, besides the workload's own: metrics, a cluster's gossip. It may listen on others, too; these can be named.
   * @default - none
   */
  readonly furtherPorts?: ContainerPort[];
  /**
   * Containers that run to their end, one after the other, before the main one starts.
   * @default - none
   */
  readonly initContainers?: HelperContainer[];
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
   * Taints of nodes that it may run on nevertheless.
   * @default - none
   */
  readonly tolerations?: PodToleration[];
  /**
   * Names of Secrets of the type kubernetes.io/dockerconfigjson, for registries that ask for a login.
   * @default - none
   */
  readonly imagePullSecrets?: string[];
  /**
   * A ServiceAccount that is there. Its token is mounted: what it may do, whoever breaks into the program may do.
   * @default - the account "default", without a token: the program can't talk to the API server
   */
  readonly serviceAccountName?: string;
  /**
   * Further labels of its objects.
   * @default - app.kubernetes.io/name, /instance and /managed-by alone
   */
  readonly labels?: { readonly [label: string]: string };
  /**
   * Annotations of its pods.
   * @default - none
   */
  readonly podAnnotations?: { readonly [annotation: string]: string };
}
