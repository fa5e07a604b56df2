/** Limits of the administrator's project, which the clusters are in. */
import type { Cloud } from '../harness/cloud';

/** By service, as each names them. */
const SERVICES = {
  compute: ['instances', 'cores', 'ram', 'server_groups', 'server_group_members'],
  volume: ['volumes', 'gigabytes', 'per_volume_gigabytes'],
  network: ['port', 'network', 'subnet', 'router', 'floatingip', 'security_group', 'security_group_rule'],
};

/** Every limit that a cluster's plan looks at. */
export const QUOTAS: readonly string[] = Object.values(SERVICES).flat();

export type Limits = { readonly [service: string]: { readonly [quota: string]: number } };

/** The limits of all quotas, those that are undefined left out. */
export function limits(of: (quota: string) => number | undefined): Limits {
  return Object.fromEntries(
    Object.entries(SERVICES).map(([service, quotas]) => [
      service,
      Object.fromEntries(
        quotas.flatMap((quota) => {
          const limit = of(quota);
          return limit === undefined ? [] : [[quota, limit]];
        }),
      ),
    ]),
  );
}

/** Gives the project these limits, and the cloud's own for all that are left out. */
export async function setQuotas(cloud: Cloud, given: Limits): Promise<void> {
  await cloud.python(`
limits = json.loads('''${JSON.stringify(given)}''')
project = cloud.current_project_id
for service, path, body in (('compute', f'/os-quota-sets/{project}', 'quota_set'), ('block-storage', f'/os-quota-sets/{project}', 'quota_set'), ('network', f'/v2.0/quotas/{project}', 'quota')):
    wanted = limits['volume' if service == 'block-storage' else service]
    where = {'service_type': service, 'interface': 'public'}
    answer = cloud.session.delete(path, endpoint_filter=where, raise_exc=False)
    assert answer.status_code < 300 or answer.status_code == 404, answer.text
    if wanted:
        force = {'force': True} if service == 'compute' else {}
        answer = cloud.session.put(path, json={body: {**wanted, **force}}, endpoint_filter=where, raise_exc=False)
        assert answer.status_code < 300, answer.text`);
}
