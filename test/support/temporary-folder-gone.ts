import { rmSync } from 'node:fs';
import { basename } from 'node:path';

export default function removeTemporaryFolder(): void {
  const folder = process.env.TMPDIR!;
  if (!basename(folder).startsWith('strata-jest-')) throw new Error(`${folder} isn't the folder of this run; something has changed TMPDIR`);
  rmSync(folder, { recursive: true });
}
