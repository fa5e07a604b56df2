import { Fn, Op, TerraformLocal, Token } from 'cdktf';
import { Construct } from 'constructs';
import { CloudCredential } from '../contracts/kubernetes-cluster';
import { DataOpenstackIdentityAuthScopeV3 } from '../providers/openstack/data-openstack-identity-auth-scope-v3';
import { IdentityApplicationCredentialV3 } from '../providers/openstack/identity-application-credential-v3';

/** Properties of ControllerCredential. */
export interface ControllerCredentialProps {
  /** The cluster's name. */
  readonly clusterName: string;
  /**
   * Its roles, of those that the logged-in user has in the project.
   * @default - "member" and "load-balancer_member", as far as the user has them
   */
  readonly roles?: string[];
}

/** What the cloud controller and the CSI drivers need: servers, ports, volumes; load balancers where Octavia has roles of its own. */
const ROLES = ['member', 'load-balancer_member'];

/**
 * An application credential for a cluster's controllers, made as the user who runs Terraform and bound to that user's project.
 * It is restricted: it can't make further credentials or trusts. Creates one application credential.
 */
export class ControllerCredential extends Construct implements CloudCredential {
  public readonly applicationCredentialId: string;
  public readonly applicationCredentialSecret: string;
  /** The L1 application credential. */
  public readonly resource: IdentityApplicationCredentialV3;

  constructor(scope: Construct, id: string, props: ControllerCredentialProps) {
    super(scope, id);
    const roles = props.roles ?? this.rolesOfUser();
    this.resource = new IdentityApplicationCredentialV3(this, 'ApplicationCredential', {
      name: `${props.clusterName}-controllers`,
      unrestricted: false,
      roles,
      lifecycle: {
        // A role that the user is given later is no reason to change the secret under the controllers' feet.
        ...(props.roles === undefined && { ignoreChanges: ['roles'] }),
        precondition: [
          {
            condition: Op.gte(Fn.lengthOf(roles), 1) as any,
            errorMessage: `${this.node.path}: the logged-in user has none of the roles ${ROLES.join(', ')} in the project; give cloudCredentialRoles, or cloudCredential`,
          },
        ],
      },
    });
    this.applicationCredentialId = this.resource.id;
    this.applicationCredentialSecret = this.resource.secret;
  }

  private rolesOfUser(): string[] {
    const scope = new DataOpenstackIdentityAuthScopeV3(this, 'Scope', { name: 'own' });
    // The credential gets no more than it needs, nor what the user can't give.
    const own = Token.asList(Fn.lookupNested(scope.fqn, ['roles', '*', 'role_name']));
    const roles = new TerraformLocal(this, 'Roles', Fn.sort(Token.asList(Fn.setintersection(ROLES, [own]))));
    return roles.asList;
  }
}
