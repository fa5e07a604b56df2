import { Construct } from 'constructs';
import { BoundEngine, EngineSurroundings } from './engine-binding';
import { bindKolla } from './engines/kolla/kolla-engine';
import { KollaOptions } from './engines/kolla/kolla-options';
import { bindOpenStackHelm } from './engines/openstack-helm/openstack-helm-engine';
import { OpenStackHelmOptions } from './engines/openstack-helm/openstack-helm-options';

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

  /**
   * OpenStack-Helm: OpenStack as Helm releases in a Kubernetes cluster whose nodes are the hosts.
   *
   * The stack needs a kubernetes and a helm provider that are logged in to the cluster. Passwords are made by the random provider and are in the state.
   */
  public static openStackHelm(options: OpenStackHelmOptions): OpenStackEngine {
    return new OpenStackEngine((scope, surroundings) => bindOpenStackHelm(scope, surroundings, options));
  }

  private constructor(private readonly binder: (scope: Construct, surroundings: EngineSurroundings) => BoundEngine) {}

  /** @internal */
  public _bind(scope: Construct, surroundings: EngineSurroundings): BoundEngine {
    return this.binder(scope, surroundings);
  }
}
