import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Testing, TerraformVariable, TerraformStack } from 'cdktf';
import { parse } from 'yaml';
import { testHost, NETWORKS, TestPool, threeByThree } from './pool';
import { Host, HostNetwork, HostRole, NetworkRole } from '../../lib/contracts/host';
import { KvmProfile } from '../../lib/contracts/kvm-profile';
import { LoadBalancerProvider } from '../../lib/contracts/openstack-cloud';
import { HostDistribution } from '../../lib/core/host-distribution';
import { OpenStackRelease } from '../../lib/core/openstack-release';
import { CinderBackend, KollaOptions, NeutronDriver } from '../../lib/openstack/engines/kolla/kolla-options';
import { ManilaBackend } from '../../lib/openstack/engines/kolla/kolla-services';
import { OpenStackControlPlane, OpenStackControlPlaneProps } from '../../lib/openstack/openstack-control-plane';
import { OpenStackEngine } from '../../lib/openstack/openstack-engine';
import { Synthesised, synthStack } from '../support/synth';

interface Given {
  readonly hosts?: (hosts: Host[]) => Host[];
  readonly networks?: (networks: HostNetwork[]) => HostNetwork[];
  readonly kvm?: KvmProfile;
  readonly options?: Partial<KollaOptions>;
  readonly props?: Partial<OpenStackControlPlaneProps>;
}

const BASE: KollaOptions = { release: OpenStackRelease.V2026_1, internalVip: '10.10.0.250', externalVip: '203.0.113.10' };

function make(stack: TerraformStack, given: Given): OpenStackControlPlane {
  const pool = new TestPool(stack, given.hosts?.(threeByThree()), given.networks?.(NETWORKS), given.kvm);
  return new OpenStackControlPlane(stack, 'OpenStack', { pool, engine: OpenStackEngine.kolla({ ...BASE, ...given.options }), ...given.props });
}
const cloud = (given: Given = {}): OpenStackControlPlane => make(new TerraformStack(Testing.app(), 'metal'), given);
const synth = (given: Given = {}): Synthesised => synthStack((stack) => void make(stack, given));
const globals = (given: Given = {}) => parse(cloud(given).configurationFiles['globals.yml']);
const inventory = (given: Given = {}) => parse(cloud(given).configurationFiles['inventory.yml']).all;
const change = (name: string, edit: (old: Host) => Host) => (hosts: Host[]) => hosts.map((old) => (old.name === name ? edit(old) : old));

describe('as a cloud', () => {
  test('tells what the layers above need', () => {
    const openstack = cloud();
    expect(openstack).toMatchObject({
      authUrl: 'https://203.0.113.10:5000/v3',
      region: 'RegionOne',
      externalNetworkName: 'public',
      zones: [
        { compute: 'az1', volume: 'nova' },
        { compute: 'az2', volume: 'nova' },
      ],
      loadBalancerProvider: LoadBalancerProvider.OVN,
      tenantNetworkMtu: 9000 - 58,
      computeHostCount: 3,
      hostCidrs: ['10.10.0.0/24', '203.0.113.0/24', '10.10.20.0/24', '10.10.40.0/24', '10.10.60.0/24'],
    });
    expect(openstack.ready).toHaveLength(1);
    expect(openstack.cloudsYamlPath).toBe('~/.config/strata/metal/clouds.yaml');
  });

  test.each([
    ['the external name', { externalFqdn: 'cloud.example.com', internalFqdn: 'int.example.com' }, 'https://cloud.example.com:5000/v3'],
    ['the internal address without an external one', { externalVip: undefined }, 'https://10.10.0.250:5000/v3'],
    ['the internal name without an external address', { externalVip: undefined, internalFqdn: 'int.example.com' }, 'https://int.example.com:5000/v3'],
    ['http without TLS', { tls: false }, 'http://203.0.113.10:5000/v3'],
  ])('authUrl has %s', (_, options, url) => expect(cloud({ options }).authUrl).toBe(url));

  test('authUrl has an IPv6 address in brackets', () => {
    const networks = () => [{ role: NetworkRole.INTERNAL_API, cidr: 'fd00:10::/64' }, { role: NetworkRole.PROVIDER }];
    const openstack = cloud({ networks, options: { internalVip: 'fd00:10::fa', externalVip: undefined } });
    expect(openstack.authUrl).toBe('https://[fd00:10::fa]:5000/v3');
    expect(openstack.tenantNetworkMtu).toBe(1500 - 78);
  });

  test('VXLAN takes less than Geneve, and the internal network carries tunnels where there is no other', () => {
    expect(cloud({ options: { neutronDriver: NeutronDriver.OPEN_VSWITCH } }).tenantNetworkMtu).toBe(9000 - 50);
    expect(cloud({ networks: (all) => all.filter(({ role }) => role !== NetworkRole.TUNNEL) }).tenantNetworkMtu).toBe(1500 - 58);
  });
});

describe('inventory', () => {
  test('hosts are in the groups of their roles, with their own interfaces', () => {
    const { children, hosts } = inventory();
    expect(Object.keys(children.control.hosts)).toEqual(['control-11', 'control-12', 'control-13']);
    expect(Object.keys(children.compute.hosts)).toEqual(['compute-21', 'compute-22', 'compute-23']);
    expect(children.deployment.hosts).toEqual({ localhost: { ansible_connection: 'local' } });
    expect(hosts['control-11']).toEqual({
      ansible_host: '10.10.0.11',
      ansible_port: 22,
      ansible_user: 'ubuntu',
      ansible_become: true,
      ansible_ssh_private_key_file: '/root/.ssh/strata-kolla',
      network_interface: 'bond0.10',
      kolla_external_vip_interface: 'bond0.30',
      tunnel_interface: 'bond0.20',
      neutron_external_interface: 'bond1',
    });
    expect(hosts['compute-21']).not.toHaveProperty('neutron_external_interface');
    expect(hosts['storage-31']).toMatchObject({ strata_block_devices: ['/dev/disk/by-id/nvme-1'], tgtd_interface_address: '10.10.40.31' });
  });

  test('no interface is in globals.yml, which would win over every host', () => {
    expect(Object.keys(globals()).filter((name) => name.endsWith('_interface'))).toEqual([]);
  });

  test('the release decides the groups', () => {
    const of = (release: OpenStackRelease) => Object.keys(inventory({ options: { release } }).children);
    expect(of(OpenStackRelease.V2025_2)).toEqual(expect.arrayContaining(['kolla-toolbox', 'zun', 'influxdb']));
    expect(of(OpenStackRelease.V2026_1)).toEqual(expect.arrayContaining(['kolla_toolbox', 'cinder-volume-lvm']));
    expect(of(OpenStackRelease.V2026_1)).not.toContain('zun');
  });
});

describe('globals and overrides', () => {
  test('sound defaults: OVN, TLS, LVM on the storage hosts, load balancers in OVN', () => {
    expect(globals()).toMatchObject({
      openstack_release: '2026.1',
      kolla_base_distro: 'ubuntu',
      kolla_internal_vip_address: '10.10.0.250',
      kolla_external_vip_address: '203.0.113.10',
      keepalived_virtual_router_id: '51',
      neutron_plugin_agent: 'ovn',
      kolla_enable_tls_internal: true,
      kolla_enable_tls_external: true,
      kolla_enable_tls_backend: true,
      rabbitmq_enable_tls: true,
      openstack_cacert: '/etc/ssl/certs/ca-certificates.crt',
      enable_cinder_backend_lvm: true,
      cinder_volume_group: 'cinder-volumes',
      octavia_provider_drivers: 'ovn:OVN provider',
      enable_neutron_provider_networks: false,
      neutron_ovn_distributed_fip: false,
    });
  });

  test('without disks for volumes there is no Cinder', () => {
    expect(globals({ hosts: (all) => all.filter((h) => !h.is(HostRole.STORAGE)) }).enable_cinder).toBe(false);
  });

  test('Ceph brings locks, and a cluster name only for several volume services', () => {
    const cinderBackend = CinderBackend.externalCeph({ configDirectory: '~/ceph' });
    expect(globals({ options: { cinderBackend } })).toMatchObject({
      cinder_backend_ceph: true,
      glance_backend_ceph: true,
      nova_backend_ceph: true,
      enable_valkey: true,
      cinder_cluster_name: 'cinder',
    });
    const one = (all: Host[]) => all.filter((h) => !h.is(HostRole.CONTROL) || h.name === 'control-11');
    expect(globals({ options: { cinderBackend }, hosts: one })).not.toHaveProperty('cinder_cluster_name');
  });

  /** Control hosts reach the storage network, too: images and volumes are there. */
  const reaching = (all: Host[]) =>
    all.map((h) =>
      h.is(HostRole.CONTROL)
        ? new Host({ ...h, nics: [...h.nics, { name: 'bond0.40', networks: [NetworkRole.STORAGE], address: `10.10.40.${h.name.slice(-2)}` }] })
        : h,
    );

  test('a Ceph cluster of its own: monitors, disks, pools and users follow from hosts and services', () => {
    const given: Given = { hosts: reaching, options: { cinderBackend: CinderBackend.cephadm(), services: { manila: ManilaBackend.cephFs() } } };
    expect(globals(given)).toMatchObject({ cinder_backend_ceph: true, nova_backend_ceph: true, enable_valkey: true, cinder_cluster_name: 'cinder' });
    const cluster = JSON.parse(cloud(given).configurationFiles['ceph.json']);
    expect(cluster).toMatchObject({ publicNetwork: '10.10.40.0/24', replicas: 3, image: '', fileSystem: true });
    expect(cluster.hosts.map((each: any) => [each.storage, each.devices, each.monitor])).toEqual(
      [31, 32, 33].map((n) => [`10.10.40.${n}`, ['/dev/disk/by-id/nvme-1'], true]),
    );
    expect(Object.keys(cluster.users)).toEqual(['cinder', 'cinder-backup', 'glance', 'manila']);
    const local = CinderBackend.cephadm({ instances: false, replicas: 2 });
    expect(globals({ hosts: reaching, options: { cinderBackend: local } }).nova_backend_ceph).toBe(false);
    const six = (all: Host[]) => reaching([...all, ...[34, 35, 36].map((n) => testHost(n, [HostRole.STORAGE]))]);
    const more = JSON.parse(cloud({ hosts: six, options: { cinderBackend: local } }).configurationFiles['ceph.json']);
    expect(more.hosts.map((each: any) => each.monitor)).toEqual([true, true, true, true, true, false]);
  });

  test.each<[string, Given, RegExp]>([
    [
      'two storage hosts',
      { hosts: (all) => reaching(all).filter(({ name }) => name !== 'storage-33') },
      /a Ceph cluster needs three storage hosts.*got 2/,
    ],
    ['control hosts outside its network', {}, /host control-11 has no address in network "storage", where Ceph is/],
    [
      'a storage host without a disk',
      { hosts: (all) => change('storage-32', (old) => new Host({ ...old, disks: [old.disks[0]] }))(reaching(all)) },
      /storage host storage-32 has no disk for block storage/,
    ],
    [
      'more copies than hosts',
      { hosts: reaching, options: { cinderBackend: CinderBackend.cephadm({ replicas: 4 }) } },
      /replicas of Ceph must be a whole number from 2 to 3, got 4/,
    ],
    [
      'an image without a tag',
      { hosts: reaching, options: { cinderBackend: CinderBackend.cephadm({ image: 'quay.io/ceph/ceph' }) } },
      /image of Ceph must be an image with its tag/,
    ],
    [
      'a system whose Ceph is old',
      {
        hosts: (all) => reaching(all).map((h) => new Host({ ...h, os: 'debian-12' })),
        options: { release: OpenStackRelease.V2025_2, cinderBackend: CinderBackend.cephadm() },
      },
      /Debian 12's cephadm is Ceph 16/,
    ],
  ])('a Ceph cluster is refused with %s', (_, given, message) => {
    expect(() => cloud({ ...given, options: { cinderBackend: CinderBackend.cephadm(), ...given.options } })).toThrow(message);
  });

  test('what the hosts are to find between them', () => {
    const found = JSON.parse(cloud().configurationFiles['verification.json']);
    expect(found.virtualAddresses).toEqual([
      { option: 'internalVip', address: '10.10.0.250', role: 'internal' },
      { option: 'externalVip', address: '203.0.113.10', role: 'external' },
    ]);
    expect(found.hosts.find(({ name }: any) => name === 'compute-21')).toMatchObject({ gateway: false, ceph: true });
    expect(found.hosts[0].networks).toContainEqual({ role: 'tunnel', interface: 'bond0.20', address: '10.10.20.11', mtu: 9000 });
  });

  test('amphorae bring their network, its addresses and the job board', () => {
    const amphora = globals({ props: { loadBalancerProvider: LoadBalancerProvider.AMPHORA } });
    expect(amphora).toMatchObject({ enable_octavia: true, enable_valkey: true, octavia_network_type: 'provider' });
    expect(amphora.octavia_amp_network).toMatchObject({
      provider_network_type: 'vlan',
      provider_segmentation_id: 60,
      subnet: { cidr: '10.10.60.0/24', allocation_pool_start: '10.10.60.128', allocation_pool_end: '10.10.60.254' },
    });
    expect(inventory({ props: { loadBalancerProvider: LoadBalancerProvider.AMPHORA } }).hosts['control-11'].octavia_network_interface).toBe(
      'bond0.60',
    );
  });

  test('floating IPs are distributed only where every compute host reaches the provider networks', () => {
    const withProvider = (h: Host) =>
      h.is(HostRole.COMPUTE) ? new Host({ ...h, nics: [...h.nics, { name: 'bond1', networks: [NetworkRole.PROVIDER] }] }) : h;
    const given = { hosts: (all: Host[]) => all.map(withProvider) };
    expect(globals(given)).toMatchObject({ neutron_ovn_distributed_fip: true, enable_neutron_provider_networks: true });
    expect(inventory(given).hosts['compute-21'].neutron_external_interface).toBe('bond1');
  });

  test('several provider interfaces are several physical networks', () => {
    const second = (h: Host) =>
      h.is(HostRole.NETWORK) ? new Host({ ...h, nics: [...h.nics, { name: 'bond2', networks: [NetworkRole.PROVIDER] }] }) : h;
    const given = { hosts: (all: Host[]) => all.map(second) };
    expect(globals(given).neutron_bridge_name).toBe('br-ex,br-ex2');
    expect(inventory(given).hosts['control-11'].neutron_external_interface).toBe('bond1,bond2');
    expect(cloud(given).configurationFiles['config/neutron/ml2_conf.ini']).toContain('physical_network_mtus = physnet1:1500,physnet2:1500\n');
  });

  test('MTU, reserved memory and CPU mode reach the services', () => {
    const { configurationFiles: files } = cloud({ kvm: KvmProfile.of({ reservedMemoryMib: 8192, cpuAllocationRatio: 3 }) });
    expect(files['config/neutron.conf']).toBe('[DEFAULT]\nglobal_physnet_mtu = 9000\n');
    expect(files['config/neutron/ml2_conf.ini']).toBe(
      '[ml2]\npath_mtu = 9000\nphysical_network_mtus = physnet1:1500\n\n[ml2_type_vlan]\nnetwork_vlan_ranges = physnet1\n',
    );
    expect(files).not.toHaveProperty('config/nova.conf');
    expect(files['config/nova/compute-21/nova.conf']).toBe(
      '[DEFAULT]\ninitial_cpu_allocation_ratio = 3\nreserved_host_memory_mb = 8192\nreserved_host_cpus = 2\n\n[libvirt]\ncpu_mode = host-model\n',
    );
    expect(files['config/cinder/storage-31/cinder.conf']).toBe('[lvm-1]\ntarget_ip_address = 10.10.40.31\n');
    expect(parse(files['globals.yml']).nova_libvirt_cpu_mode).toBe('host-model');
  });

  test('name servers reach Neutron', () => {
    const dnsServers = ['198.51.100.53', '198.51.100.54'];
    expect(cloud({ options: { dnsServers } }).configurationFiles['config/neutron/ml2_conf.ini']).toContain(
      '[ovn]\ndns_servers = 198.51.100.53,198.51.100.54',
    );
    const files = cloud({ options: { dnsServers, neutronDriver: NeutronDriver.OPEN_VSWITCH } }).configurationFiles;
    expect(files['config/neutron/dhcp_agent.ini']).toBe('[DEFAULT]\ndnsmasq_dns_servers = 198.51.100.53,198.51.100.54\n');
  });

  test('further services, each with what it needs', () => {
    const provisioning = { role: NetworkRole.PROVISIONING, cidr: '10.10.80.0/24' };
    const given: Given = {
      networks: (all) => [...all, provisioning],
      hosts: (all) =>
        all.map((h) =>
          h.is(HostRole.CONTROL)
            ? new Host({
                ...h,
                roles: [...h.roles, HostRole.MONITORING],
                nics: [...h.nics, { name: 'eno1', networks: [NetworkRole.PROVISIONING], address: `10.10.80.${h.name.slice(-2)}` }],
              })
            : h,
        ),
      options: {
        cinderBackend: CinderBackend.externalCeph({ configDirectory: '~/ceph' }),
        services: {
          barbican: true,
          designate: { nameServers: ['ns1.example.com', 'ns2.example.com'], forwarders: ['198.51.100.53'] },
          horizon: false,
          ironic: { agentDirectory: '~/ipa' },
          manila: ManilaBackend.cephFs(),
          masakari: true,
        },
        monitoring: true,
        centralLogging: true,
      },
    };
    expect(globals(given)).toMatchObject({
      enable_barbican: true,
      enable_designate: true,
      designate_ns_record: ['ns1.example.com', 'ns2.example.com'],
      designate_forwarders_addresses: '198.51.100.53',
      neutron_dns_domain: 'cloud.internal.',
      enable_horizon: false,
      enable_ironic: true,
      ironic_dnsmasq_dhcp_ranges: [{ range: '10.10.80.128,10.10.80.254' }],
      enable_manila: true,
      enable_manila_backend_cephfs_native: true,
      enable_masakari: true,
      enable_prometheus: true,
      enable_grafana: true,
      enable_central_logging: true,
      enable_valkey: true,
    });
    expect(inventory(given).hosts['control-11']).toMatchObject({
      dns_interface: 'bond0.30',
      ironic_http_interface: 'eno1',
      ironic_tftp_interface: 'eno1',
      ironic_dnsmasq_interface: 'eno1',
    });
    const { resource } = synth(given).json;
    expect(JSON.stringify(resource)).toMatch(/pathexpand\(\\+"~\/ipa\\+"\)\}\//);
  });

  test("the user's settings win and are merged by key", () => {
    const options = {
      extraGlobals: { enable_barbican: true, nova_console: 'spice' },
      configOverrides: { 'nova.conf': { DEFAULT: { reserved_host_cpus: '4' }, scheduler: { discover_hosts_in_cells_interval: '300' } } },
    };
    expect(globals({ options })).toMatchObject({ enable_barbican: true, nova_console: 'spice', openstack_release: '2026.1' });
    const { configurationFiles: files } = cloud({ options });
    expect(files['config/nova.conf']).toBe('[DEFAULT]\nreserved_host_cpus = 4\n\n[scheduler]\ndiscover_hosts_in_cells_interval = 300\n');
    // a host's own file would win over it
    expect(files['config/nova/compute-21/nova.conf']).not.toContain('reserved_host_cpus');
    const own = { configOverrides: { ...options.configOverrides, 'nova/compute-21/nova.conf': { DEFAULT: { reserved_host_cpus: '6' } } } };
    expect(cloud({ options: own }).configurationFiles['config/nova/compute-21/nova.conf']).toContain('reserved_host_cpus = 6');
  });

  test('pinned threads, huge pages and devices reach Nova and Neutron as the KVM profile has them', () => {
    const kvm = KvmProfile.of({
      dedicatedCpuSet: '4-31',
      sharedCpuSet: '2,3',
      hugePages: [{ sizeMib: 1024, count: 8 }],
      sriov: [{ name: 'ens3', virtualFunctions: 8, physicalNetwork: 'physnet2' }],
    });
    const { configurationFiles: files } = cloud({ kvm });
    expect(files['config/nova/compute-21/nova.conf']).toContain('[compute]\ncpu_dedicated_set = 4-31\ncpu_shared_set = 2-3\n');
    expect(files['config/nova/compute-21/nova.conf']).not.toContain('reserved_host_cpus');
    expect(files['config/nova.conf']).toMatch(/enabled_filters = ComputeFilter,.*,NUMATopologyFilter,PciPassthroughFilter\n/);
    expect(parse(files['globals.yml'])).toMatchObject({ enable_neutron_sriov: true, neutron_sriov_physnets: 'physnet2:ens3' });
    expect(files['config/neutron/ml2_conf.ini']).toContain('network_vlan_ranges = physnet1,physnet2\n');
  });
});

describe('stages', () => {
  const STAGES = [
    'Environment',
    'Verification',
    'Passwords',
    'Certificates',
    'BootstrapServers',
    'VolumeGroup',
    'Prechecks',
    'Pull',
    'Deploy',
    'PostDeploy',
  ];
  const steps = (stack: Synthesised) =>
    Object.fromEntries(
      Object.entries(stack.resources('terraform_data')).map(([id, block]) => [id.replace(/^OpenStack_(\w+?)_[0-9A-F]{8}$/, '$1'), block]),
    );
  const rerun = (before: Given, after: Given) => {
    const [a, b] = [steps(synth(before)), steps(synth(after))];
    return ['Files', ...STAGES].filter((name) => JSON.stringify(a[name]?.triggers_replace) !== JSON.stringify(b[name]?.triggers_replace));
  };

  test('in their order, after the pool', () => {
    const stack = synth();
    const all = steps(stack);
    expect(Object.keys(all)).toEqual(expect.arrayContaining(['Files', ...STAGES]));
    ['Files', ...STAGES].forEach((name, i, names) => {
      const before = i === 0 ? 'Pool_Verified' : `OpenStack_${names[i - 1]}`;
      expect(all[name].depends_on.join(' ')).toContain(before);
    });
  });

  test('run detached by the runner with sudo, and never on destroy', () => {
    const { Deploy, Prechecks } = steps(synth());
    expect(Deploy.provisioner).toHaveLength(1);
    const command = Deploy.provisioner[0]['remote-exec'].inline[0];
    expect(command).toMatch(
      /^sudo -n \/var\/lib\/strata-kolla\/bin\/run-stage\.sh deploy [0-9a-f]{64} 14400 \/var\/lib\/strata-kolla\/bin\/kolla-stage\.sh 2026\.1 deploy$/,
    );
    expect(command).toContain(Deploy.triggers_replace.inputs);
    expect(Prechecks.provisioner[0]['remote-exec'].inline[0]).toMatch(/ prechecks --use-test-images$/);
    expect(synth().text).not.toContain('"when": "destroy"');
  });

  test('destroyCloud removes the cloud after what stands on it, and by what the step itself remembers', () => {
    const stack = synth({ options: { destroyCloud: true } });
    const { DestroyCloud, Environment } = steps(stack);
    expect(DestroyCloud.input).toMatchObject({ host: '10.10.0.11', user: 'ubuntu', key: '~/.ssh/id_ed25519' });
    expect(DestroyCloud.input.command).toMatch(/kolla-stage\.sh 2026\.1 destroy-cloud$/);
    const [{ 'remote-exec': exec }] = DestroyCloud.provisioner;
    expect(exec).toMatchObject({ when: 'destroy', inline: ['${self.input.command}'] });
    expect(JSON.stringify(exec)).not.toMatch(/\$\{(local|terraform_data|var)\./);
    expect(DestroyCloud.depends_on.join()).toContain('OpenStack_Files');
    expect(Environment.depends_on.join()).toContain('OpenStack_DestroyCloud');
    expect(rerun({}, { options: { destroyCloud: true } })).toEqual([]);
  });

  test('with a vault the token is copied without passing the state, and passwords are of the vault', () => {
    const passwordVault = { address: 'https://vault.example.com:8200', tokenPath: '~/.vault-token', path: 'clouds/prod' };
    const stack = synth({ options: { passwordVault } });
    const { Files } = steps(stack);
    const sources = Files.provisioner.flatMap((p: any) => p.file?.source ?? []);
    expect(sources).toEqual(['${pathexpand("~/.ssh/id_ed25519")}', '${pathexpand("~/.vault-token")}']);
    expect(Files.triggers_replace['vault-token']).toBe('${filesha256(pathexpand("~/.vault-token"))}');
    expect(JSON.stringify(Files.provisioner)).toContain('/vault-token ');
    expect(JSON.parse(cloud({ options: { passwordVault } }).configurationFiles['vault.json'])).toEqual({
      address: 'https://vault.example.com:8200',
      mountPoint: 'kv',
      path: 'clouds/prod',
      namespace: '',
      caCertificate: '',
    });
    expect(rerun({}, { options: { passwordVault } })).toEqual(['Files', 'Passwords']);
  });

  test('the stage of certificates follows what is known of their end, and what was fetched follows the stage', () => {
    const stack = synth();
    const { Certificates, HandOver, Deploy } = steps(stack);
    const [name, word] = Object.entries<string>(stack.json.locals).find(([id]) => id.includes('CertificateRenewal'))!;
    expect(word).toContain('jsondecode(file(pathexpand("~/.config/strata/test/certificates.json")))');
    expect(word).toContain('timecmp(plantimestamp(), known.renewFrom) < 0');
    expect(Certificates.triggers_replace.renewal).toBe(`\${local.${name}}`);
    expect(Certificates.provisioner[0]['remote-exec'].inline[0]).toContain(`'renewal=\${local.${name}}'`);
    expect(HandOver.triggers_replace.certificates).toMatch(/^\$\{terraform_data\.OpenStack_Certificates_.*\.id\}$/);
    expect(Deploy.triggers_replace).not.toHaveProperty('renewal');
    const neither = steps(synth({ options: { tls: false } }));
    expect(neither).not.toHaveProperty('Certificates');
    expect(neither.HandOver.triggers_replace).not.toHaveProperty('certificates');
  });

  test('the same inputs are the same plan', () => expect(rerun({}, {})).toEqual([]));

  test.each([
    ['a setting of a service', { configOverrides: { 'nova.conf': { DEFAULT: { a: 'b' } } } }, ['Files', 'Prechecks', 'Deploy']],
    ['another service', { extraGlobals: { enable_barbican: true } }, ['Files', 'Prechecks', 'Pull', 'Deploy', 'PostDeploy']],
    [
      'another virtual address',
      { internalVip: '10.10.0.251' },
      ['Files', 'Verification', 'Certificates', 'Prechecks', 'Pull', 'Deploy', 'PostDeploy'],
    ],
    ['a longer patience', { stageTimeoutMinutes: 600 }, []],
    [
      'another release',
      { release: OpenStackRelease.V2025_2 },
      ['Files', ...STAGES.filter((name) => !['Verification', 'Certificates'].includes(name))],
    ],
  ])('%s runs what depends on it, and nothing else', (_, options, expected) => expect(rerun({}, { options })).toEqual(expected));

  test('the host upgrades what OpenStack can upgrade, and nothing else', () => {
    const script = readFileSync(join(__dirname, '../../lib/openstack/engines/kolla/kolla-stage.sh'), 'utf8');
    const pairs = OpenStackRelease.all().flatMap((from) =>
      OpenStackRelease.all().flatMap((to) => (from.canUpgradeTo(to) ? [`'${from} ${to}'`] : [])),
    );
    expect(script).toContain(`    ${pairs.join(' | ')}) ;;`);
  });

  test('retired hosts are told to the deployment host', () => {
    const { Files } = steps(synth({ options: { retiredHosts: ['compute-29', 'compute-28'] } }));
    expect(Files.triggers_replace.retired).toBe('compute-28,compute-29');
    expect(JSON.stringify(Files.provisioner)).toContain('compute-28,compute-29');
    expect(rerun({}, { options: { retiredHosts: ['compute-29'] } })).toEqual(['Files']);
  });

  test('another host runs what works on hosts', () => {
    const more = (all: Host[]) => [...all, testHost(24, [HostRole.COMPUTE])];
    expect(rerun({}, { hosts: more })).toEqual(['Files', 'Verification', 'BootstrapServers', 'VolumeGroup', 'Prechecks', 'Pull', 'Deploy']);
    const control = (all: Host[]) => [...all, ...[14, 15].map((n) => testHost(n, [HostRole.CONTROL]))];
    expect(rerun({}, { hosts: control })).toContain('Certificates');
  });

  test('no secret and no path of this machine is synthesised', () => {
    const { json } = synth();
    const text = JSON.stringify([json.locals, json.resource]);
    expect(text).not.toContain(process.cwd());
    expect(text).not.toMatch(/_password"|BEGIN .*PRIVATE KEY/);
  });

  test("Ceph's files are copied without passing the state, and another file deploys again", () => {
    const stack = synth({ options: { cinderBackend: CinderBackend.externalCeph({ configDirectory: '~/ceph/' }) } });
    const { Files, Deploy, Pull } = steps(stack);
    const sources = Files.provisioner.flatMap((p: any) => p.file?.source ?? []);
    expect(sources).toEqual(['${pathexpand("~/.ssh/id_ed25519")}', '${pathexpand("~/ceph")}/']);
    const [name, expression] = Object.entries(stack.json.locals).find(([id]) => id.includes('CephFiles'))!;
    expect(expression).toContain('fileset(pathexpand("~/ceph"), "**")');
    expect(Files.triggers_replace.ceph).toBe(`\${local.${name}}`);
    expect(Deploy.triggers_replace.ceph).toBe(`\${local.${name}}`);
    expect(Pull.triggers_replace).not.toHaveProperty('ceph');
    expect(stack.text).not.toContain('$${sha256');
  });

  test('a reference as an address gets a hash by Terraform, not of the token', () => {
    const stack = synthStack((scope) => {
      const address = new TerraformVariable(scope, 'address', { type: 'string' }).stringValue;
      make(scope, { hosts: change('compute-21', (old) => new Host({ ...old, managementAddress: address })) });
    });
    const { BootstrapServers, Environment } = steps(stack);
    expect(BootstrapServers.triggers_replace.inputs).toMatch(/^\$\{sha256\(local\./);
    expect(Environment.triggers_replace.inputs).toMatch(/^[0-9a-f]{64}$/);
    expect(stack.text).toContain('var.address');
    expect(stack.text).not.toContain('TfToken');
  });
});

describe('what would fail an hour later is an error now', () => {
  const without = (role: HostRole) => (all: Host[]) =>
    all.flatMap((h) => (h.roles.every((r) => r === role) ? [] : [new Host({ ...h, roles: h.roles.filter((r) => r !== role) })]));
  const nics = (edit: (nics: Host['nics']) => Host['nics']) => (old: Host) => new Host({ ...old, nics: edit(old.nics) });

  test.each<[string, Given, RegExp]>([
    ['no control host', { hosts: without(HostRole.CONTROL) }, /no host has the role control, which runs the APIs.*; give it to at least one host/],
    ['no network host', { hosts: without(HostRole.NETWORK) }, /no host has the role network/],
    ['no compute host', { hosts: without(HostRole.COMPUTE) }, /no host has the role compute/],
    ['two control hosts', { hosts: (all) => all.filter(({ name }) => name !== 'control-13') }, /number of control hosts must be odd.*got 2; use 3/],
    [
      'two deployment hosts',
      { hosts: (all) => all.map((h) => (h.is(HostRole.STORAGE) ? new Host({ ...h, roles: [...h.roles, HostRole.DEPLOYMENT] }) : h)) },
      /only one host may have the role deployment/,
    ],
    [
      'storage without a storage host',
      { hosts: without(HostRole.STORAGE), options: { cinderBackend: CinderBackend.lvm() } },
      /no host has the role storage/,
    ],
    [
      'LVM on a host without a second disk',
      { hosts: change('storage-32', (old) => new Host({ ...old, disks: [old.disks[0]] })), options: { cinderBackend: CinderBackend.lvm() } },
      /storage host storage-32 has no disk for block storage, got \["\/dev\/sda"\]/,
    ],
    [
      'an internal VIP elsewhere',
      { options: { internalVip: '10.11.0.250' } },
      /internalVip is outside its network 10\.10\.0\.0\/24, got "10\.11\.0\.250"/,
    ],
    ['an external VIP elsewhere', { options: { externalVip: '198.51.100.7' } }, /externalVip is outside its network 203\.0\.113\.0\/24/],
    ['a VIP that is no address', { options: { internalVip: 'cloud.example.com' } }, /internalVip is not an IPv4 or IPv6 address/],
    ["a host's address as VIP", { options: { internalVip: '10.10.0.12' } }, /internalVip is the address of host control-12, and must be free/],
    ['a broadcast address as VIP', { options: { internalVip: '10.10.0.255' } }, /internalVip is the first or last address/],
    ['VRID 0', { options: { virtualRouterId: 0 } }, /virtualRouterId must be a whole number from 1 to 255, got 0/],
    ['VRID 256', { options: { virtualRouterId: 256 } }, /virtualRouterId must be a whole number from 1 to 255, got 256/],
    ['no internal network', { networks: (all) => all.filter(({ role }) => role !== NetworkRole.INTERNAL_API) }, /no network with role "internal"/],
    [
      'a host without the internal network',
      {
        hosts: change(
          'compute-22',
          nics((all) => all.filter(({ networks }) => !networks.includes(NetworkRole.INTERNAL_API))),
        ),
      },
      /host compute-22 has no interface for network "internal"/,
    ],
    [
      'a tunnel without address',
      {
        hosts: change(
          'compute-22',
          nics((all) => all.map((n) => (n.networks.includes(NetworkRole.TUNNEL) ? { ...n, address: undefined } : n))),
        ),
      },
      /interface bond0\.20 of compute-22 has no address in network "tunnel"/,
    ],
    [
      'a provider interface with an address',
      {
        hosts: change(
          'control-12',
          nics((all) => all.map((n) => (n.networks.includes(NetworkRole.PROVIDER) ? { ...n, address: '203.0.113.99' } : n))),
        ),
      },
      /interface bond1 of control-12 leads into the provider networks and has an address.*got "203\.0\.113\.99"/,
    ],
    [
      'a network host without a provider interface',
      {
        hosts: change(
          'control-12',
          nics((all) => all.filter(({ networks }) => !networks.includes(NetworkRole.PROVIDER))),
        ),
      },
      /network host control-12 has no interface for network "provider"/,
    ],
    [
      'OVN load balancers without OVN',
      { options: { neutronDriver: NeutronDriver.OPEN_VSWITCH }, props: { loadBalancerProvider: LoadBalancerProvider.OVN } },
      /load balancers in OVN need OVN networking/,
    ],
    [
      'amphora options with OVN load balancers',
      { options: { amphoraAddresses: { start: '10.10.60.100', end: '10.10.60.200' } } },
      /amphoraAddresses is for amphorae/,
    ],
    [
      'amphorae without their network',
      {
        networks: (all) => all.filter(({ role }) => role !== NetworkRole.OCTAVIA_MANAGEMENT),
        props: { loadBalancerProvider: LoadBalancerProvider.AMPHORA },
      },
      /amphorae need a network with role "octavia", a CIDR and a VLAN/,
    ],
    [
      "amphorae on hosts' addresses",
      { options: { amphoraAddresses: { start: '10.10.60.10', end: '10.10.60.20' } }, props: { loadBalancerProvider: LoadBalancerProvider.AMPHORA } },
      /the addresses for amphorae, 10\.10\.60\.10 to 10\.10\.60\.20, hold the one of host control-11/,
    ],
    [
      'an unmaintained release',
      { options: { release: OpenStackRelease.V2025_1 } },
      /OpenStack 2025\.1 has been unmaintained.*use one of 2025\.2, 2026\.1/,
    ],
    [
      'a host system that the release lacks',
      { hosts: (all) => all.map((h) => new Host({ ...h, os: 'debian-12' })) },
      /does not support this host distribution for OpenStack 2026\.1, got "debian-12"; use ubuntu-24\.04, debian-13/,
    ],
    [
      'mixed host systems',
      { hosts: change('storage-33', (old) => new Host({ ...old, os: 'debian-13' })) },
      /host storage-33 has another operating system than control-11/,
    ],
    [
      'an unknown host system',
      { hosts: change('storage-33', (old) => new Host({ ...old, os: 'ubunut-24.04' })) },
      /os of storage-33 is not known, got "ubunut-24\.04"; did you mean ubuntu-24\.04/,
    ],
    [
      'CentOS without images',
      { hosts: (all) => all.map((h) => new Host({ ...h, os: 'centos-stream-10' })) },
      /Kolla publishes no container images for CentOS Stream/,
    ],
    [
      'an interface for all hosts',
      { options: { extraGlobals: { api_interface: 'eth0' } } },
      /a setting in extraGlobals is one of each host, got "api_interface"/,
    ],
    [
      'a setting with an option',
      { options: { extraGlobals: { kolla_internal_vip_address: '10.10.0.9' } } },
      /has an option of its own.*use internalVip/,
    ],
    [
      'amphorae without the job board',
      { options: { extraGlobals: { enable_valkey: false } }, props: { loadBalancerProvider: LoadBalancerProvider.AMPHORA } },
      /Octavia's job board, which amphorae need, needs Valkey/,
    ],
    [
      'Ceph without locks',
      { options: { cinderBackend: CinderBackend.externalCeph({ configDirectory: '~/ceph' }), extraGlobals: { enable_valkey: 'no' } } },
      /volumes in Ceph need Valkey or etcd/,
    ],
    [
      'several volume services without a cluster name',
      { options: { cinderBackend: CinderBackend.externalCeph({ configDirectory: '~/ceph' }), extraGlobals: { cinder_cluster_name: '' } } },
      /cinder_cluster_name must be set for 3 volume services/,
    ],
    [
      'a cluster name for one volume service',
      {
        hosts: (all) => all.filter((h) => !h.is(HostRole.CONTROL) || h.name === 'control-11'),
        options: { cinderBackend: CinderBackend.externalCeph({ configDirectory: '~/ceph' }), extraGlobals: { cinder_cluster_name: 'cinder' } },
      },
      /cinder_cluster_name is for several volume services, and there is one/,
    ],
    [
      'Cinder without a backend',
      { options: { cinderBackend: CinderBackend.none(), extraGlobals: { enable_cinder: true } } },
      /Cinder is enabled without a backend/,
    ],
    [
      'a tenant network for amphorae with OVN',
      { options: { extraGlobals: { octavia_network_type: 'tenant' } } },
      /octavia_network_type tenant works with Open vSwitch alone/,
    ],
    [
      'highly available agents on one host',
      {
        hosts: (all) => all.filter((h) => !h.is(HostRole.CONTROL) || h.name === 'control-11'),
        options: { neutronDriver: NeutronDriver.OPEN_VSWITCH, extraGlobals: { enable_neutron_agent_ha: true } },
      },
      /enable_neutron_agent_ha needs two network hosts, got 1/,
    ],
    [
      'Masakari without a store',
      { options: { services: { masakari: true }, extraGlobals: { enable_valkey: false } } },
      /Masakari on several control hosts needs Valkey or etcd/,
    ],
    [
      'Masakari with one compute host',
      { hosts: (all) => all.filter((h) => !h.is(HostRole.COMPUTE) || h.name === 'compute-21'), options: { services: { masakari: true } } },
      /services\.masakari starts servers again on another compute host, and there is none/,
    ],
    [
      'another number of bridges',
      { options: { extraGlobals: { neutron_bridge_name: 'br-ex,br-two' } } },
      /neutron_bridge_name must name a bridge for each provider interface/,
    ],
    [
      'an unknown type of network',
      { options: { extraGlobals: { neutron_tenant_network_types: 'gre' } } },
      /neutron_tenant_network_types has a type.*got \["gre"\]/,
    ],
    [
      'a domain without its dot',
      { options: { extraGlobals: { neutron_dns_integration: true, neutron_dns_domain: 'example.com' } } },
      /Neutron names servers in DNS in a domain that ends with "\."/,
    ],
    ['Redis, which Valkey took the place of', { options: { extraGlobals: { enable_redis: true } } }, /enable_redis is gone/],
    ['Ceph by Kolla, which is gone', { options: { extraGlobals: { enable_ceph: 'yes' } } }, /enable_ceph is gone/],
    ["Let's Encrypt without a person", { options: { extraGlobals: { enable_letsencrypt: true } } }, /enable_letsencrypt needs letsencrypt_email/],
    ['a RADOS gateway that is nowhere', { options: { extraGlobals: { enable_ceph_rgw: true } } }, /enable_ceph_rgw needs ceph_rgw_hosts/],
    [
      'tokens that live too long',
      { options: { extraGlobals: { fernet_token_expiry: 604801 } } },
      /fernet_token_expiry must be a whole number of seconds from 0 to 604800/,
    ],
    [
      "Ironic's agent without Ironic",
      { options: { extraGlobals: { enable_ironic_neutron_agent: true } } },
      /enable_ironic_neutron_agent needs Ironic/,
    ],
    [
      'Ironic without its network',
      { options: { services: { ironic: { agentDirectory: '~/ipa' } } } },
      /services\.ironic needs a network with role "provisioning"/,
    ],
    [
      'Manila without Ceph',
      { options: { services: { manila: ManilaBackend.cephFs() } } },
      /services\.manila keeps its shares in CephFS, and there is no Ceph cluster/,
    ],
    [
      "a domain of Designate's without its dot",
      { options: { services: { designate: { nameServers: ['ns1.example.com'], domain: 'example.com' } } } },
      /in a domain that ends with/,
    ],
    ['Designate without names', { options: { services: { designate: { nameServers: [] } } } }, /nameServers must not be empty/],
    ['monitoring without a host', { options: { monitoring: true } }, /no host has the role monitoring/],
    ["the host's own resolver", { options: { dnsServers: ['127.0.0.53'] } }, /dnsServers has an address of the host itself/],
    [
      'an upgrade back',
      { options: { release: OpenStackRelease.V2025_2, upgradeFrom: OpenStackRelease.V2026_1 } },
      /OpenStack can't go back from 2026\.1, got "2025\.2"; stay on 2026\.1/,
    ],
    [
      'a host that is there as retired',
      { options: { retiredHosts: ['compute-21'] } },
      /retiredHosts names a host of the inventory, got "compute-21"/,
    ],
    ['a secret', { options: { extraGlobals: { database_password: 'x' } } }, /database_password in extraGlobals looks like a secret/],
    ['a file outside the overlay', { options: { configOverrides: { '../globals.yml': {} } } }, /path in configOverrides must be relative/],
    [
      'a value of two lines',
      { options: { configOverrides: { 'nova.conf': { DEFAULT: { a: 'b\nc = d' } } } } },
      /nova\.conf has a key or value that an INI file can't hold/,
    ],
    [
      'a vault without a scheme',
      { options: { passwordVault: { address: 'vault.example.com', tokenPath: '~/t' } } },
      /passwordVault\.address must be an http or https address/,
    ],
    [
      'a vault whose path begins with a slash',
      { options: { passwordVault: { address: 'https://vault.example.com:8200', tokenPath: '~/t', path: '/prod' } } },
      /passwordVault\.path must be words/,
    ],
    ['a registry with a scheme', { options: { registry: { server: 'https://registry.example.com' } } }, /registry\.server must be a host name/],
    [
      'an MTU too small for IPv6 inside the tunnel',
      { networks: (all) => all.map((n) => (n.role === NetworkRole.TUNNEL ? { ...n, mtu: 1300 } : n)) },
      /tunnel network: MTU inside Geneve \(OVN\) no longer holds a packet of 1280 bytes/,
    ],
    ['a zone with a space', { hosts: change('compute-21', (old) => new Host({ ...old, zone: 'rack 1' })) }, /compute zone must be letters, digits/],
    ['no zones', { props: { zones: [] } }, /zones must not be empty/],
    [
      'another distribution than the hosts have',
      { options: { hostDistribution: HostDistribution.ROCKY_10 } },
      /has another operating system than hostDistribution says \(rocky-10\)/,
    ],
  ])('%s', (_, given, message) => {
    expect(() => cloud(given)).toThrow(message);
    expect(() => cloud(given)).toThrow(/^metal\/OpenStack: /);
  });

  test('hosts may be reinstalled one by one after an upgrade', () => {
    const hosts = (all: Host[]) => all.map((h) => new Host({ ...h, os: 'debian-12' }));
    expect(() => cloud({ hosts, options: { upgradeFrom: OpenStackRelease.V2025_1 } })).not.toThrow();
  });

  test.each(['internalVip', 'externalVip', 'virtualRouterId', 'tls', 'internalFqdn'])('a reference as %s is refused, not misread', (name) => {
    expect(() =>
      synthStack((stack) => {
        const variable = new TerraformVariable(stack, 'v', {});
        const value = name === 'virtualRouterId' ? variable.numberValue : name === 'tls' ? variable.booleanValue : variable.stringValue;
        make(stack, { options: { [name]: value } as Partial<KollaOptions> });
      }),
    ).toThrow(`test/OpenStack: ${name} must be known at synth, a reference was given; give the value itself`);
  });
});
