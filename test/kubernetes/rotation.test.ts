import { Fn, Token } from 'cdktf';
import { clusterIn } from './cluster-fixture';
import { ClusterPki } from '../../lib/kubernetes/cluster-pki';
import { K8sOnNovaProps } from '../../lib/kubernetes/k8s-on-nova';
import { Block, Synthesised, synthStack } from '../support/synth';

const synth = (props: Partial<K8sOnNovaProps> = {}) => synthStack((stack) => void clusterIn(stack, props));
const generated = (...authorities: string[]) => synth({ pki: ClusterPki.generated({ authorities }) });

function found(blocks: Record<string, any>, beginning: string): [string, any] {
  const [entry] = Object.entries(blocks).filter(([name]) => name.startsWith(beginning));
  if (entry === undefined) throw new Error(`none of ${Object.keys(blocks).join(', ')} begins with ${beginning}`);
  return entry;
}
/** The framework's hash at the end of a name says nothing. */
const plain = (text: string) => text.replace(/_[0-9A-F]{8}\b/g, '');
const names = (cluster: Synthesised, type: string) => Object.keys(cluster.resources(type)).map(plain).sort();
const rules = (cluster: Synthesised): Block[] => found(cluster.resources('terraform_data'), 'K8s_Checks_Plan')[1].lifecycle.precondition;
/** What is written to that file of every control-plane node. */
function nodeFile(cluster: Synthesised, path: string): string {
  const text: string = found(cluster.json.locals, 'K8s_ControlPlane_CloudConfig_Text')[1];
  const match = new RegExp(`path: ${path}\\n.*\\n.*\\n.*\\n +content: (.*)`).exec(text);
  if (match === null) throw new Error(`the nodes have no ${path}`);
  return plain(match[1].replace(/^"|"$/g, ''));
}

const AUTHORITY_KEYS = ['CaKey', 'EtcdCaKey', 'FrontProxyCaKey', 'ServiceAccountKey'];

test('a cluster that never replaced its authorities has the names that it always had, and no word about generations', () => {
  const cluster = synth();
  expect(names(cluster, 'tls_private_key')).toEqual([...AUTHORITY_KEYS, 'AdminKey'].map((name) => `K8s_Pki_${name}`).sort());
  expect(names(cluster, 'tls_self_signed_cert')).toEqual(
    ['CaCertificate', 'EtcdCaCertificate', 'FrontProxyCaCertificate'].map((name) => `K8s_Pki_${name}`),
  );
  expect(nodeFile(cluster, '/etc/kubernetes/pki/ca.crt')).toBe('${base64encode(tls_self_signed_cert.K8s_Pki_CaCertificate.cert_pem)}');
  expect(nodeFile(cluster, '/etc/kubernetes/pki/sa.pub')).toBe('${base64encode(tls_private_key.K8s_Pki_ServiceAccountKey.public_key_pem)}');
  for (const server of Object.values(cluster.resources('openstack_compute_instance_v2'))) {
    expect(Object.keys(server.metadata)).toEqual(['kubernetes-version']);
  }
  expect(found(cluster.resources('terraform_data'), 'K8s_control-plane-0_Generation')[1].input).toMatch(/^1\.36\.\d+$/);
  expect(generated('1').text).toBe(cluster.text);
});

describe('a generation that is trusted besides', () => {
  const cluster = generated('1', '2');

  test('is made beside the one that signs, under another name, and for good', () => {
    expect(names(cluster, 'tls_private_key')).toEqual(
      [...AUTHORITY_KEYS.flatMap((name) => [name, `${name}-2`]), 'AdminKey'].map((name) => `K8s_Pki_${name}`).sort(),
    );
    const [, ca] = found(cluster.resources('tls_self_signed_cert'), 'K8s_Pki_CaCertificate-2');
    expect(ca).toMatchObject({ subject: [{ common_name: 'kubernetes-2' }], is_ca_certificate: true, lifecycle: { ignore_changes: 'all' } });
  });

  test('nodes, gates and kubeconfigs trust both, the signing one first; its key alone is on nodes', () => {
    const both = (name: string) =>
      `\${base64encode(join("\\n", [tls_self_signed_cert.K8s_Pki_${name}.cert_pem, tls_self_signed_cert.K8s_Pki_${name}-2.cert_pem]))}`;
    expect(nodeFile(cluster, '/etc/kubernetes/pki/ca.crt')).toBe(both('CaCertificate'));
    expect(nodeFile(cluster, '/etc/kubernetes/pki/etcd/ca.crt')).toBe(both('EtcdCaCertificate'));
    expect(nodeFile(cluster, '/etc/kubernetes/pki/front-proxy-ca.crt')).toBe(both('FrontProxyCaCertificate'));
    expect(nodeFile(cluster, '/etc/kubernetes/pki/sa.pub')).toMatch(/ServiceAccountKey\.public_key_pem, .*ServiceAccountKey-2\.public_key_pem/);
    expect(plain(found(cluster.json.locals, 'K8s_workers-general-cloud-config_Text')[1])).toContain(both('CaCertificate'));
    expect(plain(found(cluster.json.locals, 'K8s_Kubeconfig')[1])).toContain(both('CaCertificate'));
    const [, gate] = found(cluster.resources('terraform_data'), 'K8s_ReadyGate');
    expect(gate.provisioner[0]['local-exec'].environment.STRATA_CA).toMatch(/CaCertificate\S+\.cert_pem, \S+CaCertificate-2/);
    expect(cluster.text).not.toMatch(/Key-2\w*\.private_key_pem/.exec(JSON.stringify(cluster.json.locals))?.[0] ?? 'nothing of the kind');
    expect(nodeFile(cluster, '/etc/kubernetes/pki/ca.key')).toContain('K8s_Pki_CaKey.private_key_pem');
  });

  test('the administrator is of the one that signs', () => {
    const issuer = (of: Synthesised) => plain(found(of.resources('tls_locally_signed_cert'), 'K8s_Pki_AdminCertificate')[1].ca_cert_pem);
    expect(issuer(cluster)).toBe('${tls_self_signed_cert.K8s_Pki_CaCertificate.cert_pem}');
    expect(issuer(generated('2', '1'))).toBe('${tls_self_signed_cert.K8s_Pki_CaCertificate-2.cert_pem}');
  });

  test('servers say for good which authorities they were born with', () => {
    for (const [name, server] of Object.entries(cluster.resources('openstack_compute_instance_v2'))) {
      if (name.includes('workers')) expect(server).toMatchObject({ metadata: { 'strata-authorities': '1-2' } });
      expect(server.lifecycle.ignore_changes).toContain('metadata');
      expect(server.lifecycle.ignore_changes).toContain('user_data');
    }
    const [, generation] = found(cluster.resources('terraform_data'), 'K8s_control-plane-0_Generation');
    expect(generation).toMatchObject({ input: expect.stringMatching(/^1\.36\.\d+_1-2$/), lifecycle: { ignore_changes: ['input'] } });
    const [, marker] = found(cluster.resources('openstack_networking_port_v2'), 'K8s_Rolls_Rolled');
    for (const tag of marker.tags) expect(tag.replace(/\$\{.*\}/, '1.36.13_12345678-87654321').length).toBeLessThanOrEqual(60); // Neutron's limit
  });
});

test('the one that is forgotten is in nothing', () => {
  const cluster = generated('2');
  expect(cluster.text).not.toMatch(/Pki_(Ca|EtcdCa|FrontProxyCa|ServiceAccount)(Key|Certificate)_/);
  expect(nodeFile(cluster, '/etc/kubernetes/pki/ca.crt')).toBe('${base64encode(tls_self_signed_cert.K8s_Pki_CaCertificate-2.cert_pem)}');
});

test('a plan that leaves out a step, a slot or a pool is refused, in every cluster', () => {
  for (const [cluster, step] of [
    [synth(), 'split("-", mark)[0] == "1"'],
    [generated('1', '2'), 'contains(["1", "1-2", "2-1"], mark)'],
    [generated('2', '1'), 'contains(["2", "2-1", "1-2"], mark)'],
    [generated('2'), 'split("-", mark)[0] == "2"'],
  ] as const) {
    const [slots, workers, first] = rules(cluster).filter(({ error_message: text }) => text.includes('authorities'));
    expect(slots.condition).toMatch(
      /^\$\{alltrue\(\[for mark in \[for tag in local\.K8s_Rolls_Recorded\w* : try\(split\("_", tag\)\[1\], "1"\) if startswith/,
    );
    for (const rule of [slots, workers]) expect(rule.condition).toContain(` : ${step}])}`);
    expect(slots.error_message).toContain('they would not trust each other; an authority is replaced in steps');
    expect(workers.error_message).toContain('roll the pools first');
    expect(first.condition).toMatch(/^\$\{!contains\(local\.\S+, "\S+"\) \|\| alltrue\(.* : mark == "\S+"\]\)\}$/);
    expect(first.error_message).toContain('roll every slot first, then the pools');
  }
});

describe('keys of Secrets', () => {
  const tags = (of: Synthesised): string[] => found(of.resources('openstack_networking_port_v2'), 'K8s_Rolls_Rolled')[1].tags;
  const input = (of: Synthesised) => found(of.resources('terraform_data'), 'K8s_control-plane-0_Generation')[1].input;
  const readable = (of: Synthesised) => rules(of).find(({ error_message: text }) => text.includes('security.encryptionKeys would become'))!;
  const both = synth({ security: { encryptionKeys: ['key1', 'key2'] } });

  test('how a slot reads and writes is remembered behind the gate, where it is not the default', () => {
    expect(tags(synth()).filter((tag) => tag.startsWith('strata-secrets='))).toEqual([]);
    expect(input(both)).toMatch(/^1\.36\.\d+_1_[0-9a-f]{4}-[0-9a-f]{4}$/);
    const [tag, ...others] = tags(both).filter((each) => each.startsWith('strata-secrets='));
    expect(tag).toMatch(
      /^strata-secrets=control-plane-0:\$\{try\(split\("_", terraform_data\.K8s_control-plane-0_Generation_\w+\.input\)\[2\], "[0-9a-f]{4}"\)\}$/,
    );
    expect(others).toHaveLength(2);
  });

  test('a plan in which a slot could not read what another one writes is refused, in every cluster', () => {
    for (const cluster of [synth(), both, synth({ security: { encryptionKeys: [] } })]) {
      expect(readable(cluster).condition).toMatch(
        /alltrue\(\[for ways in length\(.*startswith\(tag, "strata-secrets="\)\]\) > 0 \? .* : split\("-", ways\)\[0\] == "plain" \|\| /,
      );
    }
    expect(readable(both).error_message).toContain("would become ['key1','key2'], and there is a slot that writes Secrets with another key");
  });
});

test('brought ones have their generation behind the prefix, and keys are asked for of the one alone that signs', () => {
  const variables = (...authorities: string[]) => Object.keys(synth({ pki: ClusterPki.fromVariables({ authorities }) }).json.variable);
  const certificates = ['ca_crt', 'etcd_ca_crt', 'front_proxy_ca_crt', 'sa_pub'];
  const keys = ['ca_key', 'etcd_ca_key', 'front_proxy_ca_key', 'sa_key'];
  const others = ['admin_crt', 'admin_key', 'bootstrap_token', 'encryption_key1'];
  const of = (generation: string, list: string[]) => list.map((name) => `prod_${generation}${name}`);
  expect(variables('1', '2').sort()).toEqual([...of('', [...certificates, ...keys, ...others]), ...of('2_', certificates)].sort());
  expect(variables('2', '1').sort()).toEqual([...of('', [...certificates, ...others]), ...of('2_', [...certificates, ...keys])].sort());
  expect(variables('2').sort()).toEqual([...of('', others), ...of('2_', [...certificates, ...keys])].sort());
});

test('mistakes', () => {
  expect(() => ClusterPki.generated({ authorities: [] })).toThrow(
    /ClusterPki: authorities must be one, or two while one takes the place of the other/,
  );
  expect(() => ClusterPki.generated({ authorities: ['1', '2', '3'] })).toThrow(/one, or two .* finish one replacement before the next/);
  expect(() => ClusterPki.generated({ authorities: ['1', '1'] })).toThrow(/name in authorities/);
  expect(() => ClusterPki.fromVariables({ authorities: ['New-One'] })).toThrow(/lower-case letters and digits, eight at most, got "New-One"/);
  expect(() => ClusterPki.generated({ authorities: Token.asList(Fn.split(',', 'a,b')) })).toThrow(/authorities/);
});
