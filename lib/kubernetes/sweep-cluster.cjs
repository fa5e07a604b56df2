// Removes what a cluster's own controllers made in OpenStack, once its servers are gone and while its network still stands. Runs where Terraform runs, needs
// nothing but Node, and asks only OpenStack: the cluster need not answer. Whatever isn't exactly this cluster's stays.
//
// STRATA_MODE            "check": log in and see that it could be done; "sweep": do it
// STRATA_CLUSTER         name of the cluster
// STRATA_PROJECT         id of its project
// STRATA_RETAIN_VOLUMES  "true": volumes, snapshots and backups stay
// STRATA_KURYR           "also": what Kuryr's controller made for pods and Services, too; "only": nothing else; "no"
// STRATA_TIMEOUT         how long it may take, in seconds
// STRATA_PORT            for "check": id of the port of the first control-plane slot, or empty where the cluster's name was checked before
// STRATA_SERVERS         for "check": what names of its servers begin with before "-<number>", by ","
//
// The first half of the program, openstack-client.cjs, says how it logs in.
const cluster = env.STRATA_CLUSTER;
const project = env.STRATA_PROJECT;
const deadline = Date.now() + Number(env.STRATA_TIMEOUT) * 1000;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// --- what is this cluster's, exactly -----------------------------------------------------------------------------------------------------

// Names of clusters, namespaces and Services have no "_": `prod` and `prod-eu` can't be taken for each other.
const SERVICE = /^kube_(service|ingress)_([^_]+)_([^_]+)_([^_]+)$/;
const clusterOf = (name) => (SERVICE.exec(name) || [])[2];
const ofCluster = (description, before, between) => description.startsWith(before) && description.endsWith(between + cluster);
// of the cloud controller, and of the controller that makes a load balancer of an Ingress
const isFloatingIp = (text) => ['external service', 'ingress'].some((kind) => ofCluster(text, 'Floating IP for Kubernetes ' + kind + ' ', ' from cluster '));
const isSecurityGroup = (text) => ofCluster(text, 'Security Group for ', ' Service LoadBalancer in cluster ') || ofCluster(text, 'Security group created for Ingress ', ' from cluster ');

const mine = (thing) => (thing.project_id || thing.tenant_id || thing['os-vol-tenant-attr:tenant_id']) === project;

/** What Kuryr's controller made: it puts this tag on all of it, and where Octavia has no tags, into the description. What Terraform made has another one. */
async function kuryrsInventory(cloud) {
  const tag = 'kuryr=' + cluster;
  const network = cloud.endpoint('network');
  const balancer = cloud.endpoint('load-balancer');
  const at = (path, id) => network + '/v2.0/' + path + '/' + id;
  const list = (path, key, query) => cloud.list(network + '/v2.0/' + path + '?project_id=' + project + (query || ''), key);
  const tagged = async (path, key) =>
    (await list(path, key, '&tags=' + encodeURIComponent(tag))).filter((thing) => mine(thing) && (thing.tags || []).includes(tag));
  const found = [];
  const addresses = new Set();
  const balancers = balancer ? await cloud.list(balancer + '/v2.0/lbaas/loadbalancers?project_id=' + project, 'loadbalancers') : [];
  for (const lb of balancers.filter((each) => mine(each) && ((each.tags || []).includes(tag) || (each.description || '').split(',').includes(tag)))) {
    addresses.add(lb.vip_port_id);
    found.push({ kind: 'load balancer', order: 1, name: lb.name, url: balancer + '/v2.0/lbaas/loadbalancers/' + lb.id, query: '?cascade=true' });
  }
  for (const ip of await list('floatingips', 'floatingips')) {
    if (mine(ip) && addresses.has(ip.port_id)) found.push({ kind: 'floating IP', order: 0, name: ip.floating_ip_address, url: at('floatingips', ip.id) });
  }
  const networks = await tagged('networks', 'networks');
  const ports = new Map((await tagged('ports', 'ports')).map((port) => [port.id, port]));
  for (const net of networks) {
    for (const port of await list('ports', 'ports', '&network_id=' + net.id)) {
      if (/^network:(router|ha_router|dvr)/.test(port.device_owner)) {
        // the interface goes by the router; the port goes with it
        const ask = { method: 'PUT', url: at('routers', port.device_id) + '/remove_router_interface', body: { port_id: port.id } };
        found.push({ kind: 'interface of the router', order: 3, name: net.name, url: at('ports', port.id), before: ask, isLeftTo: true });
      } else if (['', 'trunk:subport', 'compute:kuryr'].includes(port.device_owner)) ports.set(port.id, port);
    }
  }
  const trunks = ports.size > 0 ? await list('trunks', 'trunks') : [];
  for (const port of ports.values()) {
    const trunk = trunks.find((each) => (each.sub_ports || []).some((sub) => sub.port_id === port.id));
    const before = trunk && { method: 'PUT', url: at('trunks', trunk.id) + '/remove_subports', body: { sub_ports: [{ port_id: port.id }] } };
    found.push({ kind: 'port', order: 2, name: port.name || port.id, url: at('ports', port.id), before });
  }
  for (const net of networks) found.push({ kind: 'network', order: 4, name: net.name, url: at('networks', net.id) });
  for (const group of await tagged('security-groups', 'security_groups')) {
    found.push({ kind: 'security group', order: 4, name: group.name, url: at('security-groups', group.id) });
  }
  return found;
}

async function inventory(cloud) {
  const found = env.STRATA_KURYR === 'also' || env.STRATA_KURYR === 'only' ? await kuryrsInventory(cloud) : [];
  if (env.STRATA_KURYR === 'only') return { found, left: [] };
  const left = [];
  const network = cloud.endpoint('network');
  const balancer = cloud.endpoint('load-balancer');
  const volume = cloud.endpoint('volumev3', 'block-storage', 'block-store', 'volume');

  const stays = new Set();
  const goes = new Set();
  if (balancer) {
    for (const lb of await cloud.list(balancer + '/v2.0/lbaas/loadbalancers?project_id=' + project, 'loadbalancers')) {
      if (!mine(lb)) continue;
      const others = (lb.tags || []).map(clusterOf).filter((name) => name !== undefined && name !== cluster);
      if (clusterOf(lb.name) !== cluster || others.length > 0) {
        stays.add(lb.vip_port_id);
        if (clusterOf(lb.name) === cluster) left.push('load balancer ' + lb.name + ': the cluster ' + others.join(', ') + ' uses it, too');
        continue;
      }
      goes.add(lb.vip_port_id);
      found.push({ kind: 'load balancer', order: 1, name: lb.name, url: balancer + '/v2.0/lbaas/loadbalancers/' + lb.id, query: '?cascade=true' });
    }
  }
  if (network) {
    for (const ip of await cloud.list(network + '/v2.0/floatingips?project_id=' + project, 'floatingips')) {
      if (!mine(ip) || !isFloatingIp(ip.description || '')) continue;
      if (stays.has(ip.port_id)) left.push('floating IP ' + ip.floating_ip_address + ': the load balancer behind it stays');
      else found.push({ kind: 'floating IP', order: 0, name: ip.floating_ip_address, url: network + '/v2.0/floatingips/' + ip.id });
    }
    for (const group of await cloud.list(network + '/v2.0/security-groups?project_id=' + project, 'security_groups')) {
      if (!mine(group) || !isSecurityGroup(group.description || '')) continue;
      found.push({ kind: 'security group', order: 2, name: group.name, url: network + '/v2.0/security-groups/' + group.id });
    }
  }
  if (volume) {
    const all = cloud.project === project ? '' : '?all_tenants=1&project_id=' + project;
    const own = (thing) => (thing.metadata || {})['cinder.csi.openstack.org/cluster'] === cluster && (all === '' || mine(thing) || thing['os-extended-snapshot-attributes:project_id'] === project || thing['os-backup-project-attr:project_id'] === project);
    for (const [kind, order, key] of [['snapshot', 3, 'snapshots'], ['backup', 3, 'backups'], ['volume', 4, 'volumes']]) {
      // backups tell their metadata since 3.43
      for (const thing of (await cloud.list(volume + '/' + key + '/detail' + all, key, 'volume 3.43')).filter(own)) {
        const name = thing.name || thing.id;
        if (env.STRATA_RETAIN_VOLUMES === 'true') left.push(kind + ' ' + name + ': retainVolumes');
        else found.push({ kind, order, name, url: volume + '/' + key + '/' + thing.id });
      }
    }
  }
  return { found: found.sort((a, b) => a.order - b.order), left };
}

/**
 * One thing, asked to go until it is gone; the services refuse while something else is still being done to it. Gone is what can't be read any more: to a request
 * to delete, Cinder says 404 also where it misses a service of its own.
 */
async function remove(cloud, thing, until) {
  let why = 'it is still there';
  while (Date.now() < until) {
    const failed = (error) => ({ status: 0, body: error.message });
    const before = thing.before && (await cloud.call(thing.before.method, thing.before.url, thing.before.body).catch(failed));
    const asked = thing.isLeftTo ? before : await cloud.call('DELETE', thing.url + (thing.query || '')).catch(failed);
    if (asked.status === 401 || asked.status === 403) return message(asked);
    if (asked.status >= 300 || asked.status === 0) why = message(asked);
    for (let i = 0; i < 5 && Date.now() < until; i++) {
      const there = await cloud.call('GET', thing.url).catch(() => ({ status: 0 }));
      if (there.status === 404) return undefined;
      const body = there.body && typeof there.body === 'object' && Object.values(there.body)[0];
      if (body && body.provisioning_status === 'DELETED') return undefined;
      await sleep(1000);
    }
  }
  return why;
}

// --- is there another cluster that would be taken for this one ---------------------------------------------------------------------------

const TAG = 'kubernetes-cluster=';
const SLOTS = cluster + '-control-plane';

function endpointOf(cloud, service) {
  const url = cloud.endpoint(service);
  if (!url) throw new Error('the catalog has no endpoint of the service ' + service + (env.STRATA_REGION ? ' in the region ' + env.STRATA_REGION : ''));
  return url;
}

/** Servers of the project whose names begin with the cluster's, with their tags. */
async function neighbours(cloud) {
  const elsewhere = cloud.project === project ? '' : '&all_tenants=1&project_id=' + project;
  const url = endpointOf(cloud, 'compute') + '/servers/detail?name=' + encodeURIComponent('^' + cluster + '-') + elsewhere;
  return (await cloud.list(url, 'servers', 'compute 2.52')).filter(mine);
}

const isOwn = (thing) => (thing.tags || []).includes(TAG + cluster);
const named = (things) => things.map(({ name, id, tags }) => [name, id, ...(tags || []).filter((tag) => tag.startsWith(TAG))].join(' ')).join(', ');

/** Stops where the project has a cluster of this name, or servers whose names this cluster's will have. Its own servers, if it has some already, don't count. */
async function checkNames(cloud) {
  const slot = endpointOf(cloud, 'network') + '/v2.0/ports?project_id=' + project + '&name=' + SLOTS + '-0';
  const namesakes = (await cloud.list(slot, 'ports')).filter((port) => mine(port) && isOwn(port) && port.id !== env.STRATA_PORT);
  if (namesakes.length > 0) {
    stop(
      'the project ' + project + ' has a cluster ' + cluster + ' already, by its port ' + named(namesakes) + ': controllers, and a sweep, would take ' +
        'what is of one for what is of the other; choose another clusterName, or destroy that cluster first',
    );
  }
  const names = new RegExp('^(' + env.STRATA_SERVERS.split(',').join('|') + ')-[0-9]+(-g[0-9]+)?$');
  const taken = (await neighbours(cloud)).filter((server) => names.test(server.name) && !isOwn(server));
  if (taken.length > 0) {
    stop(
      'servers of the project ' + project + ' have names that servers of the cluster ' + cluster + ' get: ' + named(taken) + '; a Node has the name of its server, and the ' +
        'cloud controller would take one for the other: rename the worker pool or the cluster, or remove these servers',
    );
  }
}

/** Servers of a control plane of this name. */
async function controlPlane(cloud) {
  const slot = new RegExp('^' + SLOTS + '-[0-9]+$');
  return (await neighbours(cloud)).filter((server) => slot.test(server.name) && isOwn(server));
}

/** Stops where a cluster that is being made finds what controllers of its name made: it can't be its own, and would go with it. */
async function checkNothingFound(cloud, things) {
  if ((await controlPlane(cloud)).length > 0) return;
  stop(
    'controllers of a cluster ' + cluster + ' made things in the project ' + project + ' before this one was made, and its destroy would remove them: ' + things + '. If they are of ' +
      'another cluster of that name, choose another clusterName; if of one that is gone, remove them first (volumes stay with sweep: ClusterSweep.enabled({ retainVolumes: true }))',
  );
}

/** Stops while a control plane of this name has servers: its controllers live, and what they made is in use. */
async function checkDead(cloud) {
  const alive = await controlPlane(cloud);
  if (alive.length === 0) return;
  stop(
    'nothing is removed, for a cluster ' + cluster + ' is alive in the project ' + project + ': ' + named(alive) + '; if it is another one of the same name, take this step out of ' +
      'the state (terraform state rm), destroy again, and remove by hand what controllers of this one made',
  );
}

async function main() {
  const cloud = new Cloud(configured());
  await cloud.logIn();
  if (cloud.project !== project && !cloud.isAdmin) {
    stop(
      'who runs Terraform is logged in to the project ' + cloud.project + ', and the cluster ' + cluster + ' is in ' + project +
        ': give the credentials of a user of that project (OS_CLOUD or OS_… variables, or sweep: ClusterSweep.enabled({ cloud }))',
    );
  }
  const isCheck = env.STRATA_MODE === 'check';
  if (isCheck && env.STRATA_PORT) await checkNames(cloud);
  if (!isCheck && env.STRATA_KURYR !== 'only') await checkDead(cloud); // an add-on goes before the servers do
  const { found, left } = await inventory(cloud);
  if (isCheck) {
    if (found.length > 0) {
      const things = found.map(({ kind, name }) => kind + ' ' + name).join(', ');
      if (env.STRATA_PORT) await checkNothingFound(cloud, things);
      say('controllers of a cluster ' + cluster + ' made things here already, which go when it is destroyed: ' + things);
    }
    say('what the controllers of ' + cluster + ' make can be removed with these credentials when it is destroyed');
    return;
  }
  let failed = 0;
  for (const order of [0, 1, 2, 3, 4]) {
    const group = found.filter((thing) => thing.order === order);
    const until = Math.max(deadline, Date.now() + 10000); // what doesn't go must not keep what comes after it
    const reasons = await Promise.all(group.map((thing) => remove(cloud, thing, until)));
    group.forEach((thing, i) => {
      if (reasons[i] === undefined) say('removed: ' + thing.kind + ' ' + thing.name);
      else {
        failed++;
        console.error('strata: NOT removed: ' + thing.kind + ' ' + thing.name + ': ' + reasons[i]);
      }
    });
  }
  for (const text of left) say('left alone: ' + text);
  if (failed > 0) stop(failed + ' of ' + found.length + ' things that the controllers of ' + cluster + ' made are still there after the time that was given; deal with them and destroy again');
  say('removed ' + found.length + ' things that the controllers of ' + cluster + ' had made, left ' + left.length + ' alone');
}

main().catch((error) => stop('the leftovers of the cluster ' + cluster + ' can' + "'t" + ' be looked for: ' + error.message + '. It runs with the credentials of whoever runs Terraform (OS_CLOUD or OS_… variables)'));
