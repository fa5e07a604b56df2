import { quotaLines } from '../../lib/cli/quota';
import { quotaNeed } from '../../lib/cli/quota-need';

const FLAVORS = [
  { id: 'f-1', name: 'small', vcpus: 2, ram: 2048 },
  { id: 'small', name: 'large', vcpus: 8, ram: 16384 },
];
const change = (type: string, actions: string[], after: any = {}, before: any = null, mode = 'managed') => ({
  address: `${type}.One`,
  mode,
  type,
  change: { actions, before, after },
});
const need = (...changes: ReturnType<typeof change>[]) => quotaNeed({ resource_changes: changes }, FLAVORS);

test('a server takes what its flavor has, by id or by name', () => {
  const server = (after: any) => need(change('openstack_compute_instance_v2', ['create'], after)).needs;
  const small = { 'Nova: instances': 1, 'Nova: cores': 2, 'Nova: ram': 2048 };
  expect(server({ flavor_id: 'f-1' })).toEqual(small);
  expect(server({ flavor_name: 'small' })).toEqual(small);
  // an id that is another's name
  expect(server({ flavor_id: 'small' })).toEqual({ 'Nova: instances': 1, 'Nova: cores': 8, 'Nova: ram': 16384 });
});

test('a server whose flavor is not listed is counted, and named', () => {
  // made by the same plan: its id isn't there yet
  expect(need(change('openstack_compute_instance_v2', ['create']))).toEqual({
    needs: { 'Nova: instances': 1 },
    unsized: ['openstack_compute_instance_v2.One'],
  });
});

test.each([
  ['made', ['create'], 1],
  ['made before its predecessor goes', ['create', 'delete'], 1],
  ['made after its predecessor went', ['delete', 'create'], 0],
  ['removed', ['delete'], 0],
  ['changed', ['update'], 0],
  ['left alone', ['no-op'], 0],
  ['taken out of the state', ['forget'], 0],
])('a port that is %s', (_, actions, count) => {
  expect(need(change('openstack_networking_port_v2', actions)).needs['Neutron: port'] ?? 0).toBe(count);
});

test('a volume takes its size, also of the limits of its type; one that grows takes what it grows by', () => {
  const volume = (actions: string[], after: any, before?: any) => need(change('openstack_blockstorage_volume_v3', actions, after, before)).needs;
  expect(volume(['create'], { size: 20 })).toEqual({ 'Cinder: volumes': 1, 'Cinder: gigabytes': 20 });
  expect(volume(['create'], { size: 20, volume_type: 'ssd' })).toEqual({
    'Cinder: volumes': 1,
    'Cinder: gigabytes': 20,
    'Cinder: volumes_ssd': 1,
    'Cinder: gigabytes_ssd': 20,
  });
  expect(volume(['update'], { size: 30, volume_type: 'ssd' }, { size: 20, volume_type: 'ssd' })).toEqual({
    'Cinder: gigabytes': 10,
    'Cinder: gigabytes_ssd': 10,
  });
  expect(volume(['update'], { size: 20 }, { size: 20 })).toEqual({});
});

test('what grows in place takes what it grows by, of every kind', () => {
  const members = (count: number) => ({ member: Array.from({ length: count }, () => ({})) });
  expect(need(change('openstack_lb_members_v2', ['update'], members(5), members(3))).needs).toEqual({ 'Octavia: member': 2 });
  expect(need(change('openstack_lb_members_v2', ['update'], members(3), members(5))).needs).toEqual({});
  const resized = (before: string, after: string) =>
    need(change('openstack_compute_instance_v2', ['update'], { flavor_id: after }, { flavor_id: before }));
  expect(resized('f-1', 'small').needs).toEqual({ 'Nova: cores': 6, 'Nova: ram': 14336 });
  expect(resized('small', 'f-1').needs).toEqual({});
  // a flavor that is gone
  expect(resized('f-0', 'small')).toEqual({ needs: {}, unsized: ['openstack_compute_instance_v2.One'] });
});

test('what takes a port without being one', () => {
  const { needs } = need(
    change('openstack_lb_loadbalancer_v2', ['create']),
    change('openstack_networking_router_interface_v2', ['create'], { subnet_id: 's' }),
    change('openstack_networking_router_interface_v2', ['create'], { port_id: 'p' }),
    change('openstack_lb_members_v2', ['create'], { member: [{}, {}, {}] }),
    change('openstack_networking_port_v2', ['read'], {}, null, 'data'),
    change('tls_private_key', ['create']),
  );
  expect(needs).toEqual({ 'Octavia: load_balancer': 1, 'Neutron: port': 2, 'Octavia: member': 3 });
});

test('needs are held against what is free, and what is too little comes first', () => {
  const quotas = {
    'Nova: instances': { limit: 10, used: 8 },
    'Nova: cores': { limit: -1, used: 500 },
    'Neutron: port': { limit: 5, used: 3 },
    'Cinder: volumes': { limit: 2, used: 4 },
  };
  const needs = { 'Cinder: volumes': 1, 'Cinder: volumes_ssd': 1, 'Neutron: port': 3, 'Nova: cores': 64, 'Nova: instances': 2 };
  const lines = quotaLines({ needs, unsized: [] }, { project: 'p', quotas, flavors: [] });
  expect(Object.entries(lines)).toEqual([
    ['Cinder: volumes', { needs: 1, free: -2, enough: false }],
    ['Neutron: port', { needs: 3, free: 2, enough: false }],
    ['Cinder: volumes_ssd', { needs: 1, free: 'unknown', enough: true }],
    ['Nova: cores', { needs: 64, free: 'unlimited', enough: true }],
    ['Nova: instances', { needs: 2, free: 2, enough: true }],
  ]);
});
