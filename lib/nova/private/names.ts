import { check, checkUnique, Where } from '../../core/validation';

/** Throws unless Neutron, Cinder and Octavia take it as a name, and an operator can find the thing by it. */
export function checkNeutronName(where: Where, what: string, name: string | undefined): void {
  check(where, name, (v) => v.trim() === v && v.length >= 1 && v.length <= 255, {
    problem: `${what} must have 1 to 255 characters and no blanks around them`,
    fix: 'choose a name of that form',
  });
}

/** Throws unless every service takes them as tags: Neutron allows 60 characters, Nova neither "/" nor ",". */
export function checkTags(where: Where, tags: readonly string[] | undefined): void {
  for (const tag of tags ?? []) {
    check(where, tag, (v) => /^[^/,]{1,60}$/.test(v), {
      problem: 'tags must have 1 to 60 characters, without "/" and ","',
      fix: 'choose a tag of that form',
    });
  }
  checkUnique(where, 'tag', tags ?? []);
}

/** Throws unless Nova and Cinder take it as metadata: keys and values of 255 characters at most. */
export function checkMetadata(where: Where, metadata: { readonly [key: string]: string } | undefined): void {
  for (const [key, value] of Object.entries(metadata ?? {})) {
    check(where, key, (v) => /^[a-zA-Z0-9-_:. ]{1,255}$/.test(v), {
      problem: 'keys of metadata must be 1 to 255 letters, digits, "-", "_", ":", "." and blanks',
      fix: 'choose a key of that form',
    });
    check(where, value, (v) => v.length <= 255, { problem: `metadata ${key} must have 255 characters at most`, fix: 'shorten the value' });
  }
}
