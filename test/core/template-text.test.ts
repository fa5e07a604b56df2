import { App, TerraformLocal, TerraformStack, TerraformVariable, Testing } from 'cdktf';
import * as fc from 'fast-check';
import { TemplateText } from '../../lib/core/template-text';

function render(parts: (stack: TerraformStack) => string[]): { readonly text: string; readonly locals: Record<string, string> } {
  const app = Testing.app();
  const stack = new TerraformStack(app, 'test');
  const text = new TemplateText(stack, 'T', { parts: parts(stack) });
  const locals = JSON.parse(Testing.synth(stack)).locals ?? {};
  return { text: locals[text.local.friendlyUniqueId], locals };
}

test('a literal comes back as it was', () => {
  const awkward = 'a "quoted" \\ back\\slash ${HOME:-x} %{ if } 100% $ { tab\t\nnewline \'single\' } }';
  expect(terraformReads(render(() => [awkward]).text)).toBe(awkward);
});

test('a token between braces of a shell expansion keeps its own braces', () => {
  const { text } = render((stack) => [
    'x="${VAR:-',
    new TerraformLocal(stack, 'L', 'v').asString,
    '}" y=${unclosed ',
    new TerraformLocal(stack, 'M', 'v').asString,
  ]);
  expect(text).toBe('x="$${VAR:-${local.L}}" y=$${unclosed ${local.M}');
});

test('literals and tokens mixed in one part', () => {
  const { text } = render((stack) => [`secret = "${new TerraformVariable(stack, 'v', {}).stringValue}"\npath = "\${HOME}"`]);
  expect(text).toBe('secret = "${var.v}"\npath = "$${HOME}"');
});

test('a number token in a string is an error, not a number', () => {
  expect(() => render((stack) => [`replicas: ${new TerraformVariable(stack, 'n', { type: 'number' }).numberValue}`])).toThrow(/number token/);
});

test('random literals around tokens', () => {
  fc.assert(
    fc.property(literal, literal, (before, after) => {
      const { text } = render((stack) => [before, new TerraformLocal(stack, 'L', 'v').asString, after]);
      expect(terraformReads(text)).toBe(`${before}<L>${after}`);
    }),
    { numRuns: 300 },
  );
});

const literal = fc.string({ unit: fc.constantFrom('$', '{', '}', '%', '"', '\\', '\n', '\t', '\r', "'", 'a', 'é', '#', ' ') });

/** Reads a template as Terraform's grammar does; the same property runs against the real one in the conformance suite. */
function terraformReads(template: string): string {
  return template.replace(/\$\$\{|%%\{|\$\{"(\$+|\\r)"\}|\$\{local\.L\}|\$\{|%\{/g, (match, string) => {
    if (match === '$${') return '${';
    if (match === '%%{') return '%{';
    if (string) return string.replace('\\r', '\r');
    if (match === '${local.L}') return '<L>';
    throw new Error(`unescaped ${match}`);
  });
}

test('one local, whatever the number of parts', () => {
  const app = new App({ outdir: '/nonexistent' });
  const stack = new TerraformStack(app, 'test');
  new TemplateText(stack, 'T', { parts: ['a', 'b', 'c'] });
  expect(Object.keys(JSON.parse(Testing.synth(stack)).locals)).toHaveLength(1);
});
