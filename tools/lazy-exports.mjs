#!/usr/bin/env node
/**
 * Turns the submodule exports of the compiled index files into getters: `exports.openstack = __importStar(require("./providers/openstack"))`.
 *
 * jsii wants each submodule exported from the root. Loading 200 resource classes to use five of them costs more than the rest of the library. The
 * providers' own indexes get the same: `import` of an ECMAScript module looks at every export of the root, and must not load every resource.
 *
 * jsii's own type information and the declarations stay as they are. Done twice, it does nothing.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const lib = process.argv[2] ?? join(dirname(dirname(fileURLToPath(import.meta.url))), 'lib');
const EAGER = /^exports\.(\w+) = (?:__importStar\()?require\("(\.[^"]+)"\)\)?;$/gm;
const LAZY = /^Object\.defineProperty\(exports, "(\w+)", \{ enumerable: true, get: function \(\) \{ return lazy\.\1; \} \}\);$/gm;

const providers = join(lib, 'providers');
const indexes = [
  join(lib, 'index.js'),
  ...readdirSync(providers, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [join(providers, entry.name, 'index.js')] : [])),
];
for (const file of indexes) {
  if (!existsSync(file)) throw new Error(`${file} is not there: compile first`);
  const before = readFileSync(file, 'utf8');
  // Node finds a CommonJS module's names for `import { openstack }` by reading its text; this form of a getter it knows.
  const getters = [...before.matchAll(EAGER)].map(([, name, path]) => `get ${name}() { return require("${path}"); }`);
  const after = before
    .replace(EAGER, (_, name) => `Object.defineProperty(exports, "${name}", { enumerable: true, get: function () { return lazy.${name}; } });`)
    .replace('\nexports.', (start) => (getters.length === 0 ? start : `\nconst lazy = { ${getters.join(', ')} };${start}`));
  const exported = readFileSync(file.replace(/\.js$/, '.d.ts'), 'utf8').match(/^export \* as \w+ from/gm)?.length ?? 0;
  const lazy = after.match(LAZY)?.length ?? 0;
  if (exported === 0 || lazy !== exported) {
    throw new Error(`${file}: ${exported} submodules are exported, ${lazy} of them could be made lazy; did the compiler's output change its form?`);
  }
  if (after !== before) writeFileSync(file, after);
}
