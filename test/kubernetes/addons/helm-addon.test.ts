import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TerraformVariable } from 'cdktf';
import { helmValues, local, releaseOf, synthOn } from './cluster';
import { HelmAddon, HelmAddonProps } from '../../../lib/kubernetes/addons/helm-addon/helm-addon';
import { OpenStackCloudController } from '../../../lib/kubernetes/addons/openstack-cloud-controller/openstack-cloud-controller';
import { PodNetwork } from '../../../lib/kubernetes/addons/pod-network/pod-network';
import { literalsOf } from '../../support/expressions';

const chart = { chart: 'ingress-nginx', repository: 'https://kubernetes.github.io/ingress-nginx', version: '4.13.0', namespace: 'ingress' };

function synth(props: Partial<HelmAddonProps> = {}) {
  return synthOn({}, (stack, cluster) => new HelmAddon(stack, 'Ingress', { cluster, ...chart, ...props }));
}

test('installs a chart under its own name', () => {
  expect(releaseOf(synth(), 'ingress-nginx')).toMatchObject({ ...chart, create_namespace: true, wait: true, timeout: 600 });
  expect(releaseOf(synth({ chart: 'oci://ghcr.io/charts/podinfo', repository: undefined }), 'podinfo').chart).toBe('oci://ghcr.io/charts/podinfo');
});

test('values keep their types, and what looks like a template to Terraform is text', () => {
  const stack = synth({ values: { controller: { replicas: 2, config: { log: '${remote_addr} %{if} "quoted" \\n', flag: true, none: null } } } });
  expect(helmValues(stack, releaseOf(stack, 'ingress-nginx'))).toEqual({
    controller: { replicas: 2, config: { log: '${remote_addr} %{if} "quoted" \\n', flag: true, none: null } },
  });
});

test('references in values stay references: texts are escaped once known, numbers are bare', () => {
  const stack = synthOn({}, (scope, cluster) => {
    const text = new TerraformVariable(scope, 'text', { type: 'string' }).stringValue;
    const number = new TerraformVariable(scope, 'number', { type: 'number' }).numberValue;
    new HelmAddon(scope, 'Ingress', { cluster, ...chart, values: { text: `a "${text}" b`, number, list: [number] } });
  });
  const value = local(stack, releaseOf(stack, 'ingress-nginx').values[0]);
  expect(value).toMatch(/^\{"text":"a \\"\$\{replace\(replace\(.*var\.text.*\)\}\\" b","number":\$\{var\.number\},"list":\[\$\{var\.number\}\]\}$/);
});

test('comes after the pod network and the cloud controller, whatever was written first', () => {
  const stack = synthOn({}, (scope, cluster) => {
    new HelmAddon(scope, 'Ingress', { cluster, ...chart });
    new OpenStackCloudController(scope, 'Ccm', { cluster });
    new PodNetwork(scope, 'PodNetwork', { cluster });
  });
  const before = (name: string) => (releaseOf(stack, name).depends_on ?? []).map((address: string) => address.replace(/_[^_]*$/, '')).sort();
  expect(before('cilium')).toEqual([]);
  expect(before('openstack-cloud-controller-manager')).toEqual(['helm_release.PodNetwork_Release', 'kubernetes_secret_v1.CloudConfig_Secret']);
  expect(before('ingress-nginx')).toEqual(['helm_release.Ccm_Release', 'helm_release.PodNetwork_Release']);
});

test.each<[string, Partial<HelmAddonProps>, RegExp]>([
  ['a range of versions', { version: '~4.13' }, /version must be one exact version of the chart, got "~4\.13"/],
  ['a repository that is no URL', { repository: 'ingress-nginx' }, /repository must be a URL, got "ingress-nginx"/],
  ['a namespace that Kubernetes rejects', { namespace: 'Ingress' }, /namespace must be lower-case.*got "Ingress"/],
  ['a release name that is too long', { releaseName: 'a'.repeat(54) }, /releaseName must be .* 53 characters at most/],
])('%s is an error', (_, props, message) => {
  expect(() => synth(props)).toThrow(message);
});

test('CustomResourceDefinitions are a release of their own: upgraded with their files, and kept when it goes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'strata-crds-'));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const definition = (version: string) => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.example.com, annotations: { example.com/by: 'maker' } }
spec: { group: example.com, versions: [{ name: ${version} }] }
---
`;
  try {
    const release = (version: string) => {
      const stack = synth({ crdFiles: [file('things.yaml', definition(version))] });
      const crds = releaseOf(stack, 'ingress-nginx-crds');
      expect(releaseOf(stack, 'ingress-nginx')).toMatchObject({ skip_crds: true, depends_on: [expect.stringMatching(/Crds/)] });
      return JSON.parse(literalsOf(local(stack, crds.values[0]))).objects.map((text: string) => JSON.parse(text));
    };
    const [first] = release('v1');
    expect(first.metadata.annotations).toEqual({ 'example.com/by': 'maker', 'helm.sh/resource-policy': 'keep' });
    expect(release('v2')[0].spec.versions).toEqual([{ name: 'v2' }]);

    expect(() => synth({ crdFiles: [file('other.yaml', 'kind: ConfigMap')] })).toThrow(
      /something else than CustomResourceDefinitions, got "ConfigMap"/,
    );
    expect(() => synth({ crdFiles: [file('none.yaml', '---\n')] })).toThrow(/a file of CustomResourceDefinitions has none/);
    expect(() => synth({ crdFiles: [file('broken.yaml', 'a: [')] })).toThrow(/can't be read/);
    expect(() => synth({ crdFiles: [join(folder, 'missing.yaml')] })).toThrow(/can't be read: ENOENT/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
