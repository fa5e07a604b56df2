/**
 * `npm run demo`: synthesises the example platform-from-bare-metal into cdktf.out/ and tells, layer by layer, what there will be.
 * Needs neither a cloud nor Terraform: everything that is told is read from what was synthesised, or known to the model.
 */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { App, Manifest } from 'cdktf';
import Table from 'cli-table3';
import { parse } from 'yaml';
import { HostRole, OpenStackControlPlane } from 'cdktf-strata';

process.env.CDKTF_OUTDIR = join(__dirname, '..', 'cdktf.out');
// The example is an app of its own, as a user's would be: loading it synthesises it.
const { platform } = require('./platform-from-bare-metal/main') as typeof import('./platform-from-bare-metal/main');

type Block = Record<string, any>;
const app = App.of(platform);
const manifest: { stacks: Record<string, Block> } = JSON.parse(readFileSync(join(app.outdir, Manifest.fileName), 'utf8'));
const stacks = Object.fromEntries(
  Object.entries(manifest.stacks).map(([name, { synthesizedStackPath }]) => [
    name,
    JSON.parse(readFileSync(join(app.outdir, synthesizedStackPath), 'utf8')) as Block,
  ]),
);
const stack = (layer: string) => stacks[`${platform.node.id}-${layer}`];
const resources = (layer: string, type: string): Block[] => Object.values(stack(layer).resource?.[type] ?? {});

const title = (text: string) => console.log(`\n\x1b[1m${text}\x1b[0m`);
const table = (rows: (string | number)[][]) => {
  const out = new Table({ chars: NO_LINES, style: { 'padding-left': 1, 'padding-right': 2 } });
  out.push(...rows.map((row) => row.map(String)));
  console.log(out.toString().replace(/ +$/gm, ''));
};
const NO_LINES = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
    'middle',
  ].map((place) => [place, '']),
);
const gib = (mib: number) => `${Math.round(mib / 1024)} GiB`;

const pool = platform.pool!;
const cloud = platform.openstack as OpenStackControlPlane;
const { cluster } = platform;
console.log(`Platform "${platform.node.id}", from the racks to an application`);

title('1  Bare metal');
table(
  Object.values(HostRole)
    .map((role) => [role, pool.hostsWithRole(role).map(({ name }) => name)] as const)
    .filter(([, hosts]) => hosts.length > 0)
    .map(([role, hosts]) => [role, hosts.length, hosts.join(', ')]),
);
const { computeHosts, vcpus, memoryMib, blockStorageGib } = pool.capacity;
console.log(
  ` for servers: ${vcpus} CPU threads and ${gib(memoryMib)} on ${computeHosts} hosts; ${blockStorageGib} GiB of block storage before replication`,
);

title('2  OpenStack');
const globals: Block = parse(Object.entries(cloud.configurationFiles).find(([path]) => path.endsWith('globals.yml'))![1]);
const extra = Object.keys(globals)
  .filter((key) => /^enable_[a-z]+$/.test(key) && globals[key] === true)
  .map((key) => key.slice('enable_'.length));
table([
  ['release', `${globals.openstack_release}, containers on ${globals.kolla_base_distro}`],
  ['services', ['keystone', 'glance', 'placement', 'nova', 'neutron', 'heat', 'horizon', ...extra].join(', ')],
  ['API', cloud.authUrl],
  ['zones', cloud.zones.map(({ compute }) => compute).join(', ')],
  ['load balancers', `Octavia, ${cloud.loadBalancerProvider}`],
  [
    'external network',
    `${cloud.externalNetworkName}, ${resources('cloud', 'openstack_networking_subnet_v2')
      .map(({ cidr }) => cidr)
      .join(', ')}`,
  ],
  ['tenant networks', `MTU ${cloud.tenantNetworkMtu}`],
  [
    'project',
    `${platform.project!.projectName}, quota ${resources('cloud', 'openstack_compute_quotaset_v2').map(({ instances, cores, ram }) => `${instances} servers, ${cores} CPUs, ${gib(ram)}`)}`,
  ],
]);

title('3  Nova VMs');
const flavors = new Map(
  resources('cloud', 'openstack_compute_flavor_v2').map(({ name, vcpus: cpus, ram, disk }) => [name, `${cpus} CPUs, ${gib(ram)}, ${disk} GiB disk`]),
);
const flavorNames: Block = stack('cluster').data.openstack_compute_flavor_v2;
const flavorOf = (server: Block) => {
  const lookup = /data\.openstack_compute_flavor_v2\.([\w-]+)\./.exec(server.flavor_id ?? '')?.[1];
  const name: string = lookup === undefined ? server.flavor_name : flavorNames[lookup].name;
  return `${name}: ${flavors.get(name)}`;
};
table(resources('cluster', 'openstack_compute_instance_v2').map((server) => [server.name, flavorOf(server), `zone ${server.availability_zone}`]));

title('4  Kubernetes');
const [gate] = resources('cluster', 'terraform_data').filter(({ provisioner }) => provisioner !== undefined);
table([
  ['cluster', `${cluster.clusterName}, Kubernetes ${cluster.version.version}`],
  [
    'endpoint',
    `port 6443 of an Octavia load balancer${resources('cluster', 'openstack_networking_floatingip_v2').length > 0 ? ' with a floating IP' : ''}`,
  ],
  [
    'control plane',
    `${cluster.controlPlaneReplicas} servers, each with a volume for etcd: ${resources('cluster', 'openstack_blockstorage_volume_v3')
      .map(({ size }) => `${size} GiB`)
      .join(', ')}`,
  ],
  ['pod network', `${cluster.cni.name}, ${cluster.podCidr}, MTU ${cluster.podMtu}`],
  ['services', cluster.serviceCidr],
  [
    'add-ons',
    resources('addons', 'helm_release')
      .map(({ chart, version }) => `${chart} ${version}`)
      .join(', '),
  ],
  ['ready gate', gate === undefined ? 'off' : 'the stacks above wait until the API answers'],
]);

title('5  Workloads');
table([
  ...resources('workloads', 'kubernetes_stateful_set_v1').map(({ metadata, spec }) => [
    'stateful set',
    metadata.name ?? metadata[0]?.name,
    JSON.stringify(spec).match(/"image":"([^"]+)"/)?.[1] ?? '',
    `volume of ${JSON.stringify(spec).match(/"storage":"([^"]+)"/)?.[1]} from Cinder`,
  ]),
  ...resources('workloads', 'kubernetes_service_v1')
    .filter(({ spec }) => (spec.type ?? spec[0]?.type) === 'LoadBalancer')
    .map(({ metadata }) => ['service', metadata.name ?? metadata[0]?.name, 'Octavia load balancer', '']),
]);

title('Stacks');
table(
  ['metal', 'cloud', 'cluster', 'addons', 'workloads'].map((layer, i, all) => {
    const name = `${platform.node.id}-${layer}`;
    const count = Object.values(stacks[name].resource ?? {}).reduce((total: number, ofType) => total + Object.keys(ofType as Block).length, 0);
    return [
      name,
      `${count} resources`,
      relative(process.cwd(), join(app.outdir, manifest.stacks[name].synthesizedStackPath)),
      i === 0 ? '' : `after ${platform.node.id}-${all[i - 1]}`,
    ];
  }),
);
console.log(`\nDeploy them with: npx cdktf deploy '*'   (read examples/platform-from-bare-metal/README.md first)`);
