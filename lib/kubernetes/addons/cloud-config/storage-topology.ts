import { AvailabilityZone } from '../../../contracts/openstack-cloud';

/** Where volumes of one kind are made, and from where they can be used. */
export interface VolumeZone {
  /** Cinder's zone, or undefined if it is the zone of the node. */
  readonly availability?: string;
  /** Nova's zones whose nodes can attach them. */
  readonly compute: readonly string[];
}

/** How Cinder's zones lie under Nova's. */
export interface StorageTopology {
  /** Whether a volume's zone says nothing about nodes, because the two lists of zones have different names. */
  readonly ignoreVolumeAz: boolean;
  /** One for all zones of equal names; else one for each zone of Cinder. */
  readonly zones: readonly VolumeZone[];
}

/**
 * The driver makes a volume in the zone of Cinder that is called like the node's zone of Nova. Where there is none of that name, the volume's
 * zone must be given, and the driver must not derive nodes from it.
 */
export function storageTopology(zones: readonly AvailabilityZone[]): StorageTopology {
  const compute = [...new Set(zones.map((zone) => zone.compute))];
  if (zones.every((zone) => zone.volume === zone.compute)) return { ignoreVolumeAz: false, zones: [{ compute }] };
  const volume = [...new Set(zones.map((zone) => zone.volume))];
  return {
    ignoreVolumeAz: true,
    zones: volume.map((availability) => ({
      availability,
      compute: [...new Set(zones.filter((zone) => zone.volume === availability).map((zone) => zone.compute))],
    })),
  };
}
