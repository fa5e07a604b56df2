import { join } from 'node:path';
import { App, TerraformOutput, TerraformStack } from 'cdktf';
import {
  ApiEndpoint,
  BareMetalPool,
  ClusterNetwork,
  Cni,
  HostInventory,
  K8sOnNova,
  KubernetesVersion,
  NodeFlavor,
  NodeImage,
  OpenStackControlPlane,
  OpenStackEngine,
  OpenStackRelease,
  Provisioner,
} from 'cdktf-strata';
import { OpenstackProvider } from 'cdktf-strata/lib/providers/openstack/provider';

const app = new App();

// Layers 1 and 2 in a stack of your own.
const metal = new TerraformStack(app, 'metal');
const inventory = HostInventory.fromFile(join(__dirname, '../platform-from-bare-metal/hosts.yaml'));
const provisioner = Provisioner.preprovisioned({ sshUser: 'ubuntu', sshPrivateKeyPath: '~/.ssh/id_ed25519' });
const engine = OpenStackEngine.kolla({ release: OpenStackRelease.V2026_1, internalVip: '10.10.0.250', externalVip: '203.0.113.10' });
const pool = new BareMetalPool(metal, 'Pool', { inventory, provisioner });
const openstack = new OpenStackControlPlane(metal, 'OpenStack', { pool, engine });

// Layer 3: one network in the project `team`, shared by two clusters.
const clusters = new TerraformStack(app, 'clusters');
clusters.addDependency(metal);
new OpenstackProvider(clusters, 'OpenStack', { cloud: 'team' });
const network = new ClusterNetwork(clusters, 'Network', { cloud: openstack, name: 'team', cidr: '10.60.0.0/20' });

// Layer 4: two clusters that differ in size, pod network and who may reach the API. Pod ranges may not overlap on a shared network.
const image = NodeImage.byName('ubuntu-24.04-k8s-1.36');
const staging = new K8sOnNova(clusters, 'Staging', {
  cloud: openstack,
  clusterName: 'staging',
  version: KubernetesVersion.V1_35,
  nodeImage: NodeImage.byName('ubuntu-24.04-k8s-1.35'),
  network,
  podCidr: '10.200.0.0/16',
  serviceCidr: '10.201.0.0/18',
  controlPlane: { replicas: 1, flavor: NodeFlavor.named('m1.medium') },
  workerPools: [{ name: 'general', replicas: 2, flavor: NodeFlavor.named('m1.large') }],
  cni: Cni.calico(),
  api: ApiEndpoint.octavia({ allowedCidrs: ['10.60.16.0/24'] }), // no floating IP: who reaches it has a route to the network
});
const production = new K8sOnNova(clusters, 'Production', {
  cloud: openstack,
  clusterName: 'production',
  version: KubernetesVersion.V1_36,
  nodeImage: image,
  network,
  podCidr: '10.210.0.0/16',
  serviceCidr: '10.211.0.0/18',
  controlPlane: { replicas: 3, flavor: NodeFlavor.named('m1.large'), etcdVolume: { sizeGib: 20 } },
  workerPools: [
    { name: 'general', replicas: 4, flavor: NodeFlavor.named('m1.xlarge') },
    { name: 'batch', replicas: 2, flavor: NodeFlavor.named('c1.xlarge'), labels: { 'workload-type': 'batch' } },
  ],
  cni: Cni.cilium(),
  api: ApiEndpoint.octavia({ floatingIp: true, allowedCidrs: ['198.51.100.0/24'] }),
});

new TerraformOutput(clusters, 'staging-api', { value: staging.kubeconfig.host, sensitive: true });
new TerraformOutput(clusters, 'production-api', { value: production.kubeconfig.host, sensitive: true });

app.synth();
