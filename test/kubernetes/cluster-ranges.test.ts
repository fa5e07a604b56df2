import * as fc from 'fast-check';
import { CiliumRouting, Cni } from '../../lib/contracts/cni';
import { Cidr } from '../../lib/core/cidr';
import { checkRoom, mostNodes } from '../../lib/kubernetes/cluster-ranges';
import { nodePrefixLength } from '../../lib/kubernetes/node-prefix-length';

const kuryr = Cni.kuryr({ acknowledgeRetired: true, controllerImage: 'a', cniImage: 'b' });

test.each<[string, Cni, string, number | undefined]>([
  ['Cilium', Cni.cilium(), '10.244.0.0/16', 24],
  ['Cilium with little room', Cni.cilium(), '10.244.0.0/22', 26],
  ['Cilium with less', Cni.cilium(), '10.244.0.0/24', 28],
  ['Cilium, IPv6', Cni.cilium(), 'fd00::/48', 64],
  ['the controller manager', Cni.cilium({ routing: CiliumRouting.NATIVE_NEUTRON_ROUTES }), '10.244.0.0/22', 24],
  ['Calico', Cni.calico(), '10.244.0.0/16', 26],
  ['Calico with blocks of a size', Cni.calico({ blockSize: 28 }), '10.244.0.0/16', 28],
  ['Calico, IPv6', Cni.calico(), 'fd00::/48', 122],
  ['Kuryr', kuryr, '10.244.0.0/16', undefined],
])('what a node takes with %s', (_, cni, cidr, length) => {
  expect(nodePrefixLength(cni, Cidr.of(cidr))).toBe(length);
});

test('a roll adds the workers of a pool once more, and the largest counts', () => {
  expect(mostNodes(3, [])).toBe(3);
  expect(mostNodes(3, [2, 5])).toBe(15);
});

test('a range is refused exactly when it has no room for all nodes', () => {
  const room = (nodes: number, cidr: string, podCidr: string) => () =>
    checkRoom('test', nodes, { network: { cidr } as any, cni: Cni.calico(), podCidr, serviceCidr: '10.96.0.0/12' });
  fc.assert(
    fc.property(fc.integer({ min: 20, max: 28 }), fc.integer({ min: 0, max: 200 }), (length, nodes) => {
      const fits = nodes <= 2 ** (32 - length) - 7;
      if (fits) expect(room(nodes, `10.20.0.0/${length}`, '10.128.0.0/9')).not.toThrow();
      else expect(room(nodes, `10.20.0.0/${length}`, '10.128.0.0/9')).toThrow(/the nodes' range has room for/);
    }),
  );
  expect(room(4, '10.20.0.0/16', '10.244.0.0/24')).not.toThrow();
  expect(room(5, '10.20.0.0/16', '10.244.0.0/24')).toThrow(
    /test: .* are 5 nodes, and podCidr has room for 4, with a \/26 for each.*give a larger range/,
  );
});
