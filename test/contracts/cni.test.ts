import { CalicoEncapsulation, CiliumRouting, Cni, Hubble, PodTransport } from '../../lib/contracts/cni';
import { IpFamily } from '../../lib/core/ip-family';

const kuryr = {
  acknowledgeRetired: true,
  controllerImage: 'registry.example.com/kuryr/controller:10.0.0',
  cniImage: 'registry.example.com/kuryr/cni:10.0.0',
};

test.each<[string, Cni, number, PodTransport]>([
  ['Cilium', Cni.cilium(), 50, PodTransport.TUNNEL],
  ['Cilium with Geneve', Cni.cilium({ routing: CiliumRouting.GENEVE }), 50, PodTransport.TUNNEL],
  ['Cilium with WireGuard', Cni.cilium({ wireGuard: true }), 145, PodTransport.TUNNEL],
  ['Cilium without a tunnel', Cni.cilium({ routing: CiliumRouting.NATIVE_ADDRESS_PAIRS }), 0, PodTransport.ADDRESS_PAIRS],
  ['Cilium routed and encrypted', Cni.cilium({ routing: CiliumRouting.NATIVE_NEUTRON_ROUTES, wireGuard: true }), 95, PodTransport.NEUTRON_ROUTES],
  ['Calico', Cni.calico(), 50, PodTransport.TUNNEL],
  ['Calico with IPIP', Cni.calico({ encapsulation: CalicoEncapsulation.IPIP }), 20, PodTransport.TUNNEL],
  ['Calico with BGP alone', Cni.calico({ encapsulation: CalicoEncapsulation.NONE }), 0, PodTransport.ADDRESS_PAIRS],
  ['Kuryr', Cni.kuryr(kuryr), 0, PodTransport.NEUTRON_PORTS],
])('%s takes its bytes, and says how pods reach each other', (_, cni, bytes, transport) => {
  expect([cni.overheadBytes(IpFamily.V4), cni.podTransport]).toEqual([bytes, transport]);
  expect(cni.encapsulation).toBe(cni.encapsulations[0]);
  expect(cni.needsTrunkPorts).toBe(transport === PodTransport.NEUTRON_PORTS);
});

test('nodes open what the options use, and nothing else', () => {
  const ports = (cni: Cni) => cni.nodeTraffic.map(({ protocol, fromPort }) => `${protocol}/${fromPort ?? ''}`);
  expect(ports(Cni.cilium())).toEqual(['udp/8472', 'tcp/4240', 'icmp/']);
  expect(ports(Cni.cilium({ routing: CiliumRouting.GENEVE, wireGuard: true, hubble: Hubble.UI }))).toEqual([
    'udp/6081',
    'tcp/4240',
    'icmp/',
    'udp/51871',
    'tcp/4244',
  ]);
  expect(ports(Cni.cilium({ routing: CiliumRouting.NATIVE_ADDRESS_PAIRS, hubble: Hubble.NODES }))).toEqual(['tcp/4240', 'icmp/']);
  expect(ports(Cni.calico({ encapsulation: CalicoEncapsulation.NONE }))).toEqual(['tcp/179', 'tcp/5473']);
  expect(ports(Cni.kuryr(kuryr))).toEqual([]);
});

test('Kuryr asks whether its user knows', () => {
  expect(() => Cni.kuryr({ ...kuryr, acknowledgeRetired: false })).toThrow(/Cni\.kuryr: Kuryr was retired in 2024.*got false; use Cni\.cilium\(\)/);
});

test('blocks of Calico have a size that it takes', () => {
  expect(() => Cni.calico({ blockSize: 16 })).toThrow(/blockSize must be a whole number from 20 to 32, got 16/);
});
