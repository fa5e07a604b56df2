import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse, stringify } from 'yaml';
import { KubernetesVersion } from '../../../lib/core/kubernetes-version';
import type { Check, Context } from '../harness/check';
import { FAMILIES, type NodeFamilies, type NodesUserData, nodeUserData } from '../harness/cluster-files';
import { exec, type ExecResult, run } from '../harness/process';

/** `kubeadm config validate`, which is strict: a field that kubeadm doesn't know is an error. */
function validate(context: Context, text: string, kubeadm = path.join(context.value('KUBERNETES_BIN'), 'kubeadm')): Promise<ExecResult> {
  const file = path.join(context.folder, 'kubeadm.yaml');
  fs.writeFileSync(file, text);
  return exec(kubeadm, ['config', 'validate', '--config', file]);
}

/** Throws unless kubeadm takes what the nodes of that version are born with, without a warning. */
async function takesNodes(context: Context, version: KubernetesVersion, kubeadm?: string, families: NodeFamilies = 'IPv4'): Promise<NodesUserData> {
  const { controlPlane, worker } = await nodeUserData(context, version, families);
  // kubeadm looks for the discovery file, too
  const discovery = path.join(context.folder, 'discovery.conf');
  fs.writeFileSync(discovery, worker.files['/etc/strata/discovery.conf'], { mode: 0o600 });
  const configurations = {
    'a control plane': composed(controlPlane.files),
    'join of a worker': worker.files['/etc/strata/kubeadm-join.yaml'].replace('/etc/strata/discovery.conf', discovery),
  };
  for (const [what, text] of Object.entries(configurations)) {
    const { code, output } = await validate(context, onNode(text, families), kubeadm);
    if (code !== 0 || /warning/i.test(output)) throw new Error(`${what}:\n${output}`);
  }
  return { controlPlane, worker };
}

/** What the boot program finds on a node: its address, and that of the other IP family. */
const ADDRESSES: { readonly [families in NodeFamilies]: string } = {
  IPv4: '198.51.100.1',
  'IPv4,IPv6': '198.51.100.1,2001:db8::1',
  'IPv6,IPv4': '2001:db8::1,198.51.100.1',
  IPv6: '2001:db8::1',
};

/** What the boot program fills in. */
const onNode = (text: string, families: NodeFamilies = 'IPv4') =>
  text
    .replace(/@NODE_NAME@/g, 'nodes-control-plane-0')
    .replace(/@NODE_ADDRESS@/g, ADDRESSES[families].split(',')[0])
    .replace(/@NODE_IPS@/g, ADDRESSES[families])
    .replace(/@PROVIDER_ID@/g, 'openstack:///2f9f4c1c-54c7-4a35-8a3b-9e5c5f4c9d10')
    // a patch that this kubeadm is not newer than
    .replace(/kubernetesVersion: v1\.36\.\d+/, 'kubernetesVersion: v1.36.0');

/** What the boot program composes for every phase. */
const composed = (files: { readonly [path: string]: string }) =>
  ['init', 'cluster', 'kubelet'].map((part) => files[`/etc/strata/kubeadm-${part}.yaml`]).join('---\n');

/** What each program of the control plane is started with, in the manifests that kubeadm writes for such a configuration. */
async function writtenFlags(context: Context, configuration: string): Promise<{ readonly [program: string]: readonly string[] }> {
  // a dry run writes to a folder of its own, and nothing to this machine
  const file = (name: string) => path.join(context.folder, name);
  for (const name of ['patches', 'written']) fs.mkdirSync(file(name));
  fs.writeFileSync(file('init.yaml'), configuration.replace('/run/strata/patches', file('patches')));
  for (const phase of ['control-plane all', 'etcd local']) {
    const words = ['init', 'phase', ...phase.split(' '), '--config', file('init.yaml'), '--dry-run'];
    await run(path.join(context.value('KUBERNETES_BIN'), 'kubeadm'), words, { env: { KUBEADM_INIT_DRYRUN_DIR: file('written') } });
  }
  const flags = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'].map((program) => {
    const { spec } = parse(fs.readFileSync(file(`written/${program}.yaml`), 'utf8')) as { spec: { containers: { command: string[] }[] } };
    return [program, spec.containers[0].command];
  });
  return Object.fromEntries(flags);
}

const cluster = { apiVersion: 'kubeadm.k8s.io/v1beta4', kind: 'ClusterConfiguration', kubernetesVersion: 'v1.36.0' };

/** What the CIS benchmark asks for and kubeadm writes down: `docs/cis-benchmark.md` has these rows. */
const ARGUMENTS = {
  'kube-apiserver': [
    /^--authorization-mode=Node,RBAC$/,
    /^--enable-admission-plugins=NodeRestriction/,
    /^--authentication-config=/,
    /^--audit-policy-file=/,
    /^--audit-log-path=/,
    /^--audit-log-maxage=30$/,
    /^--audit-log-maxbackup=10$/,
    /^--audit-log-maxsize=100$/,
    /^--encryption-provider-config=/,
    /^--admission-control-config-file=/,
    /^--profiling=false$/,
    /^--tls-min-version=VersionTLS12$/,
    /^--tls-cipher-suites=TLS_ECDHE_[A-Z0-9_,]+$/,
    /^--kubelet-client-certificate=/,
    /^--etcd-cafile=/,
    /^--service-account-key-file=/,
  ],
  'kube-controller-manager': [
    /^--profiling=false$/,
    /^--terminated-pod-gc-threshold=1000$/,
    /^--use-service-account-credentials=true$/,
    /^--service-account-private-key-file=/,
    /^--root-ca-file=/,
    /^--bind-address=127\.0\.0\.1$/,
  ],
  'kube-scheduler': [/^--profiling=false$/, /^--bind-address=127\.0\.0\.1$/],
  etcd: [
    /^--client-cert-auth=true$/,
    /^--peer-client-cert-auth=true$/,
    /^--cert-file=/,
    /^--peer-cert-file=/,
    /^--trusted-ca-file=/,
    /^--peer-trusted-ca-file=/,
  ],
};

export const checks: readonly Check[] = [
  {
    name: 'kubeadm tells a right configuration from a wrong one',
    needs: ['kubeadm'],
    run: async (context) => {
      const right = await validate(context, stringify(cluster));
      if (right.code !== 0) throw new Error(`a minimal configuration is refused:\n${right.output}`);
      const wrong = await validate(context, stringify({ ...cluster, controlPlaneEndpiont: '10.0.0.1:6443' }));
      if (wrong.code === 0 || !wrong.output.includes('controlPlaneEndpiont')) throw new Error(`an unknown field is accepted:\n${wrong.output}`);
    },
  },
  {
    name: 'kubeadm takes what nodes are born with',
    needs: ['kubeadm', 'terraform'],
    run: async (context) => void (await takesNodes(context, KubernetesVersion.V1_36)),
  },
  ...(['IPv4,IPv6', 'IPv6,IPv4', 'IPv6'] as const).map((families): Check => ({
    name: `kubeadm takes what nodes of ${families.replace(',', ' and ')} are born with, and writes it into the manifests`,
    needs: ['kubeadm', 'terraform'],
    run: async (context) => {
      const { files } = (await takesNodes(context, KubernetesVersion.V1_36, undefined, families)).controlPlane;
      const flags = await writtenFlags(context, onNode(composed(files), families));
      const [address] = ADDRESSES[families].split(',');
      const host = address.includes(':') ? `[${address}]` : address;
      const { podCidr: pods, serviceCidr: services } = FAMILIES[families];
      for (const [program, wanted] of Object.entries({
        'kube-apiserver': [`--advertise-address=${address}`, `--service-cluster-ip-range=${services}`],
        'kube-controller-manager': [`--cluster-cidr=${pods}`, `--service-cluster-ip-range=${services}`],
        etcd: [`--advertise-client-urls=https://${host}:2379`, `--listen-peer-urls=https://${host}:2380`],
      })) {
        const missing = wanted.filter((flag) => !flags[program].includes(flag));
        if (missing.length > 0) throw new Error(`${program} lacks ${missing.join(', ')}:\n${flags[program].join('\n')}`);
      }
      // the instrument judges: services of another family than the pods are
      const wrong = onNode(composed(files), families).replace(`serviceSubnet: ${services}`, 'serviceSubnet: 10.96.0.0/12,10.112.0.0/12');
      const { code, output } = await validate(context, wrong);
      if (code === 0) throw new Error(`kubeadm takes two ranges of one family:\n${output}`);
    },
  })),
  {
    name: "kubeadm makes a node's certificates, kubeconfigs and manifests out of what it is born with",
    needs: ['kubeadm', 'terraform'],
    run: async (context) => {
      const { files } = (await nodeUserData(context)).controlPlane;
      const pki = path.join(context.folder, 'pki');
      for (const [name, content] of Object.entries(files).filter(([file]) => file.startsWith('/etc/kubernetes/pki/'))) {
        const target = path.join(pki, name.slice('/etc/kubernetes/pki/'.length));
        fs.mkdirSync(path.dirname(target), { recursive: true });
        fs.writeFileSync(target, content, { mode: 0o600 });
      }
      const before = fs.readFileSync(path.join(pki, 'ca.crt'), 'utf8');
      const configuration = path.join(context.folder, 'init.yaml');
      fs.writeFileSync(configuration, onNode(composed(files)).replace('clusterName:', `certificatesDir: ${pki}\nclusterName:`));
      const kubeadm = (...args: string[]) =>
        run(path.join(context.value('KUBERNETES_BIN'), 'kubeadm'), ['init', 'phase', ...args, '--config', configuration]);
      await kubeadm('certs', 'all');
      await kubeadm('kubeconfig', 'super-admin', '--kubeconfig-dir', context.folder);
      if (fs.readFileSync(path.join(pki, 'ca.crt'), 'utf8') !== before) throw new Error('kubeadm replaced the certificate authority');
      const { stdout } = await run('openssl', ['x509', '-noout', '-ext', 'subjectAltName', '-in', path.join(pki, 'apiserver.crt')]);
      for (const name of ['DNS:api.nodes.internal', 'IP Address:127.0.0.9', 'IP Address:203.0.113.77', 'IP Address:10.96.0.1']) {
        if (!stdout.includes(name)) throw new Error(`the API server's certificate lacks ${name}:\n${stdout}`);
      }
      await run('openssl', ['verify', '-CAfile', path.join(pki, 'etcd', 'ca.crt'), path.join(pki, 'etcd', 'peer.crt')]);
    },
  },
  {
    name: 'the manifests and the kubelet configuration that kubeadm writes hold what the table of the CIS benchmark says',
    needs: ['kubeadm', 'terraform'],
    run: async (context) => {
      const { controlPlane } = await nodeUserData(context);
      const written = await writtenFlags(context, onNode(composed(controlPlane.files)));
      for (const [program, wanted] of Object.entries(ARGUMENTS)) {
        const flags = written[program];
        const missing = wanted.filter((pattern) => !flags.some((flag) => pattern.test(flag)));
        if (missing.length > 0) throw new Error(`${program} lacks ${missing.join(', ')}:\n${flags.join('\n')}`);
        if (flags.some((flag) => /^--(anonymous-auth=true|insecure|token-auth-file|auto-tls|peer-auto-tls)/.test(flag))) {
          throw new Error(`${program}: ${flags.join('\n')}`);
        }
      }
    },
  },
  ...[KubernetesVersion.V1_34, KubernetesVersion.V1_35].map((version): Check => ({
    name: `kubeadm ${version.minor} takes what nodes of its minor are born with`,
    needs: ['older-kubeadm', 'terraform'],
    run: async (context) => {
      const kubeadm = context.value(`KUBEADM_${version.minor.replace('.', '_')}`);
      const { stdout } = await run(kubeadm, ['version', '-o', 'short']);
      if (stdout.trim() !== `v${version.version}`) throw new Error(`the library deploys ${version.version}, and this is kubeadm ${stdout}`);
      await takesNodes(context, version, kubeadm);
      // the instrument judges
      const wrong = await validate(context, stringify({ ...cluster, podSubnet: '10.244.0.0/16' }), kubeadm);
      if (wrong.code === 0) throw new Error(`kubeadm ${version.minor} takes a field that it does not have:\n${wrong.output}`);
    },
  })),
];
