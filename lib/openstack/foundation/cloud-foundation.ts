import { ITerraformDependable, TerraformOutput } from 'cdktf';
import { Construct } from 'constructs';
import { AdminAccess } from './admin-access';
import { AmphoraFlavor } from './amphora-flavor';
import { AmphoraImage } from './amphora-image';
import { checkAmphoraOwner } from './amphora-ownership';
import { FoundationAmphora, FoundationAmphoraNetwork, FoundationFlavor, FoundationImage } from './cloud-foundation-options';
import { checkZonesOfCloud, hostsByZone } from './compute-zones';
import { ExternalNetwork, ExternalNetworkProps } from './external-network';
import { Flavor } from './flavor';
import { HostAggregate } from './host-aggregate';
import { Image } from './image';
import { isolationReport } from './isolation';
import { IsolationReport } from './isolation-report';
import { Project, ProjectProps } from './project';
import { ProviderNetwork } from './provider-network';
import { SubnetPool, SubnetPoolProps } from './subnet-pool';
import { VolumeType, VolumeTypeProps } from './volume-type';
import { IBareMetalPool } from '../../contracts/bare-metal-pool';
import { HostRole } from '../../contracts/host';
import { FlavorPlacement, KvmProfile } from '../../contracts/kvm-profile';
import { NodeFlavor } from '../../contracts/node-flavor';
import { IOpenStackCloud, LoadBalancerProvider } from '../../contracts/openstack-cloud';
import { checkUnique, fail, suggestion } from '../../core/validation';

/** Properties of CloudFoundation. */
export interface CloudFoundationProps {
  /** The cloud, to which the stack's provider logs in as administrator. */
  readonly cloud: IOpenStackCloud;
  /** The network that leads out of the cloud. Its name is the one that the cloud tells of, unless it is given. */
  readonly externalNetwork: ExternalNetworkProps;
  /**
   * The hosts that the cloud is on: zones, extra specs and the isolation report follow from them.
   * @default - not known: no aggregates, no isolation report
   */
  readonly pool?: IBareMetalPool;
  /**
   * Whether each rack of the compute hosts is a zone, instead of what the inventory calls their zones. The cloud must be given the same zones.
   * @default false
   */
  readonly zonesFromRacks?: boolean;
  /**
   * Flavors.
   * @default - four sizes from 2 virtual CPUs with 4 GiB to 16 with 32 GiB
   */
  readonly flavors?: FoundationFlavor[];
  /**
   * Images.
   * @default - none
   */
  readonly images?: FoundationImage[];
  /**
   * Types of volumes.
   * @default - "standard", and "encrypted" where the cloud is known to have Barbican; none where it is known to have no Cinder
   */
  readonly volumeTypes?: VolumeTypeProps[];
  /**
   * Pools of addresses for projects' networks.
   * @default - none: projects choose their own addresses
   */
  readonly subnetPools?: SubnetPoolProps[];
  /**
   * Projects, each with its limits and its user.
   * @default - none
   */
  readonly projects?: ProjectProps[];
  /**
   * What Octavia's load balancers are made of. Flavor and network are refused where the cloud's engine makes them.
   * @default - nothing
   */
  readonly amphora?: FoundationAmphora;
  /**
   * How the steps log in that do what no resource of the provider does.
   * @default - `OS_CLOUD`, or the other `OS_…` variables where Terraform runs
   */
  readonly adminAccess?: AdminAccess;
}

/**
 * What an administrator lays under everything else in a cloud: the external network, zones, flavors, images, types of volumes, projects, and what Octavia's
 * load balancers are made of; with sound defaults for what isn't given.
 *
 * Creates an `ExternalNetwork`, a `HostAggregate` for each zone of the compute hosts, and a `Flavor`, `Image`, `VolumeType`, `SubnetPool` and `Project` for
 * each that is given, by ids with their names in them; and with `pool` the output `isolation`. Floating IPs leave out the addresses of the cloud's hosts and its
 * virtual addresses, or it doesn't synthesise.
 */
export class CloudFoundation extends Construct {
  /** The network that leads out of the cloud. */
  public readonly externalNetwork: ExternalNetwork;
  /** The flavors by their names. */
  public readonly flavors: { readonly [name: string]: Flavor };
  /** The images by their names. */
  public readonly images: { readonly [name: string]: Image };
  /** The types of volumes by their names. */
  public readonly volumeTypes: { readonly [name: string]: VolumeType };
  /** The pools of addresses by their names. */
  public readonly subnetPools: { readonly [name: string]: SubnetPool };
  /** The projects by their names. */
  public readonly projects: { readonly [name: string]: Project };
  /** The aggregates by the names of their zones. */
  public readonly zones: { readonly [name: string]: HostAggregate };
  /** The image of Octavia's load balancers, if it is made here. */
  public readonly amphoraImage?: AmphoraImage;
  /** The flavor of Octavia's load balancers, if it is made here. */
  public readonly amphoraFlavor?: AmphoraFlavor;
  /** The management network of Octavia's load balancers, if it is made here. */
  public readonly amphoraNetwork?: ProviderNetwork;
  /** Which machines share a thread, a core, a NUMA node or a host. Undefined where the hosts aren't known. */
  public readonly isolation?: IsolationReport;
  /** To be depended upon by whatever needs all of it. */
  public readonly ready: ITerraformDependable[];

  constructor(scope: Construct, id: string, props: CloudFoundationProps) {
    super(scope, id);
    const { cloud, pool, adminAccess } = props;
    const kvm = pool?.kvm ?? KvmProfile.default();
    this.externalNetwork = this.makeExternalNetwork(props);

    const aggregates = pool === undefined ? new Map<string, string[]>() : hostsByZone(this, pool, props.zonesFromRacks);
    if (pool !== undefined) checkZonesOfCloud(this, cloud, [...aggregates.keys()]);
    this.zones = byName([...aggregates], ([zone]) => zone, ([zone, hosts]) => new HostAggregate(this, `Zone-${zone}`, { name: zone, zone, hosts })); // prettier-ignore

    const name = (named: { readonly name: string }) => named.name;
    const projects = props.projects ?? [];
    checkUnique(this, 'project', projects.map(name));
    this.projects = byName(projects, name, (project) => new Project(this, `Project-${project.name}`, { adminAccess, ...project }));

    const flavors = props.flavors ?? defaultFlavors(kvm);
    checkUnique(this, 'flavor', flavors.map(({ size }) => size.name)); // prettier-ignore
    this.flavors = byName(
      flavors,
      ({ size }) => size.name,
      (flavor) => this.makeFlavor(flavor, kvm),
    );

    const images = props.images ?? [];
    checkUnique(this, 'image', images.map(name));
    this.images = byName(images, name, ({ hardware, ...image }) => {
      const properties = { ...kvm.imageProperties(hardware), ...image.properties };
      return new Image(this, `Image-${image.name}`, { ...image, properties });
    });

    const volumeTypes = props.volumeTypes ?? defaultVolumeTypes(cloud);
    checkUnique(this, 'volume type', volumeTypes.map(name));
    this.volumeTypes = byName(volumeTypes, name, (type) => this.makeVolumeType(type, cloud, adminAccess));

    const subnetPools = props.subnetPools ?? [];
    checkUnique(this, 'subnet pool', subnetPools.map(name));
    this.subnetPools = byName(subnetPools, name, (subnetPool) => new SubnetPool(this, `SubnetPool-${subnetPool.name}`, subnetPool));

    if (props.amphora !== undefined) {
      const { image, flavor, network } = props.amphora;
      if (cloud.loadBalancerProvider !== LoadBalancerProvider.AMPHORA) {
        fail(this, { problem: 'amphora is for load balancers that are amphorae', value: cloud.loadBalancerProvider, fix: 'leave it out' });
      }
      this.amphoraImage = new AmphoraImage(this, 'AmphoraImage', image);
      if (network !== undefined) this.amphoraNetwork = this.makeAmphoraNetwork(network, cloud);
      if ((flavor ?? network) !== undefined) this.amphoraFlavor = new AmphoraFlavor(this, 'AmphoraFlavor', { cloud, size: flavor });
    }

    if (pool !== undefined) {
      this.isolation = isolationReport(
        pool.hostsWithRole(HostRole.COMPUTE),
        kvm,
        flavors.map(({ size, placement, extraSpecs }) => ({ name: size.name, placement: placement ?? defaultPlacement(kvm), extraSpecs })),
        [...aggregates].map(([zone, hosts]) => ({ hosts, metadata: { availability_zone: zone } })),
      );
      const description = 'Which machines share a thread, a core, a NUMA node or a host';
      new TerraformOutput(this, 'Isolation', { value: this.isolation, description }).overrideLogicalId('isolation');
    }
    this.ready = [
      ...this.externalNetwork.ready,
      ...Object.values(this.zones).map(({ resource }) => resource),
      ...Object.values(this.projects).flatMap(({ ready }) => ready),
      ...Object.values(this.flavors).map(({ resource }) => resource),
      ...Object.values(this.images).map(({ resource }) => resource),
      ...Object.values(this.volumeTypes).flatMap(({ ready }) => ready),
      ...Object.values(this.subnetPools).flatMap(({ ready }) => ready),
    ];
  }

  private makeExternalNetwork({ cloud, externalNetwork }: CloudFoundationProps): ExternalNetwork {
    const name = externalNetwork.name ?? cloud.externalNetworkName;
    if (name !== cloud.externalNetworkName) {
      fail(this, {
        problem: `${cloud.node.path} tells of the external network ${cloud.externalNetworkName}, and another one is made`,
        value: name,
        fix: 'give both the same name, or leave externalNetwork.name out',
      });
    }
    const reservedAddresses = { ...cloud.reservedAddresses, ...externalNetwork.reservedAddresses };
    return new ExternalNetwork(this, 'ExternalNetwork', { ...externalNetwork, name, reservedAddresses });
  }

  private makeFlavor({ size, placement, extraSpecs, projects }: FoundationFlavor, kvm: KvmProfile): Flavor {
    const unknown = projects?.find((name) => !Object.hasOwn(this.projects, name));
    if (unknown !== undefined) {
      fail(this, {
        problem: `flavor ${size.name} is for a project that the foundation doesn't make`,
        value: unknown,
        fix: suggestion(unknown, Object.keys(this.projects)),
      });
    }
    return new Flavor(this, `Flavor-${size.name}`, {
      size,
      kvm,
      placement: placement ?? defaultPlacement(kvm),
      extraSpecs,
      projects: projects === undefined ? undefined : Object.fromEntries(projects.map((name) => [name, this.projects[name].projectId])),
    });
  }

  private makeVolumeType(type: VolumeTypeProps, cloud: IOpenStackCloud, adminAccess: AdminAccess | undefined): VolumeType {
    if (type.encryption !== undefined && cloud.services?.keyManager === false) {
      fail(this, {
        problem: `volumes of type ${type.name} are encrypted, and the cloud has no Barbican to keep their keys`,
        value: type.name,
        fix: 'give the engine services: { barbican: true }, or leave encryption out',
      });
    }
    return new VolumeType(this, `VolumeType-${type.name}`, { adminAccess, ...type });
  }

  private makeAmphoraNetwork(network: FoundationAmphoraNetwork, cloud: IOpenStackCloud): ProviderNetwork {
    checkAmphoraOwner(this, 'the management network', cloud);
    const { name, physicalNetwork, ...rest } = network;
    return new ProviderNetwork(this, 'AmphoraNetwork', {
      ...rest,
      name: name ?? 'lb-mgmt-net',
      physicalNetwork: physicalNetwork ?? 'physnet1',
      external: false,
      reservedAddresses: cloud.reservedAddresses,
    });
  }
}

function byName<T, M>(all: readonly T[], nameOf: (each: T) => string, make: (each: T) => M): { readonly [name: string]: M } {
  return Object.fromEntries(all.map((each) => [nameOf(each), make(each)]));
}

/** Where no threads are shared, a machine that shares them finds no host. */
function defaultPlacement(kvm: KvmProfile): FlavorPlacement | undefined {
  return kvm.dedicatedCpuSet !== undefined && kvm.sharedCpuSet === undefined ? { dedicatedCpus: true } : undefined;
}

/** Four sizes of 2 GiB for each virtual CPU; where the profile has both kinds of threads, each of them with threads of its own, too. */
function defaultFlavors(kvm: KvmProfile): FoundationFlavor[] {
  const both = kvm.dedicatedCpuSet !== undefined && kvm.sharedCpuSet !== undefined;
  return [2, 4, 8, 16].flatMap((vcpus) => {
    const size = { vcpus, memoryMib: vcpus * 2048, diskGib: vcpus * 10 };
    const shared = NodeFlavor.of(size);
    const dedicated = NodeFlavor.of({ ...size, name: `${shared.name}-dedicated` });
    return [{ size: shared }, ...(both ? [{ size: dedicated, placement: { dedicatedCpus: true } }] : [])];
  });
}

function defaultVolumeTypes({ services }: IOpenStackCloud): VolumeTypeProps[] {
  if (services?.blockStorage === false) return [];
  return [{ name: 'standard' }, ...(services?.keyManager ? [{ name: 'encrypted', encryption: {} }] : [])];
}
