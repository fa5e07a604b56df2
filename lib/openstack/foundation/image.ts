import { isAbsolute, resolve } from 'node:path';
import { Fn, Postcondition, Precondition, TerraformLocal, TerraformResource, TerraformResourceLifecycle } from 'cdktf';
import { Construct } from 'constructs';
import { NodeImage } from '../../contracts/node-image';
import { replacement } from '../../core/replacement';
import { StepResource } from '../../core/step-resource';
import { check, checkInteger, fail, isKnown } from '../../core/validation';
import { ImagesImageV2 } from '../../providers/openstack/images-image-v2';

/** Format of a disk image, as Glance names it. */
export enum DiskFormat {
  /** QEMU's copy-on-write format. */
  QCOW2 = 'qcow2',
  /** Plain blocks: what Ceph-backed clouds boot fastest from. */
  RAW = 'raw',
  /** VMware's. */
  VMDK = 'vmdk',
}

/** Who sees an image. */
export enum ImageVisibility {
  /** Every project. Needs an administrator's login. */
  PUBLIC = 'public',
  /** Its own project. */
  PRIVATE = 'private',
  /** Its own project, and those that it is shared with. */
  SHARED = 'shared',
  /** Every project that knows its id. */
  COMMUNITY = 'community',
}

/** Properties of Image. */
export interface ImageProps {
  /**
   * Its name, with a version in it: "ubuntu-24.04-k8s-1.36-20261105". Another content needs another name, since servers and clusters look images up
   * by name and must not follow one that was replaced under them. Another name is another image: the new one is uploaded, then the old one is deleted.
   */
  readonly name: string;
  /**
   * What the image must be: "sha512:…", "sha256:…" or "md5:…" with the digest in hex, which may be a reference. SHA-256 only with localFilePath, since Glance computes MD5 and
   * SHA-512. A file is checked before anything is uploaded, and what Glance has is checked after the upload and at every plan.
   */
  readonly checksum: string;
  /** The format that it is in. */
  readonly diskFormat: DiskFormat;
  /**
   * Path of the file on the machine that runs Terraform, relative to the app's working folder.
   * @default - it is taken from sourceUrl
   */
  readonly localFilePath?: string;
  /**
   * HTTP or HTTPS address from which the machine that runs Terraform downloads it, to upload it then.
   * @default - it is taken from localFilePath
   */
  readonly sourceUrl?: string;
  /** @default ImageVisibility.PUBLIC */
  readonly visibility?: ImageVisibility;
  /**
   * Smallest root disk in GiB that it may be started with.
   * @default - any
   */
  readonly minDiskGib?: number;
  /**
   * Least memory in MiB that it may be started with.
   * @default - any
   */
  readonly minMemoryMib?: number;
  /**
   * Properties for Nova, for example `hw_disk_bus: "scsi"`. `kvm.imageProperties({ … })` says those that go with KVM.
   * @default - none
   */
  readonly properties?: { readonly [key: string]: string };
  /**
   * Id of the project that owns it. Needs an administrator's login.
   * @default - the project that is logged in to
   */
  readonly ownerProjectId?: string;
  /**
   * Tags.
   * @default - none
   */
  readonly tags?: string[];
  /**
   * Whether Glance refuses to delete it, also on `terraform destroy`.
   * @default false
   */
  readonly deleteProtection?: boolean;
}

/** Terraform's function for the digest of a file, and what Glance says of the image. */
const ALGORITHMS: { readonly [name: string]: { readonly digits: number; readonly ofFile: string; readonly glance?: 'checksum' | 'os_hash_value' } } =
  {
    md5: { digits: 32, ofFile: 'filemd5', glance: 'checksum' },
    sha256: { digits: 64, ofFile: 'filesha256' },
    sha512: { digits: 128, ofFile: 'filesha512', glance: 'os_hash_value' },
  };

/**
 * An image in Glance whose content is what its checksum says, or the apply fails. Needs an administrator's login when it is public.
 *
 * Creates one `openstack_images_image_v2` and a `terraform_data` by whose change of name or digest the image is replaced, the new one uploaded before the
 * old one is deleted. The path or URL may change later without another upload: the content is what counts.
 */
export class Image extends Construct {
  /** The L1 image. */
  public readonly resource: TerraformResource;
  /** Its name, known at synth. */
  public readonly imageName: string;
  /** Glance's id of it. */
  public readonly imageId: string;
  /** To be given to clusters of the same stack: by id. */
  public readonly nodeImage: NodeImage;

  constructor(scope: Construct, id: string, props: ImageProps) {
    super(scope, id);
    check(this, props.name, (name) => name.trim() === name && name !== '' && name.length <= 255, {
      problem: 'name must have 1 to 255 characters and neither begin nor end with a space',
      fix: 'choose such a name',
    });
    checkInteger(this, 'minDiskGib', props.minDiskGib, { min: 0 });
    checkInteger(this, 'minMemoryMib', props.minMemoryMib, { min: 0 });
    check(this, props.sourceUrl, (url) => /^https?:\/\/\S+$/.test(url), { problem: 'sourceUrl must be an http or https address', fix: 'give one' });
    const { algorithm, digest } = readChecksum(this, props.checksum);
    const source = sourceOf(this, props, algorithm);
    const reserved = Object.keys(props.properties ?? {}).find((key) =>
      /^(os_hash_|os_hidden$|os_glance_|direct_url$|stores$|locations$|owner$)/.test(key),
    );
    if (reserved !== undefined) fail(this, { problem: 'a property is one that Glance sets itself', value: reserved, fix: 'leave it out' });

    // Glance would rename the old content in place, and where the new one comes from is ignored below.
    const owner = props.ownerProjectId;
    const content = new StepResource(this, 'Content', { triggers: { name: props.name, digest, ...(owner === undefined ? {} : { owner }) } });
    const image = new ImagesImageV2(this, 'Resource', {
      name: props.name,
      containerFormat: 'bare',
      diskFormat: props.diskFormat,
      visibility: props.visibility ?? ImageVisibility.PUBLIC,
      minDiskGb: props.minDiskGib,
      minRamMb: props.minMemoryMib,
      properties: props.ownerProjectId === undefined ? props.properties : { ...props.properties, owner: props.ownerProjectId },
      tags: props.tags,
      protected: props.deleteProtection ?? false,
      verifyChecksum: true, // MD5 of the file against what Glance received
      ...source,
      lifecycle: {
        // Where it came from says nothing about its content, and differs from machine to machine.
        ignoreChanges: [
          ...['local_file_path', 'image_source_url', 'image_cache_path', 'verify_checksum'],
          // Glance takes it like a property, and gives it back as something else.
          ...(props.ownerProjectId === undefined ? [] : ['properties["owner"]']),
        ],
        ...replacement({ replaceTriggeredBy: [content], createBeforeDestroy: true }),
        ...contentConditions(this, props, algorithm, digest, source.localFilePath),
      },
    });
    this.resource = image;
    this.imageName = props.name;
    this.imageId = image.id;
    this.nodeImage = NodeImage.byId(image.id);
  }
}

/** What Terraform checks before an upload and after it. Neither needs the file any more once the image is there. */
function contentConditions(
  scope: Construct,
  props: ImageProps,
  algorithm: string,
  digest: string,
  path: string | undefined,
): TerraformResourceLifecycle {
  const { name } = props;
  const { ofFile, glance } = ALGORITHMS[algorithm];
  // By name: Terraform takes no condition that refers to nothing, and a token can't stand inside an expression.
  const local = (id: string, value: string) => `local.${new TerraformLocal(scope, id, value).friendlyUniqueId}`;
  const wanted = local('Digest', digest);
  const what = `${scope.node.path}: image ${name}`;
  const conditions: { precondition?: Precondition[]; postcondition?: Postcondition[] } = {};
  if (path !== undefined) {
    const file = local('File', path);
    conditions.precondition = [
      {
        condition: `\${fileexists(${file}) ? ${ofFile}(${file}) == ${wanted} : true}`,
        errorMessage: `${what}: the file is not what its ${algorithm} checksum says; get the right file, or give new content a new name and its own checksum`,
      },
    ];
  }
  if (glance !== undefined) {
    // Where properties are given, the provider tells no others right after the upload: then the next plan is the first that sees the digest.
    const unseen = props.properties === undefined && props.ownerProjectId === undefined ? '""' : wanted;
    const found = glance === 'checksum' ? 'self.checksum' : `lookup(self.properties, "os_hash_value", ${unseen})`;
    conditions.postcondition = [
      {
        condition: `\${${found} == ${wanted}}`,
        errorMessage: `${what}: its content in Glance is not what its ${algorithm} checksum says; give new content a new name, or delete the image and check its source`,
      },
    ];
  }
  return conditions;
}

function readChecksum(scope: Construct, checksum: string): { readonly algorithm: string; readonly digest: string } {
  const [, algorithm, digest] = /^(\w+):(.+)$/.exec(checksum) ?? [];
  const known = isKnown(digest);
  if (!isKnown(algorithm ?? checksum)) {
    fail(scope, { problem: 'the algorithm of checksum must be known at synth, a reference was given', fix: 'write sha512: before the reference' });
  }
  if (!Object.hasOwn(ALGORITHMS, algorithm) || (known && !new RegExp(`^[0-9a-fA-F]{${ALGORITHMS[algorithm].digits}}$`).test(digest))) {
    fail(scope, {
      problem: 'checksum must be an algorithm and its digest in hex',
      value: checksum,
      fix: `write it as ${Object.entries(ALGORITHMS)
        .map(([name, { digits }]) => `${name}:<${digits} hex digits>`)
        .join(' or ')}`,
    });
  }
  return { algorithm, digest: known ? digest.toLowerCase() : Fn.lower(digest) };
}

interface Source {
  readonly localFilePath?: string;
  readonly imageSourceUrl?: string;
}

function sourceOf(scope: Construct, { localFilePath, sourceUrl }: ImageProps, algorithm: string): Source {
  if ((localFilePath === undefined) === (sourceUrl === undefined)) {
    fail(scope, {
      problem: `an image comes from localFilePath or from sourceUrl, ${localFilePath === undefined ? 'none' : 'both'} given`,
      value: localFilePath === undefined ? undefined : [localFilePath, sourceUrl],
      fix: 'give one of them',
    });
  }
  if (sourceUrl !== undefined) {
    if (ALGORITHMS[algorithm].glance === undefined) {
      fail(scope, {
        problem: 'checksum of an image from sourceUrl must be one that Glance computes itself',
        value: algorithm,
        fix: 'use sha512 (or md5), or download the file and give localFilePath',
      });
    }
    return { imageSourceUrl: sourceUrl };
  }
  const path = localFilePath as string;
  return { localFilePath: !isKnown(path) || isAbsolute(path) ? path : path.startsWith('~/') ? Fn.pathexpand(path) : resolve(path) };
}
