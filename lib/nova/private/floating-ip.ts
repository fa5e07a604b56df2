import { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { IClusterNetwork } from '../../contracts/cluster-network';
import { inSameStack } from '../../core/same-stack';
import { NetworkingFloatingipAssociateV2 } from '../../providers/openstack/networking-floatingip-associate-v2';
import { NetworkingFloatingipV2 } from '../../providers/openstack/networking-floatingip-v2';

/** What gets a floating IP. */
export interface FloatingIpProps {
  readonly network: IClusterNetwork;
  /** The port behind it. */
  readonly portId: string;
  /** One that the project has already. @default - a new one */
  readonly address?: string;
  readonly tags?: string[];
  /** What must be there before it leads to the port. @default - the port alone */
  readonly dependsOn?: ITerraformDependable[];
}

/** Puts a floating IP before a port: one that is given, or a new one of the network's external network, apart from the port so that it outlives it. */
export function makeFloatingIp(scope: Construct, { network, portId, address, tags, dependsOn }: FloatingIpProps) {
  const publicAddress =
    address ??
    new NetworkingFloatingipV2(scope, 'FloatingIp', {
      pool: network.externalNetworkName,
      ...(tags && { tags }),
      dependsOn: inSameStack(scope, network.routed),
    }).address;
  const association = new NetworkingFloatingipAssociateV2(scope, 'FloatingIpAssociation', { floatingIp: publicAddress, portId, dependsOn });
  return { publicAddress, association };
}
