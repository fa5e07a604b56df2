import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { DiskFormat, Image, ImageVisibility } from './image';
import { CpuArchitecture } from '../../contracts/host';
import { check, checkKnown } from '../../core/validation';
import { DataOpenstackIdentityProjectV3 } from '../../providers/openstack/data-openstack-identity-project-v3';

/** Properties of AmphoraImage. */
export interface AmphoraImageProps {
  /** Its name, with a version in it: "amphora-x64-haproxy-2026.1-20261101". Another content needs another name. */
  readonly name: string;
  /** What the image must be: "sha512:…", "sha256:…" (of a file) or "md5:…", the digest in hex. */
  readonly checksum: string;
  /**
   * Path of the file on the machine that runs Terraform.
   * @default - it is taken from sourceUrl
   */
  readonly localFilePath?: string;
  /**
   * HTTP or HTTPS address of it.
   * @default - it is taken from localFilePath
   */
  readonly sourceUrl?: string;
  /** @default DiskFormat.QCOW2 */
  readonly diskFormat?: DiskFormat;
  /**
   * The tag by which Octavia finds it (`amp_image_tag`).
   * @default "amphora"
   */
  readonly tag?: string;
  /**
   * Name of the project that Octavia works in. The image belongs to it: Octavia takes no image of another owner (`amp_image_owner_id`).
   * @default "service"
   */
  readonly serviceProjectName?: string;
  /** @default CpuArchitecture.X86_64 */
  readonly architecture?: CpuArchitecture;
}

/**
 * The image that Octavia's load balancers boot. Needs an administrator's login. Nothing makes it by itself: Octavia's own `diskimage-create` does, and the
 * image must be of Octavia's release.
 *
 * Creates one private `Image` of Octavia's project, with the tag that Octavia looks for. Octavia takes the newest image of that tag: under another name a new
 * version is uploaded before the old one goes, and what boots from then on is the new one. Load balancers that run are renewed by a failover of each.
 */
export class AmphoraImage extends Construct {
  /** The L1 image. */
  public readonly resource: TerraformResource;
  /** Its name, known at synth. */
  public readonly imageName: string;
  /** Glance's id of it. */
  public readonly imageId: string;

  constructor(scope: Construct, id: string, props: AmphoraImageProps) {
    super(scope, id);
    const { serviceProjectName = 'service', tag = 'amphora', architecture = CpuArchitecture.X86_64 } = props;
    checkKnown(this, 'tag', tag);
    check(this, tag, (t) => /^[^\s,/]{1,255}$/.test(t), {
      problem: 'tag must have 1 to 255 characters without spaces, commas and slashes',
      fix: 'use amphora',
    });
    const project = new DataOpenstackIdentityProjectV3(this, 'ServiceProject', { name: serviceProjectName });
    const image = new Image(this, 'Image', {
      name: props.name,
      checksum: props.checksum,
      localFilePath: props.localFilePath,
      sourceUrl: props.sourceUrl,
      diskFormat: props.diskFormat ?? DiskFormat.QCOW2,
      visibility: ImageVisibility.PRIVATE,
      ownerProjectId: project.id,
      tags: [tag],
      properties: { hw_architecture: architecture, hw_rng_model: 'virtio' },
    });
    this.resource = image.resource;
    this.imageName = image.imageName;
    this.imageId = image.imageId;
  }
}
