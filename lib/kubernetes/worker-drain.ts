import { checkInteger } from '../core/validation';

/** What to do if the cluster can't be asked to drain its workers. */
export enum OnUnreachable {
  /** The apply fails, and no server is deleted. */
  FAIL = 'fail',
  /** The servers are deleted all the same: for a cluster that is lost. */
  CONTINUE = 'continue',
}

/** Options of draining workers. */
export interface WorkerDrainOptions {
  /**
   * How long to wait until the wanted workers are Ready, in seconds, from 10 to 7200.
   * @default 1800
   */
  readonly readyTimeoutSeconds?: number;
  /**
   * How long one worker may take to drain, in seconds, from 10 to 7200.
   * @default 600
   */
  readonly drainTimeoutSeconds?: number;
  /**
   * Whether pods that no controller would make again are deleted. Otherwise they stop the drain, and the apply.
   * @default false
   */
  readonly deleteUnmanagedPods?: boolean;
  /**
   * What to do if the cluster's API doesn't answer, or there is no kubeconfig.
   * @default OnUnreachable.FAIL
   */
  readonly onUnreachable?: OnUnreachable;
}

/** Whether workers are drained before Terraform deletes their servers. */
export class WorkerDrain {
  /**
   * Workers that go (replaced by a raised generation, or fewer of them) are drained first, once those that stay are Ready. Needs `bash`, `kubectl`, a kubeconfig
   * (see `kubeconfigPath`) and a route to the API where Terraform runs.
   */
  public static enabled(options: WorkerDrainOptions = {}): WorkerDrain {
    checkInteger('WorkerDrain', 'readyTimeoutSeconds', options.readyTimeoutSeconds, { min: 10, max: 7200 });
    checkInteger('WorkerDrain', 'drainTimeoutSeconds', options.drainTimeoutSeconds, { min: 10, max: 7200 });
    return new WorkerDrain(
      true,
      options.readyTimeoutSeconds ?? 1800,
      options.drainTimeoutSeconds ?? 600,
      options.deleteUnmanagedPods ?? false,
      options.onUnreachable ?? OnUnreachable.FAIL,
    );
  }

  /**
   * Workers aren't drained, for runners without a route to the API: each is shut down before it is deleted, and its kubelet ends the pods within a minute, without
   * a look at budgets of disruption. Drain by hand before where that matters.
   */
  public static disabled(): WorkerDrain {
    return new WorkerDrain(false, 0, 0, false, OnUnreachable.FAIL);
  }

  private constructor(
    /** Whether workers are drained. */
    public readonly isEnabled: boolean,
    /** How long to wait until the wanted workers are Ready, in seconds. */
    public readonly readyTimeoutSeconds: number,
    /** How long one worker may take to drain, in seconds. */
    public readonly drainTimeoutSeconds: number,
    /** Whether pods without a controller are deleted. */
    public readonly deleteUnmanagedPods: boolean,
    /** What to do if the cluster can't be asked. */
    public readonly onUnreachable: OnUnreachable,
  ) {}
}
