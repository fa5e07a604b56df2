import * as fs from 'node:fs';
import * as path from 'node:path';
import { CHARTS } from '../../../lib/openstack/engines/openstack-helm/charts';
import { OpenStackHelmEndpoints } from '../../../lib/openstack/engines/openstack-helm/openstack-helm-options';
import { endpointObjects } from '../../../lib/openstack/engines/openstack-helm/public-endpoints';
import { APISERVER_NEEDS, type ApiServer, startApiServer } from '../harness/apiserver';
import type { Check, Context } from '../harness/check';
import { exec, type ExecResult, expectExit } from '../harness/process';

const folder = path.join(__dirname, '..', '..', '..', 'lib', 'openstack', 'engines', 'openstack-helm');
const PASSWORD = 'Conformance0123456789abcdefghijk';
const CA = '-----BEGIN CERTIFICATE-----\nconformance\n-----END CERTIFICATE-----\n';

/** A program as Terraform runs it, beside the server; kubectl is the one that was built. */
function program(context: Context, server: ApiServer, name: string, environment: { readonly [name: string]: string } = {}): Promise<ExecResult> {
  const text = ['cluster-login.sh', name].map((file) => fs.readFileSync(path.join(folder, file), 'utf8')).join('');
  return exec('/bin/bash', ['-c', 'eval "$STRATA_PROGRAM"'], {
    env: {
      PATH: `${context.value('KUBERNETES_BIN')}:${process.env.PATH}`,
      KUBECONFIG: undefined,
      STRATA_PROGRAM: text,
      STRATA_KUBECONFIG: server.kubeconfig,
      STRATA_CONTEXT: '',
      STRATA_HOST: server.url,
      STRATA_NAMESPACE: 'openstack',
      STRATA_TIMEOUT: '3',
      STRATA_PAUSE: '1',
      STRATA_COMPUTES: '2',
      STRATA_FOLDER: path.join(context.folder, 'credentials'),
      STRATA_AUTH_URL: 'https://keystone.cloud.example.com/v3',
      STRATA_REGION: 'RegionOne',
      STRATA_CA_SECRET: 'openstack-public-tls',
      ...environment,
    },
  });
}

const expect = (result: ExecResult, code: number, ...words: string[]) => expectExit('the step', result, code, ...words);

const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'main', image: 'none' }] } };
const selector = { matchLabels: { app: 'x' } };
const object = (apiVersion: string, kind: string, name: string, spec: object, more: object = {}) => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'openstack', ...more },
  spec,
});

/** What the charts make, in small: nothing of it runs, its status is what is written. */
const WORKLOADS = [
  object('apps/v1', 'Deployment', 'keystone-api', { replicas: 3, selector, template }),
  object('apps/v1', 'StatefulSet', 'mariadb-server', { replicas: 3, serviceName: 'mariadb', selector, template }),
  object('apps/v1', 'DaemonSet', 'nova-compute-default', { selector, template }),
  object('batch/v1', 'Job', 'nova-db-sync', { template: { spec: { ...template.spec, restartPolicy: 'Never' } } }),
  // a run of a CronJob: nobody waits for it
  object(
    'batch/v1',
    'Job',
    'nova-service-cleaner-1',
    { template: { spec: { ...template.spec, restartPolicy: 'Never' } } },
    {
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'nova-service-cleaner', uid: '2b6c6ab0-0000-4000-8000-000000000000' }],
    },
  ),
];

const status = (server: ApiServer, what: string, value: object) =>
  server.kubectl(['patch', '-n', 'openstack', what, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status: value })]);

export const checks: readonly Check[] = [
  {
    name: 'OpenStack-Helm: what is waited for, the credentials that are fetched, and the APIs that are published',
    needs: APISERVER_NEEDS,
    run: async (context) => {
      const server = await startApiServer(context);
      const wait = (environment = {}) => program(context, server, 'wait-for-cloud.sh', environment);
      const handOver = (environment = {}) => program(context, server, 'hand-over-clouds.sh', environment);
      await server.kubectl(['create', 'namespace', 'openstack']);

      expect(await wait({ STRATA_HOST: 'https://10.0.0.1:6443' }), 1, 'OpenStack is on https://10.0.0.1:6443');
      expect(await wait({ STRATA_KUBECONFIG: path.join(context.folder, 'none') }), 1, 'there is no kubeconfig for the cluster');
      expect(await wait(), 1, 'nothing is installed yet');

      for (const each of WORKLOADS) await server.kubectl(['create', '-f', '-'], JSON.stringify(each));
      await status(server, 'daemonset/nova-compute-default', {
        currentNumberScheduled: 2,
        numberMisscheduled: 0,
        desiredNumberScheduled: 2,
        numberReady: 1,
      });
      expect(
        await wait(),
        1,
        'Deployment/keystone-api 0/3',
        'StatefulSet/mariadb-server 0/3',
        'DaemonSet/nova-compute-default 1/2',
        'Job/nova-db-sync 0/1',
      );
      expect(await wait(), 1, 'nova-compute on 1 of 2 hosts');
      if ((await wait()).output.includes('service-cleaner')) throw new Error('a run of a CronJob is waited for');

      await status(server, 'deployment/keystone-api', { replicas: 3, readyReplicas: 3, availableReplicas: 3 });
      await status(server, 'statefulset/mariadb-server', { replicas: 3, readyReplicas: 3, availableReplicas: 3 });
      await status(server, 'job/nova-db-sync', { succeeded: 1 });
      await status(server, 'daemonset/nova-compute-default', { desiredNumberScheduled: 1, numberReady: 1 });
      expect(await wait(), 1, 'nova-compute on 1 of 2 hosts');
      await status(server, 'daemonset/nova-compute-default', { currentNumberScheduled: 2, desiredNumberScheduled: 2, numberReady: 2 });
      expect(await wait({ STRATA_TIMEOUT: '20' }), 0, 'everything is ready');

      expect(await handOver(), 1, 'the Secret keystone-keystone-admin of the administrator could not be read');
      const secret = (name: string, type: string, stringData: object) =>
        server.kubectl(
          ['create', '-f', '-'],
          JSON.stringify({ apiVersion: 'v1', kind: 'Secret', type, metadata: { name, namespace: 'openstack' }, stringData }),
        );
      await secret('keystone-keystone-admin', 'Opaque', { OS_PASSWORD: PASSWORD });
      await secret('openstack-public-tls', 'kubernetes.io/tls', { 'tls.crt': CA, 'tls.key': 'none', 'ca.crt': CA });
      const result = await handOver();
      expect(result, 0, 'clouds.yaml is in');
      if (result.output.includes(PASSWORD)) throw new Error('the password was printed');
      const file = (name: string) => path.join(context.folder, 'credentials', name);
      const clouds = fs.readFileSync(file('clouds.yaml'), 'utf8');
      for (const text of [`password: "${PASSWORD}"`, 'auth_url: https://keystone.cloud.example.com/v3', `cacert: ${file('ca.crt')}`]) {
        if (!clouds.includes(text)) throw new Error(`clouds.yaml lacks ${text}`);
      }
      if (fs.readFileSync(file('ca.crt'), 'utf8') !== CA) throw new Error('ca.crt is another one');
      for (const name of ['', 'clouds.yaml', 'ca.crt']) {
        const mode = fs.statSync(file(name)).mode % 0o1000;
        if (mode !== (name === '' ? 0o700 : 0o600)) throw new Error(`${name || 'the folder'} has the mode ${mode.toString(8)}`);
      }
      expect(await handOver({ STRATA_CA_SECRET: '' }), 0);
      if (fs.existsSync(file('ca.crt'))) throw new Error('a CA that is none any more is still there');

      const ingresses = endpointObjects({
        namespace: 'openstack',
        domain: 'cloud.example.com',
        through: OpenStackHelmEndpoints.ingress('traefik'),
        tlsSecret: 'openstack-public-tls',
        charts: CHARTS,
      });
      const applied = await server.kubectl(
        ['apply', '--dry-run=server', '-f', '-'],
        JSON.stringify({ apiVersion: 'v1', kind: 'List', items: ingresses }),
      );
      if (applied.stdout.trim().split('\n').length !== ingresses.length) throw new Error(applied.output);
    },
  },
];
