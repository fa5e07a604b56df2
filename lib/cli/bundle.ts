import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { SynthesisedStack } from './synthesised-stack';

/** Where the inventory says that the hosts' key is. */
const KEY = '/root/.ssh/strata-kolla';

/** What a person types for a stage, with the folder of the bundle as working directory. */
const MANUAL: { readonly [stage: string]: (args: readonly string[]) => string[] } = {
  environment: ([version, core]) => [
    'python3 -m venv venv && . venv/bin/activate',
    `pip install 'kolla-ansible==${version}' 'ansible-core${core}'`,
    'kolla-ansible install-deps',
  ],
  verify: (args) => [`python3 verify-cloud.py verification.json ${KEY}${args.length > 0 ? ' config' : ''}`],
  passwords: () => [
    'test -e passwords.yml || install -m 600 venv/share/kolla-ansible/etc_examples/kolla/passwords.yml passwords.yml',
    'kolla-genpwd -p passwords.yml',
  ],
  certificates: (which) =>
    which.flatMap((name) => (name === 'tls' ? [kolla('certificates')] : name === 'octavia' ? [kolla('octavia-certificates')] : [])),
  'bootstrap-servers': () => [kolla('bootstrap-servers')],
  'volume-group': ([name]) => [
    `ansible -i inventory.yml storage -m ansible.builtin.script -a "./volume-group.sh ${name} {{ strata_block_devices | join(' ') }}"`,
  ],
  ceph: () => [`python3 ceph-cluster.py ceph.json ${KEY} config`],
  prechecks: (args) => [kolla(['prechecks', ...args].join(' '))],
  pull: () => [kolla('pull')],
  deploy: () => [kolla('deploy')],
  'post-deploy': () => [kolla('post-deploy')],
};

/** The programs of this package that a stage is, beside Kolla-Ansible's own. */
const PROGRAMS: { readonly [stage: string]: readonly string[] } = {
  'volume-group': ['volume-group.sh'],
  verify: ['verify-cloud.py'],
  ceph: ['ceph-cluster.py', 'ceph-host.sh'],
};

function kolla(command: string): string {
  return `kolla-ansible ${command} --configdir "$PWD" -i inventory.yml`;
}

/** Writes the engine's configuration of a stack as plain files, for people who run Kolla-Ansible themselves. Returns the files' names. */
export function writeBundle(stack: SynthesisedStack, folder: string): string[] {
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new Error(`${folder} is not empty; name a new folder`);
  const files: { [path: string]: string } = { ...configurationOf(stack), 'README.md': readme(stack) };
  for (const name of stagesOf(stack).flatMap(({ stage }) => (Object.hasOwn(PROGRAMS, stage) ? PROGRAMS[stage] : []))) files[name] = script(name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    if (path.endsWith('.sh')) chmodSync(join(folder, path), 0o755);
  }
  return Object.keys(files).sort();
}

function configurationOf(stack: SynthesisedStack): { readonly [path: string]: string } {
  for (const [, step] of stack.steps) {
    const content = step.provisioner?.map(({ file }) => file).find((file) => file?.destination?.endsWith('/files.json'))?.content;
    if (content === undefined) continue;
    const text = stack.literal(content);
    if (text === undefined) throw new Error(`the configuration has values that only Terraform knows, such as addresses of hosts that it deploys`);
    return JSON.parse(text);
  }
  throw new Error(`stack ${stack.name} deploys no cloud by Kolla-Ansible`);
}

interface ManualStage {
  readonly stage: string;
  readonly arguments: readonly string[];
}

/** The stages in the order in which they depend on each other. */
function stagesOf(stack: SynthesisedStack): ManualStage[] {
  const order = Object.keys(MANUAL);
  return stack.steps
    .flatMap(([, step]) => step.provisioner ?? [])
    .flatMap((each) => each['remote-exec']?.inline ?? [])
    .flatMap((line) => {
      const words = / \S*\/kolla-stage\.sh \S+ (.*)$/.exec(line)?.[1].match(/'[^']*'|\S+/g);
      return words == null ? [] : [{ stage: words[0], arguments: words.slice(1).map((word) => word.replace(/^'(.*)'$/, '$1')) }];
    })
    .filter(({ stage }) => Object.hasOwn(MANUAL, stage))
    .sort((a, b) => order.indexOf(a.stage) - order.indexOf(b.stage));
}

function readme(stack: SynthesisedStack): string {
  const files = configurationOf(stack);
  const globals = parse(files['globals.yml']);
  const key = Object.values<any>(parse(files['inventory.yml']).all.hosts)[0].ansible_ssh_private_key_file;
  const stages = stagesOf(stack).flatMap(({ stage, arguments: args }) => [`# ${stage}`, ...MANUAL[stage](args)]);
  const notes = [
    `- The inventory logs in to the hosts with the key \`${key}\` on the machine where you run this: put yours there, or change \`ansible_ssh_private_key_file\`.`,
    '- Passwords are made in `passwords.yml`. Keep it, keep it private, and never make it anew for a cloud that stands.',
    ...(globals.cinder_backend_ceph === true && files['ceph.json'] === undefined
      ? [
          '- Ceph is external: its files belong below `config/` (`glance/ceph.conf`, `cinder/ceph.conf`, `nova/ceph.conf` and the keyrings beside them).',
        ]
      : []),
    ...(globals.enable_ironic === true
      ? ['- Ironic boots `config/ironic/ironic-agent.kernel` and `config/ironic/ironic-agent.initramfs`: put them there.']
      : []),
    ...(globals.kolla_enable_tls_external === true
      ? [
          "- The CA is made in `certificates/ca/root.crt`. `kolla_admin_openrc_cacert` in `globals.yml` names it in /etc/kolla: change it if you don't run this there.",
        ]
      : []),
  ];
  return [
    `# OpenStack ${globals.openstack_release} by Kolla-Ansible`,
    '',
    'The configuration of one cloud, without Terraform: `globals.yml`, `inventory.yml` and overrides of the services in `config/`. It holds no secrets.',
    'Run this from this folder, on a machine that reaches all hosts (the deployment host):',
    '',
    '```bash',
    ...stages,
    '```',
    '',
    ...notes,
    '',
    'Later, a changed setting takes `kolla-ansible reconfigure` instead of `deploy`, and another release a backup (`mariadb-backup`) and `upgrade`.',
    '',
  ].join('\n');
}

function script(name: string): string {
  return readFileSync(join(__dirname, '..', 'openstack', 'engines', 'kolla', name), 'utf8');
}
