import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { helmValues, releaseOf, synthOn } from './cluster';
import { CalicoEncapsulation, CiliumRouting, Cni, Hubble } from '../../../lib/contracts/cni';
import { CinderCsi } from '../../../lib/kubernetes/addons/cinder-csi/cinder-csi';
import { OpenStackCloudController } from '../../../lib/kubernetes/addons/openstack-cloud-controller/openstack-cloud-controller';
import { PodNetwork } from '../../../lib/kubernetes/addons/pod-network/pod-network';
import { Synthesised } from '../../support/synth';

interface RecordedChart {
  readonly values: Record<string, string | { readonly type: string; readonly default?: unknown }>;
  readonly readByTemplates?: Record<string, string>;
}

function recorded(chart: string): RecordedChart {
  return JSON.parse(readFileSync(join(__dirname, '..', '..', '..', 'schemas', 'charts', `${chart}.values.json`), 'utf8'));
}

/** What of the values the chart doesn't have, or has with another type. */
function unknownValues(chart: RecordedChart, values: unknown, path: string[] = []): string[] {
  const at = path.join('.');
  const known = chart.values[at] ?? (chart.readByTemplates?.[at] ? 'any' : undefined);
  if (known !== undefined) {
    const type = typeof known === 'string' ? known : known.type;
    const actual = values === null ? 'null' : Array.isArray(values) ? 'array' : typeof values === 'number' ? 'integer' : typeof values;
    // a chart writes "6443" or 6443 alike
    const fits = type === 'any' || type === 'null' || type === actual || (type === 'string' && actual === 'integer');
    return fits ? [] : [`${at} is ${actual}, and ${type} in the chart`];
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return [`${at} is not in the chart`];
  return Object.entries(values).flatMap(([key, value]) => unknownValues(chart, value, [...path, key]));
}

const everything = (cni: Cni) =>
  synthOn({ cni, caCertificatePem: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n' }, (stack, cluster) => {
    new PodNetwork(stack, 'PodNetwork', { cluster });
    new OpenStackCloudController(stack, 'Ccm', { cluster });
    new CinderCsi(stack, 'CinderCsi', { cluster });
  });

describe('every value that an add-on sets is one that its chart has', () => {
  let stacks: Record<string, Synthesised>;
  beforeAll(() => {
    stacks = {
      cilium: everything(Cni.cilium()),
      routed: everything(Cni.cilium({ routing: CiliumRouting.NATIVE_NEUTRON_ROUTES, wireGuard: true, hubble: Hubble.UI })),
      calico: everything(Cni.calico()),
      ipip: everything(Cni.calico({ encapsulation: CalicoEncapsulation.IPIP })),
    };
  });

  test.each([
    ['cilium', 'cilium', 'cilium'],
    ['routed', 'cilium', 'cilium'],
    ['calico', 'tigera-operator', 'calico'],
    ['ipip', 'tigera-operator', 'calico'],
    ['cilium', 'openstack-cloud-controller-manager', 'openstack-cloud-controller-manager'],
    ['cilium', 'openstack-cinder-csi', 'openstack-cinder-csi'],
  ])('%s: chart %s', (stack, chart, release) => {
    expect(unknownValues(recorded(chart), helmValues(stacks[stack], releaseOf(stacks[stack], release)))).toEqual([]);
  });

  test('the comparison notices a value that is not there, and one of another type', () => {
    const chart = recorded('openstack-cinder-csi');
    expect(unknownValues(chart, { clusterId: 'prod', csi: { plugin: { nodePlugin: { podAnnotation: {} } } } })).toEqual([
      'clusterId is not in the chart',
    ]);
    expect(unknownValues(chart, { csi: { plugin: { nodePlugin: { kubeletDirectory: '/x' } } } })).toEqual([
      'csi.plugin.nodePlugin.kubeletDirectory is not in the chart',
    ]);
    expect(unknownValues(chart, { storageClass: { enabled: 'no' } })).toEqual(['storageClass.enabled is string, and boolean in the chart']);
  });
});
