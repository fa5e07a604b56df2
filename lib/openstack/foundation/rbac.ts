import { ITerraformDependable, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { fail } from '../../core/validation';
import { NetworkingRbacPolicyV2 } from '../../providers/openstack/networking-rbac-policy-v2';

/** What a policy of Neutron lets projects use, and how. */
export interface RbacProps {
  readonly objectType: 'network' | 'subnetpool' | 'address_scope';
  readonly objectId: string;
  readonly action: 'access_as_shared' | 'access_as_external';
  /** Ids of projects by a name that stays. */
  readonly projects: { readonly [name: string]: string } | undefined;
  /** @default "Access" */
  readonly idPrefix?: string;
  readonly dependsOn?: ITerraformDependable[];
}

/** A policy for each project. */
export function rbacPolicies(scope: Construct, { projects, idPrefix, ...policy }: RbacProps): TerraformResource[] {
  return Object.entries(projects ?? {}).map(
    ([name, targetTenant]) => new NetworkingRbacPolicyV2(scope, `${idPrefix ?? 'Access'}-${name}`, { ...policy, targetTenant }),
  );
}

/** Throws if projects are named and there is none, or everybody has it anyway. */
export function checkProjects(scope: Construct, projects: { readonly [name: string]: string } | undefined, shared: boolean): void {
  if (projects === undefined) return;
  if (Object.keys(projects).length === 0) {
    fail(scope, { problem: 'projects must name a project, else nobody could use it', value: {}, fix: 'name one, or leave it out' });
  }
  if (shared) fail(scope, { problem: 'shared is for every project, and projects names some', value: true, fix: 'leave one of them out' });
}
