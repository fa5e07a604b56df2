import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, LocalBackend, TerraformOutput, TerraformStack, TerraformVariable } from 'cdktf';
import * as fc from 'fast-check';
import { toJson } from '../../../lib/core/quoted-text';
import { TemplateText } from '../../../lib/core/template-text';
import { renderCloudConf } from '../../../lib/kubernetes/addons/cloud-config/cloud-conf';
import { apiAddress } from '../../../lib/kubernetes/addons/private/api-address';
import type { Check, Context } from '../harness/check';
import { run } from '../harness/process';
import { Workspace } from '../harness/terraform';

/** Texts dense in what Terraform, gcfg and JSON take for their own. What cloud.conf can't hold is an error at synth, and tested there. */
const text = fc
  .string({
    unit: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('"', '\\', '#', ';', '=', '[', ']', ' ', '\t', '\n', '$', '{', '}', '%', '${', '%{', '\\n', 'a') },
      { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }) },
    ),
    maxLength: 30,
  })
  .map((value) => value.replace(/[\0\r]/g, '').normalize('NFC'));

/** Applies a stack that needs no provider and returns its outputs. Its variables keep their values in their defaults. */
async function outputsOf(context: Context, build: (stack: TerraformStack) => void): Promise<{ readonly [name: string]: unknown }> {
  const app = new App({ outdir: path.join(context.folder, 'out') });
  const stack = new TerraformStack(app, 'texts');
  new LocalBackend(stack, { path: path.join(context.folder, 'texts.tfstate') });
  build(stack);
  app.synth();
  const configuration = JSON.parse(fs.readFileSync(path.join(app.outdir, 'stacks', 'texts', 'cdk.tf.json'), 'utf8'));
  const workspace = new Workspace(context, { folder: path.join(context.folder, 'texts'), configuration });
  await workspace.init();
  await workspace.apply();
  return workspace.outputs();
}

function output(stack: TerraformStack, name: string, value: string): void {
  new TerraformOutput(stack, name, { value }).overrideLogicalId(name);
}

/** A value that Terraform learns late, as it learns a secret. A default is no template: it is taken as it is. */
const late = (stack: TerraformStack, name: string, value: string | number) =>
  new TerraformVariable(stack, name, { type: typeof value, default: value });

export const checks: readonly Check[] = [
  {
    name: 'cloud.conf: the parser of the controllers reads every text back that Terraform has written, references among them',
    needs: ['terraform', 'gcfg'],
    run: async (context) => {
      const samples = fc.sample(fc.tuple(text, text, text), 60);
      const outputs = await outputsOf(context, (stack) =>
        samples.forEach(([literal, secret, name], i) => {
          const conf = renderCloudConf('check', [
            { name: 'Global', values: { 'auth-url': literal, 'application-credential-secret': late(stack, `secret${i}`, secret).stringValue } },
            { name: 'Networking', values: { 'public-network-name': [literal, 'two'] } },
            { name: 'LoadBalancerClass', subsection: subsection(name), values: { 'floating-subnet': literal } },
            { name: 'BlockStorage', values: { 'node-volume-attach-limit': 24, 'ignore-volume-az': true } },
          ]);
          output(stack, `conf${i}`, new TemplateText(stack, `Conf${i}`, { parts: [conf] }).value);
        }),
      );
      for (const [i, [literal, secret, name]] of samples.entries()) {
        const { stdout } = await run(context.value('GCFG'), [], { input: String(outputs[`conf${i}`]) });
        const found = JSON.stringify(JSON.parse(stdout));
        const expected = JSON.stringify({
          Global: { 'auth-url': literal, region: '', 'application-credential-secret': secret },
          Networking: { 'public-network-name': [literal, 'two'] },
          LoadBalancerClass: { [subsection(name)]: { 'floating-subnet': literal } },
          BlockStorage: { 'node-volume-attach-limit': 24, 'ignore-volume-az': true },
        });
        if (found !== expected) throw new Error(`expected ${expected}\nfound    ${found}`);
      }
      context.log(`${samples.length} files`);
    },
  },
  {
    name: 'Helm values: Terraform fills references into JSON that stays JSON, and finds host and port of an API server',
    needs: ['terraform'],
    run: async (context) => {
      const samples = fc.sample(fc.tuple(text, text, fc.integer()), 60);
      const hosts = ['https://203.0.113.60:6443', 'https://k8s.example.com', 'https://[fd00::5]:8443/', 'https://k8s.example.com:443'];
      const outputs = await outputsOf(context, (stack) => {
        samples.forEach(([literal, value, number], i) => {
          const reference = late(stack, `value${i}`, value).stringValue;
          const values = {
            literal,
            value: reference,
            mixed: `${literal}${reference}!`,
            number: late(stack, `number${i}`, number).numberValue,
            none: null,
          };
          output(stack, `values${i}`, new TemplateText(stack, `Values${i}`, { parts: [toJson(values)] }).value);
        });
        hosts.forEach((url, i) => {
          const address = apiAddress(late(stack, `host${i}`, url).stringValue);
          output(stack, `address${i}`, new TemplateText(stack, `Address${i}`, { parts: [toJson(address)] }).value);
        });
      });
      for (const [i, [literal, value, number]] of samples.entries()) {
        const found = JSON.stringify(JSON.parse(String(outputs[`values${i}`])));
        const expected = JSON.stringify({ literal, value, mixed: `${literal}${value}!`, number, none: null });
        if (found !== expected) throw new Error(`expected ${expected}\nfound    ${found}`);
      }
      const addresses = hosts.map((_, i) => outputs[`address${i}`]).join(' ');
      const expected =
        '{"host":"203.0.113.60","port":6443} {"host":"k8s.example.com","port":443} {"host":"fd00::5","port":8443} {"host":"k8s.example.com","port":443}';
      if (addresses !== expected) throw new Error(`expected ${expected}\nfound    ${addresses}`);
      context.log(`${samples.length} values, ${hosts.length} addresses`);
    },
  },
];

/** The name of a section's part is one line, and not empty. */
function subsection(name: string): string {
  return `n${name.replaceAll('\n', ' ')}`;
}
