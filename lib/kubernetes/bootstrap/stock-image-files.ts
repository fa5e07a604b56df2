import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentFile, NodeFile } from './cloud-config';
import { NodeImage } from '../../contracts/node-image';
import { KubernetesVersion } from '../../core/kubernetes-version';

/** The files by which a node of a distribution's own image installs what a prebuilt one has; none for a prebuilt one. */
export function stockImageFiles(image: NodeImage | undefined, version: KubernetesVersion, imageRepository?: string): NodeFile[] {
  if (image?.stockOptions === undefined) return [];
  const { kubernetesPackages, kubernetesKey, containerdPackages, containerdKey } = image.stockOptions;
  const pause = imageRepository === undefined ? version.pauseImage : version.pauseImage.replace('registry.k8s.io', imageRepository);
  return [
    { path: '/usr/local/lib/strata/strata-install.sh', content: file('strata-install.sh'), permissions: '0755' },
    { path: '/etc/systemd/system/strata-boot.service.d/10-strata-install.conf', content: file('strata-install.conf') },
    { path: '/etc/strata/containerd.toml', content: file('containerd.toml').replace('@PAUSE_IMAGE@', pause) },
    {
      path: '/etc/strata/packages.env',
      content: environmentFile({
        STRATA_VERSION: version.version,
        STRATA_KUBERNETES_PACKAGES: kubernetesPackages ?? `https://pkgs.k8s.io/core:/stable:/v${version.minor}/deb/`,
        STRATA_CONTAINERD_PACKAGES: containerdPackages ?? 'https://download.docker.com/linux',
      }),
    },
    ...(kubernetesKey === undefined ? [] : [{ path: '/etc/strata/kubernetes.asc', content: kubernetesKey }]),
    ...(containerdKey === undefined ? [] : [{ path: '/etc/strata/containerd.asc', content: containerdKey }]),
  ];
}

function file(name: string): string {
  return readFileSync(join(__dirname, name), 'utf8');
}
