import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FlavorSize, quotaNeed, QuotaNeed, TerraformPlan } from './quota-need';
import { SynthesisedStack } from './synthesised-stack';
import { openstackProgram } from '../core/openstack-program';

/** A project's limits, and what is used of each, by the same names as in QuotaNeed. */
export interface ProjectUsage {
  readonly project: string;
  readonly quotas: { readonly [quota: string]: { readonly limit: number; readonly used: number } };
  readonly flavors: readonly FlavorSize[];
}

/** One line of what is told. */
export interface QuotaLine {
  readonly needs: number;
  /** Negative where more is used than the limit allows, as after a limit was lowered. */
  readonly free: number | 'unlimited' | 'unknown';
  readonly enough: boolean;
}

/**
 * Plans the stack, and holds what the plan makes against what is free in the project. Changes nothing, in the cloud or in the state. Returns the exit code:
 * 1 if something doesn't fit.
 */
export function checkQuota(stack: SynthesisedStack): number {
  const usage = projectUsage(stack);
  const need = quotaNeed(plan(stack), usage.flavors);
  const lines = quotaLines(need, usage);
  const short = Object.entries(lines).filter(([, { enough }]) => !enough);
  process.stdout.write(`stack ${stack.name}, project ${usage.project}: what a plan makes, and what is free\n`);
  if (Object.keys(lines).length === 0) process.stdout.write('it makes nothing that a quota counts\n');
  else console.table(lines);
  for (const server of need.unsized) process.stdout.write(`the cloud lists no flavor for ${server}: its processors and memory aren't counted\n`);
  for (const [quota, { needs, free }] of short) {
    process.stderr.write(`strata: ${quota}: ${needs} are needed and ${free} free; have the quota raised\n`);
  }
  return short.length > 0 ? 1 : 0;
}

/** By quota, those first that are too low. */
export function quotaLines({ needs }: QuotaNeed, { quotas }: ProjectUsage): { readonly [quota: string]: QuotaLine } {
  const lines = Object.keys(needs).flatMap((quota): [string, QuotaLine][] => {
    // a type of volumes has limits of its own only where somebody set them
    const found = quotas[quota];
    if (found === undefined) return [[quota, { needs: needs[quota], free: 'unknown', enough: true }]];
    const free = found.limit < 0 ? 'unlimited' : found.limit - found.used;
    return [[quota, { needs: needs[quota], free, enough: free === 'unlimited' || needs[quota] <= free }]];
  });
  return Object.fromEntries(lines.sort(([a, one], [b, other]) => Number(one.enough) - Number(other.enough) || a.localeCompare(b)));
}

function projectUsage(stack: SynthesisedStack): ProjectUsage {
  const { cloud, auth_url: authUrl, region, tenant_id: id, tenant_name: name } = stack.provider('openstack');
  const given = { STRATA_CLOUD: cloud, STRATA_AUTH_URL: authUrl, STRATA_REGION: region, STRATA_PROJECT_ID: id, STRATA_PROJECT_NAME: name };
  const env = { ...process.env, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
  const { status, stdout, error } = spawnSync(process.execPath, ['-e', openstackProgram(join(__dirname, 'project-usage.cjs'))], {
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (error) throw error;
  if (status !== 0) throw new Error("the project can't be asked what is used; log in to it by OS_CLOUD or the other OS_ variables");
  return JSON.parse(stdout);
}

function plan(stack: SynthesisedStack): TerraformPlan {
  const program = process.env.TERRAFORM_BINARY_NAME ?? 'terraform';
  const terraform = (...args: string[]): string => {
    const { status, stdout, error } = spawnSync(program, args, {
      cwd: stack.folder,
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
      stdio: ['inherit', 'pipe', 'inherit'],
    });
    if (error) throw new Error(`${program} can't be run: ${error.message}; TERRAFORM_BINARY_NAME names another`);
    if (status !== 0) throw new Error(`${program} ${args[0]} ended with ${status}: what it said is above`);
    return stdout;
  };
  // a plan holds every secret of the stack
  const folder = mkdtempSync(join(tmpdir(), 'strata-quota-'));
  try {
    if (!existsSync(join(stack.folder, '.terraform'))) terraform('init', '-input=false', '-no-color');
    const file = join(folder, 'plan');
    terraform('plan', '-input=false', '-lock=false', '-no-color', `-out=${file}`);
    return JSON.parse(terraform('show', '-json', file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
