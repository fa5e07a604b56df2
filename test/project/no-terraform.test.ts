import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, runTypeScript, temporaryFolder } from './node-only';
import { assertSound } from '../support/synth';

/** Programs as users write them: each is synthesised in a process of its own, with nothing but node there, and is sound. */
const PROGRAMS = ['test/consumer/app', ...readdirSync(join(root, 'examples')).map((name) => `examples/${name}`)]
  .map((folder) => `${folder}/main.ts`)
  .filter((file) => existsSync(join(root, file)));

test('there are the three examples', () => {
  expect(PROGRAMS).toEqual(
    expect.arrayContaining(
      ['platform-from-bare-metal', 'cluster-on-existing-cloud', 'bring-your-own-layers'].map((name) => `examples/${name}/main.ts`),
    ),
  );
});

test.each(PROGRAMS)('%s synthesises with nothing but node on the PATH', (program) => {
  const folder = temporaryFolder();
  try {
    const outdir = join(folder, 'cdktf.out');
    mkdirSync(outdir);
    const { status, stderr } = runTypeScript(folder, join(root, program), { CDKTF_OUTDIR: outdir });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { stacks } = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8'));
    for (const [name, stack] of Object.entries<any>(stacks)) {
      assertSound(name, JSON.parse(readFileSync(join(outdir, stack.synthesizedStackPath), 'utf8')));
    }
    expect(Object.keys(stacks).length).toBeGreaterThan(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the demo needs nothing but node, and tells of every layer', () => {
  const folder = temporaryFolder();
  try {
    const { status, stdout, stderr } = runTypeScript(folder, join(root, 'examples', 'demo.ts'));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const layer of ['metal', 'cloud', 'cluster', 'addons', 'workloads']) {
      expect(stdout).toMatch(new RegExp(`prod-${layer} +\\d+ resources +\\S*cdktf.out/stacks/prod-${layer}`));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
