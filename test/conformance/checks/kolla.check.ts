import * as fs from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { App, TerraformOutput, TerraformStack } from 'cdktf';
import { parse, stringify } from 'yaml';
import { Host, HostRole, NetworkRole } from '../../../lib/contracts/host';
import { LoadBalancerProvider } from '../../../lib/contracts/openstack-cloud';
import { OpenStackRelease } from '../../../lib/core/openstack-release';
import { resolveKolla } from '../../../lib/openstack/engines/kolla/kolla-checks';
import { kollaFiles } from '../../../lib/openstack/engines/kolla/kolla-engine';
import { CinderBackend, KollaOptions, NeutronDriver } from '../../../lib/openstack/engines/kolla/kolla-options';
import { ManilaBackend } from '../../../lib/openstack/engines/kolla/kolla-services';
import { loginOf } from '../../../lib/openstack/hand-over';
import { OpenStackControlPlane } from '../../../lib/openstack/openstack-control-plane';
import { OpenStackEngine } from '../../../lib/openstack/openstack-engine';
import { DataOpenstackIdentityAuthScopeV3 } from '../../../lib/providers/openstack/data-openstack-identity-auth-scope-v3';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import { NETWORKS, testHost, TestPool, threeByThree } from '../../openstack/pool';
import type { Check, Context } from '../harness/check';
import { Cloud } from '../harness/cloud';
import { Kolla } from '../harness/kolla';
import { daemon, exec, type ExecResult, run, waitFor } from '../harness/process';
import { type Sshd, startSshd } from '../harness/sshd';
import { type TerraformJson, Workspace } from '../harness/terraform';

interface Variant {
  readonly name: string;
  readonly options: Partial<KollaOptions>;
  readonly hosts: Host[];
  readonly amphora: boolean;
}

const CEPH = CinderBackend.externalCeph({ configDirectory: '/none' });
const EVERYTHING: Partial<KollaOptions> = {
  services: {
    barbican: true,
    designate: { nameServers: ['ns1.example.com'], forwarders: ['198.51.100.53'] },
    ironic: { agentDirectory: '/none' },
    manila: ManilaBackend.cephFs(),
    masakari: true,
  },
  monitoring: true,
  centralLogging: true,
  dnsServers: ['198.51.100.53'],
  registry: { server: 'registry.example.com:5000' },
};

/** Ways in which a cloud can be made: each must be right for each release. */
function variants(): Variant[] {
  const withMore = (host: Host, more: Host['nics'], roles: HostRole[] = []) =>
    new Host({ ...host, nics: [...host.nics, ...more], roles: [...host.roles, ...roles] });
  const control = threeByThree().map((host, i) =>
    host.is(HostRole.CONTROL)
      ? withMore(host, [{ name: 'eno9', networks: [NetworkRole.PROVISIONING], address: `10.10.80.${i + 1}` }], [HostRole.MONITORING])
      : host,
  );
  const topologies: { readonly [name: string]: { readonly hosts: Host[]; readonly options: Partial<KollaOptions> } } = {
    'all in one': {
      hosts: [
        testHost(
          11,
          Object.values(HostRole).filter((role) => role !== HostRole.DEPLOYMENT),
          { name: 'control-11' },
        ),
      ],
      options: {},
    },
    '3+3': { hosts: control.filter((host) => !host.is(HostRole.STORAGE)), options: {} },
    '3+3+3 with Ceph': { hosts: control, options: { cinderBackend: CEPH } },
  };
  const networks = [
    { name: 'OVN, load balancers in OVN', amphora: false, options: {} },
    { name: 'OVN, amphorae', amphora: true, options: {} },
    { name: 'Open vSwitch, amphorae', amphora: true, options: { neutronDriver: NeutronDriver.OPEN_VSWITCH } },
  ];
  const matrix = Object.entries(topologies).flatMap(([topology, { hosts, options }]) =>
    networks.map(({ name, amphora, options: more }) => ({ name: `${topology}, ${name}`, hosts, amphora, options: { ...options, ...more } })),
  );
  const second = { name: 'bond2', networks: [NetworkRole.PROVIDER] };
  return [
    ...matrix,
    { name: 'every service', hosts: control, amphora: true, options: { cinderBackend: CEPH, ...EVERYTHING } },
    {
      name: 'Ceph by cephadm, passwords in a vault',
      hosts: control.map((host, i) =>
        host.is(HostRole.CONTROL) ? withMore(host, [{ name: 'eno8', networks: [NetworkRole.STORAGE], address: `10.10.40.${i + 1}` }]) : host,
      ),
      amphora: false,
      options: {
        cinderBackend: CinderBackend.cephadm(),
        passwordVault: { address: 'https://vault.example.com:8200', tokenPath: '~/.vault-token' },
      },
    },
    {
      name: 'two physical networks, no TLS, LVM on three hosts',
      hosts: control.map((host) => (host.is(HostRole.NETWORK) ? withMore(host, [second]) : host)),
      amphora: false,
      options: { tls: false, cinderBackend: CinderBackend.lvm() },
    },
  ];
}

/** The files of a variant. Releases that new clouds are refused on are rendered, too: clouds are upgraded from them. */
function render(
  series: string,
  { hosts, amphora, options }: Variant,
  loadBalancerProvider = amphora ? LoadBalancerProvider.AMPHORA : undefined,
): { readonly [path: string]: string } {
  const stack = new TerraformStack(new App({ outdir: fs.mkdtempSync('/tmp/strata-kolla-') }), 'metal');
  const model = resolveKolla(
    stack,
    {
      pool: new TestPool(stack, hosts, [...NETWORKS, { role: NetworkRole.PROVISIONING, cidr: '10.10.80.0/24' }]),
      region: 'RegionOne',
      credentialsDirectory: '~/.config/strata/metal',
      loadBalancerProvider,
    },
    { release: OpenStackRelease.V2026_1, internalVip: '10.10.0.250', externalVip: '203.0.113.10', ...options },
  );
  return kollaFiles(stack, { ...model, release: OpenStackRelease.of(series) });
}

/** Of the matrix, load balancers in OVN with Open vSwitch: refused at synth, and by Kolla, whose driver for it wants OVN. */
function expectRefused(series: string): void {
  for (const variant of variants().filter(({ name }) => name.endsWith('Open vSwitch, amphorae'))) {
    try {
      render(series, variant, LoadBalancerProvider.OVN);
    } catch (error) {
      if (/load balancers in OVN need OVN networking/.test((error as Error).message)) continue;
      throw error;
    }
    throw new Error(`${variant.name}: load balancers in OVN are not refused`);
  }
}

/** Runs work on all of them, two at a time. */
async function pairwise<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...all];
  const next = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await work(one);
  };
  await Promise.all([next(), next()]);
}

function write(folder: string, files: { readonly [path: string]: string }): void {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
}

/** What differs between the groups of two inventories, the hosts themselves aside. */
function differences(packaged: { [group: string]: any }, rendered: { [group: string]: any }): string[] {
  const groups = (inventory: { [group: string]: any }) => Object.keys(inventory).filter((name) => name !== '_meta' && name !== 'all');
  const members = (group: any) => [...(group?.children ?? [])].sort().join(' ');
  return [
    ...groups(packaged)
      // a group without hosts is told by the groups that it is in alone
      .filter((name) => !(name in rendered) && !Object.values(rendered).some((group) => group.children?.includes(name)))
      .map((name) => `missing: ${name}`),
    ...groups(rendered)
      .filter((name) => !(name in packaged))
      .map((name) => `unknown: ${name}`),
    ...groups(packaged)
      .filter((name) => name in rendered && members(packaged[name]) !== members(rendered[name]))
      .map((name) => `${name}: ${members(rendered[name])} instead of ${members(packaged[name])}`),
  ];
}

/** An inventory without a group, neither as such nor in another one. */
function without(inventory: { [group: string]: any }, name: string): { [group: string]: any } {
  const { [name]: _, ...others } = inventory;
  return Object.fromEntries(
    Object.entries(others).map(([group, { children, ...rest }]) => [
      group,
      { ...rest, children: children?.filter((child: string) => child !== name) },
    ]),
  );
}

/** Every variable that a release's group_vars and role defaults know. */
function knownVariables(kolla: Kolla): Set<string> {
  const groupVars = path.join(kolla.shareFolder, 'group_vars');
  const single = path.join(groupVars, 'all.yml');
  const roles = path.join(kolla.shareFolder, 'roles');
  const files = [
    ...(fs.existsSync(single) ? [single] : fs.readdirSync(path.join(groupVars, 'all')).map((name) => path.join(groupVars, 'all', name))),
    ...fs.readdirSync(roles).map((role) => path.join(roles, role, 'defaults', 'main.yml')),
  ].filter((file) => fs.existsSync(file));
  return new Set(files.flatMap((file) => Object.keys(parse(fs.readFileSync(file, 'utf8'), { uniqueKeys: false }) ?? {})));
}

/** Settings of a rendered variant that the release doesn't know. */
function unknownSettings(known: Set<string>, files: { readonly [path: string]: string }): string[] {
  const hosts: { [host: string]: { [name: string]: unknown } } = parse(files['inventory.yml']).all.hosts;
  const names = new Set([...Object.keys(parse(files['globals.yml'])), ...Object.values(hosts).flatMap((variables) => Object.keys(variables))]);
  return [...names].filter((name) => !known.has(name) && !name.startsWith('ansible_') && !name.startsWith('strata_'));
}

/** Roles whose prechecks judge settings alone, and those of their hosts on which they run. */
const PRECHECKED: { readonly [role: string]: string } = {
  cinder: 'cinder-volume',
  glance: 'glance-api',
  ironic: 'ironic-conductor',
  keystone: 'keystone',
  masakari: 'masakari-api',
  neutron: 'neutron-server',
  letsencrypt: 'letsencrypt',
  octavia: 'octavia-worker',
};

/**
 * Evaluates the conditions of Kolla's own prechecks, the tasks themselves unchanged: those that judge settings and groups. What looks at running hosts
 * (ports, containers, volume groups, files) has nothing to look at here. Returns how many were evaluated; throws for the first that fails.
 */
async function evaluatePrechecks(
  context: Context,
  kolla: Kolla,
  files: { readonly [path: string]: string },
  roles = Object.keys(PRECHECKED),
): Promise<number> {
  const folder = fs.mkdtempSync(path.join(context.folder, 'prechecks-'));
  write(folder, files);
  fs.symlinkSync(path.join(kolla.shareFolder, 'group_vars'), path.join(folder, 'group_vars'));
  let count = 0;
  const plays = roles.map((role) => {
    const packaged = path.join(kolla.shareFolder, 'roles', role);
    const tasks: { [key: string]: any }[] = parse(fs.readFileSync(path.join(packaged, 'tasks', 'precheck.yml'), 'utf8'));
    const judging = tasks.filter((task) => Object.keys(task).some((key) => /^(ansible\.builtin\.)?(fail|assert)$/.test(key)));
    const here = path.join(folder, 'roles', role);
    fs.mkdirSync(path.join(here, 'tasks'), { recursive: true });
    fs.symlinkSync(path.join(packaged, 'defaults'), path.join(here, 'defaults'));
    fs.writeFileSync(path.join(here, 'tasks', 'main.yml'), stringify(judging));
    count += judging.length;
    // They judge groups and settings: one host tells.
    return { hosts: `${PRECHECKED[role]}[0]`, gather_facts: false, connection: 'local', roles: [{ role, when: `enable_${role} | bool` }] };
  });
  fs.writeFileSync(path.join(folder, 'prechecks.yml'), stringify(plays));
  fs.symlinkSync(path.join(kolla.shareFolder, 'filter_plugins'), path.join(folder, 'filter_plugins'));
  // As Kolla does: globals are extra variables, which win over everything.
  await kolla.ansible('ansible-playbook', ['-i', 'inventory.yml', '-e', '@globals.yml', '-e', 'ansible_become=false', 'prechecks.yml'], folder);
  return count;
}

/** A command that makes a certificate of so many days. */
const certificate = (days: number) =>
  `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=cloud -days ${days} -keyout /dev/null`;

const CA = '-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n';
const ADMIN = {
  username: 'admin',
  password: 'planted-admin-secret',
  project_name: 'admin',
  user_domain_name: 'Default',
  project_domain_name: 'Default',
};

/** A deployment host: a real sshd, whose /var/lib, home and Kolla's folder are folders of the check's. What takes hours is a stand-in there. */
class DeploymentHost {
  public readonly folder: string;
  public sshd!: Sshd;

  constructor(private readonly context: Context) {
    this.folder = fs.mkdtempSync(path.join(context.folder, 'host-'));
  }

  public async start(): Promise<void> {
    for (const name of ['lib', 'root', 'kolla', 'bin']) fs.mkdirSync(path.join(this.folder, name));
    // no package is installed by a test
    this.program(path.join(this.folder, 'bin', 'apt-get'), 'exit 0');
    // Each session has its own view of the file system; what it starts in the background keeps it. Without systemd's folder there is no systemd.
    const session = path.join(this.folder, 'session.sh');
    this.program(
      session,
      [
        `mount --bind '${this.folder}/lib' /var/lib`,
        '[ ! -d /run/systemd ] || mount -t tmpfs none /run/systemd',
        `export HOME='${this.folder}/root' KOLLA_CONFIG_PATH='${this.folder}/kolla' PATH='${this.folder}/bin':"$PATH"`,
        'cd "$HOME"',
        'exec sh -c "$SSH_ORIGINAL_COMMAND"',
      ].join('\n'),
    );
    this.sshd = await startSshd(this.context, { config: [`ForceCommand unshare --mount ${session}`] });
    this.standIn('22.2.0');
    const ca = path.join(this.folder, 'kolla', 'root.crt');
    fs.writeFileSync(ca, CA);
    const admin = { auth: { auth_url: 'https://203.0.113.10:5000', ...ADMIN }, region_name: 'RegionOne', cacert: ca };
    fs.writeFileSync(path.join(this.folder, 'clouds.yaml'), stringify({ clouds: { 'kolla-admin': admin, 'kolla-admin-internal': admin } }));
  }

  /** An environment whose programs are real but for kolla-ansible itself, which tells what it was called with. */
  public standIn(version: string, prefix = ''): string {
    const environment = path.join(this.folder, 'lib', 'strata-kolla', `kolla-ansible-${version}`);
    const real = this.context.value('KOLLA_2026_1');
    fs.mkdirSync(path.join(environment, 'bin'), { recursive: true });
    for (const name of ['kolla-genpwd', 'kolla-mergepwd']) fs.symlinkSync(path.join(real, 'bin', name), path.join(environment, 'bin', name));
    fs.symlinkSync(path.join(real, 'share'), path.join(environment, 'share'));
    // the cloud that would be asked whether a host is retired isn't there; another check asks a real one
    const asked = `case "$1" in */retired-host.py) shift 3; ! grep -F "$1" '${this.folder}/still' ;; *) exec '${path.join(real, 'bin', 'python')}' "$@" ;; esac`;
    this.program(path.join(environment, 'bin', 'python'), asked);
    fs.writeFileSync(path.join(environment, 'complete'), '');
    this.program(
      path.join(environment, 'bin', 'kolla-ansible'),
      [
        `echo "${prefix}$*" >>'${this.folder}/calls'`,
        `echo "TASK [$1] ***"`,
        `while [ -e '${this.folder}/hold' ]; do sleep 0.1; done`,
        'if [ "$1" = certificates ]; then',
        '  made="$KOLLA_CONFIG_PATH/certificates/private/external"; mkdir -p "$made"',
        `  [ -e "$made/external.crt" ] || ${certificate(365)} -out "$made/external.crt" 2>/dev/null`,
        'fi',
        `if [ "$1" = post-deploy ]; then cp '${this.folder}/clouds.yaml' "$KOLLA_CONFIG_PATH/"; fi`,
        `if [ -e '${this.folder}/break' ] && { [ "$1" = deploy ] || [ "$1" = reconfigure ]; }; then echo 'fatal: [control-1]: FAILED! => the reason why'; exit 4; fi`,
      ].join('\n'),
    );
    // what destroy-cloud asks the compute hosts
    this.program(path.join(environment, 'bin', 'ansible'), `cat '${this.folder}/machines'`);
    return environment;
  }

  /** What Kolla-Ansible was called with, the options that are always there left out. */
  public calls(): string[] {
    const file = path.join(this.folder, 'calls');
    const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim().split('\n') : [];
    return lines.map((line) => line.replace(/ --configdir \S+ -i \S+\/inventory\.yml/, ''));
  }

  public flag(name: 'hold' | 'break', on: boolean): void {
    const file = path.join(this.folder, name);
    if (on) fs.writeFileSync(file, '');
    else fs.rmSync(file, { force: true });
  }

  public async ssh(command: string) {
    return exec('ssh', [...this.sshd.sshArguments, command]);
  }

  private program(file: string, script: string): void {
    fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
}

/** The steps of a deployment on that host, as they are synthesised. */
function deployment(
  host: DeploymentHost,
  options: Partial<KollaOptions> = {},
  outdir = fs.mkdtempSync(path.join(host.folder, 'out-')),
  hosts = threeByThree(),
): TerraformJson {
  const app = new App({ outdir, skipValidation: true });
  const stack = new TerraformStack(app, 'metal');
  const pool = new (class extends TestPool {
    public readonly ssh = { user: host.sshd.user, privateKeyPath: host.sshd.privateKeyFile, port: host.sshd.port };
  })(stack, [...hosts, testHost(99, [HostRole.DEPLOYMENT], { managementAddress: host.sshd.host })]);
  const engine = OpenStackEngine.kolla({
    release: OpenStackRelease.V2026_1,
    internalVip: '10.10.0.250',
    externalVip: '203.0.113.10',
    cinderBackend: CinderBackend.none(),
    // these hosts are on paper; another check has some
    verifyNetworks: false,
    ...options,
  });
  new OpenStackControlPlane(stack, 'OpenStack', { pool, engine, credentialsDirectory: path.join(host.folder, 'runner') });
  app.synth();
  const manifest: any = JSON.parse(fs.readFileSync(path.join(app.outdir, 'manifest.json'), 'utf8'));
  const { terraform: _, ...configuration } = JSON.parse(fs.readFileSync(path.join(app.outdir, manifest.stacks.metal.synthesizedStackPath), 'utf8'));
  return configuration;
}

/** A changed setting of Nova is Nova's alone. */
const NOVA = 'reconfigure --tags nova';
const FIRST = ['certificates', 'bootstrap-servers', 'prechecks --use-test-images', 'pull', 'deploy', 'post-deploy'];

async function stagesOverSsh(context: Context): Promise<void> {
  const host = new DeploymentHost(context);
  await host.start();
  const folder = path.join(context.folder, 'terraform');
  const environment = { TF_CLI_CONFIG_FILE: context.value('TF_CLI_CONFIG_FILE'), TF_INPUT: '0', CHECKPOINT_DISABLE: '1' };
  const workspace = (options?: Partial<KollaOptions>, hosts?: Host[]) =>
    new Workspace(context, { folder, configuration: deployment(host, options, undefined, hosts) });
  const expectCalls = (what: string, expected: string[]) => {
    if (host.calls().join() !== expected.join()) {
      throw new Error(`${what}: Kolla-Ansible was called with\n${host.calls().join('\n')}\ninstead of\n${expected.join('\n')}`);
    }
  };
  const kolla = (name: string) => path.join(host.folder, 'kolla', name);

  const first = workspace();
  await first.init();
  await first.validate();
  await first.apply();
  expectCalls('the first apply', FIRST);
  await first.expectNoChanges();
  const passwords = fs.readFileSync(kolla('passwords.yml'), 'utf8');
  if (/^keystone_admin_password:\s*$/m.test(passwords)) throw new Error('there are no passwords');
  if (!fs.statSync(kolla('passwords.yml')).mode.toString(8).endsWith('600')) throw new Error('passwords are readable for others');
  const password = /^keystone_admin_password: (\S+)$/m.exec(passwords)![1];
  if (JSON.stringify(await first.show()).includes(password)) throw new Error('a password is in the state');
  if (
    !fs.existsSync(kolla('config/nova/compute-21/nova.conf')) ||
    !fs.readFileSync(kolla('globals.yml'), 'utf8').includes('kolla_internal_vip_address: 10.10.0.250')
  ) {
    throw new Error('the configuration is not in its place');
  }
  await checkHandOver(context, host, first, folder);
  context.log('first apply: all stages in their order, second plan empty, passwords made and kept on the host');
  await certificatesInTime(host, first);
  context.log('a plan near the end of a certificate runs its stage, which makes it anew, and the plans before and after are empty');
  const calls1 = host.calls().length;

  // a changed setting of one service, and Terraform dies in the middle of the deployment
  const override = { configOverrides: { 'nova.conf': { DEFAULT: { debug: 'true' } }, 'nova/new.conf': { a: { b: 'c' } } } };
  const second = workspace(override);
  host.flag('hold', true);
  const cut = daemon(context.value('TERRAFORM'), ['apply', '-auto-approve', '-no-color'], path.join(context.folder, 'cut.log'), {
    cwd: folder,
    env: environment,
  });
  const isRunning = async (call: string) => host.calls().slice(calls1).join() === call;
  await waitFor('the prechecks', () => isRunning('prechecks --use-test-images'), { daemon: cut, timeoutMs: 600_000 });
  await waitFor('progress in the terminal', async () =>
    fs.readFileSync(path.join(context.folder, 'cut.log'), 'utf8').includes('TASK [prechecks] ***'),
  );
  process.kill(-cut.pid, 'SIGKILL');
  await waitFor('the end of Terraform', async () => !cut.running());
  fs.rmSync(path.join(folder, '.terraform.tfstate.lock.info'), { force: true });
  for (const name of fs.readdirSync(folder).filter((file) => file.endsWith('.lock.info'))) fs.rmSync(path.join(folder, name));
  const other = host.ssh(`/var/lib/strata-kolla/bin/run-stage.sh other ${'0'.repeat(8)} 1 true`);
  const { code, output } = await other;
  if (code !== 124 || !output.includes('stage prechecks is running on this host, other waits for it')) {
    throw new Error(`another stage beside it: ${code} ${output}`);
  }
  const again = daemon(context.value('TERRAFORM'), ['apply', '-auto-approve', '-no-color'], path.join(context.folder, 'again.log'), {
    cwd: folder,
    env: environment,
  });
  const said = () => fs.readFileSync(path.join(context.folder, 'again.log'), 'utf8');
  await waitFor('the apply after the cut to attach', async () => said().includes('stage prechecks is running already, attached to it'), {
    daemon: again,
    timeoutMs: 600_000,
  });
  host.flag('hold', false);
  await waitFor('the apply after the cut', async () => !again.running(), { timeoutMs: 600_000 });
  if (!said().includes('Apply complete!')) throw new Error(`the apply after the cut:\n${said()}`);
  const known = [...FIRST, ...RENEWED];
  expectCalls('after the cut', [...known, 'prechecks --use-test-images', NOVA]);
  await second.expectNoChanges();
  if (!fs.existsSync(kolla('config/nova/new.conf'))) throw new Error('the new file is missing');
  context.log('cut off in the middle: attached to the running stage, nothing done twice');

  // cut off again, and this time the stage ends while nobody looks
  const third = workspace();
  host.flag('hold', true);
  const gone = daemon(context.value('TERRAFORM'), ['apply', '-auto-approve', '-no-color'], path.join(context.folder, 'gone.log'), {
    cwd: folder,
    env: environment,
  });
  await waitFor('the prechecks', async () => host.calls().length === known.length + 3, { daemon: gone, timeoutMs: 600_000 });
  process.kill(-gone.pid, 'SIGKILL');
  await waitFor('the end of Terraform', async () => !gone.running());
  host.flag('hold', false);
  await waitFor('the end of the stage', async () => fs.readFileSync(path.join(host.folder, 'lib/strata-kolla/prechecks/result'), 'utf8') === '0\n');
  host.flag('break', true);
  const failed = await third.exec('apply', '-auto-approve', '-no-color');
  if (failed.code === 0 || !failed.output.includes('stage prechecks has ended well while nobody was attached')) {
    throw new Error(`an unattended end:\n${failed.output}`);
  }
  if (!/stage deploy failed with 4; its log on this host is .*\n[\s\S]*FAILED! => the reason why/.test(failed.output)) {
    throw new Error(`a failure is told as\n${failed.output}`);
  }
  host.flag('break', false);
  await third.apply();
  expectCalls('after a failure', [...known, 'prechecks --use-test-images', NOVA, 'prechecks --use-test-images', NOVA, NOVA]);
  if (fs.existsSync(kolla('config/nova/new.conf'))) throw new Error('a file that is no longer wanted is still there');
  if (fs.readFileSync(kolla('passwords.yml'), 'utf8') !== passwords) throw new Error('the passwords have changed');
  await third.expectNoChanges();
  context.log('an unattended end is reported, a failure shows its reason, and the next apply goes on there');

  // another release over a live cloud: refused before anything is changed, and nothing is lost by setting it back
  const calls = host.calls();
  const globals = fs.readFileSync(kolla('globals.yml'), 'utf8');
  const upgrade = await workspace({ release: OpenStackRelease.V2025_2 }).exec('apply', '-auto-approve', '-no-color');
  const refusal = /this cloud runs OpenStack 2026\.1, which can't become 2025\.2 in one step; set the release back to 2026\.1/;
  if (upgrade.code === 0 || !refusal.test(upgrade.output)) throw new Error(`another release:\n${upgrade.output}`);
  expectCalls('another release', calls);
  if (fs.readFileSync(kolla('globals.yml'), 'utf8') !== globals) throw new Error('a refused release has changed the configuration');
  const stage = await host.ssh('/var/lib/strata-kolla/bin/kolla-stage.sh 2025.2 deploy');
  if (stage.code === 0 || !refusal.test(stage.output)) throw new Error(`a stage of another release: ${stage.code} ${stage.output}`);
  expectCalls('a stage of another release', calls);
  const back = workspace();
  await back.apply();
  await back.expectNoChanges();
  // Terraform had forgotten the stages that it was going to run again
  const all = [...calls, ...FIRST.filter((call) => call !== 'certificates').map((call) => (call === 'deploy' ? 'reconfigure' : call))];
  expectCalls('the release set back', all);
  context.log('another release over a live cloud is refused, and setting it back goes on');

  await hostsComeAndGo(context, host, workspace);
  const before = host.calls();
  await back.destroy();
  expectCalls('destroy', before);
  if (!fs.existsSync(kolla('passwords.yml'))) throw new Error('destroy has touched the cloud');

  // the host has deployed the release before, by an environment that is still there
  const home = (name: string) => path.join(host.folder, 'lib', 'strata-kolla', name);
  host.standIn('21.2.0', 'old ');
  fs.writeFileSync(home('venv'), '/var/lib/strata-kolla/kolla-ansible-21.2.0\n');
  fs.writeFileSync(home('deployed-release'), '2025.2\n');
  await workspace({ upgradeFrom: OpenStackRelease.V2025_2 }).apply();
  expectCalls('an upgrade', [...before, 'old mariadb-backup --full', ...FIRST.map((call) => (call === 'deploy' ? 'upgrade' : call))]);
  if (fs.readFileSync(home('deployed-release'), 'utf8') !== '2026.1\n') throw new Error('the release is not noted');
  if (fs.readFileSync(home('before-2026.1/kolla/passwords.yml'), 'utf8') !== passwords) throw new Error('there is no copy of the configuration');
  const removable = workspace({ upgradeFrom: OpenStackRelease.V2025_2, destroyCloud: true });
  await removable.apply();
  await removable.expectNoChanges();
  const alive = host.calls();
  fs.writeFileSync(path.join(host.folder, 'machines'), 'compute-21 | CHANGED | rc=0 | (stdout) machine instance-00000001\n');
  const kept = await removable.exec('destroy', '-auto-approve', '-no-color');
  if (kept.code === 0 || !/there are still machines on these hosts/.test(kept.output)) throw new Error(`a cloud with machines:\n${kept.output}`);
  expectCalls('a cloud with machines', alive);
  fs.writeFileSync(path.join(host.folder, 'machines'), '');
  await removable.destroy();
  expectCalls('destroyCloud', [...alive, 'destroy --yes-i-really-really-mean-it']);
  if (fs.existsSync(home('deployed-release'))) throw new Error('a cloud that is gone is still noted as deployed');
  context.log('destroyCloud: refused while machines are there, then by kolla-ansible destroy');
  context.log('an upgrade: backup with the old environment, then upgrade instead of deploy');
}

/** What the renewal of a certificate calls: the stage's own play, the one that makes it anew, and what brings it to the services. */
const RENEWED = ['certificates', 'certificates', 'reconfigure'];

async function certificatesInTime(host: DeploymentHost, workspace: Workspace): Promise<void> {
  const file = path.join(host.folder, 'runner', 'certificates.json');
  const read = () => JSON.parse(fs.readFileSync(file, 'utf8'));
  const day = 24 * 3600 * 1000;
  const inDays = (date: string) => Math.round((Date.parse(date) - Date.now()) / day);
  if (inDays(read().renewFrom) !== 365 - 60 || read().renewal !== '') throw new Error(`what is known of certificates: ${JSON.stringify(read())}`);
  // 306 days later
  const yesterday = `${new Date(Date.now() - day).toISOString().slice(0, 19)}Z`;
  fs.writeFileSync(file, JSON.stringify({ renewFrom: yesterday, renewal: '' }));
  const made = path.join(host.folder, 'kolla', 'certificates', 'private', 'external', 'external.crt');
  await run('sh', ['-c', `${certificate(59)} -out ${made}`]);
  const old = fs.readFileSync(made, 'utf8');
  const { stdout } = await workspace.exec('plan', '-no-color');
  const replaced = [...stdout.matchAll(/# terraform_data\.OpenStack_(\w+)_[0-9A-F]{8} must be replaced/g)].map(([, name]) => name).sort();
  if (replaced.join() !== 'Certificates,HandOver') throw new Error(`near the end of a certificate the plan replaces ${replaced.join()}`);
  await workspace.apply();
  if (host.calls().slice(FIRST.length).join() !== RENEWED.join()) throw new Error(`a renewal calls ${host.calls().slice(FIRST.length).join()}`);
  if (fs.readFileSync(made, 'utf8') === old) throw new Error('the certificate is the old one');
  if (inDays(read().renewFrom) !== 365 - 60 || read().renewal !== yesterday) throw new Error(`after the renewal: ${JSON.stringify(read())}`);
  await workspace.expectNoChanges();
}

/** Added hosts are prepared and deployed by themselves, a vanished one is refused until it is retired; certificates that end soon are made anew. */
async function hostsComeAndGo(
  context: Context,
  host: DeploymentHost,
  workspace: (o?: Partial<KollaOptions>, hosts?: Host[]) => Workspace,
): Promise<void> {
  const since = (calls: string[]) => host.calls().slice(calls.length).join();
  const more = [...threeByThree(), testHost(24, [HostRole.COMPUTE])];
  let before = host.calls();
  await workspace({}, more).apply();
  const added = ['bootstrap-servers --limit compute-24', 'prechecks --use-test-images', 'pull', 'deploy --limit compute-24'].join();
  if (since(before) !== added) throw new Error(`an added host: ${since(before)}`);

  before = host.calls();
  const lost = await workspace().exec('apply', '-auto-approve', '-no-color');
  if (lost.code === 0 || !/the inventory has lost compute-24, which the cloud still counts on/.test(lost.output)) {
    throw new Error(`a host that vanished:\n${lost.output}`);
  }
  if (since(before) !== '') throw new Error(`a host that vanished: ${since(before)}`);
  if (!fs.readFileSync(path.join(host.folder, 'kolla', 'inventory.yml'), 'utf8').includes('compute-24')) throw new Error('the inventory was changed');

  const certificates = path.join(host.folder, 'kolla', 'octavia-certificates', 'client_ca');
  fs.mkdirSync(certificates, { recursive: true });
  const ending = path.join(certificates, 'client.cert.pem');
  await run('sh', ['-c', `${certificate(59)} -out ${ending}`]);
  fs.writeFileSync(path.join(host.folder, 'still'), 'compute-24 has servers\n');
  const early = await workspace({ retiredHosts: ['compute-24'] }).exec('apply', '-auto-approve', '-no-color');
  if (early.code === 0 || !early.output.includes('compute-24 has servers')) throw new Error(`a host that is not retired:\n${early.output}`);
  if (since(before) !== '') throw new Error(`a host that is not retired: ${since(before)}`);
  fs.writeFileSync(path.join(host.folder, 'still'), '');
  const retired = { retiredHosts: ['compute-24'], services: { horizon: false } };
  const last = workspace(retired);
  const gone = await last.exec('apply', '-auto-approve', '-no-color');
  if (!gone.output.includes('strata: horizon is switched off')) throw new Error(`a service switched off:\n${gone.output}`);
  if (gone.code !== 0) throw new Error(`a retired host:\n${gone.output}`);
  if (since(before) !== ['bootstrap-servers', 'prechecks --use-test-images', 'pull', 'octavia-certificates', 'reconfigure', 'post-deploy'].join()) {
    throw new Error(`a retired host: ${since(before)}`);
  }
  if (fs.existsSync(ending)) throw new Error('the old certificate is still in the way of the new one');
  await last.expectNoChanges();
  context.log('hosts come alone and go retired; a certificate that ends soon is made anew');
}

/** The administrator's credentials are on this machine, for its user alone; the password is there and nowhere else. A fresh machine fetches them. */
async function checkHandOver(context: Context, host: DeploymentHost, workspace: Workspace, folder: string): Promise<void> {
  const runner = path.join(host.folder, 'runner');
  const expectFiles = (what: string) => {
    for (const name of ['clouds.yaml', 'ca.crt', 'certificates.json']) {
      const mode = fs.statSync(path.join(runner, name)).mode & 0o777; // eslint-disable-line no-bitwise
      if (mode !== 0o600) throw new Error(`${what}: ${name} has mode ${mode.toString(8)}`);
    }
    if (fs.readFileSync(path.join(runner, 'ca.crt'), 'utf8') !== CA) throw new Error(`${what}: another CA`);
    const { clouds } = parse(fs.readFileSync(path.join(runner, 'clouds.yaml'), 'utf8'));
    for (const entry of Object.values<any>(clouds)) {
      if (entry.cacert !== path.join(runner, 'ca.crt') || entry.auth.password !== ADMIN.password) {
        throw new Error(`${what}: ${JSON.stringify(clouds)}`);
      }
    }
    if (fs.readdirSync(runner).length !== 3) throw new Error(`${what}: left behind ${fs.readdirSync(runner).join(', ')}`);
  };
  expectFiles('after the first apply');

  // whatever Terraform and the host have written down: state, plan with what it plans, the stages' logs
  const again = await workspace.exec('plan', '-no-color', '-out=all.plan', `-replace=terraform_data.OpenStack_HandOver${suffixOf(folder)}`);
  const applied = await workspace.exec('apply', '-no-color', 'all.plan');
  if (applied.code !== 0) throw new Error(`handing over again:\n${again.output}\n${applied.output}`);
  await run('unzip', ['-qo', 'all.plan', '-d', 'plan'], { cwd: folder });
  const places = [folder, path.join(host.folder, 'lib')];
  const search = async (text: string) => (await exec('grep', ['-rl', '--', text, ...places])).output.trim();
  if (!(await search('OpenStack_HandOver')).includes('tfplan')) throw new Error('the search sees no plan');
  const found = await search(ADMIN.password);
  if (found !== '' || `${again.output}${applied.output}`.includes(ADMIN.password)) {
    throw new Error(`the administrator's password is in ${found || 'the log'}`);
  }
  expectFiles('handed over again');

  // a fresh machine
  fs.rmSync(runner, { recursive: true });
  const output = path.join(host.folder, 'synthesised');
  deployment(host, {}, output);
  const repository = path.join(__dirname, '..', '..', '..');
  const strata = (...args: string[]) =>
    exec(process.execPath, ['--import', 'tsx', path.join(repository, 'lib', 'cli', 'strata.ts'), ...args, '--output', output], { cwd: repository });
  const fetched = await strata('credentials', 'metal');
  if (fetched.code !== 0) throw new Error(`strata credentials: ${fetched.output}`);
  expectFiles('on a fresh machine');
  const bundle = path.join(host.folder, 'bundle');
  const written = await strata('bundle', 'metal', bundle);
  if (written.code !== 0) throw new Error(`strata bundle: ${written.output}`);
  const kolla = new Kolla(context, '2026.1');
  const differing = differences(await kolla.inventory(kolla.multinode), await kolla.inventory(path.join(bundle, 'inventory.yml')));
  if (differing.length > 0) throw new Error(`the bundle's inventory: ${differing.join(', ')}`);
  if (!fs.existsSync(path.join(bundle, 'config', 'neutron.conf')) || !fs.existsSync(path.join(bundle, 'README.md'))) {
    throw new Error('the bundle is incomplete');
  }
  const { code, output: said } = await strata('credentials', 'meta');
  if (code !== 1 || !said.includes('there is no stack "meta"; use one of metal')) throw new Error(`another stack: ${code} ${said}`);
  context.log('clouds.yaml and the CA are fetched, private, with the password in no state, plan or log');
}

/** The stacks above log in with what was fetched, by the real provider to a real Keystone; its password is read when Terraform runs and not kept. */
async function login(context: Context): Promise<void> {
  const { OS_AUTH_URL, OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME } = new Cloud(context).environment;
  const cloudsYamlPath = path.join(context.folder, 'clouds.yaml');
  const auth = { ...ADMIN, auth_url: OS_AUTH_URL.replace(/\/v3$/, ''), username: OS_USERNAME, password: OS_PASSWORD, project_name: OS_PROJECT_NAME };
  fs.writeFileSync(cloudsYamlPath, stringify({ clouds: { 'kolla-admin': { auth, region_name: 'RegionOne' } } }));
  const app = new App({ outdir: path.join(context.folder, 'out'), skipValidation: true });
  const stack = new TerraformStack(app, 'cloud');
  const command = 'npx strata credentials metal';
  const { cacertFile: _, ...handedOver } = loginOf({ cloudsYamlPath, entry: 'kolla-admin', caCertificatePath: undefined, command });
  new OpenstackProvider(stack, 'OpenStack', handedOver);
  const scope = new DataOpenstackIdentityAuthScopeV3(stack, 'Scope', { name: 'login' });
  new TerraformOutput(stack, 'project', { staticId: true, value: scope.projectName });
  app.synth();
  const folder = path.join(context.folder, 'terraform');
  const configuration = JSON.parse(fs.readFileSync(path.join(app.outdir, 'stacks', 'cloud', 'cdk.tf.json'), 'utf8'));
  const workspace = new Workspace(context, { folder, configuration });
  await workspace.init();
  const planned = await workspace.exec('plan', '-no-color', '-out=all.plan');
  const applied = await workspace.exec('apply', '-no-color', 'all.plan');
  if (applied.code !== 0) throw new Error(`logging in:\n${planned.output}\n${applied.output}`);
  if ((await workspace.outputs()).project !== OS_PROJECT_NAME) throw new Error('another project');
  await run('unzip', ['-qo', 'all.plan', '-d', 'plan'], { cwd: folder });
  const shown = (await workspace.exec('show', '-json', 'all.plan')).output;
  // the lab's password is a word that occurs by itself: with its quotes, or as a value
  const places = await exec('grep', ['-rlE', '--exclude-dir=.terraform', `["= ]${OS_PASSWORD}("|$)`, folder]);
  if (places.output.trim() !== '' || shown.includes(`"${OS_PASSWORD}"`)) throw new Error(`the password is in ${places.output || 'the plan'}`);
  fs.rmSync(cloudsYamlPath);
  const missing = await workspace.exec('plan', '-no-color');
  if (missing.code === 0 || !missing.output.replace(/\s+/g, ' ').includes(`which is missing: fetch it by ${command}`)) {
    throw new Error(`without the file:\n${missing.output}`);
  }
}

/** The real cloud is asked for its hosts: those that it has are refused, whatever else they are called. */
async function retiredHosts(context: Context): Promise<void> {
  const { OS_AUTH_URL, OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME } = new Cloud(context).environment;
  const auth = { ...ADMIN, auth_url: OS_AUTH_URL, username: OS_USERNAME, password: OS_PASSWORD, project_name: OS_PROJECT_NAME };
  const clouds = path.join(context.folder, 'clouds.yaml');
  fs.writeFileSync(
    clouds,
    stringify({ clouds: { lab: { auth, region_name: 'RegionOne' }, wrong: { auth: { ...auth, password: 'planted-wrong' } } } }),
  );
  const program = path.join(__dirname, '..', '..', '..', 'lib', 'openstack', 'engines', 'kolla', 'retired-host.py');
  const ask = (entry: string, ...hosts: string[]) =>
    exec(path.join(context.value('KOLLA_2026_1'), 'bin', 'python'), [program, clouds, entry, ...hosts]);
  const gone = await ask('lab', 'strata-none');
  if (gone.code !== 0) throw new Error(`a host that isn't there: ${gone.output}`);
  const services = await exec('sh', ['-c', `. ${context.value('OPENRC')} && openstack compute service list --service nova-compute -f value -c Host`]);
  const [there] = services.stdout.trim().split('\n');
  const alive = await ask('lab', 'strata-none', there);
  if (alive.code === 0 || !alive.output.includes(`${there} has the service nova-compute: disable it, then 'openstack compute service delete `)) {
    throw new Error(`${there}: ${alive.output}`);
  }
  if (alive.output.includes('strata-none has')) throw new Error(`a host that isn't there: ${alive.output}`);
  const wrong = await ask('wrong', 'strata-none');
  if (wrong.code === 0 || !wrong.output.includes("the cloud can't be asked") || wrong.output.includes('planted-wrong')) {
    throw new Error(`a wrong password: ${wrong.output}`);
  }
}

/** What Terraform's name of the step that hands over ends with. */
function suffixOf(folder: string): string {
  const { resource } = JSON.parse(fs.readFileSync(path.join(folder, 'cdk.tf.json'), 'utf8'));
  const name = Object.keys(resource.terraform_data).find((each) => each.startsWith('OpenStack_HandOver'))!;
  return name.slice('OpenStack_HandOver'.length);
}

/** Kolla's own programs put passwords into a vault and fetch them; the vault is a key-value store that speaks its protocol as far as they use it. */
async function passwordsInVault(context: Context): Promise<void> {
  const token = 'planted-vault-token';
  const store = new Map<string, unknown>();
  const vault = createServer((request, response) => {
    const answer = (code: number, body?: unknown) => {
      response.writeHead(code, { 'content-type': 'application/json' });
      response.end(body === undefined ? '' : JSON.stringify(body));
    };
    if (request.headers['x-vault-token'] !== token) return answer(403, { errors: ['permission denied'] });
    if (request.url === '/v1/auth/token/lookup-self') return answer(200, { data: { id: token } });
    const name = /^\/v1\/kv\/data\/clouds\/prod\/([\w-]+)/.exec(request.url ?? '')?.[1];
    if (name === undefined) return answer(404, { errors: [] });
    if (request.method === 'GET') {
      return store.has(name) ? answer(200, { data: { data: store.get(name), metadata: {} } }) : answer(404, { errors: [] });
    }
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      store.set(name, JSON.parse(body).data);
      answer(200, { data: { version: 1 } });
    });
    return undefined;
  });
  await new Promise<void>((resolve) => void vault.listen(0, '127.0.0.1', resolve));
  context.defer(async () => void vault.close());
  const { port } = vault.address() as AddressInfo;

  const place = (...names: string[]) => path.join(context.folder, ...names);
  for (const name of ['home', 'kolla', 'run', 'environment/bin']) fs.mkdirSync(place(name), { recursive: true });
  const real = context.value('KOLLA_2026_1');
  for (const name of ['python', 'kolla-genpwd', 'kolla-mergepwd']) {
    fs.writeFileSync(place('environment', 'bin', name), `#!/bin/sh\nexec ${real}/bin/${name} "$@"\n`, { mode: 0o755 });
  }
  fs.symlinkSync(path.join(real, 'share'), place('environment', 'share'));
  // it sees the passwords where it is told that they are
  const seen = `while [ $# -gt 1 ]; do [ "$1" != --passwords ] || { cp "$2" ${place('seen')}; stat -c %a "$2" >${place('mode')}; }; shift; done`;
  fs.writeFileSync(place('environment', 'bin', 'kolla-ansible'), `#!/bin/sh\n${seen}\n`, { mode: 0o755 });
  fs.writeFileSync(place('home', 'venv'), place('environment'));
  fs.writeFileSync(place('home', 'vault-token'), `${token}\n`);
  const settings = { address: `http://127.0.0.1:${port}`, mountPoint: 'kv', path: 'clouds/prod', namespace: '', caCertificate: '' };
  fs.writeFileSync(place('kolla', 'vault.json'), JSON.stringify(settings));
  // passwords that a cloud has from before move into it
  fs.writeFileSync(place('kolla', 'passwords.yml'), 'keystone_admin_password: from-before\n');
  const script = path.join(__dirname, '..', '..', '..', 'lib', 'openstack', 'engines', 'kolla', 'kolla-stage.sh');
  const stage = async (name: string) => {
    const env = {
      ...process.env,
      HOME: context.folder,
      STRATA_KOLLA_HOME: place('home'),
      KOLLA_CONFIG_PATH: place('kolla'),
      STRATA_KOLLA_RUN: place('run'),
    };
    const { code, output } = await exec(script, ['2026.1', name], { env });
    return { code, output };
  };
  const expectPassed = (what: string, { code, output }: { code: number; output: string }) => {
    if (code !== 0) throw new Error(`${what}: ${output}`);
  };
  expectPassed('the first passwords', await stage('passwords'));
  const [admin, database] = ['keystone_admin_password', 'database_password'].map(
    (name) => (store.get(name) as { password: string } | undefined)?.password,
  );
  if (admin !== 'from-before' || !/^\w{40}$/.test(database ?? '')) throw new Error(`the vault has ${JSON.stringify([admin, database])}`);
  if (!('private_key' in (store.get('nova_ssh_key') as object))) throw new Error('the vault has no key pair of Nova');
  const before = JSON.stringify([...store]);
  expectPassed('the passwords again', await stage('passwords'));
  if (JSON.stringify([...store]) !== before) throw new Error('a password was made anew');
  expectPassed('a stage', await stage('pull'));
  const given = parse(fs.readFileSync(place('seen'), 'utf8'));
  if (given.database_password !== database || given.keystone_admin_password !== admin) throw new Error('the stage has other passwords');
  if (fs.readFileSync(place('mode'), 'utf8').trim() !== '600') throw new Error('others may read the passwords while a stage runs');
  fs.rmSync(place('seen'));
  const left = await exec('grep', ['-rlF', '-e', database!, '-e', admin, '--', context.folder]);
  if (left.output.trim() !== '') throw new Error(`passwords are left in ${left.output}`);
  fs.writeFileSync(place('home', 'vault-token'), 'another');
  const refused = await stage('pull');
  if (refused.code === 0 || !/Failed to authenticate to vault|permission denied/i.test(refused.output)) {
    throw new Error(`another token: ${refused.output}`);
  }
}

/** The script that makes the volume group, on disks that are files. */
async function volumeGroups(context: Context): Promise<void> {
  const script = path.join(__dirname, '..', '..', '..', 'lib', 'openstack', 'engines', 'kolla', 'volume-group.sh');
  const group = `strata-conformance-${process.pid}`;
  const disk = async (name: string) => {
    const file = path.join(context.folder, name);
    await run('truncate', ['-s', '64M', file]);
    const device = (await run('losetup', ['--find', '--show', file])).stdout.trim();
    context.defer(async () => void (await run('losetup', ['--detach', device])));
    return device;
  };
  const make = (name: string, ...devices: string[]) => exec(script, [name, ...devices]);
  const refuses = async (what: string, result: Promise<ExecResult>, reason: RegExp) => {
    const { code, output } = await result;
    if (code === 0 || !reason.test(output)) throw new Error(`${what}: ${code} ${output}`);
  };
  const [first, second, used] = [await disk('first'), await disk('second'), await disk('used')];
  context.defer(async () => void (await exec('vgremove', ['-qy', group])));
  for (const devices of [[first], [first], [first, second]]) {
    const { code, output } = await make(group, ...devices);
    if (code !== 0) throw new Error(`a group of ${devices.length}: ${output}`);
  }
  const { stdout } = await run('vgs', ['--noheadings', '-o', 'pv_count', group]);
  if (stdout.trim() !== '2') throw new Error(`the group has ${stdout.trim()} disks instead of 2`);
  await refuses("another group's disk", make('other', second), /belongs to the volume group strata-conformance/);
  await run('mkfs.ext4', ['-q', used]);
  await refuses('a disk with a file system', make(group, used), /is not empty \(.*ext4/);
  if ((await run('blkid', ['-o', 'value', '-s', 'TYPE', used])).stdout.trim() !== 'ext4') throw new Error('the file system is gone');
  await refuses('a disk that is not there', make(group, '/dev/strata-none'), /is not a block device/);
}

const NEWEST = '2026.1';
const RELEASES = ['2025.1', '2025.2', '2026.1'];

export const checks: readonly Check[] = [
  { name: 'the stages run once, survive the end of Terraform, and tell why they failed', needs: ['sshd', 'terraform', 'kolla'], run: stagesOverSsh },
  { name: 'what was fetched logs in, and its password is kept nowhere', needs: ['terraform', 'openstack'], run: login },
  { name: 'a host is retired when the cloud itself says so', needs: ['kolla', 'openstack'], run: retiredHosts },
  { name: 'passwords are kept in a vault, and on the host only while a stage runs', needs: ['kolla'], run: passwordsInVault },
  { name: 'a volume group is made of empty disks, and of no others', needs: [], run: volumeGroups },
  ...RELEASES.map((series): Check => ({
    name: `the inventories of ${series} have the packaged groups, and their settings are the release's`,
    needs: ['kolla'],
    run: async (context) => {
      const kolla = new Kolla(context, series);
      const packaged = await kolla.inventory(kolla.multinode);
      const known = knownVariables(kolla);
      expectRefused(series);
      await pairwise(variants(), async (variant) => {
        const files = render(series, variant);
        const folder = path.join(context.folder, variant.name.replace(/\W+/g, '-'));
        write(folder, files);
        const rendered = await kolla.inventory(path.join(folder, 'inventory.yml'));
        const found = differences(packaged, rendered);
        if (found.length > 0) throw new Error(`${variant.name}: groups differ from the packaged multinode:\n${found.join('\n')}`);
        const variables = rendered._meta.hostvars['control-11'];
        if (variables?.network_interface !== 'bond0.10') throw new Error(`${variant.name}: control-11 has ${JSON.stringify(variables)}`);
        const unknown = unknownSettings(known, files);
        if (unknown.length > 0) throw new Error(`${variant.name}: Kolla ${series} doesn't know ${unknown.join(', ')}`);
      });
      // both instruments can say no
      const other = await kolla.inventory(new Kolla(context, series).multinode);
      if (!differences(packaged, without(other, 'octavia')).includes('missing: octavia')) throw new Error('a missing group is not noticed');
      if (unknownSettings(known, { 'globals.yml': 'enable_octavai: true', 'inventory.yml': 'all: {hosts: {}}' }).join() !== 'enable_octavai') {
        throw new Error('an unknown setting is not noticed');
      }
    },
  })),
  ...RELEASES.map((series): Check => ({
    name: `the conditions of ${series}'s own prechecks hold${series === NEWEST ? ', and refuse what is refused at synth' : ''}`,
    needs: ['kolla'],
    run: async (context) => {
      const kolla = new Kolla(context, series);
      await pairwise(variants(), async (variant) => {
        await evaluatePrechecks(context, kolla, render(series, variant)).catch((error: Error) => {
          throw new Error(`${variant.name}: ${error.message}`);
        });
      });
      const named = (name: string) =>
        render(
          series,
          variants().find((variant) => variant.name === name)!,
        );
      if (series !== NEWEST) return;
      await pairwise(BROKEN, async ({ role, of, settings, means }) => {
        const files = named(of);
        const broken = { ...files, 'globals.yml': stringify({ ...parse(files['globals.yml']), ...settings }) };
        const said = await evaluatePrechecks(context, kolla, broken, [role]).then(
          () => 'nothing',
          (error: Error) => error.message,
        );
        if (!means.test(said)) throw new Error(`${of} with ${JSON.stringify(settings)}: the prechecks of ${series} say ${said}`);
      });
    },
  })),
];

/** What test/openstack/openstack-control-plane.test.ts sees refused at synth, and what Kolla's own prechecks say of it. */
const BROKEN: readonly {
  readonly role: string;
  readonly of: string;
  readonly settings: { readonly [name: string]: unknown };
  readonly means: RegExp;
}[] = [
  { role: 'octavia', of: '3+3, OVN, amphorae', settings: { enable_valkey: false }, means: /valkey|redis/i },
  {
    role: 'cinder',
    of: '3+3+3 with Ceph, OVN, load balancers in OVN',
    settings: { enable_valkey: false },
    means: /enable (valkey|redis).* when using Cinder Ceph/i,
  },
  {
    role: 'cinder',
    of: '3+3+3 with Ceph, OVN, load balancers in OVN',
    settings: { cinder_cluster_name: '' },
    means: /cinder_cluster_name is not set/,
  },
  {
    role: 'cinder',
    of: 'all in one, OVN, load balancers in OVN',
    settings: { cinder_cluster_name: 'cinder', cinder_cluster_skip_precheck: false },
    means: /Single cinder-volume instance detected/,
  },
  { role: 'cinder', of: '3+3, OVN, load balancers in OVN', settings: { enable_cinder: true }, means: /at least one backend/ },
  {
    role: 'octavia',
    of: '3+3, OVN, amphorae',
    settings: { octavia_network_type: 'tenant' },
    means: /not supported when octavia_network_type is tenant/,
  },
  {
    role: 'neutron',
    of: 'all in one, Open vSwitch, amphorae',
    settings: { enable_neutron_agent_ha: true },
    means: /less than two when enabling agent ha/,
  },
  {
    role: 'masakari',
    of: '3+3, OVN, load balancers in OVN',
    settings: { enable_masakari: true, enable_valkey: false },
    means: /multinode scenario|no attribute 'masakari'/,
  },
  { role: 'neutron', of: '3+3, OVN, load balancers in OVN', settings: { neutron_bridge_name: 'br-ex,br-two' }, means: /does not match the number/ },
  { role: 'neutron', of: '3+3, OVN, load balancers in OVN', settings: { neutron_tenant_network_types: 'gre' }, means: /not in type drivers/ },
  {
    role: 'neutron',
    of: '3+3, OVN, load balancers in OVN',
    settings: { neutron_dns_integration: true, neutron_dns_domain: 'example.com' },
    means: /end with a period/,
  },
  { role: 'keystone', of: '3+3, OVN, load balancers in OVN', settings: { fernet_token_expiry: 604801 }, means: /fernet_token_expiry must be/ },
  { role: 'neutron', of: '3+3, OVN, load balancers in OVN', settings: { enable_ironic_neutron_agent: true }, means: /Ironic must be enabled/ },
  { role: 'letsencrypt', of: '3+3, OVN, load balancers in OVN', settings: { enable_letsencrypt: true }, means: /contact email value didn't pass/ },
];
