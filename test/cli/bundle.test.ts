import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, TerraformStack, TerraformVariable } from 'cdktf';
import { writeBundle } from '../../lib/cli/bundle';
import { SynthesisedStack } from '../../lib/cli/synthesised-stack';
import { Host } from '../../lib/contracts/host';
import { OpenStackRelease } from '../../lib/core/openstack-release';
import { OpenStackControlPlane } from '../../lib/openstack/openstack-control-plane';
import { OpenStackEngine } from '../../lib/openstack/openstack-engine';
import { TestPool, threeByThree } from '../openstack/pool';

const output = mkdtempSync(join(tmpdir(), 'strata-bundle-'));
let files: { readonly [path: string]: string };

beforeAll(() => {
  const app = new App({ outdir: output, skipValidation: true });
  const make = (name: string, hosts = (_: TerraformStack) => threeByThree()) => {
    const stack = new TerraformStack(app, name);
    const engine = OpenStackEngine.kolla({
      release: OpenStackRelease.V2026_1,
      internalVip: '10.10.0.250',
      configOverrides: { 'nova.conf': { DEFAULT: { odd: '${not} %{a} "template" \\ $$' } } },
    });
    files = new OpenStackControlPlane(stack, 'OpenStack', { pool: new TestPool(stack, hosts(stack)), engine }).configurationFiles;
  };
  make('deployed', (stack) => {
    const address = new TerraformVariable(stack, 'address', {}).stringValue;
    return threeByThree().map((host) => (host.name === 'compute-21' ? new Host({ ...host, managementAddress: address }) : host));
  });
  new TerraformStack(app, 'empty');
  make('metal');
  app.synth();
});

const stack = (name = 'metal') => SynthesisedStack.read(output, name);
const bundle = () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'strata-bundle-')), 'kolla');
  return { folder, names: writeBundle(stack(), folder) };
};

test('the same files as the engine has, and how to run them', () => {
  const { folder, names } = bundle();
  expect(names).toEqual([...Object.keys(files), 'README.md', 'verify-cloud.py', 'volume-group.sh'].sort());
  for (const [path, text] of Object.entries(files)) expect(readFileSync(join(folder, path), 'utf8')).toBe(text);
});

test('the README has every stage in its order, as commands that a shell takes', () => {
  const readme = readFileSync(join(bundle().folder, 'README.md'), 'utf8');
  const commands = /```bash\n([\s\S]*?)```/.exec(readme)![1];
  expect(commands.match(/^# .*/gm)).toEqual(
    ['environment', 'verify', 'passwords', 'certificates', 'bootstrap-servers', 'volume-group', 'prechecks', 'pull', 'deploy', 'post-deploy'].map(
      (stage) => `# ${stage}`,
    ),
  );
  expect(commands).toContain(
    `'kolla-ansible==${OpenStackRelease.V2026_1.kollaAnsibleVersion}' 'ansible-core${OpenStackRelease.V2026_1.ansibleCoreRange}'`,
  );
  expect(commands).toContain('kolla-ansible prechecks --use-test-images --configdir "$PWD" -i inventory.yml');
  execFileSync('bash', ['-n'], { input: commands });
});

test('refuses what is no bundle', () => {
  expect(() => writeBundle(stack(), output)).toThrow('is not empty; name a new folder');
  expect(() => writeBundle(stack('empty'), join(output, 'new'))).toThrow('stack empty deploys no cloud by Kolla-Ansible');
  expect(() => writeBundle(stack('deployed'), join(output, 'new'))).toThrow('the configuration has values that only Terraform knows');
});
