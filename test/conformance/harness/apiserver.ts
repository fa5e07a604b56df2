import * as fs from 'node:fs';
import * as https from 'node:https';
import * as path from 'node:path';
import { parse, stringify } from 'yaml';
import type { Context } from './check';
import type { Component } from './components';
import { freePort } from './ports';
import { daemon, type ExecResult, run, waitFor } from './process';
import { KubernetesVersion } from '../../../lib/core/kubernetes-version';

/** The version of the programs: their minor is what objects are made for. `STRATA_CONFORMANCE_KUBERNETES=1.35.0` asks another minor. */
export const KUBERNETES = KubernetesVersion.of(process.env.STRATA_CONFORMANCE_KUBERNETES ?? '1.36.0');

/** What a check that starts an apiserver must list in its `needs`. */
export const APISERVER_NEEDS: readonly Component[] = ['etcd', 'kubeadm', 'kubectl', 'kube-apiserver'];

export interface ApiServerOptions {
  /** Where the apiserver listens. @default - a free port */
  readonly port?: number;
  /** Further flags of kube-apiserver. */
  readonly extraArgs?: readonly string[];
  /** Further names in its certificate. @default - 127.0.0.1 and localhost */
  readonly names?: readonly string[];
}

export interface ApiServer {
  readonly port: number;
  readonly url: string;
  /** Of a member of `system:masters`. */
  readonly kubeconfig: string;
  /** kubeadm's `pki` folder: the CAs and what is signed by them. */
  readonly pkiFolder: string;
  /** Arguments for etcdctl: endpoint and certificates. */
  readonly etcdctlArguments: readonly string[];
  /** A request of that administrator's, for what is done often: its status and its body, parsed. */
  readonly request: (method: string, url: string, body?: object) => Promise<{ readonly status: number; readonly body: any }>;
  /** Runs kubectl against it; it must succeed. */
  readonly kubectl: (args: readonly string[], input?: string) => Promise<ExecResult>;
  /** Stops the apiserver alone, as in an outage; `start` brings it back on the same etcd, PKI and port. */
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
}

/**
 * A real etcd and a real kube-apiserver on loopback with a PKI made by kubeadm, RBAC on. Nothing else of a cluster: no controllers, no kubelet.
 * Both stop with the check.
 */
export async function startApiServer(context: Context, options: ApiServerOptions = {}): Promise<ApiServer> {
  const folder = fs.mkdtempSync(path.join(context.folder, 'apiserver-'));
  const pki = (name: string) => path.join(folder, 'pki', name);
  const kubernetes = (program: string) => path.join(context.value('KUBERNETES_BIN'), program);
  const port = options.port ?? (await freePort());
  const [etcdPort, peerPort] = [await freePort(), await freePort()];

  const configuration = path.join(folder, 'kubeadm.yaml');
  const version = (await run(kubernetes('kubeadm'), ['version', '-o', 'short'])).stdout.trim();
  fs.writeFileSync(
    configuration,
    [
      {
        apiVersion: 'kubeadm.k8s.io/v1beta4',
        kind: 'InitConfiguration',
        // any address that isn't loopback, which kubeadm refuses: it only becomes one more name in the certificates
        localAPIEndpoint: { advertiseAddress: '198.51.100.1', bindPort: port },
        nodeRegistration: { name: 'conformance', criSocket: 'unix:///run/none.sock' },
      },
      {
        apiVersion: 'kubeadm.k8s.io/v1beta4',
        kind: 'ClusterConfiguration',
        kubernetesVersion: version,
        certificatesDir: path.join(folder, 'pki'),
        controlPlaneEndpoint: `127.0.0.1:${port}`,
        apiServer: { certSANs: ['127.0.0.1', 'localhost', ...(options.names ?? [])] },
      },
    ]
      .map((document) => stringify(document))
      .join('---\n'),
  );
  await run(kubernetes('kubeadm'), ['init', 'phase', 'certs', 'all', '--config', configuration]);
  await run(kubernetes('kubeadm'), ['init', 'phase', 'kubeconfig', 'super-admin', '--config', configuration, '--kubeconfig-dir', folder]);
  const kubeconfig = path.join(folder, 'super-admin.conf');

  const etcdUrl = `https://127.0.0.1:${etcdPort}`;
  const etcd = daemon(
    path.join(context.value('ETCD_BIN'), 'etcd'),
    [
      '--name=conformance',
      `--data-dir=${path.join(folder, 'etcd')}`,
      '--unsafe-no-fsync',
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      `--listen-peer-urls=https://127.0.0.1:${peerPort}`,
      `--initial-advertise-peer-urls=https://127.0.0.1:${peerPort}`,
      `--initial-cluster=conformance=https://127.0.0.1:${peerPort}`,
      '--client-cert-auth',
      `--trusted-ca-file=${pki('etcd/ca.crt')}`,
      `--cert-file=${pki('etcd/server.crt')}`,
      `--key-file=${pki('etcd/server.key')}`,
      '--peer-client-cert-auth',
      `--peer-trusted-ca-file=${pki('etcd/ca.crt')}`,
      `--peer-cert-file=${pki('etcd/peer.crt')}`,
      `--peer-key-file=${pki('etcd/peer.key')}`,
    ],
    path.join(folder, 'etcd.log'),
  );
  context.defer(etcd.stop);
  const etcdctlArguments = [
    `--endpoints=${etcdUrl}`,
    `--cacert=${pki('etcd/ca.crt')}`,
    `--cert=${pki('apiserver-etcd-client.crt')}`,
    `--key=${pki('apiserver-etcd-client.key')}`,
  ];
  const etcdctl = path.join(context.value('ETCD_BIN'), 'etcdctl');
  await waitFor('etcd', async () => (await run(etcdctl, [...etcdctlArguments, 'endpoint', 'health'])).code === 0, { daemon: etcd });

  let server: ReturnType<typeof daemon> | undefined;
  const stop = async () => server?.stop();
  context.defer(stop);
  const ca = fs.readFileSync(pki('ca.crt'));
  const start = async () => {
    server = daemon(
      kubernetes('kube-apiserver'),
      [
        '--bind-address=127.0.0.1',
        `--secure-port=${port}`,
        // not loopback: the apiserver refuses to publish such an address; nothing connects to it
        '--advertise-address=198.51.100.1',
        '--endpoint-reconciler-type=none',
        ...(options.extraArgs?.some((arg) => arg.startsWith('--authorization-config=')) ? [] : ['--authorization-mode=Node,RBAC']),
        '--enable-admission-plugins=NodeRestriction',
        '--enable-bootstrap-token-auth=true',
        '--allow-privileged=true',
        '--service-cluster-ip-range=10.96.0.0/12',
        `--etcd-servers=${etcdUrl}`,
        `--etcd-cafile=${pki('etcd/ca.crt')}`,
        `--etcd-certfile=${pki('apiserver-etcd-client.crt')}`,
        `--etcd-keyfile=${pki('apiserver-etcd-client.key')}`,
        `--client-ca-file=${pki('ca.crt')}`,
        `--tls-cert-file=${pki('apiserver.crt')}`,
        `--tls-private-key-file=${pki('apiserver.key')}`,
        `--kubelet-client-certificate=${pki('apiserver-kubelet-client.crt')}`,
        `--kubelet-client-key=${pki('apiserver-kubelet-client.key')}`,
        `--requestheader-client-ca-file=${pki('front-proxy-ca.crt')}`,
        '--requestheader-allowed-names=front-proxy-client',
        '--requestheader-extra-headers-prefix=X-Remote-Extra-',
        '--requestheader-group-headers=X-Remote-Group',
        '--requestheader-username-headers=X-Remote-User',
        `--proxy-client-cert-file=${pki('front-proxy-client.crt')}`,
        `--proxy-client-key-file=${pki('front-proxy-client.key')}`,
        '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
        `--service-account-key-file=${pki('sa.pub')}`,
        `--service-account-signing-key-file=${pki('sa.key')}`,
        ...(options.extraArgs ?? []),
      ],
      path.join(folder, 'kube-apiserver.log'),
    );
    await waitFor('kube-apiserver', async () => (await get(port, '/readyz', ca)).status === 200, { daemon: server, timeoutMs: 120_000 });
  };
  await start();
  return {
    port,
    url: `https://127.0.0.1:${port}`,
    kubeconfig,
    pkiFolder: path.join(folder, 'pki'),
    etcdctlArguments,
    request: administrator(port, ca, kubeconfig),
    kubectl: (args, input) => run(kubernetes('kubectl'), ['--kubeconfig', kubeconfig, ...args], { input, env: { KUBECONFIG: undefined } }),
    stop,
    start,
  };
}

/** Requests with the client certificate of a kubeconfig. */
function administrator(port: number, ca: Buffer, kubeconfig: string): ApiServer['request'] {
  const { user } = parse(fs.readFileSync(kubeconfig, 'utf8')).users[0];
  const [cert, key] = ['client-certificate-data', 'client-key-data'].map((name) => Buffer.from(user[name], 'base64'));
  return (method, url, body) =>
    new Promise((resolve, reject) => {
      const headers = { accept: 'application/json', 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' };
      const options = { host: '127.0.0.1', port, path: url, method, ca, cert, key, headers, agent: false as const, timeout: 20_000 };
      const request = https.request(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
      });
      request.on('timeout', () => request.destroy(new Error('no answer in 20 s')));
      request.on('error', reject);
      request.end(body && JSON.stringify(body));
    });
}

/** The real kube-controller-manager beside it, with these of its controllers alone. Needs the component of that name. */
export async function startControllers(context: Context, server: ApiServer, ...controllers: string[]): Promise<void> {
  const program = path.join(context.value('KUBERNETES_BIN'), 'kube-controller-manager');
  const options = [`--kubeconfig=${server.kubeconfig}`, '--leader-elect=false', '--secure-port=0', `--controllers=${controllers.join(',')}`];
  context.defer(daemon(program, options, path.join(context.folder, 'kube-controller-manager.log')).stop);
}

/** The last of kubeadm's phases, which makes the public ConfigMap cluster-info. */
export async function finishInit(context: Context, server: ApiServer): Promise<void> {
  const configuration = path.join(context.folder, 'init.yaml');
  fs.writeFileSync(
    configuration,
    [
      { apiVersion: 'kubeadm.k8s.io/v1beta4', kind: 'InitConfiguration', nodeRegistration: { name: 'a', criSocket: 'unix:///run/none.sock' } },
      { apiVersion: 'kubeadm.k8s.io/v1beta4', kind: 'ClusterConfiguration', kubernetesVersion: 'v1.36.0', certificatesDir: server.pkiFolder },
    ]
      .map((document) => stringify(document))
      .join('---\n'),
  );
  const kubeadm = path.join(context.value('KUBERNETES_BIN'), 'kubeadm');
  await run(kubeadm, ['init', 'phase', 'bootstrap-token', '--config', configuration, '--kubeconfig', server.kubeconfig]);
}

/** A GET without credentials, under the given CA. */
export function get(port: number, url: string, ca: Buffer): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = https.get({ host: '127.0.0.1', port, path: url, ca, agent: false, timeout: 10_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    request.on('timeout', () => request.destroy(new Error('no answer in 10 s')));
    request.on('error', reject);
  });
}
