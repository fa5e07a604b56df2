import { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { NodeFile, ownFile } from './bootstrap/cloud-config';
import { ClusterSettings } from './bootstrap/kubeadm-config';
import { ApiAddresses, slotFile } from './bootstrap/node-files';
import { PkiMaterial } from './bootstrap/pki-material';
import { CheckedCluster } from './cluster-checks';
import { nodeRanges } from './cluster-ranges';
import { slotGenerations, slotMark } from './control-plane-rolls';
import { Keepalived, virtualAddressFiles } from './endpoint/virtual-address-files';
import { controlPlaneCloudConfig } from './node-cloud-config';
import { PodPorts } from './pod-ports';
import { sharedText } from './shared-text';
import { IClusterNetwork } from '../contracts/cluster-network';
import { NodeImage } from '../contracts/node-image';
import { AvailabilityZone } from '../contracts/openstack-cloud';
import { StepResource } from '../core/step-resource';
import { TemplateText } from '../core/template-text';
import { antiAffinityFor } from '../nova/anti-affinity';
import { DataVolume } from '../nova/data-volume';
import { NovaServer } from '../nova/nova-server';
import { ServerGroup } from '../nova/server-group';
import { ServerPort } from '../nova/server-port';

/** Properties of ControlPlane. */
export interface ControlPlaneSlotsProps {
  /** The cluster. */
  readonly cluster: CheckedCluster & { readonly nodeImage: NodeImage };
  /** The nodes' network. */
  readonly network: IClusterNetwork;
  /** The security group of its nodes. */
  readonly securityGroupId: string;
  /** Zones; the slots go round. */
  readonly zones: readonly AvailabilityZone[];
  /** What the pod network asks of the nodes' ports. */
  readonly podPorts: PodPorts;
  /**
   * How keepalived holds the API's address, if the control planes do that themselves.
   * @default - a load balancer does
   */
  readonly keepalived?: Keepalived;
  /**
   * The certificates of the cloud's own authority, as `cloudAuthority` gives them.
   * @default - it names none
   */
  readonly cloudCertificates?: string;
  /** Tags of everything that has tags. */
  readonly tags: string[];
}

/** What stays of a control-plane node whatever becomes of its server: its name, its address, its volume. */
export class ControlPlaneSlot extends Construct {
  /** The node's name, and its server's. */
  public readonly nodeName: string;
  public readonly port: ServerPort;
  public readonly etcdVolume: DataVolume;
  public readonly zone: AvailabilityZone;
  /** Replaced when the slot is rolled. Its input is the mark of the slot when it was rolled last. */
  public readonly generation: StepResource;

  constructor(
    scope: Construct,
    id: string,
    index: number,
    /** The how many-th server of the slot it is to have. */
    public readonly generationNumber: number,
    props: ControlPlaneSlotsProps,
  ) {
    super(scope, id);
    const { cluster, network, securityGroupId, zones, tags, podPorts } = props;
    const { clusterName, controlPlane } = cluster;
    this.nodeName = `${clusterName}-${id}`;
    this.zone = zones[index % zones.length];
    this.port = new ServerPort(this, 'Port', {
      name: this.nodeName,
      network,
      securityGroupIds: [securityGroupId, ...(controlPlane.securityGroupIds ?? [])],
      tags,
      ...podPorts,
    });
    this.etcdVolume = new DataVolume(this, 'EtcdVolume', {
      name: `${this.nodeName}-etcd`,
      sizeGib: controlPlane.etcdVolume?.sizeGib ?? 20,
      type: controlPlane.etcdVolume?.type,
      availabilityZone: this.zone.volume,
      metadata: { 'kubernetes-cluster': clusterName },
    });
    this.generation = new StepResource(this, 'Generation', {
      triggers: { generation: String(generationNumber) },
      input: slotMark(cluster),
      lifecycle: { ignoreChanges: ['input'] },
    });
  }
}

/**
 * A cluster's control plane: first its slots, which the load balancer before the API is made of, then, by `start`, the servers in them, which must know
 * where the API is.
 */
export class ControlPlane extends Construct {
  public readonly slots: readonly ControlPlaneSlot[];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ControlPlaneSlotsProps,
  ) {
    super(scope, id);
    const names = Array.from({ length: props.cluster.controlPlane.replicas }, (_, i) => `control-plane-${i}`);
    const generations = slotGenerations(scope, names, props.cluster.controlPlane.generations);
    this.slots = names.map((name, i) => new ControlPlaneSlot(scope, name, i, generations[i], props)); // beside it: the name says all
  }

  /** Makes the servers, which go before what they depend on. Every one gets the further files. */
  public start(
    settings: ClusterSettings,
    pki: PkiMaterial,
    addresses: ApiAddresses,
    dependsOn: readonly ITerraformDependable[],
    furtherFiles: readonly NodeFile[] = [],
  ): NovaServer[] {
    const { cluster, tags } = this.props;
    const { clusterName, controlPlane } = cluster;
    // The id of the first volume that the first slot ever had, whatever volume it has later: a new one can't make a new cluster.
    const rightToInit = new StepResource(this, 'RightToInit', {
      input: this.slots[0].etcdVolume.volumeId,
      lifecycle: { ignoreChanges: ['input'] },
    });
    const policy = controlPlane.serverGroupPolicy ?? antiAffinityFor(controlPlane.replicas, cluster.cloud.computeHostCount);
    const group = new ServerGroup(this, 'ServerGroup', { name: `${clusterName}-control-plane`, policy });
    // Nova chooses hosts by the servers that it knows to be there, and of a burst none is: soft anti-affinity would mean nothing, and with hard anti-affinity
    // servers take each other's host away until Nova gives up on one. So one comes after the other.
    let before: ITerraformDependable[] = [];
    const context = {
      cluster,
      settings,
      addresses,
      nodeCidr: nodeRanges(this.props.network),
      image: cluster.nodeImage,
      cloudCertificates: this.props.cloudCertificates,
    };
    const { keepalived } = this.props;
    const endpointFiles = keepalived === undefined ? [] : virtualAddressFiles(keepalived);
    const where = this.node.scope as Construct; // the user knows the cluster, not its parts
    const shared = sharedText(
      this,
      'CloudConfig',
      controlPlaneCloudConfig(where, context, pki, controlPlane, [...endpointFiles, ...furtherFiles]),
      where,
    );
    return this.slots.map((slot, i) => {
      const own = slotFile({
        nodeName: slot.nodeName,
        address: slot.port.address,
        etcdVolumeId: slot.etcdVolume.volumeId,
        ...(i === 0 && { initVolumeId: rightToInit.output }),
      });
      const server = new NovaServer(slot, 'Server', {
        name: slot.nodeName,
        flavor: controlPlane.flavor,
        image: cluster.nodeImage,
        port: slot.port,
        zone: slot.zone,
        userData: new TemplateText(slot, 'CloudConfig', { parts: [shared.value, ownFile(own)] }).base64Gzip,
        serverGroup: group,
        rootVolume: controlPlane.rootVolume,
        dataVolumes: [slot.etcdVolume],
        configDrive: controlPlane.configDrive ?? cluster.configDrive,
        keyPairName: cluster.keyPairName,
        resizeInPlace: false, // it would stop all slots at once, and etcd with them
        replaceTriggeredBy: [slot.generation],
        dependsOn: [...dependsOn, ...before],
        metadata: { 'kubernetes-version': cluster.version.version },
        settledMetadata: true,
        tags,
      });
      before = [server.resource];
      return server;
    });
  }
}
