import { Password } from '@cdktf/provider-random/lib/password';
import { RandomProvider } from '@cdktf/provider-random/lib/provider';
import { ITerraformDependable, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { AdminAccess } from './admin-access';
import { adminStep } from './admin-step';
import { defaultProvider } from '../../core/default-provider';
import { check, checkInteger, checkKnown, checkUnique, fail, isKnown } from '../../core/validation';
import { BlockstorageQuotasetV3 } from '../../providers/openstack/blockstorage-quotaset-v3';
import { ComputeQuotasetV2 } from '../../providers/openstack/compute-quotaset-v2';
import { DataOpenstackIdentityGroupV3 } from '../../providers/openstack/data-openstack-identity-group-v3';
import { DataOpenstackIdentityRoleV3 } from '../../providers/openstack/data-openstack-identity-role-v3';
import { DataOpenstackIdentityUserV3 } from '../../providers/openstack/data-openstack-identity-user-v3';
import { IdentityGroupV3 } from '../../providers/openstack/identity-group-v3';
import { IdentityProjectV3 } from '../../providers/openstack/identity-project-v3';
import { IdentityRoleAssignmentV3 } from '../../providers/openstack/identity-role-assignment-v3';
import { IdentityUserV3 } from '../../providers/openstack/identity-user-v3';
import { LbQuotaV2 } from '../../providers/openstack/lb-quota-v2';
import { NetworkingQuotaV2 } from '../../providers/openstack/networking-quota-v2';

/**
 * What a project may use at most. -1 is without a limit; what is left out stays at the cloud's default. Where one limit of the volumes or of the load
 * balancers is given, the others of that service are without one.
 */
export interface ProjectQuota {
  /** @default - the cloud's */
  readonly instances?: number;
  /**
   * Virtual CPUs.
   * @default - the cloud's
   */
  readonly cores?: number;
  /**
   * Memory of all servers, in MiB.
   * @default - the cloud's
   */
  readonly memoryMib?: number;
  /** @default - the cloud's */
  readonly keyPairs?: number;
  /** @default - the cloud's */
  readonly serverGroups?: number;
  /** @default - the cloud's */
  readonly serverGroupMembers?: number;
  /** @default - the cloud's */
  readonly volumes?: number;
  /**
   * Volumes and snapshots together, in GiB.
   * @default - the cloud's
   */
  readonly volumeGib?: number;
  /** @default - the cloud's */
  readonly snapshots?: number;
  /** @default - the cloud's */
  readonly networks?: number;
  /** @default - the cloud's */
  readonly subnets?: number;
  /** @default - the cloud's */
  readonly routers?: number;
  /** @default - the cloud's */
  readonly ports?: number;
  /** @default - the cloud's */
  readonly floatingIps?: number;
  /**
   * Security groups. Give securityGroupRules with it.
   * @default - the cloud's
   */
  readonly securityGroups?: number;
  /**
   * Rules of all security groups. Give securityGroups with it.
   * @default - the cloud's
   */
  readonly securityGroupRules?: number;
  /**
   * Load balancers. Listeners, pools, members and monitors have no limit of their own then.
   * @default - the cloud's
   */
  readonly loadBalancers?: number;
}

/** A group of Keystone's users in a project. */
export interface ProjectGroup {
  /**
   * Its roles in the project.
   * @default - those of the project's own user
   */
  readonly roles?: string[];
  /**
   * Whether the group is made here, without members, instead of being there: from LDAP, from federation, or by hand.
   * @default false
   */
  readonly create?: boolean;
}

/** Properties of Project. */
export interface ProjectProps {
  /** Its name, unique in its domain. */
  readonly name: string;
  /** @default - the limits that the cloud gives every project */
  readonly quota?: ProjectQuota;
  /**
   * Name of its user, unique in its domain.
   * @default - the project's name
   */
  readonly userName?: string;
  /**
   * The user's password, as a reference to a sensitive variable, never as a literal.
   * @default - a random one, made by the random provider and kept in the state
   */
  readonly userPassword?: string;
  /**
   * The user's roles in the project. A cluster that keeps certificates or keys in Barbican needs "creator", too.
   * @default - member, and load-balancer_member, without which Octavia refuses
   */
  readonly roles?: string[];
  /**
   * Whether the project has no user of its own: then groups or users work in it, and nothing can log in that Terraform made.
   * @default false
   */
  readonly withoutUser?: boolean;
  /**
   * Groups that work in it, by their names in the project's domain.
   * @default - none
   */
  readonly groups?: { readonly [name: string]: ProjectGroup };
  /**
   * Users that are there and work in it, by their names in the project's domain, with their roles.
   * @default - its own user alone
   */
  readonly users?: { readonly [name: string]: string[] };
  /**
   * Whether Neutron's security group "default" keeps its rules, which let its members reach each other and everything else. It is the group of every
   * server that names none.
   * @default false - it lets nothing in and nothing out
   */
  readonly keepDefaultSecurityGroup?: boolean;
  /**
   * How the step logs in that closes the security group "default" and, when the project goes, removes that group and the limits: no resource of the provider can.
   * @default - `OS_CLOUD`, or the other `OS_…` variables where Terraform runs
   */
  readonly adminAccess?: AdminAccess;
  /**
   * Keystone's id of the domain that project and user are in.
   * @default "default"
   */
  readonly domainId?: string;
  /**
   * Tags of the project.
   * @default - none
   */
  readonly tags?: string[];
}

/**
 * A project of Keystone with its limits and a user who may work in it and nowhere else. Needs an administrator's login.
 *
 * Creates project, user, role assignments of the user and of `groups` and `users`, one quota resource for each service of which a limit is given, and a step
 * (`terraform_data`, by `node` where Terraform runs) that closes the security group "default". Before the project goes, that step removes what would outlive
 * it: the group, and the limits. What its users leave behind in it (servers, networks) is not deleted with it: empty a project before it goes.
 */
export class Project extends Construct {
  /** The L1 project. */
  public readonly resource: TerraformResource;
  /** Its name, known at synth. */
  public readonly projectName: string;
  /** Keystone's id of the project. */
  public readonly projectId: string;
  /** Keystone's id of the domain of project and user. */
  public readonly domainId: string;
  /** To be depended upon by whatever is done in the project: roles are given, limits are set, the security group "default" is closed. */
  public readonly ready: ITerraformDependable[];
  private readonly ownUser?: IdentityUserV3;
  private readonly ownUserName: string;

  constructor(scope: Construct, id: string, props: ProjectProps) {
    super(scope, id);
    const roles = props.roles ?? ['member', 'load-balancer_member'];
    this.projectName = props.name;
    this.ownUserName = props.userName ?? props.name;
    this.domainId = props.domainId ?? 'default';
    checkName(this, 'name', this.projectName, 64);
    checkName(this, 'userName', this.ownUserName, 255);
    checkRoles(this, 'roles', roles);
    for (const [name, given] of Object.entries(props.groups ?? {})) {
      if (given.roles !== undefined) checkRoles(this, `groups.${name}.roles`, given.roles);
    }
    for (const [name, given] of Object.entries(props.users ?? {})) checkRoles(this, `users.${name}`, given);
    if (props.userPassword !== undefined && isKnown(props.userPassword)) {
      fail(this, {
        problem: 'userPassword is a literal, which would stand in the synthesised configuration',
        fix: 'give the value of a sensitive TerraformVariable',
      });
    }
    if (props.withoutUser && (props.userName ?? props.userPassword) !== undefined) {
      fail(this, { problem: 'withoutUser goes with no userName and no userPassword', value: props.userName, fix: 'leave them out' });
    }
    checkQuota(this, props.quota ?? {});

    const project = new IdentityProjectV3(this, 'Resource', { name: this.projectName, domainId: this.domainId, tags: props.tags });
    this.resource = project;
    this.projectId = project.id;
    if (!props.withoutUser) {
      this.ownUser = new IdentityUserV3(this, 'User', {
        name: this.ownUserName,
        domainId: this.domainId,
        defaultProjectId: project.id,
        password: props.userPassword ?? randomPassword(this),
      });
    }
    const assignments = this.assignments(roles, props);
    this.ready = [...assignments, ...quotas(this, project.id, props.quota ?? {})];
    if (!props.keepDefaultSecurityGroup) {
      const tasks = { task: 'close-project', taskOnDestroy: 'clear-project' };
      this.ready.push(
        adminStep(this, 'DefaultSecurityGroup', { access: props.adminAccess, facts: { PROJECT: project.id }, ...tasks, dependsOn: [...this.ready] }),
      );
    }
  }

  /** The L1 user. An error if the project has none of its own. */
  public get user(): TerraformResource {
    return this.own();
  }

  /** Name of its user, known at synth. An error if the project has none of its own. */
  public get userName(): string {
    return this.own() && this.ownUserName;
  }

  /** Keystone's id of its user. An error if the project has none of its own. */
  public get userId(): string {
    return this.own().id;
  }

  /** The user's password: a sensitive reference. An error if the project has no user of its own. */
  public get password(): string {
    return this.own().password;
  }

  private own(): IdentityUserV3 {
    return this.ownUser ?? fail(this, { problem: 'the project has no user of its own', fix: 'leave withoutUser out' });
  }

  /** Who has which roles in it. */
  private assignments(ownRoles: readonly string[], { groups, users }: ProjectProps): TerraformResource[] {
    const { projectId, domainId } = this;
    const known = new Map<string, string>();
    const roleId = (role: string): string => {
      if (!known.has(role)) known.set(role, new DataOpenstackIdentityRoleV3(this, `Role-${role}`, { name: role }).id);
      return known.get(role)!;
    };
    const give = (id: string, roles: readonly string[], whom: { readonly userId?: string; readonly groupId?: string }) =>
      roles.map((role) => new IdentityRoleAssignmentV3(this, `${id}-${role}`, { projectId, ...whom, roleId: roleId(role) }));
    return [
      ...(this.ownUser === undefined ? [] : give('Assignment', ownRoles, { userId: this.ownUser.id })),
      ...Object.entries(groups ?? {}).flatMap(([name, { roles, create }]) => {
        const { id: groupId } = create
          ? new IdentityGroupV3(this, `Group-${name}`, { name, domainId })
          : new DataOpenstackIdentityGroupV3(this, `Group-${name}`, { name, domainId });
        return give(`GroupAssignment-${name}`, roles ?? ownRoles, { groupId });
      }),
      ...Object.entries(users ?? {}).flatMap(([name, roles]) => {
        const { id: userId } = new DataOpenstackIdentityUserV3(this, `User-${name}`, { name, domainId });
        return give(`UserAssignment-${name}`, roles, { userId });
      }),
    ];
  }
}

function checkRoles(scope: Construct, name: string, roles: readonly string[]): void {
  checkKnown(scope, name, roles);
  checkUnique(scope, 'role', roles);
  if (roles.length === 0) fail(scope, { problem: `${name} must not be empty, nobody could log in by them`, value: [], fix: 'give at least member' });
  if (roles.includes('admin')) {
    fail(scope, { problem: `${name} has the role admin, which is the whole cloud's administrator`, value: roles, fix: 'use member' });
  }
}

function randomPassword(scope: Construct): string {
  defaultProvider(scope, 'random', (stack) => new RandomProvider(stack, 'random'));
  return new Password(scope, 'Password', { length: 32, special: false }).result;
}

function quotas(scope: Construct, projectId: string, quota: ProjectQuota): TerraformResource[] {
  const made: TerraformResource[] = [];
  const compute = {
    instances: quota.instances,
    cores: quota.cores,
    ram: quota.memoryMib,
    keyPairs: quota.keyPairs,
    serverGroups: quota.serverGroups,
    serverGroupMembers: quota.serverGroupMembers,
  };
  const volume = { volumes: quota.volumes, gigabytes: quota.volumeGib, snapshots: quota.snapshots };
  const network = {
    network: quota.networks,
    subnet: quota.subnets,
    router: quota.routers,
    port: quota.ports,
    floatingip: quota.floatingIps,
    securityGroup: quota.securityGroups,
    securityGroupRule: quota.securityGroupRules,
  };
  if (anyGiven(compute)) made.push(new ComputeQuotasetV2(scope, 'ComputeQuota', { projectId, ...compute }));
  if (anyGiven(volume)) {
    // Before 3.2 the provider sends every unset limit as 0: no volume of any size, no snapshot.
    const unlimited = { volumes: -1, gigabytes: -1, snapshots: -1, perVolumeGigabytes: -1, backups: -1, backupGigabytes: -1, groups: -1 };
    made.push(new BlockstorageQuotasetV3(scope, 'VolumeQuota', { projectId, ...unlimited, ...defined(volume) }));
  }
  if (anyGiven(network)) made.push(new NetworkingQuotaV2(scope, 'NetworkQuota', { projectId, ...network }));
  if (quota.loadBalancers !== undefined) {
    // The provider sends every unset limit as 0, which would forbid it.
    const unlimited = { listener: -1, pool: -1, member: -1, healthMonitor: -1 };
    made.push(new LbQuotaV2(scope, 'LoadBalancerQuota', { projectId, loadbalancer: quota.loadBalancers, ...unlimited }));
  }
  return made;
}

/** Limits of Neutron: the provider takes 0 for "not given" and says nothing. */
const NOT_ZERO: (keyof ProjectQuota)[] = ['networks', 'subnets', 'routers', 'ports', 'floatingIps', 'securityGroups', 'securityGroupRules'];

function checkQuota(scope: Construct, quota: ProjectQuota): void {
  for (const [name, limit] of Object.entries(quota)) checkInteger(scope, `quota.${name}`, limit, { min: -1 });
  for (const name of NOT_ZERO) {
    check(scope, quota[name], (limit) => limit !== 0, {
      problem: `quota.${name} can't be 0: the provider would leave the cloud's default in place`,
      fix: 'use 1 or more, or -1 for no limit',
    });
  }
  if ((quota.securityGroups === undefined) !== (quota.securityGroupRules === undefined)) {
    fail(scope, {
      problem: 'quota.securityGroups and quota.securityGroupRules go together: the provider would set the other one to 0',
      value: quota.securityGroups ?? quota.securityGroupRules,
      fix: 'give both, or none',
    });
  }
}

function checkName(scope: Construct, name: string, value: string, max: number): void {
  check(scope, value, (v) => v.trim() === v && v !== '' && v.length <= max, {
    problem: `${name} must have 1 to ${max} characters and neither begin nor end with a space`,
    fix: 'choose such a name',
  });
}

function defined<T extends object>(limits: T): Partial<T> {
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined)) as Partial<T>;
}

function anyGiven(limits: { readonly [name: string]: number | undefined }): boolean {
  return Object.values(limits).some((limit) => limit !== undefined);
}
