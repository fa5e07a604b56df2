import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Context } from './check';
import { run } from './process';

/** The Kolla-Ansible of one OpenStack release, as PyPI has it. */
export class Kolla {
  /** Inventories, `group_vars`, roles and their prechecks. */
  readonly shareFolder: string;
  /** The packaged `multinode`: the truth about the release's groups. */
  readonly multinode: string;
  private readonly environment: string;
  private readonly configuration: string;

  /** `release` is the series: `2026.1`. The check needs the component `kolla`. */
  constructor(context: Context, release: string) {
    // an empty one of our own, not the machine's; Ansible looks at the suffix
    this.configuration = path.join(context.folder, 'ansible.cfg');
    fs.writeFileSync(this.configuration, '');
    this.environment = context.value(`KOLLA_${release.replace('.', '_')}`);
    this.shareFolder = path.join(this.environment, 'share', 'kolla-ansible', 'ansible');
    this.multinode = path.join(this.shareFolder, 'inventory', 'multinode');
  }

  /** What Ansible makes of an inventory: groups with hosts and children, `_meta.hostvars`. A warning is an error. */
  async inventory(file: string): Promise<{ [group: string]: any }> {
    const { stdout, stderr } = await this.ansible('ansible-inventory', ['-i', file, '--list']);
    if (stderr.includes('[WARNING]')) throw new Error(`ansible-inventory about ${file}:\n${stderr}`);
    return JSON.parse(stdout);
  }

  /** Runs one of the environment's programs: `ansible`, `ansible-inventory`, `ansible-playbook`, `kolla-genpwd` … */
  ansible(program: string, args: readonly string[], cwd = path.dirname(this.environment)) {
    return run(path.join(this.environment, 'bin', program), args, {
      cwd,
      env: {
        ANSIBLE_CONFIG: this.configuration,
        ANSIBLE_NOCOLOR: '1',
        // Kolla's groups have dashes
        ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS: 'ignore',
        ANSIBLE_LOCALHOST_WARNING: 'False',
        ANSIBLE_INVENTORY_UNPARSED_FAILED: 'True',
        LC_ALL: 'C.UTF-8',
        PATH: `${path.join(this.environment, 'bin')}:${process.env.PATH}`,
      },
    });
  }
}
