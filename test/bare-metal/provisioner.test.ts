import { App, TerraformStack, TerraformVariable } from 'cdktf';
import { parse } from 'yaml';
import { host, internal } from './support';
import { BareMetalPool } from '../../lib/bare-metal/bare-metal-pool';
import { HostInventory } from '../../lib/bare-metal/host-inventory';
import { networkData } from '../../lib/bare-metal/network-data';
import { Provisioner } from '../../lib/bare-metal/provisioner';
import { BifrostProvisionerProps } from '../../lib/bare-metal/provisioner-options';
import { BmcProtocol, HostProps, HostRole, NetworkRole, RaidLevel } from '../../lib/contracts/host';
import { OpenStackRelease } from '../../lib/core/openstack-release';
import { IronicProvider } from '../../lib/providers/ironic/provider';
import { MaasProvider } from '../../lib/providers/maas/provider';
import { Synthesised, synthStack } from '../support/synth';

const ssh = { sshUser: 'ubuntu', sshPrivateKeyPath: '~/.ssh/id_ed25519' };
const sshAuthorizedKeys = ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEZl user'];
const networks = [internal, { role: NetworkRole.TUNNEL, cidr: '10.20.0.0/24', vlan: 20 }];

function machine(n: number, props: Partial<HostProps> = {}): HostProps {
  return host(n, {
    os: 'ubuntu-24.04',
    bmc: { address: `bmc-${n}.example.com`, protocol: n === 2 ? BmcProtocol.IPMI : BmcProtocol.REDFISH },
    bootMac: `00:00:5e:00:53:0${n}`,
    gateway: '10.10.0.254',
    nameservers: ['10.10.0.253'],
    nics: [
      { name: 'bond0', networks: [NetworkRole.INTERNAL_API], bondOf: ['eno1', 'eno2'], address: `10.10.0.${n}` },
      { name: 'bond0.20', networks: [NetworkRole.TUNNEL], address: `10.20.0.${n}` },
      { name: 'eno1', networks: [], mac: `00:00:5e:00:53:0${n}` },
      { name: 'eno2', networks: [], mac: `00:00:5e:00:53:1${n}` },
    ],
    ...props,
  });
}

function pool(provisioner: Provisioner, hosts: HostProps[] = [machine(1), machine(2)]): Synthesised {
  return synthStack((stack) => {
    const key = new TerraformVariable(stack, 'maas_key', { sensitive: true });
    new MaasProvider(stack, 'Maas', { apiUrl: 'https://maas.example.com/MAAS', apiKey: key.stringValue });
    new IronicProvider(stack, 'Ironic', { url: 'https://ironic.example.com:6385', microversion: '1.82' });
    new BareMetalPool(stack, 'Pool', { inventory: HostInventory.of({ networks, hosts }), provisioner });
  });
}

const path = (block: any): string => block['//'].metadata.path.replace('test/Pool/', '');
const byPath = (stack: Synthesised, type: string) => Object.fromEntries(Object.values(stack.resources(type)).map((block) => [path(block), block]));

describe('MAAS', () => {
  test('machines, tags, bonds, VLANs and addresses, then the deployment, which the pool waits for', () => {
    const stack = pool(Provisioner.maas({ ...ssh, sshAuthorizedKeys }));
    const { 'Machines/Kept': machines } = byPath(stack, 'maas_machine');
    expect(machines.for_each).toBe('${toset(["host-1","host-2"])}');
    expect(machines.lifecycle).toEqual({ prevent_destroy: true });
    const { 'Instances/Kept': instances } = byPath(stack, 'maas_instance');
    expect(instances.lifecycle).toEqual({ ignore_changes: ['allocate_params', 'deploy_params', 'network_interfaces'], prevent_destroy: true });
    expect(instances.deploy_params[0]?.user_data ?? instances.deploy_params.user_data).toContain('ssh-ed25519');
    expect(Object.keys(byPath(stack, 'maas_tag'))).toEqual(['Tag-compute']);
    expect(byPath(stack, 'maas_network_interface_bond')['Network-host-1/bond0']).toMatchObject({ bond_mode: '802.3ad', parents: ['eno1', 'eno2'] });
    expect(byPath(stack, 'maas_network_interface_vlan')['Network-host-2/bond0.20']).toMatchObject({ parent: 'bond0', fabric: 'fabric-0' });
    const links = byPath(stack, 'maas_network_interface_link');
    expect(links['Network-host-1/bond0-address']).toMatchObject({
      subnet: '10.10.0.0/24',
      ip_address: '10.10.0.1',
      mode: 'STATIC',
      default_gateway: true,
    });
    const settings: any = Object.values(stack.json.locals as object).find((value) => value['host-1']?.power_type);
    expect(settings['host-2']).toMatchObject({
      power_type: 'ipmi',
      power_parameters: { power_user: '${var.bmc_username}', power_pass: '${var.bmc_password}' },
      distro_series: 'noble',
    });
    expect(stack.json.variable.bmc_password).toMatchObject({ sensitive: true });
    const verify = Object.values(stack.resources('terraform_data')).find((block) => path(block) === 'Verify/host-1')!;
    expect(verify.depends_on).toEqual([expect.stringMatching(/^maas_instance\./)]);
  });

  test.each<[string, HostProps, object, string]>([
    ['no BMC', host(1, { bootMac: '00:00:5e:00:53:01' }), {}, "test/Pool: MAAS needs bmc of host-1, which the inventory doesn't have; add bmc"],
    ['RAID', machine(1, { raid: [{ name: 'root', level: RaidLevel.RAID_1 }] }), {}, "test/Pool: raid of host-1: MAAS's provider makes no RAID"],
    ['an image it cannot name', machine(1, { os: 'rocky-10' }), {}, "test/Pool: distroSeries can't be told from the os of host-1"],
    ['a release of no host', machine(1), { release: ['a b'] }, 'test/Pool: release has what is not the name of a host, got "a b"'],
    ['a key that is none', machine(1), { sshAuthorizedKeys: ['x'] }, 'test/Pool: sshAuthorizedKeys has what is not a public SSH key'],
  ])('%s', (_what, one, props, message) => {
    expect(() => pool(Provisioner.maas({ ...ssh, ...props }), [one])).toThrow(message);
  });

  test('a stack without its provider', () => {
    const stack = new TerraformStack(new App(), 'test');
    const inventory = HostInventory.of({ networks, hosts: [machine(1)] });
    new BareMetalPool(stack, 'Pool', { inventory, provisioner: Provisioner.maas(ssh) });
    expect(stack.node.findChild('Pool').node.validate()).toEqual([expect.stringMatching(/^test\/Pool: the stack has no provider maas; make one: /)]);
  });
});

const image = { source: 'https://images.example.com/noble.qcow2', checksum: 'a'.repeat(64) };

describe('Ironic', () => {
  test('nodes, their preparation, allocations by resource class and deployments', () => {
    const stack = pool(Provisioner.ironic({ ...ssh, image, sshAuthorizedKeys }), [machine(1, { resourceClass: 'large' }), machine(2)]);
    const { 'Allocations/Kept': allocation } = byPath(stack, 'ironic_allocation');
    // by id: what the provider reads back must be what it was told
    expect(allocation.candidate_nodes).toEqual([expect.stringMatching(/^\$\{local\.[\w-]+\[each\.key\]\}$/)]);
    expect(allocation).toMatchObject({ lifecycle: { ignore_changes: 'all', prevent_destroy: true } });
    const { 'Deployments/Kept': deployment } = byPath(stack, 'ironic_deployment');
    expect(deployment).toMatchObject({
      instance_info: { image_source: image.source, image_os_hash_algo: 'sha256', image_os_hash_value: image.checksum, image_disk_format: 'qcow2' },
      lifecycle: { ignore_changes: 'all', prevent_destroy: true },
    });
    const settings: any = Object.values(stack.json.locals as object).find((value) => value['host-1']?.driver);
    expect(settings['host-1']).toMatchObject({
      driver: 'redfish',
      driver_info: { redfish_address: 'https://bmc-1.example.com', redfish_password: '${var.bmc_password}', redfish_verify_ca: true },
      resource_class: 'large',
      properties: { cpus: 64, memory_mb: 262144, root_device: { name: '/dev/sda' } },
    });
    const prepare = Object.values(stack.resources('terraform_data')).find((block) => path(block) === 'Prepare/host-1')!;
    expect(prepare.provisioner[0]['local-exec'].environment).toMatchObject({ MODE: 'deploy', INSPECT: '1', RAID: '', NAME: 'host-1' });
    expect(prepare.provisioner[0]['local-exec'].environment.INSTANCE_INFO.split('\n')).toContain(`image_source=${image.source}`);
    expect(byPath(stack, 'ironic_port')['Prepare/host-1-eno1']).toMatchObject({ address: '00:00:5e:00:53:01', pxe_enabled: true });
  });

  test('without an image hosts are adopted: nothing is deployed, and the provider is told to inspect and clean nothing', () => {
    const stack = pool(Provisioner.ironic(ssh));
    expect(byPath(stack, 'ironic_node')['Nodes/Kept']).toMatchObject({ manage: false, inspect: false, clean: false, available: false });
    expect([stack.resources('ironic_deployment'), stack.resources('ironic_allocation')]).toEqual([{}, {}]);
    const prepare = Object.values(stack.resources('terraform_data')).find((block) => path(block) === 'Prepare/host-2')!;
    expect(prepare.provisioner[0]['local-exec'].environment.MODE).toBe('adopt');
  });

  test.each<[string, Partial<HostProps>, object, string]>([
    ['a short checksum', {}, { image: { ...image, checksum: 'abc' } }, 'checksum of the image is not a SHA-256 or SHA-512 sum in hex, got "abc"'],
    ['nobody who could log in', {}, { image, sshAuthorizedKeys: [] }, 'sshAuthorizedKeys is empty'],
    ['a disk that Ironic cannot find', { disks: [{ device: '/dev/disk/by-id/nvme-X', sizeGib: 447 }] }, {}, "in a way that Ironic doesn't know"],
  ])('%s', (_what, props, options, message) => {
    expect(() => pool(Provisioner.ironic({ ...ssh, sshAuthorizedKeys, ...options }), [machine(1, props)])).toThrow(message);
  });

  test('the network of a host, as cloud-init reads it', () => {
    const { hosts } = HostInventory.of({ networks, hosts: [machine(1)] });
    expect(networkData(hosts[0], networks)).toEqual({
      links: [
        { id: 'bond0', name: 'bond0', mtu: 1500, type: 'bond', bond_links: ['eno1', 'eno2'], bond_mode: '802.3ad', bond_miimon: 100 },
        { id: 'bond0.20', name: 'bond0.20', mtu: 1500, type: 'vlan', vlan_id: 20, vlan_link: 'bond0', vlan_mac_address: '00:00:5e:00:53:01' },
        { id: 'eno1', name: 'eno1', ethernet_mac_address: '00:00:5e:00:53:01', type: 'phy' },
        { id: 'eno2', name: 'eno2', ethernet_mac_address: '00:00:5e:00:53:11', type: 'phy' },
      ],
      networks: [
        {
          id: 'bond0',
          link: 'bond0',
          type: 'ipv4',
          ip_address: '10.10.0.1/24',
          routes: [{ network: '0.0.0.0', netmask: '0.0.0.0', gateway: '10.10.0.254' }],
        },
        { id: 'bond0.20', link: 'bond0.20', type: 'ipv4', ip_address: '10.20.0.1/24', routes: [] },
      ],
      services: [{ type: 'dns', address: '10.10.0.253' }],
    });
  });
});

test('a host that may be wiped is moved to where Terraform may destroy it; all others stay where it may not', () => {
  const stack = pool(Provisioner.maas({ ...ssh, release: ['host-2', 'gone'] }));
  const { 'Instances/Kept': kept, 'Instances/Released': released } = byPath(stack, 'maas_instance');
  expect([kept.for_each, kept.lifecycle.prevent_destroy]).toEqual(['${toset(["host-1"])}', true]);
  expect([released.for_each, released.lifecycle.prevent_destroy]).toEqual(['${toset(["host-2"])}', undefined]);
  expect(stack.json.moved.filter(({ from }: any) => from.includes('Instances'))).toEqual(
    ['host-2', 'gone'].map((name) => ({
      from: expect.stringMatching(`Kept\\w*\\["${name}"\\]$`),
      to: expect.stringMatching(`Released\\w*\\["${name}"\\]$`),
    })),
  );
});

describe('several ways in one pool', () => {
  const groups = {
    rack2: { provisioner: Provisioner.maas(ssh), tags: { rack: '2' } },
    one: { provisioner: Provisioner.ironic(ssh), hosts: ['host-1'] },
  };
  const others = Provisioner.preprovisioned(ssh);
  const hosts = [machine(1), machine(2, { tags: { rack: '2' } }), machine(3, { roles: [HostRole.STORAGE] })];

  test('each host waits for its own', () => {
    const stack = pool(Provisioner.mixed({ others, groups }), hosts);
    expect(byPath(stack, 'ironic_node')['one/Nodes/Kept'].for_each).toBe('${toset(["host-1"])}');
    expect(byPath(stack, 'maas_machine')['rack2/Machines/Kept'].for_each).toBe('${toset(["host-2"])}');
    const waits = [1, 2, 3].map(
      (n) => Object.values(stack.resources('terraform_data')).find((block) => path(block) === `Verify/host-${n}`)!.depends_on,
    );
    expect(waits).toEqual([[expect.stringMatching(/^terraform_data\./)], [expect.stringMatching(/^maas_instance\./)], []]);
  });

  test.each<[string, object, string]>([
    ['an unknown host', { ...groups, one: { ...groups.one, hosts: ['host-9'] } }, 'test/Pool: groups.one.hosts is not known, got "host-9"'],
    [
      'a host in two groups',
      { ...groups, one: { ...groups.one, hosts: ['host-2'] } },
      'test/Pool: a host is in the groups rack2 and one, got "host-2"',
    ],
    ['a group of nobody', { one: { provisioner: others } }, 'test/Pool: groups.one has neither hosts nor tags'],
    [
      'another user',
      { one: { provisioner: Provisioner.preprovisioned({ ...ssh, sshUser: 'root' }), hosts: ['host-1'] } },
      'test/Pool: the groups one and others are reached in different ways by SSH',
    ],
  ])('%s', (_what, given, message) => {
    expect(() => pool(Provisioner.mixed({ others, groups: given as any }), hosts)).toThrow(message);
  });
});

describe('Bifrost', () => {
  const withBoot = [...networks, { role: NetworkRole.PROVISIONING, cidr: '10.30.0.0/24' }];
  const seed = host(9, {
    name: 'seed',
    roles: [HostRole.DEPLOYMENT],
    nics: [
      { name: 'eno1', networks: [NetworkRole.INTERNAL_API], address: '10.10.0.9' },
      { name: 'eno2', networks: [NetworkRole.PROVISIONING], address: '10.30.0.9' },
    ],
  });
  const props = { ...ssh, sshUser: 'root', release: OpenStackRelease.V2026_1, sshPublicKey: sshAuthorizedKeys[0] };
  const made = (options: Partial<BifrostProvisionerProps> = {}, hosts = [seed, machine(1), machine(2)], nets = withBoot) =>
    synthStack((stack) => {
      new BareMetalPool(stack, 'Pool', {
        inventory: HostInventory.of({ networks: nets, hosts }),
        provisioner: Provisioner.bifrost({ ...props, ...options }),
      });
    });
  const files = (stack: Synthesised): { [path: string]: string } => {
    const text = Object.values<any>(stack.json.locals).find((value) => typeof value === 'string' && value.includes('servers.json'));
    return JSON.parse(text);
  };
  const step = (stack: Synthesised, id: string) => Object.values(stack.resources('terraform_data')).find((block) => path(block) === id)!;

  test('servers, settings and the inventory of Kolla-Ansible come from the hosts', () => {
    const all = files(made());
    const servers = JSON.parse(all['servers.json']);
    expect(Object.keys(servers)).toEqual(['host-1', 'host-2']);
    expect(servers['host-1']).toMatchObject({
      driver: 'redfish',
      driver_info: {
        power: { redfish_address: 'https://bmc-1.example.com', redfish_password: { variable: 'bmc_password' }, redfish_verify_ca: true },
      },
      nics: [{ mac: '00:00:5e:00:53:01' }, { mac: '00:00:5e:00:53:11' }],
      properties: { cpu_arch: 'x86_64', cpus: '64', ram: '262144', disk_size: '447', root_device: { name: '/dev/sda' } },
      ipv4_address: '10.10.0.1',
      ipv4_subnet_mask: '255.255.255.0',
      ipv4_gateway: '10.10.0.254',
      node_network_data: { links: expect.arrayContaining([expect.objectContaining({ id: 'bond0.20', type: 'vlan', vlan_id: 20 })]) },
    });
    expect(servers['host-2'].driver_info.power).toEqual({
      ipmi_address: 'bmc-2.example.com',
      ipmi_username: { variable: 'bmc_username' },
      ipmi_password: { variable: 'bmc_password' },
    });
    expect(parse(all['config/bifrost/bifrost.yml'])).toEqual({
      enabled_hardware_types: 'ipmi,redfish',
      dhcp_pool_start: '10.30.0.128',
      dhcp_pool_end: '10.30.0.254',
      cleaning: true,
      ssh_public_key: sshAuthorizedKeys[0],
    });
    expect(parse(all['config/bifrost/dib.yml'])).toEqual({ create_image_via_dib: true, dib_os_element: 'ubuntu', dib_os_release: 'noble' });
    expect(parse(all['globals.yml'])).toMatchObject({ openstack_release: '2026.1', network_interface: 'eno1', bifrost_network_interface: 'eno2' });
    expect(parse(all['inventory.yml']).all.children.bifrost).toEqual({ children: { deployment: {} } });
  });

  test('stages in their order, and every host but the one that runs them waits for the last', () => {
    const stack = made();
    const order = ['Files', 'Environment', 'Passwords', 'BootstrapServers', 'DeployBifrost', 'DeployServers'];
    order.slice(1).forEach((id, i) => expect(step(stack, id).depends_on[0]).toMatch(new RegExp(`^terraform_data\\.Pool_${order[i]}_`)));
    expect(step(stack, 'Verify/seed').depends_on).toEqual([]);
    expect(step(stack, 'Verify/host-1').depends_on).toEqual([expect.stringMatching(/^terraform_data\.Pool_DeployServers_/)]);
    expect(step(stack, 'DeployServers').provisioner[0]['remote-exec'].inline).toEqual([
      expect.stringMatching(/^\/var\/lib\/strata-bifrost\/bin\/run-stage\.sh deploy-servers \$\{sha256\(.*\)\} 14400 \/var\/lib\/strata-bifrost\/bin\/bifrost-stage\.sh deploy-servers$/), // prettier-ignore
    ]);
  });

  test('passwords go into a file on that host, and into nothing else', () => {
    const { json } = made();
    const { locals, resource } = json;
    const holders = Object.entries<any>(locals).filter(([, value]) => JSON.stringify(value).includes('var.bmc_password'));
    expect(holders.map(([, value]) => value)).toEqual([{ bmc_password: '${var.bmc_password}', bmc_username: '${var.bmc_username}' }]);
    expect(JSON.stringify(resource)).not.toContain('var.bmc_password');
    const users = Object.values<any>(resource.terraform_data).flatMap(({ provisioner }) => provisioner).filter((one) => JSON.stringify(one).includes(holders[0][0])); // prettier-ignore
    expect(users.map((one) => one.file.destination)).toEqual(['.strata-bifrost/bmc.json']);
  });

  test('what changes runs the stages that read it', () => {
    const inputs = (stack: Synthesised, id: string) => {
      const [, local] = /local\.([\w-]+)/.exec(step(stack, id).triggers_replace.inputs)!;
      return stack.json.locals[local];
    };
    const [before, another, brought] = [
      made(),
      made({}, [seed, machine(1), machine(2), machine(3)]),
      made({ image: { source: 'https://x/y', checksum: 'a'.repeat(64) } }),
    ];
    const changed = (stack: Synthesised) => ['Environment', 'Passwords', 'BootstrapServers', 'DeployBifrost', 'DeployServers'].filter((id) => inputs(stack, id) !== inputs(before, id)); // prettier-ignore
    expect(changed(another)).toEqual(['DeployServers']);
    expect(changed(brought)).toEqual(['DeployBifrost', 'DeployServers']);
    expect(JSON.parse(files(brought)['servers.json'])['host-1'].instance_info).toMatchObject({
      image_source: 'https://x/y',
      image_os_hash_algo: 'sha256',
    });
  });

  test.each<[string, () => unknown, string]>([
    ['no host to run on', () => made({}, [machine(1)]), 'test/Pool: Bifrost runs on the one host with the role deployment, got []'],
    ['a control host', () => made({}, [{ ...seed, roles: [HostRole.DEPLOYMENT, HostRole.CONTROL] }, machine(1)]), 'seed is to run Bifrost and the control plane'], // prettier-ignore
    ['no network to boot from', () => made({}, [{ ...seed, nics: seed.nics.slice(0, 1) }, machine(1)], networks), 'Bifrost needs a network with the role provisioning'], // prettier-ignore
    ['no BMC', () => made({}, [seed, host(1, { bootMac: '00:00:5e:00:53:01' })]), 'test/Pool: Bifrost needs bmc of host-1'],
    ['RAID', () => made({}, [seed, machine(1, { raid: [{ name: 'r', level: RaidLevel.RAID_1 }] })]), 'raid of host-1: Bifrost makes no RAID'],
    ['a name for an address', () => made({}, [seed, machine(1, { managementAddress: 'host-1.example.com' })]), 'managementAddress of host-1 must be an IPv4 address'], // prettier-ignore
    [
      'a system that it builds no image of',
      () => made({}, [seed, machine(1, { os: 'rocky-10' })]),
      'the os of host-1 is none of them, got "rocky-10"',
    ],
    ['a key that is none', () => made({ sshPublicKey: 'x' }), 'sshAuthorizedKeys has what is not a public SSH key'],
    ['addresses elsewhere', () => made({ dhcpRange: { start: '10.40.0.1', end: '10.40.0.9' } }), 'dhcpRange.start is outside the network provisioning, 10.30.0.0/24'], // prettier-ignore
    ['addresses backwards', () => made({ dhcpRange: { start: '10.30.0.9', end: '10.30.0.1' } }), 'dhcpRange ends before it begins'],
    [
      'an address of a host among them',
      () => made({}, [seed, machine(1, { nics: [...machine(1).nics, { name: 'eno3', networks: [NetworkRole.PROVISIONING], address: '10.30.0.200' }] })]), // prettier-ignore
      'the address of host-1 is among those that hosts boot with, 10.30.0.128 to 10.30.0.254',
    ],
  ])('%s', (_what, build, message) => {
    expect(build).toThrow(message);
  });
});
