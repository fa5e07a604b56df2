import { TerraformVariable } from 'cdktf';
import { Project, ProjectProps } from '../../../lib/openstack/foundation/project';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import { synthStack } from '../../support/synth';

const synth = (props: Partial<ProjectProps> = {}) =>
  synthStack((stack) => {
    new OpenstackProvider(stack, 'OpenStack');
    new Project(stack, 'Project', { name: 'prod', ...props });
  });

test('a user with a random password and the least roles', () => {
  const stack = synth();
  const project = stack.resource('openstack_identity_project_v3');
  expect(project).toMatchObject({ name: 'prod', domain_id: 'default' });
  expect(stack.resource('random_password')).toMatchObject({ length: 32 });
  expect(stack.resource('openstack_identity_user_v3')).toMatchObject({ name: 'prod', password: expect.stringMatching(/^\$\{random_password\./) });
  expect(
    Object.values(stack.data('openstack_identity_role_v3'))
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['load-balancer_member', 'member']);
  const assignments = stack.resources('openstack_identity_role_assignment_v3');
  expect(
    Object.keys(assignments)
      .map((id) => id.replace(/_[0-9A-F]{8}$/, ''))
      .sort(),
  ).toEqual(['Project_Assignment-load-balancer_member', 'Project_Assignment-member']);
  for (const assignment of Object.values(assignments)) {
    expect(assignment).toMatchObject({
      project_id: expect.stringContaining('identity_project_v3'),
      user_id: expect.stringContaining('identity_user_v3'),
    });
    expect(assignment).not.toHaveProperty('domain_id');
  }
  expect(stack.json.terraform.required_providers.random.version).toMatch(/^~>/);
});

test('no quota resource unless a limit is given', () => {
  expect(Object.keys(synth().json.resource).filter((type) => /quota/.test(type))).toEqual([]);
  expect(Object.keys(synth({ quota: { cores: 8 } }).json.resource).filter((type) => /quota/.test(type))).toEqual(['openstack_compute_quotaset_v2']);
});

test('limits go to their services, in their units', () => {
  const stack = synth({
    quota: { cores: 40, memoryMib: 8192, volumeGib: 500, floatingIps: 3, securityGroups: 10, securityGroupRules: 200, loadBalancers: 4 },
  });
  expect(stack.resource('openstack_compute_quotaset_v2')).toMatchObject({ cores: 40, ram: 8192 });
  expect(stack.resource('openstack_blockstorage_quotaset_v3')).toMatchObject({ gigabytes: 500 });
  expect(stack.resource('openstack_networking_quota_v2')).toMatchObject({ floatingip: 3, security_group: 10, security_group_rule: 200 });
  // unset ones would be sent as 0
  expect(stack.resource('openstack_lb_quota_v2')).toMatchObject({ loadbalancer: 4, listener: -1, pool: -1, member: -1, health_monitor: -1 });
});

test("the user's own password is a reference, and no random one is made", () => {
  const stack = synthStack((scope) => {
    new OpenstackProvider(scope, 'OpenStack');
    const userPassword = new TerraformVariable(scope, 'password', { sensitive: true }).stringValue;
    new Project(scope, 'Project', { name: 'prod', userName: 'robot', userPassword, roles: ['member', 'creator'] });
  });
  expect(stack.resource('openstack_identity_user_v3')).toMatchObject({ name: 'robot', password: '${var.password}' });
  expect(stack.json.terraform.required_providers).not.toHaveProperty('random');
});

test('what is done as the user waits for roles and limits', () => {
  synthStack((stack) => {
    new OpenstackProvider(stack, 'OpenStack');
    expect(new Project(stack, 'Project', { name: 'prod', quota: { cores: 1, volumes: 1 } }).ready).toHaveLength(5);
  });
});

test.each<[string, Partial<ProjectProps>, RegExp]>([
  ['no name', { name: '' }, /name must have 1 to 64 characters/],
  ['a name of 65 characters', { name: 'x'.repeat(65) }, /name must have 1 to 64 characters/],
  ['no role', { roles: [] }, /roles must not be empty/],
  ['the same role twice', { roles: ['member', 'member'] }, /role must be unique/],
  ['the administrator', { roles: ['admin'] }, /roles has the role admin/],
  ['a limit below -1', { quota: { cores: -2 } }, /quota\.cores must be a whole number from -1, got -2/],
  ['a limit of 0 that the provider would not send', { quota: { routers: 0 } }, /quota\.routers can't be 0/],
  ['groups without rules', { quota: { securityGroups: 10 } }, /quota\.securityGroups and quota\.securityGroupRules go together/],
])('%s is an error', (_, props, message) => {
  expect(() => synth(props)).toThrow(message);
  expect(() => synth(props)).toThrow(/^test\/Project: /);
});

test('a literal password is refused and not repeated', () => {
  expect(() => synth({ userPassword: 'hunter2' })).toThrow('userPassword is a literal');
  expect(() => synth({ userPassword: 'hunter2' })).not.toThrow('hunter2');
});

test('a limit on volumes forbids nothing else: the provider would send what is left out as 0', () => {
  expect(synth({ quota: { volumes: 5 } }).resource('openstack_blockstorage_quotaset_v3')).toMatchObject({
    volumes: 5,
    gigabytes: -1,
    snapshots: -1,
    per_volume_gigabytes: -1,
    backups: -1,
    backup_gigabytes: -1,
    groups: -1,
  });
});

test('the default security group is closed once everything else is done, and goes before the project', () => {
  const stack = synth({ quota: { cores: 8 }, adminAccess: { cloud: 'admin' } });
  const step = stack.resource('terraform_data');
  expect(step.depends_on).toHaveLength(3);
  expect(step.input).toEqual({ PROJECT: expect.stringContaining('identity_project_v3'), cloud: 'admin', cloudsYaml: '' });
  const runs = step.provisioner.map((each: any) => each['local-exec']);
  expect(runs.map(({ when, environment }: any) => [when, environment.STRATA_TASK])).toEqual([
    ['create', 'close-project'],
    ['destroy', 'clear-project'],
  ]);
  // what runs on destroy may refer to nothing else
  for (const { command } of runs) expect(command.match(/(?<!\$)\$\{/g)).toBeNull();
  expect(synth({ keepDefaultSecurityGroup: true }).resources('terraform_data')).toEqual({});
});

test('groups and users that are there work in it, and need no user of its own', () => {
  const stack = synth({ withoutUser: true, groups: { operators: {}, auditors: { roles: ['reader'], create: true } }, users: { alice: ['member'] } });
  expect(stack.resources('openstack_identity_user_v3')).toEqual({});
  expect(stack.resources('random_password')).toEqual({});
  expect(Object.values(stack.data('openstack_identity_group_v3')).map(({ name }) => name)).toEqual(['operators']);
  expect(stack.resource('openstack_identity_group_v3')).toMatchObject({ name: 'auditors', domain_id: 'default' });
  const assignments = Object.values(stack.resources('openstack_identity_role_assignment_v3'));
  const of = (what: string) => assignments.filter((each) => JSON.stringify(each).includes(what)).length;
  expect(assignments).toHaveLength(4);
  expect([of('Project_Group-operators'), of('Project_Group-auditors'), of('Project_User-alice')]).toEqual([2, 1, 1]);
});

test('a project without a user has no password to give', () => {
  synthStack((stack) => {
    new OpenstackProvider(stack, 'OpenStack');
    const project = new Project(stack, 'Project', { name: 'prod', withoutUser: true });
    for (const what of ['user', 'userName', 'userId', 'password'] as const) expect(() => project[what]).toThrow(/has no user of its own/);
  });
  expect(() => synth({ withoutUser: true, userName: 'robot' })).toThrow(/withoutUser goes with no userName/);
  expect(() => synth({ groups: { a: { roles: ['admin'] } } })).toThrow(/groups\.a\.roles has the role admin/);
  expect(() => synth({ users: { a: [] } })).toThrow(/users\.a must not be empty/);
});
