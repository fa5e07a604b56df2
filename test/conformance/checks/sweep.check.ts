import * as fs from 'node:fs';
import * as path from 'node:path';
import { openstackProgram } from '../../../lib/core/openstack-program';
import type { Check, Context } from '../harness/check';
import { Cloud } from '../harness/cloud';
import { throwAwayPki } from '../harness/pki';
import { type Daemon, daemon, exec, type ExecResult, run, tail, waitFor } from '../harness/process';
import { synthesise } from '../harness/stacks';
import { Workspace } from '../harness/terraform';
import { leave, remaining, remove } from '../life/leftovers';

const PROGRAM = openstackProgram(path.join(__dirname, '..', '..', '..', 'lib', 'kubernetes', 'sweep-cluster.cjs'));

interface Sweep {
  readonly cluster: string;
  readonly mode?: 'check' | 'sweep';
  readonly project?: string;
  readonly retainVolumes?: boolean;
  readonly seconds?: number;
  readonly port?: string;
  readonly servers?: readonly string[];
}

/** The program as Terraform runs it. */
async function sweep(cloud: Cloud, options: Sweep): Promise<ExecResult> {
  const { cluster, mode = 'sweep', retainVolumes = false, seconds = 120, port = '', servers = [] } = options;
  const project = options.project ?? (await cloud.python('print(cloud.current_project_id)'));
  return exec(process.execPath, ['-e', PROGRAM], {
    env: {
      ...cloud.environment,
      STRATA_MODE: mode,
      STRATA_CLUSTER: cluster,
      STRATA_PROJECT: project,
      STRATA_KURYR: 'no',
      STRATA_RETAIN_VOLUMES: String(retainVolumes),
      STRATA_TIMEOUT: String(seconds),
      STRATA_PORT: port,
      STRATA_SERVERS: servers.join(','),
    },
  });
}

function expectSaid(what: string, { code, output }: ExecResult, ended: 'well' | 'in failure', ...texts: readonly string[]): void {
  const missing = texts.filter((text) => !output.includes(text));
  if ((code === 0) !== (ended === 'well') || missing.length > 0) {
    throw new Error(`${what}: it ended with ${code}, and does not say ${missing.join(', ')}:\n${tail(output, 60)}`);
  }
}

/** A network with a way out, by the names that all of it has. */
async function makeNetwork(cloud: Cloud, context: Context): Promise<{ readonly subnet: string; readonly network: string }> {
  const ids = await cloud.python(`
external = cloud.network.create_network(name='strata-sweep-public', is_router_external=True, provider_network_type='flat', provider_physical_network='physnet1')
cloud.network.create_subnet(network_id=external.id, cidr='203.0.113.0/24', ip_version=4, is_dhcp_enabled=False)
network = cloud.network.create_network(name='strata-sweep')
subnet = cloud.network.create_subnet(network_id=network.id, cidr='10.40.0.0/24', ip_version=4)
router = cloud.network.create_router(name='strata-sweep', external_gateway_info={'network_id': external.id})
cloud.network.add_interface_to_router(router, subnet_id=subnet.id)
print(json.dumps({'subnet': subnet.id, 'network': network.id, 'router': router.id, 'external': external.id}))`);
  context.defer(async () => {
    await cloud.python(`
ids = json.loads('''${ids}''')
cloud.network.remove_interface_from_router(ids['router'], subnet_id=ids['subnet'])
cloud.network.delete_router(ids['router'])
cloud.network.delete_network(ids['network'])
cloud.network.delete_network(ids['external'])`);
  });
  return JSON.parse(ids);
}

/** Cinder's backup service, which the lab is without: until it is there, no backup can be removed. */
class BackupService {
  private static readonly HOST = 'strata-sweep';
  private service?: Daemon;

  constructor(
    private readonly context: Context,
    private readonly cloud: Cloud,
  ) {}

  public async start(): Promise<void> {
    if (this.service) return;
    const file = path.join(this.context.folder, 'cinder-backup.conf');
    const folder = path.join(this.context.folder, 'backups');
    fs.mkdirSync(folder);
    const options = ['backup_driver = cinder.backup.drivers.posix.PosixBackupDriver', `backup_posix_path = ${folder}`];
    fs.writeFileSync(file, ['[DEFAULT]', `host = ${BackupService.HOST}`, ...options, ''].join('\n'));
    const args = ['-c', 'from cinder.cmd.backup import main; main()', '--config-file', '/etc/cinder/cinder.conf', '--config-file', file];
    this.service = daemon('/usr/bin/python3', args, path.join(this.context.folder, 'cinder-backup.log'));
    const list = "[s['state'] for s in cloud.block_storage.get('/os-services?binary=cinder-backup').json()['services']]";
    await waitFor('cinder-backup', async () => (await this.cloud.python(`print(${list})`)) === "['up']", { daemon: this.service });
  }

  /** Removes what is left of these, and itself. */
  public async end(backups: readonly string[]): Promise<void> {
    await this.start();
    await this.cloud.python(`
for id in json.loads('${JSON.stringify(backups)}'):
    backup = cloud.block_storage.find_backup(id)
    if backup:
        cloud.block_storage.delete_backup(backup)
        cloud.block_storage.wait_for_delete(backup, 1, 60)`);
    await this.service!.stop();
    await run('cinder-manage', ['service', 'remove', 'cinder-backup', BackupService.HOST]);
  }
}

async function leftovers(context: Context): Promise<void> {
  const cloud = new Cloud(context);
  const before = await cloud.snapshot();
  context.defer(() => cloud.expectUnchanged(before));
  const { subnet } = await makeNetwork(cloud, context);
  const balancers = { prod: subnet, prod_eu: subnet, 'prod-eu': subnet };
  const made = await leave(cloud, { balancers, shared: { owner: 'prod', user: 'prod-eu', subnetId: subnet }, external: 'strata-sweep-public' });
  context.defer(() => remove(cloud, made));
  const backups: { [cluster: string]: string } = JSON.parse(
    await cloud.python(`
made = {}
for cluster in ('prod', 'prod_eu'):
    volume = next(v for v in cloud.block_storage.volumes() if v.name == 'pvc-1d4f-' + cluster)
    wanted = {'volume_id': volume.id, 'name': 'backup-1d4f-' + cluster, 'metadata': {'cinder.csi.openstack.org/cluster': cluster}}
    # by the version that knows metadata: the SDK takes the oldest whenever it isn't told at once which ones there are
    answer = cloud.block_storage.post('/backups', json={'backup': wanted}, microversion='3.43')
    assert answer.status_code == 202, answer.text
    backup = cloud.block_storage.get_backup(answer.json()['backup']['id'])
    cloud.block_storage.wait_for_status(backup, 'error', [], 1, 60) # nobody is there to make it
    cloud.block_storage.wait_for_status(volume, 'available', [], 1, 60)
    made[cluster] = backup.id
print(json.dumps(made))`),
  );
  const service = new BackupService(context, cloud);
  context.defer(() => service.end(Object.values(backups)));
  context.log('everything is left behind');
  const things = Object.keys(made.prod);
  const lasting = things.filter((thing) => /^(volume|snapshot) /.test(thing));
  const backup = 'backup backup-1d4f-prod';

  expectSaid(
    'a check',
    await sweep(cloud, { cluster: 'prod', mode: 'check' }),
    'well',
    'controllers of a cluster prod made things here already',
    ...things,
    backup,
  );
  const birth = { cluster: 'prod', mode: 'check', port: '00000000-0000-4000-8000-000000000000', servers: ['prod-control-plane'] } as const;
  const refused = ['before this one was made, and its destroy would remove them', 'choose another clusterName', 'retainVolumes'];
  expectSaid('a cluster that finds them when it is made', await sweep(cloud, birth), 'in failure', ...refused, ...things, backup);
  const all = await remaining(cloud, made);
  const everything = Object.values(made).flatMap((ids) => Object.values(ids));
  if (all.size !== everything.length) throw new Error(`after a check ${all.size} of ${everything.length} things are there`);

  expectSaid(
    'with retainVolumes',
    await sweep(cloud, { cluster: 'prod', retainVolumes: true }),
    'well',
    ...things.filter((thing) => !lasting.includes(thing)).map((thing) => `removed: ${thing}`),
    ...[...lasting, backup].map((thing) => `left alone: ${thing}: retainVolumes`),
    'left alone: load balancer kube_service_prod_default_shared: the cluster prod-eu uses it, too',
    'the load balancer behind it stays',
  );
  const retained = await remaining(cloud, made);
  for (const thing of things) {
    if (retained.has(made.prod[thing]) !== lasting.includes(thing)) {
      throw new Error(`with retainVolumes the ${thing} is there: ${retained.has(made.prod[thing])}`);
    }
  }

  // no backup service: Cinder answers 404, and the backup is still there
  const began = Date.now();
  const late = await sweep(cloud, { cluster: 'prod', seconds: 5 });
  const seconds = (Date.now() - began) / 1000;
  expectSaid('what cannot go', late, 'in failure', `NOT removed: ${backup}: `, 'cinder-backup', ...lasting.map((thing) => `removed: ${thing}`));
  expectSaid('what cannot go', late, 'in failure', '1 of 3 things', 'destroy again');
  if (seconds > 45) throw new Error(`given 5 s, it took ${seconds} s`);
  context.log(`told after ${Math.round(seconds)} s of what can't go`);

  await service.start();
  expectSaid('what can go again', await sweep(cloud, { cluster: 'prod' }), 'well', `removed: ${backup}`);
  const survivors = await remaining(cloud, made);
  for (const [owner, ids] of Object.entries(made)) {
    for (const [thing, id] of Object.entries(ids)) {
      if (survivors.has(id) === (owner === 'prod')) {
        throw new Error(`the ${thing} of ${owner} ${survivors.has(id) ? 'is still there' : 'is gone, too'}`);
      }
    }
  }
  if ((await cloud.python(`print(cloud.block_storage.get_backup('${backups.prod_eu}').status)`)) !== 'error') {
    throw new Error('the backup of prod_eu is gone');
  }
}

/** A slot and a worker of a cluster that is alive, as far as other clusters can see. */
async function live(cloud: Cloud, context: Context, cluster: string, network: string): Promise<string> {
  const ids: { port: string; servers: string[] } = JSON.parse(
    await cloud.python(`
tag = ['kubernetes-cluster=${cluster}']
flavor = cloud.compute.create_flavor(name='strata-sweep', ram=64, vcpus=1, disk=1)
made = {'servers': [], 'flavor': flavor.id}
for name in ('${cluster}-general-1-g2', '${cluster}-control-plane-0'):
    port = cloud.network.create_port(network_id='${network}', name=name)
    cloud.network.set_tags(port, tag)
    server = cloud.create_server(name, image=cloud.image.find_image('amphora'), flavor=flavor, nics=[{'port-id': port.id}], wait=True)
    cloud.compute.put(f'/servers/{server.id}/tags', json={'tags': tag}, microversion='2.26')
    made['port'] = port.id
    made['servers'].append(server.id)
print(json.dumps(made))`),
  );
  context.defer(async () => {
    await cloud.python(`
made = json.loads('''${JSON.stringify(ids)}''')
for server in made['servers']:
    cloud.delete_server(server, wait=True)
for port in cloud.network.ports(network_id='${network}'):
    if port.name.startswith('${cluster}-'):
        cloud.network.delete_port(port)
cloud.compute.delete_flavor(made['flavor'])`);
  });
  return ids.port;
}

async function names(context: Context): Promise<void> {
  const cloud = new Cloud(context);
  const before = await cloud.snapshot();
  context.defer(() => cloud.expectUnchanged(before));
  const { network } = await makeNetwork(cloud, context);
  const port = await live(cloud, context, 'prod-eu', network);
  const other = '00000000-0000-4000-8000-000000000000';
  const birth = (cluster: string, pools: readonly string[], slot = other, project?: string) =>
    sweep(cloud, { cluster, mode: 'check', port: slot, project, servers: ['control-plane', ...pools].map((name) => `${cluster}-${name}`) });

  // side by side
  for (const pools of [[], ['general'], ['eu', 'eu-gener', 'eu-general-1']]) {
    expectSaid(`a cluster prod with ${pools}`, await birth('prod', pools), 'well', 'can be removed with these credentials');
  }
  for (const [pool, server] of Object.entries({ 'eu-general': 'prod-eu-general-1-g2', 'eu-control-plane': 'prod-eu-control-plane-0' })) {
    const refused = await birth('prod', ['general', pool]);
    expectSaid(
      `a pool ${pool} of prod`,
      refused,
      'in failure',
      'have names that servers of the cluster prod get',
      `${server} `,
      ' kubernetes-cluster=prod-eu;',
    );
  }
  expectSaid('its own servers', await birth('prod-eu', ['general'], port), 'well', 'can be removed');
  const group = await cloud.python(`
print(cloud.network.create_security_group(name='lb-sg-2-default-web', description='Security Group for default/web Service LoadBalancer in cluster prod-eu').id)`);
  context.defer(async () => void (await cloud.python(`cloud.network.delete_security_group('${group}')`)));
  const own = ['made things here already, which go when it is destroyed', 'lb-sg-2-default-web', 'can be removed'];
  expectSaid('what controllers of its own servers made', await birth('prod-eu', ['general'], port), 'well', ...own);
  expectSaid('another one of its name', await birth('prod-eu', ['general']), 'in failure', 'has a cluster prod-eu already', port);
  const elsewhere = await cloud.python("print(cloud.identity.find_project('service').id)");
  expectSaid('one of its name in another project', await birth('prod-eu', ['general'], other, elsewhere), 'well', 'can be removed');

  expectSaid(
    'a sweep of a cluster that lives',
    await sweep(cloud, { cluster: 'prod-eu' }),
    'in failure',
    'nothing is removed',
    'prod-eu-control-plane-0',
  );
  expectSaid('a sweep beside it', await sweep(cloud, { cluster: 'prod' }), 'well', 'removed 0 things');
}

/** Through Terraform: refused before there is a server, its destroy sweeps nothing of the other, and once that is gone the same state goes on. */
async function refusal(context: Context): Promise<void> {
  const cloud = new Cloud(context);
  const before = await cloud.snapshot();
  context.defer(() => cloud.expectUnchanged(before));
  const stacks = await synthesise(path.join(__dirname, '..', 'life', 'birth.ts'), context.folder);
  const environment = { ...cloud.environment, OS_CLOUD: 'lab' };
  const workspace = async (name: string, variables?: { readonly [variable: string]: string }) => {
    const { configuration } = stacks.find((stack) => stack.name === name)!;
    const made = new Workspace(context, { folder: path.join(context.folder, name), configuration, variables, environment });
    await made.init();
    context.defer(() => made.destroy());
    return made;
  };
  const foundation = await workspace('foundation');
  await foundation.apply();
  const namesake: { readonly port: string; readonly group: string } = JSON.parse(
    await cloud.python(`
port = cloud.network.create_port(network_id=cloud.network.find_network('strata-life-shared').id, name='prod-eu-control-plane-0')
cloud.network.set_tags(port, ['kubernetes-cluster=prod-eu'])
group = cloud.network.create_security_group(name='lb-sg-1-default-web', description='Security Group for default/web Service LoadBalancer in cluster prod-eu')
print(json.dumps({'port': port.id, 'group': group.id}))`),
  );
  const removeNamesake = () => cloud.python(`cloud.network.delete_port('${namesake.port}')`);
  context.defer(async () => void (await removeNamesake()));
  const removeGroup = () => cloud.python(`cloud.network.delete_security_group('${namesake.group}')`);
  context.defer(async () => void (await removeGroup()));
  const cluster = await workspace('prod-eu', await throwAwayPki(context, 'prod_eu'));
  const resources = stacks.find(({ name }) => name === 'prod-eu')!.configuration.resource as { terraform_data: object };
  const step = `terraform_data.${Object.keys(resources.terraform_data).find((id) => id.startsWith('K8s_Sweep_'))}`;
  const apply = (...options: string[]) => cluster.exec('apply', '-auto-approve', '-no-color', ...options);
  const refused = async (...options: string[]) => {
    const { code, output } = await apply(...options);
    const said = output.replace(/[\s│]+/g, ' '); // Terraform wraps and frames it
    if (code === 0 || !said.includes('has a cluster prod-eu already') || !said.includes(namesake.port)) {
      throw new Error(`a second prod-eu: it ended with ${code}:\n${tail(output, 60)}`);
    }
  };
  const isThere = async () => (await cloud.python(`print(cloud.network.find_security_group('${namesake.group}') is not None)`)) === 'True';
  await refused();
  const { stdout } = await cluster.exec('state', 'list');
  if (!stdout.includes('_control-plane-0_Port_') || stdout.includes('openstack_compute_instance_v2.')) {
    throw new Error(`when it was refused there was\n${stdout}`);
  }
  await cluster.destroy();
  if (!(await isThere())) throw new Error('what is of the first prod-eu was swept with the second, which never was');
  context.log('refused, and destroyed without a sweep');

  // it has a port of its own from then on, and a step that is tainted
  await refused(`-target=${step}`);
  await removeNamesake();
  const left = await apply(`-target=${step}`);
  expectSaid(
    'what the other has left',
    { ...left, output: left.output.replace(/[\s│]+/g, ' ') },
    'in failure',
    'lb-sg-1-default-web',
    'choose another clusterName',
  );
  if (!(await isThere())) throw new Error('what the other has left was swept by who was refused');
  await removeGroup();
  expectSaid('once the other is gone', await apply(`-target=${step}`), 'well', 'can be removed with these credentials');
  const ownGroup = await cloud.python(`
print(cloud.network.create_security_group(name='lb-sg-1-default-web', description='Security Group for default/web Service LoadBalancer in cluster prod-eu').id)`);
  await cluster.destroy();
  const stays = await cloud.python(`print(cloud.network.find_security_group('${ownGroup.trim()}') is not None)`);
  if (stays === 'True') throw new Error('the sweep has not removed what it is for');
}

export const checks: readonly Check[] = [
  { name: "names of a project's clusters and of their servers are found to be free", needs: ['openstack'], run: names },
  { name: 'what controllers left goes, nothing else does, and what cannot go is told in time', needs: ['openstack'], run: leftovers },
  {
    name: 'a second cluster of one name is refused by Terraform before it has a server, and sweeps nothing',
    needs: ['openstack', 'terraform'],
    run: refusal,
  },
];
