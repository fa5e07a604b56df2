/**
 * Preloaded by what runs TypeScript in this project: the package is compiled in place, and Node would take a stale `.js` before the `.ts` beside it.
 */
const { _extensions: extensions } = require('node:module');

const { '.ts': typescript = extensions['.js'], ...others } = extensions;
for (const name of Object.keys(extensions)) delete extensions[name];
Object.assign(extensions, { '.ts': typescript }, others);
