import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HelmProvider } from '@cdktf/provider-helm/lib/provider';
import { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import { App, Manifest, TerraformStack, Testing } from 'cdktf';
import fc from 'fast-check';
import { ClusterOptions, helmValues, releaseOf, synthOn, TestCluster } from './cluster';
import { Cni } from '../../../lib/contracts/cni';
import { formatImage, parseImage } from '../../../lib/core/image-reference';
import { ImageRegistries, ImageRegistriesOptions } from '../../../lib/core/image-registries';
import { KubernetesVersion } from '../../../lib/core/kubernetes-version';
import { CinderCsi } from '../../../lib/kubernetes/addons/cinder-csi/cinder-csi';
import { ClusterAddons } from '../../../lib/kubernetes/addons/cluster-addons/cluster-addons';
import { ClusterCapability } from '../../../lib/kubernetes/addons/cluster-addons/cluster-capability';
import { HelmAddon, HelmAddonProps } from '../../../lib/kubernetes/addons/helm-addon/helm-addon';
import { OpenStackCloudController } from '../../../lib/kubernetes/addons/openstack-cloud-controller/openstack-cloud-controller';
import { PodNetwork } from '../../../lib/kubernetes/addons/pod-network/pod-network';
import { cloudProviderChart } from '../../../lib/kubernetes/addons/private/cloud-provider-openstack';
import { Block } from '../../support/synth';

function stackIn(app: App, name: string): TerraformStack {
  const stack = new TerraformStack(app, name);
  new KubernetesProvider(stack, 'kubernetes', {});
  new HelmProvider(stack, 'helm', {});
  return stack;
}

/** An app's warnings, as its manifest has them. */
function warningsOf(app: App): string[] {
  app.synth();
  const manifest: Block = JSON.parse(readFileSync(join(app.outdir, Manifest.fileName), 'utf8'));
  return Object.values(manifest.stacks as Record<string, Block>).flatMap(({ annotations }) => annotations.map(({ message }: Block) => message));
}

const HELM: Omit<HelmAddonProps, 'cluster'> = {
  chart: 'app',
  repository: 'https://charts.example.com',
  version: '1.0.0',
  namespace: 'app',
};

describe('requirements', () => {
  test('what is missing in all stacks is an error with the reason and the fix', () => {
    expect(() => synthOn({ imported: false }, (stack, cluster) => new CinderCsi(stack, 'CinderCsi', { cluster }))).toThrow(
      /test\/CinderCsi: CinderCsi needs a cloud controller, and no stack of the app installs one on the cluster prod: nodes keep the taint "uninitialized".*; add an OpenStackCloudController, or say by ClusterAddons/,
    );
  });

  test('an add-on may come from any stack, or from elsewhere', () => {
    const app = Testing.app();
    const below = stackIn(app, 'below');
    const cluster = new TestCluster(below, 'Cluster', { imported: false });
    const above = stackIn(app, 'above');
    new OpenStackCloudController(below, 'Ccm', { cluster });
    new CinderCsi(above, 'CinderCsi', { cluster });
    expect(above.dependencies.map(({ node }) => node.id)).toEqual(['below']);
    expect(() => app.synth()).not.toThrow();
    expect(() =>
      synthOn({ imported: false }, (stack, made) => {
        ClusterAddons.of(made).provideElsewhere(ClusterCapability.CLOUD_CONTROLLER);
        new CinderCsi(stack, 'CinderCsi', { cluster: made });
      }),
    ).not.toThrow();
  });

  test('a stack that comes first and needs what comes later is an error', () => {
    const app = Testing.app();
    const [first, second] = [stackIn(app, 'first'), stackIn(app, 'second')];
    second.addDependency(first);
    const cluster = new TestCluster(first, 'Cluster');
    new HelmAddon(first, 'App', { cluster, ...HELM, requires: [ClusterCapability.CLOUD_CONTROLLER] });
    expect(() => new OpenStackCloudController(second, 'Ccm', { cluster })).toThrow(
      /^first\/App\/Release: it needs second\/Ccm\/Release, whose stack comes after this one; write that one first, or put it into this stack$/,
    );
  });

  test('the order of stacks is the order of the add-ons, unless the user has it the other way round', () => {
    const app = Testing.app();
    const [first, second] = [stackIn(app, 'first'), stackIn(app, 'second')];
    const cluster = new TestCluster(first, 'Cluster');
    new HelmAddon(first, 'App', { cluster, ...HELM });
    new PodNetwork(second, 'PodNetwork', { cluster });
    expect(first.dependencies).toEqual([second]);
    const other = stackIn(app, 'other');
    second.addDependency(other);
    expect(() => new HelmAddon(other, 'Late', { cluster, ...HELM, releaseName: 'late' })).not.toThrow();
    expect(other.dependencies).toEqual([]);
  });

  test('a second service proxy is an error, and none at all for what needs one', () => {
    const proxy = { ...HELM, provides: [ClusterCapability.SERVICE_PROXY] };
    expect(() => synthOn({ cni: Cni.calico() }, (stack, cluster) => new HelmAddon(stack, 'Proxy', { cluster, ...proxy }))).toThrow(
      /HelmAddon is a second service proxy for the cluster prod, which has one by itself/,
    );
    const needing = { ...HELM, requires: [ClusterCapability.TRUNK_PORTS] };
    expect(() => synthOn({ imported: false }, (stack, cluster) => new HelmAddon(stack, 'App', { cluster, ...needing }))).toThrow(
      /HelmAddon needs a trunk ports|HelmAddon needs trunk ports/,
    );
    expect(() =>
      synthOn({ imported: false, trunkPorts: true }, (stack, cluster) => new HelmAddon(stack, 'App', { cluster, ...needing })),
    ).not.toThrow();
  });

  test('what requires a later thing than itself is an error', () => {
    const odd = { ...HELM, provides: [ClusterCapability.POD_NETWORK], requires: [ClusterCapability.CERTIFICATES] };
    expect(() => synthOn({}, (stack, cluster) => new HelmAddon(stack, 'Odd', { cluster, ...odd }))).toThrow(/comes to life after it/);
  });
});

describe('a cluster without a pod network', () => {
  const warnings = (options: ClusterOptions, build: (stack: TerraformStack, cluster: TestCluster) => void) => {
    const app = Testing.app();
    const stack = stackIn(app, 'test');
    build(stack, new TestCluster(stack, 'Cluster', options));
    return warningsOf(app).filter((message) => message.includes('pod network'));
  };
  const controller = (stack: TerraformStack, cluster: TestCluster) => new OpenStackCloudController(stack, 'Ccm', { cluster });

  test('is a warning that says what to do', () => {
    expect(warnings({ imported: false }, controller)).toEqual([
      expect.stringMatching(/^test\/Cluster: no stack of the app installs a pod network.*; add a PodNetwork, or say/),
    ]);
  });

  test('is none where it is imported, has one in any stack, or gets one from elsewhere', () => {
    expect(warnings({}, controller)).toEqual([]);
    expect(warnings({ imported: false }, (stack, cluster) => new PodNetwork(stack, 'PodNetwork', { cluster }))).toEqual([]);
    expect(warnings({ imported: false }, (_, cluster) => ClusterAddons.of(cluster).provideElsewhere(ClusterCapability.POD_NETWORK))).toEqual([]);
  });
});

describe('images', () => {
  const part = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  const image = fc
    .tuple(fc.constantFrom('registry.k8s.io', 'localhost', 'r.example.com:5000', 'docker.io'), fc.array(part, { minLength: 1, maxLength: 3 }), part)
    .map(([registry, path, tag]) => `${registry}/${path.join('/')}:${tag}`);

  test('a reference comes apart and together again', () => {
    fc.assert(fc.property(image, (reference) => expect(formatImage(parseImage(reference))).toBe(reference)));
    expect(parseImage('postgres:17')).toEqual({ registry: 'docker.io', path: 'library/postgres', tag: '17', digest: undefined });
    expect(parseImage('a/b@sha256:0')).toMatchObject({ registry: 'docker.io', path: 'a/b', digest: 'sha256:0' });
  });

  const all = (options: ImageRegistriesOptions | undefined, scope: 'app' | 'stack' | 'cluster' = 'app') => {
    const app = Testing.app();
    if (options && scope === 'app') ImageRegistries.replace(app, options);
    const stack = stackIn(app, 'test');
    if (options && scope === 'stack') ImageRegistries.replace(stack, options);
    const cluster = new TestCluster(stack, 'Cluster', { imported: false, cni: Cni.calico() });
    if (options && scope === 'cluster') ImageRegistries.replace(cluster, options);
    new PodNetwork(stack, 'PodNetwork', { cluster });
    new OpenStackCloudController(stack, 'Ccm', { cluster });
    new CinderCsi(stack, 'CinderCsi', { cluster });
    return ClusterAddons.of(cluster);
  };

  test('the list has every image once, Kubernetes own and those of its add-ons', () => {
    const sources = all(undefined).images.map(({ source }) => source);
    const { version } = KubernetesVersion.V1_36;
    for (const source of [
      `registry.k8s.io/kube-apiserver:v${version}`,
      `registry.k8s.io/kube-proxy:v${version}`,
      'registry.k8s.io/coredns/coredns:v1.14.2',
      'registry.k8s.io/etcd:3.6.8-0',
      'registry.k8s.io/pause:3.10.2',
      'registry.k8s.io/provider-os/openstack-cloud-controller-manager:v1.36.0',
      'registry.k8s.io/provider-os/cinder-csi-plugin:v1.36.0',
      'registry.k8s.io/sig-storage/csi-attacher:v4.10.0',
      'registry.k8s.io/sig-storage/snapshot-controller:v8.4.0',
    ]) {
      expect(sources.filter((other) => other === source)).toEqual([source]);
    }
  });

  test.each(['app', 'stack', 'cluster'] as const)('one option of the %s replaces all registries', (scope) => {
    const { images } = all({ all: 'harbor.example.com/mirror' }, scope);
    const strangers = images.filter((one) => !one.image.startsWith('harbor.example.com/mirror/'));
    expect(strangers.map((one) => one.image)).toEqual([]);
    expect(images).toContainEqual({
      image: 'harbor.example.com/mirror/provider-os/cinder-csi-plugin:v1.36.0',
      source: 'registry.k8s.io/provider-os/cinder-csi-plugin:v1.36.0',
      usedBy: 'CinderCsi',
    });
  });

  test('charts come from elsewhere, too: a registry or a repository', () => {
    const { charts } = all({
      allCharts: 'oci://harbor.example.com/charts',
      chartRepositories: { 'https://docs.tigera.io/calico/charts': 'https://charts.example.com' },
    });
    expect(charts.find(({ name }) => name === 'openstack-cinder-csi')).toMatchObject({
      version: '2.36.0',
      repository: 'oci://harbor.example.com/charts',
      source: 'https://kubernetes.github.io/cloud-provider-openstack',
    });
    expect(charts.find(({ name }) => name === 'tigera-operator')).toMatchObject({ repository: 'https://charts.example.com' });
  });

  test('what the user says in values is what is listed', () => {
    const stack = synthOn({ imported: false }, (scope, cluster) => {
      new OpenStackCloudController(scope, 'Ccm', { cluster, values: { image: { repository: 'r.example.com/ccm', tag: 'v9' } } });
      expect(ClusterAddons.of(cluster).images.filter(({ usedBy }) => usedBy === 'OpenStackCloudController')).toEqual([
        { image: 'r.example.com/ccm:v9', source: 'r.example.com/ccm:v9', usedBy: 'OpenStackCloudController' },
      ]);
      ClusterAddons.of(cluster).output(scope, 'images');
    });
    expect(stack.json.output.images.value.images).toContainEqual(expect.objectContaining({ image: 'r.example.com/ccm:v9' }));
  });

  test('a HelmAddon tells its images, in whichever way its chart takes them', () => {
    const images = [
      { image: 'quay.io/a/one:1', registry: 'one.registry', path: 'one.path' },
      { image: 'quay.io/a/two:2', registry: 'two.registry' },
      { image: 'quay.io/a/three:3', reference: 'three' },
    ];
    const app = Testing.app();
    ImageRegistries.replace(app, { registries: { 'quay.io': 'h.example.com/quay' } });
    const stack = stackIn(app, 'test');
    const cluster = new TestCluster(stack, 'Cluster');
    new HelmAddon(stack, 'App', { cluster, ...HELM, images });
    const json = { json: JSON.parse(Testing.synth(stack)) } as any;
    json.resources = (type: string) => json.json.resource?.[type] ?? {};
    expect(helmValues(json, releaseOf(json, 'app'))).toEqual({
      one: { registry: 'h.example.com', path: 'quay/a/one' },
      two: { registry: 'h.example.com/quay' },
      three: 'h.example.com/quay/a/three:3',
    });
    expect(ClusterAddons.of(cluster).images.map((one) => one.image)).toEqual([
      'h.example.com/quay/a/one:1',
      'h.example.com/quay/a/three:3',
      'h.example.com/quay/a/two:2',
    ]);
  });

  test.each<[string, ImageRegistriesOptions, RegExp]>([
    ['a scheme in a registry', { all: 'https://harbor.example.com' }, /a registry must be a host .* got "https:\/\/harbor\.example\.com"/],
    ['no scheme in a repository', { allCharts: 'harbor.example.com/charts' }, /a repository of charts must be a URL/],
  ])('%s is an error', (_, options, message) => {
    expect(() => ImageRegistries.replace(Testing.app(), options)).toThrow(message);
  });

  test('replaced too late, or twice, is an error', () => {
    const app = Testing.app();
    const stack = stackIn(app, 'test');
    new HelmAddon(stack, 'App', { cluster: new TestCluster(stack, 'Cluster'), ...HELM });
    expect(() => ImageRegistries.replace(stack, { all: 'a.example.com' })).toThrow(/^test: something here has its images already/);
    const fresh = Testing.app();
    ImageRegistries.replace(fresh, { all: 'a.example.com' });
    expect(() => ImageRegistries.replace(fresh, { all: 'b.example.com' })).toThrow(/registries are replaced here already/);
  });

  test.each(['openstack-cloud-controller-manager', 'openstack-cinder-csi', 'openstack-manila-csi'] as const)(
    'the images of %s are those of the chart, where it takes them',
    (name) => {
      const file = join(__dirname, '..', '..', '..', 'schemas', 'charts', `${name}.values.json`);
      const recorded: Block = JSON.parse(readFileSync(file, 'utf8'));
      const { images = [] } = cloudProviderChart(name, recorded.version);
      const places = Object.keys(recorded.values).filter((path) => path.endsWith('image.repository'));
      expect(images.map(({ repository }) => repository).sort()).toEqual(places.sort());
      for (const { image: reference, repository, tag } of images) {
        const written = recorded.values[repository!].default;
        // The chart of the cloud controller has its default in a comment alone.
        if (written !== undefined) expect(reference.replace(/:[^:]*$/, '')).toBe(written);
        expect(reference.replace(/^.*:/, '')).toBe(recorded.values[tag!].default || recorded.appVersion);
      }
      expect(cloudProviderChart(name, '2.36.9').images!.every(({ image: reference }) => !reference.includes(':'))).toBe(true);
    },
  );
});
