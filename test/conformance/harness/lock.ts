import { spawn } from 'node:child_process';

/**
 * Takes an exclusive lock on a file and returns what gives it back. The lock is the kernel's, held by a child that ends with this process, so that
 * a killed run never leaves it behind.
 */
export function lock(file: string): Promise<() => Promise<void>> {
  return new Promise((resolve, reject) => {
    const holder = spawn('flock', [file, 'sh', '-c', 'echo locked; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    const ended = new Promise<void>((end) => holder.on('close', () => end()));
    holder.on('error', reject);
    void ended.then(() => reject(new Error(`no lock on ${file}`)));
    holder.stdout.once('data', () =>
      resolve(() => {
        holder.stdin.end();
        return ended;
      }),
    );
  });
}
