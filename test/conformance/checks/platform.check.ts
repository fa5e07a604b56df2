import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Check } from '../harness/check';
import { Cloud } from '../harness/cloud';
import { throwAwayPki } from '../harness/pki';
import { run } from '../harness/process';

const project = path.join(__dirname, '..', '..', '..');

export const checks: readonly Check[] = [
  {
    name: "cdktf deploy '*' and cdktf destroy '*' of a platform's OpenStack stacks",
    needs: ['openstack', 'terraform'],
    run: async (context) => {
      const cloud = new Cloud(context);
      const image = path.join(context.folder, 'node.img');
      fs.writeFileSync(image, 'no machine boots from this');
      const variables: { readonly [name: string]: unknown } = {
        ...(await throwAwayPki(context, 'lab')),
        node_image_path: image,
        node_image_sha512: createHash('sha512').update(fs.readFileSync(image)).digest('hex'),
        project_password: randomBytes(16).toString('hex'),
      };
      const folder = path.join(context.folder, 'app');
      fs.mkdirSync(folder);
      fs.writeFileSync(path.join(folder, 'ca.crt'), String(variables.lab_ca_crt)); // of the API that Kolla would have made
      const tsx = require.resolve('tsx');
      fs.writeFileSync(
        path.join(folder, 'cdktf.json'),
        JSON.stringify({
          language: 'typescript',
          app: `${process.execPath} --require ${path.join(project, 'tools/sources-first.cjs')} --import ${tsx} ${path.join(project, 'test/conformance/apps/platform.ts')}`,
          projectId: 'conformance',
          sendCrashReports: 'false',
        }),
      );
      const cdktf = (...args: string[]) =>
        run(process.execPath, [path.join(project, 'node_modules/cdktf-cli/bundle/bin/cdktf'), ...args], {
          cwd: folder,
          timeoutMs: 15 * 60_000,
          env: {
            ...cloud.environment,
            ...Object.fromEntries(Object.entries(variables).map(([name, value]) => [`TF_VAR_${name}`, String(value)])),
            TSX_TSCONFIG_PATH: path.join(project, 'tsconfig.dev.json'),
            TERRAFORM_BINARY_NAME: context.value('TERRAFORM'),
            TF_CLI_CONFIG_FILE: context.value('TF_CLI_CONFIG_FILE'),
            CHECKPOINT_DISABLE: '1',
            CI: '1',
          },
        });

      const before = await cloud.snapshot();
      try {
        const deployed = await cdktf('deploy', '*', '--auto-approve', '--skip-provider-lock');
        for (const stack of ['lab-cloud', 'lab-cluster']) {
          if (!deployed.output.includes(stack)) throw new Error(`cdktf deploy '*' said nothing of ${stack}`);
        }
        const servers: string[] = JSON.parse(
          await cloud.python(`print(json.dumps(sorted(s.name for s in cloud.compute.servers(all_projects=True) if s.name.startswith('lab-'))))`),
        );
        const expected = ['lab-control-plane-0', 'lab-control-plane-1', 'lab-control-plane-2', 'lab-general-0', 'lab-general-1'];
        if (servers.join() !== expected.join()) throw new Error(`the servers are ${servers.join(', ')}`);
        await cdktf('destroy', '*', '--auto-approve', '--skip-provider-lock');
      } catch (error) {
        await cdktf('destroy', '*', '--auto-approve', '--skip-provider-lock').catch(() => undefined); // a clean cloud for the others; the failure stays
        throw error;
      }
      await cloud.removeOrphanedDefaultGroups(before);
      await cloud.removeOrphanedQuotas(before);
      await cloud.expectUnchanged(before);
    },
  },
];
