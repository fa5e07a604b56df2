import { Token } from 'cdktf';
import { Path, pathText, Problems } from './problems';
import { checkAddress } from '../core/cidr-checks';
import { checkDnsSubdomain } from '../core/naming';
import { checkInteger, checkOneOf, fail, isKnown, suggestion } from '../core/validation';

/** A value of an inventory and where it was written. */
export interface Entry {
  readonly value: unknown;
  readonly path: Path;
}

/** A part of a JSON Schema (draft 7). */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** Reads a value. Undefined if there is something wrong with it, which is then among the problems. */
export interface Read<T> {
  (entry: Entry, problems: Problems): T | undefined;
  /** What an editor is told of such values. It may be less strict than the reader, never stricter. */
  readonly schema: JsonSchema;
}

/** A reader with its schema. */
export function reader<T>(schema: JsonSchema, read: (entry: Entry, problems: Problems) => T | undefined): Read<T> {
  return Object.assign((entry: Entry, problems: Problems) => read(entry, problems), { schema });
}

/** A field of a record. */
export interface Field {
  readonly read: Read<unknown>;
  /** What it is, in a line for whoever edits the file. */
  readonly about: string;
  /** What it is, for a field that must be there. */
  readonly required?: string;
  /** The field that this is another way to write: `memory` for `memoryMib`. */
  readonly into?: string;
}

const TEXT: JsonSchema = { type: 'string', minLength: 1 };

type Decide<T> = (where: string, name: string, value: any) => T;

/** A value that decides what is made, so that it can't be a reference. */
export function known<T>(decide: Decide<T>, schema: JsonSchema = TEXT): Read<T> {
  return reader(schema, ({ value, path }, problems) =>
    problems.attempt(path, (where, name) => {
      if (!isKnown(value)) fail(where, { problem: `${name} must be known at synth, a reference was given`, fix: 'give the value itself' });
      return decide(where, name, value);
    }),
  );
}

/** A text that only Terraform looks at: a reference stays one. */
export function orReference(decide: Decide<string>): Read<string> {
  const ofKnown = known(decide);
  return reader(ofKnown.schema, (entry, problems) =>
    typeof entry.value === 'string' && Token.isUnresolved(entry.value) ? entry.value : ofKnown(entry, problems),
  );
}

export function asText(where: string, name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  const fix = typeof value === 'number' || typeof value === 'boolean' ? 'put it in quotes' : 'write a text';
  return fail(where, { problem: `${name} must be a text`, value, fix });
}

export const text = known(asText);

/** A text without blanks, which a line of expectations is made of. */
export function pattern(form: RegExp, what: string, fix: string): Decide<string> {
  return (where, name, value) => {
    const given = asText(where, name, value);
    if (!form.test(given)) fail(where, { problem: `${name} is not ${what}`, value: given, fix });
    return given;
  };
}

export function integer(range: { readonly min: number; readonly max?: number }): Read<number> {
  return known(
    (where, name, value) => {
      checkInteger(where, name, value, range);
      return value;
    },
    { type: 'integer', minimum: range.min, ...(range.max === undefined ? {} : { maximum: range.max }) },
  );
}

export function oneOf<T extends string>(allowed: readonly T[]): Read<T> {
  return known(
    (where, name, value) => {
      checkOneOf(where, name, asText(where, name, value), allowed);
      return value;
    },
    { enum: allowed },
  );
}

export const flag: Read<boolean> = known(
  (where, name, value) => {
    if (typeof value !== 'boolean') fail(where, { problem: `${name} must be true or false`, value, fix: 'write true or false, without quotes' });
    return value;
  },
  { type: 'boolean' },
);

/** A size: a number in the unit, or a text with one of its own. */
export function size(toUnit: (where: string, name: string, value: string | number) => number | undefined, example: string): Read<number> {
  return known(
    (where, name, value) => {
      if (typeof value !== 'number' && typeof value !== 'string') {
        fail(where, { problem: `${name} is not a size`, value, fix: `write it as ${example}` });
      }
      return toUnit(where, name, value)!;
    },
    { type: ['integer', 'number', 'string'] },
  );
}

export const address = orReference((where, name, value) => {
  const given = asText(where, name, value);
  if (/^[^/]+\/\d+$/.test(given)) {
    fail(where, { problem: `${name} must be an address without a prefix length`, value: given, fix: `write ${given.split('/')[0]}` });
  }
  checkAddress(where, name, given);
  return given;
});

/** An address or a host name. What looks like an address must be one. */
export const addressOrName = orReference((where, name, value) => {
  const given = asText(where, name, value);
  if (/^[\d.]+$|[:/]/.test(given)) checkAddress(where, name, given);
  else checkDnsSubdomain(where, name, given.toLowerCase());
  return given;
});

/** A MAC address in any usual notation, as Linux writes it: `52:54:00:12:34:56`. */
export const mac = orReference((where, name, value) => {
  const given = asText(where, name, value);
  const digits = given.toLowerCase().replace(/[:.-]/g, '');
  const usual = /^([\da-f]{2}([:-])[\da-f]{2}(\2[\da-f]{2}){4}|[\da-f]{4}\.[\da-f]{4}\.[\da-f]{4}|[\da-f]{12})$/i;
  if (!usual.test(given)) fail(where, { problem: `${name} is not a MAC address`, value: given, fix: 'write it as 52:54:00:12:34:56' });
  if (Number(`0x${digits[1]}`) % 2 === 1 || digits === '000000000000') {
    fail(where, {
      problem: `${name} is not the MAC address of one interface`,
      value: given,
      fix: 'take the one that `ip link` shows for the interface',
    });
  }
  return digits.match(/../g)!.join(':');
});

export function list<T>(read: Read<T>): Read<(T | undefined)[]> {
  return reader({ type: 'array', items: read.schema }, ({ value, path }, problems) => {
    if (!Array.isArray(value)) {
      problems.add(path, { problem: `${pathText(path)} must be a list`, value: shown(value), fix: 'write it as a list, one item each' });
      return undefined;
    }
    return value.map((item, i) => read({ value: item, path: [...path, i] }, problems));
  });
}

/** A list of words, each once. */
export function words<T extends string>(read: Read<T>, min = 0): Read<T[]> {
  const readAll = list(read);
  return reader({ ...readAll.schema, ...(min > 0 && { minItems: min }), uniqueItems: true }, (entry, problems) => {
    const items = readAll(entry, problems);
    if (items === undefined || items.includes(undefined)) return undefined;
    const name = pathText(entry.path);
    if (items.length < min) problems.add(entry.path, { problem: `${name} is empty`, fix: `give at least ${min}` });
    const twice = items.find((item, i) => items.indexOf(item) !== i);
    if (twice !== undefined) problems.add(entry.path, { problem: `${name} has an item twice`, value: twice, fix: 'take one of them away' });
    return items as T[];
  });
}

export function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Token.isUnresolved(value);
}

/** Own fields only: `toString` is a name that a user can give, and no field. */
function fieldOf(fields: { readonly [name: string]: Field }, name: string): Field | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** A record of known fields. In its result, fields that have problems are undefined. */
export function record(what: string, fields: { readonly [name: string]: Field }): Read<any> {
  return reader(recordSchema(fields), (entry, problems) => fieldsOf(what, fields, entry, problems));
}

/** The schema of a record. What may be written in two ways, or come from elsewhere, isn't asked for there. */
export function recordSchema(fields: { readonly [name: string]: Field }, optional: readonly string[] = []): JsonSchema {
  const twoWays = Object.values(fields).map(({ into }) => into);
  const required = Object.entries(fields)
    .filter(([name, field]) => field.required !== undefined && !twoWays.includes(name) && !optional.includes(name))
    .map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(fields).map(([name, { about, read }]) => [name, { description: about, ...read.schema }])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

/**
 * The same with defaults: a field that isn't in the record itself is taken from there, and is complained of there.
 * Records within the record are merged, lists are not.
 */
export function fieldsOf(what: string, fields: { readonly [name: string]: Field }, own: Entry, problems: Problems, defaults?: Entry): any {
  if (!isRecord(own.value)) {
    problems.add(own.path, {
      problem: `${pathText(own.path)} must be ${what} with fields`,
      value: shown(own.value),
      fix: `give it its fields: ${Object.keys(fields).join(', ')}`,
    });
    return undefined;
  }
  const given = merge(fields, own, defaults);
  const result: { [name: string]: unknown } = {};
  for (const [name, entry] of given) {
    const field = fieldOf(fields, name);
    if (field === undefined) {
      const problem = `${pathText(entry.path)} is not a field of ${what}`;
      problems.add(entry.path, { problem, fix: suggestion(name, Object.keys(fields)) });
    } else if (entry.value === null) {
      problems.add(entry.path, { problem: `${pathText(entry.path)} has no value`, fix: 'give it one, or leave the field out' });
    } else {
      result[field.into ?? name] = field.read(entry, problems);
    }
  }
  for (const [name, { into, required }] of entriesOf(fields)) {
    if (into !== undefined && given.has(name) && given.has(into)) {
      const { path } = given.get(name)!;
      problems.add(path, { problem: `${pathText(path)} and ${into} are two ways to write the same`, fix: `keep one of them` });
    }
    if (required === undefined || given.has(name) || entriesOf(fields).some(([other, field]) => field.into === name && given.has(other))) continue;
    problems.add([...own.path, name], { problem: `${pathText([...own.path, name])} is missing`, fix: `add it: ${required}` });
  }
  return result;
}

function merge(fields: { readonly [name: string]: Field }, own: Entry, defaults: Entry | undefined): Map<string, Entry> {
  const given = entries(own);
  const target = (name: string) => fieldOf(fields, name)?.into ?? name;
  const targets = new Set([...given.keys()].map(target));
  for (const [name, entry] of defaults === undefined ? [] : entries(defaults)) {
    const mine = given.get(name);
    if (!targets.has(target(name))) {
      given.set(name, entry);
    } else if (mine !== undefined && isRecord(mine.value) && isRecord(entry.value)) {
      given.set(name, { value: { ...entry.value, ...mine.value }, path: mine.path });
    }
  }
  return given;
}

function entries({ value, path }: Entry): Map<string, Entry> {
  const result = new Map<string, Entry>();
  if (!isRecord(value)) return result;
  for (const name of Object.keys(value)) if (value[name] !== undefined) result.set(name, { value: value[name], path: [...path, name] });
  return result;
}

const tables = new WeakMap<object, (readonly [string, Field])[]>();

/** The fields of a table, which is looked through for every record. */
function entriesOf(fields: { readonly [name: string]: Field }): readonly (readonly [string, Field])[] {
  let result = tables.get(fields);
  if (result === undefined) tables.set(fields, (result = Object.entries(fields)));
  return result;
}

/** A value in an error about its type. References have no type to show. */
function shown(value: unknown): unknown {
  return isKnown(value) && value !== null ? value : undefined;
}
