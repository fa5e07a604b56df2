import { Construct } from 'constructs';
import { BoundEngine, EngineSurroundings } from './engine-binding';
import { bindKolla } from './engines/kolla/kolla-engine';
import { KollaOptions } from './engines/kolla/kolla-options';

/** How OpenStack is put onto the hosts. */
export class OpenStackEngine {
  /**
   * Kolla-Ansible, in stages on the deployment host: containers on the hosts' own systems.
   *
   * Nothing of Kolla runs where Terraform runs. What Kolla's own prechecks would find an hour later is an error at synth where it can be known.
   */
  public static kolla(options: KollaOptions): OpenStackEngine {
    return new OpenStackEngine((scope, surroundings) => bindKolla(scope, surroundings, options));
  }

  private constructor(private readonly binder: (scope: Construct, surroundings: EngineSurroundings) => BoundEngine) {}

  /** @internal */
  public _bind(scope: Construct, surroundings: EngineSurroundings): BoundEngine {
    return this.binder(scope, surroundings);
  }
}
