import { assertVersionConstraints, findExactVersions } from './versions';

function check(version: unknown): string[] {
  return findExactVersions({ terraform: { required_providers: { p: { source: 'a/p', version } } } });
}

test.each(['~> 3.4', '~> 3.4.1', '>= 2.0, < 4.0.0', '>= 1', '~> 3.4, != 3.4.2'])('%s is a range', (version) => {
  expect(check(version)).toEqual([]);
});

test.each(['3.4.0', '= 3.4.0', '=3.4', '3.4', '>= 3.0, 3.4.0', '1.0.0-rc1'])('%s is exact', (version) => {
  expect(check(version).join()).toContain('exact version');
});

test('no constraint at all, and what is none', () => {
  expect(check(undefined)).toEqual(['terraform.required_providers.p: has no version constraint']);
  expect(check('latest').join()).toContain("isn't a version constraint: latest");
  expect(() => assertVersionConstraints({ terraform: { required_providers: { p: { version: '1.0.0' } } } })).toThrow('exact version');
  expect(() => assertVersionConstraints({})).not.toThrow();
});
