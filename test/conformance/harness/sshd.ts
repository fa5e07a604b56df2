import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Context } from './check';
import { freePort } from './ports';
import { daemon, run, waitFor } from './process';

export interface SshdOptions {
  /** @default - a free one */
  readonly port?: number;
  /** Further lines of sshd_config: `SetEnv PATH=…`, `ForceCommand …`. */
  readonly config?: readonly string[];
}

export interface Sshd {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly privateKeyFile: string;
  /** Holds the server's host key for `[host]:port`. */
  readonly knownHostsFile: string;
  /** Arguments for `ssh`, the destination included: nothing of this machine's own SSH configuration is read or written. */
  readonly sshArguments: readonly string[];
  readonly stop: () => Promise<void>;
}

/** A throw-away sshd on loopback, with a host key and a user key of its own. It stops with the check. */
export async function startSshd(context: Context, options: SshdOptions = {}): Promise<Sshd> {
  const folder = fs.mkdtempSync(path.join(context.folder, 'sshd-'));
  const file = (name: string) => path.join(folder, name);
  const port = options.port ?? (await freePort());
  const user = os.userInfo().username;
  for (const key of ['host', 'user']) await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'conformance', '-f', file(key)]);
  fs.copyFileSync(file('user.pub'), file('authorized_keys'));
  fs.writeFileSync(file('known_hosts'), `[127.0.0.1]:${port} ${fs.readFileSync(file('host.pub'), 'utf8')}`);
  const config = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${file('host')}`,
    `AuthorizedKeysFile ${file('authorized_keys')}`,
    `PidFile ${file('pid')}`,
    'AuthenticationMethods publickey',
    'PermitRootLogin prohibit-password',
    // the keys lie in a folder for temporary files, which anybody may write to
    'StrictModes no',
    'UsePAM no',
    'Subsystem sftp internal-sftp',
    ...(options.config ?? []),
  ];
  fs.writeFileSync(file('sshd_config'), `${config.join('\n')}\n`);
  fs.mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const server = daemon(context.value('SSHD'), ['-D', '-e', '-f', file('sshd_config')], file('log'));
  context.defer(server.stop);
  const sshArguments = ['-F', 'none', '-i', file('user'), '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes',
    '-o', `UserKnownHostsFile=${file('known_hosts')}`, '-p', String(port), `${user}@127.0.0.1`]; // prettier-ignore
  await waitFor('sshd', async () => (await run('ssh', [...sshArguments, 'true'])).code === 0, { daemon: server, timeoutMs: 20_000 });
  return { host: '127.0.0.1', port, user, privateKeyFile: file('user'), knownHostsFile: file('known_hosts'), sshArguments, stop: server.stop };
}
