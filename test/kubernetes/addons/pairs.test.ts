import { TerraformStack, Testing } from 'cdktf';
import { ALL_ADDONS } from './all-addons';
import { TestCluster } from './cluster';

/**
 * What comes of two add-ons, and nothing else, on a cluster that was made by this library: what is missing, or why they don't go together.
 * A pair that isn't listed is fine but for what each of the two misses by itself.
 */
const ALONE: Record<string, string[]> = {
  BarbicanKms: [],
  CertManager: ['CertManager needs a pod network'],
  DesignateDns: ['DesignateDns needs a cloud controller'],
  GpuOperator: ['GpuOperator needs a pod network'],
  IngressController: ['IngressController needs a cloud controller'],
  KeystoneAuth: ['KeystoneAuth needs a pod network', 'KeystoneAuth needs a service proxy'],
  MetricsServer: ['MetricsServer needs a pod network'],
  NodeProblemDetector: ['NodeProblemDetector needs a pod network'],
  Calico: [],
  Cilium: [],
  CinderCsi: ['CinderCsi needs a cloud controller'],
  HelmAddon: [],
  Kuryr: [],
  ManilaCsi: ['ManilaCsi needs a cloud controller'],
  OpenStackCloudController: [],
  VolumeSnapshots: [],
};
const TOGETHER: Record<string, string[]> = {
  'Calico + CertManager': [],
  'Calico + GpuOperator': [],
  'Calico + KeystoneAuth': [],
  'Calico + MetricsServer': [],
  'Calico + NodeProblemDetector': [],
  'CertManager + Cilium': [],
  'CertManager + Kuryr': [],
  'Cilium + GpuOperator': [],
  'Cilium + KeystoneAuth': [],
  'Cilium + MetricsServer': [],
  'Cilium + NodeProblemDetector': [],
  'DesignateDns + OpenStackCloudController': [],
  'GpuOperator + Kuryr': [],
  'IngressController + OpenStackCloudController': [],
  'KeystoneAuth + Kuryr': [],
  'Kuryr + MetricsServer': [],
  'Kuryr + NodeProblemDetector': [],
  'Calico + Cilium': ['the cluster prod was made for another pod network'],
  'Calico + Kuryr': ['the cluster prod was made for another pod network'],
  'Cilium + Kuryr': ['the cluster prod was made for another pod network'],
  'CinderCsi + OpenStackCloudController': [],
  'ManilaCsi + OpenStackCloudController': [],
  'ManilaCsi + VolumeSnapshots': ['the cluster prod has VolumeSnapshots already, at test/ManilaCsi/VolumeSnapshots'],
  'CinderCsi + VolumeSnapshots': ['the cluster prod has VolumeSnapshots already, at test/CinderCsi/VolumeSnapshots'],
};

/** Pairs that are fine if the second is written first, because the first makes it otherwise. */
const SECOND_FIRST = ['CinderCsi + VolumeSnapshots', 'ManilaCsi + VolumeSnapshots'];

/** Errors of these add-ons on one cluster, each up to its reason. */
function errorsOf(...names: string[]): string[] {
  const app = Testing.app();
  const stack = new TerraformStack(app, 'test');
  const addons = names.map((name) => ALL_ADDONS[name]);
  const cluster = new TestCluster(stack, 'Cluster', { imported: false, ...Object.assign({}, ...addons.map((addon) => addon.cluster)) });
  const short = (message: string) => message.replace(/^test\/\S*: /, '').replace(/(, and no stack of the app| for the cluster |; |: ).*$/s, '');
  try {
    for (const { install } of addons) install(stack, cluster);
  } catch (error) {
    return [short((error as Error).message)];
  }
  return cluster.node.validate().map(short).sort();
}

const names = Object.keys(ALL_ADDONS).sort();
const pairs = names.flatMap((one, i) => names.slice(i + 1).map((other) => [one, other] as const));

test('an add-on alone misses what the table says', () => {
  expect(Object.fromEntries(names.map((name) => [name, errorsOf(name)]))).toEqual(ALONE);
});

test('two add-ons come to what the table says, whichever is written first', () => {
  const plain = ([one, other]: readonly [string, string]) => [...(ALONE[one] ?? []), ...(ALONE[other] ?? [])].sort();
  const found = pairs
    .map((pair) => ({ key: pair.join(' + '), errors: errorsOf(...pair), usual: plain(pair) }))
    .filter(({ errors, usual }) => JSON.stringify(errors) !== JSON.stringify(usual));
  expect(Object.fromEntries(found.map(({ key, errors }) => [key, errors]))).toEqual(TOGETHER);
  for (const { key, errors, usual } of found) {
    const reversed = errorsOf(...key.split(' + ').reverse());
    if (SECOND_FIRST.includes(key)) expect(reversed).toEqual(usual);
    else expect(reversed).toHaveLength(errors.length);
  }
});

test('every add-on twice on one cluster is an error', () => {
  for (const name of names) {
    const app = Testing.app();
    const cluster = new TestCluster(new TerraformStack(app, 'one'), 'Cluster', { imported: false, ...ALL_ADDONS[name].cluster });
    ALL_ADDONS[name].install(new TerraformStack(app, 'two'), cluster);
    expect(() => ALL_ADDONS[name].install(new TerraformStack(app, 'three'), cluster)).toThrow(
      /^three\/\w+: (the cluster prod has .* already, at two\/|\w+ is a second .* beside \w+ at two\/)/,
    );
  }
});
