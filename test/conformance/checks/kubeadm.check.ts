import * as fs from 'node:fs';
import * as path from 'node:path';
import { stringify } from 'yaml';
import type { Check, Context } from '../harness/check';
import { exec, type ExecResult } from '../harness/process';

/** `kubeadm config validate`, which is strict: a field that kubeadm doesn't know is an error. */
function validate(context: Context, documents: readonly object[]): Promise<ExecResult> {
  const file = path.join(context.folder, 'kubeadm.yaml');
  fs.writeFileSync(file, documents.map((document) => stringify(document)).join('---\n'));
  return exec(path.join(context.value('KUBERNETES_BIN'), 'kubeadm'), ['config', 'validate', '--config', file]);
}

const cluster = { apiVersion: 'kubeadm.k8s.io/v1beta4', kind: 'ClusterConfiguration', kubernetesVersion: 'v1.36.0' };

export const checks: readonly Check[] = [
  {
    name: 'kubeadm tells a right configuration from a wrong one',
    needs: ['kubeadm'],
    run: async (context) => {
      const right = await validate(context, [cluster]);
      if (right.code !== 0) throw new Error(`a minimal configuration is refused:\n${right.output}`);
      const wrong = await validate(context, [{ ...cluster, controlPlaneEndpiont: '10.0.0.1:6443' }]);
      if (wrong.code === 0 || !wrong.output.includes('controlPlaneEndpiont')) throw new Error(`an unknown field is accepted:\n${wrong.output}`);
    },
  },
];
