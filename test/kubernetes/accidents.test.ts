/** What went wrong for users of other tools: docs/accidents.md says what becomes of each here, and which test proves it. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { helmValues, releaseOf, synthOn } from './addons/cluster';
import { clusterIn } from './cluster-fixture';
import { NodeFlavor } from '../../lib/contracts/node-flavor';
import { CinderCsi } from '../../lib/kubernetes/addons/cinder-csi/cinder-csi';
import { OpenStackCloudController } from '../../lib/kubernetes/addons/openstack-cloud-controller/openstack-cloud-controller';
import { K8sOnNovaProps } from '../../lib/kubernetes/k8s-on-nova';
import { Block, synthStack } from '../support/synth';

const flavor = NodeFlavor.named('m1.large');
const servers = (props: Partial<K8sOnNovaProps>, hosts?: number): [string, Block][] => {
  const cluster = synthStack((stack) => void clusterIn(stack, { workerPools: [], ...props }, { computeHostCount: hosts }));
  return Object.entries(cluster.resources('openstack_compute_instance_v2'));
};

const root = path.join(__dirname, '..', '..');

/** Every file of tests and checks. */
function testFiles(folder: string): string[] {
  const entries = fs.readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile() && /\.(test|check)\.ts$/.test(entry.name)).map((entry) => path.join(entry.parentPath, entry.name));
}

describe('the table of accidents', () => {
  const rows = fs
    .readFileSync(path.join(root, 'docs', 'accidents.md'), 'utf8')
    .split('\n')
    .map((line) => /^\| (\d+) \| (.*) \| (\w+) \| (.*) \| `([\w./-]+)`: (.*) \|$/.exec(line))
    .filter((match) => match !== null);
  const files = testFiles(path.join(root, 'test'));

  test('has every known accident once, and says what becomes of it', () => {
    expect(rows.map(([, number]) => Number(number))).toEqual(Array.from({ length: 36 }, (_, i) => i + 1));
    for (const [, , , kind] of rows) expect(['impossible', 'refused', 'survived']).toContain(kind);
  });

  test.each(rows.map(([, number, , , , file, name]) => [number, file, name]))('%s is proven by a test that is there: %s', (_, file, name) => {
    const found = files.filter((each) => each.endsWith(`/${file}`));
    expect(found).toHaveLength(1);
    const text = fs.readFileSync(found[0], 'utf8');
    const title = new RegExp(`(test\\(|name: |^ *)(['"\`])${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\2,`, 'm');
    expect(title.test(text.replace(/\\'/g, "'"))).toBe(true);
  });
});

test('CPO#1273: the cluster name is obligatory, and controllers find by it what is theirs', () => {
  for (const clusterName of [undefined, '', 'Kubernetes', 'prod_eu']) {
    expect(() => servers({ clusterName: clusterName as string })).toThrow(/clusterName|name/);
  }
  const [, server] = servers({ clusterName: 'blue', controlPlane: { replicas: 1, flavor } })[0];
  expect(server).toMatchObject({ name: 'blue-control-plane-0', tags: expect.arrayContaining(['kubernetes-cluster=blue']) });
});

test('a burst of servers with anti-affinity, hard or soft: the slots of the control plane come one after the other', () => {
  const waitsFor = (made: [string, Block][]) =>
    made.map(([, { depends_on: dependsOn }]) => dependsOn.filter((address: string) => address.startsWith('openstack_compute_instance_v2.')));
  const controlPlane = { replicas: 3, flavor };
  for (const hosts of [undefined, 3]) {
    const made = servers({ controlPlane }, hosts);
    expect(waitsFor(made)).toEqual([[], [`openstack_compute_instance_v2.${made[0][0]}`], [`openstack_compute_instance_v2.${made[1][0]}`]]);
  }
});

test('CPO#2284: what talks to the cloud is started again when its credential is another', () => {
  const stack = synthOn({}, (scope, cluster) => {
    new OpenStackCloudController(scope, 'Ccm', { cluster });
    new CinderCsi(scope, 'CinderCsi', { cluster });
  });
  const [[checksum, expression]] = Object.entries(stack.json.locals).filter(([name]) => /CloudConfig_Checksum_/.test(name));
  expect(expression).toMatch(/sha256\(local\.\w*CloudConf/);
  const values = (release: string) =>
    (releaseOf(stack, release).values as string[]).map((reference) => stack.json.locals[/local\.([\w-]+)/.exec(reference)![1]]).join();
  const told = (text: string) => text.match(new RegExp(`"checksum/cloud-config":"[^,]*local\\.${checksum}\\b`, 'g'))?.length;
  expect(told(values('openstack-cloud-controller-manager'))).toBe(1);
  expect(told(values('openstack-cinder-csi'))).toBe(2); // its controller, and what is on each node
  const { controllerPlugin, nodePlugin } = helmValues(stack, releaseOf(stack, 'openstack-cinder-csi')).csi.plugin;
  for (const plugin of [controllerPlugin, nodePlugin]) expect(Object.keys(plugin.podAnnotations)).toEqual(['checksum/cloud-config']);
});
