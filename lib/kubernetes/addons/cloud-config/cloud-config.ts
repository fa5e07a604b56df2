import { SecretV1 } from '@cdktf/provider-kubernetes/lib/secret-v1';
import { TerraformResource, TerraformStack } from 'cdktf';
import { Construct, IConstruct } from 'constructs';
import { renderCloudConf, Section } from './cloud-conf';
import { checkBlockStorage, checkLoadBalancer, checkLoadBalancerClasses, checkMetadata, checkNetworking, MONITOR } from './cloud-config-checks';
import {
  CloudConfigBlockStorage,
  CloudConfigLoadBalancer,
  CloudConfigLoadBalancerClass,
  CloudConfigMetadata,
  CloudConfigNetworking,
  LoadBalancerMethod,
} from './cloud-config-options';
import { storageTopology } from './storage-topology';
import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { LoadBalancerProvider } from '../../../contracts/openstack-cloud';
import { plain } from '../../../core/plain';
import { widenProviderRanges } from '../../../core/provider-ranges';
import { TemplateText } from '../../../core/template-text';
import { fail } from '../../../core/validation';
import { requireCloud } from '../private/cloud';

/** Both charts mount the Secret here. */
const MOUNT = '/etc/config';
const FILE = 'cloud.conf';
const CA_FILE = 'ca.crt';
const NAME = 'cloud-config';
const NAMESPACE = 'kube-system';
const SHARED = Symbol.for('cdktf-strata.cloud-config');

/** Properties of CloudConfig. */
export interface CloudConfigProps {
  /** The cluster. Its `openstack` must be known. */
  readonly cluster: IKubernetesCluster;
  /**
   * Which of a server's addresses are a node's.
   * @default - all
   */
  readonly networking?: CloudConfigNetworking;
  /**
   * Defaults of Services of type LoadBalancer.
   * @default - the cloud's provider, the cluster's networks, members are checked
   */
  readonly loadBalancer?: CloudConfigLoadBalancer;
  /**
   * Classes of floating IPs that Services can choose from.
   * @default - none
   */
  readonly loadBalancerClasses?: CloudConfigLoadBalancerClass[];
  /**
   * Volumes.
   * @default - 24 volumes a node, zones as the cloud has them
   */
  readonly blockStorage?: CloudConfigBlockStorage;
  /**
   * How controllers learn about their own server.
   * @default - as they do by themselves
   */
  readonly metadata?: CloudConfigMetadata;
}

/**
 * The cloud.conf of a cluster's controllers: how they log in to OpenStack, and how they make load balancers and volumes.
 *
 * There is one in a stack. OpenStackCloudController and CinderCsi share it, and make it with its defaults unless you made it before them.
 * Options are those of cloud-provider-openstack 1.34 to 1.36.
 *
 * Creates the Secret `cloud-config` in `kube-system`, with the keys `cloud.conf` and, if the cloud has a CA of its own, `ca.crt`.
 * Errors: a cluster whose OpenStack isn't known, a second CloudConfig in a stack, options that the cloud's load-balancer provider doesn't have.
 */
export class CloudConfig extends Construct {
  /**
   * The stack's CloudConfig, made with its defaults if there is none yet.
   * @internal
   */
  public static _shared(scope: IConstruct, cluster: IKubernetesCluster): CloudConfig {
    const stack = TerraformStack.of(scope) as TerraformStack & { [SHARED]?: CloudConfig };
    const config = stack[SHARED] ?? new CloudConfig(stack, 'CloudConfig', { cluster });
    if (config.cluster !== cluster) {
      fail(scope, {
        problem: `this stack has the cloud.conf of another cluster, ${config.cluster.clusterName}`,
        value: cluster.clusterName,
        fix: "give each cluster's add-ons a stack of their own: its providers are logged in to one cluster",
      });
    }
    return config;
  }

  /** Name of the Secret. */
  public readonly secretName: string = NAME;
  /** Namespace of the Secret. */
  public readonly namespaceName: string = NAMESPACE;
  /** The L1 `kubernetes_secret_v1`. */
  public readonly resource: TerraformResource;
  /** SHA-256 of the content. As an annotation of pods it restarts them when a credential changes, which the storage driver needs. */
  public readonly checksum: string;

  private readonly cluster: IKubernetesCluster;

  constructor(scope: Construct, id: string, props: CloudConfigProps) {
    super(scope, id);
    this.cluster = props.cluster;
    this.takePlace();
    widenProviderRanges(this);
    const ca = requireCloud(this, props.cluster).cloud.caCertificatePem;
    const text = new TemplateText(this, 'CloudConf', { parts: [renderCloudConf(this, this.sections(props))] });
    const secret = new SecretV1(this, 'Secret', {
      metadata: {
        name: NAME,
        namespace: NAMESPACE,
        labels: { 'app.kubernetes.io/managed-by': 'terraform', 'app.kubernetes.io/part-of': 'cloud-provider-openstack' },
      },
      type: 'Opaque',
      data: { [FILE]: text.value, ...(ca === undefined ? {} : { [CA_FILE]: ca }) },
    });
    this.resource = secret;
    this.checksum = plain(text.sha256);
  }

  private takePlace(): void {
    const stack = TerraformStack.of(this) as TerraformStack & { [SHARED]?: CloudConfig };
    const other = stack[SHARED];
    if (other) {
      fail(this, {
        problem: `a stack has one CloudConfig, and this one has ${other.node.path}`,
        fix: 'make it before the add-ons, which otherwise make one with the defaults',
      });
    }
    stack[SHARED] = this;
  }

  private sections(props: CloudConfigProps): Section[] {
    const { cloud, credential, externalNetworkId, subnetId } = requireCloud(this, props.cluster);
    const { networking = {}, loadBalancer = {}, loadBalancerClasses = [], blockStorage = {}, metadata = {} } = props;
    const provider = loadBalancer.provider ?? cloud.loadBalancerProvider;
    const ovn = provider === LoadBalancerProvider.OVN;
    const monitor = { ...MONITOR, ...loadBalancer.monitor };

    checkNetworking(this, networking);
    checkLoadBalancer(this, loadBalancer, provider);
    checkLoadBalancerClasses(this, loadBalancerClasses);
    checkBlockStorage(this, blockStorage);
    checkMetadata(this, metadata);

    return [
      {
        name: 'Global',
        values: {
          'auth-url': cloud.authUrl,
          region: cloud.region,
          'application-credential-id': credential.applicationCredentialId,
          'application-credential-secret': credential.applicationCredentialSecret,
          'ca-file': cloud.caCertificatePem === undefined ? undefined : `${MOUNT}/${CA_FILE}`,
        },
      },
      {
        name: 'Networking',
        values: {
          'internal-network-name': networking.internalNetworkNames,
          'public-network-name': networking.publicNetworkNames,
          'address-sort-order': list(networking.addressSortOrder),
          'ipv6-support-disabled': networking.ipv6SupportDisabled,
        },
      },
      {
        name: 'LoadBalancer',
        values: {
          enabled: loadBalancer.enabled ?? true,
          'lb-provider': provider,
          'lb-method': loadBalancer.method ?? (ovn ? LoadBalancerMethod.SOURCE_IP_PORT : LoadBalancerMethod.ROUND_ROBIN),
          'floating-network-id': loadBalancer.floatingNetworkId ?? externalNetworkId,
          'floating-subnet-id': loadBalancer.floatingSubnetId,
          'floating-subnet': loadBalancer.floatingSubnet,
          'floating-subnet-tags': list(loadBalancer.floatingSubnetTags),
          'subnet-id': loadBalancer.networkId === undefined ? (loadBalancer.subnetId ?? subnetId) : undefined,
          'network-id': loadBalancer.networkId,
          'member-subnet-id': loadBalancer.memberSubnetId ?? (loadBalancer.networkId === undefined ? undefined : subnetId),
          'flavor-id': loadBalancer.flavorId,
          'availability-zone': loadBalancer.availabilityZone,
          'internal-lb': loadBalancer.internal,
          'create-monitor': loadBalancer.createMonitor ?? true,
          'monitor-delay': `${monitor.delaySeconds}s`,
          'monitor-timeout': `${monitor.timeoutSeconds}s`,
          'monitor-max-retries': monitor.maxRetries,
          'monitor-max-retries-down': monitor.maxRetriesDown,
          'manage-security-groups': loadBalancer.manageSecurityGroups,
          'max-shared-lb': loadBalancer.maxSharedLoadBalancers,
          'node-selector': list(Object.entries(loadBalancer.nodeSelector ?? {}).map(([key, value]) => (value === '' ? key : `${key}=${value}`))),
          'enable-ingress-hostname': loadBalancer.enableIngressHostname,
          'default-tls-container-ref': loadBalancer.defaultTlsContainerRef,
        },
      },
      ...loadBalancerClasses.map((kind) => ({
        name: 'LoadBalancerClass',
        subsection: kind.name,
        values: {
          'floating-network-id': kind.floatingNetworkId,
          'floating-subnet-id': kind.floatingSubnetId,
          'floating-subnet': kind.floatingSubnet,
          'floating-subnet-tags': list(kind.floatingSubnetTags),
          'network-id': kind.networkId,
          'subnet-id': kind.subnetId,
        },
      })),
      {
        name: 'BlockStorage',
        values: {
          'node-volume-attach-limit': blockStorage.nodeVolumeAttachLimit ?? 24,
          'rescan-on-resize': blockStorage.rescanOnResize,
          'ignore-volume-az': blockStorage.ignoreVolumeAz ?? storageTopology(cloud.zones).ignoreVolumeAz,
          'ignore-volume-microversion': blockStorage.ignoreVolumeMicroversion,
        },
      },
      {
        name: 'Metadata',
        values: {
          'search-order': list(metadata.searchOrder),
          'request-timeout': metadata.requestTimeoutSeconds === undefined ? undefined : `${metadata.requestTimeoutSeconds}s`,
        },
      },
    ];
  }
}

/** Several values in one, as the controllers take them. */
function list(values: readonly string[] | undefined): string | undefined {
  return values === undefined || values.length === 0 ? undefined : values.join(',');
}
