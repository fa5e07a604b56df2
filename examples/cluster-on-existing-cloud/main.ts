import { HelmProvider } from '@cdktf/provider-helm/lib/provider';
import { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import { App, TerraformStack } from 'cdktf';
import {
  ApiEndpoint,
  CinderCsi,
  Cni,
  K8sOnNova,
  KubernetesVersion,
  LoadBalancerProvider,
  NodeFlavor,
  NodeImage,
  OpenStackCloud,
  OpenStackCloudController,
  PodNetwork,
} from 'cdktf-strata';
import { OpenstackProvider } from 'cdktf-strata/lib/providers/openstack/provider';

const app = new App();

// The cluster, in a project of a cloud that is there already. `prod` is an entry of clouds.yaml.
const stack = new TerraformStack(app, 'cluster');
new OpenstackProvider(stack, 'OpenStack', { cloud: 'prod' });
const cloud = OpenStackCloud.fromCloudAttributes(stack, 'Cloud', {
  authUrl: 'https://keystone.example.com:5000/v3',
  region: 'RegionOne',
  externalNetworkName: 'public',
  zones: [
    { compute: 'az1', volume: 'nova' },
    { compute: 'az2', volume: 'nova' },
  ],
  loadBalancerProvider: LoadBalancerProvider.AMPHORA,
  tenantNetworkMtu: 1442,
});
const k8s = new K8sOnNova(stack, 'K8s', {
  cloud,
  clusterName: 'prod',
  version: KubernetesVersion.V1_36,
  nodeImage: NodeImage.byName('ubuntu-24.04-k8s-1.36'),
  controlPlane: { replicas: 3, flavor: NodeFlavor.named('m1.large'), etcdVolume: { sizeGib: 20, type: 'ssd' } },
  workerPools: [{ name: 'general', replicas: 3, flavor: NodeFlavor.named('m1.xlarge') }],
  cni: Cni.calico(),
  api: ApiEndpoint.octavia({ floatingIp: true, allowedCidrs: ['198.51.100.0/24'] }),
});

// The add-ons, in a stack of their own: their providers log in to a cluster that exists when the stack is planned.
const addons = new TerraformStack(app, 'addons');
const { host, tlsServerName, clusterCaCertificate, clientCertificate, clientKey } = k8s.kubeconfig;
new KubernetesProvider(addons, 'Kubernetes', { host, tlsServerName, clusterCaCertificate, clientCertificate, clientKey });
new HelmProvider(addons, 'Helm', { kubernetes: { host, tlsServerName, clusterCaCertificate, clientCertificate, clientKey } });
new PodNetwork(addons, 'PodNetwork', { cluster: k8s });
new OpenStackCloudController(addons, 'Ccm', { cluster: k8s });
new CinderCsi(addons, 'CinderCsi', { cluster: k8s });

app.synth();
