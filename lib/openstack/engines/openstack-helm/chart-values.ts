import { Chart } from './charts';
import { novaGroups, NOVA_LABEL, OpenStackHelmModel } from './openstack-helm-model';
import { publicEndpoints } from './public-endpoints';
import { identityUsers, usesMessaging } from './secrets';
import { HostRole, NetworkRole } from '../../../contracts/host';
import { ChartValues } from '../../../core/helm-release';
import { mtuOf, networkOr } from '../kolla/kolla-model';

/** What a chart is told, beside its passwords. Everything else stays at the chart's defaults. Pure: the same model gives the same values. */
export function chartValues(model: OpenStackHelmModel, chart: Chart): ChartValues {
  return [common(model, chart), ...(OWN[chart]?.(model) ?? [])].reduce(merge, {});
}

/** Members of what needs a quorum: as many as there are hosts for it, three at most. */
export function members(model: OpenStackHelmModel, role: HostRole): number {
  return model.pool.hostsWithRole(role).length >= 3 ? 3 : 1;
}

/** What several charts are told alike. */
function common(model: OpenStackHelmModel, chart: Chart): ChartValues {
  const { options, tls, region } = model;
  const users = identityUsers(chart);
  const identity = users.length === 0 ? {} : { identity: { auth: Object.fromEntries(users.map((user) => [user, { region_name: region }])) } };
  const published = publicEndpoints(chart).map(({ endpoint, host, portKey }) => ({
    [endpoint]: {
      host_fqdn_override: { public: { host: `${host}.${options.domain}` } },
      scheme: { public: tls ? 'https' : 'http' },
      port: { [portKey]: { public: tls ? 443 : 80 } },
    },
  }));
  // A chart lists the queue's members by name, as many as it is told.
  const messaging = usesMessaging(chart) ? { oslo_messaging: { statefulset: { replicas: members(model, HostRole.CONTROL) } } } : {};
  const endpoints = [identity, messaging, ...published].reduce(merge, {});
  return {
    ...(Object.keys(endpoints).length === 0 ? {} : { endpoints }),
    // Hosts of the control plane of the Kubernetes cluster may be OpenStack's, too. OVN's chart has no list of tolerations.
    ...(chart === 'ovn' || chart === 'octavia' ? {} : { pod: { tolerations: { [chart]: { enabled: true } } } }),
  };
}

const replicas = (numbers: { readonly [component: string]: number }): ChartValues => ({ pod: { replicas: numbers } });
const apis =
  (...components: string[]) =>
  (model: OpenStackHelmModel) => [replicas(Object.fromEntries(components.map((component) => [component, members(model, HostRole.CONTROL)])))];

const OWN: { readonly [chart in Chart]?: (model: OpenStackHelmModel) => ChartValues[] } = {
  mariadb: (model) => [
    replicas({ server: members(model, HostRole.CONTROL) }),
    { volume: { class_name: model.storageClass, size: `${model.options.databaseVolumeGib ?? 20}Gi`, backup: { class_name: model.storageClass } } },
  ],
  rabbitmq: (model) => [
    replicas({ server: members(model, HostRole.CONTROL) }),
    { volume: { class_name: model.storageClass } },
    // The management pages are for nobody outside.
    { manifests: { ingress_management: false, service_ingress_management: false } },
  ],
  ovn,
  keystone: apis('api'),
  placement: apis('api'),
  barbican: apis('api'),
  heat: apis('api', 'cfn', 'engine'),
  glance,
  cinder,
  libvirt: (model) => [networkBackend(model), ceph(model)],
  nova,
  neutron,
  octavia,
  horizon,
};

/** What Nova's and libvirt's pods wait for on their host: by default the agent of Open vSwitch, which isn't there with OVN. */
function networkBackend({ ovn: driver }: OpenStackHelmModel): ChartValues {
  return { network: { backend: [driver ? 'ovn' : 'openvswitch'] } };
}

/** Ceph is on by default, and pods then wait for its ConfigMap for ever. */
function ceph({ ceph: cluster }: OpenStackHelmModel): ChartValues {
  return cluster === undefined
    ? { conf: { ceph: { enabled: false } } }
    : { conf: { ceph: { enabled: true } }, ceph_client: { configmap: cluster.configMap, user_secret_name: cluster.adminKeySecret } };
}

function ovn(model: OpenStackHelmModel): ChartValues[] {
  const { bridges, storageClass } = model;
  const databases = members(model, HostRole.NETWORK);
  return [
    replicas({ ovn_ovsdb_nb: databases, ovn_ovsdb_sb: databases, ovn_northd: databases }),
    { volume: { ovn_ovsdb_nb: { class_name: storageClass }, ovn_ovsdb_sb: { class_name: storageClass } } },
    { pod: { use_fqdn: { compute: false } } },
    { network: { interface: { tunnel_network_cidr: tunnelCidr(model) } } },
    {
      conf: {
        ovn_bridge_mappings: bridges.map(({ physicalNetwork, name }) => `${physicalNetwork}:${name}`).join(','),
        auto_bridge_add: Object.fromEntries(bridges.map(({ name, interface: nic }) => [name, nic])),
      },
    },
  ];
}

function glance(model: OpenStackHelmModel): ChartValues[] {
  const { storageClass, options, ceph: cluster } = model;
  // No image from somewhere: images are made by Image.
  const own = { bootstrap: { enabled: false } };
  if (cluster !== undefined) {
    return [own, ...apis('api')(model), { storage: 'rbd', ceph_client: { configmap: cluster.configMap, user_secret_name: cluster.adminKeySecret } }];
  }
  return [own, replicas({ api: 1 }), { storage: 'pvc', volume: { class_name: storageClass, size: `${options.imageVolumeGib ?? 200}Gi` } }];
}

/** Only with Ceph. Without Swift there is nowhere for backups to go; `cinder-volume` is one, under one name, so that it survives its pod. */
function cinder(model: OpenStackHelmModel): ChartValues[] {
  const { ceph: cluster, region } = model;
  return [
    replicas({ api: members(model, HostRole.CONTROL), scheduler: members(model, HostRole.CONTROL), volume: 1 }),
    { ceph_client: { configmap: cluster?.configMap, user_secret_name: cluster?.adminKeySecret } },
    { conf: { cinder: { DEFAULT: { os_region_name: region } } } },
    { manifests: { deployment_backup: false, job_backup_storage_init: false, pvc_backup: false } },
  ];
}

function nova(model: OpenStackHelmModel): ChartValues[] {
  const { pool } = model;
  const internal = pool.network(NetworkRole.INTERNAL_API)?.cidr;
  const [first, ...others] = novaGroups(pool);
  const console = internal === undefined ? {} : { console: { novnc: interfaceOf('vncserver_proxyclient_network_cidr', internal) } };
  return [
    networkBackend(model),
    ceph(model),
    ...apis('osapi', 'api_metadata', 'conductor', 'scheduler', 'novncproxy')(model),
    // The names of hosts in the cloud are those of the inventory.
    { pod: { use_fqdn: { compute: false } } },
    // Flavors are made by Flavor.
    { bootstrap: { enabled: false } },
    {
      conf: {
        nova: {
          // A ratio here would win for good over what the KVM profile says at a host's first report.
          DEFAULT: { cpu_allocation_ratio: null, ram_allocation_ratio: null, disk_allocation_ratio: null },
          scheduler: { discover_hosts_in_cells_interval: '300' },
          ...(model.ceph !== undefined && { libvirt: { images_type: 'rbd' } }),
        },
        ...(internal !== undefined && {
          hypervisor: { host_network_cidr: internal },
          libvirt: { live_migration_network_cidr: internal },
        }),
      },
    },
    console,
    first.label === undefined
      ? { conf: { nova: first.config } }
      : {
          overrides: {
            nova_compute: {
              labels: Object.fromEntries(
                [first, ...others].map(({ label, config }) => [`${NOVA_LABEL}::${label}`, { values: { conf: { nova: config } } }]),
              ),
            },
          },
        },
    // One way to a server's console.
    { manifests: { deployment_serialproxy: false, deployment_spiceproxy: false, service_serialproxy: false, service_spiceproxy: false } },
  ];
}

function interfaceOf(key: string, cidr: string): ChartValues {
  return { compute: { [key]: cidr }, vncproxy: { [key]: cidr } };
}

function neutron(model: OpenStackHelmModel): ChartValues[] {
  const { pool, bridges, ovn: driver, options } = model;
  const physical = bridges.map(({ physicalNetwork }) => physicalNetwork);
  const providerMtu = mtuOf(pool.network(NetworkRole.PROVIDER));
  const tunnelMtu = mtuOf(networkOr(pool, NetworkRole.TUNNEL).network);
  const onNetworkHosts = { node_selector_key: 'openstack-network-node', node_selector_value: 'enabled' };
  const plugin = {
    ml2: {
      extension_drivers: 'port_security,qos',
      mechanism_drivers: driver ? 'ovn' : 'openvswitch,l2population',
      type_drivers: driver ? 'flat,vlan,geneve' : 'flat,vlan,vxlan',
      tenant_network_types: driver ? 'geneve' : 'vxlan',
      path_mtu: String(tunnelMtu),
      ...(physical.length > 0 && { physical_network_mtus: physical.map((name) => `${name}:${providerMtu}`).join(',') }),
    },
    ml2_type_flat: { flat_networks: physical.join(',') },
    ...(physical.length > 0 && { ml2_type_vlan: { network_vlan_ranges: physical.join(',') } }),
  };
  const shared: ChartValues[] = [
    ...apis('server')(model),
    { pod: { use_fqdn: { neutron_agent: false } } },
    { network: { interface: { tunnel_network_cidr: tunnelCidr(model) } } },
    {
      conf: {
        // Neutron takes the least of all that apply: this one must not be below any other.
        neutron: { DEFAULT: { global_physnet_mtu: String(Math.max(providerMtu, tunnelMtu)) } },
        plugins: { ml2_conf: plugin },
      },
    },
    { manifests: { daemonset_sriov_agent: false } },
  ];
  if (driver) {
    return [
      ...shared,
      { network: { backend: ['openvswitch', 'ovn'] } },
      {
        conf: {
          neutron: { DEFAULT: { router_distributed: true, service_plugins: 'ovn-router,qos,segments,trunk', l3_ha_network_type: 'geneve' } },
          plugins: {
            ml2_conf: {
              ovn: {
                ovn_l3_scheduler: 'leastloaded',
                enable_distributed_floating_ip: model.computeHasProviderNetworks,
                ...(options.dnsServers !== undefined && { dns_servers: options.dnsServers.join(',') }),
              },
            },
          },
        },
      },
      {
        manifests: {
          daemonset_dhcp_agent: false,
          daemonset_l3_agent: false,
          daemonset_metadata_agent: false,
          daemonset_ovs_agent: false,
          daemonset_ovn_metadata_agent: true,
          deployment_rpc_server: false,
        },
      },
    ];
  }
  const highlyAvailable = pool.hostsWithRole(HostRole.NETWORK).length > 1;
  return [
    ...shared,
    ...apis('rpc_server')(model),
    { network: { backend: ['openvswitch'] }, labels: { agent: { dhcp: onNetworkHosts, l3: onNetworkHosts, metadata: onNetworkHosts } } },
    {
      conf: {
        neutron: { DEFAULT: { l3_ha: highlyAvailable, service_plugins: 'router,qos,segments,trunk' } },
        plugins: {
          openvswitch_agent: {
            agent: { extensions: 'qos' },
            ovs: { bridge_mappings: bridges.map(({ physicalNetwork, name }) => `${physicalNetwork}:${name}`).join(',') },
          },
        },
        auto_bridge_add: Object.fromEntries(bridges.map(({ name, interface: nic }) => [name, nic])),
        ...(options.dnsServers !== undefined && { dhcp_agent: { DEFAULT: { dnsmasq_dns_servers: options.dnsServers.join(',') } } }),
      },
    },
  ];
}

/** Load balancers in OVN alone: nothing of what amphorae need. */
function octavia(model: OpenStackHelmModel): ChartValues[] {
  const database = (name: string, port: number) => `tcp:${name}.${model.namespace}.svc.cluster.local:${port}`;
  return [
    replicas({ api: members(model, HostRole.CONTROL), driver_agent: members(model, HostRole.NETWORK) }),
    {
      conf: {
        octavia: {
          api_settings: { enabled_provider_drivers: 'ovn:OVN provider', default_provider_driver: 'ovn' },
          driver_agent: { enabled_provider_agents: 'ovn' },
          ovn: { ovn_nb_connection: database('ovn-ovsdb-nb', 6641), ovn_sb_connection: database('ovn-ovsdb-sb', 6642) },
          task_flow: { jobboard_enabled: false },
        },
      },
    },
    { manifests: { daemonset_health_manager: false, daemonset_worker: false, deployment_housekeeping: false } },
    { manifests: { ingress_api: false, service_ingress_api: false, secret_ingress_tls: false } },
  ];
}

function horizon(model: OpenStackHelmModel): ChartValues[] {
  const secure = {
    use_ssl: 'True',
    secure_proxy_ssl_header: true,
    csrf_cookie_secure: 'True',
    csrf_cookie_httponly: 'True',
    session_cookie_secure: 'True',
    session_cookie_httponly: 'True',
  };
  return [
    replicas({ server: members(model, HostRole.CONTROL) }),
    { conf: { horizon: { local_settings: { config: { log_level: 'INFO', ...(model.tls && secure) } } } } },
    { manifests: { ingress_api: false, service_ingress: false, secret_ingress_tls: false } },
  ];
}

function tunnelCidr({ pool }: OpenStackHelmModel): string | undefined {
  return networkOr(pool, NetworkRole.TUNNEL).network?.cidr;
}

/** As Helm merges: maps are, anything else is replaced. */
function merge(base: ChartValues, over: ChartValues): ChartValues {
  const merged: { [key: string]: any } = { ...base };
  for (const [key, value] of Object.entries(over)) merged[key] = isMap(merged[key]) && isMap(value) ? merge(merged[key], value) : value;
  return merged;
}

function isMap(value: unknown): value is ChartValues {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
