import { clusterIn } from './cluster-fixture';
import { CiliumRouting, Cni } from '../../lib/contracts/cni';
import { K8sOnNova } from '../../lib/kubernetes/k8s-on-nova';
import { synthStack } from '../support/synth';

const kuryr = Cni.kuryr({ acknowledgeRetired: true, controllerImage: 'registry.example.com/controller:1', cniImage: 'registry.example.com/cni:1' });

function clusterWith(cni: Cni) {
  let cluster!: K8sOnNova;
  const stack = synthStack((scope) => (cluster = clusterIn(scope, { cni })));
  // the one without an address only remembers what was rolled
  const ports = Object.values(stack.resources('openstack_networking_port_v2')).filter(({ no_fixed_ip }) => !no_fixed_ip);
  return { cluster, stack, ports };
}

test('pods that nodes route themselves are address pairs of every node', () => {
  const { ports, cluster } = clusterWith(Cni.cilium({ routing: CiliumRouting.NATIVE_ADDRESS_PAIRS, wireGuard: true }));
  expect(ports).toHaveLength(5);
  for (const port of ports) expect(port.allowed_address_pairs).toEqual([{ ip_address: '10.244.0.0/16' }]);
  expect(cluster.podMtu).toBe(1442 - 95);
});

test('pairs that the cloud controller writes stay as they are', () => {
  const { ports } = clusterWith(Cni.cilium({ routing: CiliumRouting.NATIVE_NEUTRON_ROUTES }));
  for (const port of ports) {
    expect(port).not.toHaveProperty('allowed_address_pairs');
    expect(port.lifecycle.ignore_changes).toContain('allowed_address_pairs');
  }
});

test("Kuryr's nodes have trunks, no kube-proxy, and let in pods and the Services' subnet", () => {
  const { cluster, stack, ports } = clusterWith(kuryr);
  expect(Object.values(stack.resources('openstack_networking_trunk_v2'))).toHaveLength(ports.length);
  expect([cluster.trunkPorts, cluster.podMtu, cluster.apiServerAddresses?.length]).toEqual([true, 1442, 3]);
  const open = Object.values(stack.resources('openstack_networking_secgroup_rule_v2'))
    .filter(({ protocol, direction }) => direction === 'ingress' && protocol === undefined)
    .map(({ remote_ip_prefix }) => remote_ip_prefix);
  expect(open.sort()).toEqual(['10.244.0.0/16', '10.244.0.0/16', '10.96.0.0/11', '10.96.0.0/11']);
});

test("Kuryr's Services take twice their range, which must be free", () => {
  expect(() => synthStack((stack) => clusterIn(stack, { cni: kuryr, serviceCidr: '10.245.0.0/16' }))).toThrow(
    /the Services' subnet, twice serviceCidr.*overlaps.*podCidr|podCidr.*overlap.*Services' subnet/s,
  );
});
