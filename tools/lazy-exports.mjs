#!/usr/bin/env node
/**
 * Turns the eager requires of submodules (`exports.openstack = require("./providers/openstack")`) in the compiled index files into getters.
 * jsii wants each submodule exported from the root; loading 170 resource classes to use five of them costs more than the rest of the library.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const eager = /^exports\.(\w+) = (?:__importStar\()?require\("(\.[^"]+)"\)\)?;$/gm;
const file = join(root, 'lib', 'index.js');
if (!existsSync(file)) throw new Error(`${file} is not there: compile first`);
const before = readFileSync(file, 'utf8');
let count = 0;
const after = before.replace(eager, (_, name, path) => {
  count++;
  return `Object.defineProperty(exports, "${name}", { enumerable: true, configurable: true, get: function () { return require("${path}"); } });`;
});
const done = /get: function \(\) \{ return require\("\.\/providers/.test(before);
if (count === 0 && !done) throw new Error(`${file}: no submodule export found; did the compiler's output change its form?`);
if (count > 0) writeFileSync(file, after);
