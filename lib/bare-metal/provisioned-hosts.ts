import { ITerraformDependable } from 'cdktf';
import { SshAccess } from '../contracts/bare-metal-pool';
import { Host } from '../contracts/host';

/** What a provisioner tells the pool. */
export interface ProvisionedHosts {
  readonly ssh: SshAccess;
  /** What must exist before a host can be reached. */
  readonly installed: (host: Host) => ITerraformDependable[];
}
