import { AvailabilityZone } from '../contracts/openstack-cloud';
import { quorumSize } from '../core/quorum';
import { check, checkListKnown, checkOneOf, checkUnique, isKnown, Where } from '../core/validation';

/** The cloud's zones of those names, in the order of the names; all of them if none are given. */
export function zonesByName(where: Where, what: string, all: readonly AvailabilityZone[], names: readonly string[] | undefined): AvailabilityZone[] {
  if (names === undefined) return [...all];
  checkListKnown(where, what, names);
  check(where, names, (v) => v.length > 0, { problem: `${what} must not be empty`, fix: 'leave it out to use all zones of the cloud' });
  checkUnique(where, `zone of ${what}`, names);
  return names.map((name) => {
    const known = all.map(({ compute }) => compute);
    if (isKnown(known)) checkOneOf(where, `zone of ${what}`, name, known);
    // A name that isn't known yet is a zone of Nova; where its volumes lie is only known for the cloud's own list.
    return all.find(({ compute }) => compute === name) ?? { ...all[0], compute: name };
  });
}

/** Of several zones those whose loss takes the quorum of so many slots, which go round the zones. A single zone is nobody's mistake. */
export function unsafeZones(zones: readonly string[], slots: number): string[] {
  const perZone = new Map<string, number>();
  for (let i = 0; i < slots; i++) perZone.set(zones[i % zones.length], (perZone.get(zones[i % zones.length]) ?? 0) + 1);
  if (slots === 1 || perZone.size === 1) return [];
  return [...perZone].filter(([, count]) => slots - count < quorumSize(slots)).map(([zone]) => zone);
}
