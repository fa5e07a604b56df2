import { InternalService, InternalServiceProps } from '../../lib/workloads/internal-service';
import { NetworkPeer } from '../../lib/workloads/network-peer';
import { NetworkPolicy, NetworkPolicyProps } from '../../lib/workloads/network-policy';
import { ServiceProtocol } from '../../lib/workloads/service-port';
import { Workload } from '../../lib/workloads/workload';
import { synthOn, TestCluster } from '../kubernetes/addons/cluster';

type Made = { readonly shop: Workload; readonly worker: Workload; readonly cluster: TestCluster };

function synth(build: (scope: ConstructorParameters<typeof Workload>[0], made: Made) => void) {
  return synthOn({ openstack: false }, (scope, cluster) => {
    const shop = new Workload(scope, 'Shop', { cluster, image: 'shop:1', port: 8080, namespace: 'shop' });
    const worker = new Workload(scope, 'Worker', { cluster, image: 'worker:1', namespace: 'jobs' });
    build(scope, { shop, worker, cluster });
  });
}

describe('InternalService', () => {
  const service = (props: (made: Made) => Partial<InternalServiceProps>) =>
    synth((scope, made) => void new InternalService(scope, 'ShopApi', { cluster: made.cluster, ...props(made) })).resource('kubernetes_service_v1');

  test('is an address in the cluster on the port of the workload', () => {
    let made: InternalService | undefined;
    const stack = synth((scope, { cluster, shop }) => (made = new InternalService(scope, 'ShopApi', { cluster, workload: shop })));
    expect(stack.resource('kubernetes_service_v1')).toMatchObject({
      metadata: { name: 'shop-api', namespace: 'shop' },
      spec: { type: 'ClusterIP', selector: { 'app.kubernetes.io/name': 'shop' }, port: [{ port: 8080, target_port: '8080', protocol: 'TCP' }] },
    });
    expect([made!.host, made!.port]).toEqual(['shop-api.shop.svc.cluster.local', 8080]);
  });

  test('on another port, for clients that stay, or without an address', () => {
    expect(service(({ shop }) => ({ workload: shop, port: 80, stickyClients: true })).spec).toMatchObject({
      session_affinity: 'ClientIP',
      port: [{ port: 80, target_port: '8080' }],
    });
    expect(service(() => ({ selector: { app: 'x' }, port: 53, headless: true, protocol: ServiceProtocol.UDP })).spec).toMatchObject({
      cluster_ip: 'None',
      port: [{ port: 53, target_port: '53', protocol: 'UDP' }],
    });
  });

  test.each<[string, (made: Made) => Partial<InternalServiceProps>, RegExp]>([
    ['nothing to serve', () => ({ port: 80 }), /neither a workload nor a selector/],
    ['a workload without a port', ({ worker }) => ({ workload: worker }), /the workload worker listens on no port; give it a port/],
    ['no port', () => ({ selector: { app: 'x' } }), /there is no port, and no workload whose port it could be; give port/],
    ['another namespace', ({ shop }) => ({ workload: shop, namespace: 'x' }), /namespace must be the workload's, shop.*got "x"/],
    ['port 0', () => ({ selector: { app: 'x' }, port: 0 }), /port must be a whole number from 1 to 65535, got 0/],
  ])('%s is an error', (_, props, message) => {
    expect(() => service(props)).toThrow(message);
  });
});

describe('NetworkPolicy', () => {
  const policy = (props: (made: Made) => Partial<NetworkPolicyProps>) =>
    synth((scope, made) => void new NetworkPolicy(scope, 'Rules', { cluster: made.cluster, ...props(made) })).resource(
      'kubernetes_network_policy_v1',
    );
  const dns = {
    to: [
      {
        namespace_selector: { match_labels: { 'kubernetes.io/metadata.name': 'kube-system' } },
        pod_selector: { match_labels: { 'k8s-app': 'kube-dns' } },
      },
    ],
    ports: [
      { port: '53', protocol: 'UDP' },
      { port: '53', protocol: 'TCP' },
    ],
  };

  test('lets one workload connect to the port of another', () => {
    const { spec, metadata } = policy(({ shop, worker }) => ({ workload: shop, ingress: [{ peer: NetworkPeer.workload(worker) }] }));
    expect(metadata).toMatchObject({ name: 'rules', namespace: 'shop' });
    expect(spec).toEqual({
      policy_types: ['Ingress'],
      pod_selector: { match_labels: { 'app.kubernetes.io/name': 'shop', 'app.kubernetes.io/instance': 'shop' } },
      ingress: [
        {
          from: [
            {
              namespace_selector: { match_labels: { 'kubernetes.io/metadata.name': 'jobs' } },
              pod_selector: { match_labels: { 'app.kubernetes.io/name': 'worker', 'app.kubernetes.io/instance': 'worker' } },
            },
          ],
          ports: [{ port: '8080', protocol: 'TCP' }],
        },
      ],
    });
  });

  test('the way out: to the port of the workload that is connected to, and to the name servers', () => {
    const { spec } = policy(({ shop, worker }) => ({ workload: worker, egress: [{ peer: NetworkPeer.workload(shop) }] }));
    expect(spec.policy_types).toEqual(['Egress']);
    expect(spec.egress).toEqual([{ to: [expect.anything()], ports: [{ port: '8080', protocol: 'TCP' }] }, dns]);
    expect(policy(({ worker }) => ({ workload: worker, egress: [], allowDns: false })).spec.egress).toEqual([]);
  });

  test('addresses, namespaces, labels, everybody', () => {
    const { spec } = policy(() => ({
      namespace: 'shop',
      ingress: [
        { peer: NetworkPeer.cidr('198.51.100.0/24', { except: ['198.51.100.8/29'] }), ports: [443] },
        { peer: NetworkPeer.namespace('monitoring'), ports: [9090, 9091] },
        { peer: NetworkPeer.pods({ app: 'x' }), ports: [53], protocol: ServiceProtocol.UDP },
        { peer: NetworkPeer.anywhere() },
      ],
    }));
    expect(spec.ingress).toEqual([
      { from: [{ ip_block: { cidr: '198.51.100.0/24', except: ['198.51.100.8/29'] } }], ports: [{ port: '443', protocol: 'TCP' }] },
      {
        from: [{ namespace_selector: { match_labels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
        ports: [
          { port: '9090', protocol: 'TCP' },
          { port: '9091', protocol: 'TCP' },
        ],
      },
      { from: [{ pod_selector: { match_labels: { app: 'x' } } }], ports: [{ port: '53', protocol: 'UDP' }] },
      {},
    ]);
  });

  test('denyAll closes a namespace, but for names', () => {
    const closed = (allowDns?: boolean) =>
      synth((scope, { cluster }) => void NetworkPolicy.denyAll(scope, 'Closed', { cluster, namespace: 'shop', allowDns })).resource(
        'kubernetes_network_policy_v1',
      );
    expect(closed().metadata).toMatchObject({ name: 'closed', namespace: 'shop' });
    expect(closed().spec).toEqual({ policy_types: ['Ingress', 'Egress'], pod_selector: {}, ingress: [], egress: [dns] });
    expect(closed(false).spec).toEqual({ policy_types: ['Ingress', 'Egress'], pod_selector: {}, ingress: [], egress: [] });
  });

  test.each<[string, (made: Made) => Partial<NetworkPolicyProps>, RegExp]>([
    ['nothing said', ({ shop }) => ({ workload: shop }), /neither ingress nor egress/],
    ['two selectors', ({ shop }) => ({ workload: shop, selector: { a: 'b' }, ingress: [] }), /both a workload and a selector/],
    ['another namespace', ({ shop }) => ({ workload: shop, namespace: 'x', ingress: [] }), /namespace must be the workload's, shop/],
    ['no ports', () => ({ ingress: [{ peer: NetworkPeer.anywhere(), ports: [] }] }), /ports of a rule are empty/],
    ['port 0', () => ({ ingress: [{ peer: NetworkPeer.anywhere(), ports: [0] }] }), /port of a rule must be .*got 0/],
    ['labels of every pod', () => ({ ingress: [{ peer: NetworkPeer.pods({}) }] }), /labels of a peer are empty/],
    [
      'a CIDR that is none',
      () => ({ ingress: [{ peer: NetworkPeer.cidr('10.0.0.1') }] }),
      /NetworkPeer\.cidr is not an IPv4 or IPv6 CIDR, got "10\.0\.0\.1"/,
    ],
    [
      'an exception from nothing',
      () => ({ ingress: [{ peer: NetworkPeer.cidr('10.0.0.0/8', { except: ['192.168.0.0/16'] }) }] }),
      /except.*got "192\.168\.0\.0\/16"/,
    ],
  ])('%s is an error', (_, props, message) => {
    expect(() => policy(props)).toThrow(message);
  });
});
