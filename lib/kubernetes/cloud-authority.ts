import { Fn, Precondition, TerraformLocal } from 'cdktf';
import { Construct } from 'constructs';
import { CERTIFICATE, CERTIFICATE_FIX, knownCertificates } from '../core/certificates';
import { escapeText } from '../core/quoted-text';
import { TemplateText } from '../core/template-text';
import { isKnown } from '../core/validation';

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
  if (isKnown(pem)) return { certificates: knownCertificates(cluster, 'caCertificatePem of the cloud', pem), preconditions: [] };
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
        errorMessage: `${cluster.node.path}: caCertificatePem of the cloud came out as a text without a certificate in PEM, and the nodes are to trust it; ${CERTIFICATE_FIX}`,
      },
    ],
  };
}

/** The framework puts a function's text arguments between quotes as they are. */
const inHcl = (text: string) => JSON.stringify(text).slice(1, -1);
