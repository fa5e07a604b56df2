import { IBareMetalPool } from '../../contracts/bare-metal-pool';
import { HostRole } from '../../contracts/host';
import { IOpenStackCloud } from '../../contracts/openstack-cloud';
import { fail, Where } from '../../core/validation';

/** Where Nova puts hosts that no aggregate gives a zone (its `default_availability_zone`). */
const NOVA_DEFAULT_ZONE = 'nova';

/** The compute hosts' names by their zone, without Nova's own, which needs no aggregate. With `byRack`, each rack is a zone. */
export function hostsByZone(where: Where, pool: IBareMetalPool, byRack = false): Map<string, string[]> {
  const zones = new Map<string, string[]>();
  for (const { name, zone, rack } of pool.hostsWithRole(HostRole.COMPUTE)) {
    const zoneOrRack = byRack ? rack : zone;
    if (zoneOrRack === undefined) {
      fail(where, { problem: 'zonesFromRacks needs the rack of every compute host, one has none', value: name, fix: 'add it to the inventory' });
    }
    if (zoneOrRack !== NOVA_DEFAULT_ZONE) zones.set(zoneOrRack, [...(zones.get(zoneOrRack) ?? []), name]);
  }
  return zones;
}

/** Throws unless the cloud tells the layers above the same zones as the aggregates make. */
export function checkZonesOfCloud(where: Where, cloud: IOpenStackCloud, zones: readonly string[]): void {
  const known = cloud.zones.map(({ compute }) => compute).filter((zone) => zone !== NOVA_DEFAULT_ZONE);
  const missing = zones.find((zone) => !known.includes(zone)) ?? known.find((zone) => !zones.includes(zone));
  if (missing === undefined) return;
  const volume = cloud.zones[0]?.volume ?? 'nova';
  const wanted = zones.map((compute) => `{ compute: '${compute}', volume: '${volume}' }`).join(', ');
  fail(where, {
    problem: `${cloud.node.path} tells of the zones ${known.join(', ') || 'none'}, and the hosts make ${zones.join(', ') || 'none'}`,
    value: missing,
    fix: zones.length === 0 ? 'leave zones out there' : `give it zones: [${wanted}]`,
  });
}
