import { checkInteger } from '../core/validation';

/** Options of the gate that waits until a cluster is ready. */
export interface ReadyGateOptions {
  /**
   * How long Terraform waits, in seconds, from 10 to 7200. Half an hour lets a large image boot on a busy cloud.
   * @default 1800
   */
  readonly timeoutSeconds?: number;
}

/** Whether, and how long, Terraform waits for a new cluster before it goes on with what is deployed on top. */
export class ReadyGate {
  /** Waits until the API answers and the cluster has been initialised. Needs `bash`, `curl` and a route to the API where Terraform runs. */
  public static enabled(options: ReadyGateOptions = {}): ReadyGate {
    checkInteger('ReadyGate', 'timeoutSeconds', options.timeoutSeconds, { min: 10, max: 7200 });
    return new ReadyGate(true, options.timeoutSeconds ?? 1800);
  }

  /** Waits for nothing: for clouds whose servers run nothing, and for runners without a route to the API. Add-ons of the same run may then fail. */
  public static disabled(): ReadyGate {
    return new ReadyGate(false, 0);
  }

  private constructor(
    /** Whether Terraform waits. */
    public readonly isEnabled: boolean,
    /** How long, in seconds. */
    public readonly timeoutSeconds: number,
  ) {}
}
