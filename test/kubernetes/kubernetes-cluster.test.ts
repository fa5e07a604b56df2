import { TerraformVariable } from 'cdktf';
import { Cni } from '../../lib/contracts/cni';
import { KubernetesVersion } from '../../lib/core/kubernetes-version';
import { KubernetesCluster, KubernetesClusterAttributes } from '../../lib/kubernetes/kubernetes-cluster';
import { synthStack } from '../support/synth';

function adopt(attributes: Partial<KubernetesClusterAttributes>) {
  return synthStack((stack) => {
    const key = new TerraformVariable(stack, 'key', { sensitive: true }).stringValue;
    const cluster = KubernetesCluster.fromKubeconfig(stack, 'Cluster', {
      clusterName: 'prod',
      version: KubernetesVersion.V1_36,
      host: 'https://api.example.com:6443',
      clusterCaCertificate: 'ca',
      clientCertificate: 'certificate',
      clientKey: key,
      cni: Cni.cilium(),
      podCidr: '10.244.0.0/16',
      serviceCidr: '10.96.0.0/12',
      podMtu: 1400,
      ...attributes,
    });
    expect(cluster.kubeconfig.host).toBe('https://api.example.com:6443');
    expect(cluster.controlPlaneReplicas).toBe(3);
  });
}

test('an adopted cluster creates nothing', () => {
  expect(adopt({}).json.resource).toBeUndefined();
});

test.each<[string, Partial<KubernetesClusterAttributes>, RegExp]>([
  ['a literal key', { clientKey: 'hunter2' }, /clientKey is a literal/],
  ['a URL without https', { host: 'api.example.com' }, /host must be a URL with https.*got "api.example.com"/],
  ['overlapping ranges', { serviceCidr: '10.244.0.0/20' }, /serviceCidr overlaps podCidr/],
  ['an MTU under 1280', { podMtu: 1200 }, /podMtu must be a whole number from 1280/],
])('%s is told at synth', (_, attributes, message) => {
  expect(() => adopt(attributes)).toThrow(message);
});
