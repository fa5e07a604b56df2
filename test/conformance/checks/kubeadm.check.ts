import * as fs from 'node:fs';
import * as path from 'node:path';
import { stringify } from 'yaml';
import type { Check, Context } from '../harness/check';
import { nodeUserData } from '../harness/cluster-files';
import { exec, type ExecResult, run } from '../harness/process';

/** `kubeadm config validate`, which is strict: a field that kubeadm doesn't know is an error. */
function validate(context: Context, text: string): Promise<ExecResult> {
  const file = path.join(context.folder, 'kubeadm.yaml');
  fs.writeFileSync(file, text);
  return exec(path.join(context.value('KUBERNETES_BIN'), 'kubeadm'), ['config', 'validate', '--config', file]);
}

/** What the boot program fills in. */
const onNode = (text: string) =>
  text
    .replace(/@NODE_NAME@/g, 'nodes-control-plane-0')
    .replace(/@NODE_ADDRESS@/g, '198.51.100.1')
    .replace(/@PROVIDER_ID@/g, 'openstack:///2f9f4c1c-54c7-4a35-8a3b-9e5c5f4c9d10')
    // a patch that this kubeadm is not newer than
    .replace(/kubernetesVersion: v1\.36\.\d+/, 'kubernetesVersion: v1.36.0');

/** What the boot program composes for every phase. */
const composed = (files: { readonly [path: string]: string }) =>
  ['init', 'cluster', 'kubelet'].map((part) => files[`/etc/strata/kubeadm-${part}.yaml`]).join('---\n');

const cluster = { apiVersion: 'kubeadm.k8s.io/v1beta4', kind: 'ClusterConfiguration', kubernetesVersion: 'v1.36.0' };

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
    run: async (context) => {
      const { controlPlane, worker } = await nodeUserData(context);
      // kubeadm looks for the discovery file, too
      const discovery = path.join(context.folder, 'discovery.conf');
      fs.writeFileSync(discovery, worker.files['/etc/strata/discovery.conf'], { mode: 0o600 });
      const configurations = {
        'a control plane': composed(controlPlane.files),
        'join of a worker': worker.files['/etc/strata/kubeadm-join.yaml'].replace('/etc/strata/discovery.conf', discovery),
      };
      for (const [what, text] of Object.entries(configurations)) {
        const { code, output } = await validate(context, onNode(text));
        const others = output.split('\n').filter((line) => /warning/i.test(line));
        if (code !== 0 || others.length > 0) throw new Error(`${what}:\n${output}`);
      }
    },
  },
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
];
