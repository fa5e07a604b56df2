import { TerraformElement, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { Host } from '../contracts/host';

export interface KeptResourcesProps {
  readonly hosts: readonly Host[];
  /** Names of hosts that may be wiped, whether they are still there or not. */
  readonly release: readonly string[];
  /** Makes the resource, one of which there will be for each host; `each.key` is the host's name. */
  readonly make: (scope: Construct, id: string) => TerraformResource;
}

/**
 * A resource for each host that Terraform refuses to destroy.
 *
 * They are the instances of one resource: where each host had a resource of its own, `prevent_destroy` would leave the configuration together with the
 * host. Hosts that may be released are instances of a second one, to which they are moved without being touched.
 */
export class KeptResources extends Construct {
  private readonly kept: TerraformResource;
  private readonly released?: TerraformResource;
  private readonly release: readonly string[];

  constructor(scope: Construct, id: string, { hosts, release, make }: KeptResourcesProps) {
    super(scope, id);
    const names = (of: boolean) => hosts.map(({ name }) => name).filter((name) => release.includes(name) === of);
    this.release = release;
    this.kept = make(this, 'Kept');
    this.kept.addOverride('for_each', `\${toset(${JSON.stringify(names(false))})}`);
    this.kept.addOverride('lifecycle.prevent_destroy', true);
    if (release.length === 0) return;
    this.released = make(this, 'Released');
    this.released.addOverride('for_each', `\${toset(${JSON.stringify(names(true))})}`);
    for (const name of release) new MovedBlock(this, `Moved-${name}`, address(this.kept, name), address(this.released, name));
  }

  /** An attribute of a host's instance, as a reference. */
  public attribute(host: Host, name: string): string {
    return `\${${address(this.of(host), host.name)}.${name}}`;
  }

  /** The resource of which a host's is an instance, to be depended upon. */
  public of(host: Host): TerraformResource {
    return this.release.includes(host.name) ? this.released! : this.kept;
  }
}

function address(resource: TerraformResource, name: string): string {
  return `${resource.terraformResourceType}.${resource.friendlyUniqueId}[${JSON.stringify(name)}]`;
}

/** Tells Terraform that something has another address now. Where there is nothing at the old one, it does nothing. */
class MovedBlock extends TerraformElement {
  constructor(
    scope: Construct,
    id: string,
    private readonly from: string,
    private readonly to: string,
  ) {
    super(scope, id);
  }

  public toTerraform(): any {
    return { moved: [{ from: this.from, to: this.to }] };
  }
}
