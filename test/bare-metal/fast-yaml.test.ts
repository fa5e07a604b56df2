import * as fc from 'fast-check';
import { parseDocument, stringify } from 'yaml';
import { fastYaml } from '../../lib/bare-metal/fast-yaml';

/** What the exact reader makes of it; undefined if it complains. */
function exact(text: string): { readonly data: unknown } | undefined {
  const document = parseDocument(text, { prettyErrors: false, merge: true });
  if (document.errors.length + document.warnings.length > 0) return undefined;
  return { data: document.toJS() };
}

const scalar = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('yes', 'no', 'on', 'null', '~', 'True', '0o17', '017', '0x1F', '1_000', '1e3', '.inf', '-.5', '2026-01-01', '12:30:45', '=', '<<', '1.', '+1', '0b11', '', '-', 'NaN', '.nan'), // prettier-ignore
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const key = fc.oneof(fc.stringMatching(/^[a-z][\w-]{0,8}$/), fc.constantFrom('toString', 'constructor', '__proto__', 'on', '12'));
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof({ maxDepth: 4 }, scalar, fc.array(tie('tree'), { maxLength: 4 }), fc.dictionary(key, tie('tree'), { maxKeys: 4 })),
}));

test('what both readers take, they take alike: what was written as data', () => {
  fc.assert(
    fc.property(tree, fc.boolean(), (data, flow) => {
      const text = stringify(data, { collectionStyle: flow ? 'flow' : 'any' });
      const fast = fastYaml(text);
      if (fast !== undefined) expect(fast).toEqual(exact(text));
    }),
    { numRuns: 300 },
  );
});

test('plain scalars, as people write them', () => {
  const plain = fc.stringMatching(/^[\w.+:~<=-]{1,10}$/);
  fc.assert(
    fc.property(fc.oneof(plain, scalar.map(String)), (word) => {
      for (const text of [`a: ${word}\n`, `- ${word}\n- b\n`, `a: { b: ${word} }\n`]) {
        const [fast, slow] = [fastYaml(text), exact(text)];
        if (fast !== undefined && slow !== undefined) expect([text, fast]).toEqual([text, slow]);
      }
    }),
    { numRuns: 300 },
  );
});

test.each([
  'a: &x { b: 1 }\nc: { <<: *x, d: 2 }\ne: { <<: [*x, { f: 3 }], b: 4 }\n',
  'a: >-\n  folded\n  text\nb: |\n  kept\n   so\nc: "\\u00e9\\n"\n',
  '---\na: 1 # comment\n...\n',
])('anchors, merge keys, blocks of text: %j', (text) => {
  expect(fastYaml(text)).toEqual(exact(text));
  expect(fastYaml(text)).toBeDefined();
});

test.each([
  ['a tab', 'a:\t1\n'],
  ['a key twice', 'a: 1\na: 2\n'],
  ['two documents', 'a: 1\n---\nb: 2\n'],
  ['an unknown tag', 'a: !x 1\n'],
  ['a directive', '%YAML 1.1\n---\na: yes\n'],
  ['no YAML', 'a: [1\n'],
  ['itself', 'a: &a [*a]\n'],
  ['anchors that swell', ['a0: &a0 [x, x, x, x, x, x, x, x, x]', ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(8)}*a${i}]`)].join('\n')], // prettier-ignore
])('%s is left to the exact reader', (_what, text) => {
  expect(fastYaml(text)).toBeUndefined();
});
