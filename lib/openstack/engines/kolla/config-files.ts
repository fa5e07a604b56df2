import { iscsiPortals, KollaModel, mtuOf, networkOr, physicalNetworks } from './kolla-model';
import { NeutronDriver } from './kolla-options';
import { Host, HostRole, NetworkRole } from '../../../contracts/host';
import { KvmProfile } from '../../../contracts/kvm-profile';
import { fail, Where } from '../../../core/validation';

/** Sections of an INI file as oslo.config reads it. */
export type Ini = { readonly [section: string]: { readonly [key: string]: string } };

/** Overrides of the services' own configuration, by path under Kolla's overlay folder. */
export function renderConfigFiles(where: Where, model: KollaModel): { readonly [path: string]: string } {
  const files = computedConfig(model);
  for (const [path, sections] of Object.entries(model.options.configOverrides ?? {})) {
    if (!/^[\w.-]+(\/[\w.-]+)*$/.test(path) || path.split('/').includes('..')) {
      fail(where, {
        problem: 'path in configOverrides must be relative and below the overlay folder',
        value: path,
        fix: 'write it as nova.conf or neutron/ml2_conf.ini',
      });
    }
    files[path] = mergeIni(files[path] ?? {}, sections);
  }
  // Kolla reads a host's own file after those for all hosts: what the user says for all would lose against what is computed for one.
  for (const everywhere of ['nova.conf', 'nova/nova-compute.conf'].map((path) => model.options.configOverrides?.[path] ?? {})) {
    for (const host of model.pool.hostsWithRole(HostRole.COMPUTE)) {
      const [own, said] = [novaFile(host), model.options.configOverrides?.[novaFile(host)] ?? {}];
      files[own] = mergeIni(withoutKeys(files[own], everywhere), said);
    }
  }
  return Object.fromEntries(Object.entries(files).map(([path, sections]) => [path, renderIni(where, path, sections)]));
}

function computedConfig(model: KollaModel): { [path: string]: Ini } {
  const { pool, options } = model;
  // the network of a port whose functions are given to machines need not be one that has a bridge
  const physical = [...new Set([...physicalNetworks(pool), ...pool.kvm.sriov.map(({ physicalNetwork }) => physicalNetwork)])];
  const providerMtu = mtuOf(pool.network(NetworkRole.PROVIDER));
  const tunnelMtu = mtuOf(networkOr(pool, NetworkRole.TUNNEL).network);
  const files: { [path: string]: Ini } = {
    // Neutron takes the least of all that apply: this one must not be below any other.
    'neutron.conf': { DEFAULT: { global_physnet_mtu: String(Math.max(providerMtu, tunnelMtu)) } },
    'neutron/ml2_conf.ini': {
      ml2: {
        path_mtu: String(tunnelMtu),
        ...(physical.length === 0 ? {} : { physical_network_mtus: physical.map((name) => `${name}:${providerMtu}`).join(',') }),
      },
      // Kolla leaves the list empty, and Neutron then refuses every VLAN network on a physical network.
      ...(physical.length === 0 ? {} : { ml2_type_vlan: { network_vlan_ranges: physical.join(',') } }),
    },
  };
  const filters = schedulerFilters(pool.kvm);
  if (filters.length > 0) files['nova.conf'] = { filter_scheduler: { enabled_filters: [...NOVA_FILTERS, ...filters].join(',') } };
  const nameServers = (options.dnsServers ?? []).join(',');
  if (nameServers !== '') {
    if (model.neutronDriver === NeutronDriver.OVN) {
      files['neutron/ml2_conf.ini'] = { ...files['neutron/ml2_conf.ini'], ovn: { dns_servers: nameServers } };
    } else {
      files['neutron/dhcp_agent.ini'] = { DEFAULT: { dnsmasq_dns_servers: nameServers } };
    }
  }
  for (const host of pool.hostsWithRole(HostRole.COMPUTE)) {
    files[novaFile(host)] = pool.kvm.novaConfig(host);
  }
  for (const [host, address] of iscsiPortals(model)) files[`cinder/${host.name}/cinder.conf`] = { 'lvm-1': { target_ip_address: address } };
  return files;
}

/** Nova's own. */
const NOVA_FILTERS = [
  'ComputeFilter',
  'ComputeCapabilitiesFilter',
  'ImagePropertiesFilter',
  'ServerGroupAntiAffinityFilter',
  'ServerGroupAffinityFilter',
];

/** Without these, a machine that wants pinned threads, huge pages or a device is sent to hosts that can't have it, and fails after some tries. */
function schedulerFilters(kvm: KvmProfile): string[] {
  return [
    ...(kvm.dedicatedCpuSet !== undefined || kvm.hugePages.length > 0 ? ['NUMATopologyFilter'] : []),
    ...(kvm.sriov.length > 0 ? ['PciPassthroughFilter'] : []),
  ];
}

function novaFile(host: Host): string {
  return `nova/${host.name}/nova.conf`;
}

function withoutKeys(ini: Ini, said: Ini): Ini {
  const left = Object.entries(ini).map(([section, keys]) => [
    section,
    Object.fromEntries(Object.entries(keys).filter(([key]) => !Object.hasOwn(said[section] ?? {}, key))),
  ]);
  return Object.fromEntries(left.filter(([, keys]) => Object.keys(keys).length > 0));
}

function mergeIni(base: Ini, over: Ini): Ini {
  const merged: { [section: string]: { readonly [key: string]: string } } = { ...base };
  for (const [section, keys] of Object.entries(over)) merged[section] = { ...merged[section], ...keys };
  return merged;
}

function renderIni(where: Where, path: string, sections: Ini): string {
  const lines = Object.entries(sections).flatMap(([section, keys]) => [
    `[${section}]`,
    ...Object.entries(keys).map(([key, value]) => {
      if (/[\r\n]/.test(`${section}${key}${value}`) || !/^[^\s=[\]#;]+$/.test(key)) {
        fail(where, {
          problem: `${path} has a key or value that an INI file can't hold`,
          value: `${key} = ${value}`,
          fix: 'write each value on one line',
        });
      }
      return `${key} = ${value}`;
    }),
    '',
  ]);
  return lines.join('\n');
}
