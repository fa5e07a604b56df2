import { spawn } from 'node:child_process';
import { track } from './process';

export type Release = () => Promise<void>;

/**
 * Takes a lock on a file, waiting for it, and returns what gives it back. The lock is the kernel's, held by a child that ends with this process, so
 * that a killed run never leaves one behind.
 */
export async function lock(file: string, kind: 'shared' | 'exclusive' = 'exclusive'): Promise<Release> {
  const release = await take([`--${kind}`, file]);
  if (!release) throw new Error(`no lock on ${file}`);
  return release;
}

/** The exclusive lock, if nobody has the file locked at this moment. */
export function tryLock(file: string): Promise<Release | undefined> {
  return take(['--nonblock', file]);
}

function take(args: readonly string[]): Promise<Release | undefined> {
  return new Promise((resolve, reject) => {
    const holder = spawn('flock', [...args, 'sh', '-c', 'echo locked; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    // whoever still waits for a lock when the run is stopped stops waiting; a lock that is held is given back by who took it
    const untrack = track(holder);
    const ended = new Promise<void>((end) => holder.on('close', () => end()));
    holder.on('error', reject);
    void ended.then(() => resolve(undefined));
    holder.stdout.once('data', () => {
      untrack();
      resolve(() => {
        holder.stdin.end();
        return ended;
      });
    });
  });
}
