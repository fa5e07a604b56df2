import { checkInteger, fail, isKnown } from '../core/validation';

/** The size of a server. */
export interface NodeFlavorSize {
  /** Virtual CPUs, at least 1. */
  readonly vcpus: number;
  /** Memory in MiB, at least 512. */
  readonly memoryMib: number;
  /** Root disk in GiB. With 0 the disk is as large as the image. */
  readonly diskGib: number;
  /**
   * Name of the flavor in Nova. A flavor's size can't be changed in place: the name says the size, so that another size is another flavor.
   * @default - "strata-<vcpus>c-<memory>m-<disk>g"
   */
  readonly name?: string;
}

/** Which Nova flavor a server has: one by name that is there, or a size, for which a pattern makes the flavor. */
export class NodeFlavor {
  /** A flavor that the cloud has. Its existence is checked when Terraform plans. */
  public static named(name: string): NodeFlavor {
    if (name === '') fail('NodeFlavor', { problem: 'name must not be empty', value: name, fix: 'give the name of a flavor of the cloud' });
    return new NodeFlavor(name);
  }

  /** A flavor of that size. `OpenStackKubernetesPlatform` makes it; in a stack of your own, make it with `Flavor`. */
  public static of(size: NodeFlavorSize): NodeFlavor {
    checkInteger('NodeFlavor', 'vcpus', size.vcpus, { min: 1 });
    checkInteger('NodeFlavor', 'memoryMib', size.memoryMib, { min: 512 });
    checkInteger('NodeFlavor', 'diskGib', size.diskGib, { min: 0 });
    if (size.name === undefined && !isKnown([size.vcpus, size.memoryMib, size.diskGib])) {
      fail('NodeFlavor', { problem: 'a size that is a token gives no name', fix: 'give the flavor a name, or use numbers' });
    }
    return new NodeFlavor(size.name ?? `strata-${size.vcpus}c-${size.memoryMib}m-${size.diskGib}g`, size);
  }

  private constructor(
    /** Its name in Nova. */
    public readonly name: string,
    /** Its size, if this library knows it. */
    public readonly size?: NodeFlavorSize,
  ) {}
}
