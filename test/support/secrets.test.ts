import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { findSecretLiterals } from './secrets';
import type { Block } from './synth';

const PROVIDERS = {
  openstack: { source: 'terraform-provider-openstack/openstack' },
  kubernetes: { source: 'kubernetes' },
  helm: { source: 'helm' },
};
const { privateKey, publicKey } = generateKeyPairSync('ed25519', {
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
/** A throw-away secret, the same in every run: 24 bytes in base64, without the letters that only base64 has. */
const drawn = createHash('sha512').update('drawn').digest('base64').replace(/[+/=]/g, '').slice(0, 32);

function find(parts: Block): string[] {
  return findSecretLiterals({ terraform: { required_providers: PROVIDERS }, ...parts });
}

function inText(text: string): string[] {
  return find({ resource: { terraform_data: { x: { input: text } } } });
}

test.each<[string, Block, string]>([
  [
    'a sensitive argument of a resource',
    { resource: { openstack_identity_user_v3: { u: { password: 'hunter2' } } } },
    'openstack_identity_user_v3.u.password',
  ],
  ['a sensitive map', { resource: { kubernetes_secret_v1: { s: { data: { 'cloud.conf': 'a' } } } } }, 'kubernetes_secret_v1.s.data'],
  [
    'a sensitive value in a list',
    { resource: { helm_release: { r: { set_sensitive: [{ name: 'a', value: 'b' }] } } } },
    'helm_release.r.set_sensitive.value',
  ],
  ['an argument of a provider', { provider: { openstack: [{ password: 'hunter2' }] } }, 'provider.openstack.0.password'],
  ['the default of a sensitive variable', { variable: { v: { sensitive: true, default: 'x' } } }, 'variable.v'],
  ['a connection', { resource: { terraform_data: { x: { connection: { password: 'hunter2' } } } } }, 'connection.password'],
  [
    'a provisioner’s environment',
    { resource: { terraform_data: { x: { provisioner: [{ 'local-exec': { environment: { DB_PASSWORD: 'a', db_password: 'hunter2' } } }] } } } },
    'db_password',
  ],
])('%s', (_, parts, path) => {
  expect(find(parts).join('\n')).toContain(path);
});

test.each<[string, string, string]>([
  ['a private key', privateKey as string, 'a private key'],
  ['a private key in base64', Buffer.from(`a file:\n${privateKey}`).toString('base64'), 'a private key'],
  ['a private key in gzip', gzipSync(privateKey).toString('base64'), 'a private key'],
  ['a private key between references', `\${var.a}${privateKey}\${var.b}`, 'a private key'],
  ['a password in a URL', 'https://admin:hunter2@registry.example.com', 'a URL with a password'],
  ['a bootstrap token', 'token: abcdef.0123456789abcdef', 'a bootstrap token'],
  ['a password in a text', '[Global]\npassword = correct4horse9battery\n', 'a literal for password'],
  ['a random word', `key ${drawn}`, 'a word that looks random'],
])('%s', (_, text, problem) => {
  expect(inText(text).join('\n')).toContain(problem);
});

test('random words are found, nearly all', () => {
  const words = Array.from({ length: 200 }, () => randomBytes(32).toString('base64url'));
  expect(words.filter((word) => inText(word).length > 0).length).toBeGreaterThan(150);
});

test.each<[string, string]>([
  ['a reference', 'password = "${var.password}"'],
  ['a reference in base64', '${base64encode("a ${var.v}")}'],
  ['a certificate', '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUY0xT7Vn2cK1mXb9QfZ4rJ8aGq3UwCgYIKoZIzj0EAwIw\n-----END CERTIFICATE-----\n'],
  ['a public key', publicKey as string],
  ['an SSH public key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7vQ2b0y5XkZ1m9Tt3cR8uWq4nP6sLdE0hGfYxVaB2K operator'],
  ['a hash', createHash('sha256').update('a').digest('hex')],
  ['a UUID', '0b0e2a54-6d3c-4a86-9f5e-7b1d2c3a4e5f'],
  [
    'a shell script',
    'set -eu\ntoken=$(cat /run/strata/token)\npassword="$1"\nOS_PASSWORD=${password}\nsecretName: cloud-config\nTOKEN_FILE=/var/lib/x',
  ],
  ['names', 'openstackCloudControllerManagerDaemonSet io.kubernetes.cri-o.TrySkipVolumeSELinuxLabel kube_service_prod_eu_default_web_2026'],
  ['a path', '/etc/kubernetes/manifests/kube-apiserver.yaml registry.k8s.io/provider-os/cinder-csi-plugin:v1.36.0'],
  ['base64 of a script', Buffer.from('#!/bin/sh\nexec kubeadm join --config /run/strata/join.yaml\n').toString('base64')],
  ['a private key’s name', 'reads -----BEGIN PRIVATE KEY----- from the file'],
])('no finding: %s', (_, text) => {
  expect(inText(text)).toEqual([]);
});

test('arguments that only sound like secrets', () => {
  const parts = {
    resource: {
      kubernetes_secret_v1: { s: { metadata: [{ name: 'a' }], data: { 'ca.crt': '-----BEGIN CERTIFICATE-----\nMII' } } },
      kubernetes_deployment_v1: {
        d: { spec: [{ template: [{ spec: [{ automount_service_account_token: false, volume: [{ secret: [{ secret_name: 'web-tls' }] }] }] }] }] },
      },
      openstack_identity_user_v3: { u: { name: 'u', password: '${var.p}' } },
    },
    variable: { p: { sensitive: true } },
  };
  expect(find(parts)).toEqual([]);
});
