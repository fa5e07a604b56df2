import { parse } from 'yaml';
import { cloud, Given, synth, VERSIONS } from './cloud';
import { Host, HostRole, NetworkRole } from '../../../../lib/contracts/host';
import { CpuMode, KvmProfile } from '../../../../lib/contracts/kvm-profile';
import { LoadBalancerProvider } from '../../../../lib/contracts/openstack-cloud';
import { OpenStackRelease } from '../../../../lib/core/openstack-release';
import { NeutronDriver } from '../../../../lib/openstack/engines/kolla/kolla-options';
import { Chart, CHARTS, chartStages } from '../../../../lib/openstack/engines/openstack-helm/charts';
import { OpenStackHelmEndpoints } from '../../../../lib/openstack/engines/openstack-helm/openstack-helm-options';
import { secretPaths } from '../../../../lib/openstack/engines/openstack-helm/secrets';
import { recorded, unknownValues } from '../../../kubernetes/addons/recorded-chart';
import { Block, Synthesised } from '../../../support/synth';
import { testHost } from '../../pool';

const known = (chart: string) => recorded(`openstack-helm/${chart}`);
const valuesOf = (files: { readonly [path: string]: string }) => (chart: string) => parse(files[`values/${chart}.yaml`]);
const values = (given: Given = {}) => valuesOf(cloud(given).configurationFiles);
const OVS: Given = { options: { neutronDriver: NeutronDriver.OPEN_VSWITCH } };
const EVERYTHING: Given = { options: { services: { barbican: true, heat: true }, ceph: {} } };
const release = (stack: Synthesised, chart: string): Block => Object.values(stack.resources('helm_release')).find(({ name }) => name === chart)!;
/** Synthesised once for all tests that look at it. */
const once = (given: Given) => {
  let made: Synthesised | undefined;
  return () => (made ??= synth(given));
};
const plain = once({});
const full = once(EVERYTHING);
const tuned = once({ options: { values: { nova: { conf: { nova: { scheduler: { max_attempts: '5' } } } } } } });
const named = (stack: Synthesised, type: string, part: string): Block =>
  Object.entries(stack.resources(type)).find(([name]) => name.includes(part))![1];
const waitsFor = (stack: Synthesised, chart: string): string[] =>
  release(stack, chart).depends_on.flatMap((address: string) => /Chart-(\w+)_/.exec(address)?.[1] ?? []);

describe('as a cloud', () => {
  test('tells what the layers above need', () => {
    expect(cloud()).toMatchObject({
      authUrl: 'https://keystone.cloud.example.com/v3',
      region: 'RegionOne',
      loadBalancerProvider: LoadBalancerProvider.OVN,
      tenantNetworkMtu: 9000 - 58,
      computeHostCount: 3,
      cloudsYamlPath: '~/.config/strata/metal/clouds.yaml',
      caCertificatePath: '~/.config/strata/metal/ca.crt',
    });
    expect(cloud({ options: { tls: false } })).toMatchObject({ authUrl: 'http://keystone.cloud.example.com/v3', caCertificatePath: undefined });
    expect(cloud({ options: { tlsSecretName: 'from-acme' } }).caCertificatePath).toBeUndefined();
    expect(cloud(OVS)).toMatchObject({ tenantNetworkMtu: 9000 - 50, loadBalancerProvider: LoadBalancerProvider.AMPHORA });
  });
});

describe('charts', () => {
  const ALL = { ovn: true, cinder: true, barbican: true, heat: true, horizon: true, octavia: true };

  test('stand once each, in stages', () => {
    const stages = chartStages(ALL);
    expect(stages.flat().sort()).toEqual([...CHARTS].sort());
    const at = (chart: Chart) => stages.findIndex((stage) => stage.includes(chart));
    expect([at('mariadb'), at('rabbitmq'), at('memcached')].every((n) => n < at('keystone'))).toBe(true);
    expect(['glance', 'placement', 'barbican', 'heat'].every((chart) => at(chart as Chart) > at('keystone'))).toBe(true);
    expect(at('cinder')).toBeGreaterThan(at('glance'));
    // Neutron's pods find OVN's databases by the environment that they are born with.
    expect(at('ovn')).toBeGreaterThan(at('openvswitch'));
    expect(at('neutron')).toBeGreaterThan(at('ovn'));
    expect(at('octavia')).toBeGreaterThan(at('neutron'));
    expect(chartStages({ ovn: false, cinder: false, barbican: false, heat: false, horizon: false, octavia: false }).flat()).not.toContain('ovn');
  });

  test('Nova, Neutron and libvirt, whose pods wait for each other, are installed side by side, and what comes next waits for all three', () => {
    const stack = full();
    for (const chart of ['nova', 'neutron', 'libvirt']) expect(waitsFor(stack, chart)).toEqual(['cinder']);
    expect(waitsFor(stack, 'octavia').sort()).toEqual(['libvirt', 'neutron', 'nova']);
    expect(waitsFor(stack, 'keystone').sort()).toEqual(['mariadb', 'memcached', 'openvswitch', 'rabbitmq']);
    expect(release(stack, 'mariadb').depends_on.join()).toMatch(/terraform_data.Pool_Verified.*kubernetes_namespace_v1.*kubernetes_labels/);
  });

  test('Helm waits for no pod of them, which would wait for jobs that Helm starts afterwards', () => {
    const stack = full();
    for (const each of Object.values(stack.resources('helm_release'))) expect(each).toMatchObject({ wait: false });
    expect(release(stack, 'nova')).toMatchObject({ timeout: 3600, reset_values: true, version: '2026.1.8+a2a343968', namespace: 'openstack' });
    expect(release(stack, 'mariadb').version).toBe(VERSIONS.mariadb);
  });

  test('the cloud is waited for and handed over at the end, again when something changed', () => {
    const stack = plain();
    const ready = named(stack, 'terraform_data', 'Ready');
    expect(ready.depends_on).toHaveLength(14);
    const { environment, command } = ready.provisioner[0]['local-exec'];
    expect(environment).toMatchObject({ STRATA_COMPUTES: '3', STRATA_TIMEOUT: '3600', STRATA_HOST: 'https://10.10.0.5:6443' });
    expect(command).toBe('eval "$STRATA_WAIT"');
    expect(named(tuned(), 'terraform_data', 'Ready').triggers_replace.inputs).not.toBe(ready.triggers_replace.inputs);
    const handOver = named(stack, 'terraform_data', 'HandOver');
    expect(handOver.triggers_replace.stage).toMatch(/terraform_data\.OpenStack_Ready_\w+\.id/);
    expect(handOver.provisioner[0]['local-exec'].environment).toMatchObject({ STRATA_CA_SECRET: 'openstack-public-tls' });
  });

  test('come and go with the services', () => {
    const charts = (given: Given) => Object.keys(cloud(given).configurationFiles).map((path) => path.slice(7, -5));
    expect(charts({})).not.toContain('cinder');
    expect(charts(EVERYTHING)).toEqual(expect.arrayContaining(['cinder', 'barbican', 'heat', 'octavia', 'horizon']));
    expect(charts({ options: { services: { horizon: false, octavia: false } } })).not.toEqual(expect.arrayContaining(['horizon']));
    expect(charts(OVS)).not.toEqual(expect.arrayContaining(['ovn']));
  });
});

describe('what charts are told', () => {
  const two = (hosts: Host[]) => hosts.map((host) => (host.name === 'compute-23' ? new Host({ ...host, memoryMib: 524288 }) : host));
  test.each<[string, Given]>([
    ['OVN', {}],
    ['OVN and everything', EVERYTHING],
    ['Open vSwitch', { options: { ...OVS.options, ceph: {}, dnsServers: ['9.9.9.9'] } }],
    ['without TLS, one host of each', { options: { tls: false }, hosts: (hosts) => [hosts[0], hosts[3]] }],
    ['hosts that differ', { hosts: two }],
  ])('exists in them: %s', (_, given) => {
    const files = cloud(given).configurationFiles;
    for (const path of Object.keys(files)) {
      const chart = path.slice(7, -5);
      const told = parse(files[path]);
      // daemonsets of a host or a label: read by the charts' helm-toolkit, and in no values.yaml
      for (const { values: more } of Object.values<Block>(told.overrides?.nova_compute?.labels ?? {})) {
        expect(unknownValues(known(chart), more)).toEqual([]);
      }
      delete told.overrides;
      expect(`${chart}: ${unknownValues(known(chart), told).join('; ')}`).toBe(`${chart}: `);
    }
  });

  test('no password stays what everybody knows', () => {
    const WELL_KNOWN = /^(password|supersecret|insecure|not-secure-passphrase|openstack-cookie|9aee62c0-5253-4a86-b189-e0fb71fa503c)$/;
    for (const chart of CHARTS) {
      const listed = Object.entries(known(chart).values);
      const open = listed.filter(([, value]) => typeof value === 'object' && WELL_KNOWN.test(String(value.default))).map(([path]) => path);
      const made = Object.keys(secretPaths(chart));
      // For a registry that asks for a password, which is off.
      const unset = open.filter((path) => !made.includes(path) && !path.startsWith('endpoints.oci_image_registry.'));
      expect(`${chart}: ${unset.join()}`).toBe(`${chart}: `);
      const nowhere = made.filter(
        (path) =>
          !listed.some(([name, value]) => name === path || (typeof value === 'object' && value.type === 'object' && path.startsWith(`${name}.`))),
      );
      expect(`${chart}: ${nowhere.join()}`).toBe(`${chart}: `);
    }
  });

  test('a password is the same wherever it is known, another one for everything else, and never literal', () => {
    const stack = full();
    const set = (chart: string, path: string) => release(stack, chart).set_sensitive.find(({ name }: Block) => name === path).value;
    expect(set('nova', 'endpoints.identity.auth.admin.password')).toBe(set('keystone', 'endpoints.identity.auth.admin.password'));
    expect(set('nova', 'conf.nova.neutron.metadata_proxy_shared_secret')).toBe(
      set('neutron', 'conf.ovn_metadata_agent.DEFAULT.metadata_proxy_shared_secret'),
    );
    expect(set('rabbitmq', 'endpoints.oslo_messaging.auth.user.password')).toBe(set('heat', 'endpoints.oslo_messaging.auth.admin.password'));
    expect(set('mariadb', 'endpoints.oslo_db.auth.admin.password')).toBe(set('nova', 'endpoints.oslo_db_cell0.auth.admin.password'));
    expect(set('cinder', 'endpoints.identity.auth.glance.password')).toBe(set('glance', 'endpoints.identity.auth.glance.password'));
    expect(set('nova', 'endpoints.identity.auth.service.password')).not.toBe(set('cinder', 'endpoints.identity.auth.service.password'));
    expect(set('nova', 'endpoints.oslo_db.auth.nova.password')).not.toBe(set('nova', 'endpoints.identity.auth.nova.password'));
    expect(set('barbican', 'conf.barbican.simple_crypto_plugin.kek')).toMatch(/^\$\{base64encode\(random_password/);
    for (const chart of CHARTS) {
      for (const { value, type } of release(stack, chart).set_sensitive ?? []) {
        expect([value, type]).toEqual([expect.stringMatching(/^\$\{/), 'string']);
      }
    }
    for (const each of Object.values(stack.resources('random_password'))) {
      expect(each).toMatchObject({ length: 32, special: false, lifecycle: { prevent_destroy: true, ignore_changes: 'all' } });
    }
  });

  test('the members of what needs a quorum, and every chart knows how many the queue has', () => {
    const told = values(EVERYTHING);
    expect(told('mariadb').pod.replicas.server).toBe(3);
    expect(told('rabbitmq').pod.replicas.server).toBe(3);
    expect(told('ovn').pod.replicas).toEqual({ ovn_ovsdb_nb: 3, ovn_ovsdb_sb: 3, ovn_northd: 3 });
    for (const chart of ['keystone', 'glance', 'nova', 'neutron', 'cinder', 'heat', 'barbican', 'octavia']) {
      expect([chart, told(chart).endpoints.oslo_messaging.statefulset]).toEqual([chart, { replicas: 3 }]);
    }
    const one = values({ hosts: (hosts) => [hosts[0], hosts[3]] });
    expect(one('nova').endpoints.oslo_messaging.statefulset.replicas).toBe(one('rabbitmq').pod.replicas.server);
    expect(one('mariadb').pod.replicas.server).toBe(1);
  });

  test('Nova and libvirt wait for the networking that there is', () => {
    expect([values()('nova').network.backend, values()('libvirt').network.backend]).toEqual([['ovn'], ['ovn']]);
    expect([values(OVS)('nova').network.backend, values(OVS)('libvirt').network.backend]).toEqual([['openvswitch'], ['openvswitch']]);
    expect(values()('neutron').manifests).toMatchObject({
      daemonset_ovn_metadata_agent: true,
      daemonset_l3_agent: false,
      daemonset_ovs_agent: false,
    });
    expect(values(OVS)('neutron').labels.agent.l3.node_selector_key).toBe('openstack-network-node');
  });

  test('no Ceph where there is none; Ceph everywhere where there is', () => {
    expect([values()('nova').conf.ceph.enabled, values()('libvirt').conf.ceph.enabled, values()('glance').storage]).toEqual([false, false, 'pvc']);
    const ceph = values({ options: { ceph: { configMap: 'conf', adminKeySecret: 'key' } } });
    expect(ceph('glance')).toMatchObject({ storage: 'rbd', ceph_client: { configmap: 'conf', user_secret_name: 'key' } });
    expect(ceph('nova').conf.nova.libvirt.images_type).toBe('rbd');
    expect(ceph('cinder').manifests.deployment_backup).toBe(false);
  });

  test('the KVM profile: for all, or for each group of hosts by a label', () => {
    const kvm = KvmProfile.of({ cpuMode: CpuMode.HOST_PASSTHROUGH, cpuAllocationRatio: 2 });
    const all = values({ kvm })('nova').conf.nova;
    expect(all.DEFAULT).toEqual({
      cpu_allocation_ratio: null,
      ram_allocation_ratio: null,
      disk_allocation_ratio: null,
      initial_cpu_allocation_ratio: '2',
      reserved_host_memory_mb: '12288',
      reserved_host_cpus: '2',
    });
    expect(all.libvirt.cpu_mode).toBe('host-passthrough');

    const given = { kvm, hosts: two };
    const groups = Object.entries<Block>(values(given)('nova').overrides.nova_compute.labels);
    expect(groups.map(([, group]) => group.values.conf.nova.DEFAULT.reserved_host_memory_mb).sort()).toEqual(['12288', '32768']);
    const stack = synth(given);
    const label = (host: string) => `strata-nova-compute::${named(stack, 'kubernetes_labels', host).labels['strata-nova-compute']}`;
    expect(label('compute-21')).toBe(label('compute-22'));
    expect(groups.map(([name]) => name).sort()).toEqual([label('compute-21'), label('compute-23')].sort());
    expect(named(stack, 'kubernetes_labels', 'control-11').labels).not.toHaveProperty('strata-nova-compute');
  });

  test('MTUs, bridges, and names of hosts as the inventory has them', () => {
    const told = values({ options: { dnsServers: ['9.9.9.9', '1.1.1.1'] } });
    const { neutron, plugins } = told('neutron').conf;
    expect(neutron.DEFAULT.global_physnet_mtu).toBe('9000');
    expect(plugins.ml2_conf.ml2).toMatchObject({ path_mtu: '9000', physical_network_mtus: 'physnet1:1500', mechanism_drivers: 'ovn' });
    expect(plugins.ml2_conf.ovn).toMatchObject({ dns_servers: '9.9.9.9,1.1.1.1', enable_distributed_floating_ip: false });
    expect(told('ovn').conf).toEqual({ ovn_bridge_mappings: 'physnet1:br-ex', auto_bridge_add: { 'br-ex': 'bond1' } });
    expect(told('ovn').network.interface.tunnel_network_cidr).toBe('10.10.20.0/24');
    expect([told('nova').pod.use_fqdn.compute, told('ovn').pod.use_fqdn.compute, told('neutron').pod.use_fqdn.neutron_agent]).toEqual([
      false,
      false,
      false,
    ]);
    expect(values(OVS)('neutron').conf.plugins.openvswitch_agent.ovs.bridge_mappings).toBe('physnet1:br-ex');
  });

  test("users' values come last", () => {
    const stack = tuned();
    const locals = Object.values<string>(stack.json.locals);
    const [computed, given] = release(stack, 'nova').values.map((reference: string) => stack.json.locals[/local\.([\w-]+)/.exec(reference)![1]]);
    expect(JSON.parse(given)).toEqual({ conf: { nova: { scheduler: { max_attempts: '5' } } } });
    expect(JSON.parse(computed)).toEqual(values()('nova'));
    expect(locals.join()).not.toContain('TfToken');
  });
});

describe('the cluster', () => {
  test('its nodes have the labels of their roles', () => {
    const stack = plain();
    expect(named(stack, 'kubernetes_labels', 'control-11')).toMatchObject({
      api_version: 'v1',
      kind: 'Node',
      metadata: { name: 'control-11' },
      labels: { 'openstack-control-plane': 'enabled', 'openstack-network-node': 'enabled', 'l3-agent': 'enabled', openvswitch: 'enabled' },
    });
    expect(named(stack, 'kubernetes_labels', 'compute-21').labels).toEqual({ 'openstack-compute-node': 'enabled', openvswitch: 'enabled' });
    expect(Object.keys(stack.resources('kubernetes_labels')).join()).not.toContain('storage');
    expect(stack.resource('kubernetes_namespace_v1').metadata).toEqual({
      name: 'openstack',
      labels: { 'pod-security.kubernetes.io/enforce': 'privileged' },
    });
    // What the charts' own selectors ask for is there.
    const labels = new Set(Object.values(stack.resources('kubernetes_labels')).flatMap((each) => Object.keys(each.labels)));
    for (const chart of CHARTS) {
      for (const [path, value] of Object.entries(known(chart).values)) {
        if (path.endsWith('.node_selector_key') && typeof value === 'object') expect(labels).toContain(value.default);
      }
    }
  });

  test('destroying is refused unless it is asked for', () => {
    const kept = plain();
    for (const each of Object.values(kept.resources('helm_release'))) expect(each.lifecycle).toEqual({ prevent_destroy: true });
    expect(kept.resource('kubernetes_namespace_v1').lifecycle).toEqual({ prevent_destroy: true });
    const gone = synth({ options: { destroyCloud: true } });
    expect(release(gone, 'nova').lifecycle).toBeUndefined();
    expect(Object.values(gone.resources('random_password'))[0].lifecycle).toEqual({ ignore_changes: 'all' });
  });
});

describe('public APIs', () => {
  const objects = (stack: Synthesised): Block[] => {
    const [local] = release(stack, 'openstack-endpoints').values.map((reference: string) => /local\.([\w-]+)/.exec(reference)![1]);
    return JSON.parse(stack.json.locals[local]).objects.map((text: string) => JSON.parse(text));
  };

  test('through a Gateway', () => {
    const [gateway, ...routes] = objects(plain());
    expect(gateway).toMatchObject({
      kind: 'Gateway',
      spec: {
        gatewayClassName: 'envoy',
        listeners: [{ name: 'https', port: 443, hostname: '*.cloud.example.com', tls: { certificateRefs: [{ name: 'openstack-public-tls' }] } }],
      },
    });
    expect(routes.map(({ spec }) => `${spec.hostnames[0]} ${spec.rules[0].backendRefs[0].name}:${spec.rules[0].backendRefs[0].port}`)).toEqual(
      expect.arrayContaining(['keystone.cloud.example.com keystone-api:5000', 'nova.cloud.example.com nova-api:8774']),
    );
    expect(objects(synth({ options: { tls: false } }))[0].spec.listeners[0]).toEqual({
      name: 'http',
      port: 80,
      protocol: 'HTTP',
      hostname: '*.cloud.example.com',
      allowedRoutes: { namespaces: { from: 'Same' } },
    });
  });

  test('through an ingress controller', () => {
    const stack = synth({ options: { endpoints: OpenStackHelmEndpoints.ingress('traefik', { a: 'b' }), tlsSecretName: 'from-acme' } });
    const all = objects(stack);
    expect(stack.resources('kubernetes_secret_v1')).toEqual({});
    expect(all).toHaveLength(8);
    expect(all[0]).toMatchObject({
      kind: 'Ingress',
      metadata: { name: 'openstack-keystone', namespace: 'openstack', annotations: { a: 'b' } },
      spec: { ingressClassName: 'traefik', tls: [{ hosts: ['keystone.cloud.example.com'], secretName: 'from-acme' }] },
    });
  });

  test('have the names that the catalogue tells, in every chart its own', () => {
    expect(values()('nova').endpoints.compute).toEqual({
      host_fqdn_override: { public: { host: 'nova.cloud.example.com' } },
      scheme: { public: 'https' },
      port: { api: { public: 443 } },
    });
    expect(values({ options: { tls: false } })('keystone').endpoints.identity.port).toEqual({ api: { public: 80 } });
    expect(values({ props: { regionName: 'north' } })('nova').endpoints.identity.auth.nova.region_name).toBe('north');
  });

  test('their certificate comes from a CA that stays, and is renewed before its end', () => {
    const stack = plain();
    expect(stack.resource('tls_cert_request').dns_names).toEqual(['*.cloud.example.com']);
    expect(stack.resource('tls_locally_signed_cert')).toMatchObject({ validity_period_hours: 8760, early_renewal_hours: 1440 });
    expect(stack.resource('tls_self_signed_cert')).toMatchObject({ is_ca_certificate: true, lifecycle: { ignore_changes: 'all' } });
    expect(stack.resource('kubernetes_secret_v1')).toMatchObject({ type: 'kubernetes.io/tls', metadata: { name: 'openstack-public-tls' } });
  });
});

describe('refused', () => {
  const change = (name: string, edit: (old: Host) => Host) => (hosts: Host[]) => hosts.map((old) => (old.name === name ? edit(old) : old));
  const nic = (name: string, address?: string) => (old: Host) =>
    new Host({ ...old, nics: old.nics.map((each) => (each.networks.includes(NetworkRole.PROVIDER) ? { ...each, name, address } : each)) });
  test.each<[string, Given, RegExp]>([
    [
      'a release whose charts are not known',
      { options: { release: OpenStackRelease.V2025_2 } },
      /charts of this release are not known, got "2025.2"; use 2026.1/,
    ],
    [
      'missing versions',
      { options: { chartVersions: { ovn: '1.0.0' } } },
      /chartVersions lacks mariadb, rabbitmq, .*helm search repo openstack-helm\/mariadb/,
    ],
    [
      'a range of versions',
      { options: { chartVersions: { ...VERSIONS, nova: '^2026.1' } } },
      /version of the chart nova must be exact, got "\^2026.1"/,
    ],
    [
      'a version of no chart',
      { options: { chartVersions: { ...VERSIONS, toString: '1.0.0' } } },
      /chart in chartVersions is not known, got "toString"/,
    ],
    ['values of no chart', { options: { values: { novva: {} } } }, /chart in values is not known, got "novva"; did you mean nova/],
    ["values of a chart that isn't installed", { options: { values: { cinder: {} } } }, /chart in values is not known, got "cinder"/],
    [
      'a password among the values',
      { options: { values: { nova: { endpoints: { oslo_db: { auth: { nova: { password: 'x' } } } } } } } },
      /values\.nova has the password endpoints\.oslo_db\.auth\.nova\.password/,
    ],
    ['Octavia without OVN', { options: { ...OVS.options, services: { octavia: true } } }, /services\.octavia needs OVN/],
    ['amphorae', { props: { loadBalancerProvider: LoadBalancerProvider.AMPHORA } }, /load balancers are in OVN with OpenStack-Helm/],
    ["pods on the hosts' network", { podCidr: '10.10.20.0/22' }, /overlap/],
    ['a secret without TLS', { options: { tls: false, tlsSecretName: 'x' } }, /tlsSecretName is given, and tls is off/],
    ['no domain', { options: { domain: 'Cloud_1' } }, /domain must be lower-case labels/],
    ['two control hosts', { hosts: (hosts) => hosts.filter(({ name }) => name !== 'control-13') }, /number of control hosts must be odd/],
    ['no compute host', { hosts: (hosts) => hosts.filter((host) => !host.is(HostRole.COMPUTE)) }, /no host has the role compute/],
    ['interfaces of several names', { hosts: change('control-12', nic('eno2')) }, /must have the same names .*got \["bond1","eno2"\]/],
    ['an interface with an address', { hosts: change('control-12', nic('bond1', '10.0.0.5')) }, /interface of control-12 .* has an address/],
    ['a network without addresses', { networks: (all) => all.map((one) => ({ ...one, cidr: undefined })) }, /the network tunnel has no cidr/],
    ['a timeout', { options: { timeoutMinutes: 1 } }, /timeoutMinutes must be a whole number from 5 to 720/],
  ])('%s', (_, given, message) => {
    expect(() => cloud(given)).toThrow(message);
  });

  test('a compute host alone is enough of its kind', () => {
    expect(cloud({ hosts: () => [testHost(1, [HostRole.CONTROL, HostRole.NETWORK]), testHost(2, [HostRole.COMPUTE])] }).computeHostCount).toBe(1);
  });
});
