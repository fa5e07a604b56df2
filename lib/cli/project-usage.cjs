// Prints what a project's limits are and what is used of each, and the flavors that it may use, as JSON. It asks only; the user needs no more than to read the
// project. Nova says it as /limits, Cinder and Neutron as quota sets with usage; Octavia tells the limits, and what there is is counted.
//
// STRATA_PROJECT_ID, STRATA_PROJECT_NAME  the project that it must be, where it is known
//
// The first half of the program, openstack-client.cjs, says how it logs in.
async function main() {
  const cloud = new Cloud(configured());
  await cloud.logIn();
  const { project, projectName } = cloud;
  if (!project) throw new Error('the login is not to a project');
  for (const [wanted, is] of [[env.STRATA_PROJECT_ID, project], [env.STRATA_PROJECT_NAME, projectName]]) {
    if (wanted && wanted !== is) throw new Error('the login is to the project ' + projectName + ' (' + project + "), and the stack's is " + wanted);
  }
  const get = async (url) => {
    const answer = await cloud.call('GET', url);
    if (answer.status !== 200) throw new Error('GET ' + url + ' says ' + answer.status + ': ' + message(answer));
    return answer.body;
  };
  const quotas = {};
  const flavors = [];
  const [nova, cinder, neutron, octavia] = [['compute'], ['volumev3', 'block-storage', 'block-store', 'volume'], ['network'], ['load-balancer']].map((types) => cloud.endpoint(...types));
  const asks = [];
  if (nova) {
    asks.push(async () => {
      const { absolute } = (await get(nova + '/limits')).limits;
      const put = (name, limit, used) => (quotas['Nova: ' + name] = { limit: absolute[limit], used: absolute[used] });
      put('instances', 'maxTotalInstances', 'totalInstancesUsed');
      put('cores', 'maxTotalCores', 'totalCoresUsed');
      put('ram', 'maxTotalRAMSize', 'totalRAMUsed');
      put('server_groups', 'maxServerGroups', 'totalServerGroupsUsed');
    });
    asks.push(async () => {
      for (const { id, name, vcpus, ram } of await cloud.list(nova + '/flavors/detail', 'flavors')) flavors.push({ id, name, vcpus, ram });
    });
  }
  if (cinder) {
    asks.push(async () => {
      const set = (await get(cinder + '/os-quota-sets/' + project + '?usage=true')).quota_set;
      for (const [name, each] of Object.entries(set)) if (each && typeof each === 'object') quotas['Cinder: ' + name] = { limit: each.limit, used: each.in_use + each.reserved };
    });
  }
  if (neutron) {
    asks.push(async () => {
      const set = (await get(neutron + '/v2.0/quotas/' + project + '/details.json')).quota;
      for (const [name, each] of Object.entries(set)) quotas['Neutron: ' + name] = { limit: each.limit, used: each.used + each.reserved };
    });
  }
  if (octavia) {
    asks.push(async () => {
      const { quota } = await get(octavia + '/v2.0/lbaas/quotas/' + project);
      const all = (path, key) => cloud.list(octavia + '/v2.0/lbaas/' + path + '?project_id=' + project, key || path);
      const pools = await all('pools');
      const used = {
        load_balancer: (await all('loadbalancers')).length,
        listener: (await all('listeners')).length,
        pool: pools.length,
        health_monitor: (await all('healthmonitors')).length,
        member: pools.reduce((sum, { members }) => sum + members.length, 0),
      };
      for (const [name, count] of Object.entries(used)) if (name in quota) quotas['Octavia: ' + name] = { limit: quota[name], used: count };
    });
  }
  for (const ask of asks) await ask();
  console.log(JSON.stringify({ project, quotas, flavors }));
}

main().catch((error) => stop(error.message));
