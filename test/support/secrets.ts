import { gunzipSync } from 'node:zlib';
import { expressionsOf, literalsOf } from './expressions';
import { sensitiveLiterals } from './schema';
import type { Block } from './synth';

/**
 * Finds secrets that stand as literals in synthesised JSON: anybody who reads the repository's cdktf.out, a CI log or a plan would have them.
 *
 * A secret comes in as a sensitive variable or is made by a resource; both are references. Found are private keys, arguments that a provider
 * calls sensitive or that are named as secrets, defaults of sensitive variables, credentials in URLs and in texts, bootstrap tokens, and words
 * that look random. Base64 and gzip are looked into.
 */
export function findSecretLiterals(json: Block): string[] {
  const found = new Set<string>();
  for (const { path, value } of sensitiveLiterals(json)) {
    if (value !== '' && !isPublic(value)) found.add(`${path}: a literal in a sensitive argument`);
  }
  for (const [name, variable] of Object.entries<Block>(json.variable ?? {})) {
    if (variable.sensitive === true && typeof variable.default === 'string' && variable.default !== '') {
      found.add(`variable.${name}: a sensitive variable has a default`);
    }
  }
  walk(json, [], (path, text) => {
    const name = [...path].reverse().find((key) => !/^\d+$/.test(key)) ?? '';
    if (text !== '' && SECRET_NAME.test(name) && expressionsOf(text).length === 0 && !isPublic(text) && path[0] !== 'output') {
      found.add(`${path.join('.')}: a literal in an argument named as a secret`);
    }
    for (const problem of inspect(literalsOf(text))) found.add(`${path.join('.')}: ${problem}`);
  });
  return [...found];
}

/** An argument's name that means a secret: it ends so. `secret_name` or `token_ttl` are none. */
const SECRET_NAME =
  /(^|[_\-.a-z])(password|passwd|passphrase|secret|secretKey|token|admin_pass|private_key(_pem)?|privateKey|client_key|api_key|apiKey|access_key|secret_key|accessKey)$/;

/** Text in the clear: certificates, public keys, and values that are a switch or a reference to a file. */
function isPublic(text: string): boolean {
  return (
    /^(true|false|none|null|disabled|\d{1,4})$/i.test(text) ||
    /^(~|\.{0,2})?\/[\w./-]+$/.test(text) ||
    /^\s*-----BEGIN (CERTIFICATE|PUBLIC KEY)-----/.test(text)
  );
}

function walk(value: unknown, path: string[], visit: (path: string[], text: string) => void): void {
  if (typeof value === 'string') {
    visit(path, value);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) if (key !== '//') walk(inner, [...path, key], visit);
  }
}

/** What is wrong with a text, its expressions taken out. */
function inspect(text: string, depth = 0): string[] {
  const problems: string[] = [];
  if (/-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/]{16}/.test(text)) problems.push('a private key');
  if (/:\/\/[^\s/:@$]+:[^\s/@$<{]+@/.test(text)) problems.push('a URL with a password');
  if (/(?<![\w.])[a-z0-9]{6}\.(?=[a-z0-9]*\d)[a-z0-9]{16}(?![\w.])/.test(text)) problems.push('a bootstrap token');
  for (const [, name, value] of text.matchAll(
    /\b(\w*(?:password|passwd|secret|token))["']?\s*[:=]\s*["']?([A-Za-z0-9!@#%^&*+=_-]{12,})(?![\w($/.-])/gi,
  )) {
    if (/\d/.test(value) && /[a-z]/i.test(value) && !/_/.test(value)) problems.push(`a literal for ${name} in a text`);
  }
  const plain = text
    // the names of Cilium's values are camelCase with a digit within
    .replace(/IPv[46]/g, 'Ip')
    .replace(/-----BEGIN (CERTIFICATE|PUBLIC KEY)-----[\s\S]*?-----END \1-----/g, '')
    .replace(/\b(ssh-(ed25519|rsa)|ecdsa-sha2-\w+) [A-Za-z0-9+/=]+/g, '');
  for (const [word] of plain.matchAll(/[A-Za-z0-9+/=_-]{20,}/g)) {
    const decoded = depth < 3 ? decode(word) : undefined;
    if (decoded !== undefined) problems.push(...inspect(decoded, depth + 1));
    else if (word.split(/[/_-]/).some(looksRandom)) problems.push(`a word that looks random: ${word.slice(0, 6)}… (${word.length} characters)`);
  }
  return problems;
}

/** The text behind base64, gzipped or not, if it is one. */
function decode(word: string): string | undefined {
  if (word.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(word)) return undefined;
  const bytes = Buffer.from(word, 'base64');
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    try {
      return gunzipSync(bytes).toString('utf8');
    } catch {
      return undefined;
    }
  }
  const text = bytes.toString('utf8');
  return /^[\t\n\r\x20-\x7e\u00a0-\uffef]+$/.test(text) && !text.includes('\ufffd') ? text : undefined;
}

/**
 * Whether a word was drawn rather than written: it changes between lower case, upper case and digits at least at every third letter, and hardly
 * repeats letters. Names in camelCase, versions and hexadecimal hashes don't.
 */
function looksRandom(word: string): boolean {
  if (word.length < 20 || /^[0-9a-f]+$/i.test(word)) return false;
  const kinds = [...word].map((char) => (/[a-z]/.test(char) ? 'a' : /[A-Z]/.test(char) ? 'A' : /\d/.test(char) ? '1' : '+'));
  if (new Set(kinds).size < 3) return false;
  const changes = kinds.filter((kind, index) => index > 0 && kind !== kinds[index - 1]).length;
  return changes / word.length > 0.36 && entropy(word) > 3.6;
}

/** Shannon's entropy of the letters, in bits each. */
function entropy(word: string): number {
  const counts = new Map<string, number>();
  for (const char of word) counts.set(char, (counts.get(char) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / word.length) * Math.log2(count / word.length), 0);
}
