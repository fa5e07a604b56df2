import type { Block } from './synth';

/**
 * What is wrong with the version constraints of a stack's providers. Every one must be a range: an exact pin in what a library synthesises takes
 * the choice of a release from its users, whose lock file has it.
 */
export function findExactVersions(json: Block): string[] {
  return Object.entries<Block>(json.terraform?.required_providers ?? {}).flatMap(([name, { version }]) => {
    const at = `terraform.required_providers.${name}`;
    if (typeof version !== 'string' || version.trim() === '') return [`${at}: has no version constraint`];
    const parts = version.split(',').map((part) => part.trim());
    const bad = parts.find((part) => !/^(~>|>=|<=|!=|>|<|=)?\s*\d+(\.\d+)*(-[\w.]+)?$/.test(part));
    if (bad !== undefined) return [`${at}: isn't a version constraint: ${bad}`];
    return parts.some((part) => /^=?\s*\d/.test(part)) ? [`${at}: ${version} is an exact version, not a range`] : [];
  });
}

/** Throws if a stack pins a provider to an exact version. */
export function assertVersionConstraints(json: Block): void {
  const problems = findExactVersions(json);
  if (problems.length > 0) throw new Error(problems.join('\n'));
}
