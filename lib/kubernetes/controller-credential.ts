import { Fn, Op, TerraformDataSource, TerraformLocal, TerraformResource, Token } from 'cdktf';
import { Construct } from 'constructs';
import { CloudCredential } from '../contracts/kubernetes-cluster';
import { check, checkInteger, checkKnown } from '../core/validation';
import { DataOpenstackIdentityAuthScopeV3 } from '../providers/openstack/data-openstack-identity-auth-scope-v3';
import { IdentityApplicationCredentialV3 } from '../providers/openstack/identity-application-credential-v3';

/** Properties of ControllerCredential. */
export interface ControllerCredentialProps {
  /** The cluster's name. */
  readonly clusterName: string;
  /**
   * What it is for: it is named `<cluster>-<purpose>`.
   * @default "controllers"
   */
  readonly purpose?: string;
  /**
   * A data source `openstack_identity_auth_scope_v3`, which says who is logged in.
   * @default - one is made
   */
  readonly login?: TerraformDataSource;
  /**
   * Its roles, of those that the logged-in user has in the project.
   * @default - those of `eligibleRoles` that the user has
   */
  readonly roles?: string[];
  /**
   * Roles of which it gets those that the user has, where `roles` doesn't say exactly which.
   * @default - "member" and "load-balancer_member"
   */
  readonly eligibleRoles?: string[];
  /**
   * Which credential in turn it is, from 1. Raising it makes a new one, which the controllers get with the next apply of their stack.
   * @default 1
   */
  readonly generation?: number;
  /**
   * Whether the credential of the generation before stays, so that controllers whose stack is applied later aren't locked out meanwhile.
   * False revokes it: when every stack has been applied, or at once if it was stolen.
   * @default true
   */
  readonly keepPrevious?: boolean;
  /**
   * When it ends by itself, as 2027-01-31T00:00:00Z. A new generation must be rolled out before.
   * @default - never
   */
  readonly expiresAt?: string;
}

/** What the cloud controller and the CSI drivers need: servers, ports, volumes, shares; load balancers where Octavia has roles of its own. */
const ROLES = ['member', 'load-balancer_member'];

/**
 * An application credential for a cluster's controllers, made as the user who runs Terraform and bound to that user's project. It is restricted: it can't
 * make further credentials or trusts.
 *
 * Rotation without a gap: raise `generation` and apply the stack with the credential; the one before stays. Apply the stacks with the add-ons: the
 * Secret and the pods that read it are changed. Then set `keepPrevious: false` and apply again: the old one is revoked. The next generation starts
 * from there. Other roles and another end take effect with the next generation, too.
 *
 * Creates one application credential, from the second generation on two. Errors: a generation below 1, a time that isn't one; at apply: a user with none
 * of the roles.
 */
export class ControllerCredential extends Construct {
  /** Id of the application credential of this generation. */
  public readonly applicationCredentialId: string;
  /** Its secret, sensitive. */
  public readonly applicationCredentialSecret: string;
  /** The L1 application credential of this generation. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: ControllerCredentialProps) {
    super(scope, id);
    const generation = props.generation ?? 1;
    checkKnown(this, 'generation', props.generation);
    checkInteger(this, 'generation', generation, { min: 1 });
    checkKnown(this, 'keepPrevious', props.keepPrevious);
    check(this, props.expiresAt, (time) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(time) && !Number.isNaN(Date.parse(time)), {
      problem: 'expiresAt must be a time in UTC',
      fix: 'write it as 2027-01-31T00:00:00Z',
    });
    check(this, props.roles, (given) => given.length > 0, {
      problem: 'roles must not be empty',
      fix: 'leave it out for the least that controllers need',
    });
    const roles = props.roles ?? this.rolesOfUser(props);
    if (generation > 1 && props.keepPrevious !== false) this.make(generation - 1, roles, props);
    const current = this.make(generation, roles, props);
    this.resource = current;
    this.applicationCredentialId = current.id;
    this.applicationCredentialSecret = current.secret;
  }

  /** For the cluster's `openstack.credential`. */
  public get credential(): CloudCredential {
    return { applicationCredentialId: this.applicationCredentialId, applicationCredentialSecret: this.applicationCredentialSecret };
  }

  /** A generation keeps its address and its name while it lives, whether it is the current one or the one before. */
  private make(
    generation: number,
    roles: string[],
    { clusterName, purpose = 'controllers', roles: given, eligibleRoles = ROLES, expiresAt }: ControllerCredentialProps,
  ): IdentityApplicationCredentialV3 {
    const suffix = generation === 1 ? '' : `-${generation}`;
    return new IdentityApplicationCredentialV3(this, `ApplicationCredential${suffix}`, {
      name: `${clusterName}-${purpose}${suffix}`,
      unrestricted: false,
      roles,
      expiresAt,
      lifecycle: {
        // Within one stack, its readers have the new one before the old one goes.
        createBeforeDestroy: true,
        // Other roles, or another end, are no reason to change the secret under the controllers' feet, nor could a second one of its name be made
        // beside it: they come with the next generation.
        ignoreChanges: ['roles', 'expires_at'],
        // A condition must refer to something: roles that are given were looked at already.
        ...(given === undefined && {
          precondition: [
            {
              condition: Op.gte(Fn.lengthOf(roles), 1) as any,
              errorMessage: `${this.node.path}: the logged-in user has none of the roles ${eligibleRoles.join(', ')} in the project; give roles that it has`,
            },
          ],
        }),
      },
    });
  }

  private rolesOfUser({ login, eligibleRoles = ROLES }: ControllerCredentialProps): string[] {
    const scope = login ?? new DataOpenstackIdentityAuthScopeV3(this, 'Scope', { name: 'own' });
    // The credential gets no more than it needs, nor what the user can't give.
    const own = Token.asList(Fn.lookupNested(scope.fqn, ['roles', '*', 'role_name']));
    const roles = new TerraformLocal(this, 'Roles', Fn.sort(Token.asList(Fn.setintersection(eligibleRoles, [own]))));
    return roles.asList;
  }
}
