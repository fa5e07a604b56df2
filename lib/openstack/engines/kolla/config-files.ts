import { iscsiPortals, KollaModel, mtuOf, networkOr, physicalNetworks } from './kolla-model';
import { NeutronDriver } from './kolla-options';
import { HostRole, NetworkRole } from '../../../contracts/host';
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
  return Object.fromEntries(Object.entries(files).map(([path, sections]) => [path, renderIni(where, path, sections)]));
}

function computedConfig(model: KollaModel): { [path: string]: Ini } {
  const { pool, options } = model;
  const { kvm } = pool;
  const physical = physicalNetworks(pool);
  const providerMtu = mtuOf(pool.network(NetworkRole.PROVIDER));
  const tunnelMtu = mtuOf(networkOr(pool, NetworkRole.TUNNEL).network);
  const files: { [path: string]: Ini } = {
    // Used by Nova only when a compute host reports for the first time.
    'nova.conf': { DEFAULT: { initial_cpu_allocation_ratio: String(kvm.cpuAllocationRatio), reserved_host_cpus: String(kvm.reservedCpuThreads) } },
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
  const nameServers = (options.dnsServers ?? []).join(',');
  if (nameServers !== '') {
    if (model.neutronDriver === NeutronDriver.OVN) {
      files['neutron/ml2_conf.ini'] = { ...files['neutron/ml2_conf.ini'], ovn: { dns_servers: nameServers } };
    } else {
      files['neutron/dhcp_agent.ini'] = { DEFAULT: { dnsmasq_dns_servers: nameServers } };
    }
  }
  for (const host of pool.hostsWithRole(HostRole.COMPUTE)) {
    files[`nova/${host.name}/nova.conf`] = { DEFAULT: { reserved_host_memory_mb: String(kvm.reservedMemoryMibOf(host.memoryMib)) } };
  }
  for (const [host, address] of iscsiPortals(model)) files[`cinder/${host.name}/cinder.conf`] = { 'lvm-1': { target_ip_address: address } };
  return files;
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
