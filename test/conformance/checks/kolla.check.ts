import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, TerraformStack } from 'cdktf';
import { parse, stringify } from 'yaml';
import { Host, HostRole, NetworkRole } from '../../../lib/contracts/host';
import { LoadBalancerProvider } from '../../../lib/contracts/openstack-cloud';
import { OpenStackRelease } from '../../../lib/core/openstack-release';
import { resolveKolla } from '../../../lib/openstack/engines/kolla/kolla-checks';
import { kollaFiles } from '../../../lib/openstack/engines/kolla/kolla-engine';
import { CinderBackend, KollaOptions, NeutronDriver } from '../../../lib/openstack/engines/kolla/kolla-options';
import { TestPool, threeByThree } from '../../openstack/pool';
import type { Check, Context } from '../harness/check';
import { Kolla } from '../harness/kolla';

/** Ways in which a cloud can be made: each must be right for each release. */
const VARIANTS: { readonly [name: string]: Partial<KollaOptions> & { readonly amphora?: boolean; readonly secondProvider?: boolean } } = {
  defaults: {},
  'amphorae and Ceph': { amphora: true, cinderBackend: CinderBackend.externalCeph({ configDirectory: '/none' }) },
  'Open vSwitch, own registry': { neutronDriver: NeutronDriver.OPEN_VSWITCH, amphora: true, registry: { server: 'registry.example.com:5000' } },
  'two physical networks, no TLS, no Cinder': { tls: false, cinderBackend: CinderBackend.none(), secondProvider: true },
};

/** The files of a variant. Releases that new clouds are refused on are rendered, too: clouds are upgraded from them. */
function render(series: string, variant: string): { readonly [path: string]: string } {
  const { amphora, secondProvider, ...options } = VARIANTS[variant];
  const stack = new TerraformStack(new App({ outdir: fs.mkdtempSync('/tmp/strata-kolla-') }), 'metal');
  const second = { name: 'bond2', networks: [NetworkRole.PROVIDER] };
  const hosts = threeByThree().map((host) => {
    const nics = secondProvider && host.is(HostRole.NETWORK) ? [...host.nics, second] : host.nics;
    return new Host({ ...host, nics, roles: host.is(HostRole.CONTROL) ? [...host.roles, HostRole.MONITORING] : host.roles });
  });
  const model = resolveKolla(
    stack,
    {
      pool: new TestPool(stack, hosts),
      region: 'RegionOne',
      loadBalancerProvider: amphora ? LoadBalancerProvider.AMPHORA : undefined,
    },
    { release: OpenStackRelease.V2026_1, internalVip: '10.10.0.250', externalVip: '203.0.113.10', ...options },
  );
  return kollaFiles(stack, { ...model, release: OpenStackRelease.of(series) });
}

function write(folder: string, files: { readonly [path: string]: string }): void {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
}

/** What differs between the groups of two inventories, the hosts themselves aside. */
function differences(packaged: { [group: string]: any }, rendered: { [group: string]: any }): string[] {
  const groups = (inventory: { [group: string]: any }) => Object.keys(inventory).filter((name) => name !== '_meta' && name !== 'all');
  const members = (group: any) => [...(group?.children ?? [])].sort().join(' ');
  return [
    ...groups(packaged)
      .filter((name) => !(name in rendered))
      .map((name) => `missing: ${name}`),
    ...groups(rendered)
      .filter((name) => !(name in packaged))
      .map((name) => `unknown: ${name}`),
    ...groups(packaged)
      .filter((name) => name in rendered && members(packaged[name]) !== members(rendered[name]))
      .map((name) => `${name}: ${members(rendered[name])} instead of ${members(packaged[name])}`),
  ];
}

/** Every variable that a release's group_vars and role defaults know. */
function knownVariables(kolla: Kolla): Set<string> {
  const groupVars = path.join(kolla.shareFolder, 'group_vars');
  const single = path.join(groupVars, 'all.yml');
  const roles = path.join(kolla.shareFolder, 'roles');
  const files = [
    ...(fs.existsSync(single) ? [single] : fs.readdirSync(path.join(groupVars, 'all')).map((name) => path.join(groupVars, 'all', name))),
    ...fs.readdirSync(roles).map((role) => path.join(roles, role, 'defaults', 'main.yml')),
  ].filter((file) => fs.existsSync(file));
  return new Set(files.flatMap((file) => Object.keys(parse(fs.readFileSync(file, 'utf8'), { uniqueKeys: false }) ?? {})));
}

/** Settings of a rendered variant that the release doesn't know. */
function unknownSettings(known: Set<string>, files: { readonly [path: string]: string }): string[] {
  const hosts: { [host: string]: { [name: string]: unknown } } = parse(files['inventory.yml']).all.hosts;
  const names = new Set([...Object.keys(parse(files['globals.yml'])), ...Object.values(hosts).flatMap((variables) => Object.keys(variables))]);
  return [...names].filter((name) => !known.has(name) && !name.startsWith('ansible_') && !name.startsWith('strata_'));
}

/** Roles whose prechecks judge settings alone, and those of their hosts on which they run. */
const PRECHECKED: { readonly [role: string]: string } = { cinder: 'cinder-volume', neutron: 'neutron-server', octavia: 'octavia-worker' };

/**
 * Evaluates the conditions of Kolla's own prechecks, the tasks themselves unchanged: those that judge settings and groups. What looks at running hosts
 * (ports, containers, volume groups, files) has nothing to look at here. Returns how many were evaluated; throws for the first that fails.
 */
async function evaluatePrechecks(context: Context, kolla: Kolla, files: { readonly [path: string]: string }): Promise<number> {
  const folder = fs.mkdtempSync(path.join(context.folder, 'prechecks-'));
  write(folder, files);
  fs.symlinkSync(path.join(kolla.shareFolder, 'group_vars'), path.join(folder, 'group_vars'));
  let count = 0;
  const plays = Object.entries(PRECHECKED).map(([role, group]) => {
    const packaged = path.join(kolla.shareFolder, 'roles', role);
    const tasks: { [key: string]: any }[] = parse(fs.readFileSync(path.join(packaged, 'tasks', 'precheck.yml'), 'utf8'));
    const judging = tasks.filter((task) => Object.keys(task).some((key) => /^(ansible\.builtin\.)?(fail|assert)$/.test(key)));
    const here = path.join(folder, 'roles', role);
    fs.mkdirSync(path.join(here, 'tasks'), { recursive: true });
    fs.symlinkSync(path.join(packaged, 'defaults'), path.join(here, 'defaults'));
    fs.writeFileSync(path.join(here, 'tasks', 'main.yml'), stringify(judging));
    count += judging.length;
    return { hosts: group, gather_facts: false, connection: 'local', roles: [{ role, when: `enable_${role} | bool` }] };
  });
  fs.writeFileSync(path.join(folder, 'prechecks.yml'), stringify(plays));
  fs.symlinkSync(path.join(kolla.shareFolder, 'filter_plugins'), path.join(folder, 'filter_plugins'));
  // As Kolla does: globals are extra variables, which win over everything.
  await kolla.ansible('ansible-playbook', ['-i', 'inventory.yml', '-e', '@globals.yml', '-e', 'ansible_become=false', 'prechecks.yml'], folder);
  return count;
}

const RELEASES = ['2025.1', '2025.2', '2026.1'];

export const checks: readonly Check[] = [
  ...RELEASES.map((series): Check => ({
    name: `the inventory of ${series} has the packaged groups, and its settings are the release's`,
    needs: ['kolla'],
    run: async (context) => {
      const kolla = new Kolla(context, series);
      const packaged = await kolla.inventory(kolla.multinode);
      const known = knownVariables(kolla);
      for (const variant of Object.keys(VARIANTS)) {
        const files = render(series, variant);
        const folder = path.join(context.folder, variant.replace(/\W+/g, '-'));
        write(folder, files);
        const rendered = await kolla.inventory(path.join(folder, 'inventory.yml'));
        const found = differences(packaged, rendered);
        if (found.length > 0) throw new Error(`${variant}: groups differ from the packaged multinode:\n${found.join('\n')}`);
        const variables = rendered._meta.hostvars['control-11'];
        if (variables?.network_interface !== 'bond0.10') throw new Error(`${variant}: control-11 has ${JSON.stringify(variables)}`);
        const unknown = unknownSettings(known, files);
        if (unknown.length > 0) throw new Error(`${variant}: Kolla ${series} doesn't know ${unknown.join(', ')}`);
      }
      // both instruments can say no
      const other = await kolla.inventory(new Kolla(context, series).multinode);
      delete other.octavia;
      if (differences(packaged, other).join() !== 'missing: octavia') throw new Error('a missing group is not noticed');
      if (unknownSettings(known, { 'globals.yml': 'enable_octavai: true', 'inventory.yml': 'all: {hosts: {}}' }).join() !== 'enable_octavai') {
        throw new Error('an unknown setting is not noticed');
      }
    },
  })),
  ...['2025.2', '2026.1'].map((series): Check => ({
    name: `the conditions of ${series}'s own prechecks hold`,
    needs: ['kolla'],
    run: async (context) => {
      const kolla = new Kolla(context, series);
      for (const variant of Object.keys(VARIANTS)) {
        const count = await evaluatePrechecks(context, kolla, render(series, variant)).catch((error: Error) => {
          throw new Error(`${variant}: ${error.message}`);
        });
        context.log(`${variant}: ${count} conditions`);
      }
      const files = render(series, 'amphorae and Ceph');
      const broken = { ...files, 'globals.yml': files['globals.yml'].replace('enable_valkey: true', 'enable_valkey: false') };
      const said = await evaluatePrechecks(context, kolla, broken).then(
        () => 'nothing',
        (error: Error) => error.message,
      );
      if (!/valkey/i.test(said)) throw new Error(`amphorae without the job board's store: the prechecks say ${said}`);
    },
  })),
];
