#!/usr/bin/env node
/**
 * What the library costs: loading it beside loading cdktf, and synthesis. Measured on the compiled package, in fresh processes, one of each in turn.
 *
 *   npm run bench                 medians of 15 loads, and of 3 syntheses of each example
 *   npm run bench -- --rounds 5
 *
 * Ends with an error if the library and its largest construct, which loads cdktf too, take more than twice the time of cdktf alone. All of its names
 * is what an ECMAScript module waits for: Node looks at each of them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';

const MAX_RATIO = 2.0;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds must be a whole number from 1, got ${values.rounds}`);

const index = join(root, 'lib', 'index.js');
if (!existsSync(index) || !/get openstack\(\)/.test(readFileSync(index, 'utf8'))) throw new Error('not compiled: run `npm run compile` first');

/** Runs a script in a process of its own and returns the object that it prints last. */
function measure(script, environment = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, CHECKPOINT_DISABLE: '1', ...environment },
  });
  if (status !== 0) throw new Error(`${script}\nended with ${status}:\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').pop());
}

function load(module, use = '') {
  return measure(`const began = performance.now(); const loaded = require(${JSON.stringify(module)}); ${use};
    console.log(JSON.stringify({ ms: performance.now() - began, mb: process.memoryUsage().rss / 1e6, modules: Object.keys(require.cache).length }))`);
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function line(name, runs, rest = '') {
  const ms = runs.map((run) => run.ms);
  const spread = `${Math.min(...ms).toFixed(0)} to ${Math.max(...ms).toFixed(0)}`;
  console.log(
    `${name.padEnd(44)} ${median(ms).toFixed(0).padStart(6)} ms (${spread})  ${median(runs.map((run) => run.mb))
      .toFixed(0)
      .padStart(4)} MB  ${rest}`,
  );
}

console.log(`node ${process.version}, medians of ${rounds} loads in turn\n`);
const kinds = {
  "require('cdktf')": () => load('cdktf'),
  "require('cdktf-strata')": () => load(index),
  "require('cdktf-strata').K8sOnNova": () => load(index, 'loaded.K8sOnNova'),
  "require('cdktf-strata'), all names": () => load(index, 'Object.values(loaded)'),
};
const runs = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, []]));
for (const kind of Object.keys(kinds)) kinds[kind](); // the disk's cache is warm for all
for (let round = 0; round < rounds; round++) for (const kind of Object.keys(kinds)) runs[kind].push(kinds[kind]());
for (const kind of Object.keys(kinds)) line(kind, runs[kind], `${runs[kind][0].modules} modules`);
const [framework, , construct] = Object.values(runs).map((loads) => median(loads.map((run) => run.ms)));
const ratio = construct / framework;
const within = ratio <= MAX_RATIO;
console.log(`${within ? 'ok    ' : 'FAILED'} K8sOnNova and cdktf to cdktf: ${ratio.toFixed(2)}, at most ${MAX_RATIO.toFixed(1)}\n`);

// The examples, as they stand, against the compiled package: what `cdktf synth` waits for.
const examples = join(root, 'examples');
for (const name of existsSync(examples) ? readdirSync(examples).sort() : []) {
  const main = join(examples, name, 'main.ts');
  if (!existsSync(main)) continue;
  const synthesised = [];
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    const outdir = mkdtempSync(join(tmpdir(), 'strata-bench-'));
    try {
      synthesised.push(
        measure(
          `const Module = require('node:module'); const { transformSync } = require('@swc/core'); const { readFileSync } = require('node:fs');
           const resolve = Module._resolveFilename;
           Module._resolveFilename = function (request, ...rest) {
             return resolve.call(this, request.replace(/^cdktf-strata(?=$|\\/)/, (_, at) => ${JSON.stringify(root)}), ...rest);
           };
           Module._extensions['.ts'] = (module, file) => module._compile(
             transformSync(readFileSync(file, 'utf8'), { filename: file, module: { type: 'commonjs' }, jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }).code, file);
           transformSync('', {});
           const began = performance.now(); require(${JSON.stringify(main)}); const ms = performance.now() - began;
           const stacks = Object.values(JSON.parse(readFileSync(process.env.CDKTF_OUTDIR + '/manifest.json')).stacks);
           let resources = 0, bytes = 0;
           for (const { synthesizedStackPath } of stacks) {
             const text = readFileSync(process.env.CDKTF_OUTDIR + '/' + synthesizedStackPath, 'utf8'); bytes += text.length;
             for (const type of Object.values(JSON.parse(text).resource ?? {})) resources += Object.keys(type).length;
           }
           console.log(JSON.stringify({ ms, mb: process.memoryUsage().rss / 1e6, stacks: stacks.length, resources, bytes }))`,
          { CDKTF_OUTDIR: outdir },
        ),
      );
    } finally {
      rmSync(outdir, { recursive: true, force: true });
    }
  }
  const { stacks, resources, bytes } = synthesised[0];
  line(`load and synthesise ${name}`, synthesised, `${stacks} stacks, ${resources} resources, ${(bytes / 1000).toFixed(0)} kB`);
}

// An inventory of 5,000 hosts, with two disks and four interfaces each, as somebody's own tools would write it.
const inventory = mkdtempSync(join(tmpdir(), 'strata-bench-'));
try {
  const hosts = Array.from({ length: 5000 }, (_, i) => {
    const address = `10.10.${i >> 8}.${i & 255}`;
    const nics = [
      { name: 'bond0', networks: [], bondOf: ['eno1', 'eno2'] },
      { name: 'bond0.10', networks: ['internal'], address },
    ];
    const ports = ['eno1', 'eno2'].map((name, n) => ({ name, networks: [], mac: `02:0${n}:00:00:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}` })); // prettier-ignore
    const disks = [
      { device: '/dev/sda', size: '480GB' },
      { device: '/dev/sdb', size: '3.84TB' },
    ];
    return {
      name: `host-${i}`,
      roles: ['compute'],
      managementAddress: address,
      cpuThreads: 64,
      memory: '256GiB',
      rack: `r${i % 40}`,
      disks,
      nics: [...nics, ...ports],
    };
  });
  const content = { networks: { internal: { cidr: '10.10.0.0/16' } }, hosts };
  for (const kind of ['yaml', 'json']) {
    const file = join(inventory, `hosts.${kind}`);
    writeFileSync(file, kind === 'json' ? JSON.stringify(content) : stringify(content));
    const reads = Array.from({ length: 3 }, () =>
      measure(`const { HostInventory } = require(${JSON.stringify(index)});
        const began = performance.now(); const { hosts } = HostInventory.fromFile(${JSON.stringify(file)});
        console.log(JSON.stringify({ ms: performance.now() - began, mb: process.memoryUsage().rss / 1e6, hosts: hosts.length }))`),
    );
    line(`read ${reads[0].hosts} hosts from a ${kind} file`, reads);
  }
} finally {
  rmSync(inventory, { recursive: true, force: true });
}
process.exitCode = within ? 0 : 1;
