import { join } from 'node:path';
import { App } from 'cdktf';
import {
  ApiEndpoint,
  CinderVolumeClaim,
  Cni,
  HostInventory,
  KubernetesVersion,
  NodeFlavor,
  OpenStackEngine,
  OpenStackKubernetesPlatform,
  OpenStackRelease,
  Provisioner,
  PublicService,
  ScheduledWorkload,
  StatefulWorkload,
} from 'cdktf-strata';

const app = new App();

export const platform = new OpenStackKubernetesPlatform(app, 'prod', {
  // Layer 1: nine hosts that have an operating system and answer to SSH.
  inventory: HostInventory.fromFile(join(__dirname, 'hosts.yaml')),
  provisioner: Provisioner.preprovisioned({ sshUser: 'ubuntu', sshPrivateKeyPath: '~/.ssh/id_ed25519' }),

  // Layer 2: OpenStack by Kolla-Ansible, run on the host with the role `deployment`.
  engine: OpenStackEngine.kolla({
    release: OpenStackRelease.V2026_1,
    internalVip: '10.10.0.250',
    externalVip: '203.0.113.10',
    dnsServers: ['198.51.100.53'],
  }),
  externalNetwork: {
    name: 'public',
    cidr: '203.0.113.0/24',
    physicalNetwork: 'physnet1',
    allocationPools: [{ start: '203.0.113.50', end: '203.0.113.200' }],
  },

  // Layers 3 and 4: servers, and Kubernetes on them.
  kubernetes: {
    version: KubernetesVersion.V1_36,
    cni: Cni.cilium(),
    // The operator's network reaches the API and the services of type LoadBalancer; nobody else does.
    api: ApiEndpoint.octavia({ floatingIp: true, allowedCidrs: ['198.51.100.0/24'] }),
    publicServiceCidrs: ['198.51.100.0/24'],
    controlPlane: { replicas: 3, flavor: NodeFlavor.of({ vcpus: 4, memoryMib: 8192, diskGib: 40 }) },
    workerPools: [{ name: 'general', replicas: 3, flavor: NodeFlavor.of({ vcpus: 8, memoryMib: 16384, diskGib: 80 }), labels: { tier: 'general' } }],
  },
});

// Layer 5: a database that keeps its data on a Cinder volume, reachable from the operator's network by an Octavia load balancer.
const postgres = new StatefulWorkload(platform.workloadsStack, 'Postgres', {
  cluster: platform.cluster,
  image: 'postgres:17',
  volume: { sizeGib: 20, mountPath: '/var/lib/postgresql/data' },
  port: 5432,
});
new PublicService(platform.workloadsStack, 'PostgresService', { cluster: platform.cluster, workload: postgres, port: 5432 });

// Its dump of every weekday, on a volume of its own that outlives the claim.
const backups = new CinderVolumeClaim(platform.workloadsStack, 'Backups', { cluster: platform.cluster, sizeGib: 20, storageClass: 'cinder-retain' });
new ScheduledWorkload(platform.workloadsStack, 'Backup', {
  cluster: platform.cluster,
  image: 'postgres:17',
  schedule: '30 2 * * *',
  command: ['sh', '-c', 'pg_dump --host="$PGHOST" --username=postgres postgres > "/backup/$(date +%u).sql"'],
  env: { PGHOST: postgres.host },
  secretEnv: { PGPASSWORD: { name: postgres.credentialsSecretName!, key: 'POSTGRES_PASSWORD' } },
  security: { runAsUser: 999 },
  mounts: [{ claim: backups, path: '/backup' }],
});

app.synth();
