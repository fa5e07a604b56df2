/**
 * What the nodes of a cluster are born with, rendered by a real Terraform: the same functions as in K8sOnNova, with variables in place of what only a cloud
 * tells. So no cloud is needed to look into it.
 */
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { App, TerraformOutput, TerraformStack, TerraformVariable } from 'cdktf';
import { parse } from 'yaml';
import type { Context } from './check';
import { throwAwayPki } from './pki';
import { synthesise } from './stacks';
import { Workspace } from './terraform';
import { KubernetesVersion } from '../../../lib/core/kubernetes-version';
import { StepResource } from '../../../lib/core/step-resource';
import { TemplateText } from '../../../lib/core/template-text';
import { ownFile, sharedCloudConfig } from '../../../lib/kubernetes/bootstrap/cloud-config';
import { ClusterSettings } from '../../../lib/kubernetes/bootstrap/kubeadm-config';
import { controlPlaneFiles, slotFile, workerFiles } from '../../../lib/kubernetes/bootstrap/node-files';
import { nodeOptionFiles } from '../../../lib/kubernetes/bootstrap/node-option-files';
import { VariablePki } from '../../../lib/kubernetes/bootstrap/variable-pki';
import { cloudAuthority } from '../../../lib/kubernetes/cloud-authority';

const CLOUD_VALUES = {
  vip: '127.0.0.9',
  public_address: '203.0.113.77',
  address: '127.0.0.2',
  peer: '127.0.0.3',
  volume: '9e5c5f4c-54c7-4a35-8a3b-2f9f4c1c9d10',
  first_volume: '9e5c5f4c-54c7-4a35-8a3b-2f9f4c1c9d10',
};

/** The ranges of clusters by the IP families of their nodes, and what a cloud tells there in place of the values above. */
export const FAMILIES = {
  IPv4: { values: {}, nodeCidr: '127.0.0.0/8', podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/12' },
  'IPv4,IPv6': {
    values: {},
    nodeCidr: '127.0.0.0/8,fd00:77::/64',
    podCidr: '10.244.0.0/16,fd00:10:244::/48',
    serviceCidr: '10.96.0.0/12,fd00:10:96::/112',
  },
  'IPv6,IPv4': {
    values: { vip: 'fd00:77::9', address: 'fd00:77::2', peer: 'fd00:77::3' },
    nodeCidr: 'fd00:77::/64,127.0.0.0/8',
    podCidr: 'fd00:10:244::/48,10.244.0.0/16',
    serviceCidr: 'fd00:10:96::/112,10.96.0.0/12',
  },
  IPv6: {
    values: { vip: 'fd00:77::9', public_address: '2001:db8:113::77', address: 'fd00:77::2', peer: 'fd00:77::3' },
    nodeCidr: 'fd00:77::/64',
    podCidr: 'fd00:10:244::/48',
    serviceCidr: 'fd00:10:96::/112',
  },
};

/** The IP families of a cluster's nodes, that of their first subnet first. */
export type NodeFamilies = keyof typeof FAMILIES;

const NEWEST = KubernetesVersion.V1_36;

/** One stack of nodes for each version that the library knows, and of the newest one for each choice of IP families. */
export function build(app: App): void {
  for (const version of KubernetesVersion.all()) nodes(app, version, 'IPv4');
  for (const families of Object.keys(FAMILIES).slice(1)) nodes(app, NEWEST, families as NodeFamilies);
}

const stackName = (version: KubernetesVersion, families: NodeFamilies) => `nodes-${version.minor}-${families.replace(',', '-')}`;

function nodes(app: App, version: KubernetesVersion, families: NodeFamilies): void {
  const stack = new TerraformStack(app, stackName(version, families));
  const { podCidr, serviceCidr, nodeCidr } = FAMILIES[families];
  const value = (name: string) => new TerraformVariable(stack, name, { type: 'string' }).stringValue;
  const pki = new VariablePki(stack, 'Pki', { prefix: 'nodes' });
  const [vip, publicAddress, address, peer, volume, firstVolume] = Object.keys(CLOUD_VALUES).map(value);
  const settings: ClusterSettings = {
    clusterName: 'nodes',
    version,
    endpointName: 'api.nodes.internal',
    certSans: ['api.nodes.internal', vip, publicAddress],
    podCidr,
    serviceCidr,
    kubeProxy: true,
    bootstrapToken: pki.bootstrapToken,
    bootstrapTokenHours: 24,
    configurationRevision: 1,
    encryptsSecrets: true,
  };
  const api = { vip, controlPlane: [address, peer] };
  const output = (name: string, text: TemplateText) => new TerraformOutput(stack, name, { value: text.base64Gzip, sensitive: true });
  const extras = { encryptionKeys: [{ name: 'key1', secret: pki.encryptionKey('key1') }] };
  const further = { ntp: { enabled: true }, runcmd: [['echo', 'a "quoted" ${word} and 100 %{ of it']] };
  const ca = new TerraformVariable(stack, 'cloud_ca', { type: 'string', nullable: true });
  const authority = cloudAuthority(stack, 'CloudAuthority', ca.stringValue)!;
  new StepResource(stack, 'Plan', { lifecycle: { precondition: authority.preconditions } });
  const network = { nodeCidr, podCidr, serviceCidr, endpointName: settings.endpointName, vip };
  const { modules } = nodeOptionFiles({}, network, authority.certificates);
  const shared = new TemplateText(stack, 'Shared', {
    parts: [sharedCloudConfig(stack, controlPlaneFiles(settings, pki, api, extras), further, modules)],
  });
  const own = slotFile({ nodeName: 'nodes-control-plane-0', address, etcdVolumeId: volume, initVolumeId: firstVolume });
  output('control-plane', new TemplateText(stack, 'Slot', { parts: [shared.value, ownFile(own)] }));
  const worker = { labels: { tier: 'general' }, taints: [{ key: 'example.com/gpu', value: 'a100', effect: 'NoSchedule' }] };
  output(
    'worker',
    new TemplateText(stack, 'Worker', { parts: [sharedCloudConfig(stack, workerFiles(settings, pki.caCertificate, api, worker), further, modules)] }),
  );
}

/** A node's user_data. */
export interface NodeUserData {
  /** As Nova gets it. */
  readonly encoded: string;
  /** As cloud-init reads it. */
  readonly text: string;
  /** The files that cloud-init writes, by path. */
  readonly files: { readonly [path: string]: string };
}

/** The user_data of a control-plane node and of a worker. */
export interface NodesUserData {
  readonly controlPlane: NodeUserData;
  readonly worker: NodeUserData;
}

/** The user_data of the nodes of a cloud that has an authority of its own. Needs the component `terraform`. */
export async function nodeUserData(context: Context, version?: KubernetesVersion, families?: NodeFamilies): Promise<NodesUserData> {
  const { render, authority } = await nodeRenderer(context, version, families);
  return render(authority);
}

/** The user_data of the nodes of one cluster in one version after the other. Needs the component `terraform`. */
export async function userDataOfVersions(context: Context, ...versions: KubernetesVersion[]): Promise<NodesUserData[]> {
  const pki = await throwAwayPki(context, 'nodes');
  const rendered = [];
  for (const version of versions) {
    const { render, authority } = await nodeRenderer(context, version, 'IPv4', pki);
    rendered.push(await render(authority));
  }
  return rendered;
}

/** Renders the nodes' user_data for one authority of the cloud after the other; null is none. `authority` is a throw-away one. */
export async function nodeRenderer(
  context: Context,
  version = NEWEST,
  families: NodeFamilies = 'IPv4',
  pki?: { readonly [variable: string]: string },
): Promise<{ readonly authority: string; readonly render: (cloudCa: string | null) => Promise<NodesUserData> }> {
  const stacks = await synthesise(__filename, context.folder);
  const { configuration } = stacks.find(({ name }) => name === stackName(version, families))!;
  const folder = path.join(context.folder, stackName(version, families));
  const authorities = pki ?? (await throwAwayPki(context, 'nodes'));
  const workspace = (cloudCa: string | null) =>
    new Workspace(context, {
      folder,
      configuration,
      variables: { ...CLOUD_VALUES, ...FAMILIES[families].values, ...authorities, cloud_ca: cloudCa },
    });
  const authority = authorities.nodes_front_proxy_ca_crt;
  await workspace(authority).init();
  return {
    authority,
    render: async (cloudCa) => {
      const rendered = workspace(cloudCa);
      await rendered.apply();
      const outputs = await rendered.outputs();
      return { controlPlane: decode(outputs['control-plane']), worker: decode(outputs.worker) };
    },
  };
}

/** What cloud-init reads out of user_data. */
export function decode(encoded: string): NodeUserData {
  const text = gunzipSync(Buffer.from(encoded, 'base64')).toString('utf8');
  const { write_files: files } = parse(text) as { write_files: { path: string; content: string; encoding?: string }[] };
  const contentOf = ({ content, encoding }: { content: string; encoding?: string }) =>
    encoding === 'b64' ? Buffer.from(content, 'base64').toString('utf8') : content;
  return { encoded, text, files: Object.fromEntries(files.map((file) => [file.path, contentOf(file)])) };
}
