import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { FlavorPlacement, KvmProfile } from '../../contracts/kvm-profile';
import { NodeFlavor, NodeFlavorSize } from '../../contracts/node-flavor';
import { check, checkInteger, fail } from '../../core/validation';
import { ComputeFlavorAccessV2 } from '../../providers/openstack/compute-flavor-access-v2';
import { ComputeFlavorV2 } from '../../providers/openstack/compute-flavor-v2';

/** Properties of Flavor. */
export interface FlavorProps {
  /**
   * The size: `NodeFlavor.of({ vcpus: 4, memoryMib: 8192, diskGib: 40 })`. Its name carries the size, unless it was given another: Nova can't resize a
   * flavor, a changed size under the same name deletes the flavor and makes it anew.
   */
  readonly size: NodeFlavor;
  /**
   * Extra specs, for example `hw:cpu_policy: "dedicated"`. They may be changed in place, and hold for servers that are built afterwards.
   * @default - none
   */
  readonly extraSpecs?: { readonly [key: string]: string };
  /**
   * The KVM profile of the hosts, for `placement`.
   * @default - needed with placement
   */
  readonly kvm?: KvmProfile;
  /**
   * How its servers lie on the hosts: dedicated CPUs, huge pages, NUMA nodes. The extra specs follow from it and from the profile, and what no host could
   * offer is refused. Give such a flavor a name that says so (`NodeFlavor.of({ …, name })`).
   * @default - shared CPUs, small pages
   */
  readonly placement?: FlavorPlacement;
  /**
   * Its id in Nova, 1 to 255 characters, for configuration that must know it before it is there.
   * @default - Nova's choice
   */
  readonly flavorId?: string;
  /**
   * Projects that may use it, by a name of your choice that stays, with their ids. Nobody else sees it then.
   * @default - every project of the cloud may use it
   */
  readonly projects?: { readonly [name: string]: string };
  /**
   * Ephemeral disk in GiB beside the root disk.
   * @default 0
   */
  readonly ephemeralDiskGib?: number;
  /**
   * Swap disk in MiB.
   * @default 0
   */
  readonly swapMib?: number;
}

/**
 * A Nova flavor. Needs an administrator's login.
 *
 * Creates the flavor (`openstack_compute_flavor_v2`), and an access rule for each project where it isn't for all.
 */
export class Flavor extends Construct {
  /** The L1 flavor. */
  public readonly resource: TerraformResource;
  /** Its name in Nova, known at synth. */
  public readonly flavorName: string;
  /** Nova's id of it. */
  public readonly flavorId: string;
  /** To be given to servers and clusters. */
  public readonly nodeFlavor: NodeFlavor;

  constructor(scope: Construct, id: string, props: FlavorProps) {
    super(scope, id);
    const size = sizeOf(this, props.size);
    checkInteger(this, 'ephemeralDiskGib', props.ephemeralDiskGib, { min: 0 });
    checkInteger(this, 'swapMib', props.swapMib, { min: 0 });
    check(this, props.size.name, (name) => /^\S(.{0,253}\S)?$/.test(name), {
      problem: 'name must have 1 to 255 characters and neither begin nor end with a space',
      fix: 'choose such a name',
    });
    for (const [key, value] of Object.entries(props.extraSpecs ?? {})) {
      check(this, key, (k) => /^[\w.: -]{1,255}$/.test(k), {
        problem: 'key of an extra spec must be letters, digits, "_", "-", ".", ":" and spaces, 255 at most',
        fix: 'write it as in Nova, for example hw:cpu_policy',
      });
      check(this, value, (v) => v.length <= 255, { problem: `extra spec ${key} must have 255 characters at most`, fix: 'shorten it' });
    }
    const extraSpecs = extraSpecsOf(this, props);
    check(this, props.flavorId, (flavorId) => /^[\w.-]([\w. -]{0,253}[\w.-])?$/.test(flavorId), {
      problem: 'flavorId must be letters, digits, "_", "-", "." and inner spaces, 255 at most',
      fix: 'use a UUID, or leave it out',
    });
    if (props.projects !== undefined && Object.keys(props.projects).length === 0) {
      fail(this, {
        problem: 'projects must name a project, else nobody could use the flavor',
        value: {},
        fix: 'name one, or leave it out for all projects',
      });
    }
    const flavor = new ComputeFlavorV2(this, 'Resource', {
      name: props.size.name,
      vcpus: size.vcpus,
      ram: size.memoryMib,
      disk: size.diskGib,
      ephemeral: props.ephemeralDiskGib,
      swap: props.swapMib,
      isPublic: props.projects === undefined,
      flavorId: props.flavorId,
      extraSpecs,
    });
    for (const [name, projectId] of Object.entries(props.projects ?? {})) {
      new ComputeFlavorAccessV2(this, `Access-${name}`, { flavorId: flavor.id, tenantId: projectId });
    }
    this.resource = flavor;
    this.flavorName = props.size.name;
    this.flavorId = flavor.id;
    this.nodeFlavor = props.size;
  }
}

function sizeOf(scope: Construct, flavor: NodeFlavor): NodeFlavorSize {
  return (
    flavor.size ??
    fail(scope, {
      problem: 'a flavor needs a size, this one is only a name',
      value: flavor.name,
      fix: 'use NodeFlavor.of({ vcpus, memoryMib, diskGib })',
    })
  );
}

/** What the profile says, and what is given besides. */
function extraSpecsOf(scope: Construct, { kvm, placement, extraSpecs }: FlavorProps): { readonly [key: string]: string } | undefined {
  if (placement === undefined) return extraSpecs;
  if (kvm === undefined) fail(scope, { problem: 'placement needs kvm, the profile of the hosts', fix: 'give the one that the pool has: pool.kvm' });
  const computed = kvm.flavorExtraSpecs(placement);
  const twice = Object.keys(extraSpecs ?? {}).find((key) => Object.hasOwn(computed, key));
  if (twice !== undefined) fail(scope, { problem: 'an extra spec is one that placement makes', value: twice, fix: 'leave it out of extraSpecs' });
  return { ...computed, ...extraSpecs };
}
