import { ITerraformDependable, Postcondition } from 'cdktf';
import { Construct } from 'constructs';
import { AdditionalPort, AdditionalPortOptions } from './additional-port';
import { DataVolume } from './data-volume';
import { NovaServer, RootVolume } from './nova-server';
import { ServerGroup } from './server-group';
import { ServerGroupPolicy } from './server-group-policy';
import { ServerPort } from './server-port';
import { prepareUserData } from './user-data';
import { VnicType } from './vnic-type';
import { IClusterNetwork } from '../contracts/cluster-network';
import { NodeFlavor } from '../contracts/node-flavor';
import { NodeImage } from '../contracts/node-image';
import { AvailabilityZone } from '../contracts/openstack-cloud';
import { checkDnsLabel } from '../core/naming';
import { inSameStack } from '../core/same-stack';
import { StepResource } from '../core/step-resource';
import { check, checkInteger, checkUnique, fail, isKnown } from '../core/validation';

/** A volume that each server of a pool has for itself. It lives and goes with its server. */
export interface PoolVolume {
  /** Name, unique in the pool: lower-case letters, digits and "-", 30 characters at most. Volumes are named `<server>-<name>`. */
  readonly name: string;
  /** Size in GiB, at least 1. It can grow in place. */
  readonly sizeGib: number;
  /**
   * Cinder's volume type. Settled when the volume is made.
   * @default - the project's default type
   */
  readonly type?: string;
}

/** A NIC that each server of a pool has besides the one in the pool's network. */
export interface PoolPort extends AdditionalPortOptions {
  /** Name, unique in the pool: lower-case letters, digits and "-", 30 characters at most. Ports are named `<server>-<name>`. */
  readonly name: string;
}

/** Properties of ServerPool. */
export interface ServerPoolProps {
  /** Name of the pool, an RFC 1123 label of 50 characters at most: its servers are `<name>-0`, `<name>-1` … */
  readonly name: string;
  /** How many servers, 0 to 1000. Fewer takes the last ones away. */
  readonly replicas: number;
  /** The network that they are in. */
  readonly network: IClusterNetwork;
  /** Their size. Another flavor resizes them in place, all at once: see `resizeInPlace`. */
  readonly flavor: NodeFlavor;
  /** What they boot from. Servers that are there keep theirs until `generation` is raised. */
  readonly image: NodeImage;
  /** Zones, at least one: the servers go round. */
  readonly zones: AvailabilityZone[];
  /** Security groups of their ports, at least one. */
  readonly securityGroupIds: string[];
  /** What cloud-init reads at the first boot, the same for all: see NovaServer. Servers that are there keep theirs until `generation` is raised. */
  readonly userData: string;
  /**
   * How they are placed on the hypervisors.
   * @default ServerGroupPolicy.SOFT_ANTI_AFFINITY
   */
  readonly serverGroupPolicy?: ServerGroupPolicy;
  /**
   * Put the root disks on Cinder volumes. Raise `generation` with it.
   * @default - local disks of the hypervisors
   */
  readonly rootVolume?: RootVolume;
  /**
   * Other addresses that may send from their ports: see ServerPort.
   * @default - none
   */
  readonly allowedAddressPairs?: string[];
  /**
   * Whether address pairs that something else puts on their ports stay: see ServerPort.
   * @default false
   */
  readonly ignoreAddressPairChanges?: boolean;
  /**
   * How their ports reach them: see ServerPort. Settled when a port is made.
   * @default VnicType.NORMAL
   */
  readonly vnicType?: VnicType;
  /**
   * Neutron's binding profile of their ports: see ServerPort. Settled when a port is made.
   * @default - none
   */
  readonly bindingProfile?: { readonly [key: string]: any };
  /**
   * Whether their ports are parents of trunks: see ServerPort. Raise `generation` with it.
   * @default false
   */
  readonly trunk?: boolean;
  /**
   * Further NICs of each server, in this order. Raise `generation` with it.
   * @default - none
   */
  readonly additionalPorts?: PoolPort[];
  /**
   * Further volumes of each server. Their ids are in its metadata as `strata-volume-<name>`. Raise `generation` with another list; sizes can grow without.
   * @default - none
   */
  readonly volumes?: PoolVolume[];
  /**
   * Whether another flavor resizes the servers that are there, all of them restarting at the same time. Otherwise they keep theirs until `generation` is
   * raised.
   * @default true
   */
  readonly resizeInPlace?: boolean;
  /**
   * Whether security groups that something else puts on their ports stay: see ServerPort.
   * @default false
   */
  readonly ignoreSecurityGroupChanges?: boolean;
  /**
   * Raise it by one to have every server replaced by a new one, with the image, user data, zone and so on that the program says then.
   * Each new server is there before its predecessor goes; from the second generation on names end in `-g<generation>`. 1 to 99999.
   * @default 1
   */
  readonly generation?: number;
  /**
   * Tags of the servers and their ports.
   * @default - none
   */
  readonly tags?: string[];
  /**
   * Nova's metadata of the servers.
   * @default - none
   */
  readonly metadata?: { readonly [key: string]: string };
  /**
   * Whether the metadata of a server, and of its volumes, is settled when it is made: it then tells what the server was born with.
   * @default false
   */
  readonly settledMetadata?: boolean;
  /**
   * Name of the key pair for the first user.
   * @default - none
   */
  readonly keyPairName?: string;
  /**
   * Whether they get a config drive: see NovaServer.
   * @default - as the image or the cloud says
   */
  readonly configDrive?: boolean;
  /**
   * Whether each server is shut down before it is deleted, for which Nova gives it a minute: else its power is cut.
   * @default false
   */
  readonly stopBeforeDestroy?: boolean;
  /**
   * What must be there before the servers are made, and before a raised `generation` begins to replace them.
   * @default - the way out of their network
   */
  readonly dependsOn?: ITerraformDependable[];
}

/** What Terraform would take from servers that run, or give to them without their knowing what to do with it. */
function parts({ volumes = [], additionalPorts = [], rootVolume, trunk }: ServerPoolProps): string {
  const named = Object.entries({ volumes, NICs: additionalPorts }).filter(([, list]) => list.length > 0);
  const list = [
    ...named.map(([what, entries]) => `the ${what} ${entries.map(({ name }) => name).join(', ')}`),
    ...(rootVolume ? ['root volumes'] : []),
    ...(trunk ? ['trunks'] : []),
  ];
  return list.length > 0 ? list.join(' and ') : 'nothing but their ports';
}

/** The list is kept as it was when the generation began. */
function madeWith(pool: Construct, wanted: string, generation: number): Postcondition {
  const former = `coalesce(self.output, "${wanted}")`; // nothing was kept by pools that are older than this rule
  return {
    condition: `\${${former} == "${wanted}"}`,
    errorMessage:
      `${pool.node.path}: its servers were made with \${${former}}, and would have ${wanted}: that is settled when a server is made; ` +
      `raise the generation of the pool to ${generation + 1}, so that new servers take the place of those that run, or leave it as it was`,
  };
}

/**
 * Servers of one kind, spread over zones and hypervisors, with names that stay: adding or removing one touches no other.
 *
 * Creates a server group and, for each server, a port and an instance (and a root volume, a trunk, further ports and volumes if asked for). Nothing but a raised `generation` replaces a server.
 *
 * Errors, when Terraform plans: volumes, NICs, root volumes or trunks other than those that the servers were made with, without a raised `generation`.
 */
export class ServerPool extends Construct {
  /** Name of the pool. */
  public readonly poolName: string;
  /** Its servers, in the order of their numbers. */
  public readonly servers: NovaServer[];
  /** To be depended upon by what comes after new servers and before old ones go: the servers with their volumes attached. */
  public readonly ready: ITerraformDependable[];
  /** The group that they are placed by. */
  public readonly serverGroup: ServerGroup;

  constructor(scope: Construct, id: string, props: ServerPoolProps) {
    super(scope, id);
    const { name, replicas, zones, generation = 1 } = props;
    checkDnsLabel(this, 'name', name, 50);
    if (!isKnown(name)) {
      fail(this, { problem: 'name must be known at synth, a reference was given', fix: 'give the text itself: the servers are named by it' });
    }
    if (!isKnown(replicas)) fail(this, { problem: 'replicas must be known at synth, a reference was given', fix: 'give a number' });
    if (!isKnown(generation)) fail(this, { problem: 'generation must be known at synth, a reference was given', fix: 'give a number' });
    checkInteger(this, 'replicas', replicas, { min: 0, max: 1000 });
    checkInteger(this, 'generation', generation, { min: 1, max: 99999 });
    check(this, zones, (z) => z.length > 0, { problem: 'zones must not be empty', fix: 'give the zones of the cloud: cloud.zones' });

    const { additionalPorts = [], volumes = [] } = props;
    for (const [what, named] of Object.entries({ additionalPorts, volumes })) {
      for (const part of named) checkDnsLabel(this, `${what}.name`, part.name, 30);
      if (!isKnown(named.map((part) => part.name))) {
        fail(this, { problem: `${what}.name must be known at synth, a reference was given`, fix: 'give the text itself' });
      }
      checkUnique(
        this,
        `name in ${what}`,
        named.map((part) => part.name),
      );
    }

    this.serverGroup = new ServerGroup(this, 'ServerGroup', { name, policy: props.serverGroupPolicy ?? ServerGroupPolicy.SOFT_ANTI_AFFINITY });
    const userData = prepareUserData(this, props.userData).value; // one text for all
    const current = new StepResource(this, 'Generation', {
      triggers: { generation: String(generation) },
      input: parts(props),
      dependsOn: inSameStack(this, props.dependsOn ?? []),
      lifecycle: { ignoreChanges: ['input'], postcondition: [madeWith(this, parts(props), generation)] },
    });
    const replaced = { replaceTriggeredBy: [current], createBeforeDestroy: true };
    this.servers = Array.from({ length: replicas }, (_, i) => {
      const slot = `${name}-${i}`;
      // Old and new exist side by side for a while, and the cloud controller can't tell two servers of one name apart.
      const serverName = generation === 1 ? slot : `${slot}-g${generation}`;
      const port = new ServerPort(this, `${slot}-port`, {
        name: serverName,
        network: props.network,
        securityGroupIds: props.securityGroupIds,
        allowedAddressPairs: props.allowedAddressPairs,
        tags: props.tags,
        ignoreSecurityGroupChanges: props.ignoreSecurityGroupChanges,
        ignoreAddressPairChanges: props.ignoreAddressPairChanges,
        vnicType: props.vnicType,
        bindingProfile: props.bindingProfile,
        trunk: props.trunk,
        ...replaced,
      });
      const zone = zones[i % zones.length];
      const dataVolumes = volumes.map(
        ({ name: volume, sizeGib, type }) =>
          new DataVolume(this, `${slot}-volume-${volume}`, {
            name: `${serverName}-${volume}`,
            sizeGib,
            type,
            availabilityZone: zone.volume,
            metadata: props.metadata,
            settledMetadata: props.settledMetadata,
            ...replaced,
          }),
      );
      const volumeIds = Object.fromEntries(volumes.map((volume, v) => [`strata-volume-${volume.name}`, dataVolumes[v].volumeId]));
      return new NovaServer(this, slot, {
        name: serverName,
        flavor: props.flavor,
        image: props.image,
        port,
        zone,
        userData,
        serverGroup: this.serverGroup,
        rootVolume: props.rootVolume,
        additionalPorts: additionalPorts.map(
          ({ name: nic, ...options }) =>
            new AdditionalPort(this, `${slot}-port-${nic}`, { ...options, name: `${serverName}-${nic}`, tags: props.tags, ...replaced }),
        ),
        dataVolumes,
        metadata: volumes.length === 0 ? props.metadata : { ...props.metadata, ...volumeIds },
        settledMetadata: props.settledMetadata,
        tags: props.tags,
        keyPairName: props.keyPairName,
        configDrive: props.configDrive,
        stopBeforeDestroy: props.stopBeforeDestroy,
        resizeInPlace: props.resizeInPlace,
        dependsOn: props.dependsOn,
        ...replaced,
      });
    });
    this.ready = this.servers.flatMap((server) => [server.resource, ...server.attachments]);
    this.poolName = name;
  }
}
