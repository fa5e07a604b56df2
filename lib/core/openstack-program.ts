import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A program for `node -e` that speaks to OpenStack's APIs where Terraform runs: the client, and the given file behind it. */
export function openstackProgram(file: string): string {
  return [join(__dirname, 'openstack-client.cjs'), file].map((part) => readFileSync(part, 'utf8')).join('\n');
}
