/** What Terraform plans, in a form in which it can be written down and compared. */
import * as path from 'node:path';
import type { Expected } from './rows';
import { tail } from '../harness/process';
import type { Workspace } from '../harness/terraform';

/** A plan that was made. */
export interface Plan {
  /** Why Terraform refuses it, in one line, if it does. */
  readonly refusal?: string;
  /**
   * What it would do, sorted: `+` creates, `-` deletes, `-/+` replaces, `+/-` replaces after it has made the new one, `~` changes these attributes in place.
   * `~ openstack_lb_listener_v2.Api_Listener: allowed_cidrs`; the cluster's own part of an address and the framework's hash are left out.
   */
  readonly changes: readonly string[];
  /** The file to apply. */
  readonly file: string;
}

const SIGNS: { readonly [actions: string]: string } = {
  create: '+',
  update: '~',
  delete: '-',
  'delete,create': '-/+',
  'create,delete': '+/-',
};

/** Plans a workspace: `terraform plan`, and `terraform show -json` of it. */
export async function plan(workspace: Workspace, folder: string, ...options: string[]): Promise<Plan> {
  const file = path.join(folder, 'plan');
  const planned = await workspace.exec('plan', '-no-color', '-detailed-exitcode', '-lock=false', `-out=${file}`, ...options);
  if (planned.code === 0) return { changes: [], file };
  if (planned.code === 1) {
    // Terraform draws a box around its errors, and breaks their lines
    const refusal = planned.stderr.replace(/[╷│╵]/g, ' ').replace(/\s+/g, ' ').trim();
    if (!/Resource (pre|post)condition failed|query returned no results/.test(refusal)) {
      throw new Error(`terraform plan failed, and neither a condition nor a lookup did it:\n${tail(planned.output)}`);
    }
    return { refusal, changes: [], file };
  }
  const shown = await workspace.exec('show', '-json', file);
  if (shown.code !== 0) throw new Error(`terraform show -json of a plan ended with ${shown.code}:\n${tail(shown.output)}`);
  return { changes: changesOf(JSON.parse(shown.stdout)), file };
}

function changesOf(shown: any): string[] {
  const changes: string[] = [];
  for (const { address, mode, change } of shown.resource_changes ?? []) {
    const actions: string = change.actions.join();
    if (mode === 'data' || actions === 'no-op') continue;
    const sign = SIGNS[actions] ?? actions;
    changes.push(`${sign} ${shortened(address)}${sign === '~' ? `: ${attributes(change).join(' ')}` : ''}`);
  }
  for (const [name, { actions }] of Object.entries<any>(shown.output_changes ?? {})) {
    if (actions.join() !== 'no-op') changes.push(`${SIGNS[actions.join()]} output.${name}`);
  }
  return changes.sort();
}

/** Without the provider, the cluster's own part of the address, and the hash at its end. */
export function shortened(address: string): string {
  return address
    .replace(/^openstack_/, '')
    .replace('.K8s_', '.')
    .replace(/_[0-9A-F]{8}$/, '');
}

function attributes({ before, after, after_unknown: unknown }: any): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => isUnknown(unknown[name]) || JSON.stringify(before[name]) !== JSON.stringify(after[name])).sort();
}

/** Of a map, one value may be all that isn't known. */
function isUnknown(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.values(value).some(isUnknown) : value === true;
}

/** How a plan differs from what is expected of it, or undefined. */
export function differenceOf({ changes, refusal }: Plan, expected: Expected): string | undefined {
  if ('refused' in expected) {
    if (refusal?.includes(expected.refused)) return undefined;
    return `not refused with "${expected.refused}", but ${refusal === undefined ? `planned:\n${changes.join('\n')}` : `with: ${refusal}`}`;
  }
  if (refusal !== undefined) return `refused: ${refusal}`;
  const further = changes.filter((line) => !expected.includes(line));
  const missing = expected.filter((line) => !changes.includes(line));
  if (further.length + missing.length === 0) return undefined;
  return [...further.map((line) => `unexpected: ${line}`), ...missing.map((line) => `missing: ${line}`)].join('\n');
}
