import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { checkAmphoraOwner } from './amphora-ownership';
import { Flavor } from './flavor';
import { NodeFlavor } from '../../contracts/node-flavor';
import { IOpenStackCloud } from '../../contracts/openstack-cloud';
import { fail } from '../../core/validation';
import { DataOpenstackIdentityProjectV3 } from '../../providers/openstack/data-openstack-identity-project-v3';

/** Properties of AmphoraFlavor. */
export interface AmphoraFlavorProps {
  /** The cloud. One whose engine makes the flavor itself is refused: Kolla does, unless it is told `octavia_auto_configure: false`. */
  readonly cloud: IOpenStackCloud;
  /**
   * The size.
   * @default - 1 virtual CPU, 1024 MiB, 5 GiB, by the name "amphora"
   */
  readonly size?: NodeFlavor;
  /**
   * Its id in Nova, for Octavia's configuration (`amp_flavor_id`), which has to know it.
   * @default - Nova's choice
   */
  readonly flavorId?: string;
  /**
   * Name of the project that Octavia works in: nobody else sees the flavor.
   * @default "service"
   */
  readonly serviceProjectName?: string;
}

/**
 * The Nova flavor of Octavia's load balancers, where the cloud's engine doesn't make it. Needs an administrator's login.
 *
 * Creates one private `Flavor` that Octavia's project may use. Octavia takes it once its configuration has the id (`amp_flavor_id`).
 */
export class AmphoraFlavor extends Construct {
  /** The L1 flavor. */
  public readonly resource: TerraformResource;
  /** Its name in Nova, known at synth. */
  public readonly flavorName: string;
  /** Nova's id of it, for `amp_flavor_id`. */
  public readonly flavorId: string;

  constructor(scope: Construct, id: string, props: AmphoraFlavorProps) {
    super(scope, id);
    const { serviceProjectName = 'service' } = props;
    checkAmphoraOwner(this, 'the flavor', props.cloud);
    const size = props.size ?? NodeFlavor.of({ vcpus: 1, memoryMib: 1024, diskGib: 5, name: 'amphora' });
    if (size.size !== undefined && size.size.memoryMib < 1024) {
      fail(this, { problem: 'an amphora needs 1024 MiB of memory', value: size.size.memoryMib, fix: 'give it 1024 or more' });
    }
    const project = new DataOpenstackIdentityProjectV3(this, 'ServiceProject', { name: serviceProjectName });
    const flavor = new Flavor(this, 'Flavor', { size, flavorId: props.flavorId, projects: { [serviceProjectName]: project.id } });
    this.resource = flavor.resource;
    this.flavorName = flavor.flavorName;
    this.flavorId = flavor.flavorId;
  }
}
