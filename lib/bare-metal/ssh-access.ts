import { ProvisionerSshProps } from './provisioner-options';
import { SshAccess } from '../contracts/bare-metal-pool';
import { check, checkInteger, Where } from '../core/validation';

/** Checks them. */
export function sshAccess(where: Where, { sshUser, sshPrivateKeyPath, sshPort }: ProvisionerSshProps): SshAccess {
  check(where, sshUser, (user) => /^[a-z_][-a-z0-9_.]*\$?$/i.test(user), {
    problem: 'sshUser is not the name of a user',
    fix: 'give one, such as ubuntu',
  });
  check(where, sshPrivateKeyPath, (path) => path !== '' && !path.startsWith('-----BEGIN'), {
    problem: 'sshPrivateKeyPath must be the path of a key, and not empty',
    fix: 'give the path, such as ~/.ssh/id_ed25519; a key itself must not stand in the code',
  });
  check(where, sshPrivateKeyPath, (path) => !/["\\]|\$\{|%\{/.test(path), {
    problem: 'sshPrivateKeyPath has a character that Terraform would read as its own',
    fix: 'use a path without quotes, templates and backslashes; Windows takes slashes, too',
  });
  checkInteger(where, 'sshPort', sshPort, { min: 1, max: 65535 });
  return { user: sshUser, privateKeyPath: sshPrivateKeyPath, port: sshPort ?? 22 };
}
