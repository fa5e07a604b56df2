import { HealthCheck } from './health-check';
import { HelperContainer, PodOptions } from './pod-options';

/** How strictly replicas are kept apart. */
export enum ReplicaSpread {
  /** Over zones and nodes as well as it goes; a replica that finds no other place shares one. */
  PREFERRED = 'preferred',
  /** As above over zones; never two more on one node than on another, so that a replica may wait for a node. */
  REQUIRED = 'required',
  /** As it comes. */
  NONE = 'none',
}

/** What workloads have that run until they are stopped. */
export interface ReplicatedPodOptions extends PodOptions {
  /**
   * Containers that run beside the main one as long as it does.
   * @default - none
   */
  readonly sidecars?: HelperContainer[];
  /**
   * How to see that it works.
   * @default - it accepts connections on its port
   */
  readonly healthCheck?: HealthCheck;
  /** @default ReplicaSpread.PREFERRED */
  readonly spread?: ReplicaSpread;
}
