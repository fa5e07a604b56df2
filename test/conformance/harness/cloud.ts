import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Context } from './check';
import { run, sleep } from './process';

/** Kind of thing, its id, and what tells it from others. */
export type Snapshot = { readonly [kind: string]: { readonly [id: string]: string } };

/** The OpenStack cloud of the conformance run, as its administrator sees it. */
export class Cloud {
  /** What OpenStack's clients and the Terraform provider read, as `OS_…` variables and as the cloud `lab` of a clouds.yaml. */
  readonly environment: { readonly [name: string]: string };

  constructor(context: Context) {
    const openrc = fs.readFileSync(context.value('OPENRC'), 'utf8');
    const variables = Object.fromEntries([...openrc.matchAll(/(OS_[A-Z_]+)=(\S+)/g)].map(([, name, value]) => [name, value]));
    this.environment = { ...variables, OS_CLIENT_CONFIG_FILE: path.join(path.dirname(context.value('OPENRC')), 'clouds.yaml') };
  }

  /** Runs a Python program with `cloud`, a connection of openstacksdk, at hand; returns what it prints. */
  async python(program: string): Promise<string> {
    const { stdout } = await run('/usr/bin/python3', ['-'], {
      env: this.environment,
      input: `import json, openstack\ncloud = openstack.connect(cloud='lab')\n${program}\n`,
    });
    return stdout.trim();
  }

  async snapshot(): Promise<Snapshot> {
    const { stdout } = await run('/usr/bin/python3', [path.join(__dirname, 'cloud-snapshot.py')], { env: this.environment });
    return JSON.parse(stdout);
  }

  /**
   * Fails if the cloud is not as it was, and names each thing that was left, lost or changed. What goes away a moment after its
   * deletion was accepted (a server's port, say) is given that moment.
   */
  async expectUnchanged(before: Snapshot, patienceMs = 30_000): Promise<void> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const differences = diff(before, await this.snapshot());
      if (differences.length === 0) return;
      if (Date.now() > deadline) throw new Error(`the cloud is not as it was before:\n${differences.join('\n')}`);
      await sleep(2_000);
    }
  }
}

/** One line for each thing that differs, for the reader. */
export function diff(before: Snapshot, after: Snapshot): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort().flatMap((kind) => {
    const was = before[kind] ?? {};
    const is = after[kind] ?? {};
    return [
      ...Object.keys(is)
        .filter((id) => !(id in was))
        .map((id) => `left: ${kind} ${id} ${is[id]}`.trimEnd()),
      ...Object.keys(was)
        .filter((id) => !(id in is))
        .map((id) => `lost: ${kind} ${id} ${was[id]}`.trimEnd()),
      ...Object.keys(is)
        .filter((id) => id in was && is[id] !== was[id])
        .map((id) => `changed: ${kind} ${id} from ${was[id]} to ${is[id]}`),
    ];
  });
}
