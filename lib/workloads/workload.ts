import { IConstruct } from 'constructs';

/** What runs in a cluster and can be reached there: what a Service selects. */
export interface IWorkload extends IConstruct {
  /** Name of the object in Kubernetes. */
  readonly workloadName: string;
  /** Namespace that it runs in. */
  readonly namespaceName: string;
  /** Labels that its pods have, and nothing else in the namespace. */
  readonly selectorLabels: { readonly [label: string]: string };
  /** Port that its pods listen on. */
  readonly port: number;
}

/** A value in a Secret that is there already, in the workload's namespace. */
export interface SecretKey {
  /** Name of the Secret. */
  readonly name: string;
  /** Key in it. */
  readonly key: string;
}

/** What a pod asks of its node. */
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
}
