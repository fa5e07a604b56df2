import { CsvError, parse } from 'csv-parse/sync';
import { isRecord, JsonSchema } from './inventory-fields';
import { hostSchema } from './inventory-reader';
import { InventorySource } from './inventory-source';
import { Path } from './problems';
import { fail, suggestion } from '../core/validation';

/** A column: where its cells belong in a host, and what they are. */
interface Column {
  readonly path: Path;
  readonly schema: JsonSchema;
}

/**
 * Reads hosts from CSV: a row each, under a first row of fields as errors write them (`name`, `bmc.address`, `nics[0].address`, `tags.site`).
 * The separator is a comma, a semicolon or a tab, whichever the first row has most of. Items of a list are divided by blanks, "|" or ";". An empty cell is a
 * field that isn't there.
 */
export function readCsv(file: string, text: string): InventorySource {
  const rows = cells(file, text);
  const [header, ...records] = rows;
  if (header === undefined) {
    return fail(file, { problem: 'the file is empty', fix: 'begin it with a row of fields: name,roles,managementAddress,cpuThreads,memory,…' });
  }
  const columns = header.cells.map((name) => columnOf(`${file}:${header.line}`, name.trim()));
  const names = header.cells.map((name) => name.trim());
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) fail(`${file}:${header.line}`, { problem: 'a column is there twice', value: twice, fix: 'take one of them away' });
  const hosts = records.map(({ cells: row, line }) => {
    if (row.length > columns.length) {
      const problem = `a row has ${row.length} cells, but there are ${columns.length} columns`;
      fail(`${file}:${line}`, { problem, fix: 'put a text with a separator in it in quotes, or add the column' });
    }
    return hostOf(columns, row);
  });
  const lines = records.map(({ line }) => line);
  return {
    label: file,
    data: { hosts },
    lineOf: ([first, index]) => (first === 'hosts' && typeof index === 'number' ? (lines[index] ?? header.line) : header.line),
  };
}

interface Row {
  readonly cells: string[];
  readonly line: number;
}

function cells(file: string, text: string): Row[] {
  const [firstLine] = text.split(/\r?\n/, 1);
  const count = (separator: string) => firstLine.split(separator).length;
  const delimiter = [',', ';', '\t'].sort((a, b) => count(b) - count(a))[0];
  try {
    const rows = parse(text, { delimiter, bom: true, info: true, relax_column_count: true, skip_empty_lines: true, trim: true }) as unknown as {
      readonly record: string[];
      readonly info: { readonly lines: number };
    }[];
    // `lines` is where a row ends; a cell in quotes may hold line breaks
    return rows.map(({ record, info }) => ({ cells: record, line: info.lines - record.join('').split('\n').length + 1 }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error.lines === 'number' ? `:${error.lines}` : '';
    return fail(`${file}${line}`, { problem: `the file is not CSV (${error.message})`, fix: 'correct the quotes there' });
  }
}

/** Where `nics[0].address` leads, by the schema of a host. */
function columnOf(where: string, name: string): Column {
  if (!/^[\w-]+(\[\d{1,3}\])?(\.[\w-]+(\[\d{1,3}\])?)*$/.test(name)) {
    fail(where, { problem: 'a column has no field of a host', value: name, fix: 'write it as name, bmc.address, nics[0].address or tags.site' });
  }
  const path = name.split(/[.[\]]+/).filter((part) => part !== '').map((part) => (/^\d+$/.test(part) ? Number(part) : part)); // prettier-ignore
  let schema: JsonSchema = hostSchema;
  path.forEach((key, i) => {
    const inner = within(schema, key);
    if (inner === undefined) {
      const fields = isRecord(schema.properties) ? Object.keys(schema.properties) : [];
      const fix = fields.length > 0 ? suggestion(String(key), fields) : schema.type === 'array' ? 'write it as nics[0].address' : 'end it there';
      fail(where, { problem: `column ${name}: ${path.slice(0, i + 1).join('.')} is not a field of a host`, fix });
    }
    schema = inner;
  });
  if (schema.type === 'object' || (schema.type === 'array' && isRecord(schema.items) && schema.items.type === 'object')) {
    fail(where, {
      problem: `column ${name} has fields of its own`,
      fix: `give each a column, such as ${name}${schema.type === 'array' ? '[0]' : ''}.…`,
    });
  }
  return { path, schema };
}

function within(schema: JsonSchema, key: string | number): JsonSchema | undefined {
  if (typeof key === 'number') return schema.type === 'array' && isRecord(schema.items) ? schema.items : undefined;
  if (isRecord(schema.properties) && Object.hasOwn(schema.properties, key)) return schema.properties[key] as JsonSchema;
  return isRecord(schema.additionalProperties) ? schema.additionalProperties : undefined;
}

function hostOf(columns: readonly Column[], row: readonly string[]): unknown {
  const host: { [name: string]: unknown } = {};
  columns.forEach(({ path, schema }, i) => {
    const cell = row[i] ?? '';
    if (cell === '') return;
    let place: any = host;
    path.slice(0, -1).forEach((key, depth) => {
      place[key] ??= typeof path[depth + 1] === 'number' ? [] : {};
      place = place[key];
    });
    place[path[path.length - 1]] = valueOf(schema, cell);
  });
  // an interface that carries nothing has an empty cell
  for (const nic of Array.isArray(host.nics) ? host.nics : []) if (isRecord(nic) && nic.networks === undefined) Object.assign(nic, { networks: [] });
  return host;
}

/** What a cell says: numbers where the field has numbers. What it isn't is left to the reader to tell. */
function valueOf(schema: JsonSchema, cell: string): unknown {
  const types = [schema.type].flat();
  if (types.includes('array')) return cell.split(/[\s|;]+/).filter((word) => word !== '');
  if (types.includes('boolean') && /^(true|false)$/i.test(cell)) return cell.toLowerCase() === 'true';
  if ((types.includes('integer') || types.includes('number')) && /^-?\d+(\.\d+)?$/.test(cell)) return Number(cell);
  return cell;
}
