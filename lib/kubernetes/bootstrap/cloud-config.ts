import { Token } from 'cdktf';
import { yamlText } from './yaml-text';
import { checkListKnown, fail, isKnown, Where } from '../../core/validation';

/** A file that cloud-init writes. */
export interface NodeFile {
  readonly path: string;
  /** Its text. References in it must render to names, addresses, numbers or base64. */
  readonly content?: string;
  /** Its content in base64: for references that render to anything. */
  readonly base64?: string;
  /** @default "0644" */
  readonly permissions?: string;
}

/** A cloud-config as a value: cloud-init's modules by their keys. */
export type CloudConfig = { readonly [module: string]: any };

/** cloud-init's entry for a file. */
export function writeFile({ path, content, base64, permissions = '0644' }: NodeFile): CloudConfig {
  return { path, permissions, owner: 'root:root', ...(base64 === undefined ? { content } : { encoding: 'b64', content: base64 }) };
}

/** What every node of a cluster needs besides its files: kernel modules, forwarding, and the boot program. */
const NODE: CloudConfig = {
  // cloud-init marks each step as done before it does it, and a first boot that was cut would leave it half done for ever: until one came to its end,
  // every boot begins anew.
  bootcmd: [['sh', '-c', 'test -e /var/lib/cloud/instance/boot-finished || rm -f /var/lib/cloud/instance/sem/config_*']],
  runcmd: [
    ['modprobe', '--all', 'overlay', 'br_netfilter'],
    ['sysctl', '--system'],
    ['systemctl', 'daemon-reload'],
    // What was written so far is on the disk before that end is marked.
    ['sync'],
    // Not waited for: it runs as long as it takes for the cluster to be there.
    ['systemctl', 'enable', '--now', '--no-block', 'strata-boot.service'],
  ],
};

/** The files of every node. */
export const NODE_FILES: readonly NodeFile[] = [
  { path: '/etc/modules-load.d/strata.conf', content: 'overlay\nbr_netfilter\n' },
  {
    path: '/etc/sysctl.d/90-strata.conf',
    // The latter ones are what the kubelet asks for under protectKernelDefaults.
    content: [
      'net.ipv4.ip_forward = 1',
      'net.bridge.bridge-nf-call-iptables = 1',
      'net.bridge.bridge-nf-call-ip6tables = 1',
      'vm.overcommit_memory = 1',
      'vm.panic_on_oom = 0',
      'kernel.panic = 10',
      'kernel.panic_on_oops = 1',
      'kernel.keys.root_maxkeys = 1000000',
      'kernel.keys.root_maxbytes = 25000000',
      '',
    ].join('\n'),
  },
];

/**
 * The cloud-config that servers of one kind share. Its last key is the list of files: what belongs to one server alone is appended to it by `ownFile`.
 *
 * @param further the user's own cloud-config, merged structurally: lists are appended (commands run after the node's), mappings are merged.
 * @param options what follows from the node's options, merged first; its commands run before the node's.
 */
export function sharedCloudConfig(where: Where, files: readonly NodeFile[], further: CloudConfig = {}, options: CloudConfig = {}): string {
  for (const [module, value] of Object.entries(further)) checkLists(where, `cloudInit.${module}`, value);
  if (Object.hasOwn(further, 'ca-certs') && options.ca_certs !== undefined) {
    fail(where, {
      problem:
        'cloudInit has ca-certs, the former name of a module that cloud-init leaves out beside the new one, which the node has for its own authorities',
      fix: 'write it as ca_certs, and remove-defaults as remove_defaults: its list is then appended',
    });
  }
  const ours = mergeCloudConfig(where, 'cloudInit', { ...NODE, write_files: [] }, { ...options });
  // What the node needs before the boot program goes before it.
  ours.runcmd = [...(options.runcmd ?? []), ...(NODE.runcmd as unknown[])];
  const merged = mergeCloudConfig(where, 'cloudInit', ours, further);
  for (const file of merged.write_files) {
    if (isKnown(file?.path) && typeof file?.path === 'string' && !files.some(({ path }) => path === file.path)) continue;
    fail(where, {
      problem: 'cloudInit.write_files has a file without a path, or one of the node itself',
      value: file?.path,
      fix: 'choose another path',
    });
  }
  const { write_files: ownFiles, ...modules } = merged;
  return `#cloud-config\n${yamlText({ ...modules, write_files: [...files.map(writeFile), ...ownFiles] })}`;
}

/** Structurally: mappings key by key, lists appended; of other values the latter one's. */
export function mergeCloudConfig(where: Where, name: string, base: CloudConfig, over: CloudConfig): { [key: string]: any } {
  const merged: { [key: string]: any } = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const had = Object.hasOwn(base, key) ? base[key] : undefined;
    if (Array.isArray(had)) {
      if (!Array.isArray(value) || !isKnown(value)) {
        fail(where, { problem: `${name}.${key} must be a list, it is appended to the node's own`, fix: 'give a list that is known at synth' });
      }
      merged[key] = [...had, ...value];
    } else if (isMapping(had) && isMapping(value)) {
      merged[key] = mergeCloudConfig(where, `${name}.${key}`, had, value);
    } else {
      merged[key] = value;
    }
  }
  return merged;
}

function isMapping(value: unknown): value is CloudConfig {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Token.isUnresolved(value);
}

/** One more file, as the continuation of a shared cloud-config. */
export function ownFile(file: NodeFile): string {
  return yamlText([writeFile(file)]);
}

/** A file of shell variables. The values are names, addresses and ids: nothing in them needs quoting. */
export function environmentFile(variables: { readonly [name: string]: string | number }): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}="${value}"\n`)
    .join('');
}

/** A list that is a reference has no place in YAML that is written at synth, however deep it lies. */
function checkLists(where: Where, name: string, value: unknown): void {
  if (Array.isArray(value)) checkListKnown(where, name, value);
  if (typeof value !== 'object' || value === null || Token.isUnresolved(value)) return;
  for (const [key, item] of Object.entries(value)) checkLists(where, `${name}.${key}`, item);
}
