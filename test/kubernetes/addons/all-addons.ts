import { TerraformStack } from 'cdktf';
import type { ClusterOptions, TestCluster } from './cluster';
import { Cni } from '../../../lib/contracts/cni';
import { BarbicanKms } from '../../../lib/kubernetes/addons/barbican-kms/barbican-kms';
import { Calico } from '../../../lib/kubernetes/addons/calico/calico';
import { CertManager } from '../../../lib/kubernetes/addons/cert-manager/cert-manager';
import { Cilium } from '../../../lib/kubernetes/addons/cilium/cilium';
import { CinderCsi } from '../../../lib/kubernetes/addons/cinder-csi/cinder-csi';
import { DesignateDns } from '../../../lib/kubernetes/addons/designate-dns/designate-dns';
import { GpuOperator } from '../../../lib/kubernetes/addons/gpu-operator/gpu-operator';
import { HelmAddon } from '../../../lib/kubernetes/addons/helm-addon/helm-addon';
import { IngressController } from '../../../lib/kubernetes/addons/ingress-controller/ingress-controller';
import { KeystoneAuth } from '../../../lib/kubernetes/addons/keystone-auth/keystone-auth';
import { Kuryr } from '../../../lib/kubernetes/addons/kuryr/kuryr';
import { ManilaCsi } from '../../../lib/kubernetes/addons/manila-csi/manila-csi';
import { MetricsServer } from '../../../lib/kubernetes/addons/metrics-server/metrics-server';
import { NodeProblemDetector } from '../../../lib/kubernetes/addons/node-problem-detector/node-problem-detector';
import { OpenStackCloudController } from '../../../lib/kubernetes/addons/openstack-cloud-controller/openstack-cloud-controller';
import { VolumeSnapshots } from '../../../lib/kubernetes/addons/volume-snapshots/volume-snapshots';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';

/** An add-on as most people would write it. */
export interface AnyAddon {
  readonly install: (stack: TerraformStack, cluster: TestCluster) => unknown;
  /** The cluster that it is made for, where it matters. */
  readonly cluster?: ClusterOptions;
}

/** Add-ons that make something in OpenStack need it; two in a stack share it. */
function openstackProvider(stack: TerraformStack): void {
  if (stack.node.tryFindChild('OpenStack') === undefined) new OpenstackProvider(stack, 'OpenStack', {});
}

/** Every add-on, by the name that it gives itself. */
export const ALL_ADDONS: { readonly [name: string]: AnyAddon } = {
  Calico: { install: (stack, cluster) => new Calico(stack, 'Calico', { cluster }), cluster: { cni: Cni.calico() } },
  Cilium: { install: (stack, cluster) => new Cilium(stack, 'Cilium', { cluster }), cluster: { cni: Cni.cilium() } },
  CinderCsi: { install: (stack, cluster) => new CinderCsi(stack, 'CinderCsi', { cluster }) },
  BarbicanKms: {
    install: (stack, cluster) => {
      openstackProvider(stack);
      new BarbicanKms(stack, 'BarbicanKms', { cluster });
    },
  },
  CertManager: { install: (stack, cluster) => new CertManager(stack, 'CertManager', { cluster }) },
  DesignateDns: {
    install: (stack, cluster) =>
      new DesignateDns(stack, 'DesignateDns', {
        cluster,
        webhookImage: 'ghcr.io/inovex/external-dns-openstack-webhook:1.1.0',
        zones: ['example.com'],
      }),
  },
  GpuOperator: { install: (stack, cluster) => new GpuOperator(stack, 'GpuOperator', { cluster }) },
  IngressController: { install: (stack, cluster) => new IngressController(stack, 'Ingress', { cluster }) },
  KeystoneAuth: { install: (stack, cluster) => new KeystoneAuth(stack, 'KeystoneAuth', { cluster }) },
  MetricsServer: { install: (stack, cluster) => new MetricsServer(stack, 'MetricsServer', { cluster }) },
  NodeProblemDetector: { install: (stack, cluster) => new NodeProblemDetector(stack, 'NodeProblemDetector', { cluster }) },
  HelmAddon: {
    install: (stack, cluster) =>
      new HelmAddon(stack, 'HelmAddon', { cluster, chart: 'oci://ghcr.io/charts/app', version: '1.0.0', namespace: 'app' }),
  },
  Kuryr: {
    install: (stack, cluster) => {
      openstackProvider(stack);
      new Kuryr(stack, 'Kuryr', { cluster });
    },
    cluster: {
      cni: Cni.kuryr({ acknowledgeRetired: true, controllerImage: 'registry.example.com/kuryr:1', cniImage: 'registry.example.com/kuryr-cni:1' }),
      podMtu: 1442,
      trunkPorts: true,
      routed: true,
    },
  },
  ManilaCsi: {
    install: (stack, cluster) =>
      new ManilaCsi(stack, 'ManilaCsi', { cluster, shareClasses: [{ name: 'shared', shareType: 'default' }], nfsClients: ['10.0.0.0/24'] }),
  },
  OpenStackCloudController: { install: (stack, cluster) => new OpenStackCloudController(stack, 'Ccm', { cluster }) },
  VolumeSnapshots: { install: (stack, cluster) => new VolumeSnapshots(stack, 'VolumeSnapshots', { cluster }) },
};
