import * as fs from 'node:fs';
import * as path from 'node:path';
import { stringify } from 'yaml';
import type { Check, Context } from '../harness/check';
import { CONTROL_HOSTS, CONTROL_HOSTS_NEED, ControlHosts, DATABASE_PASSWORD, PATIENCE_MS } from '../harness/control-hosts';
import { exec, waitFor } from '../harness/process';

const KOLLA = path.join(__dirname, '..', '..', '..', 'lib', 'openstack', 'engines', 'kolla');
const LEAVING = 'control-3';

/** What is deployed, with three control hosts, and the same without the last: as much of the bundles as is read here. */
function bundle(hosts: ControlHosts, names: readonly (typeof CONTROL_HOSTS)[number][]): { readonly [path: string]: string } {
  const { port, user } = hosts.ssh;
  const variables = (name: (typeof CONTROL_HOSTS)[number]) => ({ ansible_host: hosts.address(name), ansible_port: port, ansible_user: user });
  const inventory = {
    all: {
      hosts: Object.fromEntries(names.map((name) => [name, variables(name)])),
      children: { control: { hosts: Object.fromEntries(names.map((name) => [name, null])) } },
    },
  };
  return { 'inventory.yml': stringify(inventory), 'globals.yml': stringify({ kolla_base_distro: 'debian' }) };
}

/** The stage that refuses or goes on, with the programs that a deployment host has. What Nova and Neutron would be asked is another check's. */
function deploymentHost(
  context: Context,
  hosts: ControlHosts,
): () => Promise<{ readonly code: number; readonly output: string; readonly placed: boolean }> {
  const place = (...names: string[]) => path.join(context.folder, 'deployment', ...names);
  for (const name of ['home/venv-of-kolla/bin', 'kolla', 'from', 'user/.ssh', 'programs']) fs.mkdirSync(place(name), { recursive: true });
  for (const name of ['kolla-stage.sh', 'deploy-plan.py', 'control-health.py']) fs.copyFileSync(path.join(KOLLA, name), place('programs', name));
  fs.copyFileSync(path.join(KOLLA, '..', '..', '..', 'core', 'stages', 'place-files.py'), place('programs', 'place-files.py'));
  const python = path.join(context.value('KOLLA_2026_1'), 'bin', 'python');
  const wrapper = `#!/bin/sh\necho "python $*" >>${place('calls')}\ncase "$1" in */retired-host.py) ;; *) exec ${python} "$@" ;; esac\n`;
  fs.writeFileSync(place('home', 'venv-of-kolla', 'bin', 'python'), wrapper, { mode: 0o755 });
  fs.writeFileSync(place('home', 'venv'), place('home', 'venv-of-kolla'));
  fs.writeFileSync(place('home', 'deployed.json'), JSON.stringify(bundle(hosts, CONTROL_HOSTS)));
  fs.writeFileSync(place('home', 'deployed-release'), '2026.1');
  fs.writeFileSync(place('from', 'files.json'), JSON.stringify(bundle(hosts, CONTROL_HOSTS.filter((name) => name !== LEAVING)))); // prettier-ignore
  fs.copyFileSync(hosts.ssh.privateKeyFile, place('user', '.ssh', 'strata-kolla'));
  fs.chmodSync(place('user', '.ssh', 'strata-kolla'), 0o600);
  const env = {
    ...process.env,
    HOME: place('user'),
    STRATA_KOLLA_HOME: place('home'),
    KOLLA_CONFIG_PATH: place('kolla'),
    STRATA_SSH_OPTIONS: '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null',
  };
  return async () => {
    const { code, output } = await exec(place('programs', 'kolla-stage.sh'), ['2026.1', 'files', place('from'), LEAVING], { env });
    fs.appendFileSync(place('said'), output);
    const placed = fs.existsSync(place('kolla', 'inventory.yml'));
    return { code, output, placed };
  };
}

async function retirement(context: Context): Promise<void> {
  const hosts = new ControlHosts(context);
  await hosts.start();
  context.log('Galera and RabbitMQ have three members each');
  const stage = deploymentHost(context, hosts);
  const refused = async (what: string, ...expected: RegExp[]) => {
    const { code, output, placed } = await stage();
    const missing = expected.filter((form) => !form.test(output));
    if (code === 0 || placed || missing.length > 0 || !output.includes(`${LEAVING} can't leave before Galera and RabbitMQ are healthy without it`)) {
      throw new Error(`${what}: it ended with ${code}, not said: ${missing.join(' ')}\n${output}`);
    }
    return output;
  };
  const [first, second] = CONTROL_HOSTS;

  await refused(
    'a host that still runs',
    /control-1: Galera has 3 members, and 2 stay: stop what still runs on control-3 \('kolla-ansible stop --limit control-3 /,
    /RabbitMQ runs on rabbit@control-3, which doesn't stay: stop/,
  );
  await Promise.all([hosts.stopService(LEAVING, 'mariadb'), hosts.stopService(LEAVING, 'rabbitmq')]);
  const counted = await refused(
    'a node that is still counted',
    /RabbitMQ still counts rabbit@control-3, which doesn't stay: on control-1, 'docker exec/,
  );
  if (counted.includes('Galera has')) throw new Error(`Galera without its third member: ${counted}`);

  // what it says is what helps
  for (const [, command] of /^strata: RabbitMQ still counts.*$/m.exec(counted)![0].matchAll(/'docker exec rabbitmq ([^']*)'/g)) {
    const { code, output } = await hosts.inside(first, ...command.split(' '));
    if (code !== 0) throw new Error(`${command}: ${output}`);
  }

  await hosts.sql(second, 'SET GLOBAL wsrep_desync=ON');
  await hosts.inside(first, 'rabbitmqctl', 'set_vm_memory_high_watermark', '0.0000001');
  await refused(
    'a member taken out by hand, and an alarm',
    /control-2: Galera is Donor\/Desynced, not Synced: .*wsrep_desync=OFF/,
    /control-2: RabbitMQ takes no messages \(.*"rabbit@control-1", "resource": "memory"/,
  );
  await hosts.sql(second, 'SET GLOBAL wsrep_desync=OFF');
  await hosts.inside(first, 'rabbitmqctl', 'set_vm_memory_high_watermark', '0.4');

  await Promise.all([hosts.stopService(second, 'mariadb'), hosts.stopService(second, 'rabbitmq')]);
  await refused(
    'a member and a node that are stopped',
    /control-2: MariaDB can't be asked \(.*\): start it \('docker start mariadb'\)/,
    /control-1: Galera has 1 of the 2 members that stay/,
    /control-2: RabbitMQ can't be asked \(Error: unable to perform an operation on node 'rabbit@control-2'\): start it/,
  );
  await Promise.all([hosts.startService(second, 'mariadb'), hosts.startService(second, 'rabbitmq')]);

  await hosts.plug(second, 'down');
  const alone = async () =>
    (await hosts.sql(first, "SHOW GLOBAL STATUS LIKE 'wsrep_cluster_status'")).endsWith('non-Primary') &&
    !(await hosts.inside(first, 'rabbitmqctl', 'eval', 'nodes().')).stdout.includes('control-2');
  await waitFor('the two to be cut off', alone, { timeoutMs: PATIENCE_MS });
  await refused(
    'a cut between the two',
    /control-1: its part of the Galera cluster is non-Primary, not Primary/,
    /control-2: its part of the Galera cluster is non-Primary/,
    /control-1: RabbitMQ doesn't see rabbit@control-2, which runs: restore the network/,
  );
  await hosts.plug(second, 'up');
  const together = async () =>
    (await hosts.sql(first, "SHOW GLOBAL STATUS LIKE 'wsrep_ready'")).endsWith('ON') &&
    /control-[12]/.test((await hosts.inside(first, 'rabbitmqctl', 'eval', 'rabbit_node_monitor:partitions().')).stdout);
  await waitFor('Galera to heal and RabbitMQ to see that it was split', together, { timeoutMs: PATIENCE_MS });
  await refused('a split RabbitMQ', /control-[12]: RabbitMQ is split \(.*rabbit@control-[12].*\): restart it/);
  await hosts.stopService(second, 'rabbitmq');
  await hosts.startService(second, 'rabbitmq');

  const healthy = await stage();
  if (healthy.code !== 0 || !healthy.placed) throw new Error(`healthy without it, and it may not leave:\n${healthy.output}`);
  if (!hosts.calls().includes('docker exec -i mariadb') || !hosts.calls().includes('mariadb --defaults-extra-file=')) {
    throw new Error('the calls were not seen');
  }

  const left = await exec('grep', ['-rlF', '-e', DATABASE_PASSWORD, '--', context.folder]);
  if (!left.stdout.includes('/my.cnf')) throw new Error('the search for the password finds nothing');
  const elsewhere = left.stdout.trim().split('\n').filter((file) => !/\/(my|root-login)\.cnf$/.test(file)); // prettier-ignore
  if (elsewhere.join('') !== '') throw new Error(`the database's password is in ${elsewhere.join(', ')}`);
}

/** What no cluster of three shows in a minute: the answers are made up, the judgement is the program's. */
const ANSWERS = `
import importlib.util, sys
spec = importlib.util.spec_from_file_location('health', sys.argv[1])
health = importlib.util.module_from_spec(spec)
spec.loader.exec_module(health)

def galera(**status):
    return {'status': {'wsrep_cluster_size': '2', 'wsrep_cluster_status': 'Primary', 'wsrep_local_state_comment': 'Synced', 'wsrep_ready': 'ON',
                       'wsrep_cluster_state_uuid': 'a', **status}}

def rabbit(*nodes):
    return {'status': {'disk_nodes': nodes, 'running_nodes': nodes, 'partitions': {}, 'alarms': []}}

def judged(first, second, services=('mariadb', 'rabbitmq'), engine='docker'):
    # as Kolla names nodes: by the first part of a host's name
    return '; '.join(health.judge({'c-1.example.com': first, 'c-2.example.com': second}, services, 'c-3.example.com', engine))

both = rabbit('rabbit@c-1', 'rabbit@c-2')
good = {'mariadb': galera(), 'rabbitmq': both}
print(judged(good, good) or 'nothing')
print(judged(good, {'mariadb': galera(wsrep_cluster_state_uuid='b'), 'rabbitmq': both}))
print(judged({'mariadb': galera(), 'rabbitmq': rabbit('rabbit@c-1')}, {'mariadb': galera(), 'rabbitmq': rabbit('rabbit@c-2')}))
print(judged(good, {'why': 'Connection refused'}))
print(judged({'rabbitmq': both}, {'rabbitmq': {'why': 'no answer within 60 s'}}, ['rabbitmq'], 'podman'))
`;

async function judgement(context: Context): Promise<void> {
  const python = path.join(context.value('KOLLA_2026_1'), 'bin', 'python');
  const { code, output } = await exec(python, ['-c', ANSWERS, path.join(KOLLA, 'control-health.py')]);
  const lines = output.trim().split('\n');
  const expected = [
    /^nothing$/,
    /^the control hosts that stay are in different Galera clusters, [^;]*$/,
    /^c-1\.example\.com: RabbitMQ is in no cluster with c-2: .*; c-2\.example\.com: RabbitMQ is in no cluster with c-1: [^;]*$/,
    /^c-2\.example\.com: can't be asked how the control plane is: Connection refused$/,
    /^c-2\.example\.com: RabbitMQ can't be asked \(no answer within 60 s\): start it \('podman start rabbitmq'\)$/,
  ];
  const wrong = expected.filter((form, i) => !form.test(lines[i] ?? ''));
  if (code !== 0 || wrong.length > 0 || lines.length !== expected.length) throw new Error(`not said: ${wrong.join(' ')}\n${output}`);

  // the login is where the program looks for it, in each release
  for (const release of ['KOLLA_2026_1', 'KOLLA_2025_2', 'KOLLA_2025_1']) {
    const templates = path.join(context.value(release), 'share', 'kolla-ansible', 'ansible', 'roles', 'mariadb', 'templates');
    const read = (name: string) => fs.readFileSync(path.join(templates, name), 'utf8');
    const login = /^wsrep_sst_auth=\{\{ database_user \}\}:\{\{ database_password \}\}$/m;
    const place =
      /"source": "\{\{ container_config_directory \}\}\/galera\.cnf",\s+"dest": "\/etc\/\{\{ mysql_dir \}\}\/my\.cnf",\s+"owner": "mysql"/;
    if (!login.test(read('galera.cnf.j2')) || !place.test(read('mariadb.json.j2'))) throw new Error(`${release}: Galera's login is somewhere else`);
  }
}

export const checks: readonly Check[] = [
  { name: 'what control hosts answer is judged, and asked as Kolla has set them up', needs: ['kolla'], run: judgement },
  {
    name: 'a control host leaves a real Galera and a real RabbitMQ only when they are healthy without it',
    needs: ['kolla', ...CONTROL_HOSTS_NEED],
    run: retirement,
  },
];
