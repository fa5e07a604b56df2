import { ClusterOptions, helmValues, releaseOf, synthOn } from './cluster';
import { CiliumRouting, Cni } from '../../../lib/contracts/cni';
import { KubernetesVersion } from '../../../lib/core/kubernetes-version';
import { CloudConfig } from '../../../lib/kubernetes/addons/cloud-config/cloud-config';
import {
  CloudController,
  OpenStackCloudController,
  OpenStackCloudControllerProps,
} from '../../../lib/kubernetes/addons/openstack-cloud-controller/openstack-cloud-controller';

function synth(props: Omit<OpenStackCloudControllerProps, 'cluster'> = {}, options: ClusterOptions = {}) {
  return synthOn(options, (stack, cluster) => new OpenStackCloudController(stack, 'Ccm', { cluster, ...props }));
}
const valuesOf = (stack: ReturnType<typeof synth>) => helmValues(stack, releaseOf(stack, 'openstack-cloud-controller-manager'));

test.each(KubernetesVersion.all().map((version) => [version.minor, version] as const))('Kubernetes %s has its own chart', (_, version) => {
  const release = releaseOf(synth({}, { version }), 'openstack-cloud-controller-manager');
  expect(release).toMatchObject({
    repository: 'https://kubernetes.github.io/cloud-provider-openstack',
    version: version.cloudControllerManagerChart,
    namespace: 'kube-system',
    wait: true,
  });
});

test("load balancers carry the cluster's name", () => {
  expect(valuesOf(synth({}, { clusterName: 'blue' })).cluster).toEqual({ name: 'blue' });
  expect(() => synth({ values: { cluster: { name: 'kubernetes' } } })).toThrow(
    'test/Ccm: values.cluster.name must be the cluster\'s, prod: two clusters of one name share load balancers, got "kubernetes"; leave it out',
  );
});

test('it runs on a control plane whose nodes are still tainted, and has nothing of the host', () => {
  const { nodeSelector, tolerations, extraVolumes, extraVolumeMounts } = valuesOf(synth());
  expect(nodeSelector).toEqual({ 'node-role.kubernetes.io/control-plane': '' });
  expect(tolerations.map(({ key, effect }: { key: string; effect: string }) => [key, effect])).toEqual([
    ['node.cloudprovider.kubernetes.io/uninitialized', 'NoSchedule'],
    ['node-role.kubernetes.io/control-plane', 'NoSchedule'],
    ['node.kubernetes.io/not-ready', 'NoSchedule'],
  ]);
  expect([extraVolumes, extraVolumeMounts]).toEqual([[], []]);
});

test('runs what a cluster needs', () => {
  expect(valuesOf(synth()).enabledControllers).toEqual(['cloud-node', 'cloud-node-lifecycle', 'service']);
});

test.each<[string, Omit<OpenStackCloudControllerProps, 'cluster'>, RegExp]>([
  [
    'a chart of another minor',
    { chartVersion: '2.35.0' },
    /must have the minor of Kubernetes 1\.36, got "2\.35\.0"; use v1\.36\.0 \(charts 2\.36\.0\)/,
  ],
  ['no cloud-node', { controllers: [CloudController.SERVICE] }, /controllers must include CLOUD_NODE.*got \["service"\]/],
  ['a controller twice', { controllers: [CloudController.CLOUD_NODE, CloudController.CLOUD_NODE] }, /controllers must be unique/],
  ['a verbosity that is none', { logVerbosity: 11 }, /logVerbosity must be a whole number from 0 to 10, got 11/],
])('%s is an error', (_, props, message) => {
  expect(() => synth(props)).toThrow(message);
});

test('a cluster known by its kubeconfig alone is an error', () => {
  expect(() => synth({}, { openstack: false })).toThrow(
    /^test\/Ccm: nothing is known of the OpenStack below the cluster prod; give the cluster its `openstack`/,
  );
});

test('routes need a router in the CloudConfig, and tell the controller the addresses of pods', () => {
  const controllers = [CloudController.CLOUD_NODE, CloudController.ROUTE];
  expect(() => synthOn({}, (scope, cluster) => new OpenStackCloudController(scope, 'Ccm', { cluster, controllers }))).toThrow(
    'test/Ccm: controllers include ROUTE, and test/CloudConfig names no router; make a CloudConfig with `route` before the add-ons, or leave ROUTE out',
  );
  const stack = synthOn({}, (scope, cluster) => {
    new CloudConfig(scope, 'Config', { cluster, route: { routerId: 'router' } });
    new OpenStackCloudController(scope, 'Ccm', { cluster, controllers });
  });
  expect(helmValues(stack, releaseOf(stack, 'openstack-cloud-controller-manager'))).toMatchObject({
    enabledControllers: ['cloud-node', 'route'],
    controllerExtraArgs: '- --cluster-cidr=10.244.0.0/16\n- --allocate-node-cidrs=true\n- --configure-cloud-routes=true',
  });
});

test("where Neutron routes pods, the nodes' router gets their routes without a word", () => {
  const cni = Cni.cilium({ routing: CiliumRouting.NATIVE_NEUTRON_ROUTES });
  const install = (options: ClusterOptions) =>
    synthOn({ cni, ...options }, (scope, cluster) => new OpenStackCloudController(scope, 'Ccm', { cluster }));
  const stack = install({ routed: true, secondaryPodCidr: 'fd00:10:244::/48' });
  expect(helmValues(stack, releaseOf(stack, 'openstack-cloud-controller-manager'))).toMatchObject({
    enabledControllers: ['cloud-node', 'cloud-node-lifecycle', 'service', 'route'],
    controllerExtraArgs: expect.stringContaining('--cluster-cidr=10.244.0.0/16,fd00:10:244::/48'),
  });
  const [conf] = Object.values<string>(stack.json.locals).filter((text) => /\[Route\]/.test(String(text)));
  expect(conf).toMatch(/\[Route\]\s+router-id="[^\n]*var\.Cluster_RouterId/);
  expect(() => install({ routed: false })).toThrow(/names no router/);
});
