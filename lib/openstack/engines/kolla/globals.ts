import { stringify } from 'yaml';
import { cinderVolumeHosts, KollaModel, physicalNetworks } from './kolla-model';
import { NeutronDriver } from './kolla-options';
import { HostRole } from '../../../contracts/host';
import { LoadBalancerProvider } from '../../../contracts/openstack-cloud';
import { IpFamily } from '../../../core/ip-family';

/** Where Kolla's files are on the deployment host. */
export const CONFIG_DIRECTORY = '/etc/kolla';

/** Kolla's globals.yml. */
export function renderGlobals(model: KollaModel): string {
  return stringify({ ...computedGlobals(model), ...model.options.extraGlobals }, { lineWidth: 0 });
}

/** What is computed; everything else stays at Kolla's defaults. */
export function computedGlobals(model: KollaModel): { readonly [name: string]: unknown } {
  return {
    openstack_release: model.release.series,
    kolla_base_distro: model.distribution.kollaBaseDistro,
    kolla_base_distro_version: model.distribution.kollaBaseDistroVersion,
    openstack_region_name: model.region,
    ...virtualAddresses(model),
    ...registry(model),
    ...(model.tls ? tls(model) : { kolla_enable_tls_internal: false, kolla_enable_tls_external: false }),
    ...networking(model),
    ...blockStorage(model),
    ...loadBalancing(model),
    ...furtherServices(model),
    ...coordination(model),
    enable_mariabackup: true, // before an upgrade
    nova_libvirt_cpu_mode: model.pool.kvm.cpuMode,
  };
}

/** Whether Kolla makes flavor, network, groups and key of the amphorae: `octavia_auto_configure`, by default wherever there are amphorae. */
export function configuresOctavia(model: KollaModel): boolean {
  const settings: { readonly [name: string]: unknown } = { ...computedGlobals(model), ...model.options.extraGlobals };
  const byDefault = String(settings.octavia_provider_drivers ?? 'amphora').includes('amphora');
  const { octavia_auto_configure: said } = settings;
  return said === undefined || said === null ? byDefault : /^(yes|on|1|true|y|t)$/i.test(String(said));
}

function virtualAddresses(model: KollaModel): { readonly [name: string]: unknown } {
  return {
    kolla_internal_vip_address: model.options.internalVip,
    kolla_internal_fqdn: model.internalFqdn,
    kolla_external_vip_address: model.externalVip,
    kolla_external_fqdn: model.externalFqdn,
    keepalived_virtual_router_id: String(model.virtualRouterId),
    ...(model.family === IpFamily.V6 ? { network_address_family: 'ipv6' } : {}),
  };
}

function registry({ options }: KollaModel): { readonly [name: string]: unknown } {
  if (options.registry === undefined) return {};
  const { server, namespace, insecure } = options.registry;
  return { docker_registry: server, docker_namespace: namespace ?? 'kolla', docker_registry_insecure: insecure ?? false };
}

/** Services reach each other through the internal address by TLS, and must know the CA: it is copied into every container. */
function tls(model: KollaModel): { readonly [name: string]: unknown } {
  const debian = ['debian', 'ubuntu'].includes(model.distribution.kollaBaseDistro);
  return {
    kolla_enable_tls_internal: true,
    kolla_enable_tls_external: true,
    kolla_enable_tls_backend: true,
    rabbitmq_enable_tls: true,
    kolla_copy_ca_into_containers: true,
    openstack_cacert: debian ? '/etc/ssl/certs/ca-certificates.crt' : '/etc/pki/tls/certs/ca-bundle.crt',
    kolla_admin_openrc_cacert: `${CONFIG_DIRECTORY}/certificates/ca/root.crt`,
  };
}

function networking(model: KollaModel): { readonly [name: string]: unknown } {
  const physical = physicalNetworks(model.pool);
  return {
    neutron_plugin_agent: model.neutronDriver,
    enable_neutron_provider_networks: model.computeHasProviderNetworks,
    ...(model.neutronDriver === NeutronDriver.OVN
      ? { neutron_ovn_distributed_fip: model.computeHasProviderNetworks }
      : { enable_neutron_agent_ha: model.pool.hostsWithRole(HostRole.NETWORK).length > 1 }),
    ...(model.pool.kvm.sriov.length === 0
      ? {}
      : {
          enable_neutron_sriov: true,
          neutron_sriov_physnets: model.pool.kvm.sriov.map(({ physicalNetwork, name }) => `${physicalNetwork}:${name}`).join(','),
        }),
    ...(physical.length > 1 ? { neutron_bridge_name: physical.map((_, i) => (i === 0 ? 'br-ex' : `br-ex${i + 1}`)).join(',') } : {}),
    enable_neutron_qos: true,
    enable_neutron_trunk: true,
  };
}

function blockStorage(model: KollaModel): { readonly [name: string]: unknown } {
  const { cinder, pool, release } = model;
  if (cinder.kind === 'none') return { enable_cinder: false };
  if (cinder.kind === 'lvm') {
    return {
      enable_cinder: true,
      enable_cinder_backend_lvm: true,
      cinder_volume_group: cinder.volumeGroup,
      enable_cinder_backup: false, // it would need Ceph, NFS or S3
      // The LVM driver refuses a cluster name: each host has its own volumes, and Kolla asks for one as soon as there are two hosts.
      cinder_cluster_skip_precheck: true,
    };
  }
  return {
    enable_cinder: true,
    cinder_backend_ceph: true,
    glance_backend_ceph: true,
    nova_backend_ceph: (cinder.ceph ?? cinder.cephadmOptions)?.instances ?? true,
    ...(cinderVolumeHosts(pool, release, cinder).length > 1 ? { cinder_cluster_name: 'cinder' } : {}),
  };
}

/** Locks between services that run on several hosts, and Octavia's job board, which has no other store. */
function coordination({ pool, release, cinder, loadBalancerProvider, options }: KollaModel): { readonly [name: string]: unknown } {
  const severalHosts = pool.hostsWithRole(HostRole.CONTROL).length > 1;
  const { designate, ironic, masakari } = options.services ?? {};
  const locks = severalHosts && (designate !== undefined || ironic !== undefined || masakari === true);
  const volumes = cinder.kind === 'ceph' && (severalHosts || cinderVolumeHosts(pool, release, cinder).length > 0);
  return volumes || locks || loadBalancerProvider === LoadBalancerProvider.AMPHORA ? { enable_valkey: true } : {};
}

function furtherServices({ options, provisioningRange }: KollaModel): { readonly [name: string]: unknown } {
  const { barbican, designate, horizon, ironic, manila, masakari } = options.services ?? {};
  return {
    ...(barbican ? { enable_barbican: true } : {}),
    ...(horizon === false ? { enable_horizon: false } : {}),
    ...(designate === undefined
      ? {}
      : {
          enable_designate: true,
          designate_ns_record: designate.nameServers,
          neutron_dns_domain: designate.domain ?? 'cloud.internal.',
          ...(designate.forwarders === undefined ? {} : { designate_forwarders_addresses: designate.forwarders.join('; ') }),
        }),
    ...(ironic === undefined || provisioningRange === undefined
      ? {}
      : { enable_ironic: true, ironic_dnsmasq_dhcp_ranges: [{ range: `${provisioningRange.start},${provisioningRange.end}` }] }),
    ...(manila === undefined ? {} : { enable_manila: true, [manila.setting]: true }),
    ...(masakari ? { enable_masakari: true } : {}),
    ...(options.monitoring ? { enable_prometheus: true, enable_grafana: true } : {}),
    ...(options.centralLogging ? { enable_central_logging: true } : {}),
  };
}

function loadBalancing(model: KollaModel): { readonly [name: string]: unknown } {
  const { amphoraNetwork: network } = model;
  if (model.loadBalancerProvider === LoadBalancerProvider.OVN) {
    return { enable_octavia: true, octavia_provider_drivers: 'ovn:OVN provider', octavia_provider_agents: 'ovn' };
  }
  return {
    enable_octavia: true,
    octavia_network_type: 'provider',
    octavia_loadbalancer_topology: 'ACTIVE_STANDBY',
    ...(network === undefined
      ? {}
      : {
          octavia_amp_network: {
            name: 'lb-mgmt-net',
            mtu: network.mtu,
            provider_network_type: 'vlan',
            provider_physical_network: 'physnet1',
            provider_segmentation_id: network.vlan,
            external: false,
            shared: false,
            subnet: {
              name: 'lb-mgmt-subnet',
              cidr: network.cidr.toString(),
              allocation_pool_start: network.addresses.start,
              allocation_pool_end: network.addresses.end,
              no_gateway_ip: true,
              enable_dhcp: true,
            },
          },
        }),
  };
}
