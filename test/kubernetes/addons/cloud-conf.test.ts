import { TerraformVariable } from 'cdktf';
import fc from 'fast-check';
import { denseText, everyField } from './cloud-conf-fields';
import { readGcfg } from './gcfg';
import { LoadBalancerProvider } from '../../../lib/contracts/openstack-cloud';
import { TemplateText } from '../../../lib/core/template-text';
import { renderCloudConf, Section } from '../../../lib/kubernetes/addons/cloud-config/cloud-conf';
import { cloudConfSections } from '../../../lib/kubernetes/addons/cloud-config/cloud-config-sections';
import { synthStack } from '../../support/synth';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({
    unit: fc.constantFrom('"', '\\', '#', ';', '=', '[', ']', ' ', '\t', '\n', '\r', '\0', '$', '{', '%', 'n', 't', 'a', 'é', '漢', '😀'),
    maxLength: 30,
  }),
);
const UNSPEAKABLE = /\r|\0|\p{Surrogate}/u;
const speakable = (value: string) => !UNSPEAKABLE.test(value) && value.normalize('NFC') === value;

describe('cloud.conf', () => {
  test('any text comes back as it was, or is an error that says what is wrong with it', () => {
    fc.assert(
      fc.property(text, fc.array(text, { maxLength: 3 }), text, (value, list, name) => {
        const sections: Section[] = [
          { name: 'Global', values: { 'auth-url': value, region: 'one', none: undefined } },
          { name: 'Networking', values: { 'public-network-name': list, 'ipv6-support-disabled': false } },
          { name: 'LoadBalancerClass', subsection: name, values: { 'floating-subnet': value } },
          { name: 'BlockStorage', values: { 'node-volume-attach-limit': 24 } },
        ];
        const sound = [value, name, ...list].every((part) => speakable(part) && part !== '') && !name.includes('\n');
        let rendered: string;
        try {
          rendered = renderCloudConf('test', sections);
        } catch (error) {
          expect(sound).toBe(false);
          expect((error as Error).message).toMatch(
            /^test: (auth-url of \[Global\]|public-network-name of \[Networking\]|floating-subnet of .*|the name of a LoadBalancerClass) /,
          );
          return;
        }
        expect(sound).toBe(true);
        const read = readGcfg(rendered);
        expect(read.Global).toEqual({ 'auth-url': [value], region: ['one'] });
        expect(read.Networking['public-network-name'] ?? []).toEqual(list);
        expect(read.Networking['ipv6-support-disabled']).toEqual(['false']);
        expect(read[`LoadBalancerClass "${name}"`]['floating-subnet']).toEqual([value]);
        expect(read.BlockStorage['node-volume-attach-limit']).toEqual(['24']);
      }),
      { numRuns: 500 },
    );
  });

  test('every field of every section takes any text, or says what is wrong with it', () => {
    const facts: any = {
      cloud: {
        authUrl: 'https://k:5000/v3',
        region: 'one',
        zones: [{ compute: 'a', volume: 'a' }],
        loadBalancerProvider: LoadBalancerProvider.AMPHORA,
      },
      credential: {},
    };
    let held = 0;
    fc.assert(
      fc.property(fc.array(fc.oneof(denseText, text), { minLength: 1, maxLength: 4 }), (texts) => {
        let next = 0;
        const { options, expected } = everyField(() => texts[next++ % texts.length]);
        // What the test puts in as a literal is a secret that only a reference may carry: it is looked at elsewhere.
        const { global, ...rest } = options;
        const keys = global!.authentication!._keys;
        let rendered: string;
        try {
          const { sections } = cloudConfSections('test', facts, rest);
          rendered = renderCloudConf(
            'test',
            sections.map((section) => (section.name === 'Global' ? { ...section, values: keys } : section)),
          );
        } catch (error) {
          expect((error as Error).message).toMatch(/^test: \S.* (is|has|must) .*; (take it out|leave it out|choose others|choose another name)$/s);
          expect(texts.every((one) => speakable(one) && one !== '' && one.trim() === one && !/[,\n]/.test(one))).toBe(false);
          return;
        }
        held++;
        const read = readGcfg(rendered);
        for (const [section, values] of Object.entries(expected)) expect(read[section]).toMatchObject(values);
      }),
      { numRuns: 400 },
    );
    expect(held).toBeGreaterThan(50);
  });

  test('the reader itself is strict: it refuses what gcfg refuses', () => {
    expect(() => readGcfg('[Global]\na="b')).toThrow('not terminated');
    expect(() => readGcfg('[Global]\na="\\x"')).toThrow('unknown escape');
    expect(() => readGcfg('[Global]\na=b\\c')).toThrow('unquoted');
    expect(() => readGcfg('a=b')).toThrow('section header');
    expect(readGcfg('[Global]\na = b # c\nb="x # y" ; z\nc\n')).toEqual({ Global: { a: ['b'], b: ['x # y'], c: ['true'] } });
  });

  test('an error never shows the value, which may be a secret', () => {
    expect(() => renderCloudConf('test', [{ name: 'Global', values: { 'application-credential-secret': 'hunter2\r' } }])).toThrow(
      'test: application-credential-secret of [Global] has a carriage return, which the parser of cloud.conf drops; take it out',
    );
  });

  test('sections without values are left out', () => {
    expect(renderCloudConf('test', [{ name: 'Metadata', values: { 'search-order': undefined, other: [] } }])).toBe('');
  });

  test('a token stays a reference, escaped by Terraform once it is known', () => {
    const stack = synthStack((scope) => {
      const secret = new TerraformVariable(scope, 'secret', { sensitive: true }).stringValue;
      new TemplateText(scope, 'Conf', {
        parts: [renderCloudConf('test', [{ name: 'Global', values: { 'application-credential-secret': secret } }])],
      });
    });
    const [value] = Object.values(stack.json.locals) as string[];
    expect(value).toMatch(/^\[Global\]\napplication-credential-secret="\$\{replace\(replace\(replace\(replace\(var\.secret, .*\)\}"\n$/s);
  });
});
