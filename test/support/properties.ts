/**
 * Property tests draw the same cases in every run, so that a change fails for what it changed. `npm run fuzz` draws others; what it finds becomes a
 * test of its own. FC_SEED repeats a run of it.
 */
import * as fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 1) });
