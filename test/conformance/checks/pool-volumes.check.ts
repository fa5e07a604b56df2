/** The program by which workers mount their further volumes, on real block devices and file systems. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Check } from '../harness/check';
import { exec, run } from '../harness/process';

const LIBRARY = path.join(__dirname, '../../../lib/kubernetes');
const ID = '11111111-2222-3333-4444-555555555555';

export const checks: readonly Check[] = [
  {
    name: 'a worker makes a file system on a blank volume once, keeps what its mount point had, and touches no foreign or absent one',
    needs: [],
    run: async (context) => {
      const at = (name: string) => path.join(context.folder, name);
      for (const name of ['disks', 'state', 'data']) fs.mkdirSync(at(name));
      // beside each other, as on a node
      for (const program of ['pools/strata-volumes.sh', 'bootstrap/strata-disks.sh']) {
        fs.copyFileSync(path.join(LIBRARY, program), at(path.basename(program)));
      }
      fs.writeFileSync(at('data/image'), 'came with the server');
      fs.writeFileSync(at('list'), `data ext4 ${at('data')}\n`);
      await run('truncate', ['-s', '64M', at('volume')]);
      const device = (await run('losetup', ['--find', '--show', at('volume')])).stdout.trim();
      context.defer(async () => void (await exec('losetup', ['--detach', device])));
      const link = at(`disks/virtio-${ID.slice(0, 20)}`);
      fs.symlinkSync(device, link);
      // as at a boot: its mounts are gone afterwards
      const boot = (then = 'true') =>
        exec('unshare', [
          '-m',
          'bash',
          '-c',
          `. "$1"; LIST=$2/list STATE=$2/state STAGE=$2/stage DISKS=$2/disks PATIENCE=1
           systemctl() { return 3; }; cloud-init() { echo '{"strata-volume-data": "${ID}"}'; }
           main; ${then}`,
          'on-node',
          at('strata-volumes.sh'),
          context.folder,
        ]);
      const expect = async (what: string, code: number, says: string, then?: string) => {
        const result = await boot(then);
        if (result.code !== code || !result.output.includes(says)) throw new Error(`${what}: ended with ${result.code}:\n${result.output}`);
        return result;
      };
      await expect('a blank volume', 0, 'making a file system', `grep -q came ${at('data/image')} && echo kept >${at('data/mine')}`);
      if (fs.existsSync(at('data/mine'))) throw new Error('what was written to the volume is on the root disk');
      const again = await expect('a reboot', 0, `is at ${at('data')}`, `grep -q kept ${at('data/mine')}`);
      if (again.output.includes('making a file system')) throw new Error('a volume with data got a new file system');
      // Not every root may grow what is mounted (CAP_SYS_RESOURCE), so it is only asked to.
      await expect('a run by hand after it was extended', 0, '', `resize2fs() { echo "$@" >${at('asked')}; }; main`);
      if (fs.readFileSync(at('asked'), 'utf8') !== `${device}\n`) throw new Error('its file system was not to grow');
      await run('wipefs', ['-qa', device]);
      await run('mkswap', [device]);
      await expect('a foreign volume', 1, 'holds swap: it is not touched');
      fs.truncateSync(at('volume'), 0); // from where its file ends, reads of the disk fail
      await exec('blockdev', ['--flushbufs', device]);
      await expect("a volume that can't be read", 1, "can't be read, so it is not touched");
      if (fs.statSync(at('volume')).size > 0) throw new Error("a volume that can't be read was written to");
      fs.rmSync(link);
      await expect('an absent volume', 1, 'is not attached');
    },
  },
];
