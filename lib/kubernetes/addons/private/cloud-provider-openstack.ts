import { parse } from 'semver';
import { Chart } from './addon';
import { ChartImage } from './chart-images';

/** Where the charts of cloud-provider-openstack are published. */
const REPOSITORY = 'https://kubernetes.github.io/cloud-provider-openstack';

export const CONTROL_PLANE_LABEL = 'node-role.kubernetes.io/control-plane';

export const CONTROL_PLANE_TOLERATION = { key: CONTROL_PLANE_LABEL, operator: 'Exists', effect: 'NoSchedule' };

/** The kubelet's taint with `--cloud-provider=external`, until the cloud controller knows the node. */
export const UNINITIALIZED_TOLERATION = { key: 'node.cloudprovider.kubernetes.io/uninitialized', operator: 'Exists', effect: 'NoSchedule' };

/** Tags of the sidecars, by the chart's version: its values.yaml in the Go module k8s.io/cloud-provider-openstack of v1.34.1, v1.35.0 and v1.36.0. */
const SIDECARS: { readonly [chartVersion: string]: { readonly [name: string]: string } } = {
  '2.34.0': sidecars('v8.3.0'),
  '2.35.0': sidecars('v8.4.0'),
  '2.36.0': sidecars('v8.4.0'),
};

function sidecars(snapshotter: string): { readonly [name: string]: string } {
  return {
    'csi-attacher': 'v4.10.0',
    'csi-provisioner': 'v5.3.0',
    'csi-snapshotter': snapshotter,
    'csi-resizer': 'v1.14.0',
    'csi-node-driver-registrar': 'v2.15.0',
    livenessprobe: 'v2.17.0',
  };
}

/** Where a chart's values take its sidecars from. */
const CINDER_SIDECARS = {
  'csi-attacher': 'csi.attacher.image',
  'csi-provisioner': 'csi.provisioner.image',
  'csi-snapshotter': 'csi.snapshotter.image',
  'csi-resizer': 'csi.resizer.image',
  'csi-node-driver-registrar': 'csi.nodeDriverRegistrar.image',
  livenessprobe: 'csi.livenessprobe.image',
};
const MANILA_SIDECARS = {
  'csi-provisioner': 'controllerplugin.provisioner.image',
  'csi-snapshotter': 'controllerplugin.snapshotter.image',
  'csi-resizer': 'controllerplugin.resizer.image',
  'csi-node-driver-registrar': 'nodeplugin.registrar.image',
};

/** The charts, each with its own image and its sidecars. */
const CHARTS = {
  'openstack-cloud-controller-manager': { image: 'openstack-cloud-controller-manager', at: 'image', sidecars: {} },
  'openstack-cinder-csi': { image: 'cinder-csi-plugin', at: 'csi.plugin.image', sidecars: CINDER_SIDECARS },
  'openstack-manila-csi': { image: 'manila-csi-plugin', at: 'csimanila.image', sidecars: MANILA_SIDECARS },
};

/** A chart of cloud-provider-openstack. Chart 2.36.0 runs v1.36.0: their versions differ by the major alone, and images follow the minor. */
export function cloudProviderChart(name: keyof typeof CHARTS, version: string): Chart {
  const chart = CHARTS[name];
  const tags = Object.hasOwn(SIDECARS, version) ? SIDECARS[version] : undefined;
  const given = parse(version);
  const own = tags === undefined || given === null ? undefined : `v1.${given.minor}.0`;
  return {
    name,
    repository: REPOSITORY,
    version,
    images: [
      slots(`registry.k8s.io/provider-os/${chart.image}`, own, chart.at),
      ...Object.entries(chart.sidecars).map(([sidecar, at]) => slots(`registry.k8s.io/sig-storage/${sidecar}`, tags?.[sidecar], at)),
    ],
  };
}

function slots(image: string, tag: string | undefined, at: string): ChartImage {
  return { image: tag === undefined ? image : `${image}:${tag}`, repository: `${at}.repository`, tag: `${at}.tag` };
}
