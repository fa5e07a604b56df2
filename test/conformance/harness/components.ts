import * as path from 'node:path';
import { run } from './process';

interface Recipe {
  /** Setup script and its arguments; it prints `NAME=value` lines. */
  readonly up: readonly string[];
  /** Stops what the setup script started. Without it there is nothing to stop. */
  readonly down?: readonly string[];
  /** Prints `STATUS=running` if it is up already, by somebody else's hand: then it is used as it is, and stays up. */
  readonly status?: readonly string[];
}

/** In the order in which they are begun: quick ones first, since package installations wait for each other. */
const recipes = {
  shellcheck: { up: ['packages.sh', 'shellcheck'] },
  'cloud-init': { up: ['packages.sh', 'cloud-init'] },
  sshd: { up: ['packages.sh', 'sshd'] },
  openstack: { up: ['openstack-up.sh', '--fresh'], down: ['openstack-down.sh', '--purge'], status: ['openstack-status.sh'] },
  terraform: { up: ['terraform.sh'] },
  kolla: { up: ['kolla.sh'] },
  kubeadm: { up: ['kubernetes.sh', 'kubeadm'] },
  kubectl: { up: ['kubernetes.sh', 'kubectl'] },
  'kube-apiserver': { up: ['kubernetes.sh', 'kube-apiserver'] },
  etcd: { up: ['etcd.sh'] },
} as const satisfies { [name: string]: Recipe };

export type Component = keyof typeof recipes;
export const COMPONENTS = Object.keys(recipes) as readonly Component[];

const setup = path.join(__dirname, '..', 'setup');

async function script([name, ...args]: readonly string[]): Promise<{ [name: string]: string }> {
  const { stdout } = await run(path.join(setup, name), args, { timeoutMs: 45 * 60_000, onOutput: progress });
  return Object.fromEntries([...stdout.matchAll(/^([A-Z0-9_]+)=(.*)$/gm)].map(([, key, value]) => [key, value]));
}

/** What a script says to its reader; the `NAME=value` lines are for the runner. */
function progress(text: string): void {
  process.stderr.write(text.replace(/^[A-Z0-9_]+=.*\n/gm, ''));
}

/**
 * Brings a component up, or finds it up, and returns what its script told. `onBegun` is called before anything is started that would have to be
 * stopped again, with what stops it.
 */
export async function bringUp(component: Component, onBegun: (stop: () => Promise<void>) => void): Promise<{ readonly [name: string]: string }> {
  const { up, down, status }: Recipe = recipes[component];
  if (status) {
    const { STATUS, ...values } = await script(status);
    if (STATUS === 'running') return values;
  }
  if (down) onBegun(async () => void (await script(down)));
  return script(up);
}
