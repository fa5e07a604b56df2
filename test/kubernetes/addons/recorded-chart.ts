import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A chart's values as they are recorded in `schemas/charts`. */
export interface RecordedChart {
  readonly version: string;
  readonly values: Record<string, string | { readonly type: string; readonly default?: unknown }>;
  readonly readByTemplates?: Record<string, string>;
}

export function recorded(chart: string): RecordedChart {
  return JSON.parse(readFileSync(join(__dirname, '..', '..', '..', 'schemas', 'charts', `${chart}.values.json`), 'utf8'));
}

/** What of the values the chart doesn't have, or has with another type. */
export function unknownValues(chart: RecordedChart, values: unknown, path: string[] = []): string[] {
  const at = path.join('.');
  const known = chart.values[at] ?? (chart.readByTemplates?.[at] ? 'any' : undefined);
  if (known !== undefined) {
    const type = typeof known === 'string' ? known : known.type;
    const actual = values === null ? 'null' : Array.isArray(values) ? 'array' : typeof values === 'number' ? 'integer' : typeof values;
    // a chart writes "6443" or 6443 alike
    const fits = type === 'any' || type === 'null' || type === actual || (type === 'string' && actual === 'integer');
    return fits ? [] : [`${at} is ${actual}, and ${type} in the chart`];
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return [`${at} is not in the chart`];
  return Object.entries(values).flatMap(([key, value]) => unknownValues(chart, value, [...path, key]));
}
