import { ITerraformDependable, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { NodeFlavor } from '../../contracts/node-flavor';
import { NodeImage } from '../../contracts/node-image';
import { inSameStack } from '../../core/same-stack';
import { isKnown } from '../../core/validation';
import { DataOpenstackComputeFlavorV2 } from '../../providers/openstack/data-openstack-compute-flavor-v2';
import { DataOpenstackImagesImageV2 } from '../../providers/openstack/data-openstack-images-image-v2';
import { DataOpenstackNetworkingNetworkV2 } from '../../providers/openstack/data-openstack-networking-network-v2';

/** Nova's id of a flavor. One lookup for each name in a stack; a name that doesn't exist fails when Terraform plans. */
export function flavorId(scope: Construct, flavor: NodeFlavor): string {
  return idOf(flavorData(scope, flavor));
}

/** A flavor as Nova has it: the same lookup. */
export function flavorData(scope: Construct, flavor: NodeFlavor): DataOpenstackComputeFlavorV2 {
  return lookup(scope, 'Flavor', flavor.name, (where, id) => new DataOpenstackComputeFlavorV2(where, id, { name: flavor.name }));
}

/** Glance's id of an image. Never the newest of several: two images of one name are an error when Terraform plans. */
export function imageId(scope: Construct, image: NodeImage): string {
  if (image.id !== undefined) return image.id;
  const name = image.name!;
  return idOf(lookup(scope, 'Image', name, (where, id) => new DataOpenstackImagesImageV2(where, id, { name })));
}

/** Neutron's id of an external network. */
export function externalNetworkId(scope: Construct, name: string, dependsOn: readonly ITerraformDependable[] = []): string {
  const own = inSameStack(scope, dependsOn);
  const make = (where: Construct, id: string) => new DataOpenstackNetworkingNetworkV2(where, id, { name, external: true, dependsOn: own });
  // What must be waited for is the caller's: such a lookup isn't shared with those who needn't wait.
  return own === undefined ? lookup(scope, 'ExternalNetwork', name, make).id : make(scope, 'ExternalNetwork').id;
}

/** Neutron's id of a network. */
export function networkId(scope: Construct, name: string): string {
  return lookup(scope, 'Network', name, (where, id) => new DataOpenstackNetworkingNetworkV2(where, id, { name })).id;
}

/** Many servers read the id of one lookup: of each there is one token, as the framework keeps a stack trace of every one. */
const ids = new WeakMap<Construct, string>();

function idOf(data: Construct & { readonly id: string }): string {
  const id = ids.get(data) ?? data.id;
  ids.set(data, id);
  return id;
}

/** Finds or makes a data source. Names that are known at synth share one in their stack; a name that is a reference has one where it is used. */
function lookup<T extends Construct>(scope: Construct, kind: string, name: string, make: (where: Construct, id: string) => T): T {
  if (!isKnown(name)) return (scope.node.tryFindChild(kind) as T | undefined) ?? make(scope, kind);
  const stack = TerraformStack.of(scope);
  const group = (stack.node.tryFindChild('Lookups') as Construct | undefined) ?? new Construct(stack, 'Lookups');
  const id = `${kind}-${name}`;
  // Construct ids have no slash.
  return (group.node.tryFindChild(id.replace(/\//g, '--')) as T | undefined) ?? make(group, id);
}
