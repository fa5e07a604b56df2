#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeBundle } from './bundle';
import { fetchCredentials } from './credentials';
import { checkQuota } from './quota';
import { SynthesisedStack } from './synthesised-stack';

const USAGE = `Usage:
  strata bundle <stack> <folder>  write the stack's configuration of Kolla-Ansible as plain files, with a README
  strata credentials <stack>      fetch clouds.yaml and the CA of the stack's cloud from its deployment host to this machine
  strata quota <stack>            plan the stack, and hold what it would make against what its project has free; changes nothing

  --output <folder>   where cdktf has synthesised to; default: what cdktf.json says, else cdktf.out
`;

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { output: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  const [command, ...rest] = positionals;
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const stack = (name: string) => SynthesisedStack.read(values.output ?? outputFolder(), name);
  if (command === 'credentials' && rest.length === 1) return fetchCredentials(stack(rest[0]));
  if (command === 'quota' && rest.length === 1) return checkQuota(stack(rest[0]));
  if (command === 'bundle' && rest.length === 2) {
    const [name, folder] = rest;
    process.stdout.write(
      writeBundle(stack(name), folder)
        .map((file) => `${join(folder, file)}\n`)
        .join(''),
    );
    return 0;
  }
  process.stderr.write(USAGE);
  return 2;
}

function outputFolder(): string {
  const configured: unknown = existsSync('cdktf.json') ? JSON.parse(readFileSync('cdktf.json', 'utf8')).output : undefined;
  return typeof configured === 'string' ? configured : 'cdktf.out';
}

try {
  process.exitCode = main();
} catch (error) {
  process.stderr.write(`strata: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
