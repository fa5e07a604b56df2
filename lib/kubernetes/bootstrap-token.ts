import { checkInteger, fail, isKnown } from '../core/validation';

/** Options of the token with which workers join. */
export interface BootstrapTokenOptions {
  /**
   * Raise it by one to have a new token made. The one before is taken away by the same apply; nodes that have joined aren't touched, for they don't need it.
   * @default 1
   */
  readonly generation?: number;
  /**
   * How long the token is good for after each apply that makes workers, in hours, from 1 to 8760. A worker that takes longer to join waits for the next such apply.
   * @default 24
   */
  readonly lifetimeHours?: number;
}

/** How long the cluster knows the token that workers join with. A token lets whoever has it be any node: see docs/pki.md. */
export class BootstrapToken {
  /**
   * For a while after each apply that makes workers. The first control-plane node registers it when the cluster is made; later, whenever a worker comes or goes or the
   * generation is raised, Terraform registers it anew and takes the ones before away. Needs `bash`, `kubectl`, a kubeconfig (see `kubeconfigPath`) and a route to the
   * API where Terraform runs, but not to make the cluster.
   */
  public static renewed(options: BootstrapTokenOptions = {}): BootstrapToken {
    checkInteger('BootstrapToken', 'lifetimeHours', options.lifetimeHours, { min: 1, max: 8760 });
    return new BootstrapToken(true, checkedGeneration(options.generation), options.lifetimeHours ?? 24);
  }

  /**
   * For ever: for runners without a route to the API. It is registered when the cluster is made, and a raised generation is yours to register (docs/pki.md).
   *
   * @param generation raise it by one to have a new token made
   */
  public static permanent(generation: number = 1): BootstrapToken {
    return new BootstrapToken(false, checkedGeneration(generation), 0);
  }

  private constructor(
    /** Whether Terraform registers it. */
    public readonly isRenewed: boolean,
    /** The how many-th token it is. */
    public readonly generation: number,
    /** How long it is good for once it is registered, in hours; 0 for ever. */
    public readonly lifetimeHours: number,
  ) {}
}

function checkedGeneration(generation: number = 1): number {
  if (!isKnown(generation)) fail('BootstrapToken', { problem: 'generation must be known at synth, a reference was given', fix: 'give a number' });
  checkInteger('BootstrapToken', 'generation', generation, { min: 1, max: 99999 });
  return generation;
}
