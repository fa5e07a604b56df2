import { TerraformVariable } from 'cdktf';
import { ImageRegistries } from '../../lib/core/image-registries';
import { ClusterAddons } from '../../lib/kubernetes/addons/cluster-addons/cluster-addons';
import { CinderVolumeClaim } from '../../lib/workloads/cinder-volume-claim';
import { HealthCheck } from '../../lib/workloads/health-check';
import { PodSecurityLevel } from '../../lib/workloads/pod-options';
import { ReplicaSpread } from '../../lib/workloads/replicated-pod-options';
import { VolumeAccessMode } from '../../lib/workloads/volume-claim';
import { Workload, WorkloadProps } from '../../lib/workloads/workload';
import { synthOn, TestCluster } from '../kubernetes/addons/cluster';
import { Synthesised } from '../support/synth';

const app = { image: 'registry.example.com/team/app:1.2', port: 8080 };

function synth(props: Partial<WorkloadProps> = {}, before: (cluster: TestCluster) => Partial<WorkloadProps> = () => ({})): Synthesised {
  return synthOn({ openstack: false }, (stack, cluster) => void new Workload(stack, 'App', { cluster, ...app, ...before(cluster), ...props }));
}
const deployment = (stack: Synthesised) => stack.resource('kubernetes_deployment_v1');
const pod = (stack: Synthesised) => deployment(stack).spec.template.spec;
const container = (stack: Synthesised) => pod(stack).container[0];

test('is a Deployment whose new pods come before the old ones go', () => {
  const stack = synth();
  expect(deployment(stack)).toMatchObject({
    metadata: { name: 'app', namespace: 'default' },
    spec: {
      replicas: '1',
      selector: { match_labels: { 'app.kubernetes.io/name': 'app' } },
      strategy: { type: 'RollingUpdate', rolling_update: { max_unavailable: '0', max_surge: '1' } },
    },
    wait_for_rollout: true,
  });
  expect(deployment(stack).spec.template.metadata.labels).toMatchObject(deployment(stack).spec.selector.match_labels);
  expect(container(stack)).toMatchObject({ port: [{ name: 'main', container_port: 8080 }], readiness_probe: { tcp_socket: [{ port: 'main' }] } });
});

test('without a port nobody asks whether it works', () => {
  const stack = synth({ port: undefined });
  expect(container(stack)).not.toHaveProperty('port');
  expect(container(stack)).not.toHaveProperty('readiness_probe');
});

describe('replicas', () => {
  test('one has no budget, which could only block a drain', () => {
    expect(synth().resources('kubernetes_pod_disruption_budget_v1')).toEqual({});
    expect(synth({ replicas: 0 }).resources('kubernetes_pod_disruption_budget_v1')).toEqual({});
  });

  test('of more than one, one may be away: a drain is never blocked', () => {
    const stack = synth({ replicas: 2 });
    expect(stack.resource('kubernetes_pod_disruption_budget_v1').spec).toEqual({
      max_unavailable: '1',
      selector: { match_labels: deployment(stack).spec.selector.match_labels },
    });
  });

  test('are spread over zones and nodes, and a second one changes nothing of the first', () => {
    const [one, three] = [1, 3].map((replicas) => synth({ replicas }));
    expect(pod(three).topology_spread_constraint).toEqual(
      ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((key) => ({
        max_skew: 1,
        topology_key: key,
        when_unsatisfiable: 'ScheduleAnyway',
        label_selector: [{ match_labels: deployment(three).spec.selector.match_labels }],
      })),
    );
    expect(deployment(one).spec.template).toEqual(deployment(three).spec.template);
  });

  test('keep apart strictly, or not at all', () => {
    const policies = (spread: ReplicaSpread) => pod(synth({ spread })).topology_spread_constraint?.map((c: any) => c.when_unsatisfiable);
    expect(policies(ReplicaSpread.REQUIRED)).toEqual(['ScheduleAnyway', 'DoNotSchedule']);
    expect(policies(ReplicaSpread.NONE)).toBeUndefined();
  });

  test('follow the load, and no plan takes back how many there are', () => {
    const stack = synth({ autoscaling: { minReplicas: 2, maxReplicas: 5, memoryPercent: 80 } });
    expect(deployment(stack)).toMatchObject({ spec: { replicas: '2' }, lifecycle: { ignore_changes: ['spec[0].replicas'] } });
    expect(stack.resource('kubernetes_horizontal_pod_autoscaler_v2').spec).toMatchObject({
      min_replicas: 2,
      max_replicas: 5,
      scale_target_ref: { kind: 'Deployment', name: 'app' },
      metric: [
        { resource: { name: 'cpu', target: { average_utilization: 75 } } },
        { resource: { name: 'memory', target: { average_utilization: 80 } } },
      ],
    });
    expect(stack.resource('kubernetes_pod_disruption_budget_v1')).toBeDefined();
    expect(deployment(synth()).lifecycle).toBeUndefined();
  });
});

describe('what a container is given', () => {
  test('environment from values, ConfigMaps and Secrets', () => {
    const stack = synth({
      env: { MODE: 'fast' },
      configEnv: { LEVEL: { name: 'settings', key: 'level' } },
      secretEnv: { KEY: { name: 'keys', key: 'k' } },
      generatedPasswords: ['ADMIN_PASSWORD'],
    });
    expect(container(stack).env).toEqual([
      { name: 'MODE', value: 'fast' },
      { name: 'LEVEL', value_from: { config_map_key_ref: { name: 'settings', key: 'level' } } },
      { name: 'KEY', value_from: { secret_key_ref: { name: 'keys', key: 'k' } } },
      { name: 'ADMIN_PASSWORD', value_from: { secret_key_ref: { name: 'app-credentials', key: 'ADMIN_PASSWORD' } } },
    ]);
  });

  test("what is the shell's stays the shell's", () => {
    const stack = synth({ command: ['sh', '-c'], args: ['echo ${HOME} %{x}'], env: { A: '${B}' } });
    expect(container(stack).args).toEqual(['echo $${HOME} %%{x}']);
    expect(container(stack).env[0].value).toBe('$${B}');
  });

  test('files, each at its path, and new pods with another content', () => {
    const files = (content: string) => synth({ configFiles: { '/etc/app/app.conf': content, '/etc/app/b': 'b' }, podAnnotations: { a: 'b' } });
    const stack = files('mode = fast');
    const data = stack.resource('kubernetes_config_map_v1').data;
    expect(Object.keys(data)).toEqual(['etc-app-app.conf', 'etc-app-b']);
    expect(container(stack).volume_mount).toEqual([
      { name: 'config', mount_path: '/etc/app/app.conf', sub_path: 'etc-app-app.conf', read_only: true },
      { name: 'config', mount_path: '/etc/app/b', sub_path: 'etc-app-b', read_only: true },
    ]);
    expect(pod(stack).volume).toEqual([{ name: 'config', config_map: { name: 'app-config', default_mode: '0444' } }]);
    expect(deployment(stack).spec.template.metadata.annotations).toEqual({ a: 'b', 'checksum/config': expect.stringMatching(/^\$\{sha256\(/) });
    expect(deployment(stack).depends_on).toContainEqual(expect.stringMatching(/^kubernetes_config_map_v1\.App_Config_/));
    expect(Object.values(stack.json.locals)).toContain('mode = fast');
  });

  test('files from Secrets, empty folders', () => {
    const stack = synth({
      secretFiles: { '/etc/tls/key.pem': { name: 'tls', key: 'tls.key' } },
      scratchFolders: ['/tmp'],
      security: { readOnlyRootFilesystem: true },
    });
    expect(pod(stack).volume).toEqual([
      { name: 'secret-0', secret: { secret_name: 'tls', default_mode: '0440', items: [{ key: 'tls.key', path: 'file' }] } },
      { name: 'scratch-0', empty_dir: {} },
    ]);
    expect(container(stack).volume_mount).toEqual([
      { name: 'secret-0', mount_path: '/etc/tls/key.pem', sub_path: 'file', read_only: true },
      { name: 'scratch-0', mount_path: '/tmp' },
    ]);
    expect(container(stack).security_context.read_only_root_filesystem).toBe(true);
  });

  test('claims: then the old pod goes first', () => {
    const stack = synth({}, (cluster) => {
      const claim = new CinderVolumeClaim(cluster, 'Data', { cluster, sizeGib: 5 });
      const disk = new CinderVolumeClaim(cluster, 'Disk', { cluster, sizeGib: 5, rawBlock: true });
      return {
        mounts: [
          { claim, path: '/data', readOnly: true },
          { claim: disk, path: '/dev/disk' },
        ],
      };
    });
    expect(deployment(stack).spec.strategy).toEqual({ type: 'Recreate' });
    expect(pod(stack).volume).toEqual([
      { name: 'claim-0', persistent_volume_claim: { claim_name: 'data', read_only: true } },
      { name: 'claim-1', persistent_volume_claim: { claim_name: 'disk' } },
    ]);
    expect(container(stack).volume_mount).toEqual([{ name: 'claim-0', mount_path: '/data', read_only: true }]);
    expect(container(stack).volume_device).toEqual([{ name: 'claim-1', device_path: '/dev/disk' }]);
  });

  test('no token for the API server, unless it has an account', () => {
    expect(pod(synth())).toMatchObject({ automount_service_account_token: false });
    expect(pod(synth())).not.toHaveProperty('service_account_name');
    expect(pod(synth({ serviceAccountName: 'reader' }))).toMatchObject({ automount_service_account_token: true, service_account_name: 'reader' });
  });
});

test('helpers have what the main container has: its files, its rights, requests of their own', () => {
  const stack = synth({
    scratchFolders: ['/tmp'],
    initContainers: [{ name: 'migrate', image: 'app:1', command: ['migrate'], env: { A: 'b' } }],
    sidecars: [{ name: 'proxy', image: 'proxy:1', resources: { cpuMillicores: 100, memoryMib: 64 } }],
  });
  const [main, proxy] = pod(stack).container;
  const [migrate] = pod(stack).init_container;
  expect([migrate.name, main.name, proxy.name]).toEqual(['migrate', 'app', 'proxy']);
  for (const helper of [migrate, proxy]) {
    expect(helper.security_context).toEqual(main.security_context);
    expect(helper.volume_mount).toEqual(main.volume_mount);
    expect(helper).not.toHaveProperty('readiness_probe');
  }
  expect(migrate.resources.requests).toEqual({ cpu: '250m', memory: '512Mi' });
  expect(proxy.resources).toEqual({ requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '64Mi' } });
});

test('where it runs', () => {
  const stack = synth({
    nodeSelector: { tier: 'gpu' },
    tolerations: [
      { key: 'gpu', effect: 'NoSchedule' },
      { key: 'team', value: 'a' },
    ],
    imagePullSecrets: ['registry'],
  });
  expect(pod(stack)).toMatchObject({
    node_selector: { tier: 'gpu' },
    toleration: [
      { key: 'gpu', operator: 'Exists', effect: 'NoSchedule' },
      { key: 'team', operator: 'Equal', value: 'a' },
    ],
    image_pull_secrets: [{ name: 'registry' }],
  });
});

describe('images', () => {
  const images = (replace: boolean) => {
    let list: ReturnType<typeof ClusterAddons.of>['images'] = [];
    const stack = synthOn({ openstack: false }, (scope, cluster) => {
      if (replace) ImageRegistries.replace(cluster, { all: 'harbor.example.com/mirror' });
      const variable = new TerraformVariable(scope, 'image', {}).stringValue;
      new Workload(scope, 'App', {
        cluster,
        image: 'nginx:1.29',
        initContainers: [{ name: 'init', image: 'quay.io/team/init:1' }],
        sidecars: [{ name: 'side', image: variable }],
      });
      list = ClusterAddons.of(cluster).images;
    });
    const { container: containers, init_container: inits } = pod(stack);
    return { list: list.filter(({ usedBy }) => usedBy === 'default/app'), used: [...inits, ...containers].map(({ image }: any) => image) };
  };

  test('stay as they are written, and are in the list of what the cluster runs', () => {
    const { used, list } = images(false);
    expect(used).toEqual(['quay.io/team/init:1', 'nginx:1.29', '${var.image}']);
    expect(list.map(({ source }) => source)).toEqual(['docker.io/library/nginx:1.29', 'quay.io/team/init:1']);
  });

  test("come from the site's registry where registries are replaced", () => {
    const { used, list } = images(true);
    expect(used).toEqual(['harbor.example.com/mirror/team/init:1', 'harbor.example.com/mirror/library/nginx:1.29', '${var.image}']);
    expect(list.map(({ image }) => image).sort()).toEqual(used.slice(0, 2).sort());
  });
});

const claimed =
  (options: Partial<ConstructorParameters<typeof CinderVolumeClaim>[2]>, props: Partial<WorkloadProps> = {}) =>
  (cluster: TestCluster) => ({
    ...props,
    mounts: [{ claim: new CinderVolumeClaim(cluster, 'Data', { cluster, sizeGib: 5, ...options }), path: '/data' }],
  });

test.each<[string, Partial<WorkloadProps>, RegExp, Parameters<typeof synth>[1]?]>([
  [
    'replicas and autoscaling',
    { replicas: 2, autoscaling: { minReplicas: 1, maxReplicas: 2 } },
    /replicas and autoscaling exclude each other, got 2/,
  ],
  ['more at least than at most', { autoscaling: { minReplicas: 3, maxReplicas: 2 } }, /maxReplicas must be a whole number from 3 to 1000, got 2/],
  ['a check of no port', { port: undefined, healthCheck: HealthCheck.http('/x') }, /healthCheck asks a port.*got "http"; give port/],
  ['a variable of two kinds', { env: { A: '1' }, configEnv: { A: { name: 'c', key: 'k' } } }, /stands in both env and configEnv, got "A"/],
  ['two containers of one name', { sidecars: [{ name: 'app', image: 'a:1' }] }, /name of a container must be unique, got "app"/],
  ['a sidecar with a secret', { sidecars: [{ name: 's', image: 'a:1', env: { TOKEN: 'x' } }] }, /env\.TOKEN is a secret/],
  ['an image of a helper', { initContainers: [{ name: 's', image: 'A b' }] }, /image is not the name of a container image, got "A b"/],
  ['a path twice', { scratchFolders: ['/tmp'], configFiles: { '/tmp': '' } }, /path in the container must be unique, got "\/tmp"/],
  ['two files of one key', { configFiles: { '/a/b': '', '/a-b': '' } }, /configFiles, without its slashes, must be unique, got "a-b"/],
  ['a relative path', { configFiles: { 'a.conf': '' } }, /path must be an absolute path.*got "a\.conf"/],
  ['a toleration of no effect', { tolerations: [{ key: 'a', effect: 'NoRun' }] }, /effect of a toleration is not known, got "NoRun"/],
  ['root', { security: { runAsUser: 0 } }, /security\.runAsUser must be a whole number from 1/],
  ['an account of no name', { serviceAccountName: 'A b' }, /serviceAccountName must be .*got "A b"/],
  ['replicas of one volume', { replicas: 2 }, /2 replicas can't share the claim data.*got "ReadWriteOnce"/, claimed({})],
  [
    'a claim of another namespace',
    {},
    /claim data is of another namespace, and can't be mounted in default, got "shop"/,
    claimed({ namespace: 'shop' }),
  ],
])('%s is an error', (_, props, message, ...[before]) => {
  expect(() => synth(props, before)).toThrow(message);
});

test('a device of several nodes may be shared', () => {
  const stack = synth({ replicas: 2 }, claimed({ accessMode: VolumeAccessMode.READ_WRITE_MANY, rawBlock: true }));
  expect(deployment(stack).spec.replicas).toBe('2');
});

test('security is restricted by default, and less by name alone', () => {
  const restricted = synth();
  expect(pod(restricted).security_context).toMatchObject({ run_as_non_root: true, seccomp_profile: { type: 'RuntimeDefault' } });
  expect(container(restricted).security_context).toMatchObject({ allow_privilege_escalation: false, capabilities: { drop: ['ALL'] } });
  expect(pod(synth({ security: { level: PodSecurityLevel.BASELINE } })).security_context.run_as_non_root).toBe(false);
});
