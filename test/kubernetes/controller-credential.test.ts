import { TerraformOutput } from 'cdktf';
import { ControllerCredential, ControllerCredentialProps } from '../../lib/kubernetes/controller-credential';
import { OpenstackProvider } from '../../lib/providers/openstack/provider';
import { synthStack } from '../support/synth';

const TYPE = 'openstack_identity_application_credential_v3';

function synth(props: Partial<ControllerCredentialProps> = {}) {
  const stack = synthStack((scope) => {
    new OpenstackProvider(scope, 'OpenStack', { cloud: 'prod' });
    const made = new ControllerCredential(scope, 'Credential', { clusterName: 'prod', ...props });
    new TerraformOutput(scope, 'current', { value: made.credential.applicationCredentialId });
  });
  const byName = Object.fromEntries(Object.entries(stack.resources(TYPE)).map(([address, { name }]) => [name, address]));
  return { stack, byName, current: Object.keys(byName).find((name) => stack.json.output.current.value.includes(`.${byName[name]}.`)) };
}

test('is restricted, has the least roles, and replaces before it destroys', () => {
  const { stack, byName } = synth();
  expect(Object.keys(byName)).toEqual(['prod-controllers']);
  expect(stack.resource(TYPE)).toMatchObject({ unrestricted: false, lifecycle: { create_before_destroy: true } });
  expect(JSON.stringify(stack.json.locals)).toContain('setintersection([\\"member\\", \\"load-balancer_member\\"]');
});

test('a new generation stands beside the one before, whose address stays; then the old one is revoked', () => {
  const first = synth();
  const second = synth({ generation: 2 });
  expect(Object.keys(second.byName).sort()).toEqual(['prod-controllers', 'prod-controllers-2']);
  expect(second.byName['prod-controllers']).toBe(first.byName['prod-controllers']);
  expect(second.current).toBe('prod-controllers-2');
  expect(second.stack.resources(TYPE)[first.byName['prod-controllers']]).toEqual(first.stack.resource(TYPE));
  const revoked = synth({ generation: 2, keepPrevious: false });
  expect(revoked.byName).toEqual({ 'prod-controllers-2': second.byName['prod-controllers-2'] });
  expect(Object.keys(synth({ generation: 3 }).byName).sort()).toEqual(['prod-controllers-2', 'prod-controllers-3']);
});

test('roles that are given need no condition, which Terraform would refuse for referring to nothing', () => {
  const { lifecycle, roles } = synth({ roles: ['member'] }).stack.resource(TYPE);
  expect(roles).toEqual(['member']);
  expect(lifecycle).not.toHaveProperty('precondition');
  expect(synth().stack.resource(TYPE).lifecycle.precondition).toHaveLength(1);
});

test.each<[string, Partial<ControllerCredentialProps>, RegExp]>([
  ['generation 0', { generation: 0 }, /test\/Credential: generation must be a whole number from 1, got 0/],
  ['no role', { roles: [] }, /roles must not be empty/],
  ['a time that is none', { expiresAt: 'tomorrow' }, /expiresAt must be a time in UTC, got "tomorrow"; write it as/],
])('%s is an error', (_, props, message) => {
  expect(() => synth(props)).toThrow(message);
});
