import { checkInteger } from '../core/validation';

/** Options of the sweep. */
export interface ClusterSweepOptions {
  /**
   * Whether volumes, snapshots and backups of claims outlive the cluster.
   * @default false
   */
  readonly retainVolumes?: boolean;
  /**
   * How long the sweep may take, in seconds, from 10 to 7200.
   * @default 900
   */
  readonly timeoutSeconds?: number;
  /**
   * Name of an entry of clouds.yaml on the machine that runs Terraform, for logging in.
   * @default - `OS_CLOUD`, or the other `OS_…` variables there
   */
  readonly cloud?: string;
}

/** Whether a destroy also removes what the cluster's own controllers made in OpenStack. */
export class ClusterSweep {
  /**
   * On destroy, once the servers are gone and while the network still stands, removes the load balancers, floating IPs, security groups, and (unless retained)
   * volumes, snapshots and backups that the controllers of exactly this cluster made, and says what it removed. Needs `node` where Terraform runs, and there
   * credentials of OpenStack for the cluster's project, or an administrator's; both are checked when the cluster is made.
   *
   * Then it also refuses, before any server is made, a cluster whose name another one of the project has, one that finds what controllers of its name made
   * there, which would go with it, and one whose servers would get names that servers of the project have. Pools that are added later aren't looked at.
   */
  public static enabled(options: ClusterSweepOptions = {}): ClusterSweep {
    checkInteger('ClusterSweep', 'timeoutSeconds', options.timeoutSeconds, { min: 10, max: 7200 });
    return new ClusterSweep(true, options.retainVolumes ?? false, options.timeoutSeconds ?? 900, options.cloud);
  }

  /**
   * Removes nothing: Services and claims must be deleted before the cluster, or its network can't be. And nothing looks whether the names of the cluster and of
   * its servers are free.
   */
  public static disabled(): ClusterSweep {
    return new ClusterSweep(false, true, 0);
  }

  private constructor(
    /** Whether there is a sweep. */
    public readonly isEnabled: boolean,
    /** Whether volumes stay. */
    public readonly retainVolumes: boolean,
    /** How long it may take, in seconds. */
    public readonly timeoutSeconds: number,
    /** The entry of clouds.yaml. */
    public readonly cloud?: string,
  ) {}
}
