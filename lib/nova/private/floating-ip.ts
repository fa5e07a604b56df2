import { isIPv4 } from 'node:net';
import { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { IClusterNetwork } from '../../contracts/cluster-network';
import { inSameStack } from '../../core/same-stack';
import { check, fail, isKnown } from '../../core/validation';
import { NetworkingFloatingipAssociateV2 } from '../../providers/openstack/networking-floatingip-associate-v2';
import { NetworkingFloatingipV2 } from '../../providers/openstack/networking-floatingip-v2';

/** Throws unless an address that is given can be a floating IP, and is to be one. */
export function checkFloatingIpAddress(
  where: Construct,
  { floatingIp, floatingIpAddress: address }: { floatingIp?: boolean; floatingIpAddress?: string },
): void {
  if (address === undefined) return;
  if (!floatingIp) {
    fail(where, {
      problem: 'floatingIpAddress is given without floatingIp',
      value: isKnown(address) ? address : undefined,
      fix: 'give floatingIp: true, too',
    });
  }
  check(where, address, isIPv4, { problem: 'floatingIpAddress must be an IPv4 address, Neutron has no others', fix: 'write it as 203.0.113.57' });
}

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
