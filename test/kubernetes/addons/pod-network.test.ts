import { TerraformVariable } from 'cdktf';
import { ClusterOptions, helmValues, local, releaseOf, synthOn } from './cluster';
import { CalicoEncapsulation, CiliumRouting, Cni, Hubble } from '../../../lib/contracts/cni';
import { ImageRegistries } from '../../../lib/core/image-registries';
import { KubernetesVersion } from '../../../lib/core/kubernetes-version';
import { Calico } from '../../../lib/kubernetes/addons/calico/calico';
import { PodNetwork } from '../../../lib/kubernetes/addons/pod-network/pod-network';
import { PodNetworkProps } from '../../../lib/kubernetes/addons/pod-network/pod-network-props';

function synth(options: ClusterOptions = {}, props: Omit<PodNetworkProps, 'cluster'> = {}) {
  return synthOn(options, (stack, cluster) => new PodNetwork(stack, 'PodNetwork', { cluster, ...props }));
}

describe('Cilium', () => {
  test('gets the addresses, the MTU and the encapsulation of the cluster', () => {
    const stack = synth({ podCidr: '10.100.0.0/16', podMtu: 1392 });
    const release = releaseOf(stack, 'cilium');
    expect(release).toMatchObject({
      chart: 'cilium',
      repository: 'https://helm.cilium.io',
      version: KubernetesVersion.V1_36.ciliumChart,
      namespace: 'kube-system',
      wait: true,
    });
    // Cilium takes the 50 bytes of VXLAN from the MTU of the network below by itself.
    expect(helmValues(stack, release)).toMatchObject({
      ipam: { mode: 'cluster-pool', operator: { clusterPoolIPv4PodCIDRList: ['10.100.0.0/16'], clusterPoolIPv4MaskSize: 24 } },
      routingMode: 'tunnel',
      tunnelProtocol: 'vxlan',
      MTU: 1442,
    });
  });

  test('replaces kube-proxy, and finds the API server where the nodes do', () => {
    const values = (options: ClusterOptions) => helmValues(synth(options), releaseOf(synth(options), 'cilium'));
    expect(values({ host: 'https://203.0.113.60:6443', nodeApiEndpoint: { host: '10.0.0.5', port: 6443 } })).toMatchObject({
      kubeProxyReplacement: 'true',
      k8sServiceHost: '10.0.0.5',
      k8sServicePort: 6443,
    });
    expect(values({ host: 'https://203.0.113.60:8443' })).toMatchObject({ k8sServiceHost: '203.0.113.60', k8sServicePort: 8443 });
    expect(values({ host: 'https://k8s.example.com' })).toMatchObject({ k8sServiceHost: 'k8s.example.com', k8sServicePort: 443 });
    expect(values({ host: 'https://[fd00::5]:6443' })).toMatchObject({ k8sServiceHost: 'fd00::5', k8sServicePort: 6443 });
  });

  test('leaves kube-proxy its work if the cluster has one', () => {
    const stack = synth({ cni: Cni.cilium({ kubeProxyReplacement: false }) });
    const values = helmValues(stack, releaseOf(stack, 'cilium'));
    expect(values.kubeProxyReplacement).toBe('false');
    expect(values).not.toHaveProperty('k8sServiceHost');
  });

  test('a host that is a reference is taken apart by Terraform, its port stays a number', () => {
    const stack = synthOn({}, (scope, cluster) => {
      const host = new TerraformVariable(scope, 'host', { type: 'string' }).stringValue;
      Object.assign(cluster, { kubeconfig: { ...cluster.kubeconfig, host } });
      new PodNetwork(scope, 'PodNetwork', { cluster });
    });
    const text = local(stack, releaseOf(stack, 'cilium').values[0]);
    expect(text).toMatch(/"k8sServiceHost":"\$\{replace\(.*regex\(.*nonsensitive\(var\.host\)/);
    expect(text).toMatch(/"k8sServicePort":\$\{/);
  });

  test.each([
    ['10.0.0.0/8', 24],
    ['10.244.0.0/20', 24],
    ['10.244.0.0/22', 26],
    ['10.244.0.0/25', 28],
  ])('pods in %s have a /%i on each node', (podCidr, size) => {
    const stack = synth({ podCidr });
    expect(helmValues(stack, releaseOf(stack, 'cilium')).ipam.operator.clusterPoolIPv4MaskSize).toBe(size);
  });

  test('without a tunnel nodes route pods to each other, in their own subnet', () => {
    const stack = synth({ cni: Cni.cilium({ routing: CiliumRouting.NATIVE_ADDRESS_PAIRS }), podMtu: 1442 });
    const values = helmValues(stack, releaseOf(stack, 'cilium'));
    expect(values).toMatchObject({ routingMode: 'native', ipv4NativeRoutingCIDR: '10.244.0.0/16', autoDirectNodeRoutes: true, MTU: 1442 });
    expect(values).not.toHaveProperty('tunnelProtocol');
  });

  test("with Neutron's routes each node has the addresses that Kubernetes gives it, for the cloud controller to tell the router", () => {
    const stack = synth({ cni: Cni.cilium({ routing: CiliumRouting.NATIVE_NEUTRON_ROUTES, wireGuard: true }), podMtu: 1347 });
    expect(helmValues(stack, releaseOf(stack, 'cilium'))).toMatchObject({
      ipam: { mode: 'kubernetes' },
      k8s: { requireIPv4PodCIDR: true },
      routingMode: 'native',
      autoDirectNodeRoutes: false,
      encryption: { enabled: true, type: 'wireguard' },
      MTU: 1442, // of which Cilium takes 95
    });
  });

  test.each([
    [Hubble.OFF, { enabled: false }],
    [Hubble.NODES, { enabled: true }],
    [Hubble.UI, { enabled: true, tls: { auto: { method: 'cronJob' } }, relay: { enabled: true }, ui: { enabled: true } }],
  ])('Hubble: %s', (hubble, values) => {
    const stack = synth({ cni: Cni.cilium({ hubble }) });
    expect(helmValues(stack, releaseOf(stack, 'cilium')).hubble).toEqual(values);
  });

  test('an operator that could not be ready on one control-plane node is not asked for', () => {
    const one = synth({ controlPlaneReplicas: 1 });
    expect(helmValues(one, releaseOf(one, 'cilium')).operator.replicas).toBe(1);
  });
});

describe('Calico', () => {
  test('comes by its operator, after its CRDs', () => {
    const stack = synth({ cni: Cni.calico() });
    expect(Object.keys(stack.resources('helm_release'))).toHaveLength(2);
    expect(releaseOf(stack, 'calico-crds')).toMatchObject({
      chart: 'crd.projectcalico.org.v1',
      version: KubernetesVersion.V1_36.tigeraOperatorChart,
    });
    const release = releaseOf(stack, 'calico');
    expect(release).toMatchObject({ chart: 'tigera-operator', namespace: 'tigera-operator', create_namespace: true });
    expect(release.depends_on).toEqual([expect.stringMatching(/^helm_release\.PodNetwork_Crds_/)]);
    expect(helmValues(stack, release).installation).toEqual({
      enabled: true,
      calicoNetwork: {
        bgp: 'Disabled',
        mtu: 1392,
        ipPools: [
          {
            name: 'default-ipv4-ippool',
            cidr: '10.244.0.0/16',
            encapsulation: 'VXLAN',
            natOutgoing: 'Enabled',
            nodeSelector: 'all()',
            blockSize: 26,
          },
        ],
      },
    });
  });

  test('before 3.32 the operator brings its CRDs', () => {
    const stack = synth({ cni: Cni.calico(), version: KubernetesVersion.V1_35 }, { chartVersion: 'v3.31.3' });
    expect(Object.values(stack.resources('helm_release')).map(({ name }) => name)).toEqual(['calico']);
  });

  test('IPIP needs BGP between the nodes', () => {
    const stack = synth({ cni: Cni.calico({ encapsulation: CalicoEncapsulation.IPIP }) });
    const { bgp, ipPools } = helmValues(stack, releaseOf(stack, 'calico')).installation.calicoNetwork;
    expect([bgp, ipPools[0].encapsulation]).toEqual(['Enabled', 'IPIP']);
  });
});

test('BGP alone has no tunnel', () => {
  const stack = synth({ cni: Cni.calico({ encapsulation: CalicoEncapsulation.NONE, blockSize: 24 }), podMtu: 1442 });
  const { bgp, mtu, ipPools } = helmValues(stack, releaseOf(stack, 'calico')).installation.calicoNetwork;
  expect([bgp, mtu, ipPools[0].encapsulation, ipPools[0].blockSize]).toEqual(['Enabled', 1442, 'None', 24]);
});

test('images come from where registries are replaced', () => {
  const mirrored = (cni: Cni) =>
    synthOn({ cni }, (scope, cluster) => {
      ImageRegistries.replace(scope, { all: 'harbor.example.com/mirror' });
      new PodNetwork(scope, 'PodNetwork', { cluster });
    });
  const [cilium, calico] = [mirrored(Cni.cilium()), mirrored(Cni.calico())];
  expect(helmValues(cilium, releaseOf(cilium, 'cilium'))).toMatchObject({
    image: { override: `harbor.example.com/mirror/cilium/cilium:v${KubernetesVersion.V1_36.ciliumChart}` },
    operator: { replicas: 2, image: { override: `harbor.example.com/mirror/cilium/operator-generic:v${KubernetesVersion.V1_36.ciliumChart}` } },
  });
  const values = helmValues(calico, releaseOf(calico, 'calico'));
  expect(values.tigeraOperator).toMatchObject({ registry: 'harbor.example.com', image: 'mirror/tigera/operator' });
  expect(values.installation.registry).toBe('harbor.example.com/mirror/');
});

test('an add-on for another pod network than the cluster was made for is an error', () => {
  expect(() => synthOn({ cni: Cni.cilium() }, (stack, cluster) => new Calico(stack, 'Calico', { cluster }))).toThrow(
    /the cluster prod was made for another pod network.*got "cilium"; use PodNetwork/,
  );
});

test("the user's values are merged over ours", () => {
  const stack = synth({}, { values: { operator: { replicas: 3 }, hubble: { relay: { enabled: true } } } });
  expect(helmValues(stack, releaseOf(stack, 'cilium'))).toMatchObject({
    operator: { replicas: 3 },
    hubble: { relay: { enabled: true } },
    routingMode: 'tunnel',
  });
});

describe('both IP families', () => {
  const dual = { podCidr: '10.244.0.0/16', secondaryPodCidr: 'fd00:10:244::/48', podMtu: 1372 };
  const alone = { podCidr: 'fd00:10:244::/60', podMtu: 1372 };
  const valuesOf = (options: ClusterOptions, name: string) => {
    const stack = synth(options);
    return helmValues(stack, releaseOf(stack, name));
  };

  test('Cilium gives pods addresses of both, through one tunnel', () => {
    const values = valuesOf(dual, 'cilium');
    expect(values).toMatchObject({
      ipv4: { enabled: true },
      ipv6: { enabled: true },
      ipam: {
        operator: {
          clusterPoolIPv4PodCIDRList: ['10.244.0.0/16'],
          clusterPoolIPv6PodCIDRList: ['fd00:10:244::/48'],
          clusterPoolIPv6MaskSize: 64,
        },
      },
      MTU: 1442, // 70 bytes of VXLAN over IPv6
    });
    expect(values).not.toHaveProperty('underlayProtocol');
    expect(valuesOf({ ...dual, cni: Cni.cilium({ routing: CiliumRouting.NATIVE_ADDRESS_PAIRS }) }, 'cilium')).toMatchObject({
      ipv4NativeRoutingCIDR: '10.244.0.0/16',
      ipv6NativeRoutingCIDR: 'fd00:10:244::/48',
    });
    expect(valuesOf({ ...dual, cni: Cni.cilium({ routing: CiliumRouting.NATIVE_NEUTRON_ROUTES }) }, 'cilium').k8s).toEqual({
      requireIPv4PodCIDR: true,
      requireIPv6PodCIDR: true,
    });
  });

  test('Cilium on IPv6 alone has no IPv4, in the tunnel or under it', () => {
    const values = valuesOf(alone, 'cilium');
    expect(values).toMatchObject({ ipv4: { enabled: false }, ipv6: { enabled: true }, underlayProtocol: 'ipv6' });
    expect(values.ipam.operator).toEqual({ clusterPoolIPv6PodCIDRList: ['fd00:10:244::/60'], clusterPoolIPv6MaskSize: 76 });
  });

  test('Calico has a pool of each', () => {
    const pools = (options: ClusterOptions) => valuesOf({ cni: Cni.calico(), ...options }, 'calico').installation.calicoNetwork.ipPools;
    expect(pools(dual)).toEqual([
      expect.objectContaining({ name: 'default-ipv4-ippool', cidr: '10.244.0.0/16', encapsulation: 'VXLAN', blockSize: 26 }),
      expect.objectContaining({ name: 'default-ipv6-ippool', cidr: 'fd00:10:244::/48', encapsulation: 'VXLAN', blockSize: 122 }),
    ]);
    expect(pools(alone)).toEqual([expect.objectContaining({ name: 'default-ipv6-ippool', cidr: 'fd00:10:244::/60' })]);
  });
});

test.each<[string, ClusterOptions, Omit<PodNetworkProps, 'cluster'>, RegExp]>([
  [
    'a chart that is not for this Kubernetes',
    { cni: Cni.calico() },
    { chartVersion: 'v3.31.0' },
    /tigera-operator v3\.31\.0 is tested on Kubernetes 1\.32 - 1\.35, not on 1\.36/,
  ],
  ['a chart version that is none', {}, { chartVersion: 'latest' }, /version of the chart cilium is not a version, got "latest"/],
  [
    'IPIP for pods on IPv6',
    { cni: Cni.calico({ encapsulation: CalicoEncapsulation.IPIP }), secondaryPodCidr: 'fd00:1::/56' },
    {},
    /IPIP carries IPv4 alone, and the pods have IPv6 addresses, got "fd00:1::\/56"; make the cluster with VXLAN/,
  ],
  ['no time', {}, { timeoutSeconds: 0 }, /timeoutSeconds must be a whole number from 1 to 7200, got 0/],
])('%s is an error', (_, options, props, message) => {
  expect(() => synth(options, props)).toThrow(message);
});
