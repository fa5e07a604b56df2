import { TerraformVariable } from 'cdktf';
import { parse } from 'yaml';
import { clusterIn } from './cluster-fixture';
import { NodeFlavor } from '../../lib/contracts/node-flavor';
import { K8sOnNovaProps } from '../../lib/kubernetes/k8s-on-nova';
import { Synthesised, synthStack } from '../support/synth';

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB+/=\n-----END CERTIFICATE-----\n';
const flavor = NodeFlavor.named('m1.large');
const OTHER = '-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n';

/** A cluster on a cloud with an authority: known text, or what a variable will hold. */
function synth(caCertificatePem?: string | 'reference', props: Partial<K8sOnNovaProps> = {}): Synthesised {
  return synthStack((stack) => {
    const pem = caCertificatePem === 'reference' ? new TerraformVariable(stack, 'cloud_ca', { type: 'string' }).stringValue : caCertificatePem;
    const one = { controlPlane: { replicas: 1, flavor }, workerPools: [{ name: 'general', replicas: 1, flavor }] };
    clusterIn(stack, { ...one, ...props }, { caCertificatePem: pem });
  });
}

const locals = (stack: Synthesised) => Object.entries(stack.json.locals as Record<string, string>);
const local = (stack: Synthesised, part: string) => locals(stack).find(([name]) => name.includes(part))?.[1];
/** What the nodes trust; undefined where cloud-init isn't told anything. */
const trusted = (stack: Synthesised) =>
  ['K8s_ControlPlane_CloudConfig_Text', 'K8s_workers-general-cloud-config_Text'].map(
    (part) => (parse(local(stack, part)!) as { ca_certs?: { trusted: string[] } }).ca_certs?.trusted,
  );
const planConditions = (stack: Synthesised) =>
  Object.entries(stack.resources('terraform_data')).find(([name]) => name.startsWith('K8s_Checks_Plan'))![1].lifecycle.precondition as {
    condition: string;
    error_message: string;
  }[];

test('the nodes trust the authority that their cloud names, after those that they are given', () => {
  const stack = synth(CERTIFICATE, { nodeOptions: { caBundles: [OTHER] } });
  expect(trusted(stack)).toEqual([
    [OTHER, CERTIFICATE],
    [OTHER, CERTIFICATE],
  ]);
  expect(local(stack, 'K8s_workers-general-cloud-config_Text')).toContain('try-restart');
});

test('of a text with explanations and line ends of Windows, the certificates alone', () => {
  const text = `Issuer: "example"\r\n${CERTIFICATE.replaceAll('\n', '\r\n')}\n# the next\n${OTHER}`;
  expect(trusted(synth(text))[0]).toEqual([`${CERTIFICATE}${OTHER}`]);
});

test('a reference is read by Terraform, in the quotes of one line', () => {
  const stack = synth('reference');
  const [[reference]] = trusted(stack) as string[][];
  expect(reference).toMatch(/^\$\{local\.K8s_CloudAuthority_Certificates_\w+\}$/);
  expect(local(stack, 'K8s_workers-general-cloud-config_Text')).toContain(`- "${reference}"`);
  const conditions = planConditions(stack).filter(({ error_message }) => error_message.includes('caCertificatePem'));
  expect(conditions).toEqual([
    {
      condition: expect.stringMatching(/^\$\{local\.\w+ == "" \|\| local\.\w+ != ""\}$/),
      error_message: expect.stringMatching(/K8s: caCertificatePem .* without a certificate in PEM.*BEGIN CERTIFICATE/) as string,
    },
  ]);
});

test('nothing of it on a cloud without one, nor where it is not wanted', () => {
  const without = synth();
  expect(trusted(without)).toEqual([undefined, undefined]);
  expect(locals(without).filter(([name]) => name.includes('CloudAuthority'))).toEqual([]);
  const unwanted = synth(CERTIFICATE, { nodeOptions: { trustCloudCa: false } });
  expect(locals(unwanted)).toEqual(locals(without));
});

test('a pool can have it otherwise than the others', () => {
  const stack = synth(CERTIFICATE, { controlPlane: { replicas: 1, flavor, nodeOptions: { trustCloudCa: false } } });
  expect(trusted(stack)).toEqual([undefined, [CERTIFICATE]]);
});

test('given as a bundle besides, it is there once', () => {
  expect(trusted(synth(CERTIFICATE, { nodeOptions: { caBundles: [CERTIFICATE] } }))[0]).toEqual([CERTIFICATE]);
});

test.each<[string, string, RegExp]>([
  ['a path', '/etc/kolla/certificates/ca/root.crt', /K8s: caCertificatePem of the cloud must be a certificate in PEM.*root\.crt.*BEGIN CERTIFICATE/],
  ['nothing', '', /must be a certificate in PEM/],
  ['half a certificate', CERTIFICATE.slice(0, 40), /must be a certificate in PEM/],
  ['a key beside it', `${CERTIFICATE}-----BEGIN PRIVATE KEY-----\nhunter2\n`, /holds a private key(?!.*hunter2)/s],
])('%s is refused', (_, pem, message) => {
  expect(() => synth(pem)).toThrow(message);
});

test('the former name of the module would be left out by cloud-init, and is refused', () => {
  const cloudInit = { 'ca-certs': { trusted: [OTHER] } };
  expect(() => synth(CERTIFICATE, { cloudInit })).toThrow(/cloudInit has ca-certs.*write it as ca_certs/);
  expect(() => synth(undefined, { cloudInit })).not.toThrow();
  expect(trusted(synth(CERTIFICATE, { cloudInit: { ca_certs: { trusted: [OTHER] } } }))[0]).toEqual([CERTIFICATE, OTHER]);
});
