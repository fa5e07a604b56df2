import { clusterIn } from './cluster-fixture';
import { ImageRegistries } from '../../lib/core/image-registries';
import { KubernetesComponents } from '../../lib/kubernetes/kubernetes-components';
import { synthStack } from '../support/synth';

/** What kubeadm is told of images by a cluster in a stack whose registries are replaced. */
function imagesOf(registries: { readonly [host: string]: string }, components?: KubernetesComponents): string[] {
  const stack = synthStack((scope) => {
    ImageRegistries.replace(scope, { registries });
    clusterIn(scope, { components });
  });
  return [...new Set(JSON.stringify(stack).match(/imageRepository: ?[^\\"]+/g))];
}

test('nodes take the images of Kubernetes from where the site has them, under the paths that the list of images names', () => {
  expect(imagesOf({ 'registry.k8s.io': 'harbor.example.com/k8s' })).toEqual([
    'imageRepository: harbor.example.com/k8s',
    'imageRepository: harbor.example.com/k8s/coredns',
  ]);
});

test('a repository that is named for the cluster is left to kubeadm, and so is everything where nothing is replaced', () => {
  expect(imagesOf({ 'registry.k8s.io': 'harbor.example.com/k8s' }, { imageRepository: 'registry.example.com/kubernetes' })).toEqual([
    'imageRepository: registry.example.com/kubernetes',
  ]);
  expect(imagesOf({ 'quay.io': 'harbor.example.com/quay' })).toEqual([]);
});
