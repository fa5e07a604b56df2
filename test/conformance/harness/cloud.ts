import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Context } from './check';
import { run, sleep } from './process';

/** Kind of thing, its id, and what tells it from others. */
export type Snapshot = { readonly [kind: string]: { readonly [id: string]: string } };

/** Quotas that outlive their project, by their kind in a snapshot. */
const QUOTAS = [
  { kind: 'network quota', service: 'network', path: '/v2.0/quotas' },
  { kind: 'load balancer quota', service: 'load-balancer', path: '/v2.0/lbaas/quotas' },
];

/** The OpenStack cloud of the conformance run, as its administrator sees it. */
export class Cloud {
  /** What OpenStack's clients and the Terraform provider read, as `OS_…` variables and as the cloud `lab` of a clouds.yaml. */
  readonly environment: { readonly [name: string]: string };

  constructor(context: Context) {
    const openrc = fs.readFileSync(context.value('OPENRC'), 'utf8');
    const variables = Object.fromEntries([...openrc.matchAll(/(OS_[A-Z_]+)=(\S+)/g)].map(([, name, value]) => [name, value]));
    this.environment = { ...variables, OS_CLIENT_CONFIG_FILE: path.join(path.dirname(context.value('OPENRC')), 'clouds.yaml') };
  }

  /** Runs a Python program with `cloud`, a connection of openstacksdk, at hand; returns what it prints. */
  async python(program: string): Promise<string> {
    const { stdout } = await run('/usr/bin/python3', ['-'], {
      env: this.environment,
      input: `import json, openstack\ncloud = openstack.connect(cloud='lab')\n${program}\n`,
    });
    return stdout.trim();
  }

  async snapshot(): Promise<Snapshot> {
    const { stdout } = await run('/usr/bin/python3', [path.join(__dirname, 'cloud-snapshot.py')], { env: this.environment });
    return JSON.parse(stdout);
  }

  /**
   * Removes the security groups `default` that projects left behind which are gone and weren't there before, and returns how many. Neutron makes that group
   * in every project that is used, it outlives the project, and no resource of the provider can delete it. Any other new group without its project is a failure.
   */
  async removeOrphanedDefaultGroups(before: Snapshot): Promise<number> {
    const orphans: string[] = JSON.parse(
      await this.python(`
known = set(json.loads('''${JSON.stringify(Object.keys(before['security group'] ?? {}))}'''))
projects = {p.id for p in cloud.identity.projects()}
orphans = [g for g in cloud.network.security_groups() if g.id not in known and g.project_id not in projects]
for group in orphans:
    if group.name == 'default':
        cloud.network.delete_security_group(group.id)
print(json.dumps([g.name for g in orphans]))`),
    );
    const others = orphans.filter((name) => name !== 'default');
    if (others.length > 0) throw new Error(`security groups of a project that is gone: ${others.join(', ')}`);
    return orphans.length;
  }

  /**
   * Removes the quotas in Neutron and Octavia of projects that are gone, where there were none before. The provider only forgets a quota when its
   * resource is destroyed, and neither service hears of a project's end.
   */
  async removeOrphanedQuotas(before: Snapshot): Promise<void> {
    await this.python(`
known = json.loads('''${JSON.stringify(QUOTAS.map(({ kind }) => Object.keys(before[kind] ?? {})))}''')
projects = {p.id for p in cloud.identity.projects()}
for (service, path), had in zip(${JSON.stringify(QUOTAS.map(({ service, path: at }) => [service, at]))}, known):
    where = {'service_type': service, 'interface': 'public'}
    for quota in cloud.session.get(path, endpoint_filter=where).json()['quotas']:
        project = quota.get('project_id') or quota['tenant_id']
        if project not in had and project not in projects:
            cloud.session.delete(f'{path}/{project}', endpoint_filter=where)`);
  }

  /**
   * Fails if the cloud is not as it was, and names each thing that was left, lost or changed. What goes away a moment after its
   * deletion was accepted (a server's port, say) is given that moment.
   */
  async expectUnchanged(before: Snapshot, patienceMs = 30_000): Promise<void> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const differences = diff(before, await this.snapshot());
      if (differences.length === 0) return;
      if (Date.now() > deadline) throw new Error(`the cloud is not as it was before:\n${differences.join('\n')}`);
      await sleep(2_000);
    }
  }
}

/** One line for each thing that differs, for the reader. */
export function diff(before: Snapshot, after: Snapshot): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort().flatMap((kind) => {
    const was = before[kind] ?? {};
    const is = after[kind] ?? {};
    return [
      ...Object.keys(is)
        .filter((id) => !(id in was))
        .map((id) => `left: ${kind} ${id} ${is[id]}`.trimEnd()),
      ...Object.keys(was)
        .filter((id) => !(id in is))
        .map((id) => `lost: ${kind} ${id} ${was[id]}`.trimEnd()),
      ...Object.keys(is)
        .filter((id) => id in was && is[id] !== was[id])
        .map((id) => `changed: ${kind} ${id} from ${was[id]} to ${is[id]}`),
    ];
  });
}
