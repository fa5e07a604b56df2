import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, LocalBackend, TerraformOutput, TerraformStack, TerraformVariable } from 'cdktf';
import * as fc from 'fast-check';
import { LoadBalancerProvider } from '../../../lib/contracts/openstack-cloud';
import { toJson } from '../../../lib/core/quoted-text';
import { TemplateText } from '../../../lib/core/template-text';
import { renderCloudConf } from '../../../lib/kubernetes/addons/cloud-config/cloud-conf';
import { cloudConfSections } from '../../../lib/kubernetes/addons/cloud-config/cloud-config-sections';
import { apiAddress } from '../../../lib/kubernetes/addons/private/api-address';
import { denseText, everyField } from '../../kubernetes/addons/cloud-conf-fields';
import type { Check, Context } from '../harness/check';
import { exec, run } from '../harness/process';
import { Workspace } from '../harness/terraform';

/** What cloud.conf can hold; the rest is an error at synth, and tested there. */
const text = denseText.map((value) => value.replace(/[\0\r]/g, '').normalize('NFC'));
/** What a field can hold that is not split into several. */
const whole = text.map((value) => `n${value.replace(/[\n,]/g, ' ')}n`);

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
      const samples = fc.sample(fc.tuple(whole, text), 60);
      const files = samples.map(([literal, secret]) => {
        const { options, expected } = everyField(() => literal);
        const { global, ...rest } = options;
        return { literal, secret: `${secret}.`, options: rest, keys: global!.authentication!._keys, expected };
      });
      const outputs = await outputsOf(context, (stack) =>
        files.forEach(({ secret, options, keys }, i) => {
          const facts: any = {
            cloud: {
              authUrl: 'https://keystone.example.com:5000/v3',
              region: 'one',
              zones: [{ compute: 'az1', volume: 'nova' }],
              loadBalancerProvider: LoadBalancerProvider.AMPHORA,
            },
            credential: { applicationCredentialId: 'id', applicationCredentialSecret: late(stack, `secret${i}`, secret).stringValue },
          };
          const { sections } = cloudConfSections('check', facts, options);
          const withLogin = sections.map((section) => (section.name === 'Global' ? { ...section, values: { ...section.values, ...keys } } : section));
          output(stack, `conf${i}`, new TemplateText(stack, `Conf${i}`, { parts: [renderCloudConf('check', withLogin)] }).value);
        }),
      );
      for (const [i, { secret, expected }] of files.entries()) {
        const { stdout } = await run(context.value('GCFG'), [], { input: String(outputs[`conf${i}`]) });
        const found = JSON.parse(stdout);
        const wanted = [...Object.entries(expected), ['Global', { 'application-credential-secret': [secret] }] as const];
        for (const [section, values] of wanted) {
          const [, name] = /^LoadBalancerClass "(.*)"$/s.exec(section) ?? [];
          const there = name === undefined ? found[section] : found.LoadBalancerClass[name];
          for (const [key, value] of Object.entries(values)) {
            const read = [there?.[key] ?? []].flat();
            if (JSON.stringify(read) !== JSON.stringify(value)) {
              throw new Error(`${key} of [${section}]: expected ${JSON.stringify(value)}, found ${JSON.stringify(read)}`);
            }
          }
        }
        if (found.BlockStorage['node-volume-attach-limit'] !== 24 || found.BlockStorage['ignore-volume-az'] !== true) {
          throw new Error(`numbers and switches: ${JSON.stringify(found.BlockStorage)}`);
        }
      }
      // the instrument must be able to say no
      for (const wrong of ['[LoadBalancer]\nsubnet="a"\n', '[Global]\nregion="a\n', '[BlockStorage]\nbs-version=v2\n']) {
        const { code } = await exec(context.value('GCFG'), [], { input: wrong });
        if (code === 0) throw new Error(`the parser took ${JSON.stringify(wrong)}`);
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
