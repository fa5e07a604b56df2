import { HelmProvider } from '@cdktf/provider-helm/lib/provider';
import { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import { Testing, TerraformStack, TerraformVariable } from 'cdktf';
import { IBareMetalPool } from '../../../../lib/contracts/bare-metal-pool';
import { Cni } from '../../../../lib/contracts/cni';
import { Host, HostNetwork } from '../../../../lib/contracts/host';
import { IKubernetesCluster } from '../../../../lib/contracts/kubernetes-cluster';
import { KvmProfile } from '../../../../lib/contracts/kvm-profile';
import { KubernetesVersion } from '../../../../lib/core/kubernetes-version';
import { OpenStackRelease } from '../../../../lib/core/openstack-release';
import { KubernetesCluster } from '../../../../lib/kubernetes/kubernetes-cluster';
import { OpenStackHelmEndpoints, OpenStackHelmOptions } from '../../../../lib/openstack/engines/openstack-helm/openstack-helm-options';
import { OpenStackControlPlane, OpenStackControlPlaneProps } from '../../../../lib/openstack/openstack-control-plane';
import { OpenStackEngine } from '../../../../lib/openstack/openstack-engine';
import { Synthesised, synthStack } from '../../../support/synth';
import { NETWORKS, TestPool, threeByThree } from '../../pool';

export interface Given {
  readonly pool?: IBareMetalPool;
  readonly cluster?: IKubernetesCluster;
  readonly hosts?: (hosts: Host[]) => Host[];
  readonly networks?: (networks: HostNetwork[]) => HostNetwork[];
  readonly kvm?: KvmProfile;
  readonly options?: Partial<OpenStackHelmOptions>;
  readonly podCidr?: string;
  readonly props?: Partial<OpenStackControlPlaneProps>;
}

/** Of the charts whose published versions nobody has told us, as a user gives them. */
export const VERSIONS = { mariadb: '2026.1.9+0123456ab', rabbitmq: '2026.1.9+0123456ab', ovn: '2026.1.9+0123456ab' };

export function make(stack: TerraformStack, given: Given = {}): OpenStackControlPlane {
  new KubernetesProvider(stack, 'Kubernetes', { configPath: '~/.kube/config' });
  new HelmProvider(stack, 'Helm', { kubernetes: { configPath: '~/.kube/config' } });
  const pool = given.pool ?? new TestPool(stack, given.hosts?.(threeByThree()), given.networks?.(NETWORKS), given.kvm);
  const cluster =
    given.cluster ??
    KubernetesCluster.fromKubeconfig(stack, 'Under', {
      clusterName: 'under',
      version: KubernetesVersion.V1_36,
      host: 'https://10.10.0.5:6443',
      clusterCaCertificate: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
      clientCertificate: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
      clientKey: new TerraformVariable(stack, 'client_key', { sensitive: true }).stringValue,
      cni: Cni.calico(),
      podCidr: given.podCidr ?? '10.244.0.0/16',
      serviceCidr: '10.96.0.0/16',
      podMtu: 1450,
    });
  const options: OpenStackHelmOptions = {
    release: OpenStackRelease.V2026_1,
    cluster,
    domain: 'cloud.example.com',
    endpoints: OpenStackHelmEndpoints.gateway('envoy'),
    chartVersions: VERSIONS,
    ...given.options,
  };
  return new OpenStackControlPlane(stack, 'OpenStack', { pool, engine: OpenStackEngine.openStackHelm(options), ...given.props });
}

export const cloud = (given: Given = {}): OpenStackControlPlane => make(new TerraformStack(Testing.app(), 'metal'), given);
export const synth = (given: Given = {}): Synthesised => synthStack((stack) => void make(stack, given));
