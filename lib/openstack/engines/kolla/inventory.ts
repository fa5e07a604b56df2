import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { blockDevices, cloudHosts, iscsiPortals, KollaModel, networkOr, providerNics } from './kolla-model';
import { Host, HostNic, HostRole, NetworkRole } from '../../../contracts/host';
import { LoadBalancerProvider } from '../../../contracts/openstack-cloud';
import { OpenStackRelease } from '../../../core/openstack-release';

/** A release's groups beyond those that users fill, each with its member groups: what the packaged inventory `multinode` of that release has. */
export function packagedGroups(release: OpenStackRelease): { readonly [group: string]: readonly string[] } {
  return JSON.parse(readFileSync(join(__dirname, `multinode-${release.series}.json`), 'utf8'));
}

/** Path of the key that the deployment host reaches the others with. */
export const ANSIBLE_KEY_PATH = '/root/.ssh/strata-kolla';

/** The Ansible inventory: hosts by role with their own interfaces, and the release's service groups over them. */
export function renderInventory(model: KollaModel): string {
  const children: { [group: string]: object } = {};
  for (const role of [HostRole.CONTROL, HostRole.NETWORK, HostRole.COMPUTE, HostRole.MONITORING, HostRole.STORAGE]) {
    children[role] = { hosts: Object.fromEntries(model.pool.hostsWithRole(role).map((host) => [host.name, null])) };
  }
  // The deployment host runs Ansible: to Kolla it is "localhost", whether or not it has another role under its own name.
  children[HostRole.DEPLOYMENT] = { hosts: { localhost: { ansible_connection: 'local' } } };
  for (const [group, members] of Object.entries(packagedGroups(model.release))) {
    children[group] = members.length === 0 ? {} : { children: Object.fromEntries(members.map((member) => [member, null])) };
  }
  const hosts = Object.fromEntries(cloudHosts(model.pool).map((host) => [host.name, hostVariables(model, host)]));
  return stringify({ all: { hosts, children } }, { lineWidth: 0 });
}

/** What holds for one host alone. Interfaces are here and never in globals.yml, which would win over every host. */
export function hostVariables(model: KollaModel, host: Host): { readonly [name: string]: unknown } {
  const { pool, options } = model;
  const provisioning = host.nicFor(NetworkRole.PROVISIONING)?.name;
  const nic = (role: NetworkRole) => host.nicFor(networkOr(pool, role).role)?.name;
  const provider = providerNics(host);
  const hasBridges = host.is(HostRole.NETWORK) || (host.is(HostRole.COMPUTE) && model.computeHasProviderNetworks);
  return defined({
    ansible_host: host.managementAddress,
    ansible_port: pool.ssh.port,
    ansible_user: pool.ssh.user,
    ansible_become: pool.ssh.user === 'root' ? undefined : true,
    ansible_ssh_private_key_file: ANSIBLE_KEY_PATH,
    network_interface: nic(NetworkRole.INTERNAL_API),
    kolla_external_vip_interface: host.is(HostRole.NETWORK) ? nic(NetworkRole.EXTERNAL_API) : undefined,
    tunnel_interface: host.is(HostRole.NETWORK) || host.is(HostRole.COMPUTE) ? nic(NetworkRole.TUNNEL) : undefined,
    neutron_external_interface: hasBridges && provider.length > 0 ? names(provider) : undefined,
    octavia_network_interface:
      model.loadBalancerProvider === LoadBalancerProvider.AMPHORA && host.is(HostRole.CONTROL)
        ? host.nicFor(NetworkRole.OCTAVIA_MANAGEMENT)?.name
        : undefined,
    dns_interface: options.services?.designate !== undefined && host.is(HostRole.CONTROL) ? nic(NetworkRole.EXTERNAL_API) : undefined,
    ...(options.services?.ironic !== undefined && host.is(HostRole.CONTROL)
      ? { ironic_http_interface: provisioning, ironic_tftp_interface: provisioning, ironic_dnsmasq_interface: provisioning }
      : {}),
    tgtd_interface_address: iscsiPortals(model).find(([storageHost]) => storageHost === host)?.[1],
    strata_block_devices: model.cinder.kind === 'lvm' && host.is(HostRole.STORAGE) ? blockDevices(host) : undefined,
  });
}

function names(nics: readonly HostNic[]): string {
  return nics.map(({ name }) => name).join(',');
}

function defined<T>(values: { readonly [name: string]: T | undefined }): { readonly [name: string]: T } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { readonly [name: string]: T };
}
