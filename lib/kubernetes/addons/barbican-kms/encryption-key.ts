import { Fn, Token } from 'cdktf';
import { Construct } from 'constructs';
import { check } from '../../../core/validation';
import { KeymanagerOrderV1 } from '../../../providers/openstack/keymanager-order-v1';

/** Properties of EncryptionKey. */
export interface EncryptionKeyProps {
  /** Name of the key in Barbican. */
  readonly name: string;
}

/**
 * A key for BarbicanKms, made by Barbican itself: AES, 256 bits. It never leaves Barbican but to the plugin, and is in no state of Terraform.
 *
 * Creates an order. Destroying it leaves the key where it is: snapshots of etcd could not be read without it. Delete it with `openstack secret delete`
 * when no such snapshot is left. Nothing replaces it, for what was encrypted with it is lost without it.
 */
export class EncryptionKey extends Construct {
  /** Barbican's id of the key, for cloud.conf. */
  public readonly keyId: string;
  /** The L1 order. */
  public readonly resource: KeymanagerOrderV1;

  constructor(scope: Construct, id: string, { name }: EncryptionKeyProps) {
    super(scope, id);
    check(this, name, (v) => v.trim() === v && v.length >= 1 && v.length <= 255, {
      problem: 'name must have 1 to 255 characters and no blanks around them',
      fix: 'choose a name of that form',
    });
    this.resource = new KeymanagerOrderV1(this, 'Order', {
      type: 'key',
      meta: { name, algorithm: 'aes', bitLength: 256, mode: 'cbc', payloadContentType: 'application/octet-stream' },
      lifecycle: { ignoreChanges: ['meta'] },
    });
    this.keyId = Token.asString(Fn.basename(this.resource.secretRef));
  }
}
