import * as path from 'node:path';
import type { Construct } from 'constructs';
import type { IKubernetesCluster } from '../../../lib/contracts/kubernetes-cluster';
import { LoadBalancerProvider } from '../../../lib/contracts/openstack-cloud';
import { IpFamily } from '../../../lib/core/ip-family';
import { CinderCsi } from '../../../lib/kubernetes/addons/cinder-csi/cinder-csi';
import { ReclaimPolicy } from '../../../lib/kubernetes/addons/cinder-csi/cinder-storage-class';
import { OpenStackCloudController } from '../../../lib/kubernetes/addons/openstack-cloud-controller/openstack-cloud-controller';
import { CinderVolumeClaim } from '../../../lib/workloads/cinder-volume-claim';
import { growsOnly, keepsSource } from '../../../lib/workloads/claim-guard';
import { scheduleProblem } from '../../../lib/workloads/cron-schedule';
import { HealthCheck } from '../../../lib/workloads/health-check';
import { InternalService } from '../../../lib/workloads/internal-service';
import { IpFamilyPolicy } from '../../../lib/workloads/ip-family-policy';
import { NetworkPeer } from '../../../lib/workloads/network-peer';
import { NetworkPolicy } from '../../../lib/workloads/network-policy';
import { PodSecurityLevel } from '../../../lib/workloads/pod-options';
import { ExternalTrafficPolicy, PublicService } from '../../../lib/workloads/public-service';
import { ReplicaSpread } from '../../../lib/workloads/replicated-pod-options';
import { ScheduledWorkload } from '../../../lib/workloads/scheduled-workload';
import { ServiceProtocol } from '../../../lib/workloads/service-port';
import { StatefulWorkload } from '../../../lib/workloads/stateful-workload';
import { VolumeAccessMode, VolumeSource } from '../../../lib/workloads/volume-claim';
import { Workload } from '../../../lib/workloads/workload';
import { synthOn } from '../../kubernetes/addons/cluster';
import type { Block } from '../../support/synth';
import { APISERVER_NEEDS, type ApiServer, KUBERNETES, startApiServer } from '../harness/apiserver';
import type { Check, Context } from '../harness/check';
import { exec } from '../harness/process';
import { Workspace } from '../harness/terraform';
import { manifestsOf } from '../manifests';

/** Everything that the add-ons and workloads can make, most options set somewhere. */
function allObjects(): Block[] {
  const zones = [
    { compute: 'az1', volume: 'ceph1' },
    { compute: 'az2', volume: 'ceph2' },
  ];
  const stack = synthOn(
    { version: KUBERNETES, zones, caCertificatePem: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n' },
    (scope, cluster) => {
      new OpenStackCloudController(scope, 'Ccm', { cluster });
      new CinderCsi(scope, 'CinderCsi', {
        cluster,
        storageClasses: [
          { name: 'fast', volumeType: 'ssd', isDefault: true, fileSystem: 'xfs', mountOptions: ['noatime'] },
          { name: 'kept', reclaimPolicy: ReclaimPolicy.RETAIN, computeZones: ['az1'] },
        ],
      });
      makeWorkloads(scope, cluster);
      const postgres = new StatefulWorkload(scope, 'Postgres', {
        cluster,
        image: 'postgres:17',
        volume: { sizeGib: 20, mountPath: '/var/lib/postgresql/data' },
        port: 5432,
        namespace: 'restricted',
        createNamespace: true,
      });
      new StatefulWorkload(scope, 'App', {
        cluster,
        image: 'registry.example.com:5000/team/app:1.2',
        command: ['/app'],
        args: ['--data', '/data'],
        volume: { sizeGib: 1, mountPath: '/data', storageClass: 'kept' },
        port: 8080,
        replicas: 3,
        namespace: 'restricted',
        env: { MODE: 'fast' },
        secretEnv: { KEY: { name: 'keys', key: 'key' } },
        generatedPasswords: ['ADMIN_PASSWORD'],
        resources: { cpuMillicores: 500, cpuLimitMillicores: 1500, memoryMib: 256, memoryLimitMib: 1024 },
        security: { runAsUser: 1000 },
        healthCheck: HealthCheck.http('/healthz'),
        nodeSelector: { tier: 'general' },
        labels: { team: 'shop' },
      });
      new StatefulWorkload(scope, 'Probed', {
        cluster,
        image: 'app',
        volume: { sizeGib: 1, mountPath: '/data' },
        port: 1,
        namespace: 'restricted',
        healthCheck: HealthCheck.command(['true']),
      });
      new StatefulWorkload(scope, 'Rooted', {
        cluster,
        image: 'legacy:1',
        volume: { sizeGib: 1, mountPath: '/data' },
        port: 80,
        namespace: 'baseline',
        createNamespace: true,
        security: { level: PodSecurityLevel.BASELINE },
      });
      new PublicService(scope, 'PostgresInternal', {
        cluster,
        workload: postgres,
        port: 5432,
        internal: true,
        externalTrafficPolicy: ExternalTrafficPolicy.LOCAL,
      });
      new PublicService(scope, 'Both', {
        cluster,
        selector: { app: 'web' },
        port: 80,
        furtherPorts: [{ name: 'quic', port: 443, targetPort: 8443, protocol: ServiceProtocol.UDP }],
        ipFamilyPolicy: IpFamilyPolicy.PREFER_DUAL_STACK,
        ipFamilies: [IpFamily.V4],
      });
      new PublicService(scope, 'Web', {
        cluster,
        selector: { app: 'web' },
        port: 443,
        targetPort: 8443,
        namespace: 'restricted',
        sourceRanges: ['198.51.100.0/24'],
        floatingIp: '203.0.113.9',
        octavia: { proxyProtocol: true, proxyProtocolVersion: 2, timeoutClientData: 60000, availabilityZone: 'az1', nodeSelector: { tier: 'edge' } },
      });
    },
  );
  const ovn = synthOn({ provider: LoadBalancerProvider.OVN }, (scope, cluster) => {
    new PublicService(scope, 'Dns', { cluster, selector: { app: 'dns' }, port: 53, protocol: ServiceProtocol.UDP });
  });
  return [...manifestsOf(stack.json), ...manifestsOf(ovn.json)];
}

/** Every kind of workload, most options set somewhere. */
function makeWorkloads(scope: Construct, cluster: IKubernetesCluster): void {
  const common = { cluster, namespace: 'restricted' };
  const data = new CinderVolumeClaim(scope, 'Data', { ...common, sizeGib: 2048, storageClass: 'fast' });
  const disk = new CinderVolumeClaim(scope, 'Disk', { ...common, sizeGib: 3, rawBlock: true, accessMode: VolumeAccessMode.READ_WRITE_MANY });
  new CinderVolumeClaim(scope, 'Restored', { ...common, sizeGib: 4, storageClass: 'fast', source: VolumeSource.snapshot('nightly') });
  new CinderVolumeClaim(scope, 'Cloned', {
    ...common,
    sizeGib: 2048,
    accessMode: VolumeAccessMode.READ_WRITE_ONCE_POD,
    source: VolumeSource.clone('data'),
  });
  const shop = new Workload(scope, 'Shop', {
    ...common,
    image: 'registry.example.com/shop:1',
    port: 8080,
    args: ['--home', '${HOME}'],
    configEnv: { LEVEL: { name: 'settings', key: 'level' } },
    secretEnv: { KEY: { name: 'keys', key: 'key' } },
    generatedPasswords: ['ADMIN_PASSWORD'],
    configFiles: { '/etc/shop/shop.yaml': 'mode: fast\n' },
    secretFiles: { '/etc/shop/key.pem': { name: 'tls', key: 'tls.key' } },
    furtherPorts: [{ name: 'metrics', port: 9090 }],
    scratchFolders: ['/tmp'],
    security: { runAsUser: 1000, readOnlyRootFilesystem: true },
    initContainers: [{ name: 'migrate', image: 'shop:1', command: ['migrate'] }],
    sidecars: [{ name: 'proxy', image: 'proxy:1', resources: { cpuMillicores: 50, memoryMib: 32 } }],
    spread: ReplicaSpread.REQUIRED,
    autoscaling: { minReplicas: 2, maxReplicas: 6, memoryPercent: 80 },
    tolerations: [
      { key: 'gpu', effect: 'NoSchedule' },
      { key: 'team', value: 'a' },
    ],
    imagePullSecrets: ['registry'],
    serviceAccountName: 'reader',
    podAnnotations: { 'example.com/a': 'b' },
  });
  const worker = new Workload(scope, 'Worker', {
    ...common,
    image: 'worker:1',
    mounts: [
      { claim: data, path: '/data' },
      { claim: disk, path: '/dev/disk' },
    ],
  });
  new Workload(scope, 'Twice', { ...common, image: 'twice:1', port: 80, replicas: 2 });
  new ScheduledWorkload(scope, 'Backup', {
    ...common,
    image: 'backup:1',
    schedule: '30 2 * * *',
    timeZone: 'Europe/Berlin',
    timeoutSeconds: 3600,
    mounts: [{ claim: data, path: '/data', readOnly: true }],
  });
  new InternalService(scope, 'ShopInternal', { cluster, workload: shop, port: 80, stickyClients: true });
  new InternalService(scope, 'ShopPods', { cluster, workload: shop, headless: true });
  NetworkPolicy.denyAll(scope, 'Closed', common);
  new NetworkPolicy(scope, 'ShopRules', {
    cluster,
    workload: shop,
    ingress: [
      { peer: NetworkPeer.workload(worker) },
      { peer: NetworkPeer.cidr('198.51.100.0/24', { except: ['198.51.100.8/29'] }) },
      { peer: NetworkPeer.anywhere(), ports: [9090] },
    ],
    egress: [{ peer: NetworkPeer.namespace('restricted'), ports: [5432] }],
  });
}

/** The pod's template of a workload. */
const templateOf = ({ kind, spec }: Block): Block => (kind === 'CronJob' ? spec.jobTemplate.spec.template : spec.template);
const WORKLOADS = ['StatefulSet', 'Deployment', 'CronJob'];

/** A pod as the workload's controller would make it: admission looks at pods. */
const podOf = (workload: Block): Block => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...templateOf(workload).metadata, name: `${workload.metadata.name}-0`, namespace: workload.metadata.namespace },
  spec: {
    ...templateOf(workload).spec,
    volumes: [
      ...(templateOf(workload).spec.volumes ?? []),
      ...(workload.spec.volumeClaimTemplates ?? []).map(({ metadata: { name } }: Block) => ({
        name,
        persistentVolumeClaim: { claimName: `${name}-${workload.metadata.name}-0` },
      })),
    ],
  },
});

const listOf = (items: readonly Block[]) => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });

/** Namespaces, and the service account that the controller manager would put into each. */
async function prepare(server: ApiServer, namespaces: readonly Block[]): Promise<void> {
  const accounts = namespaces.flatMap(({ metadata: { name: namespace } }) =>
    ['default', 'reader'].map((name) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } })),
  );
  await server.kubectl(['apply', '-f', '-'], listOf([...namespaces, ...accounts]));
}

/** kubectl, whatever it answers. */
const tryKubectl = (context: Context, server: ApiServer, args: readonly string[], input: string) =>
  exec(`${context.value('KUBERNETES_BIN')}/kubectl`, ['--kubeconfig', server.kubeconfig, ...args], { input });
const DRY_RUN = ['apply', '--dry-run=server', '--validate=strict', '-f', '-'];

/** Where an object that was read back says something else than was written. What else it says is Kubernetes' own. */
function differences(written: unknown, read: unknown, at: string): string[] {
  if (written === undefined || written === null) return [];
  if (typeof written !== 'object') return written === read ? [] : [`${at}: wrote ${JSON.stringify(written)}, read ${JSON.stringify(read)}`];
  // nothing written and nothing kept are the same
  if (Object.keys(written).length === 0 && read === undefined) return [];
  if (Array.isArray(written) && (!Array.isArray(read) || read.length !== written.length)) return [`${at}: another list, ${JSON.stringify(read)}`];
  return Object.entries(written).flatMap(([key, value]) => differences(value, (read as Block | undefined)?.[key], `${at}.${key}`));
}

async function expectKept(server: ApiServer, written: readonly Block[]): Promise<void> {
  const { stdout } = await server.kubectl(['get', '-o', 'json', '-f', '-'], listOf(written));
  const read: Block[] = JSON.parse(stdout).items;
  const key = ({ kind, metadata }: Block) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
  // a Secret's stringData is only ever written
  const found = written.flatMap(({ stringData, ...object }) =>
    differences(
      object,
      read.find((other) => key(other) === key(object)),
      key(object),
    ),
  );
  if (found.length > 0) throw new Error(`what was applied reads otherwise, which would be a change in every plan:\n${found.join('\n')}`);
}

/** What Pod Security must refuse, each a change of a pod that passes. */
const BROKEN: Record<string, (pod: Block) => void> = {
  escalates: ({ spec }) => (spec.containers[0].securityContext.allowPrivilegeEscalation = true),
  capable: ({ spec }) => delete spec.containers[0].securityContext.capabilities,
  unconfined: ({ spec }) => delete spec.securityContext.seccompProfile,
  root: ({ spec }) => [spec.securityContext, spec.containers[0].securityContext].forEach((context) => delete context.runAsNonRoot),
  host: ({ spec }) => (spec.hostNetwork = true),
  helper: ({ spec }) => delete spec.initContainers[0].securityContext,
};

const SCHEDULES = [
  ...['* * * * *', '*/5 0-6 1,15 jan-MAR Mon-fri', '0 0 ? * 6', '59 23 31 12 0', '10-20/2 * * * *', '5/10 * * * *', '@daily', '@hourly', '@annually'],
  ...['60 * * * *', '* 5-4 * * *', '* * 0 * *', '* * * foo *', '* * * * 7', '*/0 * * * *', '* * * *', '@noon', '-1 * * * *', '5- * * * *'],
];

/** The conditions that guard claims, as Terraform computes them: [objects, condition, expected]. */
function guardCases(real: Block): [Block[], (objects: string) => string, boolean][] {
  const of = (storage?: string) => [{ status: storage === undefined ? { phase: 'Pending' } : { capacity: { storage } } }];
  const sized = (storage: string | undefined, gib: number, expected: boolean): [Block[], (objects: string) => string, boolean] => [
    of(storage),
    (objects) => growsOnly(objects, gib),
    expected,
  ];
  const restored = [{ spec: { dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'nightly' } } }];
  const snapshot = VolumeSource.snapshot('nightly');
  return [
    [[], (objects) => growsOnly(objects, 1), true],
    ...([9, 10, 11] as const).map((gib) => sized('10Gi', gib, gib >= 10)),
    ...[sized('1Ti', 1023, false), sized('1Ti', 1024, true), sized('2048Mi', 1, false), sized('2048Mi', 2, true), sized('1Pi', 1048575, false)],
    ...[sized('10G', 9, false), sized('10G', 10, true), sized('10737418240', 9, false), sized('10737418240', 10, true)],
    ...[sized(undefined, 1, true), sized('much', 1000, false), sized('1Ei', 1000, false)],
    [[real], (objects) => growsOnly(objects, 2), true],
    [[real], (objects) => growsOnly(objects, 1), false],
    [[], (objects) => keepsSource(objects, snapshot), true],
    [restored, (objects) => keepsSource(objects, snapshot), true],
    [restored, (objects) => keepsSource(objects, undefined), false],
    [restored, (objects) => keepsSource(objects, VolumeSource.clone('nightly')), false],
    [[real], (objects) => keepsSource(objects, undefined), true],
    [[real], (objects) => keepsSource(objects, snapshot), false],
  ];
}

async function expectGuards(context: Context, real: Block): Promise<void> {
  const cases = guardCases(real);
  const workspace = new Workspace(context, {
    folder: path.join(context.folder, 'guards'),
    configuration: {
      locals: Object.fromEntries(cases.map(([objects], i) => [`objects${i}`, objects])),
      output: Object.fromEntries(cases.map(([, condition], i) => [`case${i}`, { value: condition(`local.objects${i}`) }])),
    },
  });
  await workspace.init();
  await workspace.apply();
  const outputs = await workspace.outputs();
  cases.forEach(([objects, condition, expected], i) => {
    if (outputs[`case${i}`] === expected) return;
    throw new Error(`${condition('objects')} is ${JSON.stringify(outputs[`case${i}`])} of ${JSON.stringify(objects)}`);
  });
}

/** Binds a claim to a volume, as the controller manager would, and grows it: the API server takes a larger size and refuses a smaller one. */
async function growBound(context: Context, server: ApiServer, storageClassName: string): Promise<Block> {
  const metadata = { name: 'bound', namespace: 'restricted' };
  const claim = (storage: string) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata,
    spec: { accessModes: ['ReadWriteOnce'], storageClassName, volumeName: 'pv-bound', resources: { requests: { storage } } },
  });
  await server.kubectl(['apply', '-f', '-'], JSON.stringify(claim('1Gi')));
  const status = { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '2Gi' } };
  await server.kubectl(['patch', 'pvc', 'bound', '-n', 'restricted', '--subresource=status', '--type=merge', '-p', JSON.stringify({ status })]);
  await server.kubectl(['apply', '-f', '-'], JSON.stringify(claim('3Gi')));
  const { code, output } = await tryKubectl(context, server, ['apply', '-f', '-'], JSON.stringify(claim('1Gi')));
  if (code === 0 || !/less than/.test(output)) throw new Error(`a claim was shrunk below its capacity:\n${output}`);
  return JSON.parse((await server.kubectl(['get', 'pvc', 'bound', '-n', 'restricted', '-o', 'json'])).stdout);
}

export const checks: readonly Check[] = [
  {
    name: 'a real apiserver takes and keeps every object that add-ons and workloads make, and Pod Security their pods',
    needs: [...APISERVER_NEEDS, 'terraform'],
    run: async (context) => {
      const all = allObjects();
      const namespaces = all.filter(({ kind }) => kind === 'Namespace');
      const server = await startApiServer(context);
      await prepare(server, namespaces);
      const workloads = all.filter(({ kind }) => WORKLOADS.includes(kind));
      if (workloads.length !== 8 || namespaces.length !== 2) {
        throw new Error(`expected 8 workloads and 2 namespaces, found ${workloads.length} and ${namespaces.length}`);
      }
      const everything = [...all, ...workloads.map(podOf)];
      const baseline = ({ metadata }: Block) => metadata.namespace === 'baseline';
      const { output } = await server.kubectl(DRY_RUN, listOf(everything.filter((object) => !baseline(object))));
      if (/^Warning:/m.test(output)) throw new Error(`the apiserver warns of what workloads make:\n${output}`);
      await server.kubectl(DRY_RUN, listOf(everything.filter(baseline)));
      await server.kubectl(['apply', '--validate=strict', '-f', '-'], listOf(all));
      await expectKept(server, all);
      context.log(`${all.length} objects and ${workloads.length} pods`);

      // the instrument must be able to say no
      const podNamed = (name: string) => podOf(workloads.find(({ metadata }) => metadata.name === name)!);
      const intruder = podNamed('rooted');
      const broken = [
        { ...intruder, metadata: { ...intruder.metadata, namespace: 'restricted' } },
        ...Object.entries(BROKEN).map(([name, change]) => {
          const pod = structuredClone(podNamed('shop'));
          pod.metadata.name = `broken-${name}`;
          change(pod);
          return pod;
        }),
      ];
      const refused = await tryKubectl(context, server, DRY_RUN, listOf(broken));
      for (const { metadata } of broken) {
        if (new RegExp(`pods "${metadata.name}" is forbidden: violates PodSecurity "restricted`).test(refused.output)) continue;
        throw new Error(`the pod ${metadata.name} was let into the restricted namespace:\n${refused.output}`);
      }
      const typo = structuredClone(workloads.find(({ metadata }) => metadata.name === 'twice')!);
      typo.spec.replica = 2;
      const strict = await tryKubectl(context, server, DRY_RUN, JSON.stringify(typo));
      if (strict.code === 0 || !strict.output.includes('unknown field "spec.replica"')) throw new Error(`a typo was accepted:\n${strict.output}`);
      const drifted = all.map((object) =>
        object.kind === 'ConfigMap' ? { ...object, metadata: { ...object.metadata, labels: { a: 'b' } } } : object,
      );
      const unnoticed = await expectKept(server, drifted).then(
        () => true,
        () => false,
      );
      if (unnoticed) throw new Error('an object that reads otherwise was not noticed');
    },
  },
  {
    name: 'schedules are judged as the apiserver does, and claims are guarded from shrinking by conditions that Terraform computes',
    needs: [...APISERVER_NEEDS, 'terraform'],
    run: async (context) => {
      const all = allObjects();
      const server = await startApiServer(context);
      await prepare(
        server,
        all.filter(({ kind }) => kind === 'Namespace'),
      );
      const classes = all.filter(({ kind }) => kind === 'StorageClass');
      await server.kubectl(['apply', '-f', '-'], listOf(classes));

      const job = all.find(({ kind }) => kind === 'CronJob')!;
      const jobs = SCHEDULES.map((schedule, i) => ({ ...job, metadata: { ...job.metadata, name: `s-${i}-x` }, spec: { ...job.spec, schedule } }));
      const { output } = await tryKubectl(context, server, DRY_RUN, listOf(jobs));
      SCHEDULES.forEach((schedule, i) => {
        const accepted = new RegExp(`cronjob\\.batch/s-${i}-x created`).test(output);
        if (accepted === (scheduleProblem(schedule) === undefined)) return;
        throw new Error(`the apiserver ${accepted ? 'takes' : 'refuses'} the schedule ${schedule}, the library doesn't:\n${output}`);
      });
      await expectGuards(context, await growBound(context, server, classes[0].metadata.name));
    },
  },
];
