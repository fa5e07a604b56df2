import { TerraformStack } from 'cdktf';
import type { ClusterOptions, TestCluster } from './cluster';
import { Cni } from '../../../lib/contracts/cni';
import { Calico } from '../../../lib/kubernetes/addons/calico/calico';
import { Cilium } from '../../../lib/kubernetes/addons/cilium/cilium';
import { CinderCsi } from '../../../lib/kubernetes/addons/cinder-csi/cinder-csi';
import { HelmAddon } from '../../../lib/kubernetes/addons/helm-addon/helm-addon';
import { Kuryr } from '../../../lib/kubernetes/addons/kuryr/kuryr';
import { OpenStackCloudController } from '../../../lib/kubernetes/addons/openstack-cloud-controller/openstack-cloud-controller';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import { VolumeSnapshots } from '../../../lib/kubernetes/addons/volume-snapshots/volume-snapshots';

/** An add-on as most people would write it. */
export interface AnyAddon {
  readonly install: (stack: TerraformStack, cluster: TestCluster) => unknown;
  /** The cluster that it is made for, where it matters. */
  readonly cluster?: ClusterOptions;
}

/** Every add-on, by the name that it gives itself. */
export const ALL_ADDONS: { readonly [name: string]: AnyAddon } = {
  Calico: { install: (stack, cluster) => new Calico(stack, 'Calico', { cluster }), cluster: { cni: Cni.calico() } },
  Cilium: { install: (stack, cluster) => new Cilium(stack, 'Cilium', { cluster }), cluster: { cni: Cni.cilium() } },
  CinderCsi: { install: (stack, cluster) => new CinderCsi(stack, 'CinderCsi', { cluster }) },
  HelmAddon: {
    install: (stack, cluster) =>
      new HelmAddon(stack, 'HelmAddon', { cluster, chart: 'oci://ghcr.io/charts/app', version: '1.0.0', namespace: 'app' }),
  },
  Kuryr: {
    install: (stack, cluster) => {
      if (stack.node.tryFindChild('OpenStack') === undefined) new OpenstackProvider(stack, 'OpenStack', {});
      new Kuryr(stack, 'Kuryr', { cluster });
    },
    cluster: {
      cni: Cni.kuryr({ acknowledgeRetired: true, controllerImage: 'registry.example.com/kuryr:1', cniImage: 'registry.example.com/kuryr-cni:1' }),
      trunkPorts: true,
      routed: true,
    },
  },
  OpenStackCloudController: { install: (stack, cluster) => new OpenStackCloudController(stack, 'Ccm', { cluster }) },
  VolumeSnapshots: { install: (stack, cluster) => new VolumeSnapshots(stack, 'VolumeSnapshots', { cluster }) },
};
