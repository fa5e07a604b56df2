import { HelmProvider } from '@cdktf/provider-helm/lib/provider';
import { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import { Annotations, Fn, TerraformStack, TerraformVariable } from 'cdktf';
import { Construct } from 'constructs';
import { checkCapacity, clusterNeed, ServerNeed } from './cluster-need';
import { clusterQuota } from './cluster-quota';
import { PlatformExternalNetwork, PlatformKubernetes, PlatformNodeImage } from './platform-options';
import { makeStacks, StackName } from './platform-stacks';
import { BareMetalPool } from '../bare-metal/bare-metal-pool';
import { HostInventory } from '../bare-metal/host-inventory';
import { Provisioner } from '../bare-metal/provisioner';
import { IBareMetalPool } from '../contracts/bare-metal-pool';
import { ClusterAccess, IKubernetesCluster } from '../contracts/kubernetes-cluster';
import { KvmProfile } from '../contracts/kvm-profile';
import { NodeImage } from '../contracts/node-image';
import { IOpenStackCloud, LoadBalancerProvider } from '../contracts/openstack-cloud';
import { ClusterChart, ClusterImage } from '../core/cluster-image';
import { widenProviderRanges } from '../core/provider-ranges';
import { describe, fail } from '../core/validation';
import { CinderCsi } from '../kubernetes/addons/cinder-csi/cinder-csi';
import { ClusterAddons } from '../kubernetes/addons/cluster-addons/cluster-addons';
import { OpenStackCloudController } from '../kubernetes/addons/openstack-cloud-controller/openstack-cloud-controller';
import { PodNetwork } from '../kubernetes/addons/pod-network/pod-network';
import { ApiEndpoint } from '../kubernetes/api-endpoint';
import { K8sOnNova } from '../kubernetes/k8s-on-nova';
import { ExistingClusterFacts, KubernetesCluster } from '../kubernetes/kubernetes-cluster';
import { hostsByZone } from '../openstack/foundation/compute-zones';
import { ExternalNetwork } from '../openstack/foundation/external-network';
import { Flavor } from '../openstack/foundation/flavor';
import { HostAggregate } from '../openstack/foundation/host-aggregate';
import { DiskFormat, Image } from '../openstack/foundation/image';
import { Project } from '../openstack/foundation/project';
import { OpenStackCloud, OpenStackCloudAttributes } from '../openstack/openstack-cloud';
import { OpenStackControlPlane } from '../openstack/openstack-control-plane';
import { OpenStackEngine } from '../openstack/openstack-engine';
import { OpenstackProvider } from '../providers/openstack/provider';

/** Properties of OpenStackKubernetesPlatform. Exactly one of `inventory`, `cloud` and `existingCluster` says at which layer one enters. */
export interface OpenStackKubernetesPlatformProps {
  /**
   * Enter at layer 1: the hosts. Goes with `provisioner`, `engine` and `externalNetwork`.
   * @default - entered at a higher layer
   */
  readonly inventory?: HostInventory;
  /**
   * How the hosts come to have an operating system.
   * @default - required with `inventory`
   */
  readonly provisioner?: Provisioner;
  /**
   * The KVM layer of the compute hosts.
   * @default KvmProfile.default()
   */
  readonly kvm?: KvmProfile;
  /**
   * What puts OpenStack on the hosts.
   * @default - required with `inventory`
   */
  readonly engine?: OpenStackEngine;
  /**
   * Who implements load balancers on the cloud that is made.
   * @default - the engine's own choice
   */
  readonly loadBalancerProvider?: LoadBalancerProvider;
  /**
   * The external network that the cloud stack makes.
   * @default - required with `inventory`
   */
  readonly externalNetwork?: PlatformExternalNetwork;
  /**
   * An entry of your own clouds.yaml with which the cloud stack logs in as administrator.
   * @default - what the metal stack has fetched from the deployment host
   */
  readonly adminCloud?: string;
  /**
   * Path, on the machine that runs Terraform, of the CA certificate that signed the API endpoints' certificates. With `inventory` it reaches the
   * cluster's controllers as well. With `cloud`, give `cloud.caCertificatePem` for them.
   * @default - with `inventory`, the engine's own CA, which the metal stack has fetched; with `cloud`, a CA that every system trusts
   */
  readonly caCertificatePath?: string;
  /**
   * Name of the project that the cluster is in, and of its user.
   * @default - the id of the platform
   */
  readonly projectName?: string;
  /**
   * Whether the password of the project's user is brought as the sensitive variable `project_password` of the cloud stack, out of a vault for example.
   * @default - false: a random one is made
   */
  readonly projectPasswordFromVariable?: boolean;
  /**
   * Enter at layer 3: a cloud that is there. The stacks `metal` and `cloud` are left out; flavors and image must be there.
   * @default - entered at another layer
   */
  readonly cloud?: OpenStackCloudAttributes;
  /**
   * The entry of clouds.yaml with which the cluster stack logs in to `cloud`, as a user of the project that the cluster is to be in.
   * @default - required with `cloud`
   */
  readonly cloudEntry?: string;
  /**
   * The cluster on servers of the cloud.
   * @default - required, unless `existingCluster` is given
   */
  readonly kubernetes?: PlatformKubernetes;
  /**
   * Enter at layer 5: a cluster that is there, with its add-ons. Only the stack `workloads` is made; it takes the client key as its sensitive variable
   * `kubernetes_client_key`.
   * @default - entered at another layer
   */
  readonly existingCluster?: ExistingClusterFacts;
}

/**
 * Everything from an inventory of hosts to a Kubernetes cluster that is ready for applications, in five stacks:
 *
 * `<id>-metal` (hosts, KVM, OpenStack) → `<id>-cloud` (as administrator: flavors, image, external network, project with its quota and user) →
 * `<id>-cluster` (as that user: network, servers, load balancer, PKI, the ready gate) → `<id>-addons` (pod network, cloud controller, Cinder CSI) →
 * `<id>-workloads` (yours).
 *
 * Entered at a higher layer, the stacks below are left out. Every stack can be added to, and given a backend of its own.
 */
export class OpenStackKubernetesPlatform extends Construct {
  /** Hosts, KVM and OpenStack itself. Not there when the cloud or the cluster was given. */
  public readonly metalStack?: TerraformStack;
  /** What an administrator makes in the cloud. Not there when the cloud or the cluster was given. */
  public readonly cloudStack?: TerraformStack;
  /** Servers and the cluster on them. Not there when the cluster was given. */
  public readonly clusterStack?: TerraformStack;
  /** What runs in every cluster. Not there when the cluster was given. */
  public readonly addonsStack?: TerraformStack;
  /** For your applications. Its kubernetes provider logs in to the cluster. */
  public readonly workloadsStack: TerraformStack;
  /** The hosts, if the platform was entered there. */
  public readonly pool?: IBareMetalPool;
  /** The cloud, unless a cluster was given. */
  public readonly openstack?: IOpenStackCloud;
  /** The project that the cluster is in, if it was made here. */
  public readonly project?: Project;
  /** The cluster. */
  public readonly cluster: IKubernetesCluster;

  constructor(scope: Construct, id: string, props: OpenStackKubernetesPlatformProps) {
    super(scope, id);
    const entry = entryOf(this, props);
    const stacks = makeStacks(this, entry);
    this.addonsStack = stacks.addons;
    this.workloadsStack = stacks.workloads!;
    this.metalStack = stacks.metal;
    this.cloudStack = stacks.cloud;
    this.clusterStack = stacks.cluster;

    if (entry === 'metal') {
      this.pool = new BareMetalPool(stacks.metal!, 'Pool', {
        inventory: required(this, props, 'inventory'),
        provisioner: required(this, props, 'provisioner'),
        kvm: props.kvm,
      });
      const controlPlane = new OpenStackControlPlane(stacks.metal!, 'OpenStack', {
        pool: this.pool,
        engine: required(this, props, 'engine'),
        externalNetworkName: required(this, props, 'externalNetwork').name,
        loadBalancerProvider: props.loadBalancerProvider,
        // For the controllers inside the cluster; the providers of Terraform take the path.
        caCertificatePem: props.caCertificatePath === undefined ? undefined : Fn.file(Fn.pathexpand(props.caCertificatePath)),
      });
      this.openstack = controlPlane;
      this.warnOfDefaults(props, controlPlane);
      this.project = this.furnishCloud(stacks.cloud!, props, this.pool, controlPlane);
      this.logInAsProject(stacks.cluster!, props, controlPlane, this.project);
    } else if (entry === 'cluster') {
      this.openstack = OpenStackCloud.fromCloudAttributes(stacks.cluster!, 'Cloud', props.cloud!);
      new OpenstackProvider(stacks.cluster!, 'OpenStack', { cloud: required(this, props, 'cloudEntry'), cacertFile: props.caCertificatePath });
    }

    if (this.openstack === undefined) {
      this.cluster = adoptCluster(this.workloadsStack, props.existingCluster!);
    } else {
      this.cluster = this.makeCluster(stacks.cluster!, props, this.openstack);
      installAddons(stacks.addons!, this.cluster);
    }
    logIn(this.workloadsStack, this.cluster.kubeconfig);
  }

  /**
   * Every image that the cluster runs: Kubernetes' own and the add-ons', those that you have added among them. The output `images` of the add-ons' stack
   * has them with all charts. What a site without the internet must have; `ImageRegistries.replace` says where it has them.
   */
  public get images(): ClusterImage[] {
    return ClusterAddons.of(this.cluster).images;
  }

  /** Every chart that is installed on the cluster. */
  public get charts(): ClusterChart[] {
    return ClusterAddons.of(this.cluster).charts;
  }

  /** The same as `workloadsStack`. */
  public get workloads(): TerraformStack {
    return this.workloadsStack;
  }

  /** What deploys, and then doesn't work on many hosts. */
  private warnOfDefaults(props: OpenStackKubernetesPlatformProps, { dnsServers }: OpenStackControlPlane): void {
    if (props.kubernetes !== undefined && props.kubernetes.dnsNameservers === undefined && dnsServers === undefined) {
      Annotations.of(this.metalStack!).addWarning(
        describe(this, {
          problem:
            'nobody says which name servers the cloud gives its servers: OVN then names the resolver of the control hosts, on many systems 127.0.0.53',
          fix: 'give dnsServers to the engine, or kubernetes.dnsNameservers',
        }),
      );
    }
  }

  /** What only an administrator can make: flavors, image, external network, and the project with its user. */
  private furnishCloud(stack: TerraformStack, props: OpenStackKubernetesPlatformProps, pool: IBareMetalPool, cloud: OpenStackControlPlane): Project {
    const kubernetes = required(this, props, 'kubernetes');
    const servers = serversOf(kubernetes);
    const need = clusterNeed(servers);
    checkCapacity(this, need, pool.capacity, pool.kvm.cpuAllocationRatio);

    const login = props.adminCloud === undefined ? cloud.adminLogin : { cloud: props.adminCloud };
    new OpenstackProvider(stack, 'OpenStack', { ...login, cacertFile: props.caCertificatePath ?? cloud.caCertificatePath });
    const { reservedAddresses } = cloud;
    new ExternalNetwork(stack, 'ExternalNetwork', { ...required(this, props, 'externalNetwork'), reservedAddresses });
    // Nova knows a zone once an aggregate names it; hosts that are in none are in "nova".
    for (const [zone, hosts] of hostsByZone(this, pool)) new HostAggregate(stack, `Zone-${zone}`, { name: zone, zone, hosts });
    const made = new Set<string>();
    for (const { flavor } of servers) {
      if (flavor.size === undefined || made.has(flavor.name)) continue;
      made.add(flavor.name);
      new Flavor(stack, `Flavor-${flavor.name}`, { size: flavor });
    }
    if (kubernetes.nodeImage === undefined) {
      const { checksum, localFilePath, sourceUrl, diskFormat } = kubernetes.nodeImageSource ?? imageFromVariables(stack);
      new Image(stack, 'NodeImage', { name: imageName(kubernetes), checksum, localFilePath, sourceUrl, diskFormat: diskFormat ?? DiskFormat.QCOW2 });
    }
    const name = props.projectName ?? this.node.id;
    const userPassword = props.projectPasswordFromVariable
      ? new TerraformVariable(stack, 'project_password', { type: 'string', sensitive: true, description: `Password of the user of project ${name}` })
          .stringValue
      : undefined;
    const adminAccess = props.adminCloud === undefined ? cloud.adminAccess : { cloud: props.adminCloud };
    return new Project(stack, 'Project', { name, userName: name, userPassword, quota: clusterQuota(kubernetes), adminAccess });
  }

  /** The cluster's stack logs in as the project's user, not as administrator. */
  private logInAsProject(stack: TerraformStack, props: OpenStackKubernetesPlatformProps, cloud: OpenStackControlPlane, project: Project): void {
    new OpenstackProvider(stack, 'OpenStack', {
      authUrl: cloud.authUrl,
      region: cloud.region,
      tenantName: project.projectName,
      userName: project.userName,
      password: project.password,
      userDomainName: 'Default',
      projectDomainName: 'Default',
      cacertFile: props.caCertificatePath ?? cloud.caCertificatePath,
    });
  }

  private makeCluster(stack: TerraformStack, props: OpenStackKubernetesPlatformProps, cloud: IOpenStackCloud): IKubernetesCluster {
    const { nodeImageSource, nodeImageName, ...options } = required(this, props, 'kubernetes');
    return new K8sOnNova(stack, 'Kubernetes', {
      ...options,
      cloud,
      clusterName: options.clusterName ?? this.node.id,
      nodeImage: options.nodeImage ?? NodeImage.byName(imageName(required(this, props, 'kubernetes'))),
      api: options.api ?? ApiEndpoint.octavia(),
    });
  }
}

function adoptCluster(stack: TerraformStack, facts: ExistingClusterFacts): IKubernetesCluster {
  const clientKey = new TerraformVariable(stack, 'kubernetes_client_key', {
    type: 'string',
    sensitive: true,
    description: `Client key of cluster ${facts.clusterName}, PEM`,
  });
  return KubernetesCluster.fromKubeconfig(stack, 'Cluster', { ...facts, clientKey: clientKey.stringValue });
}

/** What every cluster on OpenStack needs before an application can run. */
function installAddons(stack: TerraformStack, cluster: IKubernetesCluster): void {
  logIn(stack, cluster.kubeconfig);
  const { host, tlsServerName, clusterCaCertificate, clientCertificate, clientKey } = cluster.kubeconfig;
  new HelmProvider(stack, 'Helm', { kubernetes: { host, tlsServerName, clusterCaCertificate, clientCertificate, clientKey } });
  new PodNetwork(stack, 'PodNetwork', { cluster });
  new OpenStackCloudController(stack, 'CloudController', { cluster });
  new CinderCsi(stack, 'CinderCsi', { cluster });
  ClusterAddons.of(cluster).output(stack, 'images');
}

/** The kubernetes provider of a stack. */
function logIn(stack: TerraformStack, access: ClusterAccess): void {
  const { host, tlsServerName, clusterCaCertificate, clientCertificate, clientKey } = access;
  new KubernetesProvider(stack, 'Kubernetes', { host, tlsServerName, clusterCaCertificate, clientCertificate, clientKey });
  widenProviderRanges(stack);
}

/** The lowest stack that there will be. */
function entryOf(platform: Construct, props: OpenStackKubernetesPlatformProps): StackName {
  const given = (['inventory', 'cloud', 'existingCluster'] as const).filter((name) => props[name] !== undefined);
  if (given.length !== 1) {
    fail(platform, {
      problem: 'a platform is entered at exactly one layer: inventory (bare metal), cloud (an OpenStack that is there) or existingCluster',
      value: given.length === 0 ? undefined : given.join(' and '),
      fix: given.length === 0 ? 'give one of them' : 'leave the others out',
    });
  }
  return ({ inventory: 'metal', cloud: 'cluster', existingCluster: 'workloads' } as const)[given[0]];
}

function required<K extends keyof OpenStackKubernetesPlatformProps>(
  platform: Construct,
  props: OpenStackKubernetesPlatformProps,
  name: K,
): NonNullable<OpenStackKubernetesPlatformProps[K]> {
  return props[name] ?? fail(platform, { problem: `${name} is missing`, fix: 'a platform that is entered at this layer needs it' });
}

function serversOf({ controlPlane, workerPools }: PlatformKubernetes): ServerNeed[] {
  return [{ count: controlPlane.replicas, flavor: controlPlane.flavor }, ...workerPools.map(({ replicas, flavor }) => ({ count: replicas, flavor }))];
}

function imageName({ version, nodeImageName }: PlatformKubernetes): string {
  return nodeImageName ?? `k8s-node-${version.version}`;
}

/** Nobody but the user can know where the image is: it is asked for when the cloud stack is planned. */
function imageFromVariables(stack: TerraformStack): PlatformNodeImage {
  const path = new TerraformVariable(stack, 'node_image_path', {
    type: 'string',
    description: 'Path of the node image (qcow2) on this machine: with cloud-init, containerd, kubelet, kubeadm and kubectl inside',
  });
  const sha512 = new TerraformVariable(stack, 'node_image_sha512', { type: 'string', description: 'SHA-512 of the node image, in hex' });
  return { localFilePath: path.stringValue, checksum: `sha512:${sha512.stringValue}` };
}
