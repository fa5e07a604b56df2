/** How the boot program comes by etcd's volume, on real block devices and file systems. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Check } from '../harness/check';
import { exec, expectExit as expect, run } from '../harness/process';

const BOOTSTRAP = path.join(__dirname, '../../../lib/kubernetes/bootstrap');
const ID = '99999999-2222-3333-4444-555555555555';

export const checks: readonly Check[] = [
  {
    name: "etcd's volume gets a file system only if both its ends can be read and hold nothing",
    needs: [],
    run: async (context) => {
      const at = (name: string) => path.join(context.folder, name);
      for (const name of ['disks', 'state', 'etcd']) fs.mkdirSync(at(name));
      await run('truncate', ['-s', '64M', at('volume')]);
      const device = (await run('losetup', ['--find', '--show', at('volume')])).stdout.trim();
      context.defer(async () => void (await exec('losetup', ['--detach', device])));
      fs.symlinkSync(device, at(`disks/virtio-${ID.slice(0, 20)}`));
      // as at a boot: its mounts are gone afterwards
      const boot = (then = ':') => {
        const program = `. "$1"; ETCD_MOUNT=$2/etcd DISKS=$2/disks STRATA_ETCD_VOLUME=${ID} STRATA_PATIENCE=1; mount_etcd_volume; ${then}`;
        return exec('unshare', ['-m', 'bash', '-c', program, 'on-node', path.join(BOOTSTRAP, 'strata-boot.sh'), context.folder]);
      };
      const data = at('etcd/data');
      expect('a blank volume', await boot(`echo kept >${data}`), 0, 'is blank: making a file system');

      // Its content is beside it; from where its file ends, reads of the disk fail.
      fs.copyFileSync(at('volume'), at('content'));
      const readableTo = async (bytes: number) => {
        fs.truncateSync(at('volume'), bytes);
        await exec('blockdev', ['--flushbufs', device]);
      };
      await readableTo(0);
      const { code } = await exec('blkid', ['-p', device]);
      if (code !== 2) throw new Error(`blkid ends with ${code} for a disk that can't be read, not as for a blank one`);
      expect("one that can't be read", await boot(), 1, 'STOPPED', "can't be read, so it is not touched");
      if (fs.statSync(at('volume')).size > 0) throw new Error('it was written to');
      await run('cp', ['--no-preserve=all', at('content'), at('volume')]);
      await exec('blockdev', ['--flushbufs', device]);
      const again = await boot(`grep kept ${data}`);
      expect('one that can be read again', again, 0, 'kept');
      if (again.output.includes('making a file system')) throw new Error('a volume with data got a new file system');

      // A run that finds it mounted, as by hand after Cinder has extended it. Not every root may grow what is mounted (CAP_SYS_RESOURCE), so it is only asked to.
      expect('one that may have been extended', await boot(`resize2fs() { echo "$@" >${at('asked')}; }; mount_etcd_volume`), 0);
      if (fs.readFileSync(at('asked'), 'utf8') !== `${device}\n`) throw new Error('its file system was not to grow');

      await run('wipefs', ['-qa', device]);
      await readableTo(63.5 * 2 ** 20);
      expect("one whose end can't be read", await boot(), 1, 'STOPPED', "can't be read, so it is not touched");
      await readableTo(64 * 2 ** 20);
      expect('a blank one again', await boot(), 0, 'is blank: making a file system');
    },
  },
];
