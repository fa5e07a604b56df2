// Removes what a cluster's own controllers made in OpenStack, once its servers are gone and while its network still stands. Runs where Terraform runs, needs
// nothing but Node, and asks only OpenStack: the cluster need not answer. Whatever isn't exactly this cluster's stays.
//
// STRATA_MODE            "check": log in and see that it could be done; "sweep": do it
// STRATA_CLUSTER         name of the cluster
// STRATA_PROJECT         id of its project
// STRATA_AUTH_URL        Keystone, for who has no other
// STRATA_REGION          region
// STRATA_CLOUD           entry of clouds.yaml to log in by; empty: OS_CLOUD, or the OS_… variables
// STRATA_RETAIN_VOLUMES  "true": volumes, snapshots and backups stay
// STRATA_TIMEOUT         how long it may take, in seconds
'use strict';
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const os = require('node:os');
const path = require('node:path');

const { env } = process;
const cluster = env.STRATA_CLUSTER;
const project = env.STRATA_PROJECT;
const say = (text) => console.log('strata: ' + text);
const stop = (text) => {
  console.error('strata: ' + text);
  process.exit(1);
};
const deadline = Date.now() + Number(env.STRATA_TIMEOUT) * 1000;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// --- how to log in -------------------------------------------------------------------------------------------------------------------

/** The part of YAML that clouds.yaml files are written in: nested keys, plain and quoted scalars, maps in braces. Anything else is an error, not a guess. */
function readYaml(text, file) {
  const bad = (number) => stop(file + ', line ' + number + ': this form of YAML is not read here; use the OS_… variables (openstack configuration show)');
  const scalar = (word, number) => {
    if (word === '' || word === '~' || word === 'null') return undefined;
    if (word[0] === '"') return JSON.parse(word);
    if (word[0] === "'") return word.slice(1, -1).replace(/''/g, "'");
    if (word[0] === '{') {
      const inner = word.slice(1, -1).trim();
      if (word[word.length - 1] !== '}' || /[{}"'[\]]/.test(inner)) return bad(number);
      return Object.fromEntries(inner.split(',').map((pair) => pair.split(/:\s+/).map((part) => part.trim())));
    }
    return /^[&*!|>%@`[]/.test(word) ? bad(number) : word;
  };
  const root = {};
  const stack = [{ indent: -1, value: root }];
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = raw.replace(/(^|\s)#.*$/, '').trimEnd();
    if (line.trim() === '' || line === '---') return;
    const indent = line.length - line.trimStart().length;
    if (line.trimStart()[0] === '-') return; // lists (of regions) say nothing that is needed here
    const match = /^\s*(?:"([^"]+)"|'([^']+)'|([^\s:'"{}[\]]+)):(?:\s+(.*))?$/.exec(line);
    if (!match) return bad(index + 1);
    while (stack[stack.length - 1].indent >= indent) stack.pop();
    const key = match[1] || match[2] || match[3];
    const parent = stack[stack.length - 1].value;
    const value = match[4] === undefined ? {} : scalar(match[4].trim(), index + 1);
    parent[key] = value;
    if (match[4] === undefined) stack.push({ indent, value });
  });
  return root;
}

function configured() {
  const name = env.STRATA_CLOUD || env.OS_CLOUD;
  if (!name) {
    const auth = {};
    for (const key of Object.keys(env)) if (/^OS_/.test(key)) auth[key.slice(3).toLowerCase()] = env[key];
    return { auth, verify: !/^(1|true)$/i.test(env.OS_INSECURE || ''), cacert: env.OS_CACERT, interface: env.OS_INTERFACE, region_name: env.OS_REGION_NAME };
  }
  const folders = ['.', path.join(os.homedir(), '.config', 'openstack'), '/etc/openstack'];
  const files = env.OS_CLIENT_CONFIG_FILE ? [env.OS_CLIENT_CONFIG_FILE] : folders.flatMap((folder) => ['yaml', 'yml', 'json'].map((end) => path.join(folder, 'clouds.' + end)));
  const file = files.find((candidate) => fs.existsSync(candidate));
  if (!file) return stop('there is no clouds.yaml for the cloud ' + name + ' (' + files.join(', ') + ')');
  const read = (from) => (from.endsWith('.json') ? JSON.parse(fs.readFileSync(from, 'utf8')) : readYaml(fs.readFileSync(from, 'utf8'), from));
  const entry = (read(file).clouds || {})[name];
  if (!entry) return stop(file + ' has no cloud ' + name);
  const secret = path.join(path.dirname(file), 'secure.yaml');
  const further = fs.existsSync(secret) ? (read(secret).clouds || {})[name] || {} : {};
  const verify = !/^(false|no|off)$/i.test(String(entry.verify));
  return { ...entry, ...further, auth: { ...entry.auth, ...further.auth }, verify };
}

function identity(auth) {
  const domain = (kind) => {
    const id = auth[kind + '_domain_id'] || auth.domain_id;
    const name = auth[kind + '_domain_name'] || auth.domain_name;
    return id ? { id } : { name: name || 'Default' };
  };
  if (auth.application_credential_secret) {
    const { application_credential_id: id, application_credential_name: name, application_credential_secret: secret } = auth;
    const user = auth.user_id ? { id: auth.user_id } : { name: auth.username, domain: domain('user') };
    return { identity: { methods: ['application_credential'], application_credential: id ? { id, secret } : { name, secret, user } } };
  }
  const scope = { project: auth.project_id || auth.tenant_id ? { id: auth.project_id || auth.tenant_id } : { name: auth.project_name || auth.tenant_name, domain: domain('project') } };
  if (auth.token) return { identity: { methods: ['token'], token: { id: auth.token } }, scope };
  const user = auth.user_id ? { id: auth.user_id } : { name: auth.username, domain: domain('user') };
  return { identity: { methods: ['password'], password: { user: { ...user, password: auth.password } } }, scope };
}

class Cloud {
  constructor(config) {
    this.config = config;
    const ca = config.cacert ? fs.readFileSync(config.cacert) : undefined;
    this.tls = { rejectUnauthorized: config.verify, ...(ca && { ca }) };
  }

  async logIn() {
    const { auth } = this.config;
    const url = (auth.auth_url || env.STRATA_AUTH_URL).replace(/\/+$/, '').replace(/(\/v3)?$/, '/v3/auth/tokens');
    const answer = await this.call('POST', url, { auth: identity(auth) });
    if (answer.status !== 201) throw new Error(url + ' says ' + answer.status + ': ' + message(answer));
    this.token = answer.headers['x-subject-token'];
    const { token } = answer.body;
    this.project = token.project && token.project.id;
    this.isAdmin = (token.roles || []).some((role) => role.name === 'admin');
    this.catalog = token.catalog || [];
  }

  endpoint(...types) {
    const region = env.STRATA_REGION || this.config.region_name;
    const wanted = String(this.config.interface || 'public').replace(/URL$/, '');
    const service = this.catalog.find((candidate) => types.includes(candidate.type));
    const found = ((service && service.endpoints) || []).find((each) => each.interface === wanted && (!region || each.region_id === region || each.region === region));
    return found && found.url.replace(/\/+$/, '').replace(/\/v2\.0$/, '');
  }

  call(method, url, body) {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = { accept: 'application/json', ...(this.token && { 'x-auth-token': this.token }), ...(text && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }) };
      const client = url.startsWith('https:') ? https : http;
      const request = client.request(url, { method, headers, timeout: 60000, ...(client === https && this.tls) }, (response) => {
        let answer = '';
        response.setEncoding('utf8').on('data', (piece) => (answer += piece));
        response.on('end', () => {
          let parsed;
          try {
            parsed = JSON.parse(answer);
          } catch {
            parsed = answer;
          }
          resolve({ status: response.statusCode, headers: response.headers, body: parsed });
        });
      });
      request.on('timeout', () => request.destroy(new Error('no answer in 60 s')));
      request.on('error', (error) => reject(new Error(method + ' ' + url + ': ' + error.message)));
      request.end(text);
    });
  }

  /** All pages of a list. */
  async list(url, key) {
    const all = [];
    let next = url;
    while (next) {
      const answer = await this.call('GET', next);
      if (answer.status !== 200) throw new Error('GET ' + next + ' says ' + answer.status + ': ' + message(answer));
      all.push(...answer.body[key]);
      const link = (answer.body[key + '_links'] || []).find((each) => each.rel === 'next');
      next = link && link.href;
    }
    return all;
  }
}

function message({ body }) {
  if (typeof body === 'string') return body.slice(0, 200);
  const inner = body && (body.faultstring || Object.values(body)[0]);
  return String((inner && inner.message) || inner).slice(0, 200);
}

// --- what is this cluster's, exactly -----------------------------------------------------------------------------------------------------

// Names of clusters, namespaces and Services have no "_": `prod` and `prod-eu` can't be taken for each other.
const SERVICE = /^kube_(service|ingress)_([^_]+)_([^_]+)_([^_]+)$/;
const clusterOf = (name) => (SERVICE.exec(name) || [])[2];
const ofCluster = (description, before, between) => description.startsWith(before) && description.endsWith(between + cluster);

async function inventory(cloud) {
  const found = [];
  const left = [];
  const mine = (thing) => (thing.project_id || thing.tenant_id || thing['os-vol-tenant-attr:tenant_id']) === project;
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
      if (!mine(ip) || !ofCluster(ip.description || '', 'Floating IP for Kubernetes external service ', ' from cluster ')) continue;
      if (stays.has(ip.port_id)) left.push('floating IP ' + ip.floating_ip_address + ': the load balancer behind it stays');
      else found.push({ kind: 'floating IP', order: 0, name: ip.floating_ip_address, url: network + '/v2.0/floatingips/' + ip.id });
    }
    for (const group of await cloud.list(network + '/v2.0/security-groups?project_id=' + project, 'security_groups')) {
      if (!mine(group) || !ofCluster(group.description || '', 'Security Group for ', ' Service LoadBalancer in cluster ')) continue;
      found.push({ kind: 'security group', order: 2, name: group.name, url: network + '/v2.0/security-groups/' + group.id });
    }
  }
  if (volume) {
    const all = cloud.project === project ? '' : '?all_tenants=1&project_id=' + project;
    const own = (thing) => (thing.metadata || {})['cinder.csi.openstack.org/cluster'] === cluster && (all === '' || mine(thing) || thing['os-extended-snapshot-attributes:project_id'] === project || thing['os-backup-project-attr:project_id'] === project);
    for (const [kind, order, key] of [['snapshot', 3, 'snapshots'], ['backup', 3, 'backups'], ['volume', 4, 'volumes']]) {
      for (const thing of (await cloud.list(volume + '/' + key + '/detail' + all, key)).filter(own)) {
        const name = thing.name || thing.id;
        if (env.STRATA_RETAIN_VOLUMES === 'true') left.push(kind + ' ' + name + ': retainVolumes');
        else found.push({ kind, order, name, url: volume + '/' + key + '/' + thing.id });
      }
    }
  }
  return { found: found.sort((a, b) => a.order - b.order), left };
}

/** One thing, asked to go until it is gone; the services refuse while something else is still being done to it. */
async function remove(cloud, thing) {
  let why = 'it is still there';
  while (Date.now() < deadline) {
    const asked = await cloud.call('DELETE', thing.url + (thing.query || '')).catch((error) => ({ status: 0, body: error.message }));
    if (asked.status === 404) return undefined;
    if (asked.status === 401 || asked.status === 403) return message(asked);
    if (asked.status >= 300 || asked.status === 0) why = message(asked);
    for (let i = 0; i < 5 && Date.now() < deadline; i++) {
      const there = await cloud.call('GET', thing.url).catch(() => ({ status: 0 }));
      if (there.status === 404) return undefined;
      const body = there.body && typeof there.body === 'object' && Object.values(there.body)[0];
      if (body && body.provisioning_status === 'DELETED') return undefined;
      await sleep(1000);
    }
  }
  return why;
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
  const { found, left } = await inventory(cloud);
  if (env.STRATA_MODE === 'check') {
    say('what the controllers of ' + cluster + ' make can be removed with these credentials when it is destroyed');
    return;
  }
  let failed = 0;
  for (const order of [0, 1, 2, 3, 4]) {
    const group = found.filter((thing) => thing.order === order);
    const reasons = await Promise.all(group.map((thing) => remove(cloud, thing)));
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
