import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What every deployment that runs in stages on a host of its own needs there: `run-stage.sh` runs a stage so that it outlives the connection that asked for
 * it, never twice at once; `place-files.py` puts files in place and removes those that an earlier bundle had. Their home is the folder above theirs.
 */
export const STAGE_PROGRAMS = ['run-stage.sh', 'place-files.py'];

/** The text of one of them. */
export function stageProgram(name: string): string {
  return readFileSync(join(__dirname, 'stages', name), 'utf8');
}
