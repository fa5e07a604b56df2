import { Fn, Precondition, TerraformLocal } from 'cdktf';
import { Construct } from 'constructs';
import { escapeText } from '../core/quoted-text';
import { TemplateText } from '../core/template-text';
import { check, fail, isKnown } from '../core/validation';

/** A certificate in PEM, in the dialect that JavaScript and Terraform share. What stands between certificates is explanation, and goes nowhere. */
const CERTIFICATE = '-----BEGIN CERTIFICATE-----[A-Za-z0-9+/= \t\r\n]+-----END CERTIFICATE-----';
const FIX = 'give the text of the CA file, from -----BEGIN CERTIFICATE----- on';

/** The authority of a cloud's endpoints, as its nodes get it. */
export interface CloudAuthority {
  /**
   * Its certificates, and nothing else of the text. A reference renders to them with their line ends written as `\n`, to stand in double quotes: to nothing,
   * if the cloud turns out to have none.
   */
  readonly certificates: string;
  /** What Terraform must find of a reference. */
  readonly preconditions: Precondition[];
}

/** The authority that the cloud of a cluster names, if it names one. Text is judged at synth, a reference by the plan. */
export function cloudAuthority(cluster: Construct, id: string, pem: string | undefined): CloudAuthority | undefined {
  if (pem === undefined) return undefined;
  if (isKnown(pem)) return { certificates: knownCertificates(cluster, pem), preconditions: [] };
  const scope = new Construct(cluster, id);
  // Nothing is an empty text here: a variable may be null.
  const text = new TerraformLocal(scope, 'Text', Fn.trimspace(Fn.coalesce([new TemplateText(scope, 'Pem', { parts: [pem] }).value, ' '])));
  const found = new TerraformLocal(scope, 'Found', Fn.join(inHcl('\n'), Fn.regexall(inHcl(CERTIFICATE), text.asString)));
  const certificates = new TerraformLocal(scope, 'Certificates', escapeText(found.asString, [['\r', ''], ['\n', '\\n']])); // prettier-ignore
  return {
    certificates: certificates.asString,
    preconditions: [
      {
        condition: `\${${text.fqn} == "" || ${found.fqn} != ""}`,
        errorMessage: `${cluster.node.path}: caCertificatePem of the cloud came out as a text without a certificate in PEM, and the nodes are to trust it; ${FIX}`,
      },
    ],
  };
}

function knownCertificates(cluster: Construct, pem: string): string {
  const found = pem.match(new RegExp(CERTIFICATE, 'g')) ?? [];
  // The text isn't repeated where it holds a key.
  if (/PRIVATE KEY/.test(pem)) {
    fail(cluster, {
      problem: 'caCertificatePem of the cloud holds a private key',
      fix: 'give the certificate alone, and take the key for compromised',
    });
  }
  check(cluster, pem, () => found.length > 0, { problem: 'caCertificatePem of the cloud must be a certificate in PEM', fix: FIX });
  return found.map((certificate) => `${certificate.replaceAll('\r', '')}\n`).join('');
}

/** The framework puts a function's text arguments between quotes as they are. */
const inHcl = (text: string) => JSON.stringify(text).slice(1, -1);
