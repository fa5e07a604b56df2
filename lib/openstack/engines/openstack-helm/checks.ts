import { valid } from 'semver';
import { Chart, CHARTS, chartStages, chartVersion, knownSeries } from './charts';
import { OpenStackHelmModel, Bridge } from './openstack-helm-model';
import { OpenStackHelmOptions } from './openstack-helm-options';
import { secretPaths } from './secrets';
import { IBareMetalPool } from '../../../contracts/bare-metal-pool';
import { HostRole, NetworkRole } from '../../../contracts/host';
import { LoadBalancerProvider } from '../../../contracts/openstack-cloud';
import { checkAddress, assertDisjoint } from '../../../core/cidr-checks';
import { checkDnsLabel, checkDnsSubdomain } from '../../../core/naming';
import { assertQuorum } from '../../../core/quorum';
import { check, checkInteger, checkKnown, checkOneOf, fail, isKnown, Where } from '../../../core/validation';
import { EngineSurroundings } from '../../engine-binding';
import { providerNics } from '../kolla/kolla-model';
import { NeutronDriver } from '../kolla/kolla-options';

/** Decides what was left open, and throws for what the charts would fail on, as much of it as the inventory tells. */
export function resolveOpenStackHelm(where: Where, surroundings: EngineSurroundings, options: OpenStackHelmOptions): OpenStackHelmModel {
  const { pool, region } = surroundings;
  checkOptions(where, options);
  checkHosts(where, pool);
  const { domain, tls = true, neutronDriver = NeutronDriver.OVN, services = {}, cluster } = options;
  const ovn = neutronDriver === NeutronDriver.OVN;
  const octavia = services.octavia ?? ovn;
  if (octavia && !ovn) {
    fail(where, { problem: 'services.octavia needs OVN networking: its load balancers are in OVN', value: neutronDriver, fix: 'leave it out' });
  }
  if (ovn && surroundings.loadBalancerProvider === LoadBalancerProvider.AMPHORA) {
    fail(where, {
      problem: 'load balancers are in OVN with OpenStack-Helm',
      value: surroundings.loadBalancerProvider,
      fix: 'leave loadBalancerProvider out, or use the Kolla engine for amphorae',
    });
  }
  assertDisjoint(where, {
    'pods of the cluster': cluster.podCidr,
    'services of the cluster': cluster.serviceCidr,
    ...Object.fromEntries(pool.networks.map(({ role, cidr }) => [`network ${role}`, cidr])),
  });
  if (!tls && options.tlsSecretName !== undefined) {
    fail(where, { problem: 'tlsSecretName is given, and tls is off', value: options.tlsSecretName, fix: 'leave one of them out' });
  }
  checkDnsSubdomain(where, 'domain', domain);
  const ceph = options.ceph && {
    configMap: options.ceph.configMap ?? 'ceph-etc',
    adminKeySecret: options.ceph.adminKeySecret ?? 'pvc-ceph-client-key',
  };
  const { barbican = false, heat = false, horizon = true } = services;
  const stages = chartStages({ ovn, cinder: ceph !== undefined, barbican, heat, horizon, octavia });
  const charts = stages.flat();
  checkValues(where, options, charts);
  return {
    pool,
    options,
    region,
    namespace: options.namespace ?? 'openstack',
    ovn,
    tls,
    storageClass: options.storageClass ?? 'general',
    ceph,
    loadBalancerProvider: ovn ? LoadBalancerProvider.OVN : LoadBalancerProvider.AMPHORA,
    stages,
    versions: chartVersions(where, options, charts),
    bridges: bridgesOf(where, pool),
    computeHasProviderNetworks: pool.hostsWithRole(HostRole.COMPUTE).every((host) => providerNics(host).length > 0),
  };
}

function checkOptions(where: Where, options: OpenStackHelmOptions): void {
  const { cluster: _cluster, endpoints: _endpoints, release: _release, values: _values, ...plain } = options;
  for (const [name, value] of Object.entries(plain)) checkKnown(where, name, value);
  checkDnsLabel(where, 'namespace', options.namespace);
  checkDnsSubdomain(where, 'endpoints.className', options.endpoints.className);
  checkDnsSubdomain(where, 'tlsSecretName', options.tlsSecretName);
  checkDnsSubdomain(where, 'storageClass', options.storageClass);
  checkDnsSubdomain(where, 'ceph.configMap', options.ceph?.configMap);
  checkDnsSubdomain(where, 'ceph.adminKeySecret', options.ceph?.adminKeySecret);
  checkOneOf(where, 'neutronDriver', options.neutronDriver, Object.values(NeutronDriver));
  checkInteger(where, 'databaseVolumeGib', options.databaseVolumeGib, { min: 5 });
  checkInteger(where, 'imageVolumeGib', options.imageVolumeGib, { min: 1 });
  checkInteger(where, 'timeoutMinutes', options.timeoutMinutes, { min: 5, max: 720 });
  (options.dnsServers ?? []).forEach((address) => checkAddress(where, 'dnsServers', address));
  for (const [name, path] of Object.entries({ kubeconfigPath: options.kubeconfigPath, kubeconfigContext: options.kubeconfigContext })) {
    check(where, path, (text) => /^[\w./@:~+-]+$/.test(text), {
      problem: `${name} must be letters, digits and "._/@:~+-"`,
      fix: 'write a path as ~/.kube/config',
    });
  }
  check(where, options.chartRepository, (url) => /^(https?|oci):\/\/[^\s/]+/.test(url), {
    problem: 'chartRepository must be a URL',
    fix: 'give the address that `helm repo add` takes',
  });
}

function checkHosts(where: Where, pool: IBareMetalPool): void {
  const needed = {
    [HostRole.CONTROL]: 'the APIs, the database and the message queue',
    [HostRole.NETWORK]: "the gateways and OVN's databases",
    [HostRole.COMPUTE]: 'servers',
  };
  for (const [role, what] of Object.entries(needed)) {
    if (pool.hostsWithRole(role as HostRole).length > 0) continue;
    fail(where, { problem: `no host has the role ${role}, which runs ${what}`, value: 0, fix: 'give it to at least one host' });
  }
  assertQuorum(where, 'number of control hosts', pool.hostsWithRole(HostRole.CONTROL).length);
  // The charts find the interface by this network, on each host by itself: so a name for all isn't needed.
  const role = pool.network(NetworkRole.TUNNEL) === undefined ? NetworkRole.INTERNAL_API : NetworkRole.TUNNEL;
  if (pool.network(role)?.cidr === undefined) {
    fail(where, { problem: `the network ${role} has no cidr, by which the charts find the interface for tunnels`, fix: 'give the network its cidr' });
  }
}

/** Charts know one name of an interface for all hosts. */
function bridgesOf(where: Where, pool: IBareMetalPool): Bridge[] {
  const hosts = pool.hosts.filter((host) => host.is(HostRole.NETWORK) || host.is(HostRole.COMPUTE));
  const wanted = [
    ...new Set(
      hosts
        .map((host) => providerNics(host).map(({ name }) => name))
        .filter(({ length }) => length > 0)
        .map((names) => names.join(' ')),
    ),
  ];
  if (wanted.length > 1) {
    fail(where, {
      problem: 'interfaces into the provider networks must have the same names on all network and compute hosts: the charts know one name for all',
      value: wanted,
      fix: 'give them the same names by a bond or udev',
    });
  }
  const withAddress = hosts.find((host) => providerNics(host).some(({ address }) => address !== undefined));
  if (withAddress !== undefined) {
    fail(where, {
      problem: `an interface of ${withAddress.name} into the provider networks has an address, which it loses when it joins the bridge`,
      value: providerNics(withAddress).map(({ address }) => address),
      fix: 'move the address to another interface, or to a VLAN of another',
    });
  }
  const names = wanted.length === 0 ? [] : wanted[0].split(' ');
  return names.map((name, i) => ({ physicalNetwork: `physnet${i + 1}`, name: i === 0 ? 'br-ex' : `br-ex${i + 1}`, interface: name }));
}

function chartVersions(
  where: Where,
  { release, chartVersions: given = {} }: OpenStackHelmOptions,
  charts: readonly Chart[],
): OpenStackHelmModel['versions'] {
  const series = knownSeries();
  if (!series.includes(release.series)) {
    fail(where, {
      problem: 'the charts of this release are not known',
      value: release.series,
      fix: `use ${series.join(' or ')}, or the Kolla engine`,
    });
  }
  for (const [chart, version] of Object.entries(given)) {
    checkOneOf(where, 'chart in chartVersions', chart, CHARTS);
    check(where, version, (text) => valid(text) !== null, {
      problem: `version of the chart ${chart} must be exact`,
      fix: 'write it whole, with what follows the plus sign: 2026.1.8+a2a343968',
    });
  }
  const versions = charts.map((chart) => [chart, Object.hasOwn(given, chart) ? given[chart] : chartVersion(release, chart)] as const);
  const missing = versions.filter(([, version]) => version === undefined).map(([chart]) => chart);
  if (missing.length > 0) {
    fail(where, {
      problem: `chartVersions lacks ${missing.join(', ')}, of which no published version is known here`,
      fix: `give one for each, as \`helm search repo openstack-helm/${missing[0]} --versions\` lists them: { ${missing[0]}: '2026.1.…' }`,
    });
  }
  return Object.fromEntries(versions);
}

function checkValues(where: Where, { values = {} }: OpenStackHelmOptions, charts: readonly Chart[]): void {
  for (const [chart, given] of Object.entries(values)) {
    checkOneOf(where, 'chart in values', chart, charts);
    for (const path of Object.keys(secretPaths(chart as Chart))) {
      const value = path.split('.').reduce<any>((inner, key) => (isKnown(inner) ? inner?.[key] : undefined), given);
      if (value !== undefined) {
        fail(where, { problem: `values.${chart} has the password ${path}, which is made here and would win`, fix: 'leave it out' });
      }
    }
  }
}
