import { check, checkListKnown, checkUnique, fail, isKnown, Where } from '../core/validation';

/** The generation that a cluster has before any other. What is made of it has no generation in its names. */
export const FIRST_AUTHORITY = '1';

/** Throws unless they are one generation, or two while one takes the place of the other. */
export function checkAuthorities(where: Where, authorities: readonly string[]): void {
  checkListKnown(where, 'authorities', authorities);
  for (const name of authorities) {
    if (!isKnown(name)) {
      fail(where, { problem: 'authorities must be known at synth, a reference was given', fix: 'give names; the authorities themselves are made' });
    }
    check(where, name, (v) => /^[a-z0-9]{1,8}$/.test(v), {
      problem: 'names in authorities are lower-case letters and digits, eight at most',
      fix: 'use 1, 2 and so on',
    });
  }
  checkUnique(where, 'name in authorities', authorities);
  check(where, authorities, (v) => v.length === 1 || v.length === 2, {
    problem: 'authorities must be one, or two while one takes the place of the other',
    fix: 'finish one replacement before the next: the one that signs, then the one that is trusted besides',
  });
}

/** The generations of a cluster, the signing one first. */
export function authoritiesOf(cluster: { readonly pki?: { readonly _authorities: readonly string[] } }): readonly string[] {
  return cluster.pki?._authorities ?? [FIRST_AUTHORITY];
}

/** Whether a cluster never had others than its first: then nothing says so. */
export function isFirstAuthority(authorities: readonly string[]): boolean {
  return authorities.length === 1 && authorities[0] === FIRST_AUTHORITY;
}

/** Generations as servers carry them: in the order in which they were given. */
export function authoritiesMark(authorities: readonly string[]): string {
  return authorities.join('-');
}

/**
 * A condition of Terraform: whether somebody with these authorities gets along with those of the next. They differ by one step alone: one more is trusted, another one
 * of the two signs, one is forgotten that doesn't sign.
 *
 * @param former an expression of a mark
 */
export function isNextStep(former: string, authorities: readonly string[]): string {
  const [signing, trusted] = authorities;
  if (trusted === undefined) return `split("-", ${former})[0] == "${signing}"`;
  return `contains(["${signing}", "${signing}-${trusted}", "${trusted}-${signing}"], ${former})`;
}
