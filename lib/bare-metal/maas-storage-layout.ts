import { check, checkInteger, checkKnown, fail } from '../core/validation';

/** Sizes of a storage layout that MAAS makes. */
export interface MaasLayoutProps {
  /**
   * Size in GiB of the partition with the root file system, or of the one that it lies in with LVM and bcache; 3 at least.
   * @default - all that the disk has
   */
  readonly rootSizeGib?: number;
  /**
   * Size in GiB of a partition of its own for `/boot`; 1 at least.
   * @default - none: `/boot` is in the root file system
   */
  readonly bootSizeGib?: number;
}

/** Sizes and names of MAAS's LVM layout. */
export interface MaasLvmLayoutProps extends MaasLayoutProps {
  /** @default "vgroot" */
  readonly volumeGroup?: string;
  /**
   * Name of the logical volume with the root file system.
   * @default "lvroot"
   */
  readonly logicalVolume?: string;
  /**
   * Size in GiB of the logical volume with the root file system; 3 at least. The rest of the volume group stays free.
   * @default - the whole volume group
   */
  readonly logicalVolumeSizeGib?: number;
}

/**
 * How MAAS divides the disk that the operating system goes to, in all hosts alike: the host's `rootDevice`, or else the boot disk that MAAS has chosen. With
 * UEFI an EFI partition comes first. What MAAS had planned for other disks is dropped. MAAS's layouts "blank" and "vmfs" are not here: a host with one of them can't be deployed
 * with Linux.
 */
export class MaasStorageLayout {
  /** One partition with the root file system. */
  public static flat(props: MaasLayoutProps = {}): MaasStorageLayout {
    return new MaasStorageLayout('flat', sizes(props));
  }

  /** The root file system on a logical volume. */
  public static lvm(props: MaasLvmLayoutProps = {}): MaasStorageLayout {
    const { volumeGroup, logicalVolume, logicalVolumeSizeGib, rootSizeGib } = props;
    checkName('volumeGroup', volumeGroup);
    checkName('logicalVolume', logicalVolume);
    const lvSize = bytes('logicalVolumeSizeGib', logicalVolumeSizeGib, 3);
    if (rootSizeGib !== undefined && logicalVolumeSizeGib !== undefined && logicalVolumeSizeGib > rootSizeGib) {
      fail(WHERE, {
        problem: `logicalVolumeSizeGib is larger than rootSizeGib, ${rootSizeGib}, in which it lies`,
        value: logicalVolumeSizeGib,
        fix: 'make rootSizeGib larger, or leave it out',
      });
    }
    return new MaasStorageLayout('lvm', { ...sizes(props), vg_name: volumeGroup, lv_name: logicalVolume, lv_size: lvSize });
  }

  /**
   * The root file system on a bcache device: the disk, cached by the whole of the smallest other SSD, which MAAS chooses. MAAS refuses it, and the apply
   * fails, where there is no other SSD. `/boot` has always a partition, of 1 GiB unless `bootSizeGib` says otherwise. For Ubuntu, and for hosts without disks
   * for block storage, one of which MAAS might choose.
   */
  public static bcache(props: MaasLayoutProps = {}): MaasStorageLayout {
    return new MaasStorageLayout('bcache', sizes(props));
  }

  private constructor(
    /** Its name in MAAS. */
    public readonly name: string,
    private readonly options: { readonly [name: string]: string | undefined },
  ) {}

  /**
   * What MAAS's operation set_storage_layout is told.
   * @internal
   */
  public get _parameters(): { readonly [name: string]: string | undefined } {
    return { storage_layout: this.name, ...this.options };
  }
}

const WHERE = 'MaasStorageLayout';

function sizes({ rootSizeGib, bootSizeGib }: MaasLayoutProps): { readonly [name: string]: string | undefined } {
  return { root_size: bytes('rootSizeGib', rootSizeGib, 3), boot_size: bytes('bootSizeGib', bootSizeGib, 1) };
}

/** In bytes, which leave no doubt about units. */
function bytes(name: string, gib: number | undefined, min: number): string | undefined {
  checkKnown(WHERE, name, gib);
  checkInteger(WHERE, name, gib, { min, max: 1024 * 1024 });
  return gib === undefined ? undefined : String(gib * 2 ** 30);
}

function checkName(property: string, name: string | undefined): void {
  checkKnown(WHERE, property, name);
  check(WHERE, name, (n) => /^[\w+.][\w+.-]{0,126}$/.test(n) && !/^\.{1,2}$/.test(n), {
    problem: `${property} is not a name that LVM takes`,
    fix: 'use letters, digits and + _ . -, not beginning with a hyphen',
  });
}
