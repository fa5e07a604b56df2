// Logs in to OpenStack and speaks to its APIs, for programs that run where Terraform runs and need nothing but Node. It is the first half of such a program:
// what follows has `env`, `say`, `stop`, `Cloud`, `configured` and `message`.
//
// STRATA_AUTH_URL      Keystone, for who has no other
// STRATA_REGION        region
// STRATA_CLOUD         entry of clouds.yaml to log in by; empty: OS_CLOUD, or the OS_… variables
// STRATA_CLOUDS_YAML   path of the clouds.yaml; empty: OS_CLIENT_CONFIG_FILE, or where OpenStack's clients look for one
'use strict';
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const os = require('node:os');
const path = require('node:path');

const { env } = process;
const say = (text) => console.log('strata: ' + text);
const stop = (text) => {
  console.error('strata: ' + text);
  process.exit(1);
};

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
  const given = (env.STRATA_CLOUDS_YAML || '').replace(/^~(?=\/)/, os.homedir()) || env.OS_CLIENT_CONFIG_FILE;
  const files = given ? [given] : folders.flatMap((folder) => ['yaml', 'yml', 'json'].map((end) => path.join(folder, 'clouds.' + end)));
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
    const keystone = auth.auth_url || env.STRATA_AUTH_URL;
    if (!keystone) throw new Error('nothing says where Keystone is: neither OS_CLOUD nor OS_AUTH_URL is set');
    const url = keystone.replace(/\/+$/, '').replace(/(\/v3)?$/, '/v3/auth/tokens');
    const answer = await this.call('POST', url, { auth: identity(auth) });
    if (answer.status !== 201) throw new Error(url + ' says ' + answer.status + ': ' + message(answer));
    this.token = answer.headers['x-subject-token'];
    const { token } = answer.body;
    this.project = token.project && token.project.id;
    this.projectName = token.project && token.project.name;
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

  /** `version`: microversion, "volume 3.43", for what the API says or does only since then. */
  call(method, url, body, version) {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = { accept: 'application/json', ...(version && { 'openstack-api-version': version }), ...(this.token && { 'x-auth-token': this.token }), ...(text && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }) };
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
  async list(url, key, version) {
    const all = [];
    let next = url;
    while (next) {
      const answer = await this.call('GET', next, undefined, version);
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
