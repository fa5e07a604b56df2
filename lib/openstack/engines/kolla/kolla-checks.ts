import { checkCephadm } from './ceph-cluster';
import { computedGlobals } from './globals';
import { AmphoraNetwork, blockDevices, cinderVolumeHosts, cloudHosts, KollaModel, mtuOf, networkOr, providerNics } from './kolla-model';
import { CinderBackend, KollaOptions, NeutronDriver } from './kolla-options';
import { IronicOptions } from './kolla-services';
import { checkSettings } from './settings-checks';
import { IBareMetalPool } from '../../../contracts/bare-metal-pool';
import { Host, HostRole, NetworkRole } from '../../../contracts/host';
import { LoadBalancerProvider } from '../../../contracts/openstack-cloud';
import { Cidr } from '../../../core/cidr';
import { checkAddress, checkInside, parseCidr } from '../../../core/cidr-checks';
import { HostDistribution } from '../../../core/host-distribution';
import { checkDnsSubdomain } from '../../../core/naming';
import { OpenStackRelease } from '../../../core/openstack-release';
import { assertQuorum } from '../../../core/quorum';
import { check, checkInteger, fail, isKnown, Where } from '../../../core/validation';
import { assertHostDistribution, assertNewCloud, assertOpenStackUpgrade } from '../../../core/version-matrix';
import { EngineSurroundings } from '../../engine-binding';
import { checkAllocationPools, compareAddresses } from '../../foundation/allocation-pools';
import { AllocationPool } from '../../foundation/provider-network';

/**
 * Decides what was left open, and throws for what Kolla's prechecks, or a deployment, would fail on: as much of it as the inventory tells.
 */
export function resolveKolla(where: Where, { pool, region, loadBalancerProvider }: EngineSurroundings, options: KollaOptions): KollaModel {
  assertNewCloud(where, options.release);
  if (options.upgradeFrom !== undefined) assertOpenStackUpgrade(where, options.upgradeFrom, options.release);
  checkKnown(where, options);
  const back = (options.retiredHosts ?? []).find((name) => pool.hosts.some((host) => host.name === name));
  if (back !== undefined) {
    fail(where, { problem: 'retiredHosts names a host of the inventory', value: back, fix: 'remove it from the inventory, or from retiredHosts' });
  }
  (options.retiredHosts ?? []).forEach((name) => checkDnsSubdomain(where, 'retiredHosts', name));
  checkRoles(where, pool);
  const neutronDriver = options.neutronDriver ?? NeutronDriver.OVN;
  const provider = loadBalancerProvider ?? (neutronDriver === NeutronDriver.OVN ? LoadBalancerProvider.OVN : LoadBalancerProvider.AMPHORA);
  if (provider === LoadBalancerProvider.OVN && neutronDriver !== NeutronDriver.OVN) {
    fail(where, {
      problem: 'load balancers in OVN need OVN networking',
      value: neutronDriver,
      fix: 'use NeutronDriver.OVN, or LoadBalancerProvider.AMPHORA',
    });
  }
  if (provider === LoadBalancerProvider.OVN && options.amphoraAddresses !== undefined) {
    fail(where, {
      problem: 'amphoraAddresses is for amphorae, and load balancers are in OVN',
      value: options.amphoraAddresses,
      fix: 'leave it out, or use LoadBalancerProvider.AMPHORA',
    });
  }
  const { internal, externalVip } = checkVirtualAddresses(where, pool, options);
  const cinder = options.cinderBackend ?? defaultCinder(pool);
  checkCinder(where, pool, options.release, cinder);
  const computeHasProviderNetworks = pool.hostsWithRole(HostRole.COMPUTE).every((host) => providerNics(host).length > 0);
  checkInterfaces(where, pool, neutronDriver);
  checkServices(where, pool, options, cinder);
  checkExtraGlobals(where, options);
  const internalFqdn = options.internalFqdn ?? options.internalVip;
  const distribution = distributionOf(where, pool, options);
  if (cinder.cephadmOptions !== undefined) checkCephadm(where, pool, cinder.cephadmOptions, distribution);
  const model: KollaModel = {
    pool,
    options,
    release: options.release,
    region,
    distribution,
    neutronDriver,
    tls: options.tls ?? true,
    cinder,
    loadBalancerProvider: provider,
    family: internal.family,
    internalFqdn,
    externalVip,
    externalFqdn: options.externalFqdn ?? (options.externalVip === undefined ? internalFqdn : externalVip),
    virtualRouterId: options.virtualRouterId ?? 51,
    computeHasProviderNetworks,
    amphoraNetwork: provider === LoadBalancerProvider.AMPHORA ? amphoraNetwork(where, pool, options) : undefined,
    provisioningRange: options.services?.ironic === undefined ? undefined : provisioningRange(where, pool, options.services.ironic),
    deploymentHost: pool.hostsWithRole(HostRole.DEPLOYMENT)[0] ?? pool.hostsWithRole(HostRole.CONTROL)[0],
  };
  checkSettings(where, model, { ...computedGlobals(model), ...options.extraGlobals });
  return model;
}

/** The files are rendered at synth: nothing in them may be a reference. */
function checkKnown(where: Where, options: KollaOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (name === 'ansiblePrivateKeyPath' || deeplyKnown(value)) continue;
    fail(where, { problem: `${name} must be known at synth, a reference was given`, fix: 'give the value itself' });
  }
  checkInteger(where, 'virtualRouterId', options.virtualRouterId, { min: 1, max: 255 });
  checkInteger(where, 'stageTimeoutMinutes', options.stageTimeoutMinutes, { min: 1, max: 24 * 60 });
  for (const address of options.dnsServers ?? []) {
    checkAddress(where, 'dnsServers', address);
    check(where, address, (a) => !/^127\.|^::1$/.test(a), {
      problem: 'dnsServers has an address of the host itself, which servers take for their own',
      fix: 'use one that servers reach',
    });
  }
  checkDnsSubdomain(where, 'internalFqdn', options.internalFqdn);
  checkDnsSubdomain(where, 'externalFqdn', options.externalFqdn);
  check(where, options.cinderBackend?.ceph?.configDirectory, (path) => path !== '', {
    problem: 'configDirectory of Ceph must not be empty',
    fix: 'give the folder',
  });
  check(where, options.passwordVault?.address, (address) => /^https?:\/\/[\w.:[\]-]+$/.test(address) && URL.canParse(address), {
    problem: 'passwordVault.address must be an http or https address without a path',
    fix: 'write it as https://vault.example.com:8200',
  });
  for (const [name, path] of Object.entries({ mountPoint: options.passwordVault?.mountPoint, path: options.passwordVault?.path })) {
    check(where, path, (p) => /^[\w-]+(\/[\w-]+)*$/.test(p), {
      problem: `passwordVault.${name} must be words of letters, digits, "_" and "-", divided by "/"`,
      fix: 'write it as clouds/prod',
    });
  }
  check(where, options.registry?.server, (server) => /^[a-z0-9.-]+(:\d{1,5})?(\/[\w./-]+)?$/i.test(server), {
    problem: 'registry.server must be a host name, with a port if need be and without https://',
    fix: 'write it as registry.example.com:5000',
  });
}

function deeplyKnown(value: unknown): boolean {
  if (!isKnown(value)) return false;
  if (typeof value === 'object' && value !== null) return Object.values(value).every(deeplyKnown);
  return true;
}

function checkRoles(where: Where, pool: IBareMetalPool): void {
  const needed = {
    [HostRole.CONTROL]: 'the APIs, the database and the message queue',
    [HostRole.NETWORK]: 'the gateways and the virtual addresses',
    [HostRole.COMPUTE]: 'servers',
  };
  for (const [role, what] of Object.entries(needed)) {
    const hosts = pool.hostsWithRole(role as HostRole);
    if (hosts.length === 0) {
      fail(where, {
        problem: `no host has the role ${role}, which runs ${what}`,
        value: 0,
        fix: `give it to at least one host; control hosts may be network hosts, too`,
      });
    }
  }
  assertQuorum(where, 'number of control hosts', pool.hostsWithRole(HostRole.CONTROL).length);
  if (pool.hostsWithRole(HostRole.DEPLOYMENT).length > 1) {
    const names = pool.hostsWithRole(HostRole.DEPLOYMENT).map(({ name }) => name);
    fail(where, {
      problem: 'only one host may have the role deployment',
      value: names,
      fix: 'leave it to one: passwords and certificates are made there',
    });
  }
}

function checkVirtualAddresses(where: Where, pool: IBareMetalPool, options: KollaOptions): { internal: Cidr; externalVip: string } {
  const network = pool.network(NetworkRole.INTERNAL_API);
  const internal = network?.cidr === undefined ? undefined : parseCidr(where, 'network "internal"', network.cidr);
  if (internal === undefined) {
    fail(where, {
      problem: 'the hosts have no network with role "internal" and a CIDR, where the APIs are',
      fix: "add it to the inventory's networks",
    });
  }
  checkVirtualAddress(where, pool, 'internalVip', options.internalVip, internal);
  const externalVip = options.externalVip ?? options.internalVip;
  if (externalVip === options.internalVip) return { internal, externalVip };
  const { role, network: external } = networkOr(pool, NetworkRole.EXTERNAL_API);
  const cidr = external?.cidr === undefined ? undefined : parseCidr(where, `network "${role}"`, external.cidr);
  checkVirtualAddress(where, pool, 'externalVip', externalVip, cidr);
  if (externalVip.includes(':') !== options.internalVip.includes(':')) {
    fail(where, { problem: 'internalVip and externalVip must be of one family', value: externalVip, fix: 'use IPv4 for both, or IPv6 for both' });
  }
  return { internal, externalVip };
}

function checkVirtualAddress(where: Where, pool: IBareMetalPool, name: string, vip: string, cidr: Cidr | undefined): void {
  checkAddress(where, name, vip);
  if (cidr !== undefined) {
    checkInside(where, name, vip, cidr.toString());
    if (compareAddresses(vip, cidr.network) === 0 || compareAddresses(vip, cidr.addressAt(-1)) === 0) {
      fail(where, {
        problem: `${name} is the first or last address of ${cidr.toString()}, which no host can have`,
        value: vip,
        fix: 'use another one of that network',
      });
    }
  }
  const taken = pool.hosts.find((host) => host.managementAddress === vip || host.nics.some((nic) => nic.address === vip));
  if (taken !== undefined) {
    fail(where, { problem: `${name} is the address of host ${taken.name}, and must be free`, value: vip, fix: 'use an address that nothing has' });
  }
}

function defaultCinder(pool: IBareMetalPool): CinderBackend {
  const hosts = pool.hostsWithRole(HostRole.STORAGE);
  return hosts.length > 0 && hosts.every((host) => blockDevices(host).length > 0) ? CinderBackend.lvm() : CinderBackend.none();
}

function checkCinder(where: Where, pool: IBareMetalPool, release: OpenStackRelease, cinder: CinderBackend): void {
  if (cinder.kind === 'none') return;
  if (cinderVolumeHosts(pool, release, cinder).length === 0) {
    fail(where, {
      problem: 'no host has the role storage, where the volume services run',
      value: 0,
      fix: 'give it to a host, or use CinderBackend.none()',
    });
  }
  if (cinder.kind !== 'lvm') return;
  check(where, cinder.volumeGroup, (name) => /^[A-Za-z0-9_.+][A-Za-z0-9_.+-]{0,126}$/.test(name) && name !== '.' && name !== '..', {
    problem: 'name of the volume group must be letters, digits and "_.+-", 127 at most',
    fix: 'use cinder-volumes',
  });
  const without = pool.hostsWithRole(HostRole.STORAGE).find((host) => blockDevices(host).length === 0);
  if (without !== undefined) {
    fail(where, {
      problem: `storage host ${without.name} has no disk for block storage`,
      value: without.disks.map(({ device }) => device),
      fix: 'add a second disk to it in the inventory, or use another CinderBackend',
    });
  }
}

function checkInterfaces(where: Where, pool: IBareMetalPool, neutronDriver: NeutronDriver): void {
  const gateways = pool.hostsWithRole(HostRole.NETWORK);
  const tunnelEnds = new Set([...gateways, ...pool.hostsWithRole(HostRole.COMPUTE)]);
  for (const host of cloudHosts(pool)) {
    needsAddress(where, host, NetworkRole.INTERNAL_API, 'every service listens there');
    if (tunnelEnds.has(host)) needsAddress(where, host, networkOr(pool, NetworkRole.TUNNEL).role, 'tunnels between the hosts end there');
    if (host.is(HostRole.NETWORK)) {
      needsAddress(where, host, networkOr(pool, NetworkRole.EXTERNAL_API).role, 'the external virtual address is put there');
    }
  }
  const count = providerNics(gateways[0]).length;
  for (const host of gateways) {
    const nics = providerNics(host);
    if (nics.length === 0 || nics.length !== count) {
      fail(where, {
        problem:
          nics.length === 0
            ? `network host ${host.name} has no interface for network "provider"`
            : `network host ${host.name} has another number of interfaces for network "provider" than ${gateways[0].name}`,
        value: nics.map(({ name }) => name),
        fix: 'give each network host the same number of interfaces with that role: the first is physnet1, the next physnet2',
      });
    }
  }
  for (const host of tunnelEnds) {
    const nics = providerNics(host);
    const withAddress = nics.find((nic) => nic.address !== undefined);
    if (withAddress !== undefined) {
      fail(where, {
        problem: `interface ${withAddress.name} of ${host.name} leads into the provider networks and has an address, which stops working once it is in Neutron's bridge`,
        value: withAddress.address,
        fix: 'use an interface without an address, for example a VLAN or a second port',
      });
    }
    if (nics.length > 0 && nics.length !== count && neutronDriver === NeutronDriver.OVN) {
      fail(where, {
        problem: `host ${host.name} has another number of interfaces for network "provider" than the network hosts`,
        value: nics.length,
        fix: `give it ${count}, or none`,
      });
    }
  }
}

function needsAddress(where: Where, host: Host, role: NetworkRole, why: string): void {
  const nic = host.nicFor(role);
  if (nic?.address !== undefined) return;
  fail(where, {
    problem:
      nic === undefined
        ? `host ${host.name} has no interface for network "${role}": ${why}`
        : `interface ${nic.name} of ${host.name} has no address in network "${role}": ${why}`,
    value: host.nics.map(({ name }) => name),
    fix: nic === undefined ? `add "${role}" to one of its interfaces in the inventory` : 'give the interface its address in the inventory',
  });
}

function distributionOf(where: Where, pool: IBareMetalPool, options: KollaOptions): HostDistribution {
  const found = cloudHosts(pool).flatMap((host) => {
    const distribution = host.os === undefined ? undefined : HostDistribution._parse(where, `os of ${host.name}`, host.os);
    return distribution === undefined ? [] : [{ host, distribution }];
  });
  const wanted = options.hostDistribution ?? found[0]?.distribution ?? HostDistribution.UBUNTU_24_04;
  const other = found.find(({ distribution }) => distribution !== wanted);
  if (other !== undefined) {
    fail(where, {
      problem: `host ${other.host.name} has another operating system than ${options.hostDistribution === undefined ? found[0].host.name : 'hostDistribution says'} (${wanted.name}): Kolla's containers must match their hosts`,
      value: other.distribution.name,
      fix: 'install the same on all hosts',
    });
  }
  assertHostDistribution(where, options.release, wanted, options.upgradeFrom !== undefined);
  if (wanted.kollaBaseDistro === 'centos' && options.registry === undefined) {
    fail(where, {
      problem: 'Kolla publishes no container images for CentOS Stream',
      value: wanted.name,
      fix: 'build them and give registry, or use Rocky Linux',
    });
  }
  return wanted;
}

/** Settings that globals.yml must not have: it wins over the inventory, and one host's interface would become every host's. */
const PER_HOST = [
  'network_interface',
  'api_interface',
  'tunnel_interface',
  'neutron_external_interface',
  'kolla_external_vip_interface',
  'octavia_network_interface',
  'dns_interface',
  'ironic_http_interface',
  'ironic_tftp_interface',
  'ironic_dnsmasq_interface',
];

/** Settings that more than globals.yml follows from, and the option for each. */
const TYPED: { readonly [name: string]: string } = {
  openstack_release: 'release',
  kolla_base_distro: 'hostDistribution',
  kolla_base_distro_version: 'hostDistribution',
  kolla_internal_vip_address: 'internalVip',
  kolla_external_vip_address: 'externalVip',
  kolla_internal_fqdn: 'internalFqdn',
  kolla_external_fqdn: 'externalFqdn',
  kolla_enable_tls_internal: 'tls',
  kolla_enable_tls_external: 'tls',
  keepalived_virtual_router_id: 'virtualRouterId',
  neutron_plugin_agent: 'neutronDriver',
  octavia_provider_drivers: 'loadBalancerProvider of OpenStackControlPlane',
  enable_ironic: 'services.ironic',
  enable_designate: 'services.designate',
  enable_manila: 'services.manila',
};

function checkExtraGlobals(where: Where, { extraGlobals = {} }: KollaOptions): void {
  for (const name of Object.keys(extraGlobals)) {
    check(where, name, (n) => /^[A-Za-z_]\w*$/.test(n), {
      problem: 'name of a setting in extraGlobals is not one that Ansible takes',
      fix: 'use letters, digits and "_"',
    });
    if (PER_HOST.includes(name)) {
      fail(where, {
        problem: 'a setting in extraGlobals is one of each host',
        value: name,
        fix: "give the hosts' interfaces their networks in the inventory",
      });
    }
    if (Object.hasOwn(TYPED, name)) {
      fail(where, {
        problem: 'a setting in extraGlobals has an option of its own, which other files follow, too',
        value: name,
        fix: `use ${TYPED[name]}`,
      });
    }
    if (/(_password|_secret|_token|_key)$/.test(name) && typeof extraGlobals[name] === 'string') {
      fail(where, {
        problem: `${name} in extraGlobals looks like a secret, which would stand in the state`,
        fix: `put it into passwords.yml on the deployment host`,
      });
    }
  }
}

/** Needs of the further services that no precheck of Kolla's tells, or only on the hosts. */
function checkServices(where: Where, pool: IBareMetalPool, options: KollaOptions, cinder: CinderBackend): void {
  const { designate, ironic, manila, masakari } = options.services ?? {};
  if (designate !== undefined) {
    if (designate.nameServers.length === 0) {
      fail(where, { problem: 'services.designate.nameServers must not be empty: zones need an NS record', value: [], fix: 'give at least one name' });
    }
    designate.nameServers.forEach((name) => checkDnsSubdomain(where, 'services.designate.nameServers', name));
    (designate.forwarders ?? []).forEach((address) => checkAddress(where, 'services.designate.forwarders', address));
  }
  if (manila !== undefined && cinder.kind !== 'ceph') {
    fail(where, {
      problem: 'services.manila keeps its shares in CephFS, and there is no Ceph cluster',
      value: cinder.kind,
      fix: 'use CinderBackend.cephadm, or externalCeph with manila/ceph.conf and manila/ceph.client.manila.keyring in its folder',
    });
  }
  const computeHosts = pool.hostsWithRole(HostRole.COMPUTE).length;
  if (masakari && computeHosts < 2) {
    fail(where, {
      problem: 'services.masakari starts servers again on another compute host, and there is none',
      value: computeHosts,
      fix: 'add a compute host, or leave it out',
    });
  }
  check(where, ironic?.agentDirectory, (path) => path !== '', {
    problem: 'services.ironic.agentDirectory must not be empty',
    fix: 'give the folder',
  });
  if (options.monitoring && pool.hostsWithRole(HostRole.MONITORING).length === 0) {
    fail(where, {
      problem: 'no host has the role monitoring, where Prometheus and Grafana run',
      value: 0,
      fix: 'give it to a host, for example to the control hosts, or leave out monitoring',
    });
  }
}

function provisioningRange(where: Where, pool: IBareMetalPool, ironic: IronicOptions): AllocationPool {
  const network = pool.network(NetworkRole.PROVISIONING);
  const cidr = network?.cidr === undefined ? undefined : parseCidr(where, 'network "provisioning"', network.cidr);
  if (cidr === undefined) {
    fail(where, {
      problem: 'services.ironic needs a network with role "provisioning" and a CIDR, where nodes boot',
      value: network,
      fix: "add it to the inventory's networks",
    });
  }
  for (const host of pool.hostsWithRole(HostRole.CONTROL)) {
    needsAddress(where, host, NetworkRole.PROVISIONING, 'nodes fetch what they boot from there');
  }
  const range = ironic.dhcpRange ?? upperHalf(cidr);
  checkAllocationPools(where, [range], cidr, undefined);
  checkLeftFree(where, pool, NetworkRole.PROVISIONING, range, 'nodes that boot', 'services.ironic.dhcpRange');
  return range;
}

/** Throws if a host has an address of a range that is given away. */
function checkLeftFree(where: Where, pool: IBareMetalPool, role: NetworkRole, range: AllocationPool, whom: string, option: string): void {
  for (const host of pool.hosts) {
    const address = host.nicFor(role)?.address;
    if (address === undefined || !isKnown(address)) continue;
    if (compareAddresses(address, range.start) < 0 || compareAddresses(address, range.end) > 0) continue;
    fail(where, {
      problem: `the addresses for ${whom}, ${range.start} to ${range.end}, hold the one of host ${host.name}`,
      value: address,
      fix: `give ${option} a range that the hosts leave free`,
    });
  }
}

function amphoraNetwork(where: Where, pool: IBareMetalPool, options: KollaOptions): AmphoraNetwork {
  const network = pool.network(NetworkRole.OCTAVIA_MANAGEMENT);
  const cidr = network?.cidr === undefined ? undefined : parseCidr(where, 'network "octavia"', network.cidr);
  if (network === undefined || cidr === undefined || network.vlan === undefined) {
    fail(where, {
      problem: 'amphorae need a network with role "octavia", a CIDR and a VLAN, through which the controllers reach them',
      value: network,
      fix: "add it to the inventory's networks, or use LoadBalancerProvider.OVN",
    });
  }
  for (const host of pool.hostsWithRole(HostRole.CONTROL)) {
    needsAddress(where, host, NetworkRole.OCTAVIA_MANAGEMENT, "Octavia's controllers speak to the amphorae there");
  }
  const addresses = options.amphoraAddresses ?? upperHalf(cidr);
  checkAllocationPools(where, [addresses], cidr, undefined);
  checkLeftFree(where, pool, NetworkRole.OCTAVIA_MANAGEMENT, addresses, 'amphorae', 'amphoraAddresses');
  return { cidr, vlan: network.vlan, mtu: mtuOf(network), addresses };
}

function upperHalf(cidr: Cidr): AllocationPool {
  return { start: cidr.addressAt(Math.floor(cidr.addressCount / 2)), end: cidr.addressAt(-2) };
}
