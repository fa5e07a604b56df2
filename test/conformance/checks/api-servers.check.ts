import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse, stringify } from 'yaml';
import { barbicanCloudConf, barbicanKmsStaticPod } from '../../../lib/kubernetes/addons/barbican-kms/barbican-kms-objects';
import { keystoneAuthObjects, policyJson } from '../../../lib/kubernetes/addons/keystone-auth/keystone-auth-objects';
import { clusterConfiguration, type ClusterSettings } from '../../../lib/kubernetes/bootstrap/kubeadm-config';
import { API_SERVER_FOLDER, apiServerFiles } from '../../../lib/kubernetes/bootstrap/security-files';
import type { ClusterSecurity } from '../../../lib/kubernetes/cluster-security';
import { APISERVER_NEEDS, type ApiServer, get, KUBERNETES, startApiServer } from '../harness/apiserver';
import type { Check, Context } from '../harness/check';
import { Cloud } from '../harness/cloud';
import { freePort } from '../harness/ports';
import { daemon, type Daemon, exec, run, waitFor } from '../harness/process';

const NEEDS = [...APISERVER_NEEDS, 'openstack', 'cloud-provider-openstack'] as const;
const ENCRYPTION_KEY = { name: 'key1', secret: Buffer.alloc(32, 7).toString('base64') };

/** Writes the files that the API server's arguments name, with this machine's folder for a node's. */
function writeFiles(folder: string, security: ClusterSecurity, keystone?: { readonly port: number; readonly ca: string }): void {
  for (const { path: file, content } of apiServerFiles(security, [ENCRYPTION_KEY], keystone && '127.0.0.1')) {
    const text = content!
      .replaceAll(API_SERVER_FOLDER, folder)
      .replace('/var/lib/kms/kms.sock', path.join(folder, 'kms.sock'))
      .replace(':8443/', `:${keystone?.port}/`)
      .replace('/etc/kubernetes/pki/ca.crt', keystone?.ca ?? '');
    fs.writeFileSync(path.join(folder, path.basename(file)), text, { mode: 0o600 });
  }
}

/** The API server's flags as the real kubeadm writes them into its manifest, of those that name a file of ours. */
async function flagsOf(context: Context, security: ClusterSecurity): Promise<string[]> {
  const settings = {
    clusterName: 'flags',
    version: KUBERNETES,
    endpointName: 'api.flags.internal',
    certSans: [] as readonly string[],
    podCidr: '10.244.0.0/16',
    serviceCidr: '10.96.0.0/12',
    kubeProxy: true,
    configurationRevision: 1,
    encryptsSecrets: true,
    barbicanKms: security.barbicanKms !== undefined,
    keystone: security.keystone && { address: '10.96.0.11', authorizes: security.keystone.authorizes },
  } as ClusterSettings;
  const { stdout } = await run(path.join(context.value('KUBERNETES_BIN'), 'kubeadm'), ['version', '-o', 'short']);
  const written = path.join(context.folder, 'manifests');
  fs.mkdirSync(written);
  const file = path.join(context.folder, 'kubeadm.yaml');
  fs.writeFileSync(file, stringify({ ...clusterConfiguration(settings), kubernetesVersion: stdout.trim() }));
  const words = ['init', 'phase', 'control-plane', 'apiserver', '--config', file, '--dry-run'];
  await run(path.join(context.value('KUBERNETES_BIN'), 'kubeadm'), words, { env: { KUBEADM_INIT_DRYRUN_DIR: written } });
  const { spec } = parse(fs.readFileSync(path.join(written, 'kube-apiserver.yaml'), 'utf8'));
  const flags: string[] = spec.containers[0].command;
  if (security.barbicanKms && !spec.volumes.some(({ hostPath }: any) => hostPath.path === '/var/lib/kms')) {
    throw new Error('no socket in the API server');
  }
  if (security.keystone?.authorizes && flags.some((flag) => flag.startsWith('--authorization-mode'))) throw new Error(flags.join('\n'));
  const ours = flags.filter((flag) =>
    /^--(encryption-provider-config|authentication-token-webhook|authorization-config|authentication-config)/.test(flag),
  );
  return ours.map((flag) => flag.replace(API_SERVER_FOLDER, context.folder));
}

/** A container's command with this machine's files. */
const command = (args: readonly string[], files: { readonly [inContainer: string]: string }) =>
  args.map((arg) => Object.entries(files).reduce((text, [from, to]) => text.replace(from, to), arg));

const secret = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'default' },
  stringData: { word: `word of ${name}` },
});

/** What etcd has of a Secret. */
async function inEtcd(context: Context, server: ApiServer, name: string): Promise<string> {
  const key = `/registry/secrets/default/${name}`;
  return (await run(path.join(context.value('ETCD_BIN'), 'etcdctl'), [...server.etcdctlArguments, 'get', key, '--print-value-only'])).stdout;
}

export const checks: readonly Check[] = [
  {
    name: 'a real API server encrypts Secrets by a key of a real Barbican, starts before and after the plugin, and reads what others wrote',
    needs: NEEDS,
    run: async (context) => {
      const { folder } = context;
      const cloud = new Cloud(context);
      // a key, as the construct's order asks for it, and the credential that reads it
      const made = JSON.parse(
        await cloud.python(`
import time
order = cloud.session.post('/v1/orders', endpoint_filter={'service_type': 'key-manager', 'interface': 'public'}, json={'type': 'key', 'meta': {
  'name': 'api-servers', 'algorithm': 'aes', 'bit_length': 256, 'mode': 'cbc', 'payload_content_type': 'application/octet-stream'}}).json()['order_ref']
for _ in range(60):
    found = cloud.session.get(order).json()
    if found['status'] == 'ACTIVE': break
    time.sleep(1)
credential = cloud.identity.create_application_credential(cloud.session.get_user_id(), 'api-servers', roles=[{'name': 'member'}, {'name': 'creator'}])
print(json.dumps({'key': found['secret_ref'].split('/')[-1], 'order': order, 'id': credential.id, 'secret': credential.secret}))`),
      );
      context.defer(async () => {
        await cloud.python(`
cloud.identity.delete_application_credential(cloud.session.get_user_id(), '${made.id}')
for ref in ['${made.order}', '${made.order}'.split('/v1/')[0] + '/v1/secrets/${made.key}']:
    cloud.session.delete(ref, endpoint_filter={'service_type': 'key-manager', 'interface': 'public'})`);
      });
      const plugin = (keyId: string): Daemon => {
        const openstack = { authUrl: cloud.environment.OS_AUTH_URL, region: cloud.environment.OS_REGION_NAME } as any;
        const credential = { applicationCredentialId: made.id, applicationCredentialSecret: made.secret };
        fs.writeFileSync(path.join(folder, 'cloud.conf'), barbicanCloudConf('check', { cloud: openstack, credential }, keyId), { mode: 0o600 });
        const [container] = barbicanKmsStaticPod('none', '/none').spec.containers;
        const [program, ...args] = command(container.args, { '/bin': context.value('CPO_BIN'), '/kms': folder, '/etc/config': folder });
        const running = daemon(program, args, path.join(folder, 'kms.log'));
        context.defer(running.stop);
        return running;
      };
      const expectReady = (server: ApiServer) => waitFor('readiness', async () => (await get(server.port, '/readyz', ca(server))).status === 200);
      const ca = (server: ApiServer) => fs.readFileSync(path.join(server.pkiFolder, 'ca.crt'));

      // a running cluster: first all can read it, then all write it
      writeFiles(folder, { barbicanKms: { writes: false } });
      let kms = plugin(made.key);
      const server = await startApiServer(context, {
        extraArgs: (await flagsOf(context, { barbicanKms: {} })).filter((flag) => /encryption/.test(flag)),
      });
      const create = async (name: string) => {
        await server.kubectl(['create', '-f', '-'], JSON.stringify(secret(name)));
        return (await inEtcd(context, server, name)).slice(0, 40);
      };
      const word = async (name: string) => {
        const { stdout } = await server.kubectl(['get', 'secret', name, '-o', 'jsonpath={.data.word}']);
        return Buffer.from(stdout, 'base64').toString();
      };
      const first = await create('first');
      if (!first.startsWith('k8s:enc:secretbox:v1:key1:')) throw new Error(`before, etcd has ${first}`);
      await server.stop();
      writeFiles(folder, { barbicanKms: {} });
      await server.start();
      const second = await create('second');
      if (!second.startsWith('k8s:enc:kms:v2:barbican:')) throw new Error(`with the plugin writing, etcd has ${second}`);
      if ((await inEtcd(context, server, 'second')).includes('word of second')) throw new Error('the Secret can be read in etcd');
      for (const name of ['first', 'second']) if ((await word(name)) !== `word of ${name}`) throw new Error(`${name} is lost`);
      context.log('Secrets are written by Barbican');

      // everything was off: the API server comes before the plugin, and is ready once that is there
      await server.stop();
      await kms.stop();
      fs.rmSync(path.join(folder, 'kms.sock'), { force: true });
      const starting = server.start();
      await waitFor('an API server without its plugin', async () => {
        const { status } = await get(server.port, '/readyz', ca(server)).catch(() => ({ status: 0 }));
        if (status === 200) throw new Error('it is ready without the plugin');
        return status === 500;
      });
      kms = plugin(made.key);
      await starting;
      if ((await word('second')) !== 'word of second') throw new Error('after a cold start the Secret is lost');
      // the plugin is away for a moment: what is running goes on
      await kms.stop();
      fs.rmSync(path.join(folder, 'kms.sock'), { force: true });
      if ((await word('second')) !== 'word of second') throw new Error('without the plugin a running API server reads nothing');
      kms = plugin(made.key);
      await expectReady(server);

      // and back
      await server.stop();
      writeFiles(folder, { barbicanKms: { writes: false } });
      await server.start();
      const third = await create('third');
      if (!third.startsWith('k8s:enc:secretbox:')) throw new Error(`on the way back, etcd has ${third}`);
      if ((await word('second')) !== 'word of second') throw new Error('on the way back the Secret is lost');

      // another key reads nothing: what was written is bound to the one that Barbican holds
      await server.stop();
      await kms.stop();
      fs.rmSync(path.join(folder, 'kms.sock'), { force: true });
      kms = plugin('00000000-0000-4000-8000-000000000000');
      void server.start().catch(() => undefined);
      await waitFor('an API server', async () => (await get(server.port, '/readyz', ca(server)).catch(() => ({ status: 0 }))).status === 500);
      const kubectl = path.join(context.value('KUBERNETES_BIN'), 'kubectl');
      const lost = await exec(kubectl, ['--kubeconfig', server.kubeconfig, 'get', 'secret', 'second', '-o', 'name', '--request-timeout=20s']);
      if (lost.code === 0) throw new Error('a key that is none reads the Secret');
    },
  },
  {
    name: 'a real API server knows users of a real Keystone, asks what they may do, and nobody waits for it when the webhook is away',
    needs: NEEDS,
    run: async (context) => {
      const { folder } = context;
      const cloud = new Cloud(context);
      const port = await freePort();
      const file = (name: string) => path.join(folder, name);
      const openssl = (...args: string[]) => run('openssl', args);
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout'];
      await openssl('req', '-x509', ...key, file('ca.key'), '-out', file('webhook-ca.crt'), '-subj', '/CN=authority', '-days', '1');
      await openssl('req', ...key, file('tls.key'), '-out', file('tls.csr'), '-subj', '/CN=k8s-keystone-auth');
      fs.writeFileSync(file('names'), 'subjectAltName=IP:127.0.0.1');
      const ca = ['-CA', file('webhook-ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '1', '-extfile', file('names')];
      await openssl('x509', '-req', '-in', file('tls.csr'), '-out', file('tls.crt'), ...ca);

      const security = { keystone: { authorizes: true } };
      writeFiles(folder, security, { port, ca: file('webhook-ca.crt') });
      const server = await startApiServer(context, { extraArgs: await flagsOf(context, security) });
      const policy = policyJson([{ roles: ['member'], projects: ['admin'], resourcePermissions: { 'default/pods': ['get', 'list'] } }]);
      const objects = keystoneAuthObjects({
        image: 'none',
        keystoneUrl: cloud.environment.OS_AUTH_URL,
        replicas: 1,
        clusterIp: '10.96.0.11',
        tlsSecret: 'none',
        checksum: 'none',
        ownCa: false,
        policy,
      });
      const configMap = objects.find(({ kind }) => kind === 'ConfigMap')!;
      await server.kubectl(['create', 'namespace', 'kube-system', '--dry-run=client', '-o', 'name']);
      await server.kubectl(['apply', '-f', '-'], JSON.stringify(configMap));
      const [container] = (objects.find(({ kind }) => kind === 'Deployment') as any).spec.template.spec.containers;
      const [program, ...args] = command(container.args, { '/bin': context.value('CPO_BIN'), '/etc/pki': folder });
      const here = [`--listen=127.0.0.1:${port}`, `--kubeconfig=${server.kubeconfig}`];
      const webhook = daemon(program, [...args, ...here], file('webhook.log'));
      context.defer(webhook.stop);

      const token = await cloud.python('print(cloud.session.get_token())');
      const as = (bearer: string, ...words: string[]) => {
        const login = ['--kubeconfig', '/dev/null', '--server', server.url, '--certificate-authority', path.join(server.pkiFolder, 'ca.crt')];
        return exec(path.join(context.value('KUBERNETES_BIN'), 'kubectl'), [...login, '--token', bearer, '--request-timeout=30s', ...words]);
      };
      await waitFor('the webhook', async () => (await as(token, 'auth', 'whoami')).code === 0, { daemon: webhook });
      const me = await as(token, 'auth', 'whoami', '-o', 'json');
      const { username, extra } = JSON.parse(me.stdout).status.userInfo;
      if (username !== 'admin' || !JSON.stringify(extra).includes('member')) throw new Error(me.stdout);
      const may = await as(token, 'get', 'pods', '-n', 'default');
      if (may.code !== 0) throw new Error(`what the policy allows is refused: ${may.output}`);
      for (const words of [
        ['get', 'secrets', '-n', 'default'],
        ['get', 'pods', '-n', 'kube-system'],
      ]) {
        const refused = await as(token, ...words);
        if (refused.code === 0 || !refused.output.includes('Forbidden')) throw new Error(`${words.join(' ')}: ${refused.output}`);
      }
      const stranger = await as('made-up', 'auth', 'whoami');
      if (stranger.code === 0) throw new Error('a token that is none logs in');
      context.log('users of Keystone log in');

      await server.kubectl(['-n', 'default', 'create', 'serviceaccount', 'tester']);
      const { stdout: account } = await server.kubectl(['-n', 'default', 'create', 'token', 'tester']);
      await webhook.stop();
      const quick = async (what: string, seconds: number, words: () => Promise<{ code: number; output: string }>, wanted: string) => {
        const begun = Date.now();
        const { output } = await words();
        if (!output.includes(wanted)) throw new Error(`${what}: ${output}`);
        if (Date.now() - begun > seconds * 1000) throw new Error(`${what} took ${Date.now() - begun} ms`);
      };
      await quick('the administrator', 5, () => server.kubectl(['get', 'namespace', 'default', '-o', 'name']), 'namespace/default');
      await quick('a service account', 5, () => as(account.trim(), 'auth', 'whoami'), 'tester');
      await quick('a service account that may not', 5, () => as(account.trim(), 'get', 'secrets'), 'Forbidden');
      // what was asked a moment ago is remembered for two minutes; another token isn't
      const other = await cloud.python('cloud.session.invalidate()\nprint(cloud.session.get_token())');
      const away = await as(other, 'auth', 'whoami');
      if (away.code === 0) throw new Error('a user of Keystone logs in without the webhook');
    },
  },
];
