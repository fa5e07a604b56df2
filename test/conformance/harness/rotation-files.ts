/** What control-plane nodes are born with in each step in which authorities and the key of Secrets are replaced, rendered by a real Terraform. */
import * as path from 'node:path';
import { App, TerraformOutput, TerraformStack, TerraformVariable } from 'cdktf';
import type { Context } from './check';
import { decode, type NodesUserData } from './cluster-files';
import { throwAwayPki } from './pki';
import { synthesise } from './stacks';
import { Workspace } from './terraform';
import { KubernetesVersion } from '../../../lib/core/kubernetes-version';
import { TemplateText } from '../../../lib/core/template-text';
import { ownFile, sharedCloudConfig } from '../../../lib/kubernetes/bootstrap/cloud-config';
import { ClusterSettings } from '../../../lib/kubernetes/bootstrap/kubeadm-config';
import { controlPlaneFiles, slotFile, workerFiles } from '../../../lib/kubernetes/bootstrap/node-files';
import { VariablePki } from '../../../lib/kubernetes/bootstrap/variable-pki';

/** The steps, by what they are called here. */
const STEPS: { readonly [name: string]: { readonly authorities: readonly string[]; readonly keys: readonly string[] } } = {
  old: { authorities: ['1'], keys: ['key1'] },
  trust: { authorities: ['1', '2'], keys: ['key1', 'key2'] },
  sign: { authorities: ['2', '1'], keys: ['key2', 'key1'] },
  forget: { authorities: ['2'], keys: ['key2'] },
};
const CLOUD_VALUES = { vip: '127.0.0.9', address: '127.0.0.2', peer: '127.0.0.3', volume: '9e5c5f4c-54c7-4a35-8a3b-2f9f4c1c9d10' };

export function build(app: App): void {
  for (const [name, { authorities, keys }] of Object.entries(STEPS)) {
    const stack = new TerraformStack(app, name);
    const [vip, address, peer, volume] = Object.keys(CLOUD_VALUES).map((id) => new TerraformVariable(stack, id, { type: 'string' }).stringValue);
    const pki = new VariablePki(stack, 'Pki', { prefix: 'nodes', authorities });
    const settings: ClusterSettings = {
      clusterName: 'nodes',
      version: KubernetesVersion.V1_36,
      endpointName: 'api.nodes.internal',
      certSans: ['api.nodes.internal', vip],
      podCidr: '10.244.0.0/16',
      serviceCidr: '10.96.0.0/12',
      kubeProxy: true,
      bootstrapToken: pki.bootstrapToken,
      bootstrapTokenHours: 24,
      configurationRevision: 1, // what all nodes have in common is not touched
      encryptsSecrets: true,
    };
    const api = { vip, controlPlane: [address, peer] };
    const encryptionKeys = keys.map((key) => ({ name: key, secret: pki.encryptionKey(key) }));
    const output = (id: string, parts: string[]) =>
      new TerraformOutput(stack, id, { value: new TemplateText(stack, `${id}-text`, { parts }).base64Gzip, sensitive: true });
    const slot = slotFile({ nodeName: 'nodes-control-plane-0', address, etcdVolumeId: volume, initVolumeId: volume });
    output('control-plane', [sharedCloudConfig(stack, controlPlaneFiles(settings, pki, api, { encryptionKeys })), ownFile(slot)]);
    output('worker', [sharedCloudConfig(stack, workerFiles(settings, pki.caCertificate, api, { labels: {}, taints: [] }))]);
  }
}

/** A step as its nodes and its administrator see it. */
export interface RotationStep extends NodesUserData {
  readonly admin: { readonly certificate: string; readonly key: string };
}

/** The user_data of every step. Needs the component `terraform`. */
export async function rotationSteps(context: Context): Promise<{ readonly [step in 'old' | 'trust' | 'sign' | 'forget']: RotationStep }> {
  const first = await throwAwayPki(context, 'nodes');
  const second = await throwAwayPki(context, 'nodes_2');
  const result: { [step: string]: RotationStep } = {};
  for (const { name, configuration } of await synthesise(__filename, context.folder)) {
    const newSigns = STEPS[name].authorities[0] === '2';
    const admin = newSigns
      ? { certificate: second.nodes_2_admin_crt, key: second.nodes_2_admin_key }
      : { certificate: first.nodes_admin_crt, key: first.nodes_admin_key };
    const values: { [name: string]: string } = {
      ...CLOUD_VALUES,
      ...first,
      ...second,
      nodes_encryption_key2: second.nodes_2_encryption_key1,
      nodes_admin_crt: admin.certificate,
      nodes_admin_key: admin.key,
    };
    const asked = Object.keys((configuration as { variable: object }).variable);
    const variables = Object.fromEntries(asked.map((id) => [id, values[id]]));
    const workspace = new Workspace(context, { folder: path.join(context.folder, name), configuration, variables });
    await workspace.init();
    await workspace.apply();
    const outputs = await workspace.outputs();
    result[name] = { controlPlane: decode(outputs['control-plane']), worker: decode(outputs.worker), admin };
  }
  return result as { readonly [step in 'old' | 'trust' | 'sign' | 'forget']: RotationStep };
}
