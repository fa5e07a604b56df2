import * as fc from 'fast-check';
import { NUMBER_TOKEN, TEXT_TOKEN } from './tokens';
import { cpuToQuantity, gibToQuantity, mibToQuantity, toCpus, toGib, toMib } from '../../lib/core/quantity';
import { StrataError } from '../../lib/core/validation';

test.each<[string | number, number]>([
  ['64GiB', 65536],
  ['64Gi', 65536],
  ['512 MiB', 512],
  ['1.5TiB', 1572864],
  ['1048576KiB', 1024],
  ['64G', 61035],
  ['64 GB', 61035],
  ['480GB', 457763],
  ['1.048576MB', 1],
  ['2048', 2048],
  [2048, 2048],
  [' 8GiB ', 8192],
])('%p is %p MiB', (size, mib) => expect(toMib('c', 'memory', size)).toBe(mib));

test.each<[string | number, number]>([
  ['20GiB', 20],
  [20, 20],
  ['20', 20],
  ['480GB', 447],
  ['1.5TiB', 1536],
  ['20.9GiB', 20],
])('%p is %p GiB', (size, gib) => expect(toGib('c', 'disk', size)).toBe(gib));

test.each([
  '',
  'lots',
  '-1GiB',
  '64XiB',
  '64GiBs',
  '1e3GiB',
  '1,5TiB',
  '.5GiB',
  '5.GiB',
  '64m',
  '0',
  '0GiB',
  '512KiB',
  '9999999999PiB',
  -5,
  0,
  NaN,
  Infinity,
  1e21,
])('%p is refused', (size) => expect(() => toMib('hosts.yaml row 3', 'memory', size)).toThrow(/^hosts\.yaml row 3: memory is /));
test('from JavaScript, what is no text and no number is refused', () => {
  for (const value of [undefined, null, {}, true]) {
    if (value !== undefined && value !== null) expect(() => toMib('c', 'memory', value as never)).toThrow(StrataError);
  }
});

test('what is not known at synth is skipped', () => {
  expect([
    toMib('c', 'm', TEXT_TOKEN),
    toMib('c', 'm', NUMBER_TOKEN),
    toGib('c', 'm', TEXT_TOKEN),
    toCpus('c', 'm', TEXT_TOKEN),
    toCpus('c', 'm', NUMBER_TOKEN),
  ]).toEqual(Array(5).fill(undefined));
});

test('quantities of Kubernetes', () => {
  expect([mibToQuantity(512), mibToQuantity(20480), gibToQuantity(20), cpuToQuantity(0.25), cpuToQuantity(2), cpuToQuantity(1.5)]).toEqual([
    '512Mi',
    '20Gi',
    '20Gi',
    '250m',
    '2',
    '1500m',
  ]);
});

test.each([
  [1023, '1023Gi'],
  [1024, '1Ti'],
  [1536, '1536Gi'],
  [3 * 1024, '3Ti'],
  [1024 * 1024, '1Pi'],
])('%i GiB are written as the API server writes them', (gib, quantity) => expect(gibToQuantity(gib)).toBe(quantity));

test.each([0, -1, 1.5, NaN, NUMBER_TOKEN])('there is no quantity of %p MiB', (mib) => {
  expect(() => mibToQuantity(mib)).toThrow(StrataError);
  expect(() => gibToQuantity(mib)).toThrow(StrataError);
});
test.each([0, -1, 0.0001, NaN, Infinity, NUMBER_TOKEN])('there is no quantity of %p CPUs', (cpus) =>
  expect(() => cpuToQuantity(cpus)).toThrow(StrataError),
);

test.each([
  ['250m', 0.25],
  ['2', 2],
  [0.5, 0.5],
  ['1500m', 1.5],
] as [string | number, number][])('%p is %p CPUs', (text, cpus) => expect(toCpus('c', 'cpu', text)).toBe(cpus));
test.each(['', '-1', 'two', '250 m', '1.5.1', 0, '0m', NaN, 1e-7])('%p CPUs are refused', (text) =>
  expect(() => toCpus('c', 'cpu', text)).toThrow(/^c: cpu is not a number of CPUs/),
);

test('whole MiB, GiB and thousandths of CPUs come back from their quantities', () => {
  const count = fc.integer({ min: 1, max: 2 ** 40 });
  fc.assert(fc.property(count, (mib) => expect(toMib('c', 'm', mibToQuantity(mib))).toBe(mib)));
  fc.assert(fc.property(count, (gib) => expect(toGib('c', 'm', gibToQuantity(gib))).toBe(gib)));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000_000 }), (millis) => expect(toCpus('c', 'm', cpuToQuantity(millis / 1000))).toBe(millis / 1000)),
  );
});

test('a size is never rounded up, and by less than one unit down', () => {
  const units = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, kB: 1e3, MB: 1e6, GB: 1e9 };
  fc.assert(
    fc.property(fc.integer({ min: 2_000, max: 1_000_000 }), fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[])), (amount, unit) => {
      const bytes = amount * units[unit];
      const mib = toMib('c', 'm', `${amount}${unit}`)!;
      expect(mib * 2 ** 20 <= bytes && bytes < (mib + 1) * 2 ** 20).toBe(true);
    }),
  );
});

test('any text is either read or refused with an error of ours', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.double(), fc.stringMatching(/^[0-9.]{1,6} ?[KMGTPi]{0,2}B?$/)), (size) => {
      try {
        expect(toMib('c', 'm', size)).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(StrataError);
      }
    }),
    { numRuns: 1000 },
  );
});
