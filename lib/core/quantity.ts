import { fail, isKnown, Where } from './validation';

const BYTES: { readonly [unit: string]: bigint } = Object.fromEntries(
  ['K', 'M', 'G', 'T', 'P'].flatMap((letter, i) => [
    [letter, 1000n ** BigInt(i + 1)],
    [`${letter}i`, 1024n ** BigInt(i + 1)],
  ]),
);
const MIB = 1024n ** 2n;
const GIB = 1024n ** 3n;
const SIZE = /^(\d{1,18})(?:\.(\d{1,9}))? ?(?:([KkMGTP]i?)B?)?$/;

/**
 * Memory or disk size in whole MiB, rounded down: what a machine has.
 *
 * Takes a number (MiB), or a text: `64GiB`, `512 MiB`, `1.5TiB`, `64Gi` are powers of 1024; `64G`, `480 GB` powers of 1000, as Kubernetes and
 * the makers of disks count; a text without a unit is MiB. Undefined if it isn't known at synth.
 */
export function toMib(where: Where, name: string, size: string | number): number | undefined {
  return toUnit(where, name, size, MIB, 'MiB');
}

/** The same in whole GiB, rounded down; without a unit it is GiB. */
export function toGib(where: Where, name: string, size: string | number): number | undefined {
  return toUnit(where, name, size, GIB, 'GiB');
}

/** Whole MiB as a Kubernetes quantity: `512Mi`, or `20Gi` where it divides evenly. */
export function mibToQuantity(mib: number): string {
  return mib % 1024 === 0 ? gibToQuantity(mib / 1024) : `${whole('MiB', mib)}Mi`;
}

/** Whole GiB as a Kubernetes quantity: `20Gi`, or `1Ti` where it divides evenly, as the API server writes it: another spelling would be a change in every plan. */
export function gibToQuantity(gib: number): string {
  const amount = whole('GiB', gib);
  if (amount % 1024 ** 2 === 0) return `${amount / 1024 ** 2}Pi`;
  return amount % 1024 === 0 ? `${amount / 1024}Ti` : `${amount}Gi`;
}

/** CPU cores as a Kubernetes quantity, to the thousandth: `2`, `250m`. */
export function cpuToQuantity(cores: number): string {
  const millis = whole('thousandths of a CPU', Math.round(isKnown(cores) ? cores * 1000 : NaN));
  return millis % 1000 === 0 ? String(millis / 1000) : `${millis}m`;
}

/** CPU cores from a number (`0.25`) or a text (`250m`, `2`, `0.5`), to the thousandth; undefined if not known at synth. */
export function toCpus(where: Where, name: string, cpus: string | number): number | undefined {
  if (!isKnown(cpus)) return undefined;
  const [, amount, milli] = /^(\d{1,12}(?:\.\d{1,9})?)(m?)$/.exec(String(cpus)) ?? [];
  const cores = Math.round(Number(amount) * (milli ? 1 : 1000)) / 1000;
  if (amount === undefined || cores <= 0) {
    fail(where, { problem: `${name} is not a number of CPUs above 0`, value: cpus, fix: 'write it as 2, 0.5 or 250m' });
  }
  return cores;
}

function toUnit(where: Where, name: string, size: string | number, unit: bigint, unitName: string): number | undefined {
  if (!isKnown(size)) return undefined;
  const [, integer, fraction = '', suffix] = SIZE.exec(String(size).trim()) ?? [];
  if (integer === undefined) {
    fail(where, { problem: `${name} is not a size`, value: size, fix: `write it as 64GiB, 512MiB, 1.5TiB, or as a number of ${unitName}` });
  }
  const factor = suffix === undefined ? unit : BYTES[suffix[0].toUpperCase() + suffix.slice(1)];
  const bytes = (BigInt(integer + fraction) * factor) / 10n ** BigInt(fraction.length);
  const result = bytes / unit;
  if (result < 1n || result > BigInt(Number.MAX_SAFE_INTEGER)) {
    const problem = `${name} is ${result < 1n ? 'less than 1' : 'more than can be counted in'} ${unitName}`;
    fail(where, { problem, value: size, fix: 'check its unit, for example 64GiB' });
  }
  return Number(result);
}

function whole(unit: string, value: number): number {
  if (!isKnown(value) || !Number.isSafeInteger(value) || value < 1) {
    fail('quantity', {
      problem: `a Kubernetes quantity needs a whole number of ${unit} above 0, known at synth`,
      value: isKnown(value) ? value : undefined,
      fix: 'give such a number',
    });
  }
  return value;
}
