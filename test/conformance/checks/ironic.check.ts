import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, TerraformStack } from 'cdktf';
import { BareMetalPool, HostInventory, Provisioner } from '../../../lib/bare-metal';
import { BmcProtocol, HostProps, HostRole, NetworkRole } from '../../../lib/contracts/host';
import { IronicProvider } from '../../../lib/providers/ironic/provider';
import type { Check, Context } from '../harness/check';
import { Cloud } from '../harness/cloud';
import { exec, type ExecResult, expectExit } from '../harness/process';

/**
 * The provider for Ironic can't be had here. Its calls are made in its place, from what is synthesised for it: those of `ironic_node`, `ironic_port`,
 * `ironic_allocation` and `ironic_deployment`, in their order. The step between them is the library's own and runs as it is. Of the hosts only the driver is
 * another one: Ironic's fake hardware, which does what it is told in no time, but goes through the states as any.
 */
const SCRIPT = path.join(__dirname, '..', '..', '..', 'lib', 'bare-metal', 'provisioners', 'ironic-node.sh');
const IMAGE = { source: 'http://127.0.0.1:1/noble.qcow2', checksum: 'a'.repeat(64) };
const ssh = { sshUser: 'ubuntu', sshPrivateKeyPath: '~/.ssh/id_ed25519' };

/** Ironic takes a MAC once in its whole life: each run has its own. */
const RUN = process.pid.toString(16).padStart(6, '0').match(/../g)!.join(':');
const mac = (nic: number, n: number) => `02:${RUN}:0${nic}:0${n}`;

function host(name: string, n: number): HostProps {
  return {
    name,
    roles: [HostRole.COMPUTE],
    managementAddress: `10.10.0.${n}`,
    cpuThreads: 64,
    memoryMib: 262144,
    disks: [{ device: '/dev/disk/by-id/wwn-0x5000c500a1b2c3d4', sizeGib: 447 }],
    nics: [
      { name: 'bond0', networks: [NetworkRole.INTERNAL_API], address: `10.10.0.${n}`, bondOf: ['eno1', 'eno2'] },
      { name: 'eno1', networks: [], mac: mac(1, n) },
      { name: 'eno2', networks: [], mac: mac(2, n) },
    ],
    bootMac: mac(1, n),
    bmc: { address: `bmc-${n}.example.com`, protocol: BmcProtocol.REDFISH },
    resourceClass: `strata-${process.pid}`,
  };
}

interface Planned {
  /** What Terraform would hand over, with every reference to a host's own settings resolved; `id(…)` stands for the node's id. */
  readonly node: any;
  readonly ports: any[];
  readonly allocation?: any;
  readonly deployment?: any;
  readonly environment: { readonly [name: string]: string };
}

/** What is synthesised for a host. */
function synthesise(context: Context, provisioner: Provisioner, props: HostProps): Planned {
  const outdir = fs.mkdtempSync(path.join(context.folder, 'ironic-'));
  const app = new App({ outdir });
  const stack = new TerraformStack(app, 'metal');
  new IronicProvider(stack, 'Ironic', { url: 'http://127.0.0.1:6385', microversion: '1.78' });
  const inventory = HostInventory.of({ networks: [{ role: NetworkRole.INTERNAL_API, cidr: '10.10.0.0/24' }], hosts: [props] });
  new BareMetalPool(stack, 'Pool', { inventory, provisioner });
  app.synth();
  const { resource, locals } = JSON.parse(fs.readFileSync(path.join(outdir, 'stacks', 'metal', 'cdk.tf.json'), 'utf8'));
  const resolve = (value: any): any => {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, resolve(inner)]));
    if (typeof value !== 'string') return value;
    const [, local, field] = /^\$\{local\.([\w-]+)\[each\.key\](?:\.(\w+))?\}$/.exec(value) ?? [];
    if (local !== undefined) return resolve(field === undefined ? locals[local][props.name] : locals[local][props.name][field]);
    return value.replaceAll('${each.key}', props.name).replaceAll('${var.bmc_username}', 'admin').replaceAll('${var.bmc_password}', 'hunter2');
  };
  const of = (type: string) => Object.values<any>(resource[type] ?? {}).map(resolve);
  const step = Object.values<any>(resource.terraform_data).find((block) => JSON.stringify(block).includes('INSTANCE_INFO'));
  return {
    node: of('ironic_node')[0],
    ports: of('ironic_port'),
    allocation: of('ironic_allocation')[0],
    deployment: of('ironic_deployment')[0],
    environment: resolve(step.provisioner[0]['local-exec'].environment),
  };
}

/** Ironic, with the provider's calls. */
class Ironic {
  constructor(private readonly cloud: Cloud) {}

  /** A call; what it answers. */
  public async call(method: string, url: string, body?: object): Promise<any> {
    const text = await this.cloud.python(`
body = json.loads(${JSON.stringify(JSON.stringify(body ?? null))})
answer = cloud.session.request('/v1${url}', '${method}', json=body, raise_exc=False,
    endpoint_filter={'service_type': 'baremetal', 'interface': 'public'}, headers={'X-OpenStack-Ironic-API-Version': '1.78'})
print(json.dumps({'status': answer.status_code, 'body': answer.json() if answer.text else None}))`);
    const { status, body: answer } = JSON.parse(text);
    if (status >= 400) throw new Error(`${method} ${url}: ${status} ${JSON.stringify(answer)}`);
    return answer;
  }

  /** `ironic_node`: created, and left alone as long as none of its four switches is on. */
  public async enrol({ node }: Planned): Promise<string> {
    const switches = ['manage', 'inspect', 'clean', 'available'].filter((name) => node[name] !== false);
    if (switches.length > 0) throw new Error(`the provider would ${switches.join(', ')} the node by itself`);
    const { name, resource_class, automated_clean, driver_info, properties } = node;
    const created = await this.call('POST', '/nodes', { name, driver: 'fake-hardware', resource_class, automated_clean, driver_info, properties });
    return created.uuid;
  }

  public async state(node: string): Promise<{ readonly provision_state: string; readonly [field: string]: any }> {
    return this.call('GET', `/nodes/${node}`);
  }

  /** The library's step, as Terraform runs it. */
  public step({ environment }: Planned, node: string, more: { readonly [name: string]: string } = {}): Promise<ExecResult> {
    return exec('bash', [SCRIPT], { env: { ...this.cloud.environment, ...environment, NODE: node, TIMEOUT: '120', ...more } });
  }

  public async expectState(node: string, expected: string): Promise<any> {
    const now = await this.state(node);
    if (now.provision_state !== expected) throw new Error(`${now.name} is ${now.provision_state} (${now.last_error}) instead of ${expected}`);
    return now;
  }

  /** Waits as the provider does: until the state is the wanted one, or one of failure. */
  public async reach(node: string, wanted: string): Promise<void> {
    for (let attempt = 0; attempt < 60; attempt++) {
      const { provision_state: state, last_error: error } = await this.state(node);
      if (state === wanted) return;
      if (/failed|error/.test(state)) throw new Error(`instead of ${wanted}: ${state} (${error})`);
      await new Promise((done) => setTimeout(done, 1000));
    }
    throw new Error(`not ${wanted} after a minute`);
  }

  public async expectPower(node: string, wanted: string): Promise<void> {
    for (let attempt = 0; (await this.state(node)).power_state !== wanted; attempt++) {
      if (attempt === 30) throw new Error(`${node} is not in '${wanted}' after half a minute`);
      await new Promise((done) => setTimeout(done, 1000));
    }
  }

  /** Removes a node, from whatever state; twice, if need be. */
  public async remove(node: string): Promise<void> {
    const { nodes } = await this.call('GET', '/nodes?fields=uuid');
    if (!nodes.some(({ uuid }: any) => uuid === node)) return;
    const left = await this.state(node);
    if (left.allocation_uuid !== null) {
      if (left.provision_state === 'active') {
        await this.call('PUT', `/nodes/${node}/states/provision`, { target: 'deleted' });
        await this.reach(node, 'available');
      }
      if ((await this.state(node)).allocation_uuid !== null) await this.call('DELETE', `/allocations/${left.allocation_uuid}`);
    }
    await this.call('PUT', `/nodes/${node}/maintenance`, { reason: 'this check is over' });
    await this.call('DELETE', `/nodes/${node}`);
  }
}

async function succeed(run: Promise<ExecResult>, said: RegExp): Promise<void> {
  expectExit('the step', await run, 0, said);
}

async function refuse(run: Promise<unknown>, form: RegExp): Promise<void> {
  const error = await run.then(
    () => undefined,
    (reason) => String(reason),
  );
  if (error === undefined || !form.test(error)) throw new Error(`not refused with ${form}: ${error}`);
}

export const checks: readonly Check[] = [
  {
    name: "Ironic's life cycle by the provider's calls: enrol, inspect, provide, allocate, deploy, undeploy; and adopt",
    needs: ['openstack'],
    run: async (context) => {
      const cloud = new Cloud(context);
      const ironic = new Ironic(cloud);
      const before = await cloud.snapshot();
      const name = `strata-deploy-${process.pid}`;
      const deploy = synthesise(context, Provisioner.ironic({ ...ssh, image: IMAGE, sshAuthorizedKeys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEZl u'] }), host(name, 1)); // prettier-ignore

      const node = await ironic.enrol(deploy);
      context.defer(() => ironic.remove(node));
      const enrolled = await ironic.expectState(node, 'enroll');
      // why the provider's resource ignores what comes back
      if (enrolled.driver_info.redfish_password === 'hunter2') throw new Error('Ironic shows a password');
      for (const { address, pxe_enabled } of deploy.ports) await ironic.call('POST', '/ports', { node_uuid: node, address, pxe_enabled });
      const { ports } = await ironic.call('GET', `/nodes/${node}/ports`);
      if (ports.length !== 2) throw new Error(`${ports.length} ports`);

      await succeed(ironic.step(deploy, node), /inspect, from 'manageable'[^]*provide, from 'manageable'[^]*is available/);
      const available = await ironic.expectState(node, 'available');
      if (available.inspection_finished_at === null) throw new Error('the node was not inspected');
      if (available.instance_info.image_source !== IMAGE.source) throw new Error('the node does not know its image');
      // Ironic made it available: a second run has nothing to do but to inspect, as it was told
      await succeed(ironic.step(deploy, node, { INSPECT: '0' }), /^$/);

      // Fake power is neither on nor off until it is told, as no machine's is, and Ironic allocates none of which it doesn't know.
      await ironic.call('PUT', `/nodes/${node}/states/power`, { target: 'power off' });
      await ironic.expectPower(node, 'power off');

      await refuse(
        ironic.call('POST', '/allocations', { name: `${name}-x`, resource_class: 'baremetal', candidate_nodes: ['no-such-node'] }),
        /no-such-node/,
      );
      const { resource_class, candidate_nodes } = deploy.allocation;
      if (!/^\$\{ironic_node\..*\.id\}$/.test(candidate_nodes[0])) throw new Error(`${candidate_nodes[0]} is not the id of the node`);
      const allocation = await ironic.call('POST', '/allocations', { name, resource_class, candidate_nodes: [node] });
      let allocated = allocation;
      for (let i = 0; i < 30 && allocated.state === 'allocating'; i++) {
        await new Promise((done) => setTimeout(done, 1000));
        allocated = await ironic.call('GET', `/allocations/${allocation.uuid}`);
      }
      if (allocated.node_uuid !== node || allocated.candidate_nodes[0] !== candidate_nodes[0].replace(/.*/, node)) {
        throw new Error(`not allocated as asked: ${JSON.stringify(allocated)}`);
      }

      const { instance_info, user_data, network_data, metadata } = deploy.deployment;
      const known = (await ironic.state(node)).instance_info;
      const differing = Object.keys(instance_info).filter((field) => known[field] !== instance_info[field]);
      if (differing.length > 0) throw new Error(`the node does not have what is to be deployed: ${differing.join(', ')}`);
      const configdrive = { user_data: user_data.value, network_data, meta_data: metadata };
      await ironic.call('PUT', `/nodes/${node}/states/provision`, { target: 'active', configdrive });
      await ironic.reach(node, 'active');

      // what is deployed, stays
      await succeed(ironic.step(deploy, node), /is active, and stays as it is/);
      await ironic.expectState(node, 'active');
      await refuse(ironic.call('PUT', `/nodes/${node}/states/provision`, { target: 'inspect' }), /409|400/);

      // `release`: the provider's delete
      await ironic.call('PUT', `/nodes/${node}/states/provision`, { target: 'deleted' });
      await ironic.reach(node, 'available');
      await ironic.call('GET', `/allocations/${name}`).then(
        () => ironic.call('DELETE', `/allocations/${name}`),
        () => context.log('the allocation went with the deployment'),
      );

      const other = `strata-adopt-${process.pid}`;
      const adopt = synthesise(context, Provisioner.ironic(ssh), host(other, 2));
      const running = await ironic.enrol(adopt);
      context.defer(() => ironic.remove(running));
      await succeed(ironic.step(adopt, running), /adopt, from 'manageable'[^]*is adopted/);
      const adopted = await ironic.expectState(running, 'active');
      if (adopted.inspection_started_at !== null) throw new Error('a host that was adopted has been inspected, which restarts it');
      if (adopt.allocation !== undefined || adopt.deployment !== undefined) throw new Error('an adopted host is deployed');
      await succeed(ironic.step(adopt, running), /is active, and stays as it is/);

      // a node that isn't there, and one with which nothing can be begun
      const missing = await ironic.step(adopt, '00000000-0000-0000-0000-000000000000');
      if (missing.code === 0) throw new Error('a node that is not there was prepared');
      await ironic.call('PUT', `/nodes/${node}/states/provision`, { target: 'manage' });
      await ironic.reach(node, 'manageable');

      await ironic.remove(running);
      await ironic.remove(node);
      await cloud.expectUnchanged(before);
    },
  },
];
