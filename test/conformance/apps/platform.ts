/**
 * An app for `cdktf deploy '*'`: the OpenStack stacks of a platform that was entered at the hosts. The stacks of the other layers are taken out of the
 * app: here are neither hosts nor the providers helm and kubernetes. What else is different from a user's app is that its login goes to another Keystone
 * than the one that Kolla would have made.
 */
import { join } from 'node:path';
import { App, TerraformStack } from 'cdktf';
import {
  ApiEndpoint,
  ClusterPki,
  Cni,
  HostInventory,
  KubernetesVersion,
  LoadBalancerProvider,
  NodeFlavor,
  OpenStackEngine,
  OpenStackKubernetesPlatform,
  OpenStackRelease,
  Provisioner,
  ReadyGate,
  WorkerDrain,
} from 'cdktf-strata';
import { OpenstackProvider } from 'cdktf-strata/lib/providers/openstack/provider';

const app = new App();
const platform = new OpenStackKubernetesPlatform(app, 'lab', {
  inventory: HostInventory.fromFile(join(__dirname, 'hosts.yaml')),
  provisioner: Provisioner.preprovisioned({ sshUser: 'root', sshPrivateKeyPath: '/dev/null' }),
  engine: OpenStackEngine.kolla({ release: OpenStackRelease.V2026_1, internalVip: '10.10.0.250', externalVip: '203.0.113.10' }),
  loadBalancerProvider: LoadBalancerProvider.AMPHORA,
  adminCloud: 'lab',
  caCertificatePath: join(process.cwd(), 'ca.crt'),
  externalNetwork: {
    name: 'public',
    cidr: '203.0.113.0/24',
    physicalNetwork: 'physnet1',
    allocationPools: [{ start: '203.0.113.50', end: '203.0.113.200' }],
  },
  projectName: 'lab-kubernetes',
  projectPasswordFromVariable: true,
  kubernetes: {
    version: KubernetesVersion.V1_36,
    cni: Cni.calico(),
    api: ApiEndpoint.octavia({ floatingIp: true, allowedCidrs: ['198.51.100.0/24', '10.0.0.0/8'] }),
    controlPlane: { replicas: 3, flavor: NodeFlavor.of({ vcpus: 2, memoryMib: 2048, diskGib: 2 }), etcdVolume: { sizeGib: 1 } },
    workerPools: [{ name: 'general', replicas: 2, flavor: NodeFlavor.of({ vcpus: 1, memoryMib: 2048, diskGib: 2 }) }],
    pki: ClusterPki.fromVariables(),
    readyGate: ReadyGate.disabled(),
    drain: WorkerDrain.disabled(),
  },
});

const { metalStack, cloudStack, clusterStack, addonsStack, workloadsStack } = platform;
for (const stack of [metalStack!, addonsStack!, workloadsStack]) app.node.tryRemoveChild(stack.node.id);
cloudStack!.dependencies.splice(0);
(clusterStack!.node.findChild('OpenStack') as OpenstackProvider).authUrl = 'http://127.0.0.1:5000/v3';
for (const stack of [cloudStack, clusterStack] as TerraformStack[]) {
  stack.addOverride('terraform.required_providers.openstack.version', '1.54.1'); // the newest that can be built from a Go module
}

app.synth();
