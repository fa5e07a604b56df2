/**
 * What becomes of a roll of workers that ends half-way, by Terraform alone: the library's own pool with its addresses, references and lifecycles, and
 * `terraform_data` in place of what only a cloud could make.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, TerraformStack } from 'cdktf';
import { NodeFlavor } from '../../../lib/contracts/node-flavor';
import { NodeImage } from '../../../lib/contracts/node-image';
import { StepResource } from '../../../lib/core/step-resource';
import { drained, drainer, runnerCheck } from '../../../lib/kubernetes/runner-steps';
import { OnUnreachable, WorkerDrain } from '../../../lib/kubernetes/worker-drain';
import { ClusterNetwork } from '../../../lib/nova/cluster-network';
import { ServerPool, ServerPoolProps } from '../../../lib/nova/server-pool';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import { APISERVER_NEEDS, startApiServer } from '../harness/apiserver';
import type { Check } from '../harness/check';
import { synthesise } from '../harness/stacks';
import { type TerraformJson, Workspace } from '../harness/terraform';

/** What the second check tells the synthesis, which is a process of its own. */
const KUBECONFIG = 'ROLL_KUBECONFIG';
const CA = 'ROLL_CA';

/** The same pool in each of its generations and sizes, and what drains it. */
export function build(app: App): void {
  for (const generation of [1, 2, 3, 4]) cluster(new TerraformStack(app, `g${generation}`), [{ name: 'general', replicas: 2, generation }]);
  for (const [name, pools] of Object.entries(SIZES)) cluster(new TerraformStack(app, name), pools, String(name === 'birth'));
}

type Pool = { readonly name: string; readonly replicas: number; readonly generation: number };

const SIZES: { readonly [stack: string]: readonly Pool[] } = {
  birth: [{ name: 'general', replicas: 2, generation: 1 }],
  rolled: [{ name: 'general', replicas: 2, generation: 2 }],
  fewer: [{ name: 'general', replicas: 1, generation: 2 }],
  none: [],
};

/** What K8sOnNova makes of and around its workers. */
function cluster(stack: TerraformStack, wanted: readonly Pool[], isBirth = 'false'): void {
  const runner = {
    clusterName: 'prod',
    caCertificate: process.env[CA] ?? 'none',
    kubeconfigPath: process.env[KUBECONFIG],
    isBirth,
    dependsOn: [],
  };
  const check = runnerCheck(stack, 'RunnerCheck', wanted, OnUnreachable.FAIL, runner);
  const pools = wanted.map((options) => pool(stack, { ...options, dependsOn: [check] }));
  const drains = drainer(stack, 'Drainer', pools, WorkerDrain.enabled(), { ...runner, dependsOn: [check] });
  new StepResource(stack, 'Plan', drained(pools, drains));
}

function pool(stack: TerraformStack, options: Pick<ServerPoolProps, 'name' | 'replicas' | 'generation' | 'dependsOn'>): ServerPool {
  new OpenstackProvider(stack, 'OpenStack');
  const network = ClusterNetwork.fromNetworkAttributes(stack, 'Network', {
    networkId: 'network',
    subnetId: 'subnet',
    cidr: '10.20.0.0/16',
    mtu: 1450,
    externalNetworkName: 'public',
    externalNetworkId: 'public',
  });
  return new ServerPool(stack, 'Pool', {
    network,
    flavor: NodeFlavor.named('m1.large'),
    image: NodeImage.byName('image'),
    zones: [{ compute: 'nova', volume: 'nova' }],
    securityGroupIds: ['workers'],
    userData: '#cloud-config\n',
    ...options,
  });
}

/** A block of Terraform JSON. */
type Block = Record<string, any>;

/** All as `terraform_data`, which fails while there is a file `fail-<address>` beside it; but what is named keeps its own program. */
function standIns({ resource }: TerraformJson, folder: string, keeps?: string): Record<string, Block> {
  const stands: Record<string, Block> = {};
  for (const [type, resources] of Object.entries(resource as Record<string, Record<string, Block>>)) {
    for (const [id, { name, network, lifecycle = {}, input, triggers_replace, depends_on: dependsOn, provisioner }] of Object.entries(resources)) {
      const { ignore_changes: ignored = [], postcondition, ...others } = lifecycle;
      const rules = (postcondition ?? []).map((rule: Block) => JSON.parse(JSON.stringify(rule).replace(/self\.name/g, 'self.input.name')));
      const lasting = {
        ...others,
        ...(ignored.includes('name') && { ignore_changes: ['input'] }),
        ...(rules.length > 0 && { postcondition: rules }),
      };
      const text = JSON.stringify({
        ...(input !== undefined && { input }),
        ...(name !== undefined && { input: { name, ...(network && { port: network[0].port }) } }),
        ...(triggers_replace && { triggers_replace }),
        ...(dependsOn && { depends_on: dependsOn }),
        ...(Object.keys(lasting).length > 0 && { lifecycle: lasting }),
        provisioner: id === keeps ? provisioner : [{ 'local-exec': { command: `test ! -e '${folder}/fail-${id}'` } }],
      });
      stands[id] = JSON.parse(text.replace(/openstack_\w+\./g, 'terraform_data.'));
      if (type === 'openstack_networking_port_v2' && stands[id].lifecycle?.replace_triggered_by === undefined) {
        throw new Error(`${id} stays in a roll`);
      }
    }
  }
  return stands;
}

function inOrder(what: string, output: string, ...events: RegExp[]): void {
  const found = events.map((event) => output.search(event));
  if (found.some((index, i) => index < 0 || index < (found[i - 1] ?? 0))) {
    throw new Error(`${what}: not in order (${found.join(', ')}):\n${output}`);
  }
}

/** A PATH with what the steps beside Terraform need, and without kubectl, wherever this machine has one. */
function pathWithoutKubectl(folder: string): string {
  const bin = path.join(folder, 'bin');
  fs.mkdirSync(bin);
  for (const program of ['awk', 'base64', 'bash', 'grep', 'sed', 'sleep']) {
    const found = process.env.PATH!.split(':').map((part) => path.join(part, program));
    fs.symlinkSync(found.find((file) => fs.existsSync(file)) ?? failed(`no ${program}`), path.join(bin, program));
  }
  return bin;
}

export const checks: readonly Check[] = [
  {
    name: 'a roll of workers that ends half-way: no old server goes before the drain, and a server that was left behind is told',
    needs: ['terraform'],
    run: async (context) => {
      const folder = path.join(context.folder, 'roll');
      const stacks = await synthesise(__filename, context.folder);
      const pools = [1, 2, 3, 4].map((generation) => standIns(stacks.find(({ name }) => name === `g${generation}`)!.configuration, folder));
      const at = (resources: Record<string, Block>) => new Workspace(context, { folder, configuration: { resource: { terraform_data: resources } } });
      const address = (ending: string) =>
        Object.keys(pools[0]).find((id) => new RegExp(`^${ending}(_[0-9A-F]{8})?$`).test(id)) ?? failed(`no ${ending}`);
      const [second, drains, port] = ['Pool_general-1_Server', 'Drainer', 'Pool_general-1-port_Port'].map(address);
      const apply = async (resources: Record<string, Block>, failing?: string) => {
        const file = path.join(folder, `fail-${failing}`);
        const workspace = at(resources);
        if (failing) fs.writeFileSync(file, '');
        const { code, output } = await workspace.exec('apply', '-auto-approve', '-no-color');
        if (failing) fs.rmSync(file);
        if ((code !== 0) !== (failing !== undefined)) throw new Error(`apply ended with ${code}:\n${output}`);
        return output;
      };
      const passed = new RegExp(`${drains}: Creation complete`);
      const goes = (id: string) => new RegExp(`${id} \\(deposed object \\w+\\): Destroying`);

      const first = at(pools[0]);
      await first.init();
      await apply(pools[0]);
      await first.expectNoChanges();

      // between the new servers and the drain: the old ones stay, the next apply drains before they go, and their ports go after them
      const cut = await apply(pools[1], drains);
      if (goes(second).test(cut)) throw new Error(`an old server went without a drain:\n${cut}`);
      const retried = await apply(pools[1]);
      inOrder('after a drain that failed', retried, passed, goes(second), goes(port));
      await at(pools[1]).expectNoChanges();

      // between what triggers it and the new server: Terraform itself has forgotten it, its name has not
      const obstacle = (resources: Record<string, Block>) => ({
        ...resources,
        obstacle: { triggers_replace: 'a quota', provisioner: [{ 'local-exec': { command: `test ! -e '${folder}/fail-obstacle'` } }] },
        [second]: { ...resources[second], depends_on: [...(resources[second].depends_on ?? []), 'terraform_data.obstacle'] },
      });
      await apply(obstacle(pools[2]), 'obstacle');
      const { postcondition, ...silent } = pools[2][second].lifecycle;
      const unaware = await at({ ...pools[2], [second]: { ...pools[2][second], lifecycle: silent } }).exec('plan', '-no-color');
      if (unaware.code !== 0 || new RegExp(`${second} (must|will) be (replaced|created)`).test(unaware.output)) {
        throw new Error(`this proves nothing: Terraform tells it by itself\n${unaware.output}`);
      }
      const told = await at(pools[2]).exec('plan', '-no-color');
      const words = told.output.replace(/[^\w.-]+/g, ' ');
      if (told.code !== 1 || !/still general-1-g2 and was to be replaced by general-1-g3 .* raise the generation of its pool once more/.test(words)) {
        throw new Error(`a server that was left behind is not told:\n${told.output}`);
      }
      const mended = await apply(pools[3]);
      inOrder('after the generation was raised once more', mended, passed, goes(second));
      await at(pools[3]).expectNoChanges();
      await first.destroy();
    },
  },
  {
    name: 'a change of workers that the machine could not drain for stops before any of it is begun, and goes on as it was once it can',
    needs: [...APISERVER_NEEDS, 'terraform'],
    run: async (context) => {
      const server = await startApiServer(context);
      const folder = path.join(context.folder, 'reach');
      const kubeconfig = path.join(context.folder, 'kubeconfig');
      process.env[KUBECONFIG] = kubeconfig;
      process.env[CA] = fs.readFileSync(path.join(server.pkiFolder, 'ca.crt'), 'utf8');
      const stacks = await synthesise(__filename, context.folder);
      const without = pathWithoutKubectl(context.folder);
      const withKubectl = `${context.value('KUBERNETES_BIN')}:${without}`;
      const workspace = (stack: string, PATH = withKubectl) => {
        const { configuration } = stacks.find(({ name }) => name === stack)!;
        const { locals } = configuration;
        const stands = { locals, resource: { terraform_data: standIns(configuration, folder, 'RunnerCheck') } };
        return new Workspace(context, { folder, configuration: stands, environment: { PATH, KUBECONFIG: kubeconfig } });
      };
      const stops = async (stack: string, PATH: string, why: string) => {
        const { code, output } = await workspace(stack, PATH).exec('apply', '-auto-approve', '-no-color');
        if (code !== 1 || !output.replace(/[\s│]+/g, ' ').includes(why)) throw new Error(`apply ended with ${code}, without "${why}":\n${output}`);
        const begun = output.match(/Pool_\S+( \(.*\))?: (Creating|Destroying).*/);
        if (begun) throw new Error(`${begun[0]}, and it was to stop before:\n${output}`);
      };
      const drain = [/RunnerCheck: Creation complete/, /Drainer: Creation complete/];

      const born = workspace('birth', without);
      await born.init();
      const birth = await born.exec('apply', '-auto-approve', '-no-color');
      if (birth.code !== 0 || !birth.output.includes('there is nothing to reach yet')) throw new Error(`the birth: ${birth.output}`);
      await born.expectNoChanges();

      await stops('rolled', without, 'the machine that runs Terraform needs kubectl to change workers');
      await stops('rolled', withKubectl, 'there is no kubeconfig for prod');
      fs.copyFileSync(server.kubeconfig, kubeconfig);
      await server.stop();
      await stops('rolled', withKubectl, 'the API of prod does not answer');
      await server.start();
      const rolled = await workspace('rolled').apply();
      inOrder('the roll', rolled, drain[0], /Pool_Generation_\w+: Creating/, /general-1-port_Port_\w+: Creating/, /general-1_Server_\w+: Creating/);
      inOrder('the roll', rolled, /general-1_Server_\w+: Creation complete/, drain[1], /general-1_Server_\w+ \(deposed object \w+\): Destroying/);
      // what is not changed asks for nothing
      await workspace('rolled', without).expectNoChanges();

      await stops('fewer', without, 'needs kubectl');
      // a drain that fails, a budget of disruption for example, holds the worker however often it is tried
      const fails = path.join(folder, 'fail-Drainer');
      fs.writeFileSync(fails, '');
      for (const _ of ['first', 'second', 'third']) await stops('fewer', withKubectl, "fail-Drainer'");
      fs.rmSync(fails);
      inOrder('fewer workers', await workspace('fewer').apply(), drain[1], /general-1_Server_\w+: Destroying/);
      await workspace('fewer', without).expectNoChanges();
      inOrder('no pool', await workspace('none').apply(), ...drain, /general-0_Server_\w+: Destroying/);
      await workspace('none', without).expectNoChanges();
    },
  },
];

function failed(why: string): never {
  throw new Error(why);
}
