import { Document, Scalar, ToStringOptions, visit } from 'yaml';
import { isKnown } from '../../core/validation';

/** A document of what kubeadm, the kubelet and the API server are configured by. */
export interface KubeadmDocument {
  readonly apiVersion: string;
  readonly kind: string;
  readonly [field: string]: unknown;
}

const FORM: ToStringOptions = { lineWidth: 0, indentSeq: false, blockQuote: 'literal' };

/**
 * YAML of values in which references may stand. What a reference renders to is a name, an address, a number or base64, never a quote, a backslash or a
 * line break: so a string with one is in double quotes, or, if it has several lines, in a literal block.
 */
export function yamlText(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value !== 'string') return;
      // A block that begins with blanks is not read back as it was.
      const block = node.value.includes('\n') && !/^\s/.test(node.value);
      if (block) node.type = Scalar.BLOCK_LITERAL;
      else if (node.value.includes('\n') || !isKnown(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document.toString(FORM);
}

/** Several documents in one text. */
export function yamlDocuments(documents: readonly unknown[]): string {
  return documents.map(yamlText).join('---\n');
}
