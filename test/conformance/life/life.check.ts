import * as fs from 'node:fs';
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { byHand, telling } from './by-hand';
import { API_NAME, BARE, expectBorn, KUBECONFIG, NAME, SMALL } from './cluster';
import { HollowNodes } from './hollow-nodes';
import { leave, remaining, remove } from './leftovers';
import { differenceOf, plan, type Plan, shortened } from './plans';
import { limits, QUOTAS, setQuotas } from './quotas';
import { CASES, type Expected, HEALED, OTHER_ZONE, STEPS } from './rows';
import { APISERVER_NEEDS, finishInit, startApiServer } from '../harness/apiserver';
import type { Check, Context } from '../harness/check';
import { Cloud, type Snapshot } from '../harness/cloud';
import { throwAwayPki } from '../harness/pki';
import { tail, waitFor } from '../harness/process';
import { synthesise } from '../harness/stacks';
import { type TerraformJson, Workspace } from '../harness/terraform';

const FOLDER = __dirname;
const SLOTS = [0, 1, 2].map((number) => `control-plane-${number}`);

/** What a control-plane slot has. All but the server stays whatever becomes of that. */
interface Slot {
  readonly server: string;
  readonly port: string;
  readonly address: string;
  readonly volume: string;
}

interface Resource {
  readonly address: string;
  readonly type: string;
  readonly values: any;
}

/** A cluster on the lab from its birth to its death. Each method is a chapter of it. */
class Life {
  private readonly cloud: Cloud;
  private readonly workspaces: { [stack: string]: Workspace } = {};
  private readonly variants: { [name: string]: { readonly workspace: Workspace; readonly folder: string } } = {};
  private standing: string[] = [];
  private before!: Snapshot;
  private nodes!: HollowNodes;
  private changed!: ReturnType<typeof synthesise>;
  private births!: { readonly [stack: string]: TerraformJson };

  constructor(private readonly context: Context) {
    this.cloud = new Cloud(context);
  }

  public async live(): Promise<void> {
    await this.chapter('foundation', () => this.foundation());
    await this.chapter('birth', () => this.birth());
    await this.chapter('what was born', () => this.born());
    await this.chapter('a plan of every row', () => this.rows());
    await this.chapter('what the cloud does not have', () => this.quotas());
    await this.chapter('slots are rolled', () => this.slots());
    await this.chapter('workers come and go', () => this.workers());
    await this.chapter('servers are lost', () => this.heal());
    await this.chapter('a zone is lost', () => this.zone());
    await this.chapter('death', () => this.death());
  }

  private async foundation(): Promise<void> {
    const { context, cloud } = this;
    const api = await startApiServer(context, { port: 6443, names: [API_NAME], extraArgs: ['--disable-admission-plugins=ServiceAccount'] });
    await finishInit(context, api);
    process.env[KUBECONFIG] = api.kubeconfig;
    const synthesised = (file: string) => {
      const folder = path.join(context.folder, file);
      fs.mkdirSync(folder);
      return synthesise(path.join(FOLDER, `${file}.ts`), folder);
    };
    const stacks = await synthesised('birth');
    this.changed = synthesised('rows'); // while the cloud is busy with the birth
    this.changed.catch(() => undefined);
    this.before = await cloud.snapshot();
    const environment = { ...cloud.environment, OS_CLOUD: 'lab', PATH: `${context.value('KUBERNETES_BIN')}:${process.env.PATH}` };
    this.births = Object.fromEntries(stacks.map(({ name, configuration }) => [name, configuration]));
    for (const { name, configuration } of stacks) {
      const pki = name === NAME ? api.pkiFolder : undefined; // that API server is this cluster's
      const variables = name === 'foundation' ? undefined : await throwAwayPki(context, name.replace(/-/g, '_'), pki);
      this.workspaces[name] = new Workspace(context, { folder: path.join(context.folder, name), configuration, variables, environment });
      await this.workspaces[name].init();
      await this.workspaces[name].validate();
    }
    context.defer(async () => {
      for (const name of [...this.standing].reverse()) await this.workspaces[name].destroy();
    });
    this.standing.push('foundation');
    await this.workspaces.foundation.apply();
    this.nodes = new HollowNodes(context, cloud.environment, api, NAME);
  }

  /** Three clusters at once, two of them on one network that somebody else made. */
  private async birth(): Promise<void> {
    const applied = await Promise.allSettled(
      [NAME, ...SMALL].map((name) => {
        this.standing.push(name);
        return this.workspaces[name].apply();
      }),
    );
    for (const each of applied) if (each.status === 'rejected') throw each.reason;
    const said = (applied[0] as PromiseFulfilledResult<string>).value;
    expectOrder(
      said,
      ...[
        /ControlPlane_RightToInit_\w+: Creation complete/,
        /control-plane-0_Server_\w+: Creating/,
        /the cluster at https:\/\/api\.localhost:6443 is ready/,
      ],
      ...[/the cluster is new: no slot was rolled|the control plane is whole/, /Rolls_Rolled_\w+: Creation complete/],
    );
    expectOrder(said, /can be removed with these credentials/, /control-plane-0_Server_\w+: Creating/);
  }

  private async born(): Promise<void> {
    const { context } = this;
    const prod = this.workspaces[NAME];
    await expectBorn(this.cloud, await prod.outputs());
    const log = path.join(context.folder, 'requests.log');
    const counted = prod.beside(path.join(context.folder, 'counted'), this.births[NAME], {
      ...{ OS_DEBUG: '1', TF_LOG_PROVIDER: 'DEBUG', TF_LOG_PATH: log },
    });
    for (const workspace of [counted, ...SMALL.map((name) => this.workspaces[name])]) await workspace.expectNoChanges();
    const calls = fs.readFileSync(log, 'utf8').match(/OpenStack Request URL: [A-Z]+ /g)?.length ?? 0;
    fs.rmSync(log);
    const resources = await this.resources();
    const rules = resources.filter(({ type }) => type === 'openstack_networking_secgroup_rule_v2').length;
    context.log(`3 + 2: ${resources.length} resources, ${rules} of them rules of security groups; ${calls} API calls for an empty plan`);
    if (resources.length > 100 || resources.length - rules > 60) throw new Error(`${resources.length} resources, ${rules} of them rules`);
    // everything of OpenStack is read at least once
    const read = resources.filter(({ type }) => type.startsWith('openstack_')).length;
    if (calls < read || calls > 4 * read) throw new Error(`${calls} API calls for an empty plan of ${read} resources of OpenStack`);
  }

  /** Each row of the table in docs/changes.md. */
  private async rows(): Promise<void> {
    for (const { name, configuration } of await this.changed) {
      const folder = path.join(this.context.folder, 'variants', name);
      this.variants[name] = { folder, workspace: this.workspaces[NAME].beside(folder, configuration) };
    }
    const cases = Object.entries(CASES);
    const wrong: string[] = [];
    const planAll = async () => {
      for (let next = cases.shift(); next !== undefined; next = cases.shift()) {
        const [name, { expected, options }] = next;
        const difference = await this.plan(name, options).then(
          (shown) => differenceOf(shown, expected),
          (error: Error) => error.message,
        );
        if (difference !== undefined) wrong.push(`${name}: ${difference}`);
      }
    };
    await Promise.all([planAll(), planAll()]);
    if (wrong.length > 0) throw new Error(`plans that are not as they should be:\n${wrong.join('\n')}`);
    // the comparison can fail
    const shown = await this.plan('name-servers');
    for (const not of [[], { refused: 'anything' }, [...shown.changes, '+ one.more']]) {
      if (differenceOf(shown, not) === undefined) throw new Error(`a plan of ${shown.changes.join()} passes for ${JSON.stringify(not)}`);
    }
  }

  /** Limits below the need are told by the plan with both, and limits that are filled exactly are enough. */
  private async quotas(): Promise<void> {
    const limit = (of: (quota: string) => number | undefined) => setQuotas(this.cloud, limits(of));
    this.context.defer(() => limit(() => undefined));
    await limit(() => 0);
    const { refusal = '' } = await this.plan('as-born');
    const needs: { [quota: string]: number } = Object.fromEntries(
      [...refusal.matchAll(/the cluster needs (\d+) [^()]+ \(\w+: (\w+)\), and the project's limit is 0;/g)].map(([, need, quota]) => [quota, +need]),
    );
    const untold = QUOTAS.filter((quota) => needs[quota] === undefined);
    if (untold.length > 0) throw new Error(`the refusal does not tell of ${untold.join(', ')}: ${refusal}`);
    for (const [quota, need] of Object.entries({ instances: 5, cores: 10, ram: 10240, volumes: 3, gigabytes: 3, floatingip: 1 })) {
      if (needs[quota] !== need) throw new Error(`the plan says that the cluster needs ${needs[quota]} of ${quota}, and it has ${need}`);
    }
    // Cinder takes no limit below what the project has, and the small clusters are in it, too.
    const ours = (quota: string) => (['volumes', 'gigabytes'].includes(quota) ? undefined : needs[quota]);
    await limit(ours);
    expectPlan('limits that are filled exactly', await this.plan('as-born'), []);
    await limit((quota) => (quota === 'cores' ? needs[quota] - 1 : ours(quota)));
    expectPlan('one core too few', await this.plan('as-born'), { refused: "needs 10 virtual CPUs (Nova: cores), and the project's limit is 9" });
    await limit(() => undefined);
    for (const name of ['no-such-flavor', 'no-such-image', 'no-such-zone', 'no-such-volume-zone']) await this.refused(name);
  }

  /** Every slot gets the next minor, one after the other, and keeps its port, its address and its volume. */
  private async slots(): Promise<void> {
    await this.withTag('strata-version=control-plane-0:1.35', 'strata-version=control-plane-0:1.34', () => this.refused('minor-skipped'));
    const born = await this.slotFacts();
    const right = await this.rightToInit();

    // the first one's new server doesn't come up in time: the gate fails, and the next slot must wait
    const down = `${NAME}-control-plane-0`;
    this.nodes.down.add(down);
    const { file } = await this.planStep('upgrade-0-cut');
    const cut = await this.variants['upgrade-0-cut'].workspace.exec('apply', '-no-color', file);
    if (cut.code === 0 || !cut.output.includes('the control plane is not whole after')) {
      throw new Error(`the gate did not fail:\n${tail(cut.output)}`);
    }
    await this.refused('upgrade-1-too-early');
    this.nodes.down.delete(down);
    await this.apply('upgrade-0');
    for (const number of [1, 2]) {
      const said = await this.apply(`upgrade-${number}`);
      const server = `control-plane-${number}_Server_\\w+`;
      expectOrder(
        said,
        ...[new RegExp(`${server}: Destruction complete`), new RegExp(`${server}: Creation complete`)],
        ...[/the control plane is whole after/, /Rolls_Rolled_\w+: Modifications complete/],
      );
      expectOrder(said, new RegExp(`Attachment-EtcdVolume_\\w+: Destruction complete`), new RegExp(`${server}: Destroying`));
    }
    const rolled = await this.slotFacts();
    for (const slot of SLOTS) {
      const [was, is] = [born[slot], rolled[slot]];
      if (is.server === was.server) throw new Error(`${slot} has the server that it had`);
      for (const part of ['port', 'address', 'volume'] as const) {
        if (is[part] !== was[part]) throw new Error(`the ${part} of ${slot} was ${was[part]}, and after its roll it is ${is[part]}`);
      }
    }
    if ((await this.rightToInit()) !== right || right !== born['control-plane-0'].volume) throw new Error('the right to init has changed');
    await this.refused('back-to-older');
  }

  /** More and fewer workers, and all of them anew: those that stay are there, and Ready, before the others are drained, and go. */
  private async workers(): Promise<void> {
    const servers = async () =>
      Object.fromEntries((await this.ofType('openstack_compute_instance_v2')).map(({ values }) => [values.name, values.id]));
    const before = await servers();
    await this.apply('more');
    const more = await servers();
    for (const [name, id] of Object.entries(before)) if (more[name] !== id) throw new Error(`${name} is another server after others were added`);
    await this.expectNodes(Object.keys(more));
    const fewerSaid = await this.apply('fewer');
    for (const gone of ['prod-batch-0', 'prod-general-2']) {
      expectOrder(
        fewerSaid,
        new RegExp(`${gone} is drained`),
        new RegExp(`${gone}_Server_\\w+: Destroying`),
        new RegExp(`${gone}-port_Port_\\w+: Destroying`),
      );
    }
    const fewer = await servers();
    if (JSON.stringify(fewer) !== JSON.stringify(before)) throw new Error(`the servers are ${Object.keys(fewer).join(', ')} after the others went`);
    await this.expectNodes(Object.keys(fewer));
    const said = await this.apply('workers-rolled');
    for (const number of [0, 1]) {
      expectOrder(
        said,
        ...[new RegExp(`prod-general-${number}_Server_\\w+: Creation complete`), /draining prod-general-0 prod-general-1/],
        ...[new RegExp(`prod-general-${number} is drained`), new RegExp(`prod-general-${number}_Server_\\w+ \\(deposed object \\w+\\): Destroying`)],
      );
    }
    await this.expectNodes([...SLOTS.map((slot) => `${NAME}-${slot}`), 'prod-general-0-g2', 'prod-general-1-g2']);
  }

  /** A slot loses its server and its volume, a pool a server, and nobody tells Terraform. */
  private async heal(): Promise<void> {
    const slot = 'control-plane-0';
    const { [slot]: was } = await this.slotFacts();
    const right = await this.rightToInit();
    await this.cloud.python(`
gone = [cloud.compute.find_server(name) for name in ('prod-${slot}', 'prod-general-1-g2')]
for server in gone:
    cloud.compute.delete_server(server)
for server in gone:
    cloud.compute.wait_for_delete(server, 1, 120)
volume = cloud.block_storage.get_volume('${was.volume}')
cloud.block_storage.wait_for_status(volume, 'available', ['error'], 1, 60)
cloud.block_storage.delete_volume(volume)
cloud.block_storage.wait_for_delete(volume, 1, 60)`);
    const { workspace, folder } = this.variants['workers-rolled'];
    const planned = await plan(workspace, folder);
    expectPlan('after servers were lost', planned, HEALED);
    const said = await this.applyPlan('what was lost', workspace, planned);
    expectOrder(said, /deleting the Node prod-general-1-g2 of a server that is gone/);
    const { [slot]: is } = await this.slotFacts();
    if (is.volume === was.volume || is.server === was.server) throw new Error(`${slot} was not made again`);
    if (is.port !== was.port || is.address !== was.address) throw new Error(`${slot} came back with another port or address`);
    // a volume that was made again has no right to make a second cluster
    if ((await this.rightToInit()) !== right) throw new Error(`the right to init was ${right}, and has gone to ${await this.rightToInit()}`);
    const told = await this.initVolumeOf(is.server);
    if (told !== right) throw new Error(`the new server of ${slot} was told that ${told} may init, not ${right}`);
    expectPlan('after it was healed', await plan(workspace, folder), []);
  }

  /** A zone won't come back: its slot is rolled into another one with a new volume, and its workers are made again there. */
  private async zone(): Promise<void> {
    const slot = 'control-plane-0';
    const { [slot]: was } = await this.slotFacts();
    const volume = (await this.resources()).find(({ address }) => shortened(address) === `blockstorage_volume_v3.${slot}_EtcdVolume`)!;
    const said = await this.apply('zone-lost', `-replace=${volume.address}`);
    for (const number of [0, 1]) {
      // what the generation leaves out is taken from a worker once nothing runs on it
      expectOrder(said, new RegExp(`prod-general-${number}-g2 is drained`), new RegExp(`general-${number}-volume-scratch_\\w+: Destroying`));
    }
    const { [slot]: is } = await this.slotFacts();
    if (is.volume === was.volume || is.server === was.server) throw new Error(`${slot} has the server or the volume of the lost zone`);
    if (is.port !== was.port || is.address !== was.address) throw new Error(`${slot} came back with another port or address`);
    for (const { values } of await this.ofType('openstack_compute_instance_v2')) {
      const zone = /control-plane-[12]$/.test(values.name) ? 'nova' : OTHER_ZONE;
      if (values.availability_zone !== zone) throw new Error(`${values.name} is in the zone ${values.availability_zone}, not in ${zone}`);
    }
  }

  /** The cluster goes with what its controllers made, and nothing goes that isn't its own. */
  private async death(): Promise<void> {
    const { cloud } = this;
    const [neighbour] = SMALL;
    const subnet = (resources: Resource[]) => resources.find(({ type }) => type === 'openstack_networking_subnet_v2')!.values.id;
    const shared = (await this.ofType('openstack_networking_subnet_v2', 'foundation')).find(({ values }) => values.cidr === '10.30.0.0/16')!.values
      .id;
    const leftovers = await leave(cloud, {
      balancers: { [NAME]: subnet(await this.resources()), [neighbour]: shared, prod_eu: shared }, // other tools allow "_"
      shared: { owner: NAME, user: neighbour, subnetId: shared },
      external: 'strata-life-public',
    });
    this.context.defer(() => remove(cloud, leftovers));
    const last = this.variants['zone-lost'].workspace;
    const destroyed = await last.exec('destroy', '-auto-approve', '-no-color');
    if (destroyed.code !== 0) throw new Error(`terraform destroy ended with ${destroyed.code}:\n${tail(destroyed.output, 80)}`);
    const said = destroyed.stdout;
    this.standing = this.standing.filter((name) => name !== NAME);
    for (const thing of Object.keys(leftovers[NAME])) {
      if (!said.includes(`removed: ${thing}`)) throw new Error(`the sweep does not say that it removed the ${thing}:\n${tail(said, 80)}`);
    }
    expectOrder(
      said,
      /general-0_Server_\w+: Destruction complete/,
      /removed: load balancer kube_service_prod_default_web/,
      /Network_RouterInterface_\w+: Destroying/,
    );
    expectOrder(said, /left alone: load balancer kube_service_prod_default_shared: the cluster prod-eu uses it, too/);
    const survivors = await remaining(cloud, leftovers);
    for (const [cluster, things] of Object.entries(leftovers)) {
      for (const [thing, id] of Object.entries(things)) {
        if (survivors.has(id) === (cluster === NAME)) {
          throw new Error(`the ${thing} of ${cluster} ${survivors.has(id) ? 'is still there' : 'is gone, too'}`);
        }
      }
    }
    await Promise.all(SMALL.map((name) => this.workspaces[name].destroy()));
    await remove(cloud, leftovers);
    await this.workspaces.foundation.destroy();
    this.standing = [];
    await cloud.expectUnchanged(this.before);
  }

  // --- the tools of all chapters

  private async chapter(what: string, work: () => Promise<void>): Promise<void> {
    const began = Date.now();
    try {
      await work();
    } catch (error) {
      throw new Error(`${what}: ${(error as Error).message}`);
    }
    this.context.log(`${what}: ${Math.round((Date.now() - began) / 1000)} s`);
  }

  /** A plan on the state as it is: nothing but Terraform has changed anything since. */
  private plan(name: string, options: readonly string[] = []): Promise<Plan> {
    return plan(this.variants[name].workspace, this.variants[name].folder, '-refresh=false', ...options);
  }

  private async refused(name: string): Promise<void> {
    expectPlan(name, await this.plan(name), STEPS[name].expected);
  }

  /** Plans a step that is applied, as everybody does: with a look at the cloud. */
  private async planStep(name: string, ...options: string[]): Promise<Plan> {
    const planned = await plan(this.variants[name].workspace, this.variants[name].folder, ...options);
    expectPlan(name, planned, STEPS[name].expected);
    return planned;
  }

  private async apply(name: string, ...options: string[]): Promise<string> {
    return this.applyPlan(name, this.variants[name].workspace, await this.planStep(name, ...options));
  }

  private async applyPlan(what: string, workspace: Workspace, { file }: Plan): Promise<string> {
    const applied = await workspace.exec('apply', '-no-color', file);
    if (applied.code !== 0) throw new Error(`${what} can't be applied:\n${tail(applied.output, 60)}`);
    return applied.output;
  }

  private async resources(stack = NAME): Promise<Resource[]> {
    const { values } = await this.workspaces[stack].show();
    return values.root_module.resources.filter(({ mode }: any) => mode === 'managed');
  }

  private async ofType(type: string, stack = NAME): Promise<Resource[]> {
    return (await this.resources(stack)).filter((resource) => resource.type === type);
  }

  private async slotFacts(): Promise<{ readonly [slot: string]: Slot }> {
    const resources = Object.fromEntries((await this.resources()).map(({ address, values }) => [shortened(address), values]));
    return Object.fromEntries(
      SLOTS.map((slot) => {
        const port = resources[`networking_port_v2.${slot}_Port`];
        const { instance_id: server, volume_id: attached } = resources[`compute_volume_attach_v2.${slot}_Server_Attachment-EtcdVolume`];
        const volume = resources[`blockstorage_volume_v3.${slot}_EtcdVolume`].id;
        if (attached !== volume) throw new Error(`${slot} has the volume ${attached} attached, not its own, ${volume}`);
        return [slot, { server, port: port.id, address: port.all_fixed_ips[0], volume }];
      }),
    );
  }

  private async rightToInit(): Promise<string> {
    const steps = await this.ofType('terraform_data');
    return steps.find(({ address }) => shortened(address) === 'terraform_data.ControlPlane_RightToInit')!.values.output;
  }

  /** The volume that a server was told to make a cluster on, if it is blank: out of its user data, as Nova has it. */
  private async initVolumeOf(server: string): Promise<string | undefined> {
    const encoded = await this.cloud.python(
      `print(cloud.compute.get('/servers/${server}', microversion='2.3').json()['server']['OS-EXT-SRV-ATTR:user_data'])`,
    );
    const text = gunzipSync(Buffer.from(encoded, 'base64')).toString('utf8');
    return /STRATA_INIT_VOLUME="?([0-9a-f-]{36})/.exec(text)?.[1];
  }

  private async expectNodes(names: readonly string[]): Promise<void> {
    const wanted = [...names].sort().join();
    let found = '';
    const same = async () =>
      (found = Object.keys(await this.nodes.nodes())
        .sort()
        .join()) === wanted;
    await waitFor(`nodes ${wanted}`, same, { timeoutMs: 60_000 }).catch(() => {
      throw new Error(`the Nodes are ${found}, not ${wanted}`);
    });
  }

  /** Does something while a tag of the port that remembers the rolls has other text: as an older version of everything would have left it. */
  private async withTag(beginning: string, instead: string, work: () => Promise<void>): Promise<void> {
    const tags: string[] = JSON.parse(await this.cloud.python(`print(json.dumps(cloud.network.find_port('${NAME}-control-plane-rolled').tags))`));
    const other = tags.map((tag) => (tag.startsWith(beginning) ? instead + tag.slice(beginning.length) : tag));
    if (other.join() === tags.join()) throw new Error(`no tag begins with ${beginning}: ${tags.join(', ')}`);
    const set = (list: string[]) =>
      this.cloud.python(`cloud.network.set_tags(cloud.network.find_port('${NAME}-control-plane-rolled'), json.loads('''${JSON.stringify(list)}'''))`);
    await set(other);
    try {
      await work();
    } finally {
      await set(tags);
    }
  }
}

function expectPlan(what: string, shown: Plan, expected: Expected): void {
  const difference = differenceOf(shown, expected);
  if (difference !== undefined) throw new Error(`the plan of ${what}: ${difference}`);
}

/** Fails unless each is said, one after the other. */
function expectOrder(said: string, ...events: readonly RegExp[]): void {
  let from = 0;
  for (const event of events) {
    const found = event.exec(said.slice(from));
    if (found === null) {
      const where = event.test(said) ? 'comes too early' : 'is not there';
      throw new Error(`${event} ${where} in what Terraform said:\n${tail(said.replace(/.*(Still|Refreshing|Reading).*\n/g, ''), 80)}`);
    }
    from += found.index + found[0].length;
  }
}

/** How long the apply of a cluster takes, beside that of the same resources written by hand: twice each, in turns. */
async function measure(context: Context): Promise<void> {
  const cloud = new Cloud(context);
  process.env[BARE] = 'yes';
  const before = await cloud.snapshot();
  const stacks = Object.fromEntries((await synthesise(path.join(FOLDER, 'birth.ts'), context.folder)).map((each) => [each.name, each.configuration]));
  const environment = { ...cloud.environment, OS_CLOUD: 'lab' };
  const variables = await throwAwayPki(context, NAME);
  const made = async (name: string, configuration: TerraformJson, values?: { readonly [variable: string]: string }) => {
    const workspace = new Workspace(context, { folder: path.join(context.folder, name), configuration, variables: values, environment });
    await workspace.init();
    context.defer(() => workspace.destroy());
    return workspace;
  };
  const foundation = await made('foundation', stacks.foundation);
  await foundation.apply();
  const times = { library: [] as number[], hand: [] as number[] };
  const life = async (kind: keyof typeof times, workspace: Workspace, meanwhile: () => Promise<void> = async () => undefined) => {
    const began = Date.now();
    await workspace.apply();
    times[kind].push((Date.now() - began) / 1000);
    context.log(`${kind}: ${times[kind].at(-1)} s`);
    await meanwhile();
    await workspace.destroy();
  };
  const library = await made('library', telling(stacks[NAME]), variables);
  let hand!: Workspace;
  await life('library', library, async () => {
    hand = await made('hand', byHand(stacks[NAME], await library.outputs()));
  });
  await life('hand', hand);
  await life('hand', hand);
  await life('library', library);
  await foundation.destroy();
  await cloud.expectUnchanged(before);
  const ratio = Math.min(...times.library) / Math.min(...times.hand);
  context.log(`an apply of 3 + 2: ${times.library.join(' and ')} s; by hand ${times.hand.join(' and ')} s; ${ratio.toFixed(2)} times as long`);
  if (ratio > 1.2) throw new Error(`an apply takes ${ratio.toFixed(2)} times as long as that of the same resources written by hand`);
}

export const checks: readonly Check[] = [
  {
    name: 'a cluster is born, changes, heals and dies, and touches nothing else',
    needs: ['openstack', 'terraform', ...APISERVER_NEEDS],
    run: (context) => new Life(context).live(),
  },
  // of use on a quiet machine alone
  ...(process.env.STRATA_CONFORMANCE_MEASURE
    ? [{ name: 'measure of an apply beside the same resources by hand', needs: ['openstack', 'terraform'] as const, run: measure }]
    : []),
];
