import { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { AddonRegistry } from './addons/private/addon-registry';
import { ApiEndpoint } from './api-endpoint';
import { barbicanEncryption } from './barbican-encryption';
import { API_PORT } from './bootstrap/kubeadm-config';
import { BootstrapToken } from './bootstrap-token';
import { cloudAuthority } from './cloud-authority';
import { clusterAccess } from './cluster-access';
import { checkCluster, mtuOfPods, warnOfLockout, warnOfZones } from './cluster-checks';
import { ClusterOptions } from './cluster-options';
import { ClusterPki } from './cluster-pki';
import { checkRanges, checkRoom, clusterRanges, mostNodes, nodeFamilies } from './cluster-ranges';
import { apiUrl, clusterSettings } from './cluster-settings';
import { ClusterSweep } from './cluster-sweep';
import { ControlPlane } from './control-plane';
import { ControlPlaneRolls } from './control-plane-rolls';
import { ControllerCredential } from './controller-credential';
import { keystoneWebhook } from './keystone-webhook';
import { nodeBastion, nodeKeyPair } from './node-access';
import { planChecks } from './plan-checks';
import { podPorts, withVirtualAddress } from './pod-ports';
import { ReadyGate } from './ready-gate';
import { ReadyGateStep } from './ready-gate-step';
import { drained, drainer, rollGate, runnerCheck, tokenStep } from './runner-steps';
import { factsOf, settledFacts } from './settled-facts';
import { sweepStep } from './sweep-step';
import { WorkerDrain } from './worker-drain';
import { workerPool } from './workers';
import { zonesByName } from './zones';
import { IClusterNetwork } from '../contracts/cluster-network';
import { Cni } from '../contracts/cni';
import { ApiAddress, CloudCredential, ClusterAccess, ClusterCloud, IKubernetesCluster, KeystoneWebhook } from '../contracts/kubernetes-cluster';
import { NodeImage } from '../contracts/node-image';
import { IOpenStackCloud } from '../contracts/openstack-cloud';
import { ImageRegistries } from '../core/image-registries';
import { IpFamily } from '../core/ip-family';
import { KubernetesVersion } from '../core/kubernetes-version';
import { serviceSubnetOf } from '../core/service-subnet';
import { StepResource } from '../core/step-resource';
import { isKnown } from '../core/validation';
import { ApiLoadBalancer } from '../nova/api-load-balancer';
import { ApiVirtualAddress } from '../nova/api-virtual-address';
import { Bastion } from '../nova/bastion';
import { ClusterNetwork } from '../nova/cluster-network';
import { DataVolume } from '../nova/data-volume';
import { DnsRecord } from '../nova/dns-record';
import { INodeSecurityGroups, NodeSecurityGroups } from '../nova/node-security-groups';
import { NovaServer } from '../nova/nova-server';
import { ServerPool } from '../nova/server-pool';
import { DataOpenstackIdentityAuthScopeV3 } from '../providers/openstack/data-openstack-identity-auth-scope-v3';

/** Properties of K8sOnNova. */
export interface K8sOnNovaProps extends ClusterOptions {
  /** The cloud. The stack's OpenStack provider logs in to it as a user of the project that the cluster is to be in. */
  readonly cloud: IOpenStackCloud;
  /**
   * Name, unique in its project: lower-case letters, digits and "-", 40 characters at most. Servers, load balancers and volumes are named after it, and
   * controllers find the cluster's things by it. `<clusterName>-<pool>` must be unique there, too: pool `eu-web` of `prod` and `web` of `prod-eu` would make
   * servers of one name. The sweep looks when the cluster is made. It can't be changed.
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
   * The nodes' security groups: `NodeSecurityGroups.fromGroupIds`. What the cluster needs must be in them.
   * @default - two of its own are made
   */
  readonly securityGroups?: INodeSecurityGroups;
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
  /**
   * Which application credential in turn the controllers have, from 1. Raising it makes a new one beside the one before: see ControllerCredential.
   * @default 1
   */
  readonly cloudCredentialGeneration?: number;
  /**
   * Whether the application credential of the generation before stays until the add-ons have the new one. False revokes it.
   * @default true
   */
  readonly keepPreviousCloudCredential?: boolean;
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
  public readonly secondaryPodCidr?: string;
  public readonly secondaryServiceCidr?: string;
  public readonly podMtu: number;
  public readonly controlPlaneReplicas: number;
  public readonly nodeApiEndpoint?: ApiAddress;
  public readonly openstack?: ClusterCloud;
  public readonly apiServerAddresses?: string[];
  public readonly trunkPorts?: boolean;
  public readonly encryptsByKms?: boolean;
  public readonly keystoneWebhook?: KeystoneWebhook;

  /** The nodes' network. */
  public readonly network: IClusterNetwork;
  /** The security groups of its nodes. */
  public readonly securityGroups: INodeSecurityGroups;
  /** The load balancer before the API, unless the control planes hold its address themselves. */
  public readonly apiLoadBalancer?: ApiLoadBalancer;
  /** The address of the API that the control planes hold, if it has no load balancer. */
  public readonly apiVirtualAddress?: ApiVirtualAddress;
  /** The record of the API's DNS name, if one is made. */
  public readonly apiDnsRecord?: DnsRecord;
  /** The bastion, if there is one. */
  public readonly bastion?: Bastion;
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
    checkCluster(this, props);
    warnOfLockout(this, props);
    this.clusterName = clusterName;
    this.version = version;
    this.cni = cni;
    this.controlPlaneReplicas = props.controlPlane.replicas;
    const tags = [`kubernetes-cluster=${clusterName}`, ...(props.tags ?? [])];

    this.network =
      props.network ??
      new ClusterNetwork(this, 'Network', {
        cloud,
        name: clusterName,
        cidr: props.nodeCidr,
        secondaryCidr: props.secondaryNodeCidr,
        ipv6AddressMode: props.ipv6AddressMode,
        ipv6SubnetPoolId: props.ipv6SubnetPoolId,
        ipv4SubnetPoolId: props.ipv4SubnetPoolId,
        dnsNameservers: props.dnsNameservers,
        tags,
      });
    const ranges = clusterRanges(props, this.network);
    this.podCidr = ranges.podCidr;
    this.serviceCidr = ranges.serviceCidr;
    this.secondaryPodCidr = ranges.secondaryPodCidr;
    this.secondaryServiceCidr = ranges.secondaryServiceCidr;
    checkRanges(this, props, this, cloud.hostCidrs);
    const replicas = props.workerPools.map((pool) => pool.replicas).filter(isKnown);
    checkRoom(this, mostNodes(this.controlPlaneReplicas, replicas), this);
    const keyPairName = nodeKeyPair(this, props);
    this.bastion = nodeBastion(this, props, this.network, keyPairName, tags);
    const [family] = nodeFamilies(this.network);
    const cluster = {
      ...props,
      keyPairName,
      // On many clouds the metadata service has no IPv6 address.
      configDrive: props.configDrive ?? (nodeFamilies(this.network).includes(IpFamily.V4) ? undefined : true),
    };
    this.podMtu = mtuOfPods(this, this.network, cni, props.podMtu);
    this.securityGroups =
      props.securityGroups ??
      new NodeSecurityGroups(this, 'SecurityGroups', {
        name: clusterName,
        network: this.network,
        cni,
        loadBalancerProvider: cloud.loadBalancerProvider,
        virtualApiAddress: api._virtualAddress !== undefined,
        apiAllowedCidrs: api.allowedCidrs,
        publicServiceCidrs: props.publicServiceCidrs,
        sshAllowedCidrs: [...(props.sshAllowedCidrs ?? []), ...(this.bastion?.cidrs ?? [])],
        egressAllowedCidrs: props.egressAllowedCidrs,
        podCidr: this.podCidr,
        secondaryPodCidr: this.secondaryPodCidr,
        serviceSubnetCidr: cni.needsTrunkPorts ? serviceSubnetOf(this.serviceCidr)?.cidr : undefined,
        tags,
      });
    const nodePorts = podPorts(cni, this.podCidr, this.secondaryPodCidr);
    this.apiVirtualAddress =
      api._virtualAddress &&
      new ApiVirtualAddress(this, 'ApiAddress', {
        name: `${clusterName}-api`,
        network: this.network,
        securityGroupId: this.securityGroups.controlPlaneGroupId,
        address: api._virtualAddress.address,
        floatingIp: api.floatingIp,
        floatingIpAddress: api.floatingIpAddress,
        tags,
      });

    const zones = zonesByName(this, 'controlPlane.zones', cloud.zones, props.controlPlane.zones);
    warnOfZones(
      this,
      zones.map((zone) => zone.compute),
      this.controlPlaneReplicas,
    );
    const login = new DataOpenstackIdentityAuthScopeV3(this, 'Login', { name: clusterName });
    const authority = cloudAuthority(this, 'CloudAuthority', cloud.caCertificatePem);
    const controlPlane = new ControlPlane(this, 'ControlPlane', {
      cluster,
      cloudCertificates: authority?.certificates,
      network: this.network,
      securityGroupId: this.securityGroups.controlPlaneGroupId,
      zones,
      podPorts: withVirtualAddress(nodePorts, this.apiVirtualAddress?.vipAddress),
      keepalived: api._virtualAddress,
      tags,
    });
    const sweep = props.sweep ?? ClusterSweep.enabled();
    // The servers depend on it: on destroy the controllers are dead before it looks, and the network still stands.
    const swept = sweep.isEnabled
      ? [
          sweepStep(this, 'Sweep', {
            sweep,
            cloud,
            clusterName,
            projectId: login.projectId,
            kuryr: cni.needsTrunkPorts ? 'also' : 'no',
            names: {
              slotPortId: controlPlane.slots[0].port.resource.id,
              servers: ['control-plane', ...props.workerPools.map((pool) => pool.name)].map((name) => `${clusterName}-${name}`),
            },
            dependsOn: [
              ...this.network.routed,
              ...(this.securityGroups instanceof NodeSecurityGroups ? [this.securityGroups.controlPlaneGroup, this.securityGroups.workerGroup] : []),
            ],
          }),
        ]
      : [];
    const rolls = new ControlPlaneRolls(this, 'Rolls', {
      cluster: props,
      network: this.network,
      projectId: login.projectId,
      slots: controlPlane.slots,
      mtu: { network: this.network.mtu, pods: this.podMtu },
      tags,
    });
    const ports = controlPlane.slots.map((slot) => slot.port);
    this.etcdVolumes = controlPlane.slots.map((slot) => slot.etcdVolume);
    if (this.apiVirtualAddress === undefined) {
      this.apiLoadBalancer = new ApiLoadBalancer(this, 'Api', {
        name: `${clusterName}-api`,
        cloud,
        network: this.network,
        memberPorts: ports,
        allowedCidrs: api.allowedCidrs,
        floatingIp: api.floatingIp,
        floatingIpAddress: api.floatingIpAddress,
        flavorId: api.flavorId,
        availabilityZone: api.availabilityZone,
        idleTimeoutSeconds: api.idleTimeoutSeconds,
        vipAddress: api.vipAddress,
        tags,
      });
    }
    const front = (this.apiVirtualAddress ?? this.apiLoadBalancer)!;
    if (api.dnsZone !== undefined) {
      const zone = api.dnsZone;
      this.apiDnsRecord = new DnsRecord(this, 'ApiRecord', {
        zone,
        name: api.dnsName!,
        addresses: [front.publicAddress ?? front.vipAddress],
        family: front.publicAddress === undefined ? family : IpFamily.V4,
      });
    }
    this.nodeApiEndpoint = { host: front.vipAddress, port: API_PORT };
    this.apiServerAddresses = ports.map((port) => port.address);
    this.trunkPorts = cni.needsTrunkPorts;

    const drain = props.drain ?? WorkerDrain.enabled();
    const token = props.bootstrapToken ?? (drain.isEnabled ? BootstrapToken.renewed() : BootstrapToken.permanent());
    const pki = (props.pki ?? ClusterPki.generated())._bind(this, clusterName, token.generation);
    const registries = ImageRegistries._of(this, this);
    const { barbicanKms, keystone } = props.security ?? {};
    this.keystoneWebhook = keystone && keystoneWebhook(this, 'KeystoneWebhook', keystone, this.serviceCidr, pki);
    this.encryptsByKms = barbicanKms !== undefined;
    const kmsFiles = barbicanKms && barbicanEncryption(this, 'BarbicanKms', { options: barbicanKms, cloud, clusterName, version, registries, login });
    const settings = clusterSettings(props, this, pki, token, registries, front, this.keystoneWebhook);
    const addresses = { vip: front.vipAddress, controlPlane: ports.map((port) => port.address) };
    this.controlPlaneServers = controlPlane.start(settings, pki, addresses, swept, kmsFiles);
    const runner = {
      clusterName,
      caCertificate: pki.caCertificate,
      kubeconfigPath: props.kubeconfigPath,
      isBirth: rolls.isBirth,
      dependsOn: [],
    };
    const reached = drain.isEnabled || token.isRenewed ? [runnerCheck(this, 'RunnerCheck', props.workerPools, drain.onUnreachable, runner)] : [];
    const workers = {
      dependsOn: [...swept, ...reached],
      cluster,
      cloudCertificates: authority?.certificates,
      network: this.network,
      securityGroupId: this.securityGroups.workerGroupId,
      settings,
      pki,
      addresses,
      podPorts: nodePorts,
      tags,
    };
    this.workerPools = props.workerPools.map((pool) => workerPool(this, pool, workers));

    const credential =
      props.cloudCredential ??
      new ControllerCredential(this, 'ControllerCredential', {
        clusterName,
        login,
        roles: props.cloudCredentialRoles,
        generation: props.cloudCredentialGeneration,
        keepPrevious: props.keepPreviousCloudCredential,
      });
    this.openstack = {
      cloud,
      credential,
      externalNetworkId: this.network.externalNetworkId,
      networkId: this.network.networkId,
      subnetId: this.network.subnetId,
      routerId: this.network.routerId,
    };
    const url = apiUrl(props, front, family);
    const gate = props.readyGate ?? ReadyGate.enabled();
    const made = [...this.controlPlaneServers.map((server) => server.resource), ...front.ready];
    const step = gate.isEnabled
      ? new ReadyGateStep(this, 'ReadyGate', {
          gate,
          host: url,
          certifiedName: settings.endpointName,
          caCertificate: pki.caCertificate,
          dependsOn: made,
        })
      : undefined;
    this.ready = step === undefined ? made : [step.step];
    const afterSlots = { ...runner, dependsOn: this.ready };
    rolls.remember([...this.ready, ...(gate.isEnabled ? [rollGate(this, 'RollGate', this.controlPlaneServers, gate, afterSlots)] : [])]);
    const afterWorkers = { ...runner, dependsOn: [...this.ready, ...reached] };
    const registered = token.isRenewed
      ? [
          tokenStep(this, 'WorkerToken', this.workerPools, token, pki.bootstrapToken, drain.onUnreachable, {
            ...afterWorkers,
            host: url,
            certifiedName: settings.endpointName,
          }),
        ]
      : [];
    // It waits for new workers, and they for the token.
    const afterToken = { ...afterWorkers, dependsOn: [...afterWorkers.dependsOn, ...registered] };
    const drains = drain.isEnabled ? drainer(this, 'Drainer', this.workerPools, drain, afterToken) : undefined;
    const servers = this.workerPools.flatMap((pool) => pool.servers);
    const poolZones = props.workerPools.flatMap((pool) => zonesByName(this, `workerPools.${pool.name}.zones`, cloud.zones, pool.zones));
    const checks = new Construct(this, 'Checks');
    new StepResource(checks, 'Plan', {
      ...(drains && drained(this.workerPools, drains)),
      lifecycle: {
        precondition: [
          ...settledFacts(checks, this, factsOf(props, this), [...this.network.routed, front.resource]),
          ...(authority?.preconditions ?? []),
          ...rolls.preconditions,
          ...rolls.workerRules(servers),
          ...planChecks(checks, this, props, [...zones, ...poolZones], login.projectId),
        ],
      },
    });
    this.kubeconfig = clusterAccess(this, clusterName, step?.host ?? url, settings.endpointName, pki);
    // From now on a cluster that gets no pod network is a warning.
    AddonRegistry.of(this);
  }
}
