import * as fc from 'fast-check';
import { NUMBER_TOKEN } from './tokens';
import { Encapsulation } from '../../lib/core/encapsulation';
import { IpFamily } from '../../lib/core/ip-family';
import { Mtu } from '../../lib/core/mtu';
import { StrataError } from '../../lib/core/validation';

const { NATIVE, VXLAN, GENEVE, GENEVE_OVN, IPIP, WIREGUARD, WIREGUARD_CILIUM } = Encapsulation;

test.each([
  [NATIVE, 0, 0],
  [VXLAN, 50, 70],
  [GENEVE_OVN, 58, 78],
  [WIREGUARD, 60, 80],
  [GENEVE, 50, 70],
  [WIREGUARD_CILIUM, 95, 95],
])('%s takes %i bytes over IPv4 and %i over IPv6', (encapsulation, v4, v6) => {
  expect([encapsulation.overheadBytes(IpFamily.V4), encapsulation.overheadBytes(IpFamily.V6)]).toEqual([v4, v6]);
});

test('IPIP takes 20 bytes, and there is none over IPv6', () => {
  expect(IPIP.overheadBytes(IpFamily.V4)).toBe(20);
  expect(() => IPIP.overheadBytes(IpFamily.V6)).toThrow(
    'Encapsulation IPIP: IPIP needs an IPv4 underlay, got "IPv6"; use VXLAN, or an IPv4 underlay',
  );
});

test('from a switch to a pod', () => {
  const pod = Mtu.of(1500).inside(GENEVE_OVN, IpFamily.V4).inside(VXLAN, IpFamily.V4);
  expect(pod.bytes).toBe(1392);
  expect(pod.chain).toBe('1500 - 58 (Geneve (OVN) over IPv4) = 1442 - 50 (VXLAN over IPv4) = 1392');
  expect(Mtu.of(9000).inside(NATIVE, IpFamily.V6).chain).toBe('9000');
});

test('less than 1280 bytes is an error that names every layer', () => {
  const run = () => Mtu.of(1400, 'prod/Network').inside(GENEVE_OVN, IpFamily.V6).inside(WIREGUARD, IpFamily.V4);
  expect(run).toThrow(
    /^prod\/Network: MTU inside WireGuard .*1400 - 78 \(Geneve \(OVN\) over IPv6\) = 1322 - 60 \(WireGuard over IPv4\) = 1262\), got 1262; raise .* by 18 bytes/,
  );
  expect(Mtu.of(1330).inside(VXLAN, IpFamily.V4).bytes).toBe(1280);
  expect(() => Mtu.of(1329).inside(VXLAN, IpFamily.V4)).toThrow(StrataError);
});

test.each([0, -1, 1279, 65536, 1500.5, NaN, Infinity, '1500' as never])('%p bytes are refused', (bytes) =>
  expect(() => Mtu.of(bytes)).toThrow(/^Mtu: MTU must be a whole number/),
);

test('a reference is refused where the value is needed, without its marker in the message', () => {
  expect(() => Mtu.of(NUMBER_TOKEN)).toThrow('Mtu: MTU must be known at synth, a reference was given; give the number itself');
  expect(Mtu._parse('c', 'mtu', NUMBER_TOKEN)).toBeUndefined();
});

test('what is left is what was there less every overhead, or an error', () => {
  const layer = fc.record({
    encapsulation: fc.constantFrom(NATIVE, VXLAN, GENEVE_OVN, WIREGUARD),
    underlay: fc.constantFrom(IpFamily.V4, IpFamily.V6),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1280, max: 65535 }), fc.array(layer, { maxLength: 5 }), (bytes, layers) => {
      const left = layers.reduce((sum, { encapsulation, underlay }) => sum - encapsulation.overheadBytes(underlay), bytes);
      const run = () => layers.reduce((mtu, { encapsulation, underlay }) => mtu.inside(encapsulation, underlay), Mtu.of(bytes)).bytes;
      if (left < 1280) expect(run).toThrow(StrataError);
      else expect(run()).toBe(left);
    }),
  );
});
