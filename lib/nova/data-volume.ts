import { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { replacement } from '../core/replacement';
import { checkInteger } from '../core/validation';
import { checkMetadata, checkNeutronName } from './private/names';
import { BlockstorageVolumeV3 } from '../providers/openstack/blockstorage-volume-v3';

/** Properties of DataVolume. */
export interface DataVolumeProps {
  /** Name of the volume in Cinder. */
  readonly name: string;
  /** Size in GiB, at least 1. It can grow in place, also while attached; Cinder never shrinks a volume. */
  readonly sizeGib: number;
  /**
   * Cinder's volume type. Settled when the volume is made: a later change has no effect on it, since Terraform would replace it and its data.
   * @default - the project's default type
   */
  readonly type?: string;
  /**
   * Cinder's zone (not Nova's). Settled when the volume is made.
   * @default - Cinder's choice
   */
  readonly availabilityZone?: string;
  /**
   * Metadata: Cinder's tags.
   * @default - none
   */
  readonly metadata?: { readonly [key: string]: string };
  /**
   * Whether the metadata is settled when the volume is made.
   * @default false
   */
  readonly settledMetadata?: boolean;
  /**
   * The volume is replaced by a new, empty one whenever one of these is replaced: for volumes that live as long as their server.
   * @default - it never is by itself
   */
  readonly replaceTriggeredBy?: ITerraformDependable[];
  /**
   * Whether a new volume is made before the old one goes.
   * @default false
   */
  readonly createBeforeDestroy?: boolean;
}

/**
 * A volume that outlives the servers it is attached to: etcd's data, for example. Creates one empty Cinder volume.
 *
 * Nothing but its removal from the program, `replaceTriggeredBy` or a destroy deletes it: what would make Terraform replace it (type, zone) is ignored once it exists.
 */
export class DataVolume extends Construct {
  /** Cinder's id: its first 20 characters are the serial number of the disk in the server. */
  public readonly volumeId: string;
  /** The L1 volume. */
  public readonly resource: BlockstorageVolumeV3;

  constructor(scope: Construct, id: string, props: DataVolumeProps) {
    super(scope, id);
    checkNeutronName(this, 'name', props.name);
    checkInteger(this, 'sizeGib', props.sizeGib, { min: 1 });
    checkMetadata(this, props.metadata);
    this.resource = new BlockstorageVolumeV3(this, 'Volume', {
      name: props.name,
      size: props.sizeGib,
      enableOnlineResize: true,
      ...(props.type !== undefined && { volumeType: props.type }),
      ...(props.availabilityZone !== undefined && { availabilityZone: props.availabilityZone }),
      ...(props.metadata && { metadata: { ...props.metadata } }),
      lifecycle: { ...replacement(props), ignoreChanges: ['availability_zone', 'volume_type', ...(props.settledMetadata ? ['metadata'] : [])] },
    });
    this.volumeId = this.resource.id;
  }
}
