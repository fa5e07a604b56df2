/**
 * Three control hosts of a cloud that Kolla-Ansible has deployed, as far as their database and their message queue go: a real Galera cluster and a real RabbitMQ
 * cluster over a network that can be cut. Each host is a network namespace and a line in one sshd's configuration; the one stand-in is the container engine,
 * whose `exec` runs the command with that host's own files, names and addresses.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Context } from './check';
import { type Daemon, daemon, exec, type ExecResult, run, sleep, waitFor } from './process';
import { startSshd } from './sshd';

export const CONTROL_HOSTS = ['control-1', 'control-2', 'control-3'] as const;
export type ControlHost = (typeof CONTROL_HOSTS)[number];
export type ControlService = 'mariadb' | 'rabbitmq';

/** What a control host needs of Debian's packages. */
export const CONTROL_HOSTS_NEED = ['sshd', 'mariadbd', 'rabbitmq-server'] as const;

/** A password with what shells and option files take for their own. */
export const DATABASE_PASSWORD = 'planted-"\'#$\\n;:secret';

const addressOf = (host: ControlHost) => `10.10.0.${host.slice(-1)}`;
/** For what takes seconds, on a machine that has much else to do. */
export const PATIENCE_MS = 240_000;
const RABBITMQ_BIN = '/usr/lib/rabbitmq/bin';

export class ControlHosts {
  /** Where sshd is, the hosts' addresses being `127.0.0.1` and on, and the key that it takes. */
  public ssh!: { readonly port: number; readonly user: string; readonly privateKeyFile: string };
  private readonly daemons = new Map<string, Daemon>();

  public constructor(private readonly context: Context) {}

  public file(host: ControlHost, ...names: string[]): string {
    return path.join(this.context.folder, host, ...names);
  }

  /** The address where the deployment host reaches a host. */
  public address(host: ControlHost): string {
    return `127.0.0.${10 + Number(host.slice(-1))}`;
  }

  /** A command in the place of a host's containers. */
  public inside(host: ControlHost, ...command: string[]): Promise<ExecResult> {
    return exec(this.file(host, 'enter'), command, { timeoutMs: PATIENCE_MS });
  }

  /** Everything that was asked of the container engines and of the database's clients, a line each. */
  public calls(): string {
    return CONTROL_HOSTS.map((host) => (fs.existsSync(this.file(host, 'calls')) ? fs.readFileSync(this.file(host, 'calls'), 'utf8') : '')).join('');
  }

  public async sql(host: ControlHost, statement: string): Promise<string> {
    const { code, output } = await exec(
      this.file(host, 'enter'),
      ['mariadb', `--defaults-file=${this.file(host, 'root-login.cnf')}`, '--batch', '--skip-column-names', '-e', statement],
      { timeoutMs: PATIENCE_MS },
    );
    if (code !== 0) throw new Error(`${host}: ${statement}: ${output}`);
    return output.trim();
  }

  public async start(): Promise<void> {
    await this.network();
    for (const host of CONTROL_HOSTS) await this.place(host);
    const sshd = await startSshd(this.context, {
      config: [
        ...CONTROL_HOSTS.map((host) => `ListenAddress ${this.address(host)}`),
        'MaxStartups 100',
        ...CONTROL_HOSTS.flatMap((host) => [
          `Match LocalAddress ${this.address(host)}`,
          `  ForceCommand echo "$SSH_ORIGINAL_COMMAND" >>${this.file(host, 'calls')}; PATH=${this.file(host, 'programs')}:$PATH exec sh -c "$SSH_ORIGINAL_COMMAND"`,
        ]),
      ],
    });
    this.ssh = { port: sshd.port, user: sshd.user, privateKeyFile: sshd.privateKeyFile };
    await Promise.all([this.startRabbitmq(), this.startGalera()]);
  }

  public async startService(host: ControlHost, service: ControlService, ...args: string[]): Promise<void> {
    const program = service === 'mariadb' ? ['mariadbd', '--defaults-file=/etc/mysql/my.cnf', ...args] : ['rabbitmq-server'];
    const log = this.file(host, `${service}.log`);
    const before = fs.existsSync(log) ? fs.statSync(log).size : 0;
    const server = daemon(this.file(host, 'enter'), program, log);
    this.daemons.set(`${host}/${service}`, server);
    this.context.defer(server.stop);
    const answers = async () =>
      service === 'mariadb'
        ? (await this.sql(host, "SHOW GLOBAL STATUS LIKE 'wsrep_ready'")).endsWith('ON')
        : fs.readFileSync(log).subarray(before).includes('Starting broker... completed');
    await waitFor(`${service} on ${host}`, answers, { daemon: server, timeoutMs: PATIENCE_MS });
  }

  public async stopService(host: ControlHost, service: ControlService): Promise<void> {
    const server = this.daemons.get(`${host}/${service}`)!;
    process.kill(-server.pid, 'SIGTERM');
    await waitFor(`${service} on ${host} to end`, async () => !server.running(), { timeoutMs: PATIENCE_MS });
    await server.stop();
  }

  /** Pulls a host's plug, or puts it back. */
  public async plug(host: ControlHost, state: 'up' | 'down'): Promise<void> {
    await run('ip', ['-n', this.space('switch'), 'link', 'set', `port${host.slice(-1)}`, state]);
  }

  private space(name: string): string {
    return `sr-${process.pid}-${name}`;
  }

  private async network(): Promise<void> {
    for (const name of ['switch', ...CONTROL_HOSTS]) {
      await run('ip', ['netns', 'add', this.space(name)]);
      this.context.defer(async () => void (await run('ip', ['netns', 'del', this.space(name)])));
      await run('ip', ['-n', this.space(name), 'link', 'set', 'lo', 'up']);
    }
    await run('ip', ['-n', this.space('switch'), 'link', 'add', 'api', 'type', 'bridge']);
    await run('ip', ['-n', this.space('switch'), 'link', 'set', 'api', 'up']);
    for (const host of CONTROL_HOSTS) {
      const port = `port${host.slice(-1)}`;
      await run('ip', ['-n', this.space(host), 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', port, 'netns', this.space('switch')]);
      await run('ip', ['-n', this.space('switch'), 'link', 'set', port, 'master', 'api', 'up']);
      await run('ip', ['-n', this.space(host), 'link', 'set', 'eth0', 'up']);
      await run('ip', ['-n', this.space(host), 'address', 'add', `${addressOf(host)}/24`, 'dev', 'eth0']);
    }
  }

  /** A host's files, and how to get to where they are in their places. */
  private async place(host: ControlHost): Promise<void> {
    for (const name of ['run', 'data', 'rabbitmq', 'programs', 'container']) fs.mkdirSync(this.file(host, name), { recursive: true });
    const write = (name: string, lines: readonly string[], mode = 0o600) =>
      fs.writeFileSync(this.file(host, name), `${lines.join('\n')}\n`, { mode });
    write('hosts', ['127.0.0.1 localhost', ...CONTROL_HOSTS.map((name) => `${addressOf(name)} ${name}`)], 0o644);
    // as Kolla's galera.cnf has it, with small buffers and a short patience for members that are gone
    write('my.cnf', [
      '[client]',
      'default-character-set=utf8',
      '[mysqld]',
      'user=mysql',
      `datadir=${this.file(host, 'data')}`,
      'socket=/run/mysqld/mysqld.sock',
      'pid-file=/run/mysqld/mysqld.pid',
      `bind-address=${addressOf(host)}`,
      'binlog_format=ROW',
      'innodb_autoinc_lock_mode=2',
      'innodb_flush_log_at_trx_commit=0',
      'innodb_log_file_size=8M',
      'innodb_buffer_pool_size=32M',
      'performance_schema=OFF',
      'wsrep_on=ON',
      'wsrep_provider=/usr/lib/galera/libgalera_smm.so',
      'wsrep_cluster_name="openstack"',
      `wsrep_cluster_address=gcomm://${CONTROL_HOSTS.map(addressOf).join(',')}`,
      `wsrep_node_name=${host}`,
      `wsrep_node_address=${addressOf(host)}`,
      'wsrep_sst_method=rsync',
      `wsrep_sst_auth=root:${DATABASE_PASSWORD}`,
      'wsrep_provider_options=gcache.size=16M;evs.keepalive_period=PT0.5S;evs.inactive_check_period=PT0.5S;evs.suspect_timeout=PT2S;evs.inactive_timeout=PT4S',
    ]);
    const quoted = DATABASE_PASSWORD.replaceAll('\\', '\\\\');
    write('root-login.cnf', ['[client]', 'user=root', `password="${quoted}"`, 'socket=/run/mysqld/mysqld.sock']);
    write('rabbitmq.conf', [
      `listeners.tcp.1 = ${addressOf(host)}:5672`,
      // Kolla's is pause_minority, which stops both halves of two: then there is no answer at all, and with "ignore" there is one to be understood
      'cluster_partition_handling = ignore',
      'cluster_formation.peer_discovery_backend = rabbit_peer_discovery_classic_config',
      ...CONTROL_HOSTS.map((name, i) => `cluster_formation.classic_config.nodes.${i} = rabbit@${name}`),
    ]);
    write('rabbitmq/.erlang.cookie', ['PLANTEDCOOKIE'], 0o400);
    const environment = {
      HOME: this.file(host, 'rabbitmq'),
      PATH: `${this.file(host, 'container')}:${RABBITMQ_BIN}:/usr/sbin:/usr/bin:/sbin:/bin`,
      LC_ALL: 'C.UTF-8',
      RABBITMQ_NODENAME: `rabbit@${host}`,
      RABBITMQ_CONFIG_FILE: this.file(host, 'rabbitmq.conf'),
      RABBITMQ_CONF_ENV_FILE: '/dev/null',
      RABBITMQ_MNESIA_BASE: this.file(host, 'rabbitmq', 'mnesia'),
      RABBITMQ_LOG_BASE: this.file(host, 'rabbitmq', 'log'),
      RABBITMQ_ENABLED_PLUGINS_FILE: this.file(host, 'rabbitmq', 'enabled_plugins'),
      RABBITMQ_PID_FILE: this.file(host, 'rabbitmq', 'pid'),
      // cut off for seconds, not for a minute
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel net_ticktime 4 +S 1:1',
      RABBITMQ_CTL_ERL_ARGS: '+S 1:1',
      ERL_EPMD_ADDRESS: addressOf(host),
    };
    const variables = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'`);
    const mounts = ['hosts /etc/hosts', 'my.cnf /etc/mysql/my.cnf', 'run /run/mysqld'].map((each) => `mount --bind ${this.file(host)}/${each}`);
    write(
      'enter',
      [
        '#!/bin/sh',
        `exec ip netns exec ${this.space(host)} unshare --mount --uts sh -euc '${[...mounts, `hostname ${host}`].join('\n')}\n. ${this.file(host, 'environment')}\nexec "$@"' sh "$@"`,
      ],
      0o755,
    );
    write('environment', variables);
    // the container engine
    write(
      'programs/docker',
      [
        '#!/bin/sh',
        `echo "docker $*" >>${this.file(host, 'calls')}`,
        '[ "$1 $2" = "exec -i" ] || { echo "the stand-in knows exec -i alone" >&2; exit 2; }',
        'shift 3',
        `exec ${this.file(host, 'enter')} "$@"`,
      ],
      0o755,
    );
    write('container/mariadb', ['#!/bin/sh', `echo "mariadb $*" >>${this.file(host, 'calls')}`, 'exec /usr/bin/mariadb "$@"'], 0o755);
    // state transfers aren't for root
    for (const name of ['run', 'data', 'my.cnf']) await run('chown', ['mysql:', this.file(host, name)]);
    for (const folder of [this.context.folder, this.file(host)]) fs.chmodSync(folder, 0o711);
    fs.mkdirSync('/run/mysqld', { recursive: true, mode: 0o755 });
  }

  /** The members begin with the same data, so that nothing has to be sent. */
  private async startGalera(): Promise<void> {
    const [first, ...others] = CONTROL_HOSTS;
    const made = await this.inside(
      first,
      'mariadb-install-db',
      '--defaults-file=/etc/mysql/my.cnf',
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    );
    if (made.code !== 0) throw new Error(`mariadb-install-db: ${made.output}`);
    const init = this.file(first, 'data', 'init.sql');
    const literal = DATABASE_PASSWORD.replace(/[\\']/g, '\\$&');
    fs.writeFileSync(init, `ALTER USER root@localhost IDENTIFIED BY '${literal}';\n`, { mode: 0o644 });
    await this.startService(first, 'mariadb', '--wsrep-new-cluster', `--init-file=${init}`);
    fs.rmSync(init);
    await this.stopService(first, 'mariadb');
    for (const host of others) await run('cp', ['-a', `${this.file(first, 'data')}/.`, this.file(host, 'data')]);
    for (const host of others) fs.rmSync(this.file(host, 'data', 'gvwstate.dat'), { force: true });
    await this.startService(first, 'mariadb', '--wsrep-new-cluster');
    for (const host of others) await this.startService(host, 'mariadb');
  }

  private async startRabbitmq(): Promise<void> {
    for (const host of CONTROL_HOSTS) {
      fs.writeFileSync(this.file(host, 'rabbitmq', 'enabled_plugins'), '[].\n');
      // else the server leaves one behind
      const epmd = daemon(this.file(host, 'enter'), ['epmd'], this.file(host, 'epmd.log'));
      this.context.defer(epmd.stop);
    }
    await sleep(500);
    await Promise.all(CONTROL_HOSTS.map((host) => this.startService(host, 'rabbitmq')));
  }
}
