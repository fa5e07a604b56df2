import { AmphoraImageProps } from './amphora-image';
import { ImageProps } from './image';
import { AllocationPool } from './provider-network';
import { FlavorPlacement, ImageHardware } from '../../contracts/kvm-profile';
import { NodeFlavor } from '../../contracts/node-flavor';

/** A flavor of a foundation. */
export interface FoundationFlavor {
  /** Its size, and its name. */
  readonly size: NodeFlavor;
  /**
   * How its servers lie on the hosts, by the pool's KVM profile.
   * @default - shared CPUs, small pages; dedicated ones where the profile has no others
   */
  readonly placement?: FlavorPlacement;
  /**
   * Extra specs besides.
   * @default - none
   */
  readonly extraSpecs?: { readonly [key: string]: string };
  /**
   * Names of the foundation's projects that may use it.
   * @default - every project of the cloud
   */
  readonly projects?: string[];
}

/** An image of a foundation. */
export interface FoundationImage extends ImageProps {
  /**
   * The virtual hardware that it is made for: properties follow from it and from the pool's KVM profile.
   * @default - what every image on KVM has
   */
  readonly hardware?: ImageHardware;
}

/** What Octavia's load balancers are made of. */
export interface FoundationAmphora {
  /** The image that they boot. Nothing else brings it. */
  readonly image: AmphoraImageProps;
  /**
   * The flavor, where the engine doesn't make it.
   * @default - the engine's, or none: with `network`, one of 1 CPU, 1024 MiB and 5 GiB
   */
  readonly flavor?: NodeFlavor;
  /**
   * The management network, where the engine doesn't make it.
   * @default - the engine's, or none
   */
  readonly network?: FoundationAmphoraNetwork;
}

/** The network between Octavia's controllers and its load balancers. */
export interface FoundationAmphoraNetwork {
  /**
   * Its name.
   * @default "lb-mgmt-net"
   */
  readonly name?: string;
  /** Its addresses, in CIDR notation. The controllers have addresses there, too. */
  readonly cidr: string;
  /** Addresses for the load balancers, which the controllers leave free. */
  readonly allocationPools: AllocationPool[];
  /** Its VLAN id, 1 to 4094. */
  readonly vlanId: number;
  /**
   * Neutron's name of the physical network.
   * @default "physnet1"
   */
  readonly physicalNetwork?: string;
}
