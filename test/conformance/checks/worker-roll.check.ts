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
import { ClusterNetwork } from '../../../lib/nova/cluster-network';
import { ServerPool } from '../../../lib/nova/server-pool';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import type { Check } from '../harness/check';
import { synthesise } from '../harness/stacks';
import { type TerraformJson, Workspace } from '../harness/terraform';

/** The same pool in each of its generations, and what drains it. */
export function build(app: App): void {
  for (const generation of [1, 2, 3, 4]) {
    const stack = new TerraformStack(app, `g${generation}`);
    new OpenstackProvider(stack, 'OpenStack');
    const network = ClusterNetwork.fromNetworkAttributes(stack, 'Network', {
      networkId: 'network',
      subnetId: 'subnet',
      cidr: '10.20.0.0/16',
      mtu: 1450,
      externalNetworkName: 'public',
      externalNetworkId: 'public',
    });
    const pool = new ServerPool(stack, 'Pool', {
      name: 'general',
      replicas: 2,
      network,
      flavor: NodeFlavor.named('m1.large'),
      image: NodeImage.byName('image'),
      zones: [{ compute: 'nova', volume: 'nova' }],
      securityGroupIds: ['workers'],
      userData: '#cloud-config\n',
      generation,
    });
    new StepResource(stack, 'Drainer', {
      triggers: { workers: pool.servers.map((server) => server.serverId).join(' ') },
      dependsOn: pool.ready,
    });
  }
}

/** A block of Terraform JSON. */
type Block = Record<string, any>;

/** OpenStack's resources as `terraform_data`, which fails while there is a file `fail-<address>` beside it. */
function standIns({ resource }: TerraformJson, folder: string): Record<string, Block> {
  const stands: Record<string, Block> = {};
  for (const [type, resources] of Object.entries(resource as Record<string, Record<string, Block>>)) {
    for (const [id, { name, network, lifecycle = {}, triggers_replace, depends_on: dependsOn }] of Object.entries(resources)) {
      const { ignore_changes: ignored = [], postcondition, ...others } = lifecycle;
      const rules = (postcondition ?? []).map((rule: Block) => JSON.parse(JSON.stringify(rule).replace(/self\.name/g, 'self.input.name')));
      const lasting = {
        ...others,
        ...(ignored.includes('name') && { ignore_changes: ['input'] }),
        ...(rules.length > 0 && { postcondition: rules }),
      };
      const text = JSON.stringify({
        ...(name !== undefined && { input: { name, ...(network && { port: network[0].port }) } }),
        ...(triggers_replace && { triggers_replace }),
        ...(dependsOn && { depends_on: dependsOn }),
        ...(Object.keys(lasting).length > 0 && { lifecycle: lasting }),
        provisioner: [{ 'local-exec': { command: `test ! -e '${folder}/fail-${id}'` } }],
      });
      stands[id] = JSON.parse(text.replace(/openstack_\w+\./g, 'terraform_data.'));
      if (type === 'openstack_networking_port_v2' && stands[id].lifecycle?.replace_triggered_by === undefined) {
        throw new Error(`${id} stays in a roll`);
      }
    }
  }
  return stands;
}

export const checks: readonly Check[] = [
  {
    name: 'a roll of workers that ends half-way: no old server goes before the drain, and a server that was left behind is told',
    needs: ['terraform'],
    run: async (context) => {
      const folder = path.join(context.folder, 'roll');
      const pools = (await synthesise(__filename, context.folder)).map(({ configuration }) => standIns(configuration, folder));
      const at = (resources: Record<string, Block>) => new Workspace(context, { folder, configuration: { resource: { terraform_data: resources } } });
      const address = (ending: string) =>
        Object.keys(pools[0]).find((id) => new RegExp(`^${ending}(_[0-9A-F]{8})?$`).test(id)) ?? failed(`no ${ending}`);
      const [second, drainer, port] = ['Pool_general-1_Server', 'Drainer', 'Pool_general-1-port_Port'].map(address);
      const apply = async (resources: Record<string, Block>, failing?: string) => {
        const file = path.join(folder, `fail-${failing}`);
        const workspace = at(resources);
        if (failing) fs.writeFileSync(file, '');
        const { code, output } = await workspace.exec('apply', '-auto-approve', '-no-color');
        if (failing) fs.rmSync(file);
        if ((code !== 0) !== (failing !== undefined)) throw new Error(`apply ended with ${code}:\n${output}`);
        return output;
      };
      const inOrder = (what: string, output: string, ...events: RegExp[]) => {
        const found = events.map((event) => output.search(event));
        if (found.some((index, i) => index < 0 || index < (found[i - 1] ?? 0))) {
          throw new Error(`${what}: not in order (${found.join(', ')}):\n${output}`);
        }
      };
      const drained = new RegExp(`${drainer}: Creation complete`);
      const goes = (id: string) => new RegExp(`${id} \\(deposed object \\w+\\): Destroying`);

      const first = at(pools[0]);
      await first.init();
      await apply(pools[0]);
      await first.expectNoChanges();

      // between the new servers and the drain: the old ones stay, the next apply drains before they go, and their ports go after them
      const cut = await apply(pools[1], drainer);
      if (goes(second).test(cut)) throw new Error(`an old server went without a drain:\n${cut}`);
      const retried = await apply(pools[1]);
      inOrder('after a drain that failed', retried, drained, goes(second), goes(port));
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
      inOrder('after the generation was raised once more', mended, drained, goes(second));
      await at(pools[3]).expectNoChanges();
      await first.destroy();
    },
  },
];

function failed(why: string): never {
  throw new Error(why);
}
