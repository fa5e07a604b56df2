import { Construct } from 'constructs';
import { IpFamily } from '../core/ip-family';
import { check, checkInteger, fail, isKnown } from '../core/validation';
import { DataOpenstackDnsZoneV2 } from '../providers/openstack/data-openstack-dns-zone-v2';
import { DnsRecordsetV2 } from '../providers/openstack/dns-recordset-v2';

/** A zone of Designate that is there already. */
export interface DnsZone {
  /**
   * Designate's id.
   * @default - looked up by `name`
   */
  readonly zoneId?: string;
  /**
   * The zone's name, for example `example.com`. A final dot may be left out.
   * @default - `zoneId` is given
   */
  readonly name?: string;
  /**
   * How long others may remember a record, in seconds, 1 to 2147483647.
   * @default 300
   */
  readonly ttlSeconds?: number;
}

/** Properties of DnsRecord. */
export interface DnsRecordProps {
  /** The zone that it is in. */
  readonly zone: DnsZone;
  /** Its whole name: `api.example.com`. A final dot may be left out. */
  readonly name: string;
  /** The addresses, at least one, all of one IP family. */
  readonly addresses: string[];
  /**
   * The IP family of the addresses: it decides between A and AAAA.
   * @default IpFamily.V4
   */
  readonly family?: IpFamily;
}

/**
 * A name for addresses, by Designate. Creates one record set (A or AAAA), and looks the zone up unless its id is given.
 *
 * Errors: no zone; a name that isn't in the zone, or that no DNS server takes; no address.
 */
export class DnsRecord extends Construct {
  /** The L1 record set. */
  public readonly resource: DnsRecordsetV2;

  constructor(scope: Construct, id: string, props: DnsRecordProps) {
    super(scope, id);
    const { zone, name, addresses } = props;
    check(this, name, (v) => /^(?=.{1,254}$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)+[A-Za-z0-9-]+\.?$/.test(v), {
      problem: 'name must be a whole DNS name',
      fix: 'write it as api.example.com',
    });
    checkInteger(this, 'zone.ttlSeconds', zone.ttlSeconds, { min: 1, max: 2147483647 });
    check(this, addresses, (list) => list.length > 0, { problem: 'addresses must not be empty', fix: 'give the addresses that the name stands for' });
    if (zone.zoneId === undefined && zone.name === undefined) fail(this, { problem: 'the zone is not known', fix: 'give zone.name or zone.zoneId' });
    const zoneName = zone.name === undefined ? undefined : withDot(zone.name);
    check(this, name, (v) => zoneName === undefined || !isKnown(zoneName) || withDot(v).toLowerCase().endsWith(`.${zoneName.toLowerCase()}`), {
      problem: `name is not in the zone ${zone.name}`,
      fix: `use one that ends in .${zone.name}`,
    });
    this.resource = new DnsRecordsetV2(this, 'Record', {
      zoneId: zone.zoneId ?? new DataOpenstackDnsZoneV2(this, 'Zone', { name: zoneName }).id,
      name: withDot(name),
      type: props.family === IpFamily.V6 ? 'AAAA' : 'A',
      ttl: zone.ttlSeconds ?? 300,
      records: addresses,
    });
  }
}

/** As Designate writes it back. */
function withDot(name: string): string {
  return !isKnown(name) || name.endsWith('.') ? name : `${name}.`;
}
