import { ITerraformDependable, Postcondition } from 'cdktf';
import { Construct } from 'constructs';
import { AdditionalPort } from './additional-port';
import { DataVolume } from './data-volume';
import { ServerGroup } from './server-group';
import { ServerPort } from './server-port';
import { prepareUserData } from './user-data';
import { NodeFlavor } from '../contracts/node-flavor';
import { NodeImage } from '../contracts/node-image';
import { AvailabilityZone } from '../contracts/openstack-cloud';
import { checkDnsLabel } from '../core/naming';
import { attributeAddress, replacement } from '../core/replacement';
import { check, checkInteger, checkUnique } from '../core/validation';
import { flavorId, imageId } from './private/lookups';
import { checkMetadata, checkTags } from './private/names';
import { inSameStack } from '../core/same-stack';
import { BlockstorageVolumeV3 } from '../providers/openstack/blockstorage-volume-v3';
import { ComputeInstanceV2 } from '../providers/openstack/compute-instance-v2';
import { ComputeVolumeAttachV2 } from '../providers/openstack/compute-volume-attach-v2';

/** A root disk that is a Cinder volume of its own, made from the image. */
export interface RootVolume {
  /** Size in GiB, not less than the image needs. It can grow in place. */
  readonly sizeGib: number;
  /**
   * Cinder's volume type. Settled when the volume is made.
   * @default - the project's default type
   */
  readonly type?: string;
}

/** Properties of NovaServer. */
export interface NovaServerProps {
  /** Name in Nova, and so the host name: an RFC 1123 label. A Kubernetes node must have the same name. */
  readonly name: string;
  /** Its size. */
  readonly flavor: NodeFlavor;
  /** What it boots from. Settled when the server is made. */
  readonly image: NodeImage;
  /** Its port in the network that it is known by. */
  readonly port: ServerPort;
  /** Where it runs, and where its volumes lie. Settled when the server is made. */
  readonly zone: AvailabilityZone;
  /**
   * What cloud-init reads at the first boot: plain text, or base64, of at most 65,535 characters in base64. Settled when the server is made.
   * A text with references in it comes from `TemplateText` (`base64` or `base64Gzip`).
   */
  readonly userData: string;
  /**
   * The server group that it is placed by. Settled when the server is made.
   * @default - Nova places it anywhere in its zone
   */
  readonly serverGroup?: ServerGroup;
  /**
   * Put the root disk on a Cinder volume.
   * @default - a local disk of the hypervisor, of the flavor's size
   */
  readonly rootVolume?: RootVolume;
  /**
   * Volumes to attach. Inside the server each is found by its serial number, the first 20 characters of its id.
   * @default - none
   */
  readonly dataVolumes?: DataVolume[];
  /**
   * Ports of further NICs, in this order. Settled when the server is made.
   * @default - none
   */
  readonly additionalPorts?: AdditionalPort[];
  /**
   * Nova's metadata: keys and values of 255 characters at most.
   * @default - none
   */
  readonly metadata?: { readonly [key: string]: string };
  /**
   * Whether the metadata is settled when the server is made: it then tells what the server was born with.
   * @default false
   */
  readonly settledMetadata?: boolean;
  /**
   * Tags.
   * @default - none
   */
  readonly tags?: string[];
  /**
   * Name of the key pair for its first user. Settled when the server is made.
   * @default - none
   */
  readonly keyPairName?: string;
  /**
   * Whether it gets metadata and user data by a config drive too, besides the metadata service. Settled when the server is made.
   * @default - as the image or the cloud says
   */
  readonly configDrive?: boolean;
  /**
   * Whether it is shut down before it is deleted, for which Nova gives it a minute: else its power is cut.
   * @default false
   */
  readonly stopBeforeDestroy?: boolean;
  /**
   * Whether another flavor resizes the server in place: Nova restarts it, and its disks stay. Otherwise the flavor, too, is settled when the server is made.
   * @default true
   */
  readonly resizeInPlace?: boolean;
  /**
   * The server is replaced whenever one of these is replaced: the one way to make it follow its image, user data and the like.
   * @default - it never is by itself
   */
  readonly replaceTriggeredBy?: ITerraformDependable[];
  /**
   * Whether a replacement is made before the old server goes. Its port must be replaced with it.
   * @default false
   */
  readonly createBeforeDestroy?: boolean;
  /**
   * What must be there before the server is made, and goes after it.
   * @default - the way out of its network
   */
  readonly dependsOn?: ITerraformDependable[];
}

/** What Nova or the provider would answer with a new or a wiped server, when it changes. */
const SETTLED_AT_BIRTH = [
  'availability_zone',
  'block_device',
  'config_drive',
  'image_id',
  'image_name',
  'key_pair',
  'network',
  'scheduler_hints',
  'user_data',
];

function bornAs(where: Construct, name: string): Postcondition {
  return {
    condition: `\${self.name == "${name}"}`,
    errorMessage:
      `${where.node.path}: the server is still \${self.name}, and was to be replaced by ${name} in an apply that ended half-way; ` +
      'raise the generation of its pool once more and apply: that replaces the servers of the pool from the beginning',
  };
}

/**
 * A virtual machine in Nova that an apply never replaces or wipes by itself.
 *
 * A changed image would rebuild it, a changed user_data, zone, key pair or server group replace it: all these are settled when the server is made,
 * and later changes wait until it is replaced on purpose, by `replaceTriggeredBy` or `terraform apply -replace`. Name, metadata, tags and flavor change in place.
 *
 * Creates one instance with explicit ports; with `rootVolume` a Cinder volume from the image; one attachment for each data volume, so that on
 * destroy volumes are detached before the server goes. Security groups are the port's.
 * Errors: a name that isn't an RFC 1123 label; user data over Nova's limit, at synth where it is known and in Terraform's plan where it isn't;
 * a flavor or image that isn't there, in Terraform's plan.
 */
export class NovaServer extends Construct {
  /** Name in Nova. */
  public readonly serverName: string;
  /** Nova's id. */
  public readonly serverId: string;
  /** Its port. */
  public readonly port: ServerPort;
  /** The L1 instance. */
  public readonly resource: ComputeInstanceV2;
  /** The L1 attachments of its data volumes, in their order: what must wait for the volumes depends on them. */
  public readonly attachments: ComputeVolumeAttachV2[];
  /** The L1 volume of the root disk, if it is one. */
  public readonly rootVolumeResource?: BlockstorageVolumeV3;

  constructor(scope: Construct, id: string, props: NovaServerProps) {
    super(scope, id);
    const { name, port, zone, rootVolume, dataVolumes = [], metadata, tags } = props;
    checkDnsLabel(this, 'name', name);
    checkMetadata(this, metadata);
    checkTags(this, tags);
    checkInteger(this, 'rootVolume.sizeGib', rootVolume?.sizeGib, { min: 1 });
    for (const [kind, value] of Object.entries({ compute: zone.compute, volume: zone.volume })) {
      check(this, value, (v) => v !== '' && !/\s/.test(v), {
        problem: `zone.${kind} must be a name without blanks`,
        fix: 'give a zone of the cloud',
      });
    }
    checkUnique(
      this,
      'data volume',
      dataVolumes.map((volume) => volume.node.path),
    );
    const image = imageId(this, props.image);
    const userData = prepareUserData(this, props.userData);

    if (rootVolume !== undefined) {
      this.rootVolumeResource = new BlockstorageVolumeV3(this, 'RootVolume', {
        name: `${name}-root`,
        size: rootVolume.sizeGib,
        imageId: image,
        availabilityZone: zone.volume,
        enableOnlineResize: true,
        ...(rootVolume.type !== undefined && { volumeType: rootVolume.type }),
        lifecycle: { ...replacement(props), ignoreChanges: ['availability_zone', 'image_id', 'volume_type'] },
      });
    }
    const replaced = replacement(props);
    this.resource = new ComputeInstanceV2(this, 'Server', {
      name,
      flavorId: flavorId(this, props.flavor),
      // With a volume, image_id beside it would be planned again for ever.
      ...(this.rootVolumeResource === undefined
        ? { imageId: image }
        : {
            blockDevice: [
              {
                uuid: this.rootVolumeResource.id,
                sourceType: 'volume',
                destinationType: 'volume',
                bootIndex: 0,
                // Terraform deletes the volume itself; if Nova did too, a replacement would fail.
                deleteOnTermination: false,
              },
            ],
          }),
      network: [port, ...(props.additionalPorts ?? [])].map(({ portId }) => ({ port: portId })),
      availabilityZone: zone.compute,
      userData: userData.value,
      ...(props.serverGroup && { schedulerHints: [{ group: props.serverGroup.serverGroupId }] }),
      ...(metadata && { metadata: { ...metadata } }),
      ...(tags && { tags }),
      ...(props.keyPairName !== undefined && { keyPair: props.keyPairName }),
      ...(props.configDrive !== undefined && { configDrive: props.configDrive }),
      ...(props.stopBeforeDestroy && { stopBeforeDestroy: true }),
      dependsOn: inSameStack(this, [...port.network.routed, ...(props.dependsOn ?? [])]),
      lifecycle: {
        ...replaced,
        // A new port in the cluster's network is the one reason to be replaced that isn't the caller's: without it the server can't be reached.
        replaceTriggeredBy: [...(replaced.replaceTriggeredBy ?? []), attributeAddress(port.resource, 'id')],
        ignoreChanges: [
          ...SETTLED_AT_BIRTH,
          ...((props.resizeInPlace ?? true) ? [] : ['flavor_id', 'flavor_name']),
          ...(props.settledMetadata ? ['metadata'] : []),
          // A replacement that failed half-way must not give the server that is still there its successor's name: it is a Node's.
          ...(props.createBeforeDestroy ? ['name'] : []),
        ],
        ...(userData.preconditions.length > 0 && { precondition: userData.preconditions }),
        // Terraform forgets why it was to replace something once the reason itself has been applied: what is left of its predecessor is known by its name.
        ...(props.createBeforeDestroy && { postcondition: [bornAs(this, name)] }),
      },
    });
    this.attachments = dataVolumes.map(
      (volume) =>
        new ComputeVolumeAttachV2(this, `Attachment-${volume.node.id}`, {
          instanceId: this.resource.id,
          volumeId: volume.volumeId,
          ...(props.createBeforeDestroy && { lifecycle: { createBeforeDestroy: true } }),
        }),
    );
    this.serverName = name;
    this.serverId = this.resource.id;
    this.port = port;
  }
}
