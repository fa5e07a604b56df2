import { App, TerraformStack, Testing } from 'cdktf';
import { parseAllDocuments } from 'yaml';
import { Cni } from '../../../lib/contracts/cni';
import { Host, HostRole, NetworkRole } from '../../../lib/contracts/host';
import { KubernetesVersion } from '../../../lib/core/kubernetes-version';
import { HostCluster, HostClusterProps } from '../../../lib/openstack/host-cluster/host-cluster';
import { synthApp, synthStack } from '../../support/synth';
import { make as makeOpenStack } from '../engines/openstack-helm/cloud';
import { NETWORKS, testHost, TestPool, threeByThree } from '../pool';

const ONE = () => [testHost(11, [HostRole.CONTROL, HostRole.NETWORK]), testHost(21, [HostRole.COMPUTE]), testHost(31, [HostRole.STORAGE])];
const ENDPOINT = 'kubernetes.metal.example.com';

function make(stack: TerraformStack, hosts: Host[], props: Partial<HostClusterProps> = {}): HostCluster {
  return new HostCluster(stack, 'Cluster', {
    pool: new TestPool(stack, hosts, NETWORKS),
    clusterName: 'under',
    version: KubernetesVersion.V1_36,
    cni: Cni.calico(),
    ...props,
  });
}
const made = (hosts: Host[], props: Partial<HostClusterProps> = {}) => make(new TerraformStack(Testing.app(), 'metal'), hosts, props);
const file = (cluster: HostCluster, name: string) => parseAllDocuments(cluster.configurationFiles[name]).map((document) => document.toJS());

describe('HostCluster', () => {
  test('hosts with the roles control, network and compute become nodes with their own names, the first control host leads', () => {
    const cluster = made(threeByThree(), { endpoint: ENDPOINT });
    expect(cluster.configurationFiles.hosts).toBe(
      'control-11 10.10.0.11\ncontrol-12 10.10.0.12\ncontrol-13 10.10.0.13\ncompute-21 10.10.0.21\ncompute-22 10.10.0.22\ncompute-23 10.10.0.23\n',
    );
    const [init, configuration] = file(cluster, 'init.yaml');
    expect(init.nodeRegistration).toMatchObject({ name: 'control-11', taints: [], kubeletExtraArgs: [{ name: 'node-ip', value: '10.10.0.11' }] });
    expect(init.skipPhases).toBeUndefined();
    expect(configuration).toMatchObject({
      controlPlaneEndpoint: `${ENDPOINT}:6443`,
      networking: { podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/16' },
      kubernetesVersion: `v${KubernetesVersion.V1_36.version}`,
    });
    expect(file(cluster, 'control-12.yaml')[0].controlPlane.localAPIEndpoint.advertiseAddress).toBe('10.10.0.12');
    expect(file(cluster, 'compute-21.yaml')[0].controlPlane).toBeUndefined();
    // they reach the first host, not an endpoint that may not lead anywhere yet
    expect(file(cluster, 'compute-21.yaml')[0].discovery.bootstrapToken.apiServerEndpoint).toBe('10.10.0.11:6443');
  });

  test('a network that does without kube-proxy gets none, and pods the MTU that its tunnels leave', () => {
    const cluster = made(ONE(), { cni: Cni.cilium() });
    const [init, configuration] = file(cluster, 'init.yaml');
    expect(init.skipPhases).toEqual(['addon/kube-proxy']);
    expect(configuration.proxy).toEqual({ disabled: true });
    expect(cluster.podMtu).toBe(1450);
  });

  test('one control host needs no endpoint', () => {
    const cluster = made(ONE());
    expect(cluster.nodeApiEndpoint).toEqual({ host: '10.10.0.11', port: 6443 });
    expect(cluster.controlPlaneReplicas).toBe(1);
  });

  test('the stage runs on the first control host once the hosts are ready; the kubeconfig is in no state', () => {
    const json = synthStack((stack) => void make(stack, threeByThree(), { endpoint: ENDPOINT })).json;
    const steps = Object.values<any>(json.resource.terraform_data);
    const stage = steps.find((step) => step.provisioner?.some((each: any) => each['remote-exec']));
    const remote = stage.provisioner.flatMap((each: any) => (each['remote-exec'] ? [each['remote-exec']] : []));
    expect(remote.every((each: any) => each.connection.host === '10.10.0.11')).toBe(true);
    expect(remote.at(-1).inline.at(-1)).toMatch(
      /^sudo -n \/var\/lib\/strata-kubernetes\/bin\/run-stage\.sh cluster \$\{.*\} 7200 \/var\/lib\/strata-kubernetes\/bin\/make-cluster\.sh ubuntu 22 1\.36\.\d+ https:\/\/pkgs\.k8s\.io\/core:\/stable:\/v1\.36\/deb\/ https:\/\/download\.docker\.com\/linux$/,
    );
    expect(stage.depends_on.join()).toMatch(/Verified/);
    const fetch = steps.find((step) => step.provisioner?.some((each: any) => each['local-exec'])).provisioner[0]['local-exec'];
    expect(fetch.environment).toMatchObject({ STRATA_ADDRESS: '10.10.0.11', STRATA_FOLDER: expect.stringMatching(/^~\/\.config\/strata\//) });
    expect(JSON.stringify(json.output ?? {})).not.toMatch(/kubeconfig/);
  });

  test('OpenStack-Helm goes onto it from another stack, which comes after', () => {
    let order: string[] = [];
    const stacks = synthApp((app: App) => {
      const metal = new TerraformStack(app, 'metal');
      const pool = new TestPool(metal, threeByThree(), NETWORKS);
      const cluster = new HostCluster(metal, 'Cluster', {
        pool,
        clusterName: 'under',
        version: KubernetesVersion.V1_36,
        endpoint: ENDPOINT,
        cni: Cni.calico(),
      });
      const cloud = new TerraformStack(app, 'cloud');
      makeOpenStack(cloud, { pool, cluster });
      order = cloud.dependencies.map((stack) => stack.node.id);
    });
    expect(order).toEqual(['metal']);
    const resources = Object.values<any>(stacks.cloud.json.resource).flatMap((each) => Object.values<any>(each));
    expect(resources.flatMap((each) => each.depends_on ?? []).filter((each: string) => /Verified/.test(each))).toEqual([]);
    expect(JSON.stringify(stacks.cloud.json)).not.toMatch(/terraform_remote_state/);
  });

  test.each<[string, Host[], Partial<HostClusterProps>, RegExp]>([
    ['several control hosts without an endpoint', threeByThree(), {}, /Cluster: endpoint is missing, and there are 3 control hosts/],
    ['two control hosts', [11, 12].map((n) => testHost(n, [HostRole.CONTROL])), { endpoint: ENDPOINT }, /number of control hosts .*2/s],
    ['no control host', [testHost(21, [HostRole.COMPUTE])], {}, /no host has the role control/],
    ['an unknown system', [testHost(11, [HostRole.CONTROL], { os: 'rocky-9' })], {}, /control-11 has a system .*rocky-9.*fromKubeconfig/s],
    ['pods in the hosts’ network', ONE(), { podCidr: '10.10.0.0/16' }, /network internal overlaps podCidr/],
    ['a wrong endpoint', ONE(), { endpoint: 'https://api:6443' }, /endpoint/],
    ['a wrong repository', ONE(), { kubernetesPackages: 'mirror' }, /kubernetesPackages must be a URL/],
    ['no patience', ONE(), { timeoutMinutes: 1 }, /timeoutMinutes/],
  ])('an error: %s', (_what, hosts, props, message) => {
    expect(() => made(hosts, props)).toThrow(message);
  });

  test('addresses of IPv6 are in brackets where a port follows', () => {
    const host = testHost(11, [HostRole.CONTROL], { nics: [{ name: 'bond0', networks: [NetworkRole.INTERNAL_API], address: 'fd00:10::11' }] });
    const cluster = made([host], { podCidr: 'fd00:20::/56', serviceCidr: 'fd00:30::/112' });
    expect(file(cluster, 'init.yaml')[1].controlPlaneEndpoint).toBe('[fd00:10::11]:6443');
    expect(cluster.nodeApiEndpoint?.host).toBe('fd00:10::11');
  });
});
