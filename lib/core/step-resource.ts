import { TerraformMetaArguments, TerraformResource, Token } from 'cdktf';
import { Construct } from 'constructs';

/** Properties of StepResource. */
export interface StepResourceProps extends TerraformMetaArguments {
  /**
   * What the step depends on: it is run again, by replacement, exactly when one of these values changes. Hash what is long.
   * @default - the step is run once
   */
  readonly triggers?: { readonly [name: string]: string };
  /**
   * A value that is kept in the state and given back as `output`, once the step has succeeded.
   * @default - no value
   */
  readonly input?: any;
}

/**
 * Something that is done once and again when its triggers change: the resource `terraform_data` with provisioners.
 *
 * It is built into Terraform, needs no provider and, other than cdktf's own DataResource, no Terraform at synth.
 * Secrets must not stand in a provisioner's command, inline text or environment: hand them over by file or by `connection`.
 */
export class StepResource extends TerraformResource {
  private readonly props: StepResourceProps;

  constructor(scope: Construct, id: string, props: StepResourceProps = {}) {
    super(scope, id, { ...props, terraformResourceType: 'terraform_data' });
    this.props = props;
  }

  /** The input, available after the step: what reads it waits for the step. */
  public get output(): string {
    return this.getStringAttribute('output');
  }

  /** The UUID of this run of the step: a new one whenever it was run again. */
  public get runId(): string {
    return this.getStringAttribute('id');
  }

  protected synthesizeAttributes(): { [name: string]: any } {
    const { triggers, input } = this.props;
    return {
      ...(triggers === undefined ? {} : { triggers_replace: triggers }),
      ...(input === undefined ? {} : { input: Token.asAny(input) }),
    };
  }

  protected synthesizeHclAttributes(): { [name: string]: any } {
    return Object.fromEntries(
      Object.entries(this.synthesizeAttributes()).map(([name, value]) => [name, { value, isBlock: false, type: 'any', storageClassType: 'any' }]),
    );
  }
}
