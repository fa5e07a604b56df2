import { Annotations, Fn, ITerraformDependable, Op, Token } from 'cdktf';
import { Construct } from 'constructs';
import { ApiEndpoint } from './api-endpoint';
import { ownFile, sharedCloudConfig } from './bootstrap/cloud-config';
import { API_PORT, ClusterSettings, kubeconfig } from './bootstrap/kubeadm-config';
import { controlPlaneFiles, slotFile, workerFiles } from './bootstrap/node-files';
import { PkiMaterial } from './bootstrap/pki-material';
import { checkUserDataSize } from './bootstrap/user-data-size';
import { yamlText } from './bootstrap/yaml-text';
import { ClusterOptions } from './cluster-options';
import { ClusterPki } from './cluster-pki';
import { ControllerCredential } from './controller-credential';
import { nodeLabels, nodeTaints } from './node-labels';
import { ReadyGate } from './ready-gate';
import { ReadyGateStep } from './ready-gate-step';
import { WorkerPoolProps } from './worker-pool';
import { unsafeZones, zonesByName } from './zones';
import { IClusterNetwork } from '../contracts/cluster-network';
import { Cni } from '../contracts/cni';
import { ApiAddress, CloudCredential, ClusterAccess, ClusterCloud, IKubernetesCluster } from '../contracts/kubernetes-cluster';
import { NodeImage } from '../contracts/node-image';
import { IOpenStackCloud } from '../contracts/openstack-cloud';
import { assertDisjoint, parseCidr } from '../core/cidr-checks';
import { IpFamily } from '../core/ip-family';
import { KubernetesVersion } from '../core/kubernetes-version';
import { Mtu } from '../core/mtu';
import { checkClusterName, checkDnsLabel } from '../core/naming';
import { assertQuorum, quorumSize } from '../core/quorum';
import { StepResource } from '../core/step-resource';
import { TemplateText } from '../core/template-text';
import { check, checkInteger, checkListKnown, checkUnique, describe, fail, isKnown } from '../core/validation';
import { assertNewCluster } from '../core/version-matrix';
import { antiAffinityFor } from '../nova/anti-affinity';
import { ApiLoadBalancer } from '../nova/api-load-balancer';
import { ClusterNetwork } from '../nova/cluster-network';
import { DataVolume } from '../nova/data-volume';
import { NodeSecurityGroups } from '../nova/node-security-groups';
import { NovaServer } from '../nova/nova-server';
import { ServerGroup } from '../nova/server-group';
import { ServerGroupPolicy } from '../nova/server-group-policy';
import { ServerPool } from '../nova/server-pool';
import { ServerPort } from '../nova/server-port';

/** Properties of K8sOnNova. */
export interface K8sOnNovaProps extends ClusterOptions {
  /** The cloud. The stack's OpenStack provider logs in to it as a user of the project that the cluster is to be in. */
  readonly cloud: IOpenStackCloud;
  /**
   * Name, unique in its project: lower-case letters, digits and "-", 40 characters at most. Servers, load balancers and volumes are named after it, and
   * controllers find the cluster's things by it. It can't be changed.
   */
  readonly clusterName: string;
  /** Image of the nodes, with cloud-init, containerd, kubelet, kubeadm and kubectl of the version's minor. Servers that are there keep theirs. */
  readonly nodeImage: NodeImage;
  /** How the API is reached. */
  readonly api: ApiEndpoint;
  /**
   * The nodes' network.
   * @default - one of its own is made
   */
  readonly network?: IClusterNetwork;
  /**
   * How the controllers in the cluster log in to OpenStack.
   * @default - an application credential of the user who runs Terraform is made
   */
  readonly cloudCredential?: CloudCredential;
  /**
   * Roles of the application credential that is made.
   * @default - "member" and "load-balancer_member", as far as the user has them
   */
  readonly cloudCredentialRoles?: string[];
}

/**
 * A Kubernetes cluster on Nova servers: a control plane whose etcd lies on volumes of its own behind an Octavia load balancer, and pools of workers.
 * The nodes make it themselves at boot, by kubeadm; Terraform needs no SSH.
 *
 * Each control-plane slot has a name, a port with its address, and a volume that stay whatever becomes of its server. The right to make a new cluster
 * exists once, bound to the volume that the first slot had first: no replaced server and no replaced volume can ever make a second one. A changed
 * version, image, flavor or cloud-init changes no server that is there.
 *
 * Creates a network (unless one is given), two security groups, for each slot a port, a volume and a server, a server group, the API's load balancer
 * (with a floating IP if asked for), for each pool its servers, ports and server group, the PKI, an application credential for the controllers (unless
 * one is given), and a step that waits until the cluster is ready. Nodes are NotReady until `PodNetwork` and `OpenStackCloudController` are installed.
 *
 * Errors: a number of control-plane servers other than 1, 3 or 5; names that Kubernetes or Nova reject; ranges that overlap; pods' packets under 1280
 * bytes; a version that is only a source of upgrades; options that the cloud's load-balancer provider doesn't have; user data over Nova's limit.
 * Warns where the loss of one zone would take etcd's quorum.
 */
export class K8sOnNova extends Construct implements IKubernetesCluster {
  public readonly clusterName: string;
  public readonly version: KubernetesVersion;
  public readonly kubeconfig: ClusterAccess;
  public readonly cni: Cni;
  public readonly podCidr: string;
  public readonly serviceCidr: string;
  public readonly podMtu: number;
  public readonly controlPlaneReplicas: number;
  public readonly nodeApiEndpoint?: ApiAddress;
  public readonly openstack?: ClusterCloud;

  /** The nodes' network. */
  public readonly network: IClusterNetwork;
  /** The security groups of its nodes. */
  public readonly securityGroups: NodeSecurityGroups;
  /** The load balancer before the API. */
  public readonly apiLoadBalancer: ApiLoadBalancer;
  /** The control-plane servers, by slot. */
  public readonly controlPlaneServers: NovaServer[];
  /** The volumes of etcd, by slot. */
  public readonly etcdVolumes: DataVolume[];
  /** The worker pools, in the order in which they were given. */
  public readonly workerPools: ServerPool[];
  /** To be depended upon by what uses the cluster in the same stack. Across stacks, reading `kubeconfig.host` does it. */
  public readonly ready: ITerraformDependable[];

  constructor(scope: Construct, id: string, props: K8sOnNovaProps) {
    super(scope, id);
    const { cloud, clusterName, version, cni, api } = props;
    this.validate(props);
    this.clusterName = clusterName;
    this.version = version;
    this.cni = cni;
    this.podCidr = props.podCidr ?? '10.244.0.0/16';
    this.serviceCidr = props.serviceCidr ?? '10.96.0.0/12';
    this.controlPlaneReplicas = props.controlPlane.replicas;
    const tags = [`kubernetes-cluster=${clusterName}`, ...(props.tags ?? [])];

    this.network =
      props.network ??
      new ClusterNetwork(this, 'Network', { cloud, name: clusterName, cidr: props.nodeCidr, dnsNameservers: props.dnsNameservers, tags });
    this.checkNetworks(cloud);
    this.podMtu = this.mtuOfPods();
    this.securityGroups = new NodeSecurityGroups(this, 'SecurityGroups', {
      name: clusterName,
      network: this.network,
      cni,
      loadBalancerProvider: cloud.loadBalancerProvider,
      apiAllowedCidrs: api.allowedCidrs,
      publicServiceCidrs: props.publicServiceCidrs,
      sshAllowedCidrs: props.sshAllowedCidrs,
      podCidr: this.podCidr,
      tags,
    });

    const slots = Array.from({ length: this.controlPlaneReplicas }, (_, i) => `control-plane-${i}`);
    const ports = slots.map(
      (slot) =>
        new ServerPort(this, `${slot}-port`, {
          name: `${clusterName}-${slot}`,
          network: this.network,
          securityGroupIds: [this.securityGroups.controlPlaneGroupId],
          tags,
        }),
    );
    this.apiLoadBalancer = new ApiLoadBalancer(this, 'Api', {
      name: `${clusterName}-api`,
      cloud,
      network: this.network,
      memberPorts: ports,
      allowedCidrs: api.allowedCidrs,
      floatingIp: api.floatingIp,
      flavorId: api.flavorId,
      availabilityZone: api.availabilityZone,
      tags,
    });
    const { vipAddress, publicAddress } = this.apiLoadBalancer;
    this.nodeApiEndpoint = { host: vipAddress, port: API_PORT };

    const pki = (props.pki ?? ClusterPki.generated())._bind(this, clusterName);
    const settings: ClusterSettings = {
      clusterName,
      version,
      // Reserved for private use (ICANN, 2024): it is in no public DNS, and each node maps it by itself.
      endpointName: `api.${clusterName}.internal`,
      certSans: distinct([`api.${clusterName}.internal`, vipAddress, publicAddress, api.dnsName, ...api.certSans]),
      podCidr: this.podCidr,
      serviceCidr: this.serviceCidr,
      kubeProxy: !cni.replacesKubeProxy,
      bootstrapToken: pki.bootstrapToken,
    };
    const addresses = { vip: vipAddress, controlPlane: ports.map((port) => port.address) };

    const zones = zonesByName(this, 'controlPlane.zones', cloud.zones, props.controlPlane.zones);
    this.warnOfZones(zones.map((zone) => zone.compute));
    this.etcdVolumes = slots.map(
      (slot, i) =>
        new DataVolume(this, `${slot}-etcd`, {
          name: `${clusterName}-${slot}-etcd`,
          sizeGib: props.controlPlane.etcdVolume?.sizeGib ?? 20,
          type: props.controlPlane.etcdVolume?.type,
          availabilityZone: zones[i % zones.length].volume,
          metadata: { 'kubernetes-cluster': clusterName },
        }),
    );
    // The id of the first volume that the first slot ever had, whatever volume it has later: a new one can't make a new cluster.
    const rightToInit = new StepResource(this, 'RightToInit', { input: this.etcdVolumes[0].volumeId, lifecycle: { ignoreChanges: ['input'] } });
    const group = new ServerGroup(this, 'ControlPlaneGroup', {
      name: `${clusterName}-control-plane`,
      policy: antiAffinityFor(this.controlPlaneReplicas, cloud.computeHostCount),
    });
    const shared = this.shared('ControlPlaneCloudConfig', sharedCloudConfig(this, controlPlaneFiles(settings, pki, addresses), props.cloudInit));
    this.controlPlaneServers = slots.map((slot, i) => {
      const own = slotFile({
        nodeName: `${clusterName}-${slot}`,
        address: ports[i].address,
        etcdVolumeId: this.etcdVolumes[i].volumeId,
        ...(i === 0 && { initVolumeId: rightToInit.output }),
      });
      return new NovaServer(this, slot, {
        name: `${clusterName}-${slot}`,
        flavor: props.controlPlane.flavor,
        image: props.nodeImage,
        port: ports[i],
        zone: zones[i % zones.length],
        userData: new TemplateText(this, `${slot}-cloud-config`, { parts: [shared.value, ownFile(own)] }).base64Gzip,
        serverGroup: group,
        rootVolume: props.controlPlane.rootVolume,
        dataVolumes: [this.etcdVolumes[i]],
        keyPairName: props.keyPairName,
        resizeInPlace: false, // it would stop all slots at once, and etcd with them
        tags,
      });
    });

    this.workerPools = props.workerPools.map((pool) => this.workerPool(pool, props, settings, pki, addresses, tags));

    const credential =
      props.cloudCredential ?? new ControllerCredential(this, 'ControllerCredential', { clusterName, roles: props.cloudCredentialRoles });
    this.openstack = {
      cloud,
      credential,
      externalNetworkId: this.network.externalNetworkId,
      networkId: this.network.networkId,
      subnetId: this.network.subnetId,
    };
    const url = `https://${api.dnsName ?? publicAddress ?? vipAddress}:${API_PORT}`;
    const gate = props.readyGate ?? ReadyGate.enabled();
    const made = [...this.controlPlaneServers.map((server) => server.resource), ...this.apiLoadBalancer.ready];
    const step = gate.isEnabled
      ? new ReadyGateStep(this, 'ReadyGate', { gate, host: url, caCertificate: pki.caCertificate, dependsOn: made })
      : undefined;
    this.ready = step === undefined ? made : [step.step];
    this.kubeconfig = this.access(step?.host ?? url, pki);
  }

  private workerPool(
    pool: WorkerPoolProps,
    props: K8sOnNovaProps,
    settings: ClusterSettings,
    pki: PkiMaterial,
    addresses: { readonly vip: string; readonly controlPlane: readonly string[] },
    tags: string[],
  ): ServerPool {
    const what = `workerPools.${pool.name}`;
    const files = workerFiles(settings, pki.caCertificate, addresses, {
      labels: nodeLabels(this, `${what}.labels`, pool.labels),
      taints: nodeTaints(this, `${what}.taints`, pool.taints),
    });
    const name = `${this.clusterName}-${pool.name}`;
    return new ServerPool(this, `workers-${pool.name}`, {
      name,
      replicas: pool.replicas,
      network: this.network,
      flavor: pool.flavor,
      image: pool.nodeImage ?? props.nodeImage,
      zones: zonesByName(this, `${what}.zones`, props.cloud.zones, pool.zones),
      securityGroupIds: [this.securityGroups.workerGroupId],
      userData: this.shared(`workers-${pool.name}-cloud-config`, sharedCloudConfig(this, files, props.cloudInit)).base64Gzip,
      serverGroupPolicy: ServerGroupPolicy.SOFT_ANTI_AFFINITY, // a pool grows beyond the number of hypervisors
      resizeInPlace: false, // it would stop all of them at once
      rootVolume: pool.rootVolume,
      keyPairName: props.keyPairName,
      tags,
    });
  }

  /** The cloud-config of servers of one kind, as one local. */
  private shared(id: string, text: string): TemplateText {
    checkUserDataSize(this, text);
    return new TemplateText(this, id, { parts: [text] });
  }

  private access(host: string, pki: PkiMaterial): ClusterAccess {
    const document = kubeconfig(this.clusterName, host, Fn.base64encode(pki.caCertificate), 'kubernetes-admin', {
      'client-certificate-data': Fn.base64encode(pki.adminCertificate),
      'client-key-data': Fn.base64encode(pki.adminKey),
    });
    return {
      host,
      clusterCaCertificate: pki.caCertificate,
      clientCertificate: pki.adminCertificate,
      clientKey: pki.adminKey,
      rawConfig: new TemplateText(this, 'Kubeconfig', { parts: [yamlText(document)] }).value,
    };
  }

  /** What can be said without any other construct. */
  private validate(props: K8sOnNovaProps): void {
    const { cloud, clusterName, version, controlPlane, workerPools, api } = props;
    if (!isKnown(clusterName)) {
      fail(this, { problem: 'clusterName must be known at synth, a reference was given', fix: 'give the text itself: servers are named by it' });
    }
    checkClusterName(this, clusterName);
    assertNewCluster(this, version);
    if (!isKnown(controlPlane.replicas)) {
      fail(this, { problem: 'controlPlane.replicas must be known at synth, a reference was given', fix: 'use 1, 3 or 5' });
    }
    assertQuorum(this, 'controlPlane.replicas', controlPlane.replicas);
    checkInteger(this, 'controlPlane.etcdVolume.sizeGib', controlPlane.etcdVolume?.sizeGib, { min: 1 });
    const { size } = controlPlane.flavor;
    if (size !== undefined) {
      // kubeadm's own preflight
      check(this, size.vcpus, (v) => v >= 2, {
        problem: 'controlPlane.flavor must have 2 virtual CPUs or more, kubeadm asks for them',
        fix: 'choose a larger flavor',
      });
      check(this, size.memoryMib, (v) => v >= 1700, {
        problem: 'controlPlane.flavor must have 1700 MiB of memory or more, kubeadm asks for them',
        fix: 'choose a larger flavor',
      });
    }
    for (const { name } of workerPools) {
      if (!isKnown(name)) {
        fail(this, {
          problem: 'workerPools.name must be known at synth, a reference was given',
          fix: 'give the text itself: servers are named by it',
        });
      }
      checkDnsLabel(this, 'workerPools.name', name, 49 - clusterName.length);
      check(this, name, (v) => v !== 'control-plane', {
        problem: 'a worker pool cannot have the name of the control plane',
        fix: 'choose another name',
      });
    }
    checkUnique(
      this,
      'name of a worker pool',
      workerPools.map(({ name }) => name),
    );
    checkListKnown(this, 'tags', props.tags);
    api._validate(this, cloud.loadBalancerProvider);
    if (props.network !== undefined && props.nodeCidr !== undefined) {
      fail(this, {
        problem: 'network and nodeCidr exclude each other',
        value: props.nodeCidr,
        fix: 'leave nodeCidr out: the network that is given has its own',
      });
    }
    const secret = props.cloudCredential?.applicationCredentialSecret;
    if (secret !== undefined && isKnown(secret)) {
      fail(this, {
        problem: 'cloudCredential.applicationCredentialSecret is a literal, and would stand in the synthesised JSON',
        fix: 'give a sensitive variable of the stack',
      });
    }
  }

  private checkNetworks(cloud: IOpenStackCloud): void {
    const ranges = { podCidr: this.podCidr, serviceCidr: this.serviceCidr, 'cidr of the network': this.network.cidr };
    for (const [name, text] of Object.entries(ranges)) {
      const range = parseCidr(this, name, text);
      check(this, text, () => range === undefined || range.family === IpFamily.V4, { problem: `${name} must be IPv4`, fix: 'give an IPv4 range' });
    }
    const prefix = (name: string, text: string, min: number, max: number) => {
      const range = parseCidr(this, name, text);
      check(this, text, () => range === undefined || (range.prefixLength >= min && range.prefixLength <= max), {
        problem: `${name} must have a prefix length from ${min} to ${max}`,
        fix: `use one, for example ${name === 'podCidr' ? '10.244.0.0/16' : '10.96.0.0/12'}`,
      });
    };
    prefix('podCidr', this.podCidr, 8, 24);
    prefix('serviceCidr', this.serviceCidr, 12, 28);
    const hosts = Object.fromEntries((cloud.hostCidrs ?? []).map((cidr) => [`the cloud's own hosts' ${cidr}`, cidr]));
    // The hosts' networks may overlap each other: that is the cloud's business.
    assertDisjoint(this, ranges);
    for (const [name, cidr] of Object.entries(hosts)) {
      for (const [range, text] of Object.entries(ranges)) assertDisjoint(this, { [name]: cidr, [range]: text });
    }
  }

  /** The node network's MTU less what the pod network's encapsulation takes. */
  private mtuOfPods(): number {
    const { encapsulation } = this.cni;
    const nodes = Mtu._parse(this, 'MTU of the network', this.network.mtu);
    if (nodes !== undefined) return nodes.inside(encapsulation, IpFamily.V4).bytes;
    return Token.asNumber(Op.sub(this.network.mtu, encapsulation.overheadBytes(IpFamily.V4)));
  }

  private warnOfZones(zones: string[]): void {
    const unsafe = unsafeZones(zones, this.controlPlaneReplicas);
    if (unsafe.length === 0) return;
    Annotations.of(this).addWarning(
      describe(this, {
        problem: `the loss of zone ${unsafe.join(' or ')} takes etcd's quorum, ${quorumSize(this.controlPlaneReplicas)} of ${this.controlPlaneReplicas} slots`,
        value: zones.join(', '),
        fix: 'use three zones, if the cloud has them',
      }),
    );
  }
}

function distinct(names: readonly (string | undefined)[]): string[] {
  return [...new Set(names.filter((name) => name !== undefined))];
}
