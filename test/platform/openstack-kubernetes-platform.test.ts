import { App, TerraformStack } from 'cdktf';
import { HostInventory } from '../../lib/bare-metal/host-inventory';
import { Provisioner } from '../../lib/bare-metal/provisioner';
import { Cni } from '../../lib/contracts/cni';
import { NodeFlavor } from '../../lib/contracts/node-flavor';
import { NodeImage } from '../../lib/contracts/node-image';
import { LoadBalancerProvider } from '../../lib/contracts/openstack-cloud';
import { KubernetesVersion } from '../../lib/core/kubernetes-version';
import { OpenStackRelease } from '../../lib/core/openstack-release';
import { OpenStackEngine } from '../../lib/openstack/openstack-engine';
import { clusterQuota } from '../../lib/platform/cluster-quota';
import { OpenStackKubernetesPlatform, OpenStackKubernetesPlatformProps } from '../../lib/platform/openstack-kubernetes-platform';
import { Synthesised, synthApp } from '../support/synth';

const kubernetes = {
  version: KubernetesVersion.V1_36,
  cni: Cni.cilium(),
  controlPlane: { replicas: 3, flavor: NodeFlavor.of({ vcpus: 4, memoryMib: 8192, diskGib: 40 }) },
  workerPools: [{ name: 'general', replicas: 3, flavor: NodeFlavor.of({ vcpus: 8, memoryMib: 16384, diskGib: 80 }) }],
};

const fromBareMetal = (): OpenStackKubernetesPlatformProps => ({
  inventory: HostInventory.fromFile('examples/platform-from-bare-metal/hosts.yaml'),
  provisioner: Provisioner.preprovisioned({ sshUser: 'ubuntu', sshPrivateKeyPath: '~/.ssh/id_ed25519' }),
  engine: OpenStackEngine.kolla({ release: OpenStackRelease.V2026_1, internalVip: '10.10.0.250', externalVip: '203.0.113.10' }),
  externalNetwork: {
    name: 'public',
    cidr: '203.0.113.0/24',
    physicalNetwork: 'physnet1',
    allocationPools: [{ start: '203.0.113.50', end: '203.0.113.200' }],
  },
  kubernetes,
});

const existingCloud = {
  authUrl: 'https://keystone.example.com:5000/v3',
  region: 'RegionOne',
  externalNetworkName: 'public',
  zones: [{ compute: 'az1', volume: 'nova' }],
  loadBalancerProvider: LoadBalancerProvider.AMPHORA,
  tenantNetworkMtu: 1442,
};

let platform: OpenStackKubernetesPlatform;
const synth = (props: OpenStackKubernetesPlatformProps, more: (app: App) => void = () => {}): Record<string, Synthesised> =>
  synthApp((app) => {
    platform = new OpenStackKubernetesPlatform(app, 'prod', props);
    more(app);
  });

describe('from bare metal', () => {
  let stacks: Record<string, Synthesised>;
  beforeAll(() => {
    stacks = synth(fromBareMetal());
  });

  test('five stacks, children of the app, each after the one below', () => {
    expect(Object.keys(stacks).sort()).toEqual(['prod-addons', 'prod-cloud', 'prod-cluster', 'prod-metal', 'prod-workloads']);
    const { metalStack, cloudStack, clusterStack, addonsStack, workloadsStack } = platform;
    const all = [metalStack!, cloudStack!, clusterStack!, addonsStack!, workloadsStack];
    for (const stack of all) expect(stack.node.scope).toBe(stack.node.root);
    all.slice(1).forEach((stack, i) => expect(stack.dependencies).toContain(all[i]));
    expect(platform.workloads).toBe(workloadsStack);
  });

  test('the metal stack needs no provider at all', () => {
    expect(stacks['prod-metal'].json.provider).toBeUndefined();
  });

  test('the administrator logs in to the cloud stack only, with what the metal stack has fetched', () => {
    const [admin] = stacks['prod-cloud'].json.provider.openstack;
    expect(admin.password).toMatch(/^\$\{sensitive\(yamldecode\(file\(.*"~\/\.config\/strata\/prod-metal\/clouds\.yaml"/);
    expect(admin).toMatchObject({
      cacert_file: '~/.config/strata/prod-metal/ca.crt',
      tenant_name: expect.stringContaining('["kolla-admin"].auth.project_name'),
    });
    const [own] = synth({ ...fromBareMetal(), adminCloud: 'mine' })['prod-cloud'].json.provider.openstack;
    expect(own).toEqual({ cloud: 'mine', cacert_file: '~/.config/strata/prod-metal/ca.crt' });
    const [login] = stacks['prod-cluster'].json.provider.openstack;
    expect(login).toMatchObject({ auth_url: expect.stringContaining('/v3'), tenant_name: 'prod', user_name: 'prod' });
    expect(login.password).toMatch(/^\$\{data\.terraform_remote_state\./);
    expect(login.cloud).toBeUndefined();
  });

  test('each flavor is made once, whatever number of pools use it', () => {
    const flavor = NodeFlavor.of({ vcpus: 4, memoryMib: 8192, diskGib: 40 });
    const cloud = synth({
      ...fromBareMetal(),
      kubernetes: {
        ...kubernetes,
        workerPools: [
          { name: 'a', replicas: 1, flavor },
          { name: 'b', replicas: 1, flavor },
        ],
      },
    })['prod-cloud'];
    expect(Object.values(cloud.resources('openstack_compute_flavor_v2')).map(({ name }) => name)).toEqual(['strata-4c-8192m-40g']);
  });

  test('the node image comes from variables unless a source is given, and servers find it by its name', () => {
    const image = stacks['prod-cloud'].resource('openstack_images_image_v2');
    expect(image).toMatchObject({
      name: 'k8s-node-' + KubernetesVersion.V1_36.version,
      local_file_path: '${var.node_image_path}',
      disk_format: 'qcow2',
    });
    const { locals } = stacks['prod-cloud'].json;
    const digest = Object.keys(locals).find((name) => locals[name] === '${lower(var.node_image_sha512)}');
    expect(image.lifecycle.postcondition[0].condition).toContain(`== local.${digest}`);
    expect(Object.values(stacks['prod-cluster'].data('openstack_images_image_v2'))).toEqual([expect.objectContaining({ name: image.name })]);
  });

  test('the quota holds the cluster, and every pool twice', () => {
    expect(stacks['prod-cloud'].resource('openstack_compute_quotaset_v2')).toMatchObject({
      instances: 9,
      cores: 3 * 4 + 6 * 8,
      ram: 3 * 8192 + 6 * 16384,
    });
  });

  test('the quota holds a bastion, further ports and further volumes, too', () => {
    const flavor = NodeFlavor.of({ name: 'node', vcpus: 4, memoryMib: 8192, diskGib: 40 });
    const cluster = {
      version: KubernetesVersion.V1_36,
      cni: Cni.cilium(),
      controlPlane: { replicas: 3, flavor, rootVolume: { sizeGib: 10 } },
      workerPools: [{ name: 'general', replicas: 2, flavor }],
    };
    const [quota, more] = [
      clusterQuota(cluster),
      clusterQuota({
        ...cluster,
        bastion: { flavor, image: NodeImage.byName('image'), allowedCidrs: ['198.51.100.0/24'], rootVolume: { sizeGib: 7 } },
        workerPools: [
          {
            name: 'general',
            replicas: 2,
            flavor,
            volumes: [{ name: 'data', sizeGib: 50 }],
            additionalPorts: [{ name: 'storage', networkId: 'storage' }],
          },
        ],
      }),
    ];
    const grown = Object.entries(more).flatMap(([name, value]) => {
      const had = (quota as Record<string, unknown>)[name] as number;
      return value === had ? [] : [[name, (value as number) - had]];
    });
    // every pool twice: four workers
    expect(Object.fromEntries(grown)).toEqual({
      instances: 1,
      cores: 4,
      memoryMib: 8192,
      serverGroupMembers: 1,
      volumes: 1 + 4,
      volumeGib: 7 + 4 * 50,
      ports: 1 + 4,
      floatingIps: 1,
    });
  });

  test('what crosses stacks are ids, credentials and the ready gate, never names or counts', () => {
    const references = new Set(stacks['prod-addons'].text.match(/data\.terraform_remote_state\.[\w-]+\.outputs\.[\w-]+/g));
    expect(references.size).toBeGreaterThan(3);
    expect([...references].every((reference) => reference.includes('prod-cluster'))).toBe(true);
  });

  test('helm and kubernetes log in with what the cluster stack hands over', () => {
    expect(stacks['prod-addons'].json.provider.helm[0].kubernetes.host).toMatch(/remote_state/);
    expect(stacks['prod-workloads'].json.provider.kubernetes[0].client_key).toMatch(/remote_state/);
  });
});

test('entered at the cloud, the stacks below are left out', () => {
  const stacks = synth({ cloud: existingCloud, cloudEntry: 'prod', kubernetes });
  expect(Object.keys(stacks).sort()).toEqual(['prod-addons', 'prod-cluster', 'prod-workloads']);
  expect(stacks['prod-cluster'].json.provider.openstack).toEqual([{ cloud: 'prod' }]);
  expect(platform.metalStack).toBeUndefined();
  expect(platform.pool).toBeUndefined();
  expect(platform.openstack!.region).toBe('RegionOne');
});

test('entered at a cluster, only the workloads are left', () => {
  const stacks = synth({
    existingCluster: {
      clusterName: 'old',
      version: KubernetesVersion.V1_35,
      host: 'https://192.0.2.10:6443',
      clusterCaCertificate: '-----BEGIN CERTIFICATE-----',
      clientCertificate: '-----BEGIN CERTIFICATE-----',
      cni: Cni.cilium(),
      podCidr: '10.244.0.0/16',
      serviceCidr: '10.96.0.0/12',
      podMtu: 1400,
    },
  });
  expect(Object.keys(stacks)).toEqual(['prod-workloads']);
  expect(stacks['prod-workloads'].json.variable.kubernetes_client_key).toMatchObject({ sensitive: true });
  expect(stacks['prod-workloads'].json.provider.kubernetes[0].client_key).toBe('${var.kubernetes_client_key}');
});

test('racks as zones: an aggregate for each, and servers go round', () => {
  const hosts = ['compute-1', 'compute-2', 'compute-3'];
  const { inventory } = fromBareMetal();
  const zoned = HostInventory.of({
    networks: inventory!.networks,
    hosts: inventory!.hosts.map((host) => ({ ...host, zone: hosts.includes(host.name) ? `rack-${hosts.indexOf(host.name) + 1}` : undefined })),
  });
  const stacks = synth({ ...fromBareMetal(), inventory: zoned });
  const aggregates = Object.values(stacks['prod-cloud'].resources('openstack_compute_aggregate_v2'));
  expect(aggregates.map(({ zone, hosts: members }) => [zone, members])).toEqual([
    ['rack-1', ['compute-1']],
    ['rack-2', ['compute-2']],
    ['rack-3', ['compute-3']],
  ]);
  const zones = Object.values(stacks['prod-cluster'].resources('openstack_compute_instance_v2')).map(({ availability_zone: zone }) => zone);
  expect(new Set(zones)).toEqual(new Set(['rack-1', 'rack-2', 'rack-3']));
});

test("Kolla's own CA reaches Terraform's logins by path, and the cluster's controllers by content", () => {
  const stacks = synth({ ...fromBareMetal(), caCertificatePath: '~/kolla-ca.pem' });
  for (const stack of ['prod-cloud', 'prod-cluster']) expect(stacks[stack].json.provider.openstack[0].cacert_file).toBe('~/kolla-ca.pem');
  expect(stacks['prod-addons'].text).toContain('file(pathexpand(');
  const fetched = synth(fromBareMetal());
  for (const stack of ['prod-cloud', 'prod-cluster']) {
    expect(fetched[stack].json.provider.openstack[0].cacert_file).toBe('~/.config/strata/prod-metal/ca.crt');
  }
  expect(fetched['prod-addons'].text).toContain(
    '~/.config/strata/prod-metal/ca.crt, which is missing: fetch it by npx strata credentials prod-metal',
  );
});

test("what deploys and then doesn't work on many hosts is warned of", () => {
  const warnings = (props: Partial<OpenStackKubernetesPlatformProps>) => {
    synth({ ...fromBareMetal(), ...props });
    return platform.metalStack!.node.metadata.filter(({ type }) => type === '@cdktf/warn').map(({ data }) => data);
  };
  expect(warnings({})).toEqual([expect.stringMatching(/^prod: nobody says which name servers.*give dnsServers to the engine/)]);
  expect(warnings({ kubernetes: { ...kubernetes, dnsNameservers: ['198.51.100.53'] } })).toEqual([]);
  const engine = OpenStackEngine.kolla({
    release: OpenStackRelease.V2026_1,
    internalVip: '10.10.0.250',
    externalVip: '203.0.113.10',
    dnsServers: ['198.51.100.53'],
  });
  expect(warnings({ engine })).toEqual([]);
});

test('name servers reach the nodes', () => {
  const subnet = synth({ ...fromBareMetal(), kubernetes: { ...kubernetes, dnsNameservers: ['198.51.100.53'] } })['prod-cluster'].resource(
    'openstack_networking_subnet_v2',
  );
  expect(subnet.dns_nameservers).toEqual(['198.51.100.53']);
});

describe('refused', () => {
  test.each<[string, Partial<OpenStackKubernetesPlatformProps>, RegExp]>([
    ['no entry', { inventory: undefined }, /^prod: a platform is entered at exactly one layer.*give one of them$/],
    ['two entries', { cloud: existingCloud }, /exactly one layer.*"inventory and cloud"; leave the others out$/],
    ['no engine', { engine: undefined }, /^prod: engine is missing/],
    ['no provisioner', { provisioner: undefined }, /^prod: provisioner is missing/],
    ['no external network', { externalNetwork: undefined }, /^prod: externalNetwork is missing/],
    ['no cluster', { kubernetes: undefined }, /^prod: kubernetes is missing/],
    [
      'more memory than the hosts have',
      {
        kubernetes: {
          ...kubernetes,
          workerPools: [{ name: 'big', replicas: 40, flavor: NodeFlavor.of({ vcpus: 4, memoryMib: 131072, diskGib: 40 }) }],
        },
      },
      /^prod: the servers need \d+ MiB of memory, more than the compute hosts have for them, got "\d+ MiB"; take smaller flavors/,
    ],
    [
      'more CPUs than the hosts have',
      {
        kubernetes: {
          ...kubernetes,
          workerPools: [{ name: 'big', replicas: 40, flavor: NodeFlavor.of({ vcpus: 64, memoryMib: 2048, diskGib: 40 }) }],
        },
      },
      /^prod: the servers need \d+ virtual CPUs/,
    ],
  ])('%s', (_, props, message) => {
    expect(() => synth({ ...fromBareMetal(), ...props })).toThrow(message);
  });

  test('a stack of the same name', () => {
    expect(() =>
      synthApp((app) => {
        new TerraformStack(app, 'prod-cluster');
        new OpenStackKubernetesPlatform(app, 'prod', fromBareMetal());
      }),
    ).toThrow(/^prod: the app has a stack of that name already, got "prod-cluster"; give the platform another id$/);
  });
});

test('one list has every image, of Kubernetes and of the add-ons, and is an output', () => {
  let images: string[] = [];
  const stacks = synth(fromBareMetal(), (app) => {
    images = app.node
      .findAll()
      .filter((node): node is OpenStackKubernetesPlatform => node instanceof OpenStackKubernetesPlatform)
      .flatMap((found) => found.images.map(({ image }) => image));
  });
  expect(images).toEqual(expect.arrayContaining([expect.stringMatching(/kube-apiserver:v1\./), expect.stringMatching(/cinder-csi-plugin:v1\./)]));
  expect(stacks['prod-addons'].json.output.images.value.images.map(({ image }: any) => image)).toEqual(images);
});
