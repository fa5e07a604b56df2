import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Context } from './check';
import { exec, tail } from './process';

/** Nova's limit for the base64 text of a server's user_data. */
const NOVA_LIMIT = 65_535;

/**
 * Fails unless a cloud-config (the text, as cloud-init sees it) is one that `cloud-init schema` finds no fault with. `encoded` is what Nova gets, if that
 * isn't just the text in base64 (gzip, say). The check needs the component `cloud-init`.
 */
export async function expectUserData(context: Context, name: string, text: string, encoded = Buffer.from(text).toString('base64')): Promise<void> {
  if (!text.startsWith('#cloud-config\n')) throw new Error(`${name}: the first line is not #cloud-config: ${text.split('\n', 1)[0]}`);
  if (encoded.length > NOVA_LIMIT) throw new Error(`${name}: ${encoded.length} characters of base64; Nova takes ${NOVA_LIMIT}`);
  const file = path.join(context.folder, `${name.replace(/[^\w.-]/g, '-')}.yaml`);
  fs.writeFileSync(file, text, { mode: 0o600 });
  const { code, output } = await exec(context.value('CLOUD_INIT'), ['schema', '--config-file', file]);
  if (code !== 0 || !output.includes('Valid cloud-config')) throw new Error(`${name}: cloud-init schema says:\n${tail(output)}`);
  context.log(`${name}: ${encoded.length} of ${NOVA_LIMIT} characters`);
}
