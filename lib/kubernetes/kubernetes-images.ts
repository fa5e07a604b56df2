import { KubernetesVersion } from '../core/kubernetes-version';

/** Where Kubernetes' own images are published: kubeadm's default `imageRepository`. */
export const KUBERNETES_REGISTRY = 'registry.k8s.io';

/** What `kubeadm config images list` names for a version (cmd/kubeadm/app/images); without kube-proxy where something else does its work. */
export function kubernetesImages(version: KubernetesVersion, kubeProxy: boolean): string[] {
  const components = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', ...(kubeProxy ? ['kube-proxy'] : [])];
  return [
    ...components.map((name) => `${KUBERNETES_REGISTRY}/${name}:v${version.version}`),
    `${KUBERNETES_REGISTRY}/coredns/coredns:${version.coreDnsVersion}`,
    `${KUBERNETES_REGISTRY}/etcd:${version.etcdVersion}`,
    version.pauseImage,
  ];
}
