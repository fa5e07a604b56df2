import { helmValues, releaseOf, synthOn } from './cluster';
import { recorded, unknownValues } from './recorded-chart';
import { CalicoEncapsulation, CiliumRouting, Cni, Hubble, PodTransport } from '../../../lib/contracts/cni';
import { CinderCsi } from '../../../lib/kubernetes/addons/cinder-csi/cinder-csi';
import { CloudConfig } from '../../../lib/kubernetes/addons/cloud-config/cloud-config';
import { ManilaCsi } from '../../../lib/kubernetes/addons/manila-csi/manila-csi';
import { CloudController, OpenStackCloudController } from '../../../lib/kubernetes/addons/openstack-cloud-controller/openstack-cloud-controller';
import { PodNetwork } from '../../../lib/kubernetes/addons/pod-network/pod-network';
import { Synthesised } from '../../support/synth';

const everything = (cni: Cni) =>
  synthOn({ cni, caCertificatePem: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n' }, (stack, cluster) => {
    new PodNetwork(stack, 'PodNetwork', { cluster });
    const routed = cni.podTransport === PodTransport.NEUTRON_ROUTES;
    if (routed) new CloudConfig(stack, 'CloudConfig', { cluster, route: { routerId: 'router' } });
    const controllers = routed ? [CloudController.CLOUD_NODE, CloudController.ROUTE] : undefined;
    new OpenStackCloudController(stack, 'Ccm', { cluster, controllers });
    new CinderCsi(stack, 'CinderCsi', { cluster });
    new ManilaCsi(stack, 'ManilaCsi', {
      cluster,
      shareClasses: [{ name: 'shared', shareType: 'default' }],
      nfsClients: ['10.0.0.0/24'],
    });
  });

describe('every value that an add-on sets is one that its chart has', () => {
  let stacks: Record<string, Synthesised>;
  beforeAll(() => {
    stacks = {
      cilium: everything(Cni.cilium()),
      routed: everything(Cni.cilium({ routing: CiliumRouting.NATIVE_NEUTRON_ROUTES, wireGuard: true, hubble: Hubble.UI })),
      calico: everything(Cni.calico()),
      ipip: everything(Cni.calico({ encapsulation: CalicoEncapsulation.IPIP })),
    };
  });

  test.each([
    ['cilium', 'cilium', 'cilium'],
    ['routed', 'cilium', 'cilium'],
    ['calico', 'tigera-operator', 'calico'],
    ['ipip', 'tigera-operator', 'calico'],
    ['cilium', 'openstack-cloud-controller-manager', 'openstack-cloud-controller-manager'],
    ['cilium', 'openstack-cinder-csi', 'openstack-cinder-csi'],
    ['cilium', 'openstack-manila-csi', 'openstack-manila-csi'],
    ['cilium', 'csi-driver-nfs', 'csi-driver-nfs'],
  ])('%s: chart %s', (stack, chart, release) => {
    expect(unknownValues(recorded(chart), helmValues(stacks[stack], releaseOf(stacks[stack], release)))).toEqual([]);
  });

  test('the comparison notices a value that is not there, and one of another type', () => {
    const chart = recorded('openstack-cinder-csi');
    expect(unknownValues(chart, { clusterId: 'prod', csi: { plugin: { nodePlugin: { podAnnotation: {} } } } })).toEqual([
      'clusterId is not in the chart',
    ]);
    expect(unknownValues(chart, { csi: { plugin: { nodePlugin: { kubeletDirectory: '/x' } } } })).toEqual([
      'csi.plugin.nodePlugin.kubeletDirectory is not in the chart',
    ]);
    expect(unknownValues(chart, { storageClass: { enabled: 'no' } })).toEqual(['storageClass.enabled is string, and boolean in the chart']);
  });
});
