import { Construct } from 'constructs';
import { ProvisionedHosts } from './provisioned-hosts';
import { Host } from '../contracts/host';
import { check, checkInteger } from '../core/validation';

/** Properties of hosts that have their operating system already. */
export interface PreprovisionedProps {
  /** The user that connections log in as. It needs sudo without a password, or is root. */
  readonly sshUser: string;
  /**
   * Path of its private key on the machine that runs Terraform; `~` is the home of whoever runs it. The key is read when Terraform applies, never at
   * synth, and isn't in the state. It must not have a passphrase.
   */
  readonly sshPrivateKeyPath: string;
  /**
   * TCP port of the hosts' SSH servers.
   * @default 22
   */
  readonly sshPort?: number;
}

/** How the hosts of a pool come to their operating system. */
export abstract class Provisioner {
  /** They have it: somebody or something installed them, and they answer by SSH. */
  public static preprovisioned(props: PreprovisionedProps): Provisioner {
    return new Preprovisioned(props);
  }

  /** @internal */
  public abstract _bind(scope: Construct, hosts: readonly Host[]): ProvisionedHosts;
}

class Preprovisioned extends Provisioner {
  constructor(private readonly props: PreprovisionedProps) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct): ProvisionedHosts {
    const { sshUser, sshPrivateKeyPath, sshPort } = this.props;
    check(scope, sshUser, (user) => /^[a-z_][-a-z0-9_.]*\$?$/i.test(user), {
      problem: 'sshUser is not the name of a user',
      fix: 'give one, such as ubuntu',
    });
    check(scope, sshPrivateKeyPath, (path) => path !== '' && !path.startsWith('-----BEGIN'), {
      problem: 'sshPrivateKeyPath must be the path of a key, and not empty',
      fix: 'give the path, such as ~/.ssh/id_ed25519; a key itself must not stand in the code',
    });
    check(scope, sshPrivateKeyPath, (path) => !/["\\]|\$\{|%\{/.test(path), {
      problem: 'sshPrivateKeyPath has a character that Terraform would read as its own',
      fix: 'use a path without quotes, templates and backslashes; Windows takes slashes, too',
    });
    checkInteger(scope, 'sshPort', sshPort, { min: 1, max: 65535 });
    return { ssh: { user: sshUser, privateKeyPath: sshPrivateKeyPath, port: sshPort ?? 22 }, installed: () => [] };
  }
}
