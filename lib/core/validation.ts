import { Token } from 'cdktf';
import { IConstruct } from 'constructs';
import { closest, distance } from 'fastest-levenshtein';

/** Whom an error is about: a construct, or a plain label (a file and row) where there is no construct yet. */
export type Where = IConstruct | string;

/** What is said of a bad value: `<where>: <problem>, got <value>; <fix>`. */
export interface Finding {
  /** What is wrong, as a clause: "controlPlane.replicas must be odd". */
  readonly problem: string;
  /** The value that was given. Never a secret: it is printed. Left out where there is none. */
  readonly value?: unknown;
  /** What to do, as an imperative: "use 3 or 5". */
  readonly fix: string;
}

/** An error that a user can act on. Its message reads `path/of/construct: what is wrong, the value given; what to do`. */
export class StrataError extends Error {
  constructor(
    where: Where,
    readonly finding: Finding,
  ) {
    super(describe(where, finding));
    this.name = 'StrataError';
  }
}

/** The text of an error or a warning. */
export function describe(where: Where, { problem, value, fix }: Finding): string {
  const given = value === undefined ? '' : `, got ${show(value)}`;
  return `${typeof where === 'string' ? where : where.node.path}: ${problem}${given}; ${fix}`;
}

/** Throws. For use at the end of a decision. */
export function fail(where: Where, finding: Finding): never {
  throw new StrataError(where, finding);
}

/**
 * True if a value is known at synth: neither it nor anything inside it is a token.
 * Number tokens are about -8e298 and string tokens have a length: check a value only behind this.
 */
export function isKnown(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Token.isUnresolved(value) || isListToken(value)) return false;
  if (Array.isArray(value)) return value.every(isKnown);
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) return Object.values(value).every(isKnown);
  return true;
}

/** True for what loops and spreads over a list that is a reference come upon: the one element that stands for all of them. */
function isListToken(value: unknown): boolean {
  return typeof value === 'string' && Token.isUnresolved([value]);
}

/** Throws if the value, or anything in it, is a reference: for what decides at synth what is made, and what is computed with. */
export function checkKnown(where: Where, name: string, value: unknown): void {
  if (!isKnown(value)) fail(where, { problem: `${name} must be known at synth, a reference was given`, fix: 'give the value itself' });
}

/** Throws if the whole list is a reference: of a list whose length isn't known nothing can be made for each entry. Its entries may be references. */
export function checkListKnown(where: Where, name: string, list: readonly string[] | undefined): void {
  if (!list?.some(isListToken)) return;
  fail(where, { problem: `${name} must be a list known at synth, a reference was given`, fix: 'give a list; its entries may be references' });
}

/** Throws unless `condition(value)` holds. A value that isn't known at synth passes: Terraform will judge it. */
export function check<T>(where: Where, value: T | undefined, condition: (value: T) => boolean, finding: Omit<Finding, 'value'>): void {
  if (value === undefined || !isKnown(value) || condition(value)) return;
  fail(where, { ...finding, value });
}

/** Throws unless the value is a whole number in the range. */
export function checkInteger(
  where: Where,
  name: string,
  value: number | undefined,
  range: { readonly min?: number; readonly max?: number } = {},
): void {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = range;
  const from = range.min === undefined ? '' : ` from ${min}`;
  const to = range.max === undefined ? '' : ` to ${max}`;
  check(where, value, (v) => Number.isSafeInteger(v) && v >= min && v <= max, {
    problem: `${name} must be a whole number${from}${to}`,
    fix: 'give a number in that range',
  });
}

/** Throws unless the value is one of those allowed; suggests the nearest. */
export function checkOneOf(where: Where, name: string, value: string | undefined, allowed: readonly string[]): void {
  if (value === undefined || !isKnown(value) || allowed.includes(value)) return;
  fail(where, { problem: `${name} is not known`, value, fix: suggestion(value, allowed) });
}

/** Throws unless every value is there once. `what` names one of them: "MAC address". */
export function checkUnique(where: Where, what: string, values: readonly (string | undefined)[]): void {
  const seen = new Set<string>();
  for (const value of values) {
    if (value === undefined || !isKnown(value)) continue;
    if (seen.has(value)) fail(where, { problem: `${what} must be unique`, value, fix: `give each its own ${what}` });
    seen.add(value);
  }
}

/** "did you mean x?" where one is near, and the whole list. */
export function suggestion(word: string, known: readonly string[]): string {
  const list = `use one of ${known.join(', ')}`;
  if (known.length === 0) return 'remove it';
  const best = closest(word, [...known]);
  return distance(word, best) <= Math.max(2, Math.floor(word.length / 3)) ? `did you mean ${best}? ${list}` : list;
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return JSON.stringify(value) ?? String(value);
}
