import { Password } from '@cdktf/provider-random/lib/password';
import { RandomProvider } from '@cdktf/provider-random/lib/provider';
import { ITerraformDependable, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { defaultProvider } from '../../core/default-provider';
import { check, checkInteger, checkKnown, checkUnique, fail, isKnown } from '../../core/validation';
import { BlockstorageQuotasetV3 } from '../../providers/openstack/blockstorage-quotaset-v3';
import { ComputeQuotasetV2 } from '../../providers/openstack/compute-quotaset-v2';
import { DataOpenstackIdentityRoleV3 } from '../../providers/openstack/data-openstack-identity-role-v3';
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
 * Creates project, user, role assignments, and one quota resource for each service of which a limit is given. What a project's user leaves behind in it
 * (servers, networks) is not deleted with it, and neither is Neutron's security group "default": empty a project before it goes.
 */
export class Project extends Construct {
  /** The L1 project. */
  public readonly resource: TerraformResource;
  /** The L1 user. */
  public readonly user: TerraformResource;
  /** Its name, known at synth. */
  public readonly projectName: string;
  /** Keystone's id of the project. */
  public readonly projectId: string;
  /** Name of its user, known at synth. */
  public readonly userName: string;
  /** Keystone's id of its user. */
  public readonly userId: string;
  /** The user's password: a sensitive reference. */
  public readonly password: string;
  /** Keystone's id of the domain of both. */
  public readonly domainId: string;
  /** To be depended upon by whatever is done as the user: roles are given and limits are set. */
  public readonly ready: ITerraformDependable[];

  constructor(scope: Construct, id: string, props: ProjectProps) {
    super(scope, id);
    const roles = props.roles ?? ['member', 'load-balancer_member'];
    this.projectName = props.name;
    this.userName = props.userName ?? props.name;
    this.domainId = props.domainId ?? 'default';
    checkName(this, 'name', this.projectName, 64);
    checkName(this, 'userName', this.userName, 255);
    checkKnown(this, 'roles', roles);
    checkUnique(this, 'role', roles);
    if (roles.length === 0) fail(this, { problem: 'roles must not be empty, the user could not log in', value: [], fix: 'give at least member' });
    if (roles.includes('admin')) {
      fail(this, { problem: "a role of the user is admin, which is the whole cloud's administrator", value: roles, fix: 'use member' });
    }
    if (props.userPassword !== undefined && isKnown(props.userPassword)) {
      fail(this, {
        problem: 'userPassword is a literal, which would stand in the synthesised configuration',
        fix: 'give the value of a sensitive TerraformVariable',
      });
    }
    checkQuota(this, props.quota ?? {});

    const project = new IdentityProjectV3(this, 'Resource', { name: this.projectName, domainId: this.domainId, tags: props.tags });
    const user = new IdentityUserV3(this, 'User', {
      name: this.userName,
      domainId: this.domainId,
      defaultProjectId: project.id,
      password: props.userPassword ?? randomPassword(this),
    });
    const assignments = roles.map((role) => {
      const { id: roleId } = new DataOpenstackIdentityRoleV3(this, `Role-${role}`, { name: role });
      return new IdentityRoleAssignmentV3(this, `Assignment-${role}`, { projectId: project.id, userId: user.id, roleId });
    });
    this.resource = project;
    this.user = user;
    this.projectId = project.id;
    this.userId = user.id;
    this.password = user.password;
    this.ready = [...assignments, ...quotas(this, project.id, props.quota ?? {})];
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
