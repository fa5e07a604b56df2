import * as fc from 'fast-check';
import { MIXED_TOKEN, NUMBER_TOKEN, TEXT_TOKEN } from './tokens';
import { Cidr } from '../../lib/core/cidr';
import { assertDisjoint, checkAddress, checkInside, parseCidr } from '../../lib/core/cidr-checks';
import { IpFamily } from '../../lib/core/ip-family';
import { StrataError } from '../../lib/core/validation';

/** Addresses as numbers: what the library must agree with, worked out in another way. */
const v4 = (n: number) => [24, 16, 8, 0].map((shift) => (n >>> shift) & 255).join('.');
const v4Block = fc.tuple(fc.nat(0xffffffff), fc.integer({ min: 0, max: 32 })).map(([address, prefix]) => {
  const size = 2 ** (32 - prefix);
  const first = Math.floor(address / size) * size;
  return { text: `${v4(first)}/${prefix}`, first, size, prefix };
});
const v6Block = fc.tuple(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), fc.integer({ min: 0, max: 128 })).map(([address, prefix]) => {
  const bits = BigInt(128 - prefix);
  const first = (address >> bits) << bits;
  const hex = first.toString(16).padStart(32, '0');
  return { text: `${hex.match(/.{4}/g)!.join(':')}/${prefix}`, first, bits };
});

describe('Cidr', () => {
  test('knows its parts', () => {
    const cidr = Cidr.of('10.20.0.0/16');
    expect(cidr).toMatchObject({ network: '10.20.0.0', prefixLength: 16, family: IpFamily.V4, addressCount: 65536, netmask: '255.255.0.0' });
    expect(String(cidr)).toBe('10.20.0.0/16');
    expect([cidr.addressAt(0), cidr.addressAt(1), cidr.addressAt(-1), cidr.addressAt(65535), cidr.addressAt(-65536)]).toEqual([
      '10.20.0.0',
      '10.20.0.1',
      '10.20.255.255',
      '10.20.255.255',
      '10.20.0.0',
    ]);
  });

  test('writes IPv6 as RFC 5952 does', () => {
    const cidr = Cidr.of('FD00:0:0:0:0::/64');
    expect(String(cidr)).toBe('fd00::/64');
    expect(cidr).toMatchObject({ family: IpFamily.V6, prefixLength: 64, addressCount: Number.MAX_SAFE_INTEGER, netmask: 'ffff:ffff:ffff:ffff::' });
    expect([cidr.addressAt(1), cidr.addressAt(-1)]).toEqual(['fd00::1', 'fd00::ffff:ffff:ffff:ffff']);
  });

  test('the whole of each family', () => {
    expect(Cidr.of('0.0.0.0/0')).toMatchObject({ addressCount: 2 ** 32, netmask: '0.0.0.0' });
    expect(Cidr.of('::/0')).toMatchObject({ netmask: '::' });
    expect(Cidr.of('0.0.0.0/0').contains('255.255.255.255')).toBe(true);
    expect(Cidr.of('0.0.0.0/0').contains('::1')).toBe(false);
  });

  test('host bits are an error that tells the network', () => {
    expect(() => Cidr.of('10.20.0.5/24')).toThrow(
      'Cidr: CIDR has bits set beyond its prefix length, so it is an address within a network, got "10.20.0.5/24"; use 10.20.0.0/24',
    );
    expect(() => Cidr.of('fd00::5/64')).toThrow(/use fd00::\/64$/);
  });

  test.each([
    '',
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0/8',
    '10/8',
    '010.0.0.0/8',
    '0x0a.0.0.0/8',
    '256.0.0.0/8',
    ' 10.0.0.0/8',
  ])('%j is refused', (text) => expect(() => Cidr.of(text)).toThrow(StrataError));
  test.each(['::/129', 'fe80::%eth0/64', ':::/0', 'fd00::g/64', '1::2::3/64', 'banana', '10.0.0.0/8/8', '/8', '10.0.0.0/8\n'])(
    '%j is refused',
    (text) => expect(() => Cidr.of(text)).toThrow(StrataError),
  );
  test.each([undefined, null, 7, {}, []])('from JavaScript, %j is refused', (value) => expect(() => Cidr.of(value as never)).toThrow(StrataError));

  test('any IPv4 block: parts, ends and contents', () => {
    fc.assert(
      fc.property(v4Block, fc.nat(0xffffffff), ({ text, first, size, prefix }, address) => {
        const cidr = Cidr.of(text);
        expect(String(cidr)).toBe(text);
        expect([cidr.prefixLength, cidr.addressCount]).toEqual([prefix, size]);
        expect([cidr.addressAt(0), cidr.addressAt(-1)]).toEqual([v4(first), v4(first + size - 1)]);
        expect(cidr.contains(v4(address))).toBe(address >= first && address < first + size);
        expect(() => cidr.addressAt(size)).toThrow(StrataError);
        expect(() => cidr.addressAt(-size - 1)).toThrow(StrataError);
      }),
    );
  });

  test('any IPv6 block comes back the same, contains its ends and nothing beside them', () => {
    fc.assert(
      fc.property(v6Block, ({ text, first, bits }) => {
        const cidr = Cidr.of(text);
        expect(String(Cidr.of(String(cidr)))).toBe(String(cidr));
        expect(cidr.contains(cidr.addressAt(0)) && cidr.contains(cidr.addressAt(-1)) && cidr.contains(String(cidr))).toBe(true);
        if (first > 0n) expect(cidr.contains((first - 1n).toString(16).padStart(32, '0').match(/.{4}/g)!.join(':'))).toBe(false);
        expect(cidr.addressCount).toBe(Number(1n << bits) > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : 2 ** Number(bits));
      }),
    );
  });

  test('overlap is mutual, and means that one contains the other', () => {
    fc.assert(
      fc.property(v4Block, v4Block, (a, b) => {
        const [left, right] = [Cidr.of(a.text), Cidr.of(b.text)];
        const expected = a.first < b.first + b.size && b.first < a.first + a.size;
        expect([left.overlaps(right), right.overlaps(left)]).toEqual([expected, expected]);
        expect(left.contains(b.text) || right.contains(a.text)).toBe(expected);
        expect(left.overlaps(Cidr.of('::/0'))).toBe(false);
      }),
    );
  });

  test('any text is either read or refused with an error of ours', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f.:/%x]{0,24}$/)), (text) => {
        try {
          expect(String(Cidr.of(String(Cidr.of(text))))).toBe(String(Cidr.of(text)));
        } catch (error) {
          expect(error).toBeInstanceOf(StrataError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('an index that is no number of an address', () => {
    const cidr = Cidr.of('10.0.0.0/30');
    for (const index of [4, -5, 0.5, NaN, Infinity, NUMBER_TOKEN]) {
      expect(() => cidr.addressAt(index)).toThrow(/Cidr 10\.0\.0\.0\/30: index.*use a number from -4 to 3$/);
    }
    expect(() => cidr.addressAt(NUMBER_TOKEN)).not.toThrow(/e\+298/);
  });

  test('a reference is refused where the value is needed, and can not be refuted where it is only looked at', () => {
    expect(() => Cidr.of(TEXT_TOKEN)).toThrow(/^Cidr: CIDR must be known at synth/);
    expect(() => Cidr.of(MIXED_TOKEN)).toThrow(/^Cidr: CIDR must be known at synth/);
    expect(Cidr.of('10.0.0.0/8').contains(TEXT_TOKEN)).toBe(true);
    expect(Cidr.of('10.0.0.0/8').contains(MIXED_TOKEN)).toBe(true);
  });

  test('a bad address within contains', () =>
    expect(() => Cidr.of('10.0.0.0/8').contains('10.0.0')).toThrow(
      'Cidr: address is not an IPv4 or IPv6 address, got "10.0.0"; write it as 10.20.0.5 or fd00::5',
    ));
});

describe('checks', () => {
  test('tell the construct and the property', () => {
    expect(() => parseCidr('stack/Net', 'podCidr', '10.0.0.1/8')).toThrow(/^stack\/Net: podCidr has bits set.*use 10\.0\.0\.0\/8$/);
    expect(() => checkAddress('stack/Net', 'gateway', '10.0.0.256')).toThrow(/^stack\/Net: gateway is not an IPv4 or IPv6 address, got "10.0.0.256"/);
    expect(() => checkInside('stack/Net', 'gateway', '10.1.0.1', '10.0.0.0/24')).toThrow(
      'stack/Net: gateway is outside its network 10.0.0.0/24, got "10.1.0.1"; use one from 10.0.0.0 to 10.0.0.255',
    );
    expect(() => checkInside('stack/Net', 'pool', '10.0.0.0/23', '10.0.0.0/24')).toThrow(/outside its network/);
    expect(() => checkInside('stack/Net', 'gateway', '10.0.0.1', '10.0.0.1/24')).toThrow(/network of gateway has bits set/);
  });

  test('name both blocks that overlap', () => {
    expect(() => assertDisjoint('c', { podCidr: '10.0.0.0/16', serviceCidr: '10.96.0.0/12', nodeCidr: '10.0.128.0/24' })).toThrow(
      'c: nodeCidr overlaps podCidr (10.0.0.0/16), got "10.0.128.0/24"; give nodeCidr or podCidr another range',
    );
    assertDisjoint('c', { podCidr: '10.0.0.0/16', serviceCidr: '10.96.0.0/12', v6: 'fd00::/56', absent: undefined });
  });

  test('skip what is not known at synth, and nothing else', () => {
    expect(parseCidr('c', 'x', TEXT_TOKEN)).toBeUndefined();
    checkAddress('c', 'x', TEXT_TOKEN);
    checkAddress('c', 'x', undefined);
    checkInside('c', 'x', TEXT_TOKEN, '10.0.0.0/8');
    checkInside('c', 'x', '10.0.0.1', TEXT_TOKEN);
    checkInside('c', 'x', undefined, '10.0.0.0/8');
    assertDisjoint('c', { a: TEXT_TOKEN, b: '10.0.0.0/8', c: MIXED_TOKEN });
    expect(() => assertDisjoint('c', { a: TEXT_TOKEN, b: '10.0.0.0/8', c: '10.1.0.0/16' })).toThrow(/c overlaps b/);
  });

  test('find a clash among blocks exactly when there is one', () => {
    fc.assert(
      fc.property(fc.array(v4Block, { minLength: 2, maxLength: 6 }), (blocks) => {
        const clash = blocks.some((a, i) => blocks.some((b, j) => i < j && a.first < b.first + b.size && b.first < a.first + a.size));
        const run = () => assertDisjoint('c', Object.fromEntries(blocks.map((block, i) => [`n${i}`, block.text])));
        if (clash) expect(run).toThrow(StrataError);
        else run();
      }),
    );
  });
});
