import * as fs from 'node:fs';
import * as path from 'node:path';
import { kvmSettings } from '../../../lib/bare-metal/kvm-settings';
import { KvmProfile, KvmProfileProps } from '../../../lib/contracts/kvm-profile';
import type { Check, Context } from '../harness/check';
import { exec, type ExecResult, expectExit } from '../harness/process';

const SCRIPT = path.join(__dirname, '..', '..', '..', 'lib', 'bare-metal', 'provisioners', 'prepare-kvm.sh');

interface Machine {
  readonly flags?: string;
  readonly iommuGroups?: boolean;
  readonly bootLoader?: 'grub' | 'grubby';
}

/**
 * A compute host as the program sees one: its own /etc, /sys, /dev, cpuinfo and command line in a mount namespace. What would touch the kernel of this
 * machine (modprobe, sysctl, the boot loader) has stand-ins that write down what they were called with.
 */
class ComputeHost {
  public readonly root: string;

  constructor(context: Context, { flags = 'fpu vmx', iommuGroups = true, bootLoader = 'grub' }: Machine = {}) {
    this.root = fs.mkdtempSync(path.join(context.folder, 'compute-'));
    this.write('cpuinfo', `processor\t: 0\nflags\t\t: ${flags}\n`);
    this.boot('root=/dev/sda1 ro');
    this.write('sys/kernel/mm/ksm/run', '1\n');
    if (iommuGroups) this.write('sys/kernel/iommu_groups/0/type', 'DMA\n');
    for (const node of [0, 1]) for (const kib of [2048, 1048576]) this.write(`sys/devices/system/node/node${node}/hugepages/hugepages-${kib}kB/nr_hugepages`, '0\n'); // prettier-ignore
    this.write('sys/class/net/ens3/device/sriov_numvfs', '0\n');
    this.write('sys/class/net/ens3/device/sriov_totalvfs', '16\n');
    fs.mkdirSync(this.at('etc'));
    fs.mkdirSync(this.at('dev'));
    this.program('modprobe', `mkdir -p "/sys/module/\${!#}/parameters"; [ "$1" = -r ] || echo N >"/sys/module/$1/parameters/nested"`);
    this.program('sysctl', 'true');
    this.program(bootLoader === 'grub' ? 'update-grub' : 'grubby', 'true');
  }

  /** The host with another command line of its kernel. */
  public boot(commandLine: string): void {
    this.write('cmdline', `${commandLine}\n`);
  }

  public read(name: string): string | undefined {
    return fs.existsSync(this.at(name)) ? fs.readFileSync(this.at(name), 'utf8').trim() : undefined;
  }

  public calls(): string[] {
    const said = (this.read('calls') ?? '').split('\n').map((line) => line.trim());
    fs.rmSync(this.at('calls'), { force: true });
    return said;
  }

  public prepare(props: KvmProfileProps): Promise<ExecResult> {
    this.write('settings', kvmSettings(KvmProfile.of(props)));
    const mounts = [
      ...['etc', 'sys'].map((name) => `mount --bind '${this.at(name)}' /${name}`),
      ...['cpuinfo', 'cmdline'].map((name) => `mount --bind '${this.at(name)}' /proc/${name}`),
      `mount -t tmpfs none /dev; mknod -m 666 /dev/null c 1 3; mknod /dev/kvm c 10 232`,
      '[ ! -d /run/systemd ] || mount -t tmpfs none /run/systemd',
    ];
    const script = `set -e; ${mounts.join('; ')}; PATH='${this.at('bin')}':"$PATH" exec bash '${SCRIPT}' '${this.at('settings')}' compute-1`;
    return exec('unshare', ['--mount', '--propagation', 'private', 'bash', '-c', script]);
  }

  private at(name: string): string {
    return path.join(this.root, name);
  }

  private write(name: string, text: string): void {
    fs.mkdirSync(path.dirname(this.at(name)), { recursive: true });
    fs.writeFileSync(this.at(name), text);
  }

  private program(name: string, script: string): void {
    this.write(`bin/${name}`, `#!/bin/bash\necho "${name} $*" >>'${this.at('calls')}'\n${script}\n`);
    fs.chmodSync(this.at(`bin/${name}`), 0o755);
  }
}

function expectFiles(host: ComputeHost, files: { readonly [name: string]: string | undefined }): void {
  for (const [name, text] of Object.entries(files)) {
    if (host.read(name) !== text) throw new Error(`${name} has ${JSON.stringify(host.read(name))} instead of ${JSON.stringify(text)}`);
  }
}

const EVERYTHING: KvmProfileProps = {
  dedicatedCpuSet: '4-31',
  sharedCpuSet: '2-3',
  hugePages: [
    { sizeMib: 1024, count: 16 },
    { sizeMib: 2, count: 512, numaNode: 1 },
  ],
  sriov: [{ name: 'ens3', virtualFunctions: 8, physicalNetwork: 'physnet2' }],
  nestedVirtualization: false,
  kernelArguments: ['mitigations=auto'],
};
const ARGUMENTS = 'isolcpus=managed_irq,domain,4-31 mitigations=auto intel_iommu=on iommu=pt';
const NODE = (node: number, kib: number) => `sys/devices/system/node/node${node}/hugepages/hugepages-${kib}kB/nr_hugepages`;

export const checks: readonly Check[] = [
  {
    name: 'the KVM layer of a host is prepared, once, and given back',
    needs: [],
    run: async (context) => {
      const host = new ComputeHost(context);
      // the boot loader is told, and the host named for a reboot, before anything else
      expectExit(
        'a first run',
        await host.prepare(EVERYTHING),
        1,
        /DEFECT: the kernel runs without isolcpus=\S+ mitigations=auto intel_iommu=on iommu=pt; reboot/,
      );
      expectFiles(host, {
        'etc/default/grub.d/60-strata-kvm.cfg': `GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX ${ARGUMENTS}"`,
        'etc/modprobe.d/strata-kvm.conf': undefined,
      });
      if (host.calls().join() !== 'update-grub') throw new Error('the boot loader was not written anew');

      host.boot(`root=/dev/sda1 ro ${ARGUMENTS}`);
      expectExit('after the reboot', await host.prepare(EVERYTHING), 0, /the KVM layer is prepared \(kvm_intel, nested=0, ksm=0\)/);
      expectFiles(host, {
        'etc/modprobe.d/strata-kvm.conf': 'options kvm_intel nested=0',
        'etc/modules-load.d/strata-kvm.conf': 'kvm_intel\nvhost_net',
        'etc/tmpfiles.d/strata-ksm.conf': 'w /sys/kernel/mm/ksm/run - - - - 0',
        'etc/sysctl.d/60-strata-kvm.conf': 'fs.aio-max-nr = 1048576\nvm.swappiness = 10',
        'etc/tmpfiles.d/strata-hugepages.conf': [[0, 1048576, 16], [1, 1048576, 16], [1, 2048, 512]].map(([node, kib, count]) => `w /${NODE(node, kib)} - - - - ${count}`).join('\n'), // prettier-ignore
        'etc/udev/rules.d/70-strata-sriov.rules': 'ACTION=="add", SUBSYSTEM=="net", KERNEL=="ens3", ATTR{device/sriov_numvfs}="8"',
        'sys/kernel/mm/ksm/run': '2',
        'sys/class/net/ens3/device/sriov_numvfs': '8',
        [NODE(0, 1048576)]: '16',
        [NODE(1, 1048576)]: '16',
        [NODE(0, 2048)]: '0',
        [NODE(1, 2048)]: '512',
      });
      if (!host.calls().includes('sysctl --quiet --load /etc/sysctl.d/60-strata-kvm.conf')) throw new Error('the kernel settings were not loaded');

      const again = await host.prepare(EVERYTHING);
      expectExit('once more', again, 0, /is prepared/);
      if (/changed/.test(again.output) || host.calls().includes('update-grub')) throw new Error(`nothing should have changed:\n${again.output}`);

      // a profile without all of it; the command line is still that of the last boot
      expectExit(
        'a smaller profile',
        await host.prepare({ samePageMerging: true }),
        0,
        /no huge pages in[^]*virtual functions stay until the next reboot/,
      );
      expectFiles(host, {
        'etc/default/grub.d/60-strata-kvm.cfg': 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX "',
        'etc/tmpfiles.d/strata-hugepages.conf': undefined,
        'etc/udev/rules.d/70-strata-sriov.rules': undefined,
        'sys/kernel/mm/ksm/run': '1',
        [NODE(1, 2048)]: '0',
        'sys/class/net/ens3/device/sriov_numvfs': '8',
      });
      expectExit('the smaller one again', await host.prepare({ samePageMerging: true }), 0, /^(?![^]*changed)[^]*is prepared/);

      const amd = new ComputeHost(context, { flags: 'fpu svm', bootLoader: 'grubby' });
      amd.boot('root=/dev/sda1 ro iommu=pt');
      expectExit('AMD', await amd.prepare({ iommu: true }), 0, /is prepared \(kvm_amd, /);
      if (!amd.calls().includes('grubby --update-kernel=ALL --args=iommu=pt')) throw new Error('grubby was not told');
    },
  },
  {
    name: 'a host whose KVM layer cannot be as the profile says is told so',
    needs: [],
    run: async (context) => {
      const sriov = (name: string, virtualFunctions: number): KvmProfileProps => ({ sriov: [{ name, virtualFunctions, physicalNetwork: 'p' }] });
      const refused = async (machine: Machine, props: KvmProfileProps, said: RegExp) => {
        const host = new ComputeHost(context, machine);
        host.boot('intel_iommu=on iommu=pt');
        expectExit(String(said), await host.prepare(props), 1, said);
      };
      await refused({ flags: 'fpu sse' }, {}, /DEFECT: the CPU has neither vmx nor svm; switch VT-x or AMD-V/);
      await refused({ iommuGroups: false }, { iommu: true }, /DEFECT: the IOMMU is off though the kernel was told to use it/);
      await refused({}, { hugePages: [{ sizeMib: 2, count: 1, numaNode: 5 }] }, /DEFECT: huge pages of 2048 KiB are not to be had on node5/);
      await refused({}, sriov('ens9', 2), /DEFECT: the interface ens9 has no virtual functions to give/);
      await refused({}, sriov('ens3', 32), /DEFECT: ens3 gives 16 virtual functions at most, not 32/);
    },
  },
];
