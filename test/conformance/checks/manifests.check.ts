import { LoadBalancerProvider } from '../../../lib/contracts/openstack-cloud';
import { CinderCsi } from '../../../lib/kubernetes/addons/cinder-csi/cinder-csi';
import { ReclaimPolicy } from '../../../lib/kubernetes/addons/cinder-csi/cinder-storage-class';
import { OpenStackCloudController } from '../../../lib/kubernetes/addons/openstack-cloud-controller/openstack-cloud-controller';
import { HealthCheck } from '../../../lib/workloads/health-check';
import { ExternalTrafficPolicy, PublicService, ServiceProtocol } from '../../../lib/workloads/public-service';
import { StatefulWorkload } from '../../../lib/workloads/stateful-workload';
import { PodSecurityLevel } from '../../../lib/workloads/pod-options';
import { synthOn } from '../../kubernetes/addons/cluster';
import type { Block } from '../../support/synth';
import { APISERVER_NEEDS, type ApiServer, startApiServer } from '../harness/apiserver';
import type { Check } from '../harness/check';
import { exec } from '../harness/process';
import { manifestsOf } from '../manifests';

/** Everything that the add-ons and workloads can make, most options set somewhere. */
function objects(): Block[] {
  const zones = [
    { compute: 'az1', volume: 'ceph1' },
    { compute: 'az2', volume: 'ceph2' },
  ];
  const stack = synthOn({ zones, caCertificatePem: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n' }, (scope, cluster) => {
    new OpenStackCloudController(scope, 'Ccm', { cluster });
    new CinderCsi(scope, 'CinderCsi', {
      cluster,
      storageClasses: [
        { name: 'fast', volumeType: 'ssd', isDefault: true, fileSystem: 'xfs', mountOptions: ['noatime'] },
        { name: 'kept', reclaimPolicy: ReclaimPolicy.RETAIN, computeZones: ['az1'] },
      ],
    });
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
    new PublicService(scope, 'Web', {
      cluster,
      selector: { app: 'web' },
      port: 443,
      targetPort: 8443,
      namespace: 'restricted',
      sourceRanges: ['198.51.100.0/24'],
      floatingIp: '203.0.113.9',
      octavia: { proxyProtocol: true, timeoutClientData: 60000, availabilityZone: 'az1' },
    });
  });
  const ovn = synthOn({ provider: LoadBalancerProvider.OVN }, (scope, cluster) => {
    new PublicService(scope, 'Dns', { cluster, selector: { app: 'dns' }, port: 53, protocol: ServiceProtocol.UDP });
  });
  return [...manifestsOf(stack.json), ...manifestsOf(ovn.json)];
}

const named = (manifest: Block) => `${manifest.kind} ${manifest.metadata.namespace ?? ''}/${manifest.metadata.name}`;

/** A pod as the controller of a StatefulSet would make it: admission looks at pods. */
const podOf = (set: Block): Block => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...set.spec.template.metadata, name: `${set.metadata.name}-0`, namespace: set.metadata.namespace },
  spec: {
    ...set.spec.template.spec,
    volumes: set.spec.volumeClaimTemplates.map(({ metadata: { name } }: Block) => ({
      name,
      persistentVolumeClaim: { claimName: `${name}-${set.metadata.name}-0` },
    })),
  },
});

/** Namespaces, and the service account that the controller manager would put into each. */
async function prepare(server: ApiServer, namespaces: readonly Block[]): Promise<void> {
  for (const namespace of namespaces) {
    await server.kubectl(['apply', '-f', '-'], JSON.stringify(namespace));
    await server.kubectl(['create', 'serviceaccount', 'default', '-n', namespace.metadata.name]);
  }
}

export const checks: readonly Check[] = [
  {
    name: 'a real apiserver takes every object that add-ons and workloads make, and Pod Security their pods',
    needs: APISERVER_NEEDS,
    run: async (context) => {
      const all = objects();
      const namespaces = all.filter(({ kind }) => kind === 'Namespace');
      const server = await startApiServer(context);
      await prepare(server, namespaces);
      const sets = all.filter(({ kind }) => kind === 'StatefulSet');
      if (sets.length !== 4 || namespaces.length !== 2) {
        throw new Error(`expected 4 StatefulSets and 2 namespaces, found ${sets.length} and ${namespaces.length}`);
      }

      for (const manifest of [...all, ...sets.map(podOf)]) {
        const { output } = await server
          .kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], JSON.stringify(manifest))
          .catch((error: Error) => {
            throw new Error(`${named(manifest)}: ${error.message}`);
          });
        if (/^Warning:/m.test(output) && manifest.metadata.namespace !== 'baseline') throw new Error(`${named(manifest)}:\n${output}`);
      }
      context.log(`${all.length} objects and ${sets.length} pods`);

      // the instrument must be able to say no
      const rooted = podOf(sets.find(({ metadata }) => metadata.name === 'rooted')!);
      const intruder = { ...rooted, metadata: { ...rooted.metadata, namespace: 'restricted' } };
      const { code, output } = await exec(
        `${context.value('KUBERNETES_BIN')}/kubectl`,
        ['--kubeconfig', server.kubeconfig, 'apply', '--dry-run=server', '-f', '-'],
        {
          input: JSON.stringify(intruder),
        },
      );
      if (code === 0 || !output.includes('violates PodSecurity "restricted')) {
        throw new Error(`a pod that may be root was let into the restricted namespace:\n${output}`);
      }
    },
  },
];
