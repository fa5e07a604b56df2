import { Chart } from './charts';
import { OpenStackHelmEndpoints } from './openstack-helm-options';
import { KubernetesObject } from '../../../core/objects-chart';

/** An API that users reach. */
export interface PublicEndpoint {
  /** Key in the chart's `endpoints`. */
  readonly endpoint: string;
  /** First label of its name. */
  readonly host: string;
  /** Service in the cluster, and its port. */
  readonly service: string;
  readonly port: number;
  /** Key in the endpoint's `port`. */
  readonly portKey: string;
}

const api = (endpoint: string, host: string, service: string, port: number, portKey = 'api'): PublicEndpoint => ({
  endpoint,
  host,
  service,
  port,
  portKey,
});

const ENDPOINTS: { readonly [chart in Chart]?: readonly PublicEndpoint[] } = {
  keystone: [api('identity', 'keystone', 'keystone-api', 5000)],
  glance: [api('image', 'glance', 'glance-api', 9292)],
  placement: [api('placement', 'placement', 'placement-api', 8778)],
  barbican: [api('key_manager', 'barbican', 'barbican-api', 9311)],
  heat: [api('orchestration', 'heat', 'heat-api', 8004), api('cloudformation', 'cloudformation', 'heat-cfn', 8000)],
  cinder: [api('volumev3', 'cinder', 'cinder-api', 8776)],
  nova: [api('compute', 'nova', 'nova-api', 8774), api('compute_novnc_proxy', 'novncproxy', 'nova-novncproxy', 6080, 'novnc_proxy')],
  neutron: [api('network', 'neutron', 'neutron-server', 9696)],
  octavia: [api('load_balancer', 'octavia', 'octavia-api', 9876)],
  horizon: [api('dashboard', 'horizon', 'horizon-int', 80, 'web')],
};

/** The public APIs of a chart. */
export function publicEndpoints(chart: Chart): readonly PublicEndpoint[] {
  return ENDPOINTS[chart] ?? [];
}

/** What leads to the public APIs. */
export interface EndpointObjects {
  readonly namespace: string;
  readonly domain: string;
  readonly through: OpenStackHelmEndpoints;
  /** Secret with the certificate; undefined without TLS. */
  readonly tlsSecret: string | undefined;
  readonly charts: readonly Chart[];
}

/** The objects of the Gateway API, or an Ingress for each. */
export function endpointObjects({ namespace, domain, through, tlsSecret, charts }: EndpointObjects): KubernetesObject[] {
  const metadata = (name: string) => ({
    name,
    namespace,
    ...(Object.keys(through.annotations).length === 0 ? {} : { annotations: through.annotations }),
  });
  const apis = charts.flatMap(publicEndpoints);
  if (through.kind === 'Ingress') {
    return apis.map(({ host, service, port }) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: metadata(`openstack-${host}`),
      spec: {
        ingressClassName: through.className,
        rules: [
          {
            host: `${host}.${domain}`,
            http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: service, port: { number: port } } } }] },
          },
        ],
        ...(tlsSecret === undefined ? {} : { tls: [{ hosts: [`${host}.${domain}`], secretName: tlsSecret }] }),
      },
    }));
  }
  const listener = tlsSecret === undefined ? { name: 'http', port: 80, protocol: 'HTTP' } : { name: 'https', port: 443, protocol: 'HTTPS' };
  return [
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: metadata('openstack'),
      spec: {
        gatewayClassName: through.className,
        listeners: [
          {
            ...listener,
            hostname: `*.${domain}`,
            allowedRoutes: { namespaces: { from: 'Same' } },
            ...(tlsSecret === undefined ? {} : { tls: { mode: 'Terminate', certificateRefs: [{ kind: 'Secret', name: tlsSecret }] } }),
          },
        ],
      },
    },
    ...apis.map(({ host, service, port }) => ({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: metadata(`openstack-${host}`),
      spec: {
        parentRefs: [{ name: 'openstack', sectionName: listener.name }],
        hostnames: [`${host}.${domain}`],
        rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs: [{ name: service, port }] }],
      },
    })),
  ];
}
