import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Check } from '../harness/check';
import { liveAndDie } from '../harness/stacks';

/** Files of stacks: those of the project, or of another folder while the machinery itself is worked on. */
const folder = process.env.STRATA_CONFORMANCE_STACKS ?? path.join(__dirname, '..', 'stacks');

export const checks: readonly Check[] = (fs.existsSync(folder) ? fs.readdirSync(folder) : [])
  .filter((name) => name.endsWith('.ts'))
  .sort()
  .map((name) => ({
    name: path.basename(name, '.ts'),
    needs: ['openstack', 'terraform'],
    run: (context) => liveAndDie(context, path.join(folder, name)),
  }));
