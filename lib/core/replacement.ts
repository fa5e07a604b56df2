import { IResolvable, IResolveContext, ITerraformDependable, TerraformElement, TerraformResource, TerraformResourceLifecycle, Token } from 'cdktf';

/** When and how something is replaced on purpose. */
export interface ReplacementProps {
  readonly replaceTriggeredBy?: ITerraformDependable[];
  readonly createBeforeDestroy?: boolean;
}

/** The part of a resource's lifecycle that says so. */
export function replacement({ replaceTriggeredBy = [], createBeforeDestroy = false }: ReplacementProps): TerraformResourceLifecycle {
  return {
    ...(createBeforeDestroy && { createBeforeDestroy }),
    ...(replaceTriggeredBy.length > 0 && { replaceTriggeredBy: replaceTriggeredBy.map((by) => address(by)) }),
  };
}

/** The framework's own tokens each keep the stack trace of where they were made, which costs more than all else about them. */
class Address implements IResolvable {
  public readonly creationStack = [];

  constructor(
    private readonly dependable: ITerraformDependable | TerraformElement,
    private readonly suffix: string,
  ) {}

  public resolve(context: IResolveContext): string {
    return bareAddress(this.dependable, context) + this.suffix;
  }

  public toString(): string {
    return Token.asString(this);
  }
}

/** The address alone, for what Terraform takes no `${…}` in, or for an expression that is written as a text: the framework writes one. */
export function address(dependable: ITerraformDependable | TerraformElement, suffix: string = ''): string {
  return new Address(dependable, suffix).toString();
}

/** A resource's address is composed, and not read from the token that the framework would make each time. */
function bareAddress(dependable: ITerraformDependable | TerraformElement, context: IResolveContext): string {
  if (TerraformResource.isTerraformResource(dependable)) return `${dependable.terraformResourceType}.${dependable.friendlyUniqueId}`;
  return String(context.resolve(dependable.fqn)).replace(/^\$\{(.*)}$/, '$1');
}

/** The address of one attribute of a resource: replaced when that changes, and not with every other change of the resource. */
export function attributeAddress(dependable: ITerraformDependable, attribute: string): string {
  return address(dependable, `.${attribute}`);
}
