import { OpenStackRelease } from '../../../core/openstack-release';

/** The charts of OpenStack-Helm that this engine knows. */
export type Chart = (typeof CHARTS)[number];

export const CHARTS = [
  'mariadb',
  'rabbitmq',
  'memcached',
  'openvswitch',
  'ovn',
  'keystone',
  'glance',
  'placement',
  'barbican',
  'heat',
  'cinder',
  'libvirt',
  'nova',
  'neutron',
  'octavia',
  'horizon',
] as const;

export const REPOSITORY = 'https://tarballs.opendev.org/openstack/openstack-helm';

/**
 * Versions that were published, by series. A chart's version counts the commits since the series began and names the last one: it can't be derived.
 *
 * 2026.1: docs/product-matrix-2026.3.0.md of rackerlabs/genestack, whose release runs them. Open vSwitch: apps/openstack/openvswitch.yaml of
 * rackerlabs/understack; it doesn't belong to a release of OpenStack.
 */
const VERSIONS: { readonly [series: string]: { readonly [chart in Chart]?: string } } = {
  [OpenStackRelease.V2026_1.series]: {
    memcached: '2026.1.23+0ee5adeff',
    openvswitch: '2025.2.7+5bf7cf019',
    keystone: '2026.1.8+db238e7c3',
    glance: '2026.1.9+7cce5ac45',
    placement: '2026.1.8+50c697fc3',
    barbican: '2026.1.8+a659ab8a2',
    heat: '2026.1.9+50c697fc3',
    cinder: '2026.1.9+a2a343968',
    libvirt: '2026.1.29+a34a2f9b9',
    nova: '2026.1.8+a2a343968',
    neutron: '2026.1.9+a2a343968',
    octavia: '2026.1.8+d03dd061a',
    horizon: '2026.1.9+50c697fc3',
  },
};

/** Releases of OpenStack whose charts are known. */
export function knownSeries(): string[] {
  return Object.keys(VERSIONS);
}

/** Version of a chart for a release; undefined where none is known. */
export function chartVersion(release: OpenStackRelease, chart: Chart): string | undefined {
  return VERSIONS[release.series]?.[chart];
}

/** What decides which charts there are. */
export interface ChartChoice {
  readonly ovn: boolean;
  readonly cinder: boolean;
  readonly barbican: boolean;
  readonly heat: boolean;
  readonly horizon: boolean;
  readonly octavia: boolean;
}

/**
 * The charts in the order of their installation, in stages: a stage's charts are installed side by side, once the stage before is.
 *
 * A chart is installed when its jobs are through (its database is there, Keystone knows it): what needs another chart's pods before stands in a later stage.
 * Nova, Neutron and libvirt are one stage, since each has pods, and Nova has a job, that wait for pods of the others: one after the other they would never
 * be through. OVN's Services must be there before Neutron's pods, which find them in their environment.
 */
export function chartStages(choice: ChartChoice): Chart[][] {
  const stages: (Chart | false)[][] = [
    ['mariadb', 'rabbitmq', 'memcached', 'openvswitch'],
    ['keystone', choice.ovn && 'ovn'],
    ['glance', 'placement', choice.barbican && 'barbican', choice.heat && 'heat'],
    [choice.cinder && 'cinder'],
    ['libvirt', 'nova', 'neutron'],
    [choice.octavia && 'octavia', choice.horizon && 'horizon'],
  ];
  return stages.map((stage) => stage.filter((chart): chart is Chart => chart !== false)).filter((stage) => stage.length > 0);
}
