/**
 * What `K8sOnNova` synthesises for its servers, rendered by a real Terraform without a cloud: of the synthesised configuration only that part is applied
 * on which the servers' user_data depends, and what a cloud would tell (addresses of ports, ids of volumes) stands in locals of the resources' names.
 */
import * as path from 'node:path';
import { API_ADDRESS, CLUSTER, CONTROL_PLANE } from './cluster';
import type { Context } from '../harness/check';
import { throwAwayPki } from '../harness/pki';
import { synthesise } from '../harness/stacks';
import { type TerraformJson, Workspace } from '../harness/terraform';

type Blocks = { readonly [name: string]: any };

/** What a cloud would tell of the cluster. */
export interface CloudFacts {
  /** Addresses by the port's name. */
  readonly addresses: { readonly [port: string]: string };
  /** Ids by the volume's name. */
  readonly volumes: { readonly [volume: string]: string };
}

export interface RenderedCluster {
  /** user_data by the server's name, as Nova gives it to a machine. */
  readonly userData: { readonly [server: string]: Buffer };
  /** The cluster's own kubeconfig. */
  readonly kubeconfig: string;
}

const REFERENCE = /\b(?:data\.)?(openstack_\w+|terraform_data)\.([\w-]+)|\b(local|var)\.([\w-]+)/g;

/** The part of a configuration that some expressions depend on, with locals in place of the cloud's resources. */
function partOf(configuration: TerraformJson, roots: { readonly [output: string]: string }, facts: CloudFacts): TerraformJson {
  const resources = configuration.resource as Blocks;
  const locals: { [name: string]: unknown } = {};
  const variable: { [name: string]: unknown } = {};
  const steps: { [name: string]: unknown } = {};
  const told = (type: string, name: string) => {
    const resource = resources[type]?.[name];
    if (type === 'openstack_networking_port_v2' && facts.addresses[resource?.name]) return { all_fixed_ips: [facts.addresses[resource.name]] };
    if (type === 'openstack_blockstorage_volume_v3' && facts.volumes[resource?.name]) return { id: facts.volumes[resource.name] };
    throw new Error(`the user_data depend on ${type}.${name} (${resource?.name}), of which nothing is known here`);
  };
  const rewrite = (value: any): any => {
    if (Array.isArray(value)) return value.map(rewrite);
    if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rewrite(item)]));
    if (typeof value !== 'string') return value;
    // Only inside of an interpolation is it a reference; what looks like one outside of it is a text.
    return value.replace(/\$?\$\{[^{}]*\}/g, (expression) =>
      expression.startsWith('$$')
        ? expression
        : expression.replace(REFERENCE, (found, type?: string, name?: string, kind?: string, own?: string) => {
            if (kind === 'local') {
              take(locals, own!, (configuration.locals as Blocks)[own!]);
            } else if (kind === 'var') {
              variable[own!] = (configuration.variable as Blocks)[own!];
            } else if (type === 'terraform_data' && resources[type][name!].provisioner) {
              // the gate: it tells the URL it was given as soon as the API answers there
              const local = `gate_${name}`;
              locals[local] = { output: `https://${API_ADDRESS}:6443` };
              return `local.${local}`;
            } else if (type === 'terraform_data') {
              const { '//': _, depends_on: __, ...step } = resources[type][name!];
              take(steps, name!, step);
            } else {
              const local = `${type}_${name}`;
              locals[local] = told(type!, name!);
              return `local.${local}`;
            }
            return found;
          }),
    );
  };
  const take = (into: { [name: string]: unknown }, name: string, value: unknown) => {
    if (name in into) return;
    into[name] = undefined; // it is on its way: no going round in circles
    into[name] = rewrite(value);
  };
  const output = Object.fromEntries(Object.entries(roots).map(([name, value]) => [name, { value: rewrite(value), sensitive: true }]));
  return { locals, variable, output, ...(Object.keys(steps).length > 0 && { resource: { terraform_data: steps } }) };
}

/** Needs the component `terraform`. */
export async function renderCluster(context: Context, facts: CloudFacts): Promise<RenderedCluster> {
  const [{ configuration }] = await synthesise(path.join(__dirname, 'cluster.ts'), context.folder);
  const servers = Object.values((configuration.resource as Blocks).openstack_compute_instance_v2) as { name: string; user_data: string }[];
  const kubeconfig = Object.keys(configuration.locals as Blocks).find((name) => name.startsWith('K8s_Kubeconfig_'));
  if (kubeconfig === undefined || !servers.some(({ name }) => name === CONTROL_PLANE)) {
    throw new Error(`the synthesised cluster has the servers ${servers.map(({ name }) => name).join(', ')} and the kubeconfig ${kubeconfig}`);
  }
  const roots = { ...Object.fromEntries(servers.map((server) => [server.name, server.user_data])), kubeconfig: `\${local.${kubeconfig}}` };
  const workspace = new Workspace(context, {
    folder: path.join(context.folder, 'rendering'),
    configuration: partOf(configuration, roots, facts),
    variables: await throwAwayPki(context, CLUSTER),
  });
  await workspace.init();
  await workspace.apply();
  const outputs = await workspace.outputs();
  return {
    userData: Object.fromEntries(servers.map(({ name }) => [name, Buffer.from(outputs[name], 'base64')])),
    kubeconfig: outputs.kubeconfig,
  };
}
