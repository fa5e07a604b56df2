import { ITerraformDependable, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { AdminAccess } from './admin-access';
import { adminStep } from './admin-step';
import { check, checkInteger, checkKnown, checkOneOf, fail } from '../../core/validation';
import { BlockstorageQosAssociationV3 } from '../../providers/openstack/blockstorage-qos-association-v3';
import { BlockstorageQosV3 } from '../../providers/openstack/blockstorage-qos-v3';
import { BlockstorageVolumeTypeAccessV3 } from '../../providers/openstack/blockstorage-volume-type-access-v3';
import { BlockstorageVolumeTypeV3 } from '../../providers/openstack/blockstorage-volume-type-v3';

/** Who enforces the limits of a volume type. */
export enum QosConsumer {
  /** The hypervisor (QEMU). */
  FRONT_END = 'front-end',
  /** The storage itself, by specs of its own. */
  BACK_END = 'back-end',
  /** Both. */
  BOTH = 'both',
}

/**
 * What a volume may do at most. Limits are those of QEMU on the hypervisor; what is left out has none. A total goes with no limit of reads or writes of the
 * same kind. They hold for volumes that are attached afterwards.
 */
export interface VolumeQos {
  /** @default QosConsumer.FRONT_END */
  readonly consumer?: QosConsumer;
  /** @default - no limit */
  readonly totalIops?: number;
  /** @default - no limit */
  readonly readIops?: number;
  /** @default - no limit */
  readonly writeIops?: number;
  /**
   * Operations a second for each GiB of the volume.
   * @default - the limit doesn't depend on the size
   */
  readonly totalIopsPerGib?: number;
  /** @default - no limit */
  readonly totalBytesPerSecond?: number;
  /** @default - no limit */
  readonly readBytesPerSecond?: number;
  /** @default - no limit */
  readonly writeBytesPerSecond?: number;
  /**
   * Further specs by Cinder's names, such as those of the storage.
   * @default - none
   */
  readonly specs?: { readonly [name: string]: string };
}

/** In which form encrypted volumes are. */
export enum VolumeEncryptionFormat {
  /** LUKS version 1, which all back ends and releases can. */
  LUKS = 'luks',
  /** LUKS version 2. Not with Ceph. */
  LUKS2 = 'luks2',
}

/**
 * How volumes are encrypted. Each has a key of its own in Barbican, which the cloud must have; the host that a volume is attached to decrypts it, so that the
 * storage sees encrypted blocks alone.
 */
export interface VolumeEncryption {
  /** @default VolumeEncryptionFormat.LUKS */
  readonly format?: VolumeEncryptionFormat;
  /**
   * Cipher, chaining mode and initialisation vectors, as dm-crypt names them.
   * @default "aes-xts-plain64"
   */
  readonly cipher?: string;
  /**
   * Bits of the key: 128, 192 or 256. Cinder names the cipher for QEMU by it (`aes-256`), which knows no more than 256.
   * @default 256
   */
  readonly keySizeBits?: number;
}

/** Properties of VolumeType. */
export interface VolumeTypeProps {
  /** Its name, 1 to 255 characters: what StorageClasses and `etcdVolume.type` say. */
  readonly name: string;
  /**
   * What it is for, as users see it.
   * @default - nothing is said
   */
  readonly description?: string;
  /**
   * The back end that its volumes are on (`volume_backend_name`), as Cinder's configuration names it.
   * @default - Cinder chooses
   */
  readonly backendName?: string;
  /**
   * Further extra specs.
   * @default - none
   */
  readonly extraSpecs?: { readonly [key: string]: string };
  /**
   * Projects that may use it, by a name of your choice that stays, with their ids. Nobody else sees it then.
   * @default - every project of the cloud may use it
   */
  readonly projects?: { readonly [name: string]: string };
  /**
   * Limits of its volumes.
   * @default - none
   */
  readonly qos?: VolumeQos;
  /**
   * How its volumes are encrypted. It can be changed as long as no volume has the type; then Cinder refuses, and another type is needed. Taken out of the
   * program, it stays.
   * @default - they are not
   */
  readonly encryption?: VolumeEncryption;
  /**
   * How the step logs in that sets the encryption: no resource of the provider can.
   * @default - `OS_CLOUD`, or the other `OS_…` variables where Terraform runs
   */
  readonly adminAccess?: AdminAccess;
}

/**
 * A type of Cinder's volumes. Needs an administrator's login.
 *
 * Creates the type (`openstack_blockstorage_volume_type_v3`), an access rule for each project where it isn't for all, with `qos` a set of limits of the same
 * name and its association, and with `encryption` a step (`terraform_data`) that runs `node` where Terraform runs.
 */
export class VolumeType extends Construct {
  /** The L1 volume type. */
  public readonly resource: TerraformResource;
  /** Its name, known at synth. */
  public readonly typeName: string;
  /** Cinder's id of it. */
  public readonly typeId: string;
  /** To be depended upon by volumes: limits and encryption are set, and hold for volumes that are made from then on. */
  public readonly ready: ITerraformDependable[];

  constructor(scope: Construct, id: string, props: VolumeTypeProps) {
    super(scope, id);
    checkName(this, props.name);
    checkEncryption(this, props.encryption);
    const specs = props.qos === undefined ? undefined : qosSpecs(this, props.qos);
    if (props.projects !== undefined && Object.keys(props.projects).length === 0) {
      fail(this, { problem: 'projects must name a project, else nobody could use the type', value: {}, fix: 'name one, or leave it out for all' });
    }
    const { backendName, extraSpecs } = props;
    if (backendName !== undefined && extraSpecs !== undefined && Object.hasOwn(extraSpecs, 'volume_backend_name')) {
      fail(this, { problem: 'backendName and the extra spec volume_backend_name say the same', value: backendName, fix: 'leave one of them out' });
    }
    const type = new BlockstorageVolumeTypeV3(this, 'Resource', {
      name: props.name,
      description: props.description,
      isPublic: props.projects === undefined,
      extraSpecs: backendName === undefined ? extraSpecs : { ...extraSpecs, volume_backend_name: backendName },
    });
    this.ready = [type];
    for (const [name, projectId] of Object.entries(props.projects ?? {})) {
      this.ready.push(new BlockstorageVolumeTypeAccessV3(this, `Access-${name}`, { volumeTypeId: type.id, projectId }));
    }
    if (props.qos !== undefined) {
      const qos = new BlockstorageQosV3(this, 'Qos', { name: props.name, consumer: props.qos.consumer ?? QosConsumer.FRONT_END, specs });
      this.ready.push(new BlockstorageQosAssociationV3(this, 'QosAssociation', { qosId: qos.id, volumeTypeId: type.id }));
    }
    if (props.encryption !== undefined) {
      const { format, cipher, keySizeBits } = props.encryption;
      const encryption = {
        provider: format ?? VolumeEncryptionFormat.LUKS,
        cipher: cipher ?? 'aes-xts-plain64',
        key_size: keySizeBits ?? 256,
        control_location: 'front-end', // the only one that Nova can
      };
      const facts = { TYPE: type.id, ENCRYPTION: JSON.stringify(encryption) };
      this.ready.push(adminStep(this, 'Encryption', { access: props.adminAccess, facts, task: 'encrypt-volume-type' }));
    }
    this.resource = type;
    this.typeName = props.name;
    this.typeId = type.id;
  }
}

function checkName(scope: Construct, name: string): void {
  check(scope, name, (n) => n.trim() === n && n !== '' && n.length <= 255, {
    problem: 'name must have 1 to 255 characters and neither begin nor end with a space',
    fix: 'choose such a name',
  });
}

function checkEncryption(scope: Construct, encryption: VolumeEncryption | undefined): void {
  if (encryption === undefined) return;
  checkKnown(scope, 'encryption', encryption);
  checkOneOf(scope, 'encryption.format', encryption.format, Object.values(VolumeEncryptionFormat));
  check(scope, encryption.cipher, (c) => /^[a-z0-9]+-[a-z0-9]+-[a-z0-9]+$/.test(c), {
    problem: 'encryption.cipher must be a cipher, a mode and the kind of its vectors, with "-" between them',
    fix: 'use aes-xts-plain64',
  });
  check(scope, encryption.keySizeBits, (bits) => [128, 192, 256].includes(bits), {
    problem: 'encryption.keySizeBits must be 128, 192 or 256',
    fix: 'use 256',
  });
}

/** Cinder's names of the limits, and which of them exclude each other. */
const IOPS = {
  totalIops: 'total_iops_sec',
  readIops: 'read_iops_sec',
  writeIops: 'write_iops_sec',
  totalIopsPerGib: 'total_iops_sec_per_gb',
} as const;
const BYTES = { totalBytesPerSecond: 'total_bytes_sec', readBytesPerSecond: 'read_bytes_sec', writeBytesPerSecond: 'write_bytes_sec' } as const;

function qosSpecs(scope: Construct, qos: VolumeQos): { readonly [name: string]: string } {
  checkOneOf(scope, 'qos.consumer', qos.consumer, Object.values(QosConsumer));
  const specs: { [name: string]: string } = {};
  for (const [option, key] of Object.entries({ ...IOPS, ...BYTES }) as [keyof typeof IOPS | keyof typeof BYTES, string][]) {
    const limit = qos[option];
    if (limit === undefined) continue;
    checkKnown(scope, `qos.${option}`, limit);
    checkInteger(scope, `qos.${option}`, limit, { min: 1 });
    specs[key] = String(limit);
  }
  for (const [total, ...parts] of [
    ['total_iops_sec', 'read_iops_sec', 'write_iops_sec', 'total_iops_sec_per_gb'],
    ['total_bytes_sec', 'read_bytes_sec', 'write_bytes_sec'],
    ['total_iops_sec_per_gb', 'read_iops_sec', 'write_iops_sec'],
  ]) {
    const part = parts.find((name) => specs[name] !== undefined);
    if (specs[total] === undefined || part === undefined) continue;
    fail(scope, { problem: `qos has ${total} and ${part}, of which the hypervisor takes one`, value: specs[part], fix: 'leave one of them out' });
  }
  const limited = Object.keys(specs).length > 0;
  if (limited && qos.consumer === QosConsumer.BACK_END) {
    fail(scope, {
      problem: "qos has the hypervisor's limits, and its consumer is the storage",
      value: qos.consumer,
      fix: 'use QosConsumer.FRONT_END or BOTH, or give what the storage knows as specs',
    });
  }
  for (const [key, value] of Object.entries(qos.specs ?? {})) {
    if (Object.hasOwn(specs, key)) fail(scope, { problem: `qos gives ${key} twice`, value, fix: 'leave it out of specs' });
    specs[key] = value;
  }
  if (Object.keys(specs).length === 0) fail(scope, { problem: 'qos has no limit', value: {}, fix: 'give one, or leave qos out' });
  return specs;
}
