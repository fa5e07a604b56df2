import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Manifest } from 'cdktf';
import { assertSound, Synthesised } from '../support/synth';

const root = join(__dirname, '../../examples');
const examples = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** Runs an example as `cdktf synth` does: loads its main.ts with an output folder in the environment. */
function synthesise(example: string): Record<string, Synthesised> {
  const outdir = mkdtempSync(join(tmpdir(), `strata-${example}-`));
  const before = process.env.CDKTF_OUTDIR;
  process.env.CDKTF_OUTDIR = outdir;
  try {
    jest.isolateModules(() => require(join(root, example, 'main.ts')));
    const manifest = JSON.parse(readFileSync(join(outdir, Manifest.fileName), 'utf8'));
    return Object.fromEntries(
      Object.entries<any>(manifest.stacks).map(([name, { synthesizedStackPath }]) => [
        name,
        new Synthesised(JSON.parse(readFileSync(join(outdir, synthesizedStackPath), 'utf8'))),
      ]),
    );
  } finally {
    if (before === undefined) delete process.env.CDKTF_OUTDIR;
    else process.env.CDKTF_OUTDIR = before;
    rmSync(outdir, { recursive: true, force: true });
  }
}

const stacksOf: Record<string, string[]> = {
  'add-ons-on-any-cluster': ['addons'],
  'bring-your-own-layers': ['clusters', 'metal'],
  'cloud-foundation': ['foundation'],
  'cluster-on-existing-cloud': ['addons', 'cluster'],
  'platform-from-bare-metal': ['prod-addons', 'prod-cloud', 'prod-cluster', 'prod-metal', 'prod-workloads'],
};

test('every example is known here and has a README', () => {
  expect(examples).toEqual(Object.keys(stacksOf));
  for (const example of examples) expect(existsSync(join(root, example, 'README.md'))).toBe(true);
});

describe.each(examples)('%s', (example) => {
  let stacks: Record<string, Synthesised>;
  beforeAll(() => {
    stacks = synthesise(example);
  });

  test('makes its stacks', () => {
    expect(Object.keys(stacks).sort()).toEqual(stacksOf[example]);
  });

  test('is what the providers accept, without a secret and without a pinned version', () => {
    for (const [name, { json }] of Object.entries(stacks)) assertSound(name, json);
  });

  test('depends on nothing of the machine that synthesises', () => {
    // The framework's local backend keeps states in the working folder; a user gives stacks a backend of their own.
    const states = /"[^"]*\/terraform\.[\w-]+\.tfstate"/g;
    for (const { text } of Object.values(stacks)) expect(text.replace(states, '').includes(process.cwd())).toBe(false);
  });

  test('comes out the same a second time', () => {
    const again = synthesise(example);
    for (const [name, { json }] of Object.entries(stacks)) expect(again[name].json).toEqual(json);
  });
});

test('two clusters on one network share nothing else', () => {
  const { clusters } = synthesise('bring-your-own-layers');
  expect(Object.keys(clusters.resources('openstack_networking_network_v2'))).toHaveLength(1);
  expect(Object.keys(clusters.resources('openstack_networking_router_v2'))).toHaveLength(1);
  for (const type of [
    'openstack_lb_loadbalancer_v2',
    'openstack_networking_secgroup_v2',
    'openstack_compute_instance_v2',
    'openstack_networking_port_v2',
  ]) {
    const names = Object.values(clusters.resources(type)).map(({ name }) => name as string);
    expect(new Set(names).size).toBe(names.length);
    expect(names.every((name) => /^(staging|production)-/.test(name))).toBe(true);
  }
});

test('the platform example ends in an application with a Cinder volume behind a load balancer', () => {
  const stacks = synthesise('platform-from-bare-metal');
  expect(stacks['prod-workloads'].text).toContain('postgres:17');
  expect(
    Object.values(stacks['prod-workloads'].resources('kubernetes_service_v1')).some(({ spec }) => JSON.stringify(spec).includes('LoadBalancer')),
  ).toBe(true);
});
