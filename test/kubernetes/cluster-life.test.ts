import { clusterIn } from './cluster-fixture';
import { NodeFlavor } from '../../lib/contracts/node-flavor';
import { NodeImage } from '../../lib/contracts/node-image';
import { ApiEndpoint } from '../../lib/kubernetes/api-endpoint';
import { BootstrapToken } from '../../lib/kubernetes/bootstrap-token';
import { ClusterPki } from '../../lib/kubernetes/cluster-pki';
import { ClusterSweep } from '../../lib/kubernetes/cluster-sweep';
import { K8sOnNovaProps } from '../../lib/kubernetes/k8s-on-nova';
import { OnUnreachable, WorkerDrain } from '../../lib/kubernetes/worker-drain';
import { Block, Synthesised, synthStack } from '../support/synth';

const synth = (props: Partial<K8sOnNovaProps> = {}) => synthStack((stack) => void clusterIn(stack, props));
const controlPlane = { replicas: 3, flavor: NodeFlavor.named('m1.large') };

function found(resources: Record<string, Block>, beginning: string): [string, Block] {
  const [entry] = Object.entries(resources).filter(([name]) => name.startsWith(beginning));
  if (entry === undefined) throw new Error(`none of ${Object.keys(resources).join(', ')} begins with ${beginning}`);
  return entry;
}
const step = (cluster: Synthesised, name: string) => found(cluster.resources('terraform_data'), `K8s_${name}`)[1];
const refusal = (props: Partial<K8sOnNovaProps>) => {
  try {
    synth(props);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
};

describe('change', () => {
  const cluster = synth({ controlPlane: { ...controlPlane, generations: { 'control-plane-1': 3 } } });

  test('a slot is replaced by its own generation, and by nothing that the other slots have', () => {
    for (const i of [0, 1, 2]) {
      const [id, generation] = found(cluster.resources('terraform_data'), `K8s_control-plane-${i}_Generation`);
      expect(generation).toMatchObject({ triggers_replace: { generation: i === 1 ? '3' : '1' }, lifecycle: { ignore_changes: ['input'] } });
      const [, server] = found(cluster.resources('openstack_compute_instance_v2'), `K8s_control-plane-${i}_Server`);
      expect(server.lifecycle.replace_triggered_by).toContain(`terraform_data.${id}`);
      expect(server.lifecycle.create_before_destroy).toBeUndefined(); // two servers can't have one port
      const [, port] = found(cluster.resources('openstack_networking_port_v2'), `K8s_control-plane-${i}_Port`);
      const [, volume] = found(cluster.resources('openstack_blockstorage_volume_v3'), `K8s_control-plane-${i}_EtcdVolume`);
      for (const stays of [port, volume]) expect(stays.lifecycle?.replace_triggered_by).toBeUndefined();
    }
  });

  test('which servers the slots have is remembered behind the gate only', () => {
    const [, marker] = found(cluster.resources('openstack_networking_port_v2'), 'K8s_Rolls_Rolled');
    expect(marker.tags).toEqual(
      expect.arrayContaining(['strata-rolled=control-plane-1:3', 'strata-slot=control-plane-2', 'kubernetes-cluster=prod']),
    );
    expect(marker.depends_on).toEqual([expect.stringMatching(/K8s_ReadyGate/), expect.stringMatching(/K8s_RollGate/)]);
    expect(marker).toMatchObject({ admin_state_up: false, no_fixed_ip: true, no_security_groups: true });
  });

  test('a server says for good which version it was born with', () => {
    for (const server of Object.values(cluster.resources('openstack_compute_instance_v2'))) {
      expect(server.metadata).toMatchObject({ 'kubernetes-version': expect.stringMatching(/^1\.36\./) });
      expect(server.lifecycle.ignore_changes).toContain('metadata');
    }
  });

  test('the drainer runs again with every worker that comes or goes, once they are there, and is told nothing secret', () => {
    const drainer = step(cluster, 'Drainer');
    expect(drainer.triggers_replace['prod-general']).toMatch(/openstack_compute_instance_v2\.\S+\.id\} \$\{openstack_compute_instance_v2/);
    const [{ 'local-exec': run }] = drainer.provisioner;
    expect(run.environment.STRATA_POOL_0).toMatch(/^prod-general-0=\$\{\S+\.id\} prod-general-1=\$\{\S+\.id\}$/);
    expect(JSON.stringify(drainer)).not.toMatch(/private_key|random_password|var\.|locally_signed/);
    expect(run.when).toBeUndefined(); // never on destroy
  });

  test('what drains is tried before any pool is changed: when it is known that workers come or go, and never otherwise', () => {
    const resources = cluster.resources('terraform_data');
    const [id, check] = found(resources, 'K8s_RunnerCheck');
    expect(check).toMatchObject({ triggers_replace: { general: '2 of generation 1' }, lifecycle: { create_before_destroy: true } });
    expect(check.depends_on).toEqual([]); // no server, and no cluster that is being made
    expect(JSON.stringify(check)).not.toMatch(/private_key|random_password|var\.|locally_signed/);
    for (const after of ['workers-general_Generation', 'WorkerToken', 'Drainer']) {
      expect(found(resources, `K8s_${after}`)[1].depends_on).toContain(`terraform_data.${id}`);
    }
    const steps = (props: Partial<K8sOnNovaProps>) =>
      Object.keys(synth(props).resources('terraform_data')).filter((name) => name.includes('RunnerCheck'));
    expect(steps({ drain: WorkerDrain.disabled() })).toEqual([]);
    expect(steps({ drain: WorkerDrain.disabled(), bootstrapToken: BootstrapToken.renewed() })).toHaveLength(1);
    const drain = WorkerDrain.enabled({ onUnreachable: OnUnreachable.CONTINUE });
    expect(step(synth({ drain }), 'RunnerCheck').provisioner[0]['local-exec'].environment.STRATA_ON_UNREACHABLE).toBe('continue');
  });

  test('the workers of the last drain are remembered in place, behind it', () => {
    const [id, { triggers_replace: triggers }] = found(cluster.resources('terraform_data'), 'K8s_Drainer');
    const remembers = step(cluster, 'Checks_Plan');
    expect(remembers).toMatchObject({ input: triggers, depends_on: [`terraform_data.${id}`] });
    expect(remembers.triggers_replace).toBeUndefined();
    expect(step(synth({ drain: WorkerDrain.disabled() }), 'Checks_Plan')).not.toHaveProperty('input');
  });

  test('workers of every pool carry the label that the drainer knows them by', () => {
    expect(cluster.text).toContain('strata/pool=general');
  });

  test('choices of the drainer', () => {
    const drain = WorkerDrain.enabled({ drainTimeoutSeconds: 60, deleteUnmanagedPods: true, onUnreachable: OnUnreachable.CONTINUE });
    const { environment } = step(synth({ drain, kubeconfigPath: '~/.kube/prod' }), 'Drainer').provisioner[0]['local-exec'];
    expect(environment).toMatchObject({
      STRATA_DRAIN_TIMEOUT: '60',
      STRATA_UNMANAGED_PODS: 'delete',
      STRATA_ON_UNREACHABLE: 'continue',
      STRATA_KUBECONFIG: '~/.kube/prod',
    });
    expect(() => WorkerDrain.enabled({ drainTimeoutSeconds: 5 })).toThrow(/drainTimeoutSeconds must be a whole number from 10 to 7200, got 5/);
    expect(Object.keys(synth({ drain: WorkerDrain.disabled() }).resources('terraform_data')).filter((name) => name.includes('Drainer'))).toEqual([]);
  });

  describe('the token of workers', () => {
    const tokenStep = (props: Partial<K8sOnNovaProps> = {}) => step(synth(props), 'WorkerToken');

    test('is registered for every worker that comes, once it is there, and before the drainer waits for it', () => {
      const registers = step(cluster, 'WorkerToken');
      expect(registers.triggers_replace).toEqual({
        'prod-general': expect.stringMatching(/openstack_compute_instance_v2\.\S+\.id\} \$\{openstack_compute_instance_v2/),
        token: expect.stringMatching(/^\$\{nonsensitive\(sha256\(local\.\w+\)\)\}$/),
      });
      for (const server of Object.keys(cluster.resources('openstack_compute_instance_v2')).filter((name) => name.includes('workers'))) {
        expect(registers.depends_on).toContain(`openstack_compute_instance_v2.${server}`);
      }
      expect(step(cluster, 'Drainer').depends_on).toContainEqual(expect.stringMatching(/^terraform_data\.K8s_WorkerToken/));
      const [{ 'local-exec': run }] = registers.provisioner;
      expect(run.environment).toMatchObject({ STRATA_TOKEN_HOURS: '24', STRATA_ON_UNREACHABLE: 'fail' });
      expect(run.command).not.toMatch(/random_password|var\./); // Terraform shows commands
      expect(run.when).toBeUndefined();
    });

    test('a raised generation makes another one and touches no server', () => {
      const raised = synth({ bootstrapToken: BootstrapToken.renewed({ generation: 2, lifetimeHours: 2 }) });
      const generations = (of: Synthesised) => Object.values(of.resources('random_password')).map(({ keepers }) => keepers);
      expect(generations(cluster)).toEqual([{ generation: '1' }, { generation: '1' }]);
      expect(generations(raised)).toEqual([{ generation: '2' }, { generation: '2' }]);
      expect(raised.text).toContain('ttl: 2h0m0s');
      for (const server of Object.values(raised.resources('openstack_compute_instance_v2'))) {
        expect(server.lifecycle.ignore_changes).toContain('user_data');
        expect(JSON.stringify(server.lifecycle.replace_triggered_by)).not.toMatch(/Token|password/);
      }
    });

    test('is for ever where Terraform has no way to the cluster', () => {
      for (const props of [{ drain: WorkerDrain.disabled() }, { bootstrapToken: BootstrapToken.permanent(3) }]) {
        const permanent = synth(props);
        expect(Object.keys(permanent.resources('terraform_data')).filter((name) => name.includes('WorkerToken'))).toEqual([]);
        expect(permanent.text).toContain('ttl: 0h0m0s');
      }
      const both = { drain: WorkerDrain.disabled(), bootstrapToken: BootstrapToken.renewed() };
      expect(tokenStep(both).provisioner[0]['local-exec'].environment.STRATA_TOKEN_HOURS).toBe('24');
    });

    test('a brought one is another one when its variable has another value', () => {
      const brought = synth({ pki: ClusterPki.fromVariables() });
      expect(found(brought.json.locals, 'K8s_WorkerTokenValue')[1]).toBe('${var.prod_bootstrap_token}');
      expect(step(brought, 'WorkerToken').triggers_replace.token).toMatch(/sha256\(local/);
    });

    test('a cluster that is lost can be taken down to fewer workers', () => {
      const drain = WorkerDrain.enabled({ onUnreachable: OnUnreachable.CONTINUE });
      expect(tokenStep({ drain }).provisioner[0]['local-exec'].environment.STRATA_ON_UNREACHABLE).toBe('continue');
    });

    test('mistakes', () => {
      expect(() => BootstrapToken.renewed({ lifetimeHours: 0 })).toThrow(/lifetimeHours must be a whole number from 1 to 8760, got 0/);
      expect(() => BootstrapToken.renewed({ generation: 0 })).toThrow(/generation must be a whole number/);
      expect(() => BootstrapToken.permanent(1.5)).toThrow(/generation must be a whole number/);
    });
  });

  test('mistakes in generations are told at synth', () => {
    expect(refusal({ controlPlane: { ...controlPlane, generations: { 'control-plane-3': 2 } } })).toMatch(
      /has a slot that the control plane does not, got "control-plane-3"; did you mean control-plane-[012]\?/,
    );
    expect(refusal({ controlPlane: { ...controlPlane, generations: { 'control-plane-0': 0 } } })).toMatch(
      /generations.control-plane-0 must be a whole number/,
    );
    expect(refusal({ controlPlane: { ...controlPlane, generations: { toString: 2 } as any } })).toMatch(/got "toString"/);
  });
});

describe('plans', () => {
  const rules = (props: Partial<K8sOnNovaProps> = {}): { condition: string; error_message: string }[] =>
    step(synth(props), 'Checks_Plan').lifecycle.precondition;

  test('rules of rolls, versions, zones and quotas, each with what is needed and what there is', () => {
    const messages = rules().map(({ error_message: text }) => text);
    for (const part of [
      'rolled one by one',
      'have no quorum',
      'no minor may be skipped',
      'cannot go back',
      'must not be newer than the API',
      'Nova has no zone',
      'Cinder has no zone',
    ]) {
      expect(messages.some((text) => text.includes(part))).toBe(true);
    }
    expect(messages.find((text) => text.includes('(Nova: cores)'))).toMatch(/needs \$\{3 \* .*vcpus \+ 2 \* .*vcpus\} virtual CPUs .* limit is \$\{/);
  });

  test('the MTU of the network and of pods is remembered, and both can not change in one plan', () => {
    const cluster = synth({ podMtu: 1380 });
    expect(found(cluster.resources('openstack_networking_port_v2'), 'K8s_Rolls_Rolled')[1].tags).toContain('strata-mtu=1442:1380');
    const rule = rules({ podMtu: 1380 }).find(({ error_message: text }) => text.includes('MTU'))!;
    expect(rule.condition).toContain('mtu[0] == "1442" || mtu[1] == "1380"');
    // before the first gate, a wrong one may be put right
    expect(rule.condition).toMatch(/^\$\{length\(data\.openstack_networking_port_ids_v2\.\S+\.ids\) == 0 \|\| /);
    expect(rule.error_message).toContain('to 1442 and that of pods from');
  });

  test('a limit of -1 is none, and what there is no need of is not checked', () => {
    for (const { condition } of rules().filter(({ error_message: text }) => text.includes('limit is'))) expect(condition).toMatch(/ < 0 \|\| /);
    const inside = rules({ api: ApiEndpoint.octavia() }).map(({ error_message: text }) => text);
    expect(inside.some((text) => text.includes('floating IPs'))).toBe(false);
  });

  test('workers that nobody drains are shut down before they are deleted, and no others', () => {
    const stops = (drain: WorkerDrain) =>
      Object.values(synth({ drain }).resources('openstack_compute_instance_v2')).flatMap(({ name, stop_before_destroy: stop }) =>
        stop ? [name] : [],
      );
    expect(stops(WorkerDrain.disabled())).toEqual(['prod-general-0', 'prod-general-1']);
    expect(stops(WorkerDrain.enabled())).toEqual([]);
  });

  test('without the check of quotas none is read', () => {
    const cluster = synth({ checkQuota: false });
    for (const kind of ['compute_quotaset_v2', 'blockstorage_quotaset_v3', 'networking_quota_v2']) {
      expect(cluster.data(`openstack_${kind}`)).toEqual({});
    }
  });

  test('what the nodes were told once is kept, and a plan that tells something else is refused', () => {
    const cluster = synth({ podCidr: '10.245.0.0/16' });
    const [address, fact] = found(cluster.resources('terraform_data'), 'K8s_Checks_Settled');
    const { input, lifecycle } = fact;
    // what Neutron or Octavia refused was never settled
    expect(fact.depends_on.map((name: string) => name.split('.')[0])).toEqual([
      'openstack_networking_router_interface_v2',
      'openstack_lb_loadbalancer_v2',
    ]);
    expect(input).toEqual({
      clusterName: 'prod',
      nodeCidr: '10.20.0.0/16',
      secondaryNodeCidr: 'none',
      network: 'its own',
      subnetId: 'none',
      podCidr: '10.245.0.0/16',
      secondaryPodCidr: 'none',
      serviceCidr: '10.96.0.0/12',
      secondaryServiceCidr: 'none',
      api: 'octavia',
      loadBalancerProvider: 'amphora',
      vipAddress: 'none',
      ipv6AddressMode: 'dhcpv6-stateful',
      ipv6SubnetPoolId: 'none',
      ipv4SubnetPoolId: 'none',
    });
    const keepalived = synth({ api: ApiEndpoint.keepalived({ virtualAddress: '10.20.0.9' }) });
    expect(found(keepalived.resources('terraform_data'), 'K8s_Checks_Settled')[1].input).toMatchObject({
      api: 'keepalived',
      virtualAddress: '10.20.0.9',
    });
    expect(lifecycle.ignore_changes).toEqual(['input']);
    const settled = step(cluster, 'Checks_Plan').lifecycle.precondition.filter((rule: Block) => rule.error_message.includes('was settled as'));
    expect(settled.map((rule: Block) => rule.condition).sort()).toEqual(
      Object.entries(input)
        .map(([name, value]) => `\${try(terraform_data.${address}.output.${name}, "${value}") == "${value}"}`)
        .sort(),
    );
  });

  test('all that a cluster makes is counted once: bastion, virtual address, further ports and volumes, and no surplus of a roll', () => {
    const flavor = NodeFlavor.named('m1.large');
    const volumes = [
      { name: 'data', sizeGib: 50 },
      { name: 'logs', sizeGib: 5 },
    ];
    const pool = { name: 'general', replicas: 2, flavor, generation: 2, rootVolume: { sizeGib: 30 }, volumes };
    const props = (further: object = {}): Partial<K8sOnNovaProps> => ({
      api: ApiEndpoint.keepalived({ virtualRouterId: 51, floatingIp: true, allowedCidrs: ['198.51.100.0/24'] }),
      keyPairName: 'keys',
      bastion: { flavor: NodeFlavor.named('m1.tiny'), image: NodeImage.byName('image'), allowedCidrs: ['198.51.100.0/24'] },
      workerPools: [{ ...pool, additionalPorts: [{ name: 'storage', networkId: 'storage', portSecurity: false }], ...further }],
    });
    const needs = (further?: object) =>
      Object.fromEntries(
        rules(props(further)).flatMap(({ condition, error_message: text }) => {
          const [, quota] = /\((?:Nova|Cinder|Neutron): (\w+)\)/.exec(text) ?? [];
          return quota === undefined ? [] : [[quota, / \|\| (.*) <= /.exec(condition)![1]]];
        }),
      );
    expect(needs()).toMatchObject({
      instances: '6',
      cores: expect.stringMatching(/^3 \* \S+large_\w+\.vcpus \+ 2 \* \S+large_\w+\.vcpus \+ 1 \* \S+tiny_\w+\.vcpus$/),
      server_groups: '2',
      server_group_members: '3',
      volumes: '9', // 3 of etcd, 2 roots, 2 x 2 further ones
      gigabytes: '230',
      per_volume_gigabytes: expect.stringContaining('max('),
      port: '11', // 3 slots, 2 x 2 of workers, bastion, virtual address, memory of rolls, the router's interface
      floatingip: '2',
      network: '1',
      router: '1',
    });
    expect(needs({ generation: 3 })).toEqual(needs());
  });

  test('fewer slots are possible on purpose', () => {
    const refuses = (allowFewerSlots?: boolean) =>
      rules({ controlPlane: { ...controlPlane, allowFewerSlots } }).some(({ error_message: text }) => text.includes('would take away'));
    expect([refuses(), refuses(true)]).toEqual([true, false]);
  });
});

describe('death', () => {
  test('CPO#3145, CAPO#2121: servers go before the sweep, the network after it', () => {
    const cluster = synth();
    const [id, sweep] = found(cluster.resources('terraform_data'), 'K8s_Sweep');
    for (const server of Object.values(cluster.resources('openstack_compute_instance_v2'))) {
      expect(server.depends_on).toContain(`terraform_data.${id}`);
    }
    expect(sweep.depends_on).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/router_interface/),
        expect.stringMatching(/secgroup_v2\..*ControlPlane/),
        expect.stringMatching(/secgroup_v2\..*Worker/),
      ]),
    );
    expect(sweep.triggers_replace).toBeUndefined(); // replaced, it would sweep a cluster that lives
  });

  test('its credentials are tried at birth, and on destroy it refers to nothing but itself', () => {
    const [create, destroy] = step(synth(), 'Sweep').provisioner.map((each: Block) => each['local-exec']);
    expect([create.when, create.environment.STRATA_MODE, destroy.when, destroy.environment.STRATA_MODE]).toEqual([
      'create',
      'check',
      'destroy',
      'sweep',
    ]);
    expect(
      JSON.stringify(destroy)
        .match(/\$\{[^}]*\}/g)!
        .every((reference) => reference.startsWith('${self.input.')),
    ).toBe(true);
  });

  test('what its name and those of its servers are found to be free by is told at birth alone', () => {
    const cluster = synth();
    const [slot] = found(cluster.resources('openstack_networking_port_v2'), 'K8s_control-plane-0_Port');
    const [create, destroy] = step(cluster, 'Sweep').provisioner.map((each: Block) => each['local-exec'].environment);
    expect(create).toMatchObject({ STRATA_PORT: `\${openstack_networking_port_v2.${slot}.id}`, STRATA_SERVERS: 'prod-control-plane,prod-general' });
    expect(Object.keys(create).filter((name) => !(name in destroy))).toEqual(['STRATA_PORT', 'STRATA_SERVERS']);
    // a state that an older version wrote has no more than these, and is destroyed by what there is now
    expect(Object.keys(step(cluster, 'Sweep').input).sort().join()).toBe('authUrl,cloud,cluster,kuryr,project,region,retainVolumes,timeout');
  });

  test('volumes stay if they are told to; there is none of it if there is to be none', () => {
    expect(step(synth(), 'Sweep').input.retainVolumes).toBe('false');
    expect(step(synth({ sweep: ClusterSweep.enabled({ retainVolumes: true, cloud: 'prod' }) }), 'Sweep').input).toMatchObject({
      retainVolumes: 'true',
      cloud: 'prod',
    });
    expect(Object.keys(synth({ sweep: ClusterSweep.disabled() }).resources('terraform_data')).filter((name) => name.includes('Sweep'))).toEqual([]);
  });
});

test('figures: a cluster of 3 and 2 is no more than 60 resources without the rules of its groups, and 100 in all', () => {
  const cluster = synth();
  const counts = Object.fromEntries(
    Object.entries(cluster.json.resource as Record<string, Block>).map(([type, all]) => [type, Object.keys(all).length]),
  );
  const { openstack_networking_secgroup_rule_v2: rules, ...others } = counts;
  const count = Object.values(others).reduce((sum, each) => sum + each, 0);
  expect(count).toBeLessThanOrEqual(60);
  expect(count + rules).toBeLessThanOrEqual(100);
});
