import { SecretV1 } from '@cdktf/provider-kubernetes/lib/secret-v1';
import { TerraformLocal, TerraformResource, TerraformStack } from 'cdktf';
import { Construct, IConstruct } from 'constructs';
import { renderCloudConf } from './cloud-conf';
import {
  CloudConfigBlockStorage,
  CloudConfigGlobal,
  CloudConfigKeyManager,
  CloudConfigLoadBalancer,
  CloudConfigLoadBalancerClass,
  CloudConfigMetadata,
  CloudConfigNetworking,
  CloudConfigRoute,
} from './cloud-config-options';
import { CA_FILE, CERTIFICATE_FILE, CLOUD_CONF_FILE, cloudConfSections, KEY_FILE } from './cloud-config-sections';
import { PodTransport } from '../../../contracts/cni';
import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { plain } from '../../../core/plain';
import { widenProviderRanges } from '../../../core/provider-ranges';
import { TemplateText } from '../../../core/template-text';
import { fail } from '../../../core/validation';
import { requireCloud } from '../private/cloud';

const NAME = 'cloud-config';
const NAMESPACE = 'kube-system';
const SHARED = Symbol.for('cdktf-strata.cloud-config');
const OWNER = Symbol.for('cdktf-strata.cloud-config-owner');

type Holder = IKubernetesCluster & { [SHARED]?: CloudConfig };

/** Properties of CloudConfig. */
export interface CloudConfigProps {
  /** The cluster. Its `openstack` must be known. */
  readonly cluster: IKubernetesCluster;
  /**
   * How the controllers log in.
   * @default - by the cluster's application credential, with the cloud's CA
   */
  readonly global?: CloudConfigGlobal;
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
  /**
   * Pod routes on a Neutron router. Read by the cloud controller if CloudController.ROUTE is among its controllers.
   * @default - where the pod network is routed by Neutron, the nodes' router if the cluster knows it; else none
   */
  readonly route?: CloudConfigRoute;
  /**
   * The key that encrypts the cluster's secrets. Read by the Barbican KMS plugin alone.
   * @default - none
   */
  readonly keyManager?: CloudConfigKeyManager;
}

/**
 * The cloud.conf of a cluster's controllers: how they log in to OpenStack, and how they make load balancers and volumes.
 *
 * A cluster has one, in whichever stack. Add-ons share it, and make it with its defaults unless you made it before them. Options are all that
 * cloud-provider-openstack 1.34 to 1.36 parses, but for logins by a token, which ends within hours, and by a clouds.yaml on the nodes.
 *
 * Creates the Secret `cloud-config` in `kube-system`, with the keys `cloud.conf` and, where there are such, `ca.crt`, `client.crt` and `client.key`.
 * Errors: a cluster whose OpenStack isn't known, a second CloudConfig for a cluster, options that the cloud's load-balancer provider doesn't have,
 * incomplete logins, empty texts, and texts that the controllers' parser can't hold.
 */
export class CloudConfig extends Construct {
  /**
   * The cluster's CloudConfig, made with its defaults in the scope's stack if there is none yet. What is in another stack comes after that one.
   * @internal
   */
  public static _shared(scope: IConstruct, cluster: IKubernetesCluster): CloudConfig {
    claimStack(scope, cluster);
    const stack = TerraformStack.of(scope);
    const config = (cluster as Holder)[SHARED] ?? new CloudConfig(stack, 'CloudConfig', { cluster });
    const home = TerraformStack.of(config);
    if (home !== stack) stack.addDependency(home);
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

  /**
   * Whether it names a router for pod routes.
   * @internal
   */
  public readonly _hasRoute: boolean;

  constructor(scope: Construct, id: string, props: CloudConfigProps) {
    super(scope, id);
    const { cni, openstack } = props.cluster;
    const routerId = cni.podTransport === PodTransport.NEUTRON_ROUTES ? openstack?.routerId : undefined;
    const route = props.route ?? (routerId === undefined ? undefined : { routerId: plain(routerId) });
    this._hasRoute = route !== undefined;
    this.takePlace(props.cluster);
    widenProviderRanges(this);
    const { sections, files } = cloudConfSections(this, requireCloud(this, props.cluster), { ...props, route });
    const text = new TemplateText(this, 'CloudConf', { parts: [renderCloudConf(this, sections)] });
    const secret = new SecretV1(this, 'Secret', {
      metadata: {
        name: NAME,
        namespace: NAMESPACE,
        labels: { 'app.kubernetes.io/managed-by': 'terraform', 'app.kubernetes.io/part-of': 'cloud-provider-openstack' },
      },
      type: 'Opaque',
      data: { [CLOUD_CONF_FILE]: text.value, ...files },
    });
    this.resource = secret;
    // What changes in any of the files restarts their readers.
    const others = [files[CA_FILE], files[CERTIFICATE_FILE], files[KEY_FILE]].filter((file) => file !== undefined);
    const whole = others.length === 0 ? text : new TemplateText(this, 'Content', { parts: [text.value, ...others] });
    // A value of its own: what another stack reads is the hash, not what it is of.
    this.checksum = new TerraformLocal(this, 'Checksum', plain(whole.sha256)).asString;
  }

  /**
   * What makes a reader in the scope's stack wait for it, and restart when it changes.
   * @internal
   */
  public _for(scope: IConstruct): { readonly dependsOn: TerraformResource[]; readonly podAnnotations: { readonly [name: string]: string } } {
    const here = TerraformStack.of(scope) === TerraformStack.of(this);
    // What crosses stacks is sensitive, and would hide all values of the chart.
    return { dependsOn: here ? [this.resource] : [], podAnnotations: { 'checksum/cloud-config': here ? this.checksum : plain(this.checksum) } };
  }

  private takePlace(cluster: IKubernetesCluster): void {
    const other = (cluster as Holder)[SHARED];
    if (other) {
      fail(this, {
        problem: `a cluster has one CloudConfig, and ${cluster.clusterName} has ${other.node.path}`,
        fix: 'make it before the add-ons, which otherwise make one with the defaults',
      });
    }
    claimStack(this, cluster);
    Object.defineProperty(cluster, SHARED, { value: this });
  }
}

/** A stack's providers are logged in to one cluster. */
function claimStack(where: IConstruct, cluster: IKubernetesCluster): void {
  const stack = TerraformStack.of(where) as TerraformStack & { [OWNER]?: IKubernetesCluster };
  if (stack[OWNER] === undefined) Object.defineProperty(stack, OWNER, { value: cluster });
  if (stack[OWNER] === cluster) return;
  fail(where, {
    problem: `this stack has the add-ons of another cluster, ${stack[OWNER]!.clusterName}`,
    value: cluster.clusterName,
    fix: "give each cluster's add-ons a stack of their own: its providers are logged in to one cluster",
  });
}
