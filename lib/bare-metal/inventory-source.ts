import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { Document, isAlias, isCollection, isMap, isScalar, isSeq, LineCounter, Node, parseAllDocuments, parseDocument } from 'yaml';
import { fastYaml } from './fast-yaml';
import { Path } from './problems';
import { fail } from '../core/validation';

/** A parsed inventory: plain data, and the line that each part of it stands on. */
export interface InventorySource {
  /** What errors begin with. */
  readonly label: string;
  readonly data: unknown;
  readonly lineOf: (path: Path) => number | undefined;
}

/** Reads an inventory file: YAML 1.2 with anchors and merge keys, or JSON, by its suffix. */
export function readSource(file: string): InventorySource {
  const suffix = extname(file).toLowerCase();
  if (!['.yaml', '.yml', '.json'].includes(suffix)) {
    fail(file, { problem: 'an inventory is read by its suffix', value: suffix, fix: 'name it .yaml, .yml, .json or .csv' });
  }
  const text = readText(file);
  return suffix === '.json' ? parseJson(file, text) : parseYaml(file, text);
}

/** YAML, whose rows are looked for only when something is wrong: the reader that knows them takes ten times as long. */
function parseYaml(file: string, text: string): InventorySource {
  const fast = fastYaml(text);
  return fast === undefined ? parse(file, text, 'YAML') : { label: file, data: fast.data, lineOf: exactly(() => parse(file, text, 'YAML')) };
}

/** The rows of a source that is read when the first of them is asked for. */
function exactly(read: () => InventorySource): InventorySource['lineOf'] {
  let source: InventorySource | undefined;
  return (path) => (source ??= read()).lineOf(path);
}

/** Reads a file of several YAML documents, as a list of them. */
export function readDocuments(file: string): InventorySource {
  const text = readText(file);
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter, prettyErrors: false, merge: true });
  if (!Array.isArray(documents)) return { label: file, data: [], lineOf: () => 1 };
  const lineAt = (offset: number) => lineCounter.linePos(offset).line;
  for (const { errors } of documents) {
    if (errors[0] !== undefined) {
      fail(`${file}:${lineAt(errors[0].pos[0])}`, { problem: `the file is not YAML (${errors[0].message})`, fix: 'correct the syntax there' });
    }
  }
  return {
    label: file,
    data: documents.map((document) => toData(file, document)),
    lineOf: ([index, ...rest]) => lineOf(documents[typeof index === 'number' ? index : 0], rest, lineAt),
  };
}

/** JSON, whose rows are looked for only when something is wrong: YAML's reader, which knows them, takes many times as long. */
function parseJson(file: string, text: string): InventorySource {
  const json = withoutTabs(file, text);
  const data: unknown = JSON.parse(json);
  const exact = () => parse(file, json, 'JSON');
  // a key that is there twice, which JSON.parse overlooks
  return keysIn(json) === keysOf(data) ? { label: file, data, lineOf: exactly(exact) } : exact();
}

function keysIn(json: string): number {
  return [...json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon !== undefined).length;
}

function keysOf(data: unknown): number {
  if (typeof data !== 'object' || data === null) return 0;
  const values = Object.values(data);
  return values.reduce((sum: number, value) => sum + keysOf(value), Array.isArray(data) ? 0 : values.length);
}

/** The text of a file of that kind. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const problem = code === 'ENOENT' ? 'the inventory file is not there' : `the inventory file can't be read (${message})`;
    return fail(file, { problem, fix: `give the path of a file, absolute or from ${JSON.stringify(process.cwd())}` });
  }
}

/** JSON is a part of YAML except for tabs between its tokens; inside its texts there are none. */
function withoutTabs(file: string, text: string): string {
  const json = text.replace(/^\uFEFF/, '');
  try {
    JSON.parse(json);
  } catch (error) {
    const { message } = error as Error;
    const at = /position (\d+)/.exec(message);
    const line = at ? `:${json.slice(0, Number(at[1])).split('\n').length}` : '';
    fail(`${file}${line}`, { problem: `the file is not JSON (${message})`, fix: 'correct the syntax there' });
  }
  return json.replace(/\t/g, ' ');
}

function parse(file: string, text: string, format: string): InventorySource {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, merge: true });
  const lineAt = (offset: number) => lineCounter.linePos(offset).line;
  // What follows the first error is mostly its consequence.
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) {
    fail(`${file}:${lineAt(error.pos[0])}`, { problem: `the file is not ${format} (${error.message})`, fix: 'correct the syntax there' });
  }
  return { label: file, data: toData(file, document), lineOf: (path) => lineOf(document, path, lineAt) };
}

function toData(file: string, document: Document): unknown {
  try {
    return document.toJS();
  } catch (error) {
    return fail(file, {
      problem: `the file's anchors don't work out (${(error as Error).message})`,
      fix: 'define each before it is used, and use none too often',
    });
  }
}

/** The line of a path, or of the nearest thing around it that is there: a missing field is told at its host. */
function lineOf(document: Document, path: Path, lineAt: (offset: number) => number): number {
  let node = resolve(document, document.contents);
  let offset = node?.range?.[0] ?? 0;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair === undefined) break; // merged in by `<<`, or not there
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = resolve(document, pair.value);
    } else if (isSeq(node) && typeof key === 'number' && node.items[key] !== undefined) {
      offset = (node.items[key] as Node).range?.[0] ?? offset;
      node = resolve(document, node.items[key]);
    } else {
      break;
    }
  }
  return lineAt(offset);
}

function resolve(document: Document, node: unknown): Node | undefined {
  if (isAlias(node)) return node.resolve(document);
  return isCollection(node) || isScalar(node) ? node : undefined;
}
