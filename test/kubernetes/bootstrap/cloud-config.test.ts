import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, TerraformStack, TerraformVariable } from 'cdktf';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import { environmentFile, ownFile, sharedCloudConfig } from '../../../lib/kubernetes/bootstrap/cloud-config';
import { checkUserDataSize, userDataSize } from '../../../lib/kubernetes/bootstrap/user-data-size';
import { unsafeZones } from '../../../lib/kubernetes/zones';

const text = fc.string({ unit: fc.constantFrom('$', '{', '%', '"', "'", '\\', '\n', ' ', '#', ':', '-', '|', 'a', 'é', '0'), maxLength: 40 });

test('whatever is in files and commands comes back, and a server’s own file continues the list', () => {
  fc.assert(
    fc.property(text, text, text, (shared, own, command) => {
      const config = sharedCloudConfig('test', [{ path: '/shared', content: shared }], { runcmd: [['echo', command]] });
      const { runcmd, write_files } = parse(config + ownFile({ path: '/own', content: own }));
      expect(write_files.map((file: any) => [file.path, file.content])).toEqual([
        ['/shared', shared],
        ['/own', own],
      ]);
      expect(runcmd[runcmd.length - 1]).toEqual(['echo', command]);
    }),
    { numRuns: 500 },
  );
});

test('a reference stands where its quoting is settled: in double quotes, or in a literal block', () => {
  const stack = new TerraformStack(new App({ outdir: '/nonexistent' }), 'test');
  const token = new TerraformVariable(stack, 'v', {}).stringValue;
  const config = sharedCloudConfig('test', [
    { path: '/a', content: environmentFile({ A: token, B: 1 }) },
    { path: '/b', base64: token },
  ]);
  expect(config).toContain(`content: |\n    A="${token}"\n    B="1"\n`);
  expect(config).toContain(`encoding: b64\n  content: "${token}"`);
});

test('Nova caps user_data: what is known to be too long is told at synth', () => {
  expect(userDataSize('a'.repeat(1_000_000))).toBeLessThan(65_535);
  const noise = Array.from({ length: 60_000 }, (_, i) => String.fromCharCode(33 + ((i * 7919 + ((i * i) % 8191)) % 90))).join('');
  expect(() => checkUserDataSize('test/K8s', noise.repeat(1))).not.toThrow();
  const long = fc.sample(fc.string({ minLength: 120_000, maxLength: 130_000, size: 'max' }), { numRuns: 1, seed: 7 })[0];
  expect(() => checkUserDataSize('test/K8s', long)).toThrow(
    /^test\/K8s: the nodes' user data is longer than 65535 characters of base64.*got \d+; put less into cloudInit/,
  );
});

test('zones whose loss takes the quorum', () => {
  expect(unsafeZones(['a', 'b', 'c'], 3)).toEqual([]);
  expect(unsafeZones(['a', 'b'], 3)).toEqual(['a']);
  expect(unsafeZones(['a', 'b'], 5)).toEqual(['a']);
  expect(unsafeZones(['a', 'b', 'c'], 5)).toEqual([]);
  expect(unsafeZones(['a'], 3)).toEqual([]);
  expect(unsafeZones(['a', 'b'], 1)).toEqual([]);
});

test('a first boot that was cut begins anew, one that came to its end does not', () => {
  const { bootcmd, runcmd } = parse(sharedCloudConfig('test', [], { bootcmd: [['echo', 'one']] }));
  const folder = fs.mkdtempSync(join(tmpdir(), 'cloud-'));
  const semaphores = join(folder, 'instance', 'sem');
  const boot = () => {
    fs.mkdirSync(semaphores, { recursive: true });
    for (const name of ['config_write_files', 'config_scripts_user']) fs.writeFileSync(join(semaphores, name), '');
    const [program, ...args] = bootcmd[0].map((word: string) => word.replace(/\/var\/lib\/cloud/g, folder));
    execFileSync(program, args);
    return fs.readdirSync(semaphores);
  };
  expect(boot()).toEqual([]);
  fs.writeFileSync(join(folder, 'instance', 'boot-finished'), '');
  expect(boot()).toEqual(['config_scripts_user', 'config_write_files']);
  fs.rmSync(folder, { recursive: true });
  expect(bootcmd[1]).toEqual(['echo', 'one']);
  // what the end stands for is on the disk before it
  const words = runcmd.map((command: string[]) => command.join(' '));
  expect(words.indexOf('sync')).toBeLessThan(words.indexOf('systemctl enable --now --no-block strata-boot.service'));
});
