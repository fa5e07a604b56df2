import * as fc from 'fast-check';
import { NUMBER_TOKEN } from './tokens';
import { assertQuorum, quorumSize, toleratedFailures } from '../../lib/core/quorum';
import { StrataError } from '../../lib/core/validation';

test.each([
  [1, 1, 0],
  [2, 2, 0],
  [3, 2, 1],
  [4, 3, 1],
  [5, 3, 2],
  [7, 4, 3],
])('of %i voters %i must agree, %i may fail', (voters, quorum, failures) =>
  expect([quorumSize(voters), toleratedFailures(voters)]).toEqual([quorum, failures]),
);

test('two quorums always have a voter in common, and an even number tolerates no more than the odd one before', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), (n) => {
      expect(2 * quorumSize(n)).toBeGreaterThan(n);
      expect(quorumSize(n) + toleratedFailures(n)).toBe(n);
      expect(toleratedFailures(2 * n)).toBe(toleratedFailures(2 * n - 1));
    }),
  );
});

test('an even number is refused, and why', () => {
  expect(() => assertQuorum('prod/K8s', 'controlPlane.replicas', 4)).toThrow(
    'prod/K8s: controlPlane.replicas must be odd (1, 3, 5): 4 voters need 3 to agree and tolerate 1 failed, ' +
      'no more than 3 would, with one machine more that can fail, got 4; use 5',
  );
  expect(() => assertQuorum('prod/K8s', 'controlPlane.replicas', 2)).toThrow(/tolerate 0 failed.*got 2; use 3$/);
});

test.each([0, -1, 1.5, NaN, Infinity, 7, 9])('%p is refused', (n) =>
  expect(() => assertQuorum('c', 'replicas', n)).toThrow(/^c: replicas must be one of 1, 3, 5.*use [135]$/),
);
test.each([1, 3, 5, undefined])('%p is taken', (n) => assertQuorum('c', 'replicas', n));
test('a reference is left to Terraform', () => assertQuorum('c', 'replicas', NUMBER_TOKEN));
test('the caller says what is allowed', () => {
  assertQuorum('c', 'control hosts', 7, [3, 5, 7]);
  expect(() => assertQuorum('c', 'control hosts', 1, [3, 5, 7])).toThrow(/use 3$/);
});

test('exactly what is allowed passes, and the fix is always allowed', () => {
  fc.assert(
    fc.property(fc.integer({ min: -10, max: 20 }), fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (n, allowed) => {
      try {
        assertQuorum('c', 'n', n, allowed);
        expect(allowed).toContain(n);
      } catch (error) {
        expect(error).toBeInstanceOf(StrataError);
        expect(allowed).not.toContain(n);
        expect(allowed).toContain(Number((error as Error).message.match(/use (\d+)$/)![1]));
      }
    }),
  );
});
