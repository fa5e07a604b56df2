import { IronicImage } from './provisioner-options';
import { Host, RootDeviceHints } from '../contracts/host';
import { check, fail, Where } from '../core/validation';

/** Checks an image that Ironic is to write. */
export function checkImage(where: Where, image: IronicImage): void {
  check(where, image.checksum, (sum) => /^([\da-f]{64}|[\da-f]{128})$/.test(sum), {
    problem: 'checksum of the image is not a SHA-256 or SHA-512 sum in hex',
    fix: 'take what `sha256sum` prints; Ironic refuses to deploy an image without one',
  });
  check(where, image.diskFormat, (format) => ['qcow2', 'raw'].includes(format), {
    problem: 'diskFormat must be qcow2 or raw',
    fix: 'use one of these',
  });
}

/** Ironic's `instance_info`. */
export function instanceInfo(image: IronicImage): { readonly [name: string]: string } {
  return {
    image_source: image.source,
    image_os_hash_algo: image.checksum.length === 64 ? 'sha256' : 'sha512',
    image_os_hash_value: image.checksum,
    image_disk_format: image.diskFormat ?? 'qcow2',
  };
}

/** Ironic's root-device hints: which disk is written to must never be a guess. */
export function rootDevice(where: Where, host: Host): { readonly [hint: string]: string | number | boolean } {
  const hints: RootDeviceHints = host.rootDevice ?? { deviceName: host.disks[0].device };
  const { deviceName, serialNumber, minSizeGib, ...rest } = hints;
  return {
    ...rest,
    ...(serialNumber !== undefined && { serial: serialNumber }),
    ...(deviceName !== undefined && byDevice(where, host, deviceName)),
    ...(minSizeGib !== undefined && { size: `>= ${minSizeGib}` }),
  };
}

function byDevice(where: Where, host: Host, device: string): { readonly [hint: string]: string } {
  if (device.startsWith('/dev/disk/by-path/')) return { by_path: device };
  const [, wwn] = /^\/dev\/disk\/by-id\/wwn-(0x[\da-f]+)$/.exec(device) ?? [];
  if (wwn !== undefined) return { wwn };
  if (!device.startsWith('/dev/disk/')) return { name: device };
  return fail(where, {
    problem: `the disk of ${host.name} for the operating system is named in a way that Ironic doesn't know`,
    value: device,
    fix: 'give the host a rootDevice, by wwn or serialNumber, or name the disk by /dev/disk/by-path/… or /dev/disk/by-id/wwn-…',
  });
}
