import { TerraformVariable } from 'cdktf';
import { NodeFlavor } from '../../../lib/contracts/node-flavor';
import { Flavor, FlavorProps } from '../../../lib/openstack/foundation/flavor';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import { synthStack } from '../../support/synth';

const size = NodeFlavor.of({ vcpus: 4, memoryMib: 8192, diskGib: 40 });
const synth = (props: Partial<FlavorProps> = {}) =>
  synthStack((stack) => {
    new OpenstackProvider(stack, 'OpenStack');
    new Flavor(stack, 'Flavor', { size, ...props });
  });

test('its name carries its size, so that another size is another flavor', () => {
  expect(synth().resource('openstack_compute_flavor_v2')).toMatchObject({
    name: 'strata-4c-8192m-40g',
    vcpus: 4,
    ram: 8192,
    disk: 40,
    is_public: true,
  });
});

test('only the projects that are named may use it, each by a rule of its own name', () => {
  const stack = synth({ projects: { prod: 'p1', test: 'p2' }, extraSpecs: { 'hw:cpu_policy': 'dedicated' } });
  expect(stack.resource('openstack_compute_flavor_v2')).toMatchObject({ is_public: false, extra_specs: { 'hw:cpu_policy': 'dedicated' } });
  const rules = stack.resources('openstack_compute_flavor_access_v2');
  expect(Object.keys(rules).map((id) => id.replace(/_[0-9A-F]{8}$/, ''))).toEqual(['Flavor_Access-prod', 'Flavor_Access-test']);
  expect(Object.values(rules).map(({ tenant_id }) => tenant_id)).toEqual(['p1', 'p2']);
});

test('a size of references has a name of its own', () => {
  const stack = synthStack((scope) => {
    new OpenstackProvider(scope, 'OpenStack');
    const { numberValue: vcpus } = new TerraformVariable(scope, 'vcpus', {});
    new Flavor(scope, 'Flavor', { size: NodeFlavor.of({ vcpus, memoryMib: 4096, diskGib: 20, name: 'mine' }) });
  });
  expect(stack.resource('openstack_compute_flavor_v2')).toMatchObject({ name: 'mine', vcpus: '${var.vcpus}' });
});

test.each<[string, Partial<FlavorProps>, RegExp]>([
  [
    'a name without a size',
    { size: NodeFlavor.named('m1.large') },
    /a flavor needs a size, this one is only a name, got "m1\.large"; use NodeFlavor\.of/,
  ],
  [
    'a name that begins with a space',
    { size: NodeFlavor.of({ vcpus: 1, memoryMib: 512, diskGib: 1, name: ' x' }) },
    /name must have 1 to 255 characters/,
  ],
  ['a key that Nova rejects', { extraSpecs: { 'hw/cpu': 'x' } }, /key of an extra spec must be.*got "hw\/cpu"/],
  ['nobody who may use it', { projects: {} }, /projects must name a project/],
  ['a negative swap', { swapMib: -1 }, /swapMib must be a whole number from 0/],
])('%s is an error', (_, props, message) => {
  expect(() => synth(props)).toThrow(message);
  expect(() => synth(props)).toThrow(/^test\/Flavor: /);
});
