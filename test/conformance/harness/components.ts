import * as fs from 'node:fs';
import * as path from 'node:path';
import { lock, tryLock } from './lock';
import { run } from './process';

interface Recipe {
  /** Setup script and its arguments; it prints `NAME=value` lines. */
  readonly up: readonly string[];
  /** Stops what the setup script started. Without it there is nothing to stop. */
  readonly down?: readonly string[];
  /** Prints `STATUS=running` if it is up already, by somebody else's hand: then it is used as it is, and stays up. */
  readonly status?: readonly string[];
  /** Several runs may use it at once; here is the folder where they find each other. Who started it stops it, unless others use it then. */
  readonly shared?: string;
}

/** In the order in which they are begun: quick ones first, since package installations wait for each other. */
const recipes = {
  shellcheck: { up: ['packages.sh', 'shellcheck'] },
  'cloud-init': { up: ['packages.sh', 'cloud-init'] },
  sshd: { up: ['packages.sh', 'sshd'] },
  chronyd: { up: ['packages.sh', 'chronyd'] },
  keepalived: { up: ['packages.sh', 'keepalived'] },
  iptables: { up: ['packages.sh', 'iptables'] },
  nft: { up: ['packages.sh', 'nft'] },
  mariadbd: { up: ['packages.sh', 'mariadbd'] },
  'rabbitmq-server': { up: ['packages.sh', 'rabbitmq-server'] },
  'debian-root': { up: ['debian-root.sh'] },
  openstack: { up: ['openstack-up.sh', '--fresh'], down: ['openstack-down.sh', '--purge'], status: ['openstack-status.sh'], shared: '/run/lab' },
  terraform: { up: ['terraform.sh'] },
  kolla: { up: ['kolla.sh'] },
  kubeadm: { up: ['kubernetes.sh', 'kubeadm'] },
  kubectl: { up: ['kubernetes.sh', 'kubectl'] },
  'kube-apiserver': { up: ['kubernetes.sh', 'kube-apiserver'] },
  'kube-controller-manager': { up: ['kubernetes.sh', 'kube-controller-manager'] },
  etcd: { up: ['etcd.sh'] },
  gcfg: { up: ['gcfg.sh'] },
  helm: { up: ['helm.sh'] },
  'cloud-provider-openstack': { up: ['cloud-provider-openstack.sh'] },
  'older-kubeadm': { up: ['older-kubeadm.sh'] },
  'previous-kubernetes': { up: ['previous-kubernetes.sh'] },
  'node-image': { up: ['node-image.sh'] },
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
  const recipe: Recipe = recipes[component];
  if (!recipe.shared) return start(recipe, onBegun);
  fs.mkdirSync(recipe.shared, { recursive: true });
  const users = path.join(recipe.shared, 'users');
  // one run starts it, the others wait and find it up
  const started = await lock(path.join(recipe.shared, 'start'));
  try {
    const leave = await lock(users, 'shared');
    let mine: (() => Promise<void>) | undefined;
    onBegun(async () => {
      await leave();
      if (!mine) return;
      const alone = await tryLock(users);
      if (!alone) {
        process.stderr.write(`${component} stays up: another run uses it. ${path.join(setup, recipe.down!.join(' '))} stops it.\n`);
        return;
      }
      await mine();
      await alone();
    });
    return await start(recipe, (stop) => (mine = stop));
  } finally {
    await started();
  }
}

async function start({ up, down, status }: Recipe, onBegun: (stop: () => Promise<void>) => void): Promise<{ readonly [name: string]: string }> {
  if (status) {
    const { STATUS, ...values } = await script(status);
    if (STATUS === 'running') return values;
  }
  if (down) onBegun(async () => void (await script(down)));
  return script(up);
}
