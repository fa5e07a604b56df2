import { App, TerraformStack, TerraformVariable } from 'cdktf';
import { host, internal } from './support';
import { BareMetalPool, BareMetalPoolProps } from '../../lib/bare-metal/bare-metal-pool';
import { HostInventory } from '../../lib/bare-metal/host-inventory';
import { Provisioner } from '../../lib/bare-metal/provisioner';
import { DiskRole, HostProps, HostRole, NetworkRole } from '../../lib/contracts/host';
import { KvmProfile } from '../../lib/contracts/kvm-profile';
import { StepResource } from '../../lib/core/step-resource';
import { Block, Synthesised, synthStack } from '../support/synth';

const provisioner = Provisioner.preprovisioned({ sshUser: 'ubuntu', sshPrivateKeyPath: '~/.ssh/id_ed25519' });

const three = [
  host(1, { name: 'control-1', roles: [HostRole.CONTROL] }),
  host(2, { name: 'compute-1', zone: 'az1' }),
  host(3, {
    name: 'storage-1',
    roles: [HostRole.STORAGE, HostRole.COMPUTE],
    disks: [
      { device: '/dev/sda', sizeGib: 447 },
      { device: '/dev/sdb', sizeGib: 3576 },
      { device: '/dev/sdc', sizeGib: 3576 },
      { device: '/dev/sdd', sizeGib: 100, role: DiskRole.SYSTEM },
    ],
  }),
];

function pool(hosts: HostProps[], props: Partial<BareMetalPoolProps> = {}): { readonly made: BareMetalPool; readonly stack: Synthesised } {
  let made: BareMetalPool | undefined;
  const stack = synthStack((scope) => {
    made = new BareMetalPool(scope, 'Pool', { inventory: HostInventory.of({ networks: [internal], hosts }), provisioner, ...props });
  });
  return { made: made!, stack };
}

/** The one step whose construct has that path. */
function step(stack: Synthesised, path: string): Block {
  return Object.values(stack.resources('terraform_data')).find((block) => block['//'].metadata.path === `test/${path}`)!;
}

/** The text of the local value that an expression like `${local.x}` names. */
function local(stack: Synthesised, expression: string): string {
  return stack.json.locals[/^\$\{(?:sha256\()?local\.(\w[\w-]*)\)?\}$/.exec(expression)![1]];
}

test('a step for each host that verifies it, and one for each compute host that waits for that', () => {
  const { made, stack } = pool(three);
  const paths = Object.values(stack.resources('terraform_data')).map((block) => block['//'].metadata.path);
  expect(paths.sort()).toEqual([
    'test/Pool/PrepareKvm/compute-1',
    'test/Pool/PrepareKvm/storage-1',
    'test/Pool/Verify/compute-1',
    'test/Pool/Verify/control-1',
    'test/Pool/Verify/storage-1',
  ]);
  const verify = made.node.findChild('Verify').node.findChild('compute-1') as StepResource;
  expect(step(stack, 'Pool/PrepareKvm/compute-1').depends_on).toEqual([`terraform_data.${verify.friendlyUniqueId}`]);
  expect(made.ready).toHaveLength(5);
});

test('the key is read when Terraform applies, and nothing is put where others can write', () => {
  const { stack } = pool(three);
  for (const { provisioner: steps } of Object.values(stack.resources('terraform_data'))) {
    const [begin, script, input, run] = steps.map((one: Block) => Object.values(one)[0] as Block);
    expect(begin.inline).toEqual([expect.stringMatching(/^rm -rf (\.strata-\S+) && mkdir -m 700 \1 && mkdir \1\/run$/)]);
    const folder = /mkdir -m 700 (\S+)/.exec(begin.inline[0])![1];
    expect(script.destination.startsWith(`${folder}/`) && input.destination.startsWith(`${folder}/`)).toBe(true);
    expect(run.inline[0]).toBe(`trap 'rm -rf ${folder} ${folder}.sh' EXIT`);
    expect(run.inline[1]).toMatch(/^bash \S+ \S+\/input (control|compute|storage)-1 \$\{timestamp\(\)\}$/);
    for (const { connection } of [begin, script, input, run]) {
      expect(connection).toMatchObject({
        type: 'ssh',
        user: 'ubuntu',
        port: 22,
        timeout: '300s',
        private_key: '${file(pathexpand("~/.ssh/id_ed25519"))}',
      });
      expect(connection.script_path).toMatch(/^(\.\/\.strata-\S+\.sh|\.strata-\S+\/run\/run\.sh)$/);
      expect(connection).not.toHaveProperty('host_key');
    }
  }
});

test('a script is in the configuration once, with its shell expansions escaped', () => {
  const { stack } = pool(three);
  const texts = Object.values(stack.json.locals as Record<string, string>);
  expect(texts.filter((text) => text.includes('verify-host.sh <file')).length).toBe(1);
  expect(texts.filter((text) => text.includes('prepare-kvm.sh <file')).length).toBe(1);
  expect(texts.find((text) => text.includes('verify-host.sh <file'))).toContain('$${3:+/$3}');
});

test('a host is looked at again exactly when the script, its own expectations or its address change', () => {
  const before = pool(three).stack;
  const changed = pool([three[0], { ...three[1], memoryMib: 131072 }, { ...three[2], rack: 'r9', zone: 'az2', tags: { a: 'b' } }]).stack;
  const input = (stack: Synthesised, name: string) => local(stack, step(stack, `Pool/Verify/${name}`).triggers_replace.input);
  for (const name of ['control-1', 'storage-1']) expect(input(changed, name)).toBe(input(before, name));
  expect(input(changed, 'compute-1')).not.toBe(input(before, 'compute-1'));
  const { triggers_replace: triggers, provisioner: steps } = step(before, 'Pool/Verify/compute-1');
  expect(Object.keys(triggers).sort()).toEqual(['address', 'input', 'script']);
  expect(triggers.address).toBe('10.10.0.2');
  expect([triggers.script, triggers.input]).toEqual(
    [steps[1].file.content, steps[2].file.content].map((text) => text.replace(/\{(.*)\}/, '{sha256($1)}')),
  );
});

test('a changed profile prepares the compute hosts again, and verifies none', () => {
  const [before, after] = [undefined, KvmProfile.of({ nestedVirtualization: true, sysctl: { 'vm.swappiness': '1' } })].map(
    (kvm) => pool(three, { kvm }).stack,
  );
  const settings = (stack: Synthesised) => local(stack, step(stack, 'Pool/PrepareKvm/compute-1').triggers_replace.input);
  expect(settings(before)).toBe('nested 0\nksm 0\nsysctl fs.aio-max-nr 1048576\nsysctl vm.swappiness 10\n');
  expect(settings(after)).toBe('nested 1\nksm 0\nsysctl fs.aio-max-nr 1048576\nsysctl vm.swappiness 1\n');
  expect(step(after, 'Pool/Verify/compute-1').triggers_replace).toEqual(step(before, 'Pool/Verify/compute-1').triggers_replace);
});

test('only KVM settings of Nova leave the hosts alone', () => {
  const { stack } = pool(three, { kvm: KvmProfile.of({ cpuAllocationRatio: 2, reservedCpuThreads: 4, reservedMemoryMib: 8192 }) });
  expect(step(stack, 'Pool/PrepareKvm/compute-1')).toEqual(step(pool(three).stack, 'Pool/PrepareKvm/compute-1'));
});

test('what it offers to the layers above', () => {
  const { made } = pool(three);
  expect(made.hostsWithRole(HostRole.COMPUTE).map(({ name }) => name)).toEqual(['compute-1', 'storage-1']);
  expect(made.hostsWithRole(HostRole.MONITORING)).toEqual([]);
  expect(made.network(NetworkRole.INTERNAL_API)).toEqual(internal);
  expect(made.ssh).toEqual({ user: 'ubuntu', privateKeyPath: '~/.ssh/id_ed25519', port: 22 });
  // of 64 threads 2 are kept, of 262144 MiB 4096 and a sixteenth
  expect(made.capacity).toEqual({ computeHosts: 2, vcpus: 124, memoryMib: 2 * (262144 - 4096 - 16384), blockStorageGib: 7152 });
});

test('without compute hosts nothing is prepared', () => {
  const { made, stack } = pool([three[0]]);
  expect(Object.keys(stack.resources('terraform_data'))).toHaveLength(1);
  expect(made.capacity).toEqual({ computeHosts: 0, vcpus: 0, memoryMib: 0, blockStorageGib: 0 });
});

test('host keys, port, patience and a clock that need not be synchronised', () => {
  const sshHostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEZl';
  const { stack } = pool([host(1, { sshHostKey })], {
    provisioner: Provisioner.preprovisioned({ sshUser: 'root', sshPrivateKeyPath: '/keys/a b', sshPort: 2222 }),
    connectTimeoutSeconds: 20,
    requireTimeSynchronization: false,
  });
  const verify = step(stack, 'Pool/Verify/host-1');
  expect(verify.provisioner[0]['remote-exec'].connection).toMatchObject({ user: 'root', port: 2222, timeout: '20s', host_key: sshHostKey });
  expect(verify.provisioner[0]['remote-exec'].connection.private_key).toBe('${file(pathexpand("/keys/a b"))}');
  expect(local(stack, verify.triggers_replace.input)).not.toContain('time');
});

test('references that Terraform resolves reach the step, never as text', () => {
  const stack = synthStack((scope) => {
    const address = new TerraformVariable(scope, 'address', {}).stringValue;
    const nics = [{ name: 'eno1', networks: [NetworkRole.INTERNAL_API], address }];
    const inventory = HostInventory.of({ networks: [internal], hosts: [host(1, { managementAddress: address, nics })] });
    new BareMetalPool(scope, 'Pool', { inventory, provisioner });
  });
  const verify = step(stack, 'Pool/Verify/host-1');
  expect(verify.triggers_replace.address).toBe('${var.address}');
  expect(verify.provisioner[0]['remote-exec'].connection.host).toBe('${var.address}');
  expect(local(stack, verify.triggers_replace.input)).toContain('nic-address eno1 ${var.address} 24\n');
});

describe('errors', () => {
  const complaint = (hosts: HostProps[], props: Partial<BareMetalPoolProps>) => {
    const stack = new TerraformStack(new App(), 'test');
    const inventory = HostInventory.of({ networks: [internal], hosts });
    return () => new BareMetalPool(stack, 'Pool', { inventory, provisioner, ...props });
  };
  const ssh = (props: object) => ({ provisioner: Provisioner.preprovisioned({ sshUser: 'ubuntu', sshPrivateKeyPath: 'k', ...props }) });

  test.each<[string, HostProps[], Partial<BareMetalPoolProps>, string]>([
    [
      'a host too small for its own reserve',
      [host(1, { memoryMib: 4096 })],
      {},
      'test/Pool: nothing is left for virtual machines on host-1: of its 4096 MiB the KVM profile keeps 4352 for the host, got 4096; correct its memory in the inventory',
    ],
    [
      'a host with too few threads',
      [host(1, { cpuThreads: 2 })],
      {},
      'test/Pool: nothing is left for virtual machines on host-1: of its hardware threads the KVM profile keeps 2',
    ],
    ['a user that is none', three, ssh({ sshUser: 'a b' }), 'test/Pool: sshUser is not the name of a user, got "a b"; give one, such as ubuntu'],
    ['a port that is none', three, ssh({ sshPort: 0 }), 'test/Pool: sshPort must be a whole number from 1 to 65535, got 0'],
    ['no path of a key', three, ssh({ sshPrivateKeyPath: '' }), 'test/Pool: sshPrivateKeyPath must be the path of a key'],
    [
      'a path that Terraform would read otherwise',
      three,
      ssh({ sshPrivateKeyPath: 'C:\\key' }),
      'test/Pool: sshPrivateKeyPath has a character that Terraform would',
    ],
    ['no time to connect', three, { connectTimeoutSeconds: 0 }, 'test/Pool: connectTimeoutSeconds must be a whole number from 1 to 3600, got 0'],
  ])('%s', (_what, hosts, props, message) => {
    expect(complaint(hosts, props)).toThrow(message);
  });

  test('a key in the place of its path is not repeated', () => {
    const key = ['-----BEGIN OPENSSH', 'PRIVATE KEY-----\nabc'].join(' ');
    const run = complaint(three, ssh({ sshPrivateKeyPath: key }));
    expect(run).toThrow(/a key itself must not stand in the code/);
    expect(run).not.toThrow(/abc/);
  });
});
