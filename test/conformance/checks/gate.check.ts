import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, TerraformStack } from 'cdktf';
import { ReadyGate } from '../../../lib/kubernetes/ready-gate';
import { ReadyGateStep } from '../../../lib/kubernetes/ready-gate-step';
import { APISERVER_NEEDS, finishInit, startApiServer } from '../harness/apiserver';
import type { Check } from '../harness/check';
import { freePort } from '../harness/ports';
import { exec, type ExecResult, expectExit, sleep } from '../harness/process';
import { synthesise } from '../harness/stacks';
import { Workspace } from '../harness/terraform';

const PROGRAM = path.join(__dirname, '..', '..', '..', 'lib', 'kubernetes', 'bootstrap', 'ready-gate.sh');

/** The gate's program as Terraform runs it. */
function gate(host: string, ca: string, timeoutSeconds: number, name = 'kubernetes'): Promise<ExecResult> {
  return exec('bash', ['-c', fs.readFileSync(PROGRAM, 'utf8')], {
    env: { STRATA_HOST: host, STRATA_NAME: name, STRATA_CA: ca, STRATA_TIMEOUT: String(timeoutSeconds) },
  });
}

const expect = (result: ExecResult, code: number, ...words: string[]) => expectExit('the gate', result, code, ...words);

/** The step as a user's stack has it, around a server whose address and CA come by the environment of the synthesis. */
export function build(app: App): void {
  const stack = new TerraformStack(app, 'gate');
  new ReadyGateStep(stack, 'Gate', {
    gate: ReadyGate.enabled({ timeoutSeconds: 10 }),
    host: process.env.GATE_HOST!,
    certifiedName: 'kubernetes',
    caCertificate: process.env.GATE_CA!,
    dependsOn: [],
  });
}

export const checks: readonly Check[] = [
  {
    name: 'the ready gate believes a real apiserver of the right CA, once its cluster is complete, and nobody else',
    needs: APISERVER_NEEDS,
    run: async (context) => {
      const nobody = `https://127.0.0.1:${await freePort()}`;
      const began = Date.now();
      expect(await gate(nobody, 'no certificate', 4), 1, 'is not ready after', 'console log show', 'timeoutSeconds');
      if (Date.now() - began > 25_000) throw new Error('a gate of 4 seconds took more than 25');

      const server = await startApiServer(context);
      const ca = fs.readFileSync(path.join(server.pkiFolder, 'ca.crt'), 'utf8');
      const etcdCa = fs.readFileSync(path.join(server.pkiFolder, 'etcd', 'ca.crt'), 'utf8');
      expect(await gate(nobody, ca, 3), 1, nobody);
      expect(await gate(server.url, etcdCa, 3), 1, 'certificate');
      expect(await gate(server.url, ca, 3), 1, 'the first node has not finished');
      const waiting = gate(server.url, ca, 60);
      await sleep(4_000);
      await finishInit(context, server);
      expect(await waiting, 0, 'waiting', 'is ready after');

      // an address that the API got later is in no certificate yet, and the CA counts all the same (curl takes any name under localhost for this machine)
      const renamed = server.url.replace('127.0.0.1', 'api.localhost');
      expect(await gate(renamed, ca, 3), 0, `the cluster at ${renamed} is ready`);
      expect(await gate(renamed, etcdCa, 3), 1, 'certificate');
      expect(await gate(renamed, ca, 3, 'not-in-it'), 1, 'certificate');
    },
  },
  {
    name: 'Terraform waits at the gate, shows what it says, and stops there when it says no',
    needs: [...APISERVER_NEEDS, 'terraform'],
    run: async (context) => {
      const server = await startApiServer(context);
      process.env.GATE_HOST = server.url;
      process.env.GATE_CA = fs.readFileSync(path.join(server.pkiFolder, 'ca.crt'), 'utf8');
      const [{ configuration }] = await synthesise(__filename, context.folder);
      const workspace = new Workspace(context, { folder: path.join(context.folder, 'gate'), configuration });
      await workspace.init();
      const refused = await workspace.exec('apply', '-auto-approve', '-no-color');
      expect(refused, 1, 'the first node has not finished');
      await finishInit(context, server);
      const applied = await workspace.exec('apply', '-auto-approve', '-no-color');
      expect(applied, 0, `the cluster at ${server.url} is ready`);
      await workspace.expectNoChanges();
    },
  },
];
