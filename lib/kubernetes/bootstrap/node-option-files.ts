import { CloudConfig, NodeFile } from './cloud-config';
import { certificatesOf, knownCertificates } from '../../core/certificates';
import { check, checkKnown, checkListKnown, checkUnique, fail, isKnown, Where } from '../../core/validation';
import { ComponentArg, NodeOptions, NodeProxy, RegistryMirror } from '../node-options';

/** What the construct sets itself, and what would make the node another one. */
const OWN_KUBELET_ARGS = [
  'cloud-provider',
  'provider-id',
  'node-ip',
  'hostname-override',
  'node-labels',
  'config',
  'kubeconfig',
  'bootstrap-kubeconfig',
];
const CERTS_FOLDER = '/etc/containerd/certs.d';
const SSH_USER_CA = '/etc/ssh/strata-user-ca.pub';

/** What is always reached without a proxy. */
export interface OwnNetwork {
  readonly nodeCidr: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly endpointName: string;
  readonly vip: string;
}

/** A pool's or the control plane's options over those of all nodes: option by option. */
export function mergedNodeOptions(common: NodeOptions = {}, own: NodeOptions = {}): NodeOptions {
  return { ...common, ...own, sysctls: { ...common.sysctls, ...own.sysctls } };
}

/** Throws at the first option that no node could be made of. */
export function checkNodeOptions(where: Where, what: string, options: NodeOptions): void {
  const { registryMirrors = [], ntpServers, caBundles, sysctls = {}, kubeletExtraArgs = [], proxy } = options;
  checkKnown(where, `${what}.trustCloudCa`, options.trustCloudCa);
  for (const { registry, endpoints, caCertificate } of registryMirrors) {
    checkListKnown(where, `${what}.registryMirrors.endpoints`, endpoints);
    check(where, registry, (v) => /^[A-Za-z0-9._-]+(:\d+)?$/.test(v) && !v.startsWith('.'), {
      problem: `${what}.registryMirrors.registry must be a registry's name, without scheme and path`,
      fix: 'write it as docker.io or registry.example.com:5000',
    });
    check(where, endpoints, (v) => v.length > 0, {
      problem: `${what}.registryMirrors: ${registry} has no endpoints`,
      fix: 'give the URL of a mirror',
    });
    for (const url of endpoints) checkUrl(where, `${what}.registryMirrors.endpoints`, url);
    checkCertificates(where, `${what}.registryMirrors.caCertificate`, caCertificate);
  }
  checkUnique(
    where,
    `registry of ${what}.registryMirrors`,
    registryMirrors.map(({ registry }) => registry),
  );
  checkListKnown(where, `${what}.ntpServers`, ntpServers);
  checkListKnown(where, `${what}.caBundles`, caBundles);
  for (const pem of caBundles ?? []) checkCertificates(where, `${what}.caBundles`, pem);
  checkListKnown(where, `${what}.sshTrustedUserCaKeys`, options.sshTrustedUserCaKeys);
  for (const key of options.sshTrustedUserCaKeys ?? []) {
    checkSshKey(where, `${what}.sshTrustedUserCaKeys`, key, 'give the .pub file that ssh-keygen made of each authority');
  }
  for (const [name, value] of Object.entries(sysctls)) {
    check(where, name, (v) => /^[a-z0-9_]+([./][A-Za-z0-9_*-]+)+$/.test(v), {
      problem: `${what}.sysctls has a name that is none`,
      fix: 'write it as net.core.somaxconn',
    });
    check(where, value, (v) => /^[^\n]+$/.test(v), { problem: `${what}.sysctls.${name} must be one line`, fix: 'give a text, for example "4096"' });
  }
  checkArgs(where, `${what}.kubeletExtraArgs`, kubeletExtraArgs, OWN_KUBELET_ARGS);
  if (proxy !== undefined) {
    checkListKnown(where, `${what}.proxy.noProxy`, proxy.noProxy);
    for (const url of [proxy.httpProxy, proxy.httpsProxy]) {
      if (url === undefined || !isKnown(url)) continue;
      if (/^https?:\/\/[^/]*@/.test(url)) {
        fail(where, {
          problem: `${what}.proxy has a name and password as a literal, which would stand in the synthesised JSON`,
          fix: 'give the URL by a sensitive variable of the stack',
        });
      }
      checkUrl(where, `${what}.proxy`, url);
    }
  }
}

/** Throws for names that kubeadm would refuse on the node, and for those that are taken. */
export function checkArgs(where: Where, what: string, args: readonly ComponentArg[] = [], taken: readonly string[] = []): void {
  for (const { name } of args) {
    check(where, name, (v) => /^[a-z][a-z0-9-]*$/.test(v), {
      problem: `${what} has a name that is no argument's`,
      fix: 'write it without leading dashes, for example max-pods',
    });
    check(where, name, (v) => !taken.includes(v), { problem: `${what} must not set what the construct sets itself`, fix: 'leave it out' });
  }
}

/**
 * Files and cloud-init modules that a node's options stand for.
 *
 * @param cloudCertificates those of the cloud's own authority, as `cloudAuthority` gives them
 */
export function nodeOptionFiles(
  options: NodeOptions,
  network: OwnNetwork,
  cloudCertificates?: string,
): { readonly files: NodeFile[]; readonly modules: CloudConfig } {
  const { registryMirrors = [], proxy, ntpServers = [], sysctls = {}, sshTrustedUserCaKeys = [], trustCloudCa = true } = options;
  // One that was given as a bundle, too, is there once.
  const trusted = [
    ...new Set([...(options.caBundles ?? []).map(certificatesOf), ...(trustCloudCa && cloudCertificates !== undefined ? [cloudCertificates] : [])]),
  ];
  const files = registryMirrors.flatMap(mirrorFiles);
  if (Object.keys(sysctls).length > 0) {
    const lines = Object.keys(sysctls).sort();
    files.push({ path: '/etc/sysctl.d/91-strata-nodes.conf', content: lines.map((name) => `${name} = ${sysctls[name]}\n`).join('') });
  }
  if (sshTrustedUserCaKeys.length > 0) {
    // cloud-init writes them before sshd starts, which reads the folder in the distributions' own configuration
    files.push({ path: SSH_USER_CA, content: sshTrustedUserCaKeys.map((key) => `${key.trim()}\n`).join('') });
    files.push({ path: '/etc/ssh/sshd_config.d/10-strata.conf', content: `TrustedUserCAKeys ${SSH_USER_CA}\n` });
  }
  if (proxy !== undefined) {
    files.push({ path: '/etc/systemd/system/containerd.service.d/10-strata-proxy.conf', content: proxyDropIn(proxy, network), permissions: '0600' });
  }
  const httpsProxy = proxy?.httpsProxy ?? proxy?.httpProxy;
  return {
    files,
    modules: {
      ...(ntpServers.length > 0 && { ntp: { enabled: true, servers: [...ntpServers] } }),
      ...(trusted.length > 0 && { ca_certs: { trusted } }),
      ...(proxy !== undefined && {
        apt: { ...(proxy.httpProxy && { http_proxy: proxy.httpProxy }), ...(httpsProxy && { https_proxy: httpsProxy }) },
      }),
      // It may run already, with the proxy and the authorities that it began with.
      ...((proxy !== undefined || trusted.length > 0) && {
        runcmd: [
          ['systemctl', 'daemon-reload'],
          ['systemctl', 'try-restart', 'containerd'],
        ],
      }),
    },
  };
}

function mirrorFiles({ registry, endpoints, caCertificate, fallBack }: RegistryMirror): NodeFile[] {
  const folder = `${CERTS_FOLDER}/${registry}`;
  const quote = (text: string) => JSON.stringify(text); // a basic string of TOML
  const settings = (url: string) => [
    'capabilities = ["pull", "resolve"]',
    // a URL with the API's version in it is complete; to any other, containerd adds it
    ...(/^https?:\/\/[^/]+\/(.*\/)?v2(\/|$)/.test(url) ? ['override_path = true'] : []),
    ...(caCertificate === undefined ? [] : [`ca = ${quote(`${folder}/ca.crt`)}`]),
    '',
  ];
  // "server" is asked last: the registry itself, unless another is named.
  const server = fallBack === false ? [`server = ${quote(endpoints[0])}`, ...settings(endpoints[0])] : [];
  const mirrors = endpoints.flatMap((url) => [`[host.${quote(url)}]`, ...settings(url)]);
  return [
    { path: `${folder}/hosts.toml`, content: [...server, ...mirrors].join('\n') },
    ...(caCertificate === undefined ? [] : [{ path: `${folder}/ca.crt`, content: certificatesOf(caCertificate) }]),
  ];
}

function proxyDropIn({ httpProxy, httpsProxy, noProxy = [] }: NodeProxy, network: OwnNetwork): string {
  const own = [
    '127.0.0.0/8',
    'localhost',
    '169.254.169.254',
    network.nodeCidr,
    network.podCidr,
    network.serviceCidr,
    network.endpointName,
    network.vip,
  ];
  const values = { HTTP_PROXY: httpProxy, HTTPS_PROXY: httpsProxy ?? httpProxy, NO_PROXY: [...own, '.svc', '.cluster.local', ...noProxy].join(',') };
  // "%" begins a specifier in a unit.
  const lines = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [`Environment="${name}=${value.replace(/%/g, '%%')}"`],
  );
  return ['[Service]', ...lines, ''].join('\n');
}

function checkUrl(where: Where, what: string, url: string | undefined): void {
  check(where, url, (v) => /^https?:\/\/[^\s"\\]+$/.test(v), { problem: `${what} must be a URL`, fix: 'write it as https://mirror.example.com' });
}

/** Throws unless it is a line of OpenSSH's public keys. */
export function checkSshKey(where: Where, what: string, key: string | undefined, fix: string): void {
  check(where, key, (v) => /^(ssh-(rsa|ed25519)|ecdsa-sha2-nistp\d+|sk-[a-z0-9@.-]+) [A-Za-z0-9+/=]+( [^\n]*)?$/.test(v.trim()), {
    problem: `${what} must be one public key in the format of OpenSSH`,
    fix,
  });
}

/** Throws unless a text holds certificates. */
export function checkCertificates(where: Where, what: string, pem: string | undefined): void {
  if (pem === undefined) return;
  if (!isKnown(pem)) {
    fail(where, { problem: `${what} must be known at synth, a reference was given`, fix: 'read the file at synth: certificates are no secrets' });
  }
  knownCertificates(where, what, pem);
}
