import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse } from 'yaml';
import type { Check } from '../harness/check';
import { nodeUserData } from '../harness/cluster-files';
import { exec } from '../harness/process';
import { expectUserData } from '../harness/user-data';

export const checks: readonly Check[] = [
  {
    name: "nodes' user_data pass cloud-init's schema and Nova's limit",
    needs: ['terraform', 'cloud-init'],
    run: async (context) => {
      const { controlPlane, worker } = await nodeUserData(context);
      await expectUserData(context, 'control-plane', controlPlane.text, controlPlane.encoded);
      await expectUserData(context, 'worker', worker.text, worker.encoded);
      const refused = await expectUserData(context, 'broken', worker.text.replace('write_files:', 'write_files: none\nx:')).then(
        () => false,
        () => true,
      );
      if (!refused) throw new Error('a list of files that is a word is accepted');
    },
  },
  {
    name: 'what Terraform renders is what was written: scripts by their syntax, secrets byte for byte, quotes and templates of the user',
    needs: ['terraform', 'shellcheck'],
    run: async (context) => {
      const { controlPlane, worker } = await nodeUserData(context);
      for (const { files, text } of [controlPlane, worker]) {
        const { runcmd } = parse(text) as { runcmd: string[][] };
        const last = runcmd[runcmd.length - 1][1];
        if (last !== 'a "quoted" ${word} and 100 %{ of it') throw new Error(`the user's command came out as ${last}`);
        const programs = Object.keys(files).filter((file) => file.startsWith('/usr/local/lib/strata/') && file.endsWith('.sh'));
        const folder = fs.mkdtempSync(path.join(context.folder, 'programs-'));
        for (const name of programs) fs.writeFileSync(path.join(folder, path.basename(name)), files[name]);
        const names = programs.map((name) => path.join(folder, path.basename(name)));
        const { code, output } = await exec(context.value('SHELLCHECK'), ['--external-sources', '--source-path=SCRIPTDIR', ...names]);
        if (code !== 0 || names.length < 2) throw new Error(`the programs as rendered: ${output}`);
      }
      for (const name of ['ca', 'etcd/ca', 'front-proxy-ca']) {
        const pem = controlPlane.files[`/etc/kubernetes/pki/${name}.key`];
        const { code, output } = await exec('openssl', ['pkey', '-noout', '-check'], { input: pem });
        if (code !== 0) throw new Error(`${name}.key is no key: ${output}`);
      }
      const keys = Object.values(worker.files).filter((content) => content.includes('PRIVATE KEY'));
      if (keys.length > 0) throw new Error('a worker has a private key in its user_data');
    },
  },
];
