import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, LocalBackend, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { parse, stringify } from 'yaml';
import { HostInventory, Provisioner } from '../../../lib/bare-metal';
import { bifrostFiles } from '../../../lib/bare-metal/provisioners/bifrost-files';
import { Host, HostNetwork, HostProps, HostRole, NetworkRole } from '../../../lib/contracts/host';
import { OpenStackRelease } from '../../../lib/core/openstack-release';
import type { Check, Context } from '../harness/check';
import { Kolla } from '../harness/kolla';
import { run } from '../harness/process';
import { type Sshd, startSshd } from '../harness/sshd';
import { type TerraformJson, Workspace } from '../harness/terraform';

const PASSWORD = 'planted-bmc-secret: "#{x}"';
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEZl user';
const networks: HostNetwork[] = [
  { role: NetworkRole.INTERNAL_API, cidr: '10.10.0.0/24' },
  { role: NetworkRole.PROVISIONING, cidr: '10.30.0.0/24' },
];

const common = { cpuThreads: 64, memoryMib: 262144, disks: [{ device: '/dev/sda', sizeGib: 447 }], os: 'ubuntu-24.04' };

function seed(managementAddress: string): HostProps {
  const nics = [
    { name: 'eno1', networks: [NetworkRole.INTERNAL_API], address: '10.10.0.9' },
    { name: 'eno2', networks: [NetworkRole.PROVISIONING], address: '10.30.0.9' },
  ];
  return { ...common, name: 'seed', roles: [HostRole.DEPLOYMENT], managementAddress, nics };
}

function server(n: number): HostProps {
  const mac = `02:00:5e:00:53:0${n}`;
  const nics = [{ name: 'eno1', networks: [NetworkRole.INTERNAL_API], address: `10.10.0.${n}`, mac }];
  return {
    ...common,
    name: `server-${n}`,
    roles: [HostRole.COMPUTE],
    managementAddress: `10.10.0.${n}`,
    nics,
    bootMac: mac,
    bmc: { address: `10.99.0.${n}` },
  };
}

function rendered(series: string): { readonly [path: string]: string } {
  const { hosts } = HostInventory.of({ networks, hosts: [seed('10.10.0.9'), server(1), server(2)] });
  return bifrostFiles({
    where: 'check',
    seed: hosts[0],
    hosts: hosts.slice(1),
    networks,
    props: { release: OpenStackRelease.of(series), sshUser: 'root', sshPrivateKeyPath: '~/.ssh/id_ed25519', sshPublicKey: KEY },
    dhcp: { start: '10.30.0.128', end: '10.30.0.254' },
  });
}

/** Kolla's own task that writes Bifrost's configuration, unchanged, on what is rendered. */
async function configure(context: Context, kolla: Kolla, files: { readonly [path: string]: string }): Promise<string> {
  const folder = fs.mkdtempSync(path.join(context.folder, 'bifrost-'));
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
  for (const name of ['group_vars', 'action_plugins', 'filter_plugins', 'library', 'roles']) fs.symlinkSync(path.join(kolla.shareFolder, name), path.join(folder, name)); // prettier-ignore
  const generated = path.join(folder, 'generated');
  const tasks = [{ import_role: { name: 'bifrost', tasks_from: 'config' } }];
  fs.writeFileSync(path.join(folder, 'configure.yml'), stringify([{ hosts: 'bifrost', gather_facts: false, tasks }]));
  const { name, gid } = { name: 'root', gid: 'root' };
  const variables = {
    CONFIG_DIR: folder,
    node_config_directory: generated,
    config_owner_user: name,
    config_owner_group: gid,
    ansible_become: false,
    ansible_python_interpreter: path.join(path.dirname(kolla.shareFolder), '..', '..', 'bin', 'python'),
    bifrost_ssh_key: { private_key: 'a', public_key: 'b' },
  };
  fs.writeFileSync(path.join(folder, 'more.yml'), stringify(variables));
  await kolla.ansible('ansible-playbook', ['-i', 'inventory.yml', '-e', '@globals.yml', '-e', '@more.yml', 'configure.yml'], folder);
  return path.join(generated, 'bifrost');
}

/** A deployment host: a real sshd with a /var/lib and a folder of Kolla's of its own. Kolla-Ansible and the container that it starts have stand-ins. */
class DeploymentHost {
  public readonly folder: string;
  public sshd!: Sshd;

  constructor(private readonly context: Context) {
    this.folder = fs.mkdtempSync(path.join(context.folder, 'host-'));
  }

  public async start(): Promise<void> {
    for (const name of ['lib', 'root', 'kolla/bifrost', 'bin']) fs.mkdirSync(path.join(this.folder, name), { recursive: true });
    fs.mkdirSync('/etc/kolla', { recursive: true });
    fs.writeFileSync(path.join(this.folder, 'nodes.json'), '[]');
    const real = this.context.value('KOLLA_2026_1');
    const environment = path.join(this.folder, 'lib', 'strata-bifrost', 'kolla-ansible-22.2.0');
    fs.mkdirSync(path.join(environment, 'bin'), { recursive: true });
    for (const name of ['kolla-genpwd', 'kolla-mergepwd']) fs.symlinkSync(path.join(real, 'bin', name), path.join(environment, 'bin', name));
    fs.symlinkSync(path.join(real, 'share'), path.join(environment, 'share'));
    fs.writeFileSync(path.join(environment, 'complete'), '');
    this.program('bin/apt-get', 'exit 0');
    this.program('bin/docker', `cat '${this.folder}/nodes.json'`);
    this.program(
      'lib/strata-bifrost/kolla-ansible-22.2.0/bin/kolla-ansible',
      [
        `echo "$1" >>'${this.folder}/calls'; echo "TASK [$1] ***"`,
        '[ "$1" = deploy-servers ] || exit 0',
        // what Bifrost would do: each server that it is told of becomes active, but for the one that is to fail
        `python3 - <<'PYTHON'
import json
servers = json.load(open('/etc/kolla/bifrost/servers.yml'))
known = {n['Name']: n for n in json.load(open('${this.folder}/nodes.json'))}
for name, server in servers.items():
    assert server['driver_info']['power']['redfish_password'] == ${JSON.stringify(PASSWORD)}, 'the password'
    broken = name in open('${this.folder}/broken').read()
    known[name] = {'Name': name, 'Provisioning State': 'deploy failed' if broken else 'active'}
json.dump(list(known.values()), open('${this.folder}/nodes.json', 'w'))
open('${this.folder}/calls', 'a').write(' '.join(sorted(servers)) + chr(10))
PYTHON`,
      ].join('\n'),
    );
    fs.writeFileSync(path.join(this.folder, 'broken'), '');
    const session = [
      `mount --bind '${this.folder}/lib' /var/lib`,
      `mount --bind '${this.folder}/kolla' /etc/kolla`,
      '[ ! -d /run/systemd ] || mount -t tmpfs none /run/systemd',
      `export HOME='${this.folder}/root' PATH='${this.folder}/bin':"$PATH"`,
      'cd "$HOME"',
      'exec sh -c "$SSH_ORIGINAL_COMMAND"',
    ];
    this.program('session.sh', session.join('\n'));
    this.sshd = await startSshd(this.context, { config: [`ForceCommand unshare --mount ${this.folder}/session.sh`] });
  }

  /** What was called since the last time. */
  public calls(): string[] {
    const file = path.join(this.folder, 'calls');
    const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim().split('\n') : [];
    fs.rmSync(file, { force: true });
    return lines;
  }

  private program(name: string, script: string): void {
    fs.writeFileSync(path.join(this.folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
}

function workspace(context: Context, host: DeploymentHost, servers: HostProps[]): Workspace {
  const folder = path.join(context.folder, 'terraform');
  fs.mkdirSync(folder, { recursive: true });
  const app = new App({ outdir: path.join(folder, 'cdktf.out') });
  const stack = new TerraformStack(app, 'metal');
  new LocalBackend(stack, { path: path.join(folder, 'terraform.tfstate') });
  const { hosts } = HostInventory.of({ networks, hosts: [seed(host.sshd.host), ...servers] });
  const { user: sshUser, privateKeyFile: sshPrivateKeyPath, port: sshPort } = host.sshd;
  const provisioner = Provisioner.bifrost({ release: OpenStackRelease.V2026_1, sshPublicKey: KEY, sshUser, sshPrivateKeyPath, sshPort });
  // not the whole pool, which would look at the servers
  const { installed } = provisioner._bind(new Construct(stack, 'Pool'), hosts, networks);
  if (installed(hosts[0] as Host).length !== 0) throw new Error('the host that runs Bifrost waits for it');
  app.synth();
  const configuration: TerraformJson = JSON.parse(fs.readFileSync(path.join(folder, 'cdktf.out', 'stacks', 'metal', 'cdk.tf.json'), 'utf8'));
  return new Workspace(context, { folder, configuration, variables: { bmc_username: 'admin', bmc_password: PASSWORD } });
}

function expectCalls(what: string, found: readonly string[], expected: readonly string[]): void {
  if (found.join() !== expected.join()) throw new Error(`${what}: ${found.join(', ') || 'nothing'} instead of ${expected.join(', ')}`);
}

export const checks: readonly Check[] = [
  {
    name: "Bifrost's files are read by Ansible, and configured by Kolla-Ansible's own role",
    needs: ['kolla'],
    run: async (context) => {
      for (const series of ['2025.2', '2026.1']) {
        const kolla = new Kolla(context, series);
        const files = rendered(series);
        const folder = fs.mkdtempSync(path.join(context.folder, 'inventory-'));
        fs.writeFileSync(path.join(folder, 'inventory.yml'), files['inventory.yml']);
        const [packaged, own] = [await kolla.inventory(kolla.multinode), await kolla.inventory(path.join(folder, 'inventory.yml'))];
        const strange = Object.keys(own).filter((group) => !['_meta', 'all'].includes(group) && !Object.hasOwn(packaged, group));
        if (strange.length > 0) throw new Error(`${series}: groups that Kolla doesn't know: ${strange.join(', ')}`);
        expectCalls('hosts that run Bifrost', own.deployment.hosts, ['seed']);
        const settings = path.join(kolla.shareFolder, 'group_vars', 'all');
        const known = new Set(fs.readdirSync(settings).flatMap((name) => Object.keys(parse(fs.readFileSync(path.join(settings, name), 'utf8'), { uniqueKeys: false }) ?? {}))); // prettier-ignore
        const unknown = Object.keys(parse(files['globals.yml'])).filter((name) => !known.has(name));
        if (unknown.length > 0) throw new Error(`${series}: settings that Kolla doesn't know: ${unknown.join(', ')}`);

        const generated = await configure(context, kolla, files);
        const bifrost = parse(fs.readFileSync(path.join(generated, 'bifrost.yml'), 'utf8'));
        if (bifrost.network_interface !== 'eno2' || bifrost.dhcp_pool_start !== '10.30.0.128' || bifrost.ssh_public_key !== KEY) {
          throw new Error(`${series}: bifrost.yml became ${JSON.stringify(bifrost)}`);
        }
        const { dib_os_element: element, dib_os_release: release } = parse(fs.readFileSync(path.join(generated, 'dib.yml'), 'utf8'));
        if (element !== 'ubuntu' || release !== 'noble') throw new Error(`${series}: the image is of ${element} ${release}`);
      }
      // the instrument refuses what it should
      const broken = await configure(context, new Kolla(context, '2026.1'), {
        ...rendered('2026.1'),
        'config/bifrost/bifrost.yml': 'dhcp_pool_start: {{ nothing_of_that_name }}\n',
      }).then(
        () => 'nothing',
        (error) => String(error),
      );
      if (!broken.includes('nothing_of_that_name')) throw new Error(`a broken bifrost.yml was taken: ${broken}`);
    },
  },
  {
    name: "Bifrost's stages over SSH: each host is deployed once, passwords stay where they belong",
    needs: ['terraform', 'sshd', 'kolla'],
    run: async (context) => {
      const host = new DeploymentHost(context);
      await host.start();
      const first = workspace(context, host, [server(1), server(2)]);
      await first.init();
      await first.validate();
      const output = await first.exec('apply', '-auto-approve', '-no-color');
      if (output.code !== 0) throw new Error(`the first apply:\n${output.output}`);
      expectCalls('the first apply', host.calls(), ['bootstrap-servers', 'deploy-bifrost', 'deploy-servers', 'server-1 server-2']);
      await first.expectNoChanges();
      const home = path.join(host.folder, 'lib', 'strata-bifrost');
      for (const [name, file] of [
        ['credentials', path.join(home, 'bmc.json')],
        ["Bifrost's servers", path.join(host.folder, 'kolla', 'bifrost', 'servers.yml')],
      ]) {
        // prettier-ignore
        if (!fs.statSync(file).mode.toString(8).endsWith('600')) throw new Error(`${name} can be read by others`);
      }
      const { stdout: leaks } = await run('grep', ['-rl', 'planted-bmc-secret', path.join(context.folder, 'terraform', 'terraform.tfstate'), ...['files', 'deploy-servers'].map((stage) => path.join(home, stage, 'log'))]).catch(() => ({ stdout: '' })); // prettier-ignore
      if (leaks !== '' || output.output.includes('planted-bmc-secret')) throw new Error(`a password is in the output or in ${leaks}`);
      const left = fs.readdirSync(path.join(host.folder, 'root', '.strata-bifrost')).filter((name) => name === 'bmc.json');
      if (left.length > 0) throw new Error('the passwords were left in the home of the user');
      context.log('two hosts deployed, second plan empty, no password in state, output and logs');

      // a third one, whose deployment fails
      fs.writeFileSync(path.join(host.folder, 'broken'), 'server-3');
      const third = workspace(context, host, [server(1), server(2), server(3)]);
      const failed = await third.exec('apply', '-auto-approve', '-no-color');
      if (failed.code === 0 || !failed.output.includes('not deployed: server-3 is deploy failed')) {
        throw new Error(`a failed host:\n${failed.output}`);
      }
      expectCalls('only the new host', host.calls(), ['deploy-servers', 'server-3']);
      fs.writeFileSync(path.join(host.folder, 'broken'), '');
      await third.apply();
      expectCalls('the same host again', host.calls(), ['deploy-servers', 'server-3']);
      await third.expectNoChanges();

      // one that is described in another way is deployed already, and one that has gone is left alone
      const changed = workspace(context, host, [{ ...server(1), memoryMib: 131072 }, server(2)]);
      await changed.apply();
      expectCalls('hosts that are deployed', host.calls(), []);
      await changed.expectNoChanges();
    },
  },
];
