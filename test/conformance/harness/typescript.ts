import * as path from 'node:path';

export const PROJECT = path.join(__dirname, '..', '..', '..');

/** For a Node that runs TypeScript of this project, whatever was compiled beside it. */
export const TYPESCRIPT = {
  args: ['--require', path.join(PROJECT, 'tools', 'sources-first.cjs'), '--import', require.resolve('tsx')],
  env: { TSX_TSCONFIG_PATH: path.join(PROJECT, 'tsconfig.dev.json'), CHECKPOINT_DISABLE: '1' },
} as const;
