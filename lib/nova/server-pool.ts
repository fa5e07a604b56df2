import { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { NovaServer, RootVolume } from './nova-server';
import { ServerGroup } from './server-group';
import { ServerGroupPolicy } from './server-group-policy';
import { ServerPort } from './server-port';
import { prepareUserData } from './user-data';
import { IClusterNetwork } from '../contracts/cluster-network';
import { NodeFlavor } from '../contracts/node-flavor';
import { NodeImage } from '../contracts/node-image';
import { AvailabilityZone } from '../contracts/openstack-cloud';
import { checkDnsLabel } from '../core/naming';
import { StepResource } from '../core/step-resource';
import { check, checkInteger, fail, isKnown } from '../core/validation';

/** Properties of ServerPool. */
export interface ServerPoolProps {
  /** Name of the pool: its servers are `<name>-0`, `<name>-1` … */
  readonly name: string;
  /** How many servers, 0 or more. Fewer takes the last ones away. */
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
   * Put the root disks on Cinder volumes.
   * @default - local disks of the hypervisors
   */
  readonly rootVolume?: RootVolume;
  /**
   * Other addresses that may send from their ports: see ServerPort.
   * @default - none
   */
  readonly allowedAddressPairs?: string[];
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
   * Each new server is there before its predecessor goes; from the second generation on names end in `-g<generation>`.
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
   * What must be there before the servers are made.
   * @default - the way out of their network
   */
  readonly dependsOn?: ITerraformDependable[];
}

/**
 * Servers of one kind, spread over zones and hypervisors, with names that stay: adding or removing one touches no other.
 *
 * Creates a server group and, for each server, a port and an instance (and a root volume). Nothing but a raised `generation` replaces a server.
 */
export class ServerPool extends Construct {
  /** Name of the pool. */
  public readonly poolName: string;
  /** Its servers, in the order of their numbers. */
  public readonly servers: NovaServer[];
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

    this.serverGroup = new ServerGroup(this, 'ServerGroup', { name, policy: props.serverGroupPolicy ?? ServerGroupPolicy.SOFT_ANTI_AFFINITY });
    const userData = prepareUserData(this, props.userData).value; // one text for all
    const current = new StepResource(this, 'Generation', { triggers: { generation: String(generation) } });
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
        ...replaced,
      });
      return new NovaServer(this, slot, {
        name: serverName,
        flavor: props.flavor,
        image: props.image,
        port,
        zone: zones[i % zones.length],
        userData,
        serverGroup: this.serverGroup,
        rootVolume: props.rootVolume,
        metadata: props.metadata,
        tags: props.tags,
        keyPairName: props.keyPairName,
        configDrive: props.configDrive,
        resizeInPlace: props.resizeInPlace,
        dependsOn: props.dependsOn,
        ...replaced,
      });
    });
    this.poolName = name;
  }
}
