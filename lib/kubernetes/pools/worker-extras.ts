import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NodeFlavor } from '../../contracts/node-flavor';
import { check, checkInteger, checkUnique, fail, isKnown, Where } from '../../core/validation';
import { NodeFile } from '../bootstrap/cloud-config';
import { GpuNodes, HugePages, HugePageSize, NodeTaint, TaintEffect, VolumeFileSystem, WorkerVolume } from '../worker-pool';

const PROGRAM = 'strata-volumes';
const MIB = { [HugePageSize.MIB_2]: 2, [HugePageSize.GIB_1]: 1024 };
/** What the system and the kubelet need beside huge pages, at the very least. */
const OTHER_MEMORY_MIB = 1024;
/** Where the system itself lives, and what the boot program has for its own. */
const TAKEN =
  /^\/(bin|boot|dev|etc|lib|lib32|lib64|proc|root|run|sbin|sys|tmp|usr)?(\/|$)|^\/var(\/(lib(\/(cloud|etcd|strata)(\/.*)?)?|log|run|tmp))?$/;

/** The files by which workers mount their further volumes before anything of Kubernetes starts; none if there is nothing to mount. */
export function volumeFiles(where: Where, what: string, volumes: readonly WorkerVolume[] = []): NodeFile[] {
  const mounted = volumes.filter(({ mountPath }) => mountPath !== undefined);
  for (const { name, mountPath, fileSystem } of volumes) {
    if (mountPath === undefined && fileSystem !== undefined) {
      fail(where, { problem: `${what}.${name} has a file system and no mountPath`, value: fileSystem, fix: 'say where it is to be mounted' });
    }
    if (!isKnown(mountPath)) {
      fail(where, { problem: `mountPath of ${what}.${name} must be known at synth, a reference was given`, fix: 'give the text itself' });
    }
    check(where, mountPath, (v) => /^(\/[A-Za-z0-9._-]+)+$/.test(v) && !/\/\.\.?(\/|$)/.test(v) && !TAKEN.test(v), {
      problem: `mountPath of ${what}.${name} must be an absolute path of letters, digits, ".", "_" and "-", and no folder of the system`,
      fix: 'use /var/lib/containerd, /var/lib/kubelet, or a folder such as /data',
    });
  }
  checkUnique(
    where,
    `mountPath of ${what}`,
    mounted.map(({ mountPath }) => mountPath),
  );
  if (mounted.length === 0) return [];
  // An outer folder is mounted before one inside it.
  const paths = [...mounted].sort((a, b) => (a.mountPath! < b.mountPath! ? -1 : 1));
  const list = paths.map(({ name, mountPath, fileSystem = VolumeFileSystem.EXT4 }) => `${name} ${fileSystem} ${mountPath}\n`).join('');
  return [
    { path: '/etc/strata/volumes', content: list },
    { path: `/usr/local/lib/strata/${PROGRAM}.sh`, content: file(`${PROGRAM}.sh`), permissions: '0755' },
    { path: `/etc/systemd/system/${PROGRAM}.service`, content: file(`${PROGRAM}.service`) },
    ...['strata-boot', 'kubelet'].map((unit) => ({
      path: `/etc/systemd/system/${unit}.service.d/25-${PROGRAM}.conf`,
      content: file('needs-volumes.conf'),
    })),
  ];
}

/** The files by which workers set huge pages aside, before the kubelet counts them. */
export function hugePageFiles(where: Where, what: string, pages: readonly HugePages[] = [], flavor?: NodeFlavor): NodeFile[] {
  for (const { count } of pages) {
    if (!isKnown(count)) fail(where, { problem: `${what}.count must be known at synth, a reference was given`, fix: 'give a number' });
    checkInteger(where, `${what}.count`, count, { min: 1 });
  }
  checkUnique(
    where,
    `size in ${what}`,
    pages.map(({ size }) => size),
  );
  if (pages.length === 0) return [];
  const total = pages.reduce((sum, { size, count }) => sum + MIB[size] * count, 0);
  const memory = flavor?.size?.memoryMib;
  if (memory !== undefined && isKnown(memory) && total > memory - OTHER_MEMORY_MIB) {
    fail(where, {
      problem: `${what} take so much of the ${memory} MiB of the flavor that less than ${OTHER_MEMORY_MIB} MiB are left for everything else`,
      value: `${total} MiB`,
      fix: 'set fewer aside, or choose a larger flavor',
    });
  }
  const lines = pages.map(({ size, count }) => `w /sys/kernel/mm/hugepages/hugepages-${MIB[size] * 1024}kB/nr_hugepages - - - - ${count}\n`);
  return [
    { path: '/etc/tmpfiles.d/strata-hugepages.conf', content: lines.join('') },
    // At boot systemd does it by itself; a new server has already booted when cloud-init writes this.
    {
      path: '/etc/systemd/system/kubelet.service.d/25-strata-hugepages.conf',
      content: '[Service]\nExecStartPre=/usr/bin/env systemd-tmpfiles --create /etc/tmpfiles.d/strata-hugepages.conf\n',
    },
  ];
}

/** Labels and taints of nodes with GPUs. */
export function gpuMarks(where: Where, what: string, gpu: GpuNodes | undefined): { labels: { [key: string]: string }; taints: NodeTaint[] } {
  if (gpu === undefined) return { labels: {}, taints: [] };
  const resource = gpu.resourceName ?? 'nvidia.com/gpu';
  if (!isKnown(resource)) fail(where, { problem: `${what}.resourceName must be known at synth, a reference was given`, fix: 'give the text itself' });
  check(where, resource, (v) => /^[a-z0-9.-]+\.[a-z]+\/[a-z0-9.-]+$/.test(v), {
    problem: `${what}.resourceName must be a resource with its vendor's domain`,
    fix: 'write it as nvidia.com/gpu, amd.com/gpu or gpu.intel.com/i915',
  });
  return {
    labels: { [`${resource.split('/')[0]}/gpu.present`]: 'true' },
    taints: (gpu.taint ?? true) ? [{ key: resource, effect: TaintEffect.NO_SCHEDULE }] : [],
  };
}

function file(name: string): string {
  return readFileSync(join(__dirname, name), 'utf8');
}
