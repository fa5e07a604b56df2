import { ITerraformDependable } from 'cdktf';
import { IConstruct } from 'constructs';

/** Who may use a volume at a time. */
export enum VolumeAccessMode {
  /** Pods of one node. */
  READ_WRITE_ONCE = 'ReadWriteOnce',
  /** One pod. */
  READ_WRITE_ONCE_POD = 'ReadWriteOncePod',
  /** Pods of several nodes: a block device alone, of a Cinder volume type with `multiattach`; a file system would break. */
  READ_WRITE_MANY = 'ReadWriteMany',
}

/** A claim on a volume, as pods see it. */
export interface IVolumeClaim extends IConstruct {
  /** Name of the claim. */
  readonly claimName: string;
  /** Its namespace. */
  readonly namespaceName: string;
  /** Who may use it at a time. */
  readonly accessMode: VolumeAccessMode;
  /** Whether pods see a device without a file system. */
  readonly rawBlock: boolean;
}

/** Where a volume's content comes from. */
export class VolumeSource {
  /** A VolumeSnapshot of the claim's namespace. The volume must be at least as large, and of the same StorageClass's driver. */
  public static snapshot(name: string): VolumeSource {
    return new VolumeSource('VolumeSnapshot', name);
  }

  /** A clone of another claim's volume, in the same namespace and StorageClass. The volume must be at least as large. */
  public static clone(claimName: string): VolumeSource {
    return new VolumeSource('PersistentVolumeClaim', claimName);
  }

  /**
   * A snapshot that the app makes.
   * @internal
   */
  public static _snapshotOf(name: string, namespace: string, resource: ITerraformDependable): VolumeSource {
    return new VolumeSource('VolumeSnapshot', name, namespace, [resource]);
  }

  /** @internal */
  public readonly _namespace?: string;
  /** @internal */
  public readonly _dependsOn: ITerraformDependable[];

  private constructor(
    /** "VolumeSnapshot" or "PersistentVolumeClaim". */
    public readonly kind: string,
    /** Its name. */
    public readonly sourceName: string,
    namespace?: string,
    dependsOn: ITerraformDependable[] = [],
  ) {
    this._namespace = namespace;
    this._dependsOn = dependsOn;
  }
}

/** A claim in a pod. */
export interface VolumeMount {
  /** The claim, of the workload's namespace. */
  readonly claim: IVolumeClaim;
  /** Where the container finds it: a folder, or a device if the claim is one. */
  readonly path: string;
  /**
   * Whether it can't be written to.
   * @default false
   */
  readonly readOnly?: boolean;
}
