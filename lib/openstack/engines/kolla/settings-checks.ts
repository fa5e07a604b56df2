import { cinderVolumeHosts, KollaModel, physicalNetworks } from './kolla-model';
import { HostRole } from '../../../contracts/host';
import { fail, Where } from '../../../core/validation';

type Settings = { readonly [name: string]: any };

/**
 * Throws for what the prechecks of Kolla's roles would refuse on the hosts, an hour later: their conditions on what globals.yml says in the end, with the
 * user's settings in it. What is not set there has Kolla's default, which is told here where it matters.
 */
export function checkSettings(where: Where, model: KollaModel, settings: Settings): void {
  const on = (name: string, byDefault = false) => truthy(settings[name], byDefault);
  const store = on('enable_valkey') || on('enable_etcd');
  checkVolumes(where, model, settings, store);
  checkNetworks(where, model, settings);
  const { pool } = model;
  const control = pool.hostsWithRole(HostRole.CONTROL).length;
  const amphorae = String(settings.octavia_provider_drivers ?? 'amphora').includes('amphora');

  refuse(where, on('enable_octavia') && on('enable_octavia_jobboard', amphorae) && !on('enable_valkey'), {
    problem: "Octavia's job board, which amphorae need, needs Valkey",
    value: { enable_valkey: settings.enable_valkey },
    fix: 'leave enable_valkey out of extraGlobals, or use LoadBalancerProvider.OVN',
  });
  refuse(where, settings.octavia_network_type === 'tenant' && settings.neutron_plugin_agent !== 'openvswitch', {
    problem: 'octavia_network_type tenant works with Open vSwitch alone',
    value: settings.neutron_plugin_agent,
    fix: 'leave it out: a provider network is the default',
  });
  refuse(where, on('enable_masakari') && control > 1 && !store, {
    problem: 'Masakari on several control hosts needs Valkey or etcd',
    value: { enable_valkey: settings.enable_valkey },
    fix: 'leave enable_valkey out of extraGlobals',
  });
  refuse(where, on('enable_ironic_neutron_agent') && !on('enable_ironic'), {
    problem: 'enable_ironic_neutron_agent needs Ironic',
    value: settings.enable_ironic_neutron_agent,
    fix: 'give services.ironic, or leave it out',
  });
  refuse(where, on('enable_ironic') && !Array.isArray(settings.ironic_dnsmasq_dhcp_ranges), {
    problem: 'ironic_dnsmasq_dhcp_ranges must be a list',
    value: settings.ironic_dnsmasq_dhcp_ranges,
    fix: 'use services.ironic.dhcpRange',
  });
  for (const [gone, instead] of [
    ['enable_ceph', 'use CinderBackend.cephadm or externalCeph'],
    ['enable_redis', 'leave it out: Valkey comes by itself where it is needed'],
  ]) {
    refuse(where, on(gone), { problem: `${gone} is gone from Kolla-Ansible`, value: settings[gone], fix: instead });
  }
  refuse(where, on('enable_letsencrypt') && !String(settings.letsencrypt_email ?? '').includes('@'), {
    problem: 'enable_letsencrypt needs letsencrypt_email, an address that is told of what ends',
    value: settings.letsencrypt_email,
    fix: 'give it in extraGlobals',
  });
  const gateways: unknown = settings.ceph_rgw_hosts;
  refuse(where, on('enable_ceph_rgw') && on('enable_ceph_rgw_loadbalancer', true) && !(Array.isArray(gateways) && gateways.length > 0), {
    problem: 'enable_ceph_rgw needs ceph_rgw_hosts, the gateways behind the load balancer',
    value: gateways,
    fix: 'list them, each with host, ip and port',
  });
  const expiry = settings.fernet_token_expiry ?? 86400;
  refuse(where, !Number.isInteger(expiry) || expiry < 0 || expiry > 604800, {
    problem: 'fernet_token_expiry must be a whole number of seconds from 0 to 604800',
    value: expiry,
    fix: 'use 86400',
  });
}

function checkVolumes(where: Where, { pool, release, cinder }: KollaModel, settings: Settings, store: boolean): void {
  if (!truthy(settings.enable_cinder, false)) return;
  const on = (name: string) => truthy(settings[name], false);
  const backends = Object.keys(settings).filter((name) => name === 'cinder_backend_ceph' || name.startsWith('enable_cinder_backend_'));
  refuse(where, !backends.some(on) && !on('skip_cinder_backend_check'), {
    problem: 'Cinder is enabled without a backend',
    value: backends,
    fix: 'give cinderBackend',
  });
  refuse(where, on('cinder_backend_ceph') && !store, {
    problem: 'volumes in Ceph need Valkey or etcd, by which the volume services lock',
    value: { enable_valkey: settings.enable_valkey },
    fix: 'leave enable_valkey out of extraGlobals',
  });
  if (on('cinder_cluster_skip_precheck')) return;
  const hosts = cinderVolumeHosts(pool, release, cinder).length;
  const name = settings.cinder_cluster_name ?? '';
  refuse(where, hosts > 1 && name === '', {
    problem: `cinder_cluster_name must be set for ${hosts} volume services: a volume would be lost with the one that made it`,
    value: name,
    fix: 'leave it out of extraGlobals',
  });
  refuse(where, hosts === 1 && name !== '', {
    problem: 'cinder_cluster_name is for several volume services, and there is one',
    value: name,
    fix: 'leave it out',
  });
}

function checkNetworks(where: Where, { pool }: KollaModel, settings: Settings): void {
  const on = (name: string) => truthy(settings[name], false);
  const networkHosts = pool.hostsWithRole(HostRole.NETWORK).length;
  refuse(where, on('enable_neutron_agent_ha') && networkHosts < 2, {
    problem: 'enable_neutron_agent_ha needs two network hosts',
    value: networkHosts,
    fix: 'give a second host the role network, or leave it out',
  });
  const bridges = list(settings.neutron_bridge_name ?? 'br-ex');
  const interfaces = physicalNetworks(pool).length;
  refuse(where, bridges.length !== interfaces, {
    problem: `neutron_bridge_name must name a bridge for each provider interface, of which the network hosts have ${interfaces}`,
    value: bridges,
    fix: 'leave it out of extraGlobals',
  });
  const drivers = list(settings.neutron_type_drivers ?? `flat,vlan,vxlan${settings.neutron_plugin_agent === 'ovn' ? ',geneve' : ''}`);
  const unknown = list(settings.neutron_tenant_network_types ?? '').filter((type) => !drivers.includes(type));
  refuse(where, unknown.length > 0, {
    problem: 'neutron_tenant_network_types has a type that is not in neutron_type_drivers',
    value: unknown,
    fix: `use one of ${drivers.join(', ')}`,
  });
  const domain: unknown = settings.neutron_dns_domain ?? 'openstacklocal';
  const integration = truthy(settings.neutron_dns_integration, on('enable_designate'));
  refuse(where, integration && (typeof domain !== 'string' || !domain.endsWith('.')), {
    problem: 'Neutron names servers in DNS in a domain that ends with "."',
    value: domain,
    fix: 'write services.designate.domain, or neutron_dns_domain, as cloud.example.com.',
  });
}

function refuse(where: Where, wrong: boolean, finding: { readonly problem: string; readonly value: unknown; readonly fix: string }): void {
  if (wrong) fail(where, finding);
}

/** As Ansible's filter `bool` reads it. */
function truthy(value: unknown, byDefault: boolean): boolean {
  return value === undefined || value === null ? byDefault : value === true || value === 1 || /^(yes|on|1|true|y|t)$/i.test(String(value));
}

function list(text: unknown): string[] {
  return String(text)
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}
