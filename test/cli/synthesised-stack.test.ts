import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, TerraformLocal, TerraformStack, TerraformVariable } from 'cdktf';
import { SynthesisedStack } from '../../lib/cli/synthesised-stack';
import { TemplateText } from '../../lib/core/template-text';

const output = mkdtempSync(join(tmpdir(), 'strata-cli-'));
const WORDS = 'quotes " \\ ${HOME} %{x} $${y} 100% $';

beforeAll(() => {
  const app = new App({ outdir: output, skipValidation: true });
  const stack = new TerraformStack(app, 'metal');
  new TemplateText(stack, 'Words', { parts: [WORDS] });
  new TerraformLocal(stack, 'computed', `a\${${new TerraformVariable(stack, 'v', {}).fqn}}`);
  app.synth();
});

test('gives back what Terraform would make of a literal', () => {
  const stack = SynthesisedStack.read(output, 'metal');
  const [local] = Object.keys((stack as any).json.locals).filter((name) => name.startsWith('Words'));
  expect(stack.literal(`\${local.${local}}`)).toBe(WORDS);
  expect(stack.literal('plain')).toBe('plain');
});

test('knows what it cannot know', () => {
  const stack = SynthesisedStack.read(output, 'metal');
  expect(stack.literal('${local.computed}')).toBeUndefined();
  expect(stack.literal('${local.none}')).toBeUndefined();
  expect(stack.literal('${sha256(local.computed)}')).toBeUndefined();
});

test('names the stacks that there are', () => {
  expect(() => SynthesisedStack.read(output, 'constructor')).toThrow('there is no stack "constructor"; use one of metal');
  expect(() => SynthesisedStack.read('/none', 'metal')).toThrow('run cdktf synth first');
});
