import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What tests, and the framework in them, write into the temporary folder goes into one of the run's own; `temporary-folder-gone.ts` takes it away. */
export default function makeTemporaryFolder(): void {
  process.env.TMPDIR = mkdtempSync(join(tmpdir(), 'strata-jest-'));
}
