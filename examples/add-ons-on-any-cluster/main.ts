import { HelmProvider } from '@cdktf/provider-helm/lib/provider';
import { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import { App, TerraformStack, TerraformVariable } from 'cdktf';
import {
  CinderCsi,
  ClusterAddons,
  Cni,
  ControllerCredential,
  KubernetesCluster,
  KubernetesVersion,
  LoadBalancerProvider,
  ManilaCsi,
  OpenStackCloud,
  OpenStackCloudController,
} from 'cdktf-strata';
import { DataOpenstackNetworkingNetworkV2 } from 'cdktf-strata/lib/providers/openstack/data-openstack-networking-network-v2';
import { DataOpenstackNetworkingSubnetV2 } from 'cdktf-strata/lib/providers/openstack/data-openstack-networking-subnet-v2';
import { OpenstackProvider } from 'cdktf-strata/lib/providers/openstack/provider';

const app = new App();
const stack = new TerraformStack(app, 'addons');

// The cloud, as the user in whose project the cluster's servers are. `prod` is an entry of clouds.yaml.
new OpenstackProvider(stack, 'OpenStack', { cloud: 'prod' });
const cloud = OpenStackCloud.fromCloudAttributes(stack, 'Cloud', {
  authUrl: 'https://keystone.example.com:5000/v3',
  region: 'RegionOne',
  externalNetworkName: 'public',
  zones: [{ compute: 'nova', volume: 'nova' }],
  loadBalancerProvider: LoadBalancerProvider.AMPHORA,
  tenantNetworkMtu: 1442,
});
const external = new DataOpenstackNetworkingNetworkV2(stack, 'External', { name: cloud.externalNetworkName, external: true });
const nodes = new DataOpenstackNetworkingSubnetV2(stack, 'Nodes', { name: 'kubernetes-nodes' });

// The cluster, whoever made it, with a pod network in it: what is in its kubeconfig, base64 decoded.
const secret = (name: string) => new TerraformVariable(stack, name, { type: 'string', sensitive: true }).stringValue;
const access = {
  host: 'https://k8s.example.com:6443',
  clusterCaCertificate: secret('cluster_ca_certificate'),
  clientCertificate: secret('client_certificate'),
  clientKey: secret('client_key'),
};
const cluster = KubernetesCluster.fromKubeconfig(stack, 'Cluster', {
  ...access,
  clusterName: 'research',
  version: KubernetesVersion.V1_36,
  cni: Cni.calico(),
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/12',
  podMtu: 1392,
  openstack: {
    cloud,
    credential: new ControllerCredential(stack, 'Credential', { clusterName: 'research' }).credential,
    externalNetworkId: external.id,
    networkId: nodes.networkId,
    subnetId: nodes.id,
  },
});
new KubernetesProvider(stack, 'Kubernetes', access);
new HelmProvider(stack, 'Helm', { kubernetes: access });

// The add-ons, and a list of all that they run.
new OpenStackCloudController(stack, 'Ccm', { cluster });
new CinderCsi(stack, 'CinderCsi', { cluster });
new ManilaCsi(stack, 'ManilaCsi', { cluster, shareClasses: [{ name: 'shared', shareType: 'default' }], nfsClients: ['10.20.0.0/24'] });
ClusterAddons.of(cluster).output(stack, 'images');

app.synth();
