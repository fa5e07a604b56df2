import * as fc from 'fast-check';
import { Cidr } from '../../lib/core/cidr';
import { serviceSubnetOf } from '../../lib/core/service-subnet';

test.each([
  [
    '10.96.0.0/12',
    { cidr: '10.96.0.0/11', gateway: '10.127.255.254', pool: { start: '10.112.0.1', end: '10.127.255.253' }, apiAddress: '10.96.0.1' },
  ],
  ['10.97.0.0/16', { cidr: '10.96.0.0/15', gateway: '10.96.255.254', pool: { start: '10.96.0.1', end: '10.96.255.253' }, apiAddress: '10.97.0.1' }],
])('Services in %s have half a subnet', (cidr, subnet) => {
  expect(serviceSubnetOf(cidr)).toEqual(subnet);
});

test("Neutron never gives away an address of Kubernetes', whatever the range", () => {
  fc.assert(
    fc.property(fc.integer({ min: 12, max: 28 }), fc.nat(), (prefix, seed) => {
      const size = 2 ** (32 - prefix);
      const range = Cidr.of('10.0.0.0/8');
      const services = Cidr.of(`${range.addressAt((seed % (range.addressCount / size)) * size)}/${prefix}`);
      const subnet = serviceSubnetOf(services.toString())!;
      const whole = Cidr.of(subnet.cidr);
      expect(whole.contains(services.toString())).toBe(true);
      expect(whole.addressCount).toBe(services.addressCount * 2);
      for (const address of [subnet.gateway, subnet.pool.start, subnet.pool.end]) {
        expect(whole.contains(address)).toBe(true);
        expect(services.contains(address)).toBe(false);
      }
    }),
  );
});
