import { createHash } from 'node:crypto';
import { TerraformStack, TerraformVariable, Token } from 'cdktf';
import { clusterIn } from './cluster-fixture';
import { CiliumRouting, Cni } from '../../lib/contracts/cni';
import { NodeFlavor } from '../../lib/contracts/node-flavor';
import { NodeImage } from '../../lib/contracts/node-image';
import { IOpenStackCloud, LoadBalancerProvider } from '../../lib/contracts/openstack-cloud';
import { KubernetesVersion } from '../../lib/core/kubernetes-version';
import { ApiEndpoint } from '../../lib/kubernetes/api-endpoint';
import { ClusterPki } from '../../lib/kubernetes/cluster-pki';
import { K8sOnNova, K8sOnNovaProps } from '../../lib/kubernetes/k8s-on-nova';
import { ReadyGate } from '../../lib/kubernetes/ready-gate';
import { TaintEffect } from '../../lib/kubernetes/worker-pool';
import { ClusterNetwork } from '../../lib/nova/cluster-network';
import { Block, Synthesised, synthStack } from '../support/synth';

const synth = (props: Partial<K8sOnNovaProps> = {}, cloud: Partial<IOpenStackCloud> = {}) =>
  synthStack((stack) => void clusterIn(stack, props, cloud));

function refusal(props: Partial<K8sOnNovaProps>, cloud: Partial<IOpenStackCloud> = {}): string {
  try {
    synth(props, cloud);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

/** The text of a local, by the beginning of its logical id. */
function local(synthesised: Synthesised, beginning: string): string {
  const found = Object.entries(synthesised.json.locals as Record<string, string>).filter(([name]) => name.startsWith(beginning));
  if (found.length !== 1) throw new Error(`${found.length} locals begin with ${beginning}`);
  return found[0][1];
}

function byName(resources: Record<string, Block>, name: string): Block {
  const found = Object.values(resources).find((resource) => resource.name === name);
  if (!found) throw new Error(`no ${name} among ${Object.values(resources).map((resource) => resource.name)}`);
  return found;
}

const flavor = NodeFlavor.named('m1.large');
const controlPlane = { replicas: 3, flavor };

describe('what is made', () => {
  const cluster = synth();

  test('three slots with a server, a port and an etcd volume each, and the workers', () => {
    const servers = Object.values(cluster.resources('openstack_compute_instance_v2')).map(({ name }) => name);
    expect(servers).toEqual(['prod-control-plane-0', 'prod-control-plane-1', 'prod-control-plane-2', 'prod-general-0', 'prod-general-1']);
    const volumes = Object.values(cluster.resources('openstack_blockstorage_volume_v3'));
    expect(volumes.map(({ name, size, volume_type, availability_zone }) => [name, size, volume_type, availability_zone])).toEqual(
      [0, 1, 2].map((i) => [`prod-control-plane-${i}-etcd`, 20, 'ssd', 'nova']),
    );
    expect(Object.keys(cluster.resources('openstack_compute_volume_attach_v2'))).toHaveLength(3);
  });

  test('terraform-provider-openstack#1190: a changed user_data or image replaces no server', () => {
    for (const server of Object.values(cluster.resources('openstack_compute_instance_v2'))) {
      expect(server.lifecycle.ignore_changes).toEqual(expect.arrayContaining(['user_data', 'image_id']));
    }
  });

  test('CPO#2062, CPO#2038: the node has the name of its server, and no two servers have one', () => {
    const names = Object.values(cluster.resources('openstack_compute_instance_v2')).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const i of [0, 1, 2]) expect(local(cluster, `K8s_control-plane-${i}_CloudConfig_Text`)).toContain(`STRATA_NODE="prod-control-plane-${i}"`);
    expect(cluster.text).toContain('openstack:///$STRATA_INSTANCE');
  });

  test('CAPO#1851: nodes use the address inside the network, which the access list admits', () => {
    const vip = `\${openstack_lb_loadbalancer_v2.${Object.keys(cluster.resources('openstack_lb_loadbalancer_v2'))[0]}.vip_address}`;
    for (const text of [local(cluster, 'K8s_ControlPlane_CloudConfig_Text'), local(cluster, 'K8s_workers-general-cloud-config_Text')]) {
      expect(text).toContain(`STRATA_VIP="${vip}"`);
    }
    expect(JSON.stringify(cluster.resource('openstack_lb_listener_v2').allowed_cidrs)).toContain('10.20.0.0/16');
    expect(local(cluster, 'K8s_workers-general-cloud-config_Text')).not.toContain('floatingip');
  });

  test('the certificates have the name, the inner address and the floating IP', () => {
    const text = local(cluster, 'K8s_ControlPlane_CloudConfig_Text');
    const sans = /certSANs:\n((?: +- .*\n)+)/.exec(text)![1];
    expect(sans).toMatch(/- api\.prod\.internal\n.*vip_address.*\n.*floatingip.*address/s);
  });

  test('zifeo rke2, rke#362: the right to make a cluster is bound for good to the first volume of the first slot, and handed to no other slot', () => {
    const [id, right] = Object.entries(cluster.resources('terraform_data')).find(([name]) => name.startsWith('K8s_ControlPlane_RightToInit'))!;
    expect(right.input).toMatch(/^\$\{openstack_blockstorage_volume_v3\.K8s_control-plane-0_EtcdVolume_.*\.id\}$/);
    expect(right.lifecycle.ignore_changes).toEqual(['input']);
    expect(local(cluster, 'K8s_control-plane-0_CloudConfig_Text')).toContain(`STRATA_INIT_VOLUME="\${terraform_data.${id}.output}"`);
    for (const i of [1, 2]) expect(local(cluster, `K8s_control-plane-${i}_CloudConfig_Text`)).not.toContain('STRATA_INIT_VOLUME');
  });

  test('each slot is told its own volume and address', () => {
    for (const i of [0, 1, 2]) {
      const text = local(cluster, `K8s_control-plane-${i}_CloudConfig_Text`);
      expect(text).toMatch(new RegExp(`STRATA_ETCD_VOLUME="\\$\\{openstack_blockstorage_volume_v3\\.K8s_control-plane-${i}_EtcdVolume_`));
      expect(text).toMatch(new RegExp(`STRATA_ADDRESS="\\$\\{element\\(openstack_networking_port_v2\\.K8s_control-plane-${i}_Port_`));
    }
  });

  test('what slots share stands in one local; their own part is small', () => {
    for (const i of [0, 1, 2]) {
      const own = local(cluster, `K8s_control-plane-${i}_CloudConfig_Text`);
      expect(own).toMatch(/^\$\{local\.K8s_ControlPlane_CloudConfig_Text_\w+\}- path: /);
      expect(own.length).toBeLessThan(1024);
    }
  });

  test('keys of the certificate authorities reach control-plane nodes only', () => {
    const worker = local(cluster, 'K8s_workers-general-cloud-config_Text');
    expect(worker).not.toContain('tls_private_key');
    expect(worker).not.toMatch(/path: \S*\.key\b/);
    expect(worker).not.toContain('path: /etc/strata/kubeadm-init.yaml');
    expect(local(cluster, 'K8s_ControlPlane_CloudConfig_Text')).toContain('/etc/kubernetes/pki/etcd/ca.key');
  });

  test('the bootstrap token is a reference in a file for root alone', () => {
    const worker = local(cluster, 'K8s_workers-general-cloud-config_Text');
    expect(worker).toMatch(/token: "\$\{random_password\.\w+\.result\}\.\$\{random_password\.\w+\.result\}"/);
    expect(worker).toMatch(/path: \/etc\/strata\/discovery\.conf\n {2}permissions: "0600"/);
  });

  test('authorities last ten years and are never replaced by a change of this library', () => {
    for (const certificate of Object.values(cluster.resources('tls_self_signed_cert'))) {
      expect(certificate.validity_period_hours).toBe(87600);
      expect(certificate.lifecycle.ignore_changes).toBe('all');
    }
    expect(cluster.resource('tls_locally_signed_cert').validity_period_hours).toBe(8760);
  });

  test('the administrator can be stopped: not a member of system:masters', () => {
    expect(cluster.resource('tls_cert_request').subject).toEqual([{ common_name: 'kubernetes-admin', organization: 'kubeadm:cluster-admins' }]);
  });

  test('the controllers get a restricted credential with no role that they do not need', () => {
    const credential = cluster.resource('openstack_identity_application_credential_v3');
    expect(credential).toMatchObject({ name: 'prod-controllers', unrestricted: false });
    expect(local(cluster, 'K8s_ControllerCredential_Roles')).toContain('setintersection(["member", "load-balancer_member"]');
    expect(credential.lifecycle.precondition[0].condition).toMatch(/length\(.*\) >= 1/);
  });

  test('terraform-provider-kubernetes#1307: what logs in waits for the gate, by what it reads', () => {
    const gate = Object.entries(cluster.resources('terraform_data')).find(([name]) => name.startsWith('K8s_ReadyGate'))!;
    expect(local(cluster, 'K8s_Kubeconfig')).toContain(`server: "\${terraform_data.${gate[0]}.output}"`);
    expect(gate[1].depends_on).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^openstack_compute_instance_v2\.K8s_control-plane-2_/),
        expect.stringMatching(/^openstack_networking_floatingip_associate_v2\./),
      ]),
    );
  });

  test('the gate is given nothing that Terraform would hide its output for', () => {
    const gate = Object.entries(cluster.resources('terraform_data')).find(([name]) => name.startsWith('K8s_ReadyGate'))![1];
    expect(JSON.stringify(gate)).not.toMatch(/private_key|random_password|var\./);
  });

  test('everything carries the cluster', () => {
    for (const type of [
      'openstack_compute_instance_v2',
      'openstack_networking_port_v2',
      'openstack_lb_loadbalancer_v2',
      'openstack_networking_network_v2',
    ]) {
      for (const resource of Object.values(cluster.resources(type))) expect(resource.tags).toContain('kubernetes-cluster=prod');
    }
  });
});

describe('choices', () => {
  test('CPO: hard anti-affinity only where there is a hypervisor for every slot', () => {
    const policies = (computeHostCount?: number) =>
      Object.values(synth({}, { computeHostCount }).resources('openstack_compute_servergroup_v2')).map(({ name, policies: [policy] }) => [
        name,
        policy,
      ]);
    expect(policies(3)).toEqual([
      ['prod-control-plane', 'anti-affinity'],
      ['prod-general', 'soft-anti-affinity'], // a pool grows
    ]);
    expect(policies(2)[0]).toEqual(['prod-control-plane', 'soft-anti-affinity']);
    expect(policies(undefined)[0]).toEqual(['prod-control-plane', 'soft-anti-affinity']);
  });

  test('a hypervisor more, another flavor, image or version touches neither servers nor their group', () => {
    const stack = synth({}, { computeHostCount: 3 });
    for (const server of Object.values(stack.resources('openstack_compute_instance_v2'))) {
      expect(server.lifecycle.ignore_changes).toEqual(expect.arrayContaining(['user_data', 'image_id', 'flavor_id']));
    }
    for (const group of Object.values(stack.resources('openstack_compute_servergroup_v2'))) {
      expect(group.lifecycle.ignore_changes).toEqual(['policies']);
    }
  });

  test('CAPO#1851: nodes reach the API at the internal address, whatever address clients use', () => {
    const endpoints: unknown[] = [];
    synthStack((stack) => void endpoints.push(clusterIn(stack).nodeApiEndpoint));
    expect(endpoints).toEqual([{ host: expect.stringMatching(/TfToken/), port: 6443 }]);
  });

  test('CPO#2185: an etcd volume lies in the volume zone that belongs to its server', () => {
    const zones = [
      { compute: 'az1', volume: 'ceph1' },
      { compute: 'az2', volume: 'ceph2' },
      { compute: 'az3', volume: 'ceph3' },
    ];
    const cluster = synth({ controlPlane: { ...controlPlane, zones: ['az3', 'az1', 'az2'] } }, { zones });
    expect(byName(cluster.resources('openstack_compute_instance_v2'), 'prod-control-plane-0').availability_zone).toBe('az3');
    expect(byName(cluster.resources('openstack_blockstorage_volume_v3'), 'prod-control-plane-0-etcd').availability_zone).toBe('ceph3');
  });

  test('packets of pods fit into the network: their MTU is what the encapsulation leaves', () => {
    const podMtu = (cni: Cni, wanted?: number) => {
      let mtu = 0;
      synthStack((stack) => void (mtu = clusterIn(stack, { cni, podMtu: wanted }).podMtu));
      return mtu;
    };
    expect(podMtu(Cni.calico())).toBe(1392);
    expect(podMtu(Cni.cilium())).toBe(1392);
    expect(podMtu(Cni.cilium(), 1380)).toBe(1380);
    expect(() => podMtu(Cni.cilium(), 1393)).toThrow(/podMtu is larger than what the network leaves to pods, 1442 - 50 .* = 1392, got 1393/);
    expect(() => podMtu(Cni.cilium(), 1279)).toThrow(/podMtu must be a whole number of bytes from 1280/);
  });

  test('a pod network that replaces kube-proxy has kubeadm install none', () => {
    const text = local(synth({ cni: Cni.cilium() }), 'K8s_ControlPlane_CloudConfig_Text');
    expect(text).toContain('STRATA_ADDONS="coredns"');
    expect(text).toMatch(/proxy:\n +disabled: true/);
  });

  test('without the gate there is no step, and the URL is the plain one', () => {
    const cluster = synth({ readyGate: ReadyGate.disabled() });
    expect(Object.keys(cluster.resources('terraform_data')).filter((name) => name.includes('ReadyGate'))).toEqual([]);
    expect(local(cluster, 'K8s_Kubeconfig')).toMatch(/server: "https:\/\/\$\{openstack_networking_floatingip_v2\.\w+\.address\}:6443"/);
  });

  test('a brought PKI: its variables are named by contract, its keys are sensitive, and no other provider is asked for', () => {
    const cluster = synth({ pki: ClusterPki.fromVariables() });
    const variables: Record<string, Block> = cluster.json.variable;
    const sensitive = Object.keys(variables).filter((name) => variables[name].sensitive);
    expect(Object.keys(variables).sort()).toEqual(
      [
        'admin_crt',
        'admin_key',
        'bootstrap_token',
        'ca_crt',
        'ca_key',
        'encryption_key1',
        'etcd_ca_crt',
        'etcd_ca_key',
        'front_proxy_ca_crt',
        'front_proxy_ca_key',
        'sa_key',
        'sa_pub',
      ].map((name) => `prod_${name}`),
    );
    expect(sensitive.sort()).toEqual(
      ['admin_key', 'bootstrap_token', 'ca_key', 'encryption_key1', 'etcd_ca_key', 'front_proxy_ca_key', 'sa_key'].map((name) => `prod_${name}`),
    );
    expect(Object.keys(cluster.json.terraform.required_providers)).toEqual(['openstack']);
  });

  test('two clusters in one stack, on one network', () => {
    const both = synthStack((stack) => {
      const first = clusterIn(stack);
      new K8sOnNova(stack, 'Other', {
        cloud: first.openstack!.cloud,
        clusterName: 'other',
        version: KubernetesVersion.V1_35,
        nodeImage: NodeImage.byName('ubuntu'),
        network: first.network,
        podCidr: '10.245.0.0/16',
        controlPlane: { replicas: 1, flavor: NodeFlavor.named('m1.large') },
        workerPools: [],
        cni: Cni.cilium(),
        api: ApiEndpoint.octavia(),
      });
    });
    expect(Object.keys(both.resources('openstack_networking_network_v2'))).toHaveLength(1);
    expect(Object.keys(both.resources('openstack_networking_floatingip_v2'))).toHaveLength(1);
  });

  test('a credential that is given is used, and none is made', () => {
    const cluster = synthStack((stack) => {
      const secret = new TerraformVariable(stack, 'secret', { sensitive: true }).stringValue;
      const k8s = clusterIn(stack, { cloudCredential: { applicationCredentialId: 'abc', applicationCredentialSecret: secret } });
      expect(k8s.openstack?.credential.applicationCredentialId).toBe('abc');
    });
    expect(cluster.resources('openstack_identity_application_credential_v3')).toEqual({});
  });

  test('cloud-init of the user follows the nodes own', () => {
    const text = local(
      synth({ cloudInit: { ntp: { servers: ['ntp.example.com'] }, runcmd: [['touch', '/x']] } }),
      'K8s_workers-general-cloud-config_Text',
    );
    expect(text).toContain('ntp.example.com');
    expect(text.indexOf('strata-boot.service')).toBeLessThan(text.indexOf('touch'));
    expect(text).toMatch(/^#cloud-config\n/);
  });

  test('labels and taints of a pool, references among them', () => {
    const cluster = synthStack((stack) => {
      const value = new TerraformVariable(stack, 'tier', {}).stringValue;
      clusterIn(stack, {
        workerPools: [
          {
            name: 'gpu',
            replicas: 1,
            flavor: NodeFlavor.named('g1'),
            labels: { tier: value, 'example.com/gpu': 'a100' },
            taints: [{ key: 'example.com/gpu', effect: TaintEffect.NO_SCHEDULE }],
          },
        ],
      });
    });
    const text = local(cluster, 'K8s_workers-gpu-cloud-config_Text');
    expect(text).toMatch(/name: node-labels\n +value: "tier=\$\{regex\(.*var\.tier\)\},example\.com\/gpu=a100,strata\/pool=gpu"/);
    expect(text).toMatch(/taints:\n +- key: example\.com\/gpu\n +effect: NoSchedule/);
  });
});

describe('mistakes are told at synth', () => {
  const pool = { name: 'general', replicas: 1, flavor };
  test.each<[string, Partial<K8sOnNovaProps>, RegExp, Partial<IOpenStackCloud>?]>([
    ['two control planes', { controlPlane: { replicas: 2, flavor } }, /^test\/K8s: controlPlane.replicas must be odd .*, got 2; use [13]/],
    ['seven control planes', { controlPlane: { replicas: 7, flavor } }, /controlPlane.replicas must be one of 1, 3, 5.*got 7; use 5/],
    ['a cluster name with dots', { clusterName: 'prod.eu' }, /clusterName must be lower-case letters.*got "prod.eu"/],
    ['a cluster name with an underscore', { clusterName: 'prod_eu' }, /clusterName.*got "prod_eu"/],
    ['a version that is out of support', { version: KubernetesVersion.V1_34 }, /Kubernetes 1.34 is out of support.*use one of 1.35, 1.36/],
    ['pools of one name', { workerPools: [pool, pool] }, /name of a worker pool must be unique, got "general"/],
    ['a pool with a name that Nova rejects', { workerPools: [{ ...pool, name: 'GPU pool' }] }, /workerPools.name must be lower-case.*got "GPU pool"/],
    [
      'a pool that takes the names of the control plane',
      { workerPools: [{ ...pool, name: 'control-plane' }] },
      /cannot have the name of the control plane/,
    ],
    ['pods on the nodes', { podCidr: '10.20.0.0/16' }, /cidr of the network overlaps podCidr \(10.20.0.0\/16\)/],
    ['services among the pods', { serviceCidr: '10.244.128.0/18' }, /serviceCidr overlaps podCidr \(10.244.0.0\/16\), got "10.244.128.0\/18"/],
    ['pods on the cloud hosts', {}, /podCidr overlaps the cloud's own hosts' 10.244.1.0\/24/, { hostCidrs: ['10.244.1.0/24'] }],
    ['nodes on the cloud hosts', {}, /cidr overlaps 10.20.30.0\/24, which the cloud's own hosts use/, { hostCidrs: ['10.20.30.0/24'] }],
    ['a CIDR with host bits', { podCidr: '10.244.0.1/16' }, /podCidr has bits set beyond its prefix length.*use 10.244.0.0\/16/],
    ['IPv6 pods on IPv4 nodes', { podCidr: 'fd00::/48' }, /podCidr must be IPv4.*got "fd00::\/48"/],
    ['a pod range without room for a node', { podCidr: '10.244.0.0/25' }, /podCidr must have a prefix length from 8 to 24/],
    ['a pod MTU under 1280', {}, /no longer holds a packet of 1280 bytes.*\(1300 - 50 \(VXLAN over IPv4\) = 1250\)/, { tenantNetworkMtu: 1300 }],
    [
      'an Octavia flavor with OVN',
      { api: ApiEndpoint.octavia({ flavorId: 'ha' }) },
      /api.flavorId is an option of amphora.*got "ha"/,
      { loadBalancerProvider: LoadBalancerProvider.OVN },
    ],
    [
      'an access list with words',
      { api: ApiEndpoint.octavia({ allowedCidrs: ['office'] }) },
      /api.allowedCidrs is not an IPv4 or IPv6 CIDR, got "office"/,
    ],
    [
      'a URL as certificate name',
      { api: ApiEndpoint.octavia({ certSans: ['https://api'] }) },
      /must be DNS names or addresses, without a scheme.*got "https:\/\/api"/,
    ],
    [
      'a flavor that kubeadm refuses',
      { controlPlane: { replicas: 1, flavor: NodeFlavor.of({ vcpus: 1, memoryMib: 4096, diskGib: 10 }) } },
      /2 virtual CPUs or more.*got 1/,
    ],
    [
      'a label that no kubelet may set',
      { workerPools: [{ ...pool, labels: { 'node-role.kubernetes.io/gpu': '' } }] },
      /no kubelet may set.*got "node-role.kubernetes.io\/gpu"/,
    ],
    [
      'a label value with blanks',
      { workerPools: [{ ...pool, labels: { tier: 'two words' } }] },
      /value of tier in workerPools.general.labels.*got "two words"/,
    ],
    [
      'a taint key with blanks',
      { workerPools: [{ ...pool, taints: [{ key: 'a b', effect: TaintEffect.NO_EXECUTE }] }] },
      /keys of workerPools.general.taints.*got "a b"/,
    ],
    [
      'an unknown zone',
      { controlPlane: { ...controlPlane, zones: ['az4'] } },
      /zone of controlPlane.zones is not known, got "az4"; did you mean az1\?/,
    ],
    [
      'a secret as a literal',
      { cloudCredential: { applicationCredentialId: 'a', applicationCredentialSecret: 'hunter2' } },
      /applicationCredentialSecret is a literal/,
    ],
    [
      'user data that is too long',
      { cloudInit: { write_files: [{ path: '/x', content: noise(100_000) }] } },
      /user data is longer than 65535 characters/,
    ],
    [
      'a file of the nodes own',
      { cloudInit: { write_files: [{ path: '/etc/strata/cluster.env', content: '' }] } },
      /one of the node itself, got "\/etc\/strata\/cluster.env"/,
    ],
    ['a command that is no list', { cloudInit: { runcmd: 'reboot' } }, /cloudInit.runcmd must be a list/],
    ['a network and a range for one', { nodeCidr: '10.1.0.0/16', network: {} as any }, /network and nodeCidr exclude each other/],
    [
      'a network and name servers for one',
      { dnsNameservers: ['198.51.100.53'], network: {} as any },
      /network and dnsNameservers exclude each other/,
    ],
    [
      'groups that are given and who may log in',
      { sshAllowedCidrs: ['198.51.100.0/24'], securityGroups: {} as any },
      /sshAllowedCidrs has no effect on security groups that are given, got .*198\.51\.100\.0\/24.*rules of the groups themselves/,
    ],
    [
      'a floating IP that is there for an API that gets none',
      { api: ApiEndpoint.octavia({ floatingIpAddress: '203.0.113.7' }) },
      /api.floatingIpAddress is given, and the API is to have no floating IP, got "203.0.113.7"/,
    ],
    ['a long name of a pool', { workerPools: [{ name: 'p'.repeat(46), replicas: 1, flavor }] }, /workerPools.name may have 45 characters here/],
    ['fewer addresses than nodes', { nodeCidr: '10.20.0.0/29' }, /are 7 nodes, and the nodes' range has room for 1, got "10.20.0.0\/29"/],
    ['pods with the address of the metadata service', { podCidr: '169.0.0.0/8' }, /podCidr has addresses of 169\.254\.0\.0\/16/],
    ['an API at the broadcast address', { api: ApiEndpoint.octavia({ vipAddress: '10.20.255.255' }) }, /vipAddress is the subnet's own broadcast/],
    ['an API at the first address', { api: ApiEndpoint.keepalived({ virtualAddress: '10.20.0.0' }) }, /address is the subnet's own first/],
    [
      'fewer ranges of pods than nodes',
      { cni: Cni.cilium({ routing: CiliumRouting.NATIVE_NEUTRON_ROUTES }), podCidr: '10.245.0.0/22' },
      /are 7 nodes, and podCidr has room for 4, with a \/24 for each, got "10.245.0.0\/22"/,
    ],
    [
      'an issuer vouched for by a path',
      { security: { oidc: { issuerUrl: 'https://id.example.com', clientId: 'k8s', caCertificate: '/etc/ssl/ca.crt' } } },
      /security.oidc.caCertificate must be a certificate in PEM, got "\/etc\/ssl\/ca.crt"/,
    ],
  ])('%s', (_, props, message, ...[cloud]) => {
    const text = refusal(props, cloud);
    expect(text).toMatch(message);
    expect(text).not.toContain('hunter2');
  });

  test.each<[string, Partial<K8sOnNovaProps>, number]>([
    ['for the nodes alone, and Terraform waits for it', { api: ApiEndpoint.octavia() }, 1],
    ['for others, too', {}, 0],
    ['for the nodes alone, and nobody waits', { api: ApiEndpoint.octavia(), readyGate: ReadyGate.disabled() }, 0],
    ['by rules that are given', { api: ApiEndpoint.keepalived(), securityGroups: { controlPlaneGroupId: 'c', workerGroupId: 'w' } as any }, 0],
  ])('the API is reached %s', (_, props, count) => {
    let warnings: unknown[] = [];
    synthStack((stack) => {
      warnings = clusterIn(stack, props).node.metadata.filter(({ data }) => /api.allowedCidrs is empty.*fails after 1800 s/.test(String(data)));
    });
    expect(warnings).toHaveLength(count);
  });

  test('two zones for three slots is a warning, not an error', () => {
    const zones = ['az1', 'az2'].map((compute) => ({ compute, volume: 'nova' }));
    let messages: string[] = [];
    synthStack((stack) => {
      messages = clusterIn(stack, {}, { zones })
        .node.metadata.filter(({ type }) => type.includes('warn'))
        .map(({ data }) => data as string);
    });
    expect(messages.join()).toMatch(/the loss of zone az1 takes etcd's quorum, 2 of 3 slots/);
  });

  test('tokens in every place neither crash nor slip through as numbers', () => {
    const text = (stack: TerraformStack, name: string) => new TerraformVariable(stack, name, {}).stringValue;
    const cluster = synthStack((stack) => {
      clusterIn(
        stack,
        {
          nodeImage: NodeImage.byName(text(stack, 'image')),
          controlPlane: {
            replicas: 1,
            flavor: NodeFlavor.named(text(stack, 'flavor')),
            etcdVolume: { sizeGib: new TerraformVariable(stack, 'size', { type: 'number' }).numberValue, type: text(stack, 'type') },
          },
          podCidr: text(stack, 'pods'),
          serviceCidr: text(stack, 'services'),
          api: ApiEndpoint.octavia({ certSans: [text(stack, 'san')], dnsName: text(stack, 'dns') }),
          keyPairName: text(stack, 'keypair'),
          tags: [text(stack, 'tag')],
        },
        { tenantNetworkMtu: new TerraformVariable(stack, 'mtu', { type: 'number' }).numberValue, externalNetworkName: text(stack, 'external') },
      );
    });
    expect(cluster.text).not.toMatch(/e\+298|TfToken|TOKEN\[/);
  });

  test.each<[string, (token: string) => Partial<K8sOnNovaProps>]>([
    ['clusterName', (token) => ({ clusterName: token })],
    ['workerPools.name', (token) => ({ workerPools: [{ name: token, replicas: 1, flavor: NodeFlavor.named('a') }] })],
    ['controlPlane.replicas', () => ({ controlPlane: { ...controlPlane, replicas: Token.asNumber({ resolve: () => 3 } as any) } })],
  ])('%s must be known, for names and numbers of servers follow from it', (name, props) => {
    const message = (() => {
      try {
        synthStack((stack) => void clusterIn(stack, props(new TerraformVariable(stack, 'v', {}).stringValue)));
        return 'nothing was refused';
      } catch (error) {
        return (error as Error).message;
      }
    })();
    expect(message).toContain(`${name} must be known at synth, a reference was given`);
  });

  test('an adopted network is used as it is', () => {
    const cluster = synthStack(
      (stack) =>
        void clusterIn(stack, {
          network: ClusterNetwork.fromNetworkAttributes(stack, 'Net', {
            networkId: 'n',
            subnetId: 's',
            cidr: '192.168.0.0/24',
            mtu: 9000,
            externalNetworkName: 'public',
            externalNetworkId: 'e',
          }),
        }),
    );
    expect(cluster.resources('openstack_networking_network_v2')).toEqual({});
  });
});

/** Text that doesn't compress. */
function noise(length: number): string {
  const block = (i: number) => createHash('sha512').update(String(i)).digest('base64');
  return Array.from({ length: Math.ceil(length / 88) }, (_, i) => block(i)).join('');
}
