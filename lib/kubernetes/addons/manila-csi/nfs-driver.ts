import { ChartValues } from '../../../core/helm-release';
import { Chart } from '../private/addon';
import { ChartImage } from '../private/chart-images';

/** Where its makers publish the chart. */
const REPOSITORY = 'https://raw.githubusercontent.com/kubernetes-csi/csi-driver-nfs/master/charts';
const SIDECARS: { readonly [name: string]: string } = {
  csiProvisioner: 'csi-provisioner',
  csiResizer: 'csi-resizer',
  csiSnapshotter: 'csi-snapshotter',
  livenessProbe: 'livenessprobe',
  nodeDriverRegistrar: 'csi-node-driver-registrar',
};

/** The chart csi-driver-nfs. Its own image has its version; the tags of the sidecars aren't recorded. */
export function nfsDriverChart(version: string): Chart {
  const slots = (image: string, at: string): ChartImage => ({ image, repository: `image.${at}.repository`, tag: `image.${at}.tag` });
  return {
    name: 'csi-driver-nfs',
    repository: REPOSITORY,
    version,
    images: [
      slots(`registry.k8s.io/sig-storage/nfsplugin:v${version}`, 'nfs'),
      ...Object.entries(SIDECARS).map(([at, image]) => slots(`registry.k8s.io/sig-storage/${image}`, at)),
    ],
  };
}

/** Manila's driver forwards mounts to its node plugin. What its controller can do is Manila's business here. */
export function nfsDriverValues(): ChartValues {
  return { controller: { runOnControlPlane: true, enableSnapshotter: false }, externalSnapshotter: { enabled: false } };
}
