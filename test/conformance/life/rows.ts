/**
 * What a plan shows for each kind of change, row by row of the table in docs/changes.md, and the changes that are really applied. One stack each, all synthesised
 * at once and planned on the state of the one cluster that stands. Apart from the check, so that a unit test can hold the cases against the table without a cloud.
 */
import { App } from 'cdktf';
import { API_NAME, AT_BIRTH, type Changes, clusterStack } from './cluster';
import { Cni } from '../../../lib/contracts/cni';
import { NodeFlavor } from '../../../lib/contracts/node-flavor';
import { NodeImage } from '../../../lib/contracts/node-image';
import { LoadBalancerProvider } from '../../../lib/contracts/openstack-cloud';
import { KubernetesVersion } from '../../../lib/core/kubernetes-version';
import { ApiEndpoint } from '../../../lib/kubernetes/api-endpoint';
import { ClusterPki } from '../../../lib/kubernetes/cluster-pki';
import { ReadyGate } from '../../../lib/kubernetes/ready-gate';
import { ControlPlaneProps, TaintEffect, WorkerPoolProps } from '../../../lib/kubernetes/worker-pool';

/** What a plan shows: its changes, each by the sign and the address of plans.ts, or words of its refusal. */
export type Expected = readonly string[] | { readonly refused: string };

export interface Case {
  /** The first cell of its row in docs/changes.md, without backquotes. */
  readonly row: string;
  readonly changes: Changes;
  readonly expected: Expected;
  /** Further options of `terraform plan`. */
  readonly options?: readonly string[];
}

const [general] = AT_BIRTH.workerPools;
const { controlPlane } = AT_BIRTH;
const large = NodeFlavor.named('strata-life-large');
const image = NodeImage.byName('strata-life-node-2');
const endpoint = { floatingIp: true, allowedCidrs: ['198.51.100.0/24'], dnsName: API_NAME };
/** A zone with a hypervisor of its own, and what the cloud doesn't have. */
export const OTHER_ZONE = 'strata-life-b';
const NOWHERE = 'strata-life-nowhere';
const slots = (...numbers: number[]) => Object.fromEntries(numbers.map((generation, i) => [`control-plane-${i}`, generation]));
const pools = (...changes: Partial<WorkerPoolProps>[]) => ({ workerPools: changes.map((change) => ({ ...general, ...change })) });
const planes = (change: Partial<ControlPlaneProps>) => ({ controlPlane: { ...controlPlane, ...change } });
const batch = { name: 'batch', replicas: 1 };

/** Variables of generations of authorities: a plan looks at their form alone. */
const pems = (...names: string[]) =>
  names.flatMap((name) => {
    const label = name.endsWith('_key') ? 'PRIVATE KEY' : name.endsWith('_pub') ? 'PUBLIC KEY' : 'CERTIFICATE';
    return ['-var', `prod_2_${name}=-----BEGIN ${label}-----`];
  });
const CERTIFICATES = pems('ca_crt', 'etcd_ca_crt', 'front_proxy_ca_crt', 'sa_pub');

const KEY2 = ['-var', `prod_encryption_key2=${'A'.repeat(43)}=`];

/** What is refused for good. */
const SETTLED =
  "clusterName, network, nodeCidr, podCidr, serviceCidr, kind and address of the API endpoint, the cloud's load-balancer provider, ipv6AddressMode, subnet pools";

const PARTS = 'volumes, rootVolume, additionalPorts or trunk of a pool';

const NOTHING: Expected = [];
/** The steps beside Terraform that follow whenever workers come or go. */
const WORKERS_FOLLOWED = ['-/+ terraform_data.Drainer', '-/+ terraform_data.WorkerToken', '~ terraform_data.Checks_Plan: input output'];
/** And the one before, if it is the program that has them come or go. */
const WORKERS_CHANGED = ['+/- terraform_data.RunnerCheck', ...WORKERS_FOLLOWED];
const worker = (sign: string, pool: string, number: number) => [
  `${sign} compute_instance_v2.workers-${pool}_prod-${pool}-${number}_Server`,
  `${sign} networking_port_v2.workers-${pool}_prod-${pool}-${number}-port_Port`,
];
const pool = (sign: string, name: string, replicas: number) => [
  ...Array.from({ length: replicas }, (_, i) => worker(sign, name, i)).flat(),
  `${sign} compute_servergroup_v2.workers-${name}_ServerGroup`,
  `${sign} terraform_data.workers-${name}_Generation`,
];
const slotRolled = (number: number) => [
  `-/+ compute_instance_v2.control-plane-${number}_Server`,
  `-/+ compute_volume_attach_v2.control-plane-${number}_Server_Attachment-EtcdVolume`,
  '-/+ terraform_data.RollGate',
  `-/+ terraform_data.control-plane-${number}_Generation`,
  '~ networking_port_v2.Rolls_Rolled: tags',
];
const slot = (sign: string, number: number) => [
  `${sign} blockstorage_volume_v3.control-plane-${number}_EtcdVolume`,
  `${sign} compute_instance_v2.control-plane-${number}_Server`,
  `${sign} compute_volume_attach_v2.control-plane-${number}_Server_Attachment-EtcdVolume`,
  `${sign} networking_port_v2.control-plane-${number}_Port`,
  `${sign} terraform_data.control-plane-${number}_Generation`,
];
const poolRolled = (name: string, replicas: number) => [
  ...Array.from({ length: replicas }, (_, i) => worker('+/-', name, i)).flat(),
  `+/- terraform_data.workers-${name}_Generation`,
  ...WORKERS_CHANGED,
];
/** A volume of its own that a worker gets, or loses. */
const SCRATCH = [{ name: 'scratch', sizeGib: 1 }];
const scratch = (sign: string, number: number) => [
  `${sign} blockstorage_volume_v3.workers-general_prod-general-${number}-volume-scratch_Volume`,
  `${sign} ${scratchAttachment(number)}`,
];
const scratchAttachment = (number: number) =>
  `compute_volume_attach_v2.workers-general_prod-general-${number}_Attachment-prod-general-${number}-volume-scratch`;
const podNetworkRules = (sign: string, ...protocols: string[]) =>
  ['control-plane', 'worker'].flatMap((to) =>
    ['control-plane', 'worker'].flatMap((from) =>
      protocols.map((protocol) => `${sign} networking_secgroup_rule_v2.SecurityGroups_${to}-pod-network-${protocol}-of-${to}-from-${from}`),
    ),
  );

/** Planned on the cluster as it was born. */
export const CASES: { readonly [name: string]: Case } = {
  patch: { row: 'patch or minor of version', changes: { version: KubernetesVersion.of('1.35.3') }, expected: NOTHING },
  minor: { row: 'patch or minor of version', changes: { version: KubernetesVersion.V1_36 }, expected: NOTHING },
  image: { row: 'nodeImage', changes: { nodeImage: image }, expected: NOTHING },
  'pool-image': { row: 'nodeImage', changes: pools({ nodeImage: image }), expected: NOTHING },
  'slot-flavor': { row: 'flavor of the control plane or of a pool', changes: planes({ flavor: large }), expected: NOTHING },
  'pool-flavor': { row: 'flavor of the control plane or of a pool', changes: pools({ flavor: large }), expected: NOTHING },
  label: { row: 'labels, taints, cloudInit, metadata and other user data', changes: pools({ labels: { tier: 'other' } }), expected: NOTHING },
  taint: {
    row: 'labels, taints, cloudInit, metadata and other user data',
    changes: pools({ taints: [{ key: 'only', effect: TaintEffect.NO_SCHEDULE }] }),
    expected: NOTHING,
  },
  'user-data': { row: 'labels, taints, cloudInit, metadata and other user data', changes: { cloudInit: { runcmd: [['true']] } }, expected: NOTHING },
  'pool-cloud-init': {
    row: 'labels, taints, cloudInit, metadata and other user data',
    changes: pools({ cloudInit: { runcmd: [['true']] }, metadata: { owner: 'platform' } }),
    expected: NOTHING,
  },
  'slot-zones': { row: 'zones, keyPairName, configDrive', changes: planes({ zones: ['nova', OTHER_ZONE] }), expected: NOTHING },
  'pool-zones': { row: 'zones, keyPairName, configDrive', changes: pools({ zones: [OTHER_ZONE] }), expected: NOTHING },
  'key-pair': { row: 'zones, keyPairName, configDrive', changes: { keyPairName: 'strata-life' }, expected: NOTHING },
  'config-drive': { row: 'zones, keyPairName, configDrive', changes: { configDrive: true }, expected: NOTHING },
  'public-key': {
    row: 'sshPublicKey',
    changes: { sshPublicKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF0vE0e5cQ8Jb5r9o2hXh3XlIYQz5dTt0S7bYq8m2kQd' },
    expected: ['+ compute_keypair_v2.KeyPair'],
  },
  roll: { row: 'controlPlane.generations, one slot', changes: planes({ generations: slots(2) }), expected: slotRolled(0) },
  'two-slots': {
    row: 'controlPlane.generations, two slots, or a second one before the gate was passed',
    changes: planes({ generations: slots(2, 2) }),
    expected: { refused: 'this plan would have control-plane-0 and control-plane-1 without their servers at the same time; raise one' },
  },
  'roll-workers': { row: 'generation of a pool', changes: pools({ generation: 2 }), expected: poolRolled('general', 2) },
  'workers-first': {
    row: 'generation of a pool, or a new worker, with a newer minor than the oldest slot',
    changes: { version: KubernetesVersion.V1_36, ...pools({ generation: 2 }) },
    expected: { refused: 'new workers would have Kubernetes 1.36, and the oldest control-plane slot has 1.35' },
  },
  'new-pool-first': {
    row: 'generation of a pool, or a new worker, with a newer minor than the oldest slot',
    changes: { version: KubernetesVersion.V1_36, ...pools({}, batch) },
    expected: { refused: 'new workers would have Kubernetes 1.36, and the oldest control-plane slot has 1.35' },
  },
  'scale-up': { row: 'replicas of a pool', changes: pools({ replicas: 3 }), expected: [...worker('+', 'general', 2), ...WORKERS_CHANGED] },
  'scale-down': { row: 'replicas of a pool', changes: pools({ replicas: 1 }), expected: [...worker('-', 'general', 1), ...WORKERS_CHANGED] },
  'pool-added': { row: 'a pool added or removed', changes: pools({}, batch), expected: [...pool('+', 'batch', 1), ...WORKERS_CHANGED] },
  'pool-removed': { row: 'a pool added or removed', changes: { workerPools: [] }, expected: [...pool('-', 'general', 2), ...WORKERS_CHANGED] },
  'pool-volume': {
    row: PARTS,
    changes: pools({ volumes: SCRATCH }),
    expected: { refused: 'its servers were made with nothing but their ports, and would have the volumes scratch' },
  },
  'root-volume': {
    row: PARTS,
    changes: pools({ rootVolume: { sizeGib: 5 } }),
    expected: {
      refused: 'its servers were made with nothing but their ports, and would have root volumes: that is settled when a server is made; raise',
    },
  },
  'pool-volume-rolled': {
    row: 'the same, with generation raised',
    changes: pools({ generation: 2, volumes: SCRATCH }),
    expected: [...poolRolled('general', 2), ...scratch('+', 0), ...scratch('+', 1)],
  },
  'more-slots': {
    row: 'more control-plane slots',
    changes: planes({ replicas: 5 }),
    expected: [
      ...slot('+', 3),
      ...slot('+', 4),
      '-/+ terraform_data.RollGate',
      '~ lb_members_v2.Api_Members: member',
      '~ networking_port_v2.Rolls_Rolled: tags',
    ],
  },
  'fewer-slots': {
    row: 'fewer control-plane slots',
    changes: planes({ replicas: 1 }),
    expected: { refused: 'controlPlane.replicas would take away control-plane-1 and control-plane-2 with its etcd member' },
  },
  'fewer-slots-allowed': {
    row: 'fewer control-plane slots',
    changes: planes({ replicas: 1, allowFewerSlots: true }),
    expected: [
      ...slot('-', 1),
      ...slot('-', 2),
      '-/+ terraform_data.RollGate',
      '~ lb_members_v2.Api_Members: member',
      '~ networking_port_v2.Rolls_Rolled: tags',
    ],
  },
  'larger-etcd-volume': {
    row: 'larger etcd volume, or larger volumes of a pool',
    changes: planes({ etcdVolume: { sizeGib: 2 } }),
    expected: [0, 1, 2].map((i) => `~ blockstorage_volume_v3.control-plane-${i}_EtcdVolume: size`),
  },
  'name-servers': {
    row: 'dnsNameservers',
    changes: { dnsNameservers: ['198.51.100.53'] },
    expected: ['~ networking_subnet_v2.Network_Subnet: dns_nameservers'],
  },
  'allowed-cidrs': {
    row: 'allowedCidrs',
    changes: { api: ApiEndpoint.octavia({ ...endpoint, allowedCidrs: ['198.51.100.0/24', '192.88.99.0/24'] }) },
    expected: ['~ lb_listener_v2.Api_Listener: allowed_cidrs'],
  },
  'load-balancer-flavor': {
    row: 'flavorId and availabilityZone of the load balancer',
    changes: { api: ApiEndpoint.octavia({ ...endpoint, flavorId: '9f6fbd7e-0d4b-4f2d-a3ef-5c9c9f6a1c11', availabilityZone: 'other' }) },
    expected: NOTHING,
  },
  'idle-timeout': {
    row: 'idleTimeoutSeconds',
    changes: { api: ApiEndpoint.octavia({ ...endpoint, idleTimeoutSeconds: 3600 }) },
    expected: ['~ lb_listener_v2.Api_Listener: timeout_client_data timeout_member_data'],
  },
  'no-floating-ip': {
    row: 'floatingIp',
    changes: { api: ApiEndpoint.octavia({ ...endpoint, floatingIp: false }) },
    expected: [
      '- networking_floatingip_associate_v2.Api_FloatingIpAssociation',
      '- networking_floatingip_v2.Api_FloatingIp',
      '~ lb_listener_v2.Api_Listener: allowed_cidrs',
    ],
  },
  'api-name': {
    row: 'dnsName of the API',
    changes: { api: ApiEndpoint.octavia({ ...endpoint, dnsName: 'api.prod.example.com' }) },
    expected: ['-/+ terraform_data.ReadyGate_Ready', '~ output.host'],
  },
  'pods-mtu': {
    row: 'podMtu',
    changes: { podMtu: 1380 },
    expected: ['~ networking_port_v2.Rolls_Rolled: tags'],
  },
  'network-mtu': {
    row: 'MTU of the network alone (podMtu keeps that of pods)',
    changes: { below: { tenantNetworkMtu: 1460 }, podMtu: 1400 },
    expected: ['~ networking_network_v2.Network: mtu', '~ networking_port_v2.Rolls_Rolled: tags'],
  },
  'mtu-at-once': {
    row: 'MTU of the network and of pods at once',
    changes: { below: { tenantNetworkMtu: 1460 } },
    expected: { refused: "the MTU of the nodes' network would go from 1450 to 1460 and that of pods from 1400 to 1410 at once" },
  },
  tags: {
    row: 'tags',
    changes: { tags: ['owner=platform'] },
    expected: [
      ...[0, 1, 2].flatMap((i) => [`~ compute_instance_v2.control-plane-${i}_Server: tags`, `~ networking_port_v2.control-plane-${i}_Port: tags`]),
      ...[0, 1].flatMap((i) => worker('~', 'general', i)).map((line) => `${line}: tags`),
      '~ lb_listener_v2.Api_Listener: tags',
      '~ lb_loadbalancer_v2.Api_LoadBalancer: tags',
      '~ networking_floatingip_v2.Api_FloatingIp: tags',
      '~ networking_network_v2.Network: tags',
      '~ networking_port_v2.Rolls_Rolled: tags',
      '~ networking_router_v2.Network_Router: tags',
      '~ networking_secgroup_v2.SecurityGroups_ControlPlane: tags',
      '~ networking_secgroup_v2.SecurityGroups_Worker: tags',
      '~ networking_subnet_v2.Network_Subnet: tags',
    ],
  },
  ssh: {
    row: 'sshAllowedCidrs, bastion',
    changes: { sshAllowedCidrs: ['198.51.100.22/32'] },
    expected: ['control-plane', 'worker'].map((group) => `+ networking_secgroup_rule_v2.SecurityGroups_${group}-ssh-of-${group}-from-1985110022--32`),
  },
  bastion: {
    row: 'sshAllowedCidrs, bastion',
    changes: {
      keyPairName: 'strata-life',
      bastion: { flavor: large, image: NodeImage.byName('strata-life-node'), allowedCidrs: ['198.51.100.22/32'] },
    },
    expected: [
      '+ compute_instance_v2.Bastion_Server',
      '+ networking_floatingip_associate_v2.Bastion_FloatingIpAssociation',
      '+ networking_floatingip_v2.Bastion_FloatingIp',
      '+ networking_port_v2.Bastion_Port',
      '+ networking_secgroup_rule_v2.Bastion_egress-102000--16',
      '+ networking_secgroup_rule_v2.Bastion_egress-169254169254--32',
      '+ networking_secgroup_rule_v2.Bastion_ingress-1985110022--32',
      '+ networking_secgroup_rule_v2.SecurityGroups_control-plane-ssh-of-control-plane-from-reference-0',
      '+ networking_secgroup_rule_v2.SecurityGroups_worker-ssh-of-worker-from-reference-0',
      '+ networking_secgroup_v2.Bastion_SecurityGroup',
    ],
  },
  cni: {
    row: 'cni',
    changes: { cni: Cni.calico() },
    expected: [...podNetworkRules('+', 'tcp-5473', 'udp-4789'), ...podNetworkRules('-', 'icmp', 'tcp-4240', 'udp-8472')],
  },
  credential: {
    row: 'cloudCredentialGeneration',
    changes: { cloudCredentialGeneration: 2 },
    expected: ['+ identity_application_credential_v3.ControllerCredential_ApplicationCredential-2', '~ output.credential'],
  },
  token: {
    row: 'bootstrapToken, a raised generation',
    changes: {},
    options: ['-var', 'prod_bootstrap_token=abcdef.0123456789abcdef'],
    expected: ['-/+ terraform_data.WorkerToken'],
  },
  authorities: {
    row: 'authorities of pki, the next step',
    changes: { pki: ClusterPki.fromVariables({ authorities: ['1', '2'] }) },
    options: CERTIFICATES,
    expected: ['-/+ terraform_data.ReadyGate_Ready', '~ output.host'],
  },
  'authorities-at-once': {
    row: 'authorities of pki, a step left out, or begun before every slot and worker has the one before',
    changes: { pki: ClusterPki.fromVariables({ authorities: ['2'] }) },
    options: [...CERTIFICATES, ...pems('ca_key', 'etcd_ca_key', 'front_proxy_ca_key', 'sa_key')],
    expected: { refused: 'the authorities of pki would become 2, and a slot has 1: they would not trust each other' },
  },
  'authorities-workers-first': {
    row: 'generation of a pool, or a new worker, with a step of authorities that not every slot has',
    changes: { pki: ClusterPki.fromVariables({ authorities: ['1', '2'] }), ...pools({ generation: 2 }) },
    options: CERTIFICATES,
    expected: { refused: 'new workers would have the authorities 1-2, and the slots have 1: roll every slot first' },
  },
  'encryption-key': {
    row: 'security.encryptionKeys, the next step',
    changes: { security: { encryptionKeys: ['key1', 'key2'] } },
    options: KEY2,
    expected: ['~ networking_port_v2.Rolls_Rolled: tags'],
  },
  'encryption-key-at-once': {
    row: 'security.encryptionKeys, another first key or a key less, a step too early',
    changes: { security: { encryptionKeys: ['key2', 'key1'] } },
    options: KEY2,
    expected: { refused: "security.encryptionKeys would become ['key2','key1'], and there is a slot that writes Secrets with another key" },
  },
  network: {
    row: SETTLED,
    changes: {
      otherNetwork: { networkId: '0c6b3cde-7c8f-4b7c-9a2e-0a4d1d0f5a12', subnetId: '0c6b3cde-7c8f-4b7c-9a2e-0a4d1d0f5a13' },
    },
    expected: { refused: 'network was settled as its own when the cluster was made, and would become given' },
  },
  'node-cidr': {
    row: SETTLED,
    changes: { nodeCidr: '10.21.0.0/16' },
    expected: { refused: 'nodeCidr was settled as 10.20.0.0/16 when the cluster was made, and would become 10.21.0.0/16' },
  },
  'pod-cidr': {
    row: SETTLED,
    changes: { podCidr: '10.245.0.0/16' },
    expected: { refused: 'podCidr was settled as 10.244.0.0/16 when the cluster was made, and would become 10.245.0.0/16' },
  },
  'service-cidr': {
    row: SETTLED,
    changes: { serviceCidr: '10.112.0.0/12' },
    expected: { refused: 'serviceCidr was settled as 10.96.0.0/12 when the cluster was made, and would become 10.112.0.0/12' },
  },
  keepalived: {
    row: SETTLED,
    changes: { api: ApiEndpoint.keepalived(endpoint) },
    expected: { refused: 'api was settled as octavia when the cluster was made, and would become keepalived' },
  },
  'vip-address': {
    row: SETTLED,
    changes: { api: ApiEndpoint.octavia({ ...endpoint, vipAddress: '10.20.0.99' }) },
    expected: { refused: 'vipAddress was settled as none when the cluster was made, and would become 10.20.0.99' },
  },
  'load-balancer-provider': {
    row: SETTLED,
    changes: { below: { loadBalancerProvider: LoadBalancerProvider.OVN } },
    expected: { refused: 'loadBalancerProvider was settled as amphora when the cluster was made, and would become ovn' },
  },
  'subnet-pool': {
    row: SETTLED,
    changes: { ipv4SubnetPoolId: '0c6b3cde-7c8f-4b7c-9a2e-0a4d1d0f5a11' },
    expected: { refused: 'ipv4SubnetPoolId was settled as none when the cluster was made, and would become 0c6b3cde-7c8f-4b7c-9a2e-0a4d1d0f5a11' },
  },
  'cluster-name': {
    row: SETTLED,
    changes: { clusterName: 'production', pki: ClusterPki.fromVariables({ prefix: 'prod' }) },
    expected: { refused: 'clusterName was settled as prod when the cluster was made, and would become production' },
  },
};

export interface Step {
  /** The row of docs/changes.md that it proves, if no case does. */
  readonly row?: string;
  readonly changes: Changes;
  readonly expected: Expected;
}

const { V1_35, V1_36 } = KubernetesVersion;
const upgrade = (...generations: number[]) => ({ version: V1_36, ...planes({ generations: slots(...generations) }) });
const UPGRADED = upgrade(2, 2, 2);
const LOST_SLOT = ['+ blockstorage_volume_v3.control-plane-0_EtcdVolume', '+ compute_instance_v2.control-plane-0_Server'];

/** What is applied, one after the other, or refused on the way. */
export const STEPS: { readonly [name: string]: Step } = {
  'as-born': { changes: {}, expected: NOTHING },
  'no-such-flavor': {
    changes: pools({ flavor: NodeFlavor.named(NOWHERE) }),
    expected: { refused: `with data.openstack_compute_flavor_v2.Lookups_Flavor-${NOWHERE}` },
  },
  'no-such-image': {
    changes: { nodeImage: NodeImage.byName(NOWHERE) },
    expected: { refused: `with data.openstack_images_image_v2.Lookups_Image-${NOWHERE}` },
  },
  'no-such-zone': {
    changes: { below: { zones: ['nova', NOWHERE].map((compute) => ({ compute, volume: compute })) }, ...planes({ zones: ['nova', NOWHERE] }) },
    expected: { refused: `Nova has no zone ${NOWHERE}, it has nova, ${OTHER_ZONE}` },
  },
  'no-such-volume-zone': {
    changes: { below: { zones: ['nova', OTHER_ZONE].map((compute) => ({ compute, volume: NOWHERE })) } },
    expected: { refused: `Cinder has no zone ${NOWHERE}, it has nova` },
  },
  'minor-skipped': {
    row: 'a minor skipped, or an older minor, in a slot that is rolled',
    changes: upgrade(2),
    expected: { refused: `control-plane-0 would get Kubernetes ${V1_36.version}, and the oldest slot has 1.34: no minor may be skipped` },
  },
  'upgrade-0-cut': { changes: { ...upgrade(2), readyGate: ReadyGate.enabled({ timeoutSeconds: 10 }) }, expected: slotRolled(0) },
  'upgrade-1-too-early': {
    changes: upgrade(2, 2),
    expected: { refused: 'this plan would have control-plane-0 and control-plane-1 without their servers at the same time' },
  },
  'upgrade-0': { changes: upgrade(2), expected: ['-/+ terraform_data.RollGate', '~ networking_port_v2.Rolls_Rolled: tags'] },
  'upgrade-1': { changes: upgrade(2, 2), expected: slotRolled(1) },
  'upgrade-2': { changes: UPGRADED, expected: slotRolled(2) },
  'back-to-older': {
    row: 'a minor skipped, or an older minor, in a slot that is rolled',
    changes: { version: V1_35, ...planes({ generations: slots(3, 2, 2) }) },
    expected: { refused: 'and the newest slot has 1.36: a cluster cannot go back to an older minor' },
  },
  more: {
    changes: { ...UPGRADED, ...pools({ replicas: 3 }, batch) },
    expected: [...worker('+', 'general', 2), ...pool('+', 'batch', 1), ...WORKERS_CHANGED],
  },
  fewer: {
    changes: { ...UPGRADED, ...pools({}) },
    expected: [...worker('-', 'general', 2), ...pool('-', 'batch', 1), ...WORKERS_CHANGED],
  },
  'workers-rolled': {
    changes: { ...UPGRADED, ...pools({ generation: 2, volumes: SCRATCH }) },
    expected: [...poolRolled('general', 2), ...scratch('+', 0), ...scratch('+', 1)],
  },
  'zone-lost': {
    changes: {
      version: V1_36,
      ...planes({ generations: slots(3, 2, 2), zones: [OTHER_ZONE, 'nova'] }),
      ...pools({ generation: 3, zones: [OTHER_ZONE] }),
    },
    expected: [
      ...slotRolled(0),
      '-/+ blockstorage_volume_v3.control-plane-0_EtcdVolume',
      ...poolRolled('general', 2),
      ...scratch('-', 0),
      ...scratch('-', 1),
    ],
  },
};

/** The last step again, after servers and a volume of it were deleted behind Terraform's back. */
export const HEALED: Expected = [
  ...LOST_SLOT,
  '+ compute_volume_attach_v2.control-plane-0_Server_Attachment-EtcdVolume',
  '+ compute_instance_v2.workers-general_prod-general-1_Server',
  `+ ${scratchAttachment(1)}`,
  '-/+ terraform_data.RollGate',
  ...WORKERS_FOLLOWED,
];

export function build(app: App): void {
  for (const [name, { changes }] of Object.entries({ ...CASES, ...STEPS })) clusterStack(app, name, changes);
}
