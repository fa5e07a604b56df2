import { TerraformVariable } from 'cdktf';
import { CinderCsi } from '../../lib/kubernetes/addons/cinder-csi/cinder-csi';
import { HealthCheck } from '../../lib/workloads/health-check';
import { PodSecurityLevel } from '../../lib/workloads/pod-options';
import { StatefulWorkload, StatefulWorkloadProps } from '../../lib/workloads/stateful-workload';
import { synthOn } from '../kubernetes/addons/cluster';
import { Synthesised } from '../support/synth';

const app = { image: 'registry.example.com/team/app:1.2', volume: { sizeGib: 10, mountPath: '/var/lib/app' }, port: 8080 };

function synth(props: Partial<StatefulWorkloadProps> = {}, id = 'App', look: (workload: StatefulWorkload) => void = () => undefined): Synthesised {
  return synthOn({ openstack: false }, (stack, cluster) => look(new StatefulWorkload(stack, id, { cluster, ...app, ...props })));
}
const set = (stack: Synthesised) => stack.resource('kubernetes_stateful_set_v1');
const pod = (stack: Synthesised) => set(stack).spec.template.spec;
const container = (stack: Synthesised) => pod(stack).container[0];
const env = (stack: Synthesised) =>
  Object.fromEntries((container(stack).env ?? []).map((entry: any) => [entry.name, entry.value ?? entry.value_from.secret_key_ref]));

describe('postgres:17, as the first example of the design has it', () => {
  const postgres = () =>
    synthOn({ openstack: false }, (stack, cluster) => {
      new StatefulWorkload(stack, 'Postgres', {
        cluster,
        image: 'postgres:17',
        volume: { sizeGib: 20, mountPath: '/var/lib/postgresql/data' },
        port: 5432,
      });
    });

  test('runs as the user of the image, with its data in a folder of its own', () => {
    const stack = postgres();
    expect(pod(stack).security_context).toMatchObject({ run_as_user: '999', run_as_group: '999', fs_group: '999', run_as_non_root: true });
    expect(env(stack).PGDATA).toBe('/var/lib/postgresql/data/pgdata');
    expect(container(stack).volume_mount).toEqual([{ name: 'data', mount_path: '/var/lib/postgresql/data' }]);
  });

  test('has a password that nobody wrote down', () => {
    const stack = postgres();
    expect(env(stack).POSTGRES_PASSWORD).toEqual({ name: 'postgres-credentials', key: 'POSTGRES_PASSWORD' });
    expect(stack.resource('kubernetes_secret_v1').data.POSTGRES_PASSWORD).toMatch(/^\$\{random_password\.[\w-]+\.result\}$/);
    expect(stack.resource('random_password')).toMatchObject({ length: 32, special: false });
    expect(stack.json.provider.random).toBeDefined();
  });

  test('takes a password from a Secret that is there', () => {
    const stack = synth({ image: 'postgres:17', secretEnv: { POSTGRES_PASSWORD: { name: 'mine', key: 'pw' } } });
    expect(env(stack).POSTGRES_PASSWORD).toEqual({ name: 'mine', key: 'pw' });
    expect(stack.resources('random_password')).toEqual({});
    expect(stack.resources('kubernetes_secret_v1')).toEqual({});
  });

  test('from 18 on it refuses a volume where older versions had their data', () => {
    const volume = { sizeGib: 1, mountPath: '/var/lib/postgresql/data' };
    expect(() => synth({ image: 'postgres:18.1', volume })).toThrow(
      'test/App: the image postgres:18.1 stops if a volume is mounted there, got "/var/lib/postgresql/data"; mount it at /var/lib/postgresql',
    );
    expect(env(synth({ image: 'postgres:18', volume: { ...volume, mountPath: '/var/lib/postgresql' } })).PGDATA).toBe('/var/lib/postgresql/pgdata');
  });
});

test('an image that is not known gets nothing by guess', () => {
  const stack = synth({ image: 'quay.io/someone/postgres:17' });
  expect(env(stack)).toEqual({});
  expect(pod(stack).security_context).not.toHaveProperty('run_as_user');
  expect(stack.resources('random_password')).toEqual({});
});

describe('claims', () => {
  test('are one a replica, by the names that the StatefulSet looks for, and nobody waits for them to be bound', () => {
    const stack = synth({ replicas: 2, volume: { ...app.volume, storageClass: 'cinder-retain' } });
    const claims = Object.values(stack.resources('kubernetes_persistent_volume_claim_v1'));
    expect(claims.map(({ metadata }) => metadata.name)).toEqual(['data-app-0', 'data-app-1']);
    for (const claim of claims) {
      expect(claim).toMatchObject({
        wait_until_bound: false,
        spec: { access_modes: ['ReadWriteOnce'], storage_class_name: 'cinder-retain', resources: { requests: { storage: '10Gi' } } },
      });
    }
    expect(set(stack).spec.volume_claim_template[0].metadata.name).toBe('data');
    expect(set(stack).spec.replicas).toBe('2');
  });

  test('grow in place: only the size of a claim changes, and the template of the set is left alone', () => {
    const [small, large] = [10, 20].map((sizeGib) => synth({ volume: { ...app.volume, sizeGib } }));
    const size = (stack: Synthesised) => stack.resource('kubernetes_persistent_volume_claim_v1').spec.resources.requests.storage;
    expect([size(small), size(large)]).toEqual(['10Gi', '20Gi']);
    expect(set(small).lifecycle.ignore_changes).toEqual(['spec[0].volume_claim_template']);
  });

  test('are never replaced by another StorageClass', () => {
    expect(synth().resource('kubernetes_persistent_volume_claim_v1').lifecycle.ignore_changes).toEqual(
      expect.arrayContaining(['spec[0].storage_class_name', 'spec[0].access_modes']),
    );
  });

  test('outlive the pods, and are gone before the storage driver', () => {
    const stack = synthOn({}, (scope, cluster) => {
      new StatefulWorkload(scope, 'App', { cluster, ...app });
      new CinderCsi(scope, 'CinderCsi', { cluster });
    });
    expect(set(stack).depends_on).toContainEqual(expect.stringMatching(/^kubernetes_persistent_volume_claim_v1\.App_Claim-0_/));
    expect(stack.resource('kubernetes_persistent_volume_claim_v1').depends_on).toContainEqual(
      expect.stringMatching(/^helm_release\.CinderCsi_Release_/),
    );
  });
});

describe('security', () => {
  test('is restricted by default', () => {
    const stack = synth();
    expect(pod(stack)).toMatchObject({
      automount_service_account_token: false,
      enable_service_links: false,
      security_context: { run_as_non_root: true, fs_group: '10001', seccomp_profile: { type: 'RuntimeDefault' } },
    });
    expect(container(stack).security_context).toMatchObject({
      allow_privilege_escalation: false,
      privileged: false,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('is baseline for images that must begin as root, which is then nobody else', () => {
    const stack = synth({ image: 'postgres:17', security: { level: PodSecurityLevel.BASELINE } });
    expect(pod(stack).security_context).toMatchObject({ run_as_non_root: false });
    expect(pod(stack).security_context).not.toHaveProperty('run_as_user');
    expect(container(stack).security_context).toEqual({ privileged: false });
  });

  test('runs as whom it is told', () => {
    expect(pod(synth({ security: { runAsUser: 1000 } })).security_context).toMatchObject({
      run_as_user: '1000',
      run_as_group: '1000',
      fs_group: '1000',
    });
    expect(() => synth({ security: { runAsUser: 0 } })).toThrow(/security\.runAsUser must be a whole number from 1 .*got 0/);
  });

  test('a namespace that is made admits what the workload needs, and is made once', () => {
    const stack = synthOn({ openstack: false }, (scope, cluster) => {
      new StatefulWorkload(scope, 'One', { cluster, ...app, namespace: 'shop', createNamespace: true });
      new StatefulWorkload(scope, 'Two', { cluster, ...app, namespace: 'shop', createNamespace: true });
    });
    expect(stack.resource('kubernetes_namespace_v1').metadata).toMatchObject({
      name: 'shop',
      labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
    });
    for (const claim of Object.values(stack.resources('kubernetes_persistent_volume_claim_v1'))) {
      expect(claim.depends_on).toContainEqual(expect.stringMatching(/^kubernetes_namespace_v1\.Namespace-shop/));
    }
  });
});

describe('names', () => {
  test.each([
    ['Postgres', 'postgres'],
    ['MyShopDb', 'my-shop-db'],
    ['db_1', 'db-1'],
  ])('%s becomes %s', (id, name) => {
    let workload: StatefulWorkload | undefined;
    const stack = synth({}, id, (made) => (workload = made));
    expect(set(stack).metadata).toMatchObject({ name, namespace: 'default' });
    expect(set(stack).spec.service_name).toBe(name);
    expect(workload!.host).toBe(`${name}.default.svc.cluster.local`);
    expect(stack.resource('kubernetes_service_v1')).toMatchObject({
      metadata: { name },
      spec: { cluster_ip: 'None', selector: workload!.selectorLabels },
    });
    expect(set(stack).spec.template.metadata.labels).toMatchObject(workload!.selectorLabels);
  });
});

test('a secret may come by reference, never as a literal', () => {
  expect(() => synth({ env: { DB_PASSWORD: 'hunter2' } })).toThrow(
    'test/App: env.DB_PASSWORD is a secret that would stand in the synthesised files; put it into a Secret and name that in secretEnv',
  );
  const stack = synthOn({ openstack: false }, (scope, cluster) => {
    const password = new TerraformVariable(scope, 'password', { sensitive: true }).stringValue;
    new StatefulWorkload(scope, 'App', {
      cluster,
      ...app,
      env: { DB_PASSWORD: password, TOKEN_TTL: '3600' },
      generatedPasswords: ['ADMIN_PASSWORD'],
    });
  });
  expect(env(stack)).toEqual({
    DB_PASSWORD: '${var.password}',
    TOKEN_TTL: '3600',
    ADMIN_PASSWORD: { name: 'app-credentials', key: 'ADMIN_PASSWORD' },
  });
});

test('resources are quantities', () => {
  expect(container(synth({ resources: { cpuMillicores: 1500, cpuLimitMillicores: 2000, memoryMib: 1024, memoryLimitMib: 1536 } })).resources).toEqual(
    {
      requests: { cpu: '1500m', memory: '1Gi' },
      limits: { cpu: '2', memory: '1536Mi' },
    },
  );
});

test.each<[string, HealthCheck, object | undefined]>([
  ['TCP', HealthCheck.tcp(), { tcp_socket: [{ port: 'main' }] }],
  ['HTTP', HealthCheck.http('/healthz'), { http_get: { path: '/healthz', port: 'main' } }],
  ['a command', HealthCheck.command(['pg_isready']), { exec: { command: ['pg_isready'] } }],
  ['nothing', HealthCheck.none(), undefined],
])('is checked by %s', (_, healthCheck, probe) => {
  const { startup_probe, readiness_probe, liveness_probe } = container(synth({ healthCheck }));
  for (const found of [startup_probe, readiness_probe, liveness_probe]) {
    if (probe) expect(found).toMatchObject(probe);
    else expect(found).toBeUndefined();
  }
});

test('numbers that are not known at synth go through', () => {
  const stack = synthOn({ openstack: false }, (scope, cluster) => {
    const size = new TerraformVariable(scope, 'port', { type: 'number' }).numberValue;
    new StatefulWorkload(scope, 'App', { cluster, ...app, port: size });
  });
  expect(container(stack).port[0].container_port).toBe('${var.port}');
});

test.each<[string, Partial<StatefulWorkloadProps>, RegExp]>([
  ['a name that Kubernetes rejects', { name: 'My_App' }, /name must be lower-case letters.*got "My_App"/],
  ['a name too long for the hash of its revision', { name: 'a'.repeat(53) }, /name must be .*52 characters at most/],
  ['a namespace that Kubernetes rejects', { namespace: 'Shop' }, /namespace must be .*got "Shop"/],
  ['an image that is none', { image: 'post gres' }, /image is not the name of a container image, got "post gres"/],
  ['an image in capitals', { image: 'Registry/App' }, /image is not the name/],
  ['port 0', { port: 0 }, /port must be a whole number from 1 to 65535, got 0/],
  ['no size', { volume: { sizeGib: 0, mountPath: '/x' } }, /volume\.sizeGib must be a whole number from 1/],
  ['half a GiB', { volume: { sizeGib: 0.5, mountPath: '/x' } }, /volume\.sizeGib must be a whole number/],
  ['a relative path', { volume: { sizeGib: 1, mountPath: 'data' } }, /volume\.mountPath must be an absolute path.*got "data"/],
  ['the root', { volume: { sizeGib: 1, mountPath: '/' } }, /volume\.mountPath/],
  ['a class that Kubernetes rejects', { volume: { sizeGib: 1, mountPath: '/x', storageClass: 'Fast' } }, /volume\.storageClass must be .*got "Fast"/],
  ['minus one replica', { replicas: -1 }, /replicas must be a whole number from 0 to 1000, got -1/],
  ['a variable that no shell takes', { env: { 'a-b': 'c' } }, /environment variable must be letters.*got "a-b"/],
  ['a variable twice', { env: { A: '1' }, secretEnv: { A: { name: 's', key: 'k' } } }, /stands in both env and secretEnv, got "A"/],
  ['a password twice', { secretEnv: { A: { name: 's', key: 'k' } }, generatedPasswords: ['A'] }, /generated password and another value, got "A"/],
  [
    'a limit under the request',
    { resources: { memoryMib: 512, memoryLimitMib: 256 } },
    /memoryLimitMib must not be less than memoryMib, got \[256,512\]/,
  ],
  ['a CPU limit under the default request', { resources: { cpuLimitMillicores: 100 } }, /cpuLimitMillicores must not be less/],
  ['a label that Kubernetes rejects', { labels: { team: 'a b' } }, /labels team has a value that Kubernetes rejects, got "a b"/],
  ['a selector that Kubernetes rejects', { nodeSelector: { '-x': 'y' } }, /nodeSelector has a key that Kubernetes rejects, got "-x"/],
  ['a probe without a path', { healthCheck: HealthCheck.http('healthz') }, /path of HealthCheck\.http must begin with "\/", got "healthz"/],
  ['a command of nothing', { healthCheck: HealthCheck.command([]) }, /HealthCheck\.command is empty/],
])('%s is an error', (_, props, message) => {
  expect(() => synth(props)).toThrow(message);
  expect(() => synth(props)).toThrow(/^test\/App: /);
});
