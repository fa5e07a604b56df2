import { HelmProvider } from '@cdktf/provider-helm/lib/provider';
import { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import { TerraformStack, TerraformVariable } from 'cdktf';
import { Construct } from 'constructs';
import { Cni } from '../../../lib/contracts/cni';
import { ApiAddress, ClusterAccess, ClusterCloud, IKubernetesCluster } from '../../../lib/contracts/kubernetes-cluster';
import { AvailabilityZone, IOpenStackCloud, LoadBalancerProvider } from '../../../lib/contracts/openstack-cloud';
import { KubernetesVersion } from '../../../lib/core/kubernetes-version';
import { literalsOf } from '../../support/expressions';
import { Block, Synthesised, synthStack } from '../../support/synth';

export interface ClusterOptions {
  readonly clusterName?: string;
  readonly version?: KubernetesVersion;
  readonly cni?: Cni;
  readonly podCidr?: string;
  readonly secondaryPodCidr?: string;
  readonly secondaryServiceCidr?: string;
  readonly podMtu?: number;
  readonly controlPlaneReplicas?: number;
  readonly host?: string;
  readonly nodeApiEndpoint?: ApiAddress;
  readonly openstack?: boolean;
  readonly provider?: LoadBalancerProvider;
  readonly zones?: AvailabilityZone[];
  readonly authUrl?: string;
  readonly region?: string;
  readonly caCertificatePem?: string;
  /** @default - a sensitive variable */
  readonly secret?: string;
  /** @default - true: a test of one add-on doesn't install all that it requires */
  readonly imported?: boolean;
  readonly trunkPorts?: boolean;
  /** Whether its router and the addresses of its API servers are known. */
  readonly routed?: boolean;
}

/** A cluster as add-ons see it: what is known at synth is known, what isn't is a variable. */
export class TestCluster extends Construct implements IKubernetesCluster {
  public readonly clusterName: string;
  public readonly version: KubernetesVersion;
  public readonly kubeconfig: ClusterAccess;
  public readonly cni: Cni;
  public readonly podCidr: string;
  public readonly serviceCidr = '10.96.0.0/12';
  public readonly secondaryPodCidr?: string;
  public readonly secondaryServiceCidr?: string;
  public readonly podMtu: number;
  public readonly controlPlaneReplicas: number;
  public readonly nodeApiEndpoint?: ApiAddress;
  public readonly openstack?: ClusterCloud;
  public readonly imported: boolean;
  public readonly trunkPorts?: boolean;
  public readonly apiServerAddresses?: string[];

  constructor(scope: Construct, id: string, options: ClusterOptions = {}) {
    super(scope, id);
    this.clusterName = options.clusterName ?? 'prod';
    this.version = options.version ?? KubernetesVersion.V1_36;
    this.cni = options.cni ?? Cni.cilium();
    this.podCidr = options.podCidr ?? '10.244.0.0/16';
    this.podMtu = options.podMtu ?? 1392;
    this.secondaryPodCidr = options.secondaryPodCidr;
    this.secondaryServiceCidr = options.secondaryServiceCidr;
    this.controlPlaneReplicas = options.controlPlaneReplicas ?? 3;
    this.nodeApiEndpoint = options.nodeApiEndpoint;
    this.imported = options.imported ?? true;
    this.trunkPorts = options.trunkPorts;
    if (options.routed) this.apiServerAddresses = ['10.20.0.11', '10.20.0.12'];
    const variable = (name: string, sensitive = false) => new TerraformVariable(this, name, { type: 'string', sensitive }).stringValue;
    this.kubeconfig = {
      host: options.host ?? 'https://203.0.113.60:6443',
      clusterCaCertificate: variable('Ca', true),
      clientCertificate: variable('Certificate', true),
      clientKey: variable('Key', true),
      rawConfig: variable('RawConfig', true),
    };
    if (options.openstack === false) return;
    this.openstack = {
      cloud: new TestCloud(this, 'Cloud', options),
      credential: {
        applicationCredentialId: variable('CredentialId'),
        applicationCredentialSecret: options.secret ?? variable('CredentialSecret', true),
      },
      externalNetworkId: variable('ExternalNetworkId'),
      networkId: variable('NetworkId'),
      subnetId: variable('SubnetId'),
      ...(options.routed && { routerId: variable('RouterId') }),
    };
  }
}

class TestCloud extends Construct implements IOpenStackCloud {
  public readonly authUrl: string;
  public readonly region: string;
  public readonly externalNetworkName = 'public';
  public readonly zones: AvailabilityZone[];
  public readonly loadBalancerProvider: LoadBalancerProvider;
  public readonly tenantNetworkMtu = 1442;
  public readonly caCertificatePem?: string;
  public readonly ready = [];

  constructor(scope: Construct, id: string, options: ClusterOptions) {
    super(scope, id);
    this.authUrl = options.authUrl ?? 'https://keystone.example.com:5000/v3';
    this.region = options.region ?? 'RegionOne';
    this.zones = options.zones ?? [{ compute: 'nova', volume: 'nova' }];
    this.loadBalancerProvider = options.provider ?? LoadBalancerProvider.AMPHORA;
    this.caCertificatePem = options.caCertificatePem;
  }
}

/** Synthesises a stack that is logged in to a cluster. */
export function synthOn(options: ClusterOptions, build: (stack: TerraformStack, cluster: TestCluster) => void): Synthesised {
  return synthStack((stack) => {
    const cluster = new TestCluster(stack, 'Cluster', options);
    const access = { host: cluster.kubeconfig.host, clientKey: cluster.kubeconfig.clientKey };
    new KubernetesProvider(stack, 'kubernetes', access);
    new HelmProvider(stack, 'helm', { kubernetes: access });
    build(stack, cluster);
  });
}

/** The local value that an expression names, as it stands in the JSON. */
export function local(stack: Synthesised, reference: string): string {
  const name = /^\$\{local\.([\w-]+)\}$/.exec(reference)?.[1];
  const value = name && stack.json.locals?.[name];
  if (typeof value !== 'string') throw new Error(`${reference} is no local value of the stack`);
  return value;
}

/** The values of a Helm release, merged as Helm does; expressions are empty texts. */
export function helmValues(stack: Synthesised, release: Block): Block {
  return (release.values as string[]).map((reference) => JSON.parse(literalsOf(local(stack, reference)))).reduce(merge, {});
}

export function merge(under: Block, over: Block): Block {
  const isMap = (value: unknown): value is Block => typeof value === 'object' && value !== null && !Array.isArray(value);
  return Object.entries(over).reduce(
    (sum, [key, value]) => ({ ...sum, [key]: isMap(value) && isMap(sum[key]) ? merge(sum[key], value) : value }),
    under,
  );
}

/** The release of a name. */
export function releaseOf(stack: Synthesised, name: string): Block {
  const found = Object.values(stack.resources('helm_release')).find((release) => release.name === name);
  if (!found) throw new Error(`there is no release ${name}`);
  return found;
}
