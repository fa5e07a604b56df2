import { Fn, TerraformLocal } from 'cdktf';
import { Construct } from 'constructs';
import { escapeTemplate } from './escape-literals';

/** Properties of TemplateText. */
export interface TemplateTextProps {
  /**
   * The text: literals and tokens in any order, joined without a separator. A part may be a literal, a token, or both mixed.
   * What a token renders to isn't quoted: put it where the format defines the quoting, or as base64.
   */
  readonly parts: string[];
}

/**
 * A text with tokens in it that reaches Terraform unharmed: user_data, cloud.conf, an inventory.
 *
 * Literals are escaped (`${` and `%{` would be templates to Terraform), tokens stay references, and the whole is one `local`
 * that functions may be applied to. `Fn.rawString` loses references, and Terraform functions on an interpolated string break on its quotes.
 *
 * Creates one Terraform local value, and a second for `base64Gzip`. Terraform normalises strings to Unicode NFC; everything else comes back byte for byte.
 */
export class TemplateText extends Construct {
  /** The L1 local value. */
  public readonly local: TerraformLocal;
  private compressed?: TerraformLocal;

  constructor(scope: Construct, id: string, props: TemplateTextProps) {
    super(scope, id);
    this.local = new TerraformLocal(this, 'Text', escapeTemplate(props.parts.join('')));
  }

  /** The text, as a reference. */
  public get value(): string {
    return this.local.asString;
  }

  /** The text in base64. */
  public get base64(): string {
    return Fn.base64encode(this.value);
  }

  /** The text, compressed and in base64: what Nova's metadata and cloud-init take as user_data. */
  public get base64Gzip(): string {
    // By name: a pool gives it to each of its servers, and every one of them would have it compressed again.
    return (this.compressed ??= new TerraformLocal(this, 'Gzip', Fn.base64gzip(this.value))).asString;
  }

  /** The SHA-256 of the text in hex: a trigger that changes exactly when the text does. */
  public get sha256(): string {
    return Fn.sha256(this.value);
  }
}
