import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, LocalBackend, TerraformLocal, TerraformOutput, TerraformStack } from 'cdktf';
import * as fc from 'fast-check';
import { TemplateText } from '../../../lib/core/template-text';
import type { Check } from '../harness/check';
import { Workspace } from '../harness/terraform';

/** What a shell script, a YAML file or a password may hold, dense in what Terraform's templates take for their own. NUL can't be in a Terraform string. */
const literal = fc
  .string({
    unit: fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom('$', '{', '}', '%', '"', '\\', '\n', '\t', '\r', "'", '#', '<', '~', '-8e+298 ', '${', '%{', '$${', '%%{'),
      },
      { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }) },
    ),
    maxLength: 40,
  })
  .filter((text) => !text.includes('\0'))
  .map((text) => text.normalize('NFC')); // as Terraform does with every string

export const checks: readonly Check[] = [
  {
    name: 'TemplateText: random literals around tokens come back byte for byte through an apply',
    needs: ['terraform'],
    run: async (context) => {
      const samples = fc.sample(fc.tuple(literal, literal, literal), 300);
      const app = new App({ outdir: path.join(context.folder, 'out') });
      const stack = new TerraformStack(app, 'texts');
      new LocalBackend(stack, { path: path.join(context.folder, 'texts.tfstate') });
      const token = new TerraformLocal(stack, 'token', 'tokén "quoted"').asString;
      samples.forEach(([before, between, after], i) => {
        const text = new TemplateText(stack, `Text${i}`, { parts: [before, token, between, `${token}${after}`] });
        new TerraformOutput(stack, `t${i}`, { value: text.value }).overrideLogicalId(`t${i}`);
        new TerraformOutput(stack, `b${i}`, { value: text.base64 }).overrideLogicalId(`b${i}`);
      });
      app.synth();
      const configuration = JSON.parse(fs.readFileSync(path.join(app.outdir, 'stacks', 'texts', 'cdk.tf.json'), 'utf8'));
      const workspace = new Workspace(context, { folder: path.join(context.folder, 'texts'), configuration });
      await workspace.init();
      await workspace.apply();
      const outputs = await workspace.outputs();
      const wrong = samples.filter(([before, between, after], i) => {
        const expected = `${before}tokén "quoted"${between}tokén "quoted"${after}`;
        return outputs[`t${i}`] !== expected || Buffer.from(String(outputs[`b${i}`]), 'base64').toString('utf8') !== expected;
      });
      if (wrong.length > 0) throw new Error(`${wrong.length} of ${samples.length} texts changed on the way, the first: ${JSON.stringify(wrong[0])}`);
      context.log(`${samples.length} texts`);
    },
  },
];
