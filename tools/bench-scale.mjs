#!/usr/bin/env node
/**
 * What a large cluster costs: K8sOnNova with workers in ten pools beside the same resources as bare constructs of the bindings, each in a process of its own,
 * in turn; then ten times as many workers. Measured on the compiled package.
 *
 *   npm run bench:scale
 *   npm run bench:scale -- --rounds 5
 *
 * Ends with an error if the library takes more than 1.15 times the time of the bare constructs, or ten times the workers more than twelve times the time or the memory.
 * A machine that is busy with something else has other figures.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const MAX_RATIO = 1.15;
const MAX_GROWTH = 12;
const WORKERS = 500;
const POOLS = 10;

const file = fileURLToPath(import.meta.url);
const require = createRequire(file);
const root = dirname(dirname(file));
const library = (path) => require(join(root, 'lib', path));
const [task, ...rest] = process.argv.slice(2);

/** Runs what synthesises in this process and says what it took. */
function measured(build) {
  const { App, TerraformStack } = require('cdktf');
  const outdir = mkdtempSync(join(tmpdir(), 'strata-bench-'));
  try {
    const app = new App({ outdir, skipValidation: false });
    global.gc();
    const before = process.memoryUsage().heapUsed;
    const began = process.cpuUsage(); // of this process: what else the machine does isn't in it
    const stack = new TerraformStack(app, 'cluster');
    build(stack);
    app.synth();
    const { user, system } = process.cpuUsage(began);
    const ms = (user + system) / 1000;
    global.gc();
    const mb = (process.memoryUsage().heapUsed - before) / 1e6;
    const text = readFileSync(join(outdir, 'stacks', 'cluster', 'cdk.tf.json'), 'utf8');
    return { ms, mb, text, stack };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function resourcesOf(text) {
  return Object.values(JSON.parse(text).resource ?? {}).reduce((sum, ofType) => sum + Object.keys(ofType).length, 0);
}

/** The cluster by the library. */
function cluster(stack, workers) {
  const { OpenstackProvider } = library('providers/openstack/provider');
  const { OpenStackCloud } = library('openstack/openstack-cloud');
  const { NodeFlavor } = library('contracts/node-flavor');
  const { NodeImage } = library('contracts/node-image');
  const { Cni } = library('contracts/cni');
  const { KubernetesVersion } = library('core/kubernetes-version');
  const { K8sOnNova } = library('kubernetes/k8s-on-nova');
  const flavor = NodeFlavor.named('node');
  new OpenstackProvider(stack, 'OpenStack', {});
  const cloud = OpenStackCloud.fromCloudAttributes(stack, 'Cloud', {
    authUrl: 'https://keystone.example.org:5000/v3',
    region: 'RegionOne',
    externalNetworkName: 'public',
    zones: [{ compute: 'nova', volume: 'nova' }],
    loadBalancerProvider: library('contracts/openstack-cloud').LoadBalancerProvider.AMPHORA,
    tenantNetworkMtu: 1450,
  });
  new K8sOnNova(stack, 'K8s', {
    cloud,
    clusterName: 'large',
    version: KubernetesVersion.V1_36,
    nodeImage: NodeImage.byName('node'),
    nodeCidr: '10.0.0.0/16',
    podCidr: '10.128.0.0/9',
    serviceCidr: '172.30.0.0/16',
    controlPlane: { replicas: 3, flavor },
    workerPools: Array.from({ length: POOLS }, (_, i) => ({ name: `pool-${i}`, replicas: workers / POOLS, flavor })),
    cni: Cni.cilium(),
    api: library('kubernetes/api-endpoint').ApiEndpoint.octavia({}),
  });
}

/** What the library makes, as somebody would write it by hand with the bindings: classes, attributes, and references between them. */
function recorded(workers) {
  const { stack, text } = measured((scope) => cluster(scope, workers));
  const { TerraformElement } = require('cdktf');
  const constructors = new Map();
  const files = new Map();
  for (const [path, module] of Object.entries(require.cache)) {
    for (const [name, exported] of Object.entries(module?.exports ?? {})) if (typeof exported === 'function' && !files.has(exported)) files.set(exported, { path, name });
  }
  for (const element of stack.node.findAll()) {
    if (!TerraformElement.isTerraformElement(element) || element.terraformResourceType === undefined) continue;
    constructors.set(`${element.terraformResourceType}.${element.friendlyUniqueId}`, files.get(element.constructor));
  }
  return { text, constructors: Object.fromEntries(constructors) };
}

const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

/** The same by bare constructs. */
function bare(stack, { text, constructors }) {
  const { TerraformLocal, TerraformResource } = require('cdktf');
  const made = new Map();
  const { resource = {}, data = {}, locals = {}, provider, terraform, ...rest } = JSON.parse(text);
  const find = (address) => {
    const [kind, type, name] = address.startsWith('data.') ? address.split('.') : ['resource', ...address.split('.')];
    return (kind === 'data' ? data : resource)[type]?.[name] === undefined ? undefined : (made.get(address) ?? make(kind, type, name));
  };
  // A reference is a token, as it is in a program; what is more than one stays as it is written.
  const value = (given) => {
    if (typeof given === 'string') {
      const [, localName] = given.match(/^\$\{local\.([\w-]+)\}$/) ?? [];
      if (localName !== undefined) return local(localName).asString;
      const [, address, attribute] = given.match(/^\$\{((?:data\.)?\w+\.[\w-]+)\.(\w+)\}$/) ?? [];
      return address === undefined ? given : (find(address)?.getStringAttribute(attribute) ?? given);
    }
    if (Array.isArray(given)) return given.map(value);
    if (typeof given === 'object' && given !== null) return Object.fromEntries(Object.entries(given).map(([name, inner]) => [camel(name), value(inner)]));
    return given;
  };
  const local = (name) => {
    const known = made.get(`local.${name}`) ?? new TerraformLocal(stack, name, value(locals[name]));
    made.set(`local.${name}`, known);
    return known;
  };
  const { OpenstackProvider } = library('providers/openstack/provider');
  const { TlsProvider } = require('@cdktf/provider-tls/lib/provider');
  const { RandomProvider } = require('@cdktf/provider-random/lib/provider');
  for (const Provider of [OpenstackProvider, TlsProvider, RandomProvider]) new Provider(stack, Provider.name, {});
  const make = (kind, type, name) => {
    const { '//': _, depends_on: dependsOn, lifecycle, for_each: each, provisioner, ...config } = (kind === 'data' ? data : resource)[type][name];
    const { path, name: exported } = constructors[`${type}.${name}`];
    const waits = dependsOn?.map((address) => find(address) ?? { fqn: address });
    let element;
    if (type === 'terraform_data') {
      element = new TerraformResource(stack, name, { terraformResourceType: type, dependsOn: waits });
      for (const [key, given] of Object.entries({ ...config, lifecycle })) if (given !== undefined) element.addOverride(key, given);
    } else {
      const Class = require(path)[exported];
      const replaceTriggeredBy = lifecycle?.replace_triggered_by?.map((address) => find(address) ?? address); // an attribute is written as a text
      const whole = lifecycle && { ...value(lifecycle), ...(replaceTriggeredBy && { replaceTriggeredBy }) };
      element = new Class(stack, name, { ...value(config), dependsOn: waits, lifecycle: whole });
    }
    for (const [key, given] of Object.entries({ for_each: each, provisioner })) if (given !== undefined) element.addOverride(key, given);
    made.set(kind === 'data' ? `data.${type}.${name}` : `${type}.${name}`, element);
    return element;
  };
  for (const [kind, types] of Object.entries({ data, resource })) {
    for (const [type, all] of Object.entries(types)) for (const name of Object.keys(all)) find(kind === 'data' ? `data.${type}.${name}` : `${type}.${name}`);
  }
  for (const name of Object.keys(locals)) local(name);
  void provider, terraform; // of the constructs above
  for (const [key, given] of Object.entries(rest)) if (key !== '//') stack.addOverride(key, given);
}

function inProcess(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', '--max-old-space-size=8192', file, ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    env: { ...process.env, CHECKPOINT_DISABLE: '1' },
  });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}:\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').pop());
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

if (task === 'library') {
  measured((stack) => cluster(stack, POOLS)); // loading and compiling isn't synthesis
  const { ms, mb, text } = measured((stack) => cluster(stack, Number(rest[0])));
  console.log(JSON.stringify({ ms, mb, resources: resourcesOf(text), bytes: text.length }));
} else if (task === 'record') {
  const { text, constructors } = recorded(Number(rest[0]));
  writeFileSync(rest[1], JSON.stringify({ text, constructors }));
  console.log(JSON.stringify({ resources: resourcesOf(text) }));
} else if (task === 'bare') {
  const [small, record] = rest.map((name) => JSON.parse(readFileSync(name, 'utf8')));
  measured((stack) => bare(stack, small)); // as above
  const { ms, mb, text } = measured((stack) => bare(stack, record));
  console.log(JSON.stringify({ ms, mb, resources: resourcesOf(text), bytes: text.length }));
} else {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
  const rounds = Number(values.rounds);
  const folder = mkdtempSync(join(tmpdir(), 'strata-bench-'));
  try {
    const [small, record] = [POOLS, WORKERS].map((workers) => {
      const path = join(folder, `${workers}.json`);
      inProcess('record', `${workers}`, path);
      return path;
    });
    const runs = { library: [], bare: [], large: [] };
    for (let round = 0; round < rounds; round++) {
      runs.library.push(inProcess('library', `${WORKERS}`));
      runs.bare.push(inProcess('bare', small, record));
    }
    for (let round = 0; round < Math.min(rounds, 3); round++) runs.large.push(inProcess('library', `${10 * WORKERS}`));
    const of = (name, field) => median(runs[name].map((run) => run[field]));
    for (const [name, label] of Object.entries({ library: `K8sOnNova, ${WORKERS} workers`, bare: 'the same, bare constructs', large: `K8sOnNova, ${10 * WORKERS} workers` })) {
      const { resources, bytes } = runs[name][0];
      console.log(`${label.padEnd(32)} ${of(name, 'ms').toFixed(0).padStart(7)} ms ${of(name, 'mb').toFixed(0).padStart(5)} MB  ${resources} resources, ${(bytes / 1e6).toFixed(1)} MB of JSON`);
    }
    const judge = (what, figure, limit) => {
      console.log(`${figure <= limit ? 'ok    ' : 'FAILED'} ${what} ${figure.toFixed(2)}, at most ${limit}`);
      if (figure > limit) process.exitCode = 1;
    };
    // Pairs that ran one after another, so that a machine that was busy for a while is so for both.
    judge('library / bare constructs', median(runs.library.map((run, i) => run.ms / runs.bare[i].ms)), MAX_RATIO);
    judge('time of ten times the workers', of('large', 'ms') / of('library', 'ms'), MAX_GROWTH);
    judge('memory of ten times the workers', of('large', 'mb') / of('library', 'mb'), MAX_GROWTH);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
