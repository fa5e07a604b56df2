import { Fn, Token } from 'cdktf';
import { NodeTaint } from './worker-pool';
import { fail, isKnown, Where } from '../core/validation';

const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const PREFIX = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
/** Without capture groups: Terraform's `regex` then returns the text itself. */
const VALUE = '^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$';
/** What a kubelet may say of itself under kubernetes.io and k8s.io; with any other it doesn't start (KEP 279). */
const OWN_LABELS = [
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'beta.kubernetes.io/os',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'kubernetes.io/arch',
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
];
const OWN_PREFIXES = ['kubelet.kubernetes.io', 'node.kubernetes.io'];

/** Checks the labels of a pool; values that are references are checked by Terraform. */
export function nodeLabels(where: Where, what: string, labels: { readonly [key: string]: string } = {}): { readonly [key: string]: string } {
  return Object.fromEntries(
    Object.entries(labels).map(([key, value]) => {
      checkKey(where, what, key);
      const prefix = key.includes('/') ? key.split('/')[0] : '';
      const reserved = /(^|\.)(kubernetes|k8s)\.io$/.test(prefix);
      if (reserved && !OWN_LABELS.includes(key) && !OWN_PREFIXES.some((own) => prefix === own || prefix.endsWith(`.${own}`))) {
        fail(where, {
          problem: `${what} has a label that no kubelet may set on its own node (it would not start)`,
          value: key,
          fix: 'choose a prefix of your own, or node.kubernetes.io/',
        });
      }
      return [key, labelValue(where, what, key, value)];
    }),
  );
}

/** Checks the taints of a pool; values that are references are checked by Terraform. */
export function nodeTaints(where: Where, what: string, taints: readonly NodeTaint[] = []): NodeTaint[] {
  const seen = new Set<string>();
  return taints.map((taint) => {
    checkKey(where, what, taint.key);
    const identity = `${taint.key}:${taint.effect}`;
    if (seen.has(identity)) fail(where, { problem: `${what} has the same key and effect twice`, value: identity, fix: 'remove one' });
    seen.add(identity);
    return { ...taint, ...(taint.value !== undefined && { value: labelValue(where, what, taint.key, taint.value) }) };
  });
}

function checkKey(where: Where, what: string, key: string): void {
  if (!isKnown(key)) fail(where, { problem: `keys of ${what} must be known at synth, a reference was given`, fix: 'give the text itself' });
  const parts = key.split('/');
  if (parts.length <= 2 && NAME.test(parts[parts.length - 1]) && (parts.length === 1 || PREFIX.test(parts[0]))) return;
  fail(where, {
    problem: `keys of ${what} must be a name of up to 63 letters, digits, "-", "_" and ".", with a DNS name and "/" before it if wanted`,
    value: key,
    fix: 'write it as tier or example.com/tier',
  });
}

function labelValue(where: Where, what: string, key: string, value: string): string {
  // A value of that form can't break out of the text that it is put into: Terraform makes sure of those that aren't known yet.
  if (!isKnown(value)) return Token.asString(Fn.regex(VALUE, value));
  if (typeof value === 'string' && new RegExp(VALUE).test(value)) return value;
  return fail(where, {
    problem: `the value of ${key} in ${what} must be up to 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit`,
    value,
    fix: 'choose a value of that form',
  });
}
