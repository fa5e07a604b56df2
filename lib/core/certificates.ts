import { fail, Where } from './validation';

/** A certificate in PEM, in the dialect that JavaScript and Terraform share. What stands between certificates is explanation, and goes nowhere. */
export const CERTIFICATE = '-----BEGIN CERTIFICATE-----[A-Za-z0-9+/= \\t\\r\\n]+-----END CERTIFICATE-----';
/** What to do where there is none. */
export const CERTIFICATE_FIX = 'give the text of the CA file, from -----BEGIN CERTIFICATE----- on';

/** The certificates of a text that is known at synth, and nothing else of it. */
export function certificatesOf(pem: string): string {
  return (pem.match(new RegExp(CERTIFICATE, 'g')) ?? []).map((certificate) => `${certificate.replaceAll('\r', '')}\n`).join('');
}

/** The same. Throws if there are none, or a private key. */
export function knownCertificates(where: Where, what: string, pem: string): string {
  // The text isn't repeated where it holds a key.
  if (/PRIVATE KEY/.test(pem)) {
    fail(where, { problem: `${what} holds a private key`, fix: 'give the certificate alone, and take the key for compromised' });
  }
  const found = certificatesOf(pem);
  if (found === '') fail(where, { problem: `${what} must be a certificate in PEM`, value: excerpt(pem), fix: CERTIFICATE_FIX });
  return found;
}

/** Enough of a text to see what it is: a path, for example. */
function excerpt(text: string): string {
  const [line] = text.trim().split('\n');
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
