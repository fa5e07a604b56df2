#!/usr/bin/env node
/**
 * Makes the compiled package load what is used, when it is used. Runs after jsii; done twice, it does nothing. Declarations stay as they are.
 *
 * 1. What the root exports by way of the layers' indexes becomes a getter each, which loads the one module that has it: who uses `CinderCsi` alone
 *    doesn't wait for two hundred other classes. Any module can so be the first to be loaded, which is why no two may need each other while they load.
 * 2. The submodules that the root and the providers' indexes export become getters: `exports.openstack = __importStar(require("./providers/openstack"))`
 *    would load 170 resource classes to use five of them. The providers' own indexes get the same because Node, for `import` in an ECMAScript
 *    module, looks at every export of the root.
 * 3. In the constructs, bindings and third-party libraries are loaded at their first use: `const yaml_1 = require("yaml")` becomes a function, and
 *    `yaml_1.parse` `yaml_1().parse`. The bindings of a StatefulSet alone cost a third of what all of cdktf does.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const lib = join(dirname(dirname(fileURLToPath(import.meta.url))), 'lib');
const providers = join(lib, 'providers');
const root = join(lib, 'index.js');
const star = /^__exportStar\(require\("(\.[^"]+)"\), exports\);$/gm;
if (!existsSync(root)) throw new Error(`${root} is not there: compile first`);

const indexes = readdirSync(providers, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [join(providers, entry.name, 'index.js')] : [],
);
const constructs = readdirSync(lib, { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((file) => file !== root && !file.startsWith(providers));
let lazyModules = 0;
for (const file of constructs) rewrite(file, lazyImports);
if (lazyModules === 0) throw new Error(`${lib}: no import of a binding was found; did the compiler's output change its form?`);
refuseCycles(constructs);
rewrite(root, lazyLayers);
for (const file of [root, ...indexes]) rewrite(file, lazyExports);

function rewrite(file, transform) {
  const before = readFileSync(file, 'utf8');
  const after = transform(before, file);
  if (after !== before) writeFileSync(file, after);
}

/** Modules that need each other while they load work from one of them and not from the other; here each of them can be the first. */
function refuseCycles(files) {
  const imports = /^(?:const \w+ = |__exportStar\()require\("(\.[^"]+)"\)/gm;
  const seen = new Set();
  const visit = (file, path) => {
    if (path.includes(file))
      throw new Error(`modules need each other: ${[...path.slice(path.indexOf(file)), file].map((each) => relative(lib, each)).join(' > ')}`);
    if (seen.has(file) || file.startsWith(providers)) return;
    seen.add(file);
    for (const [, to] of readFileSync(file, 'utf8').matchAll(imports)) visit(createRequire(file).resolve(to), [...path, file]);
  };
  for (const file of files) visit(file, []);
}

function lazyLayers(text, file) {
  return text.replace(star, (_, layer) => {
    const modules = modulesOf(createRequire(file).resolve(layer));
    return modules
      .flatMap((module) => Object.keys(createRequire(file)(module)).map((name) => [name, `./${relative(lib, module).replace(/\.js$/, '')}`]))
      .map(([name, path]) => `exports.${name} = require("${path}").${name};`)
      .join('\n');
  });
}

/** The modules that an index, and the indexes that it exports, stand for. */
function modulesOf(index) {
  const inner = [...readFileSync(index, 'utf8').matchAll(star)].map(([, path]) => createRequire(index).resolve(path));
  return inner.length === 0 ? [index] : inner.flatMap(modulesOf);
}

function lazyExports(text, file) {
  const eager = /^exports\.(\w+) = (?:__importStar\()?require\("(\.[^"]+)"\)\)?(\.\w+)?;$/gm;
  // Node finds a CommonJS module's names for `import { openstack }` by reading its text; this form of a getter it knows.
  const getters = [...text.matchAll(eager)].map(([, name, path, member = '']) => `get ${name}() { return require("${path}")${member}; }`);
  const after = text
    .replace(eager, (_, name) => `Object.defineProperty(exports, "${name}", { enumerable: true, get: function () { return lazy.${name}; } });`)
    .replace('\nexports.', (start) => (getters.length === 0 ? start : `\nconst lazy = { ${getters.join(', ')} };${start}`));
  const lazy = new Set(
    [...after.matchAll(/^Object\.defineProperty\(exports, "(\w+)", \{ enumerable: true, get: function \(\) \{ return lazy\.\1; \} \}\);$/gm)].map(
      ([, name]) => name,
    ),
  );
  const declared = readFileSync(file.replace(/\.js$/, '.d.ts'), 'utf8');
  const eagerStill = [...declared.matchAll(/^export \* as (\w+) from/gm)].map(([, name]) => name).filter((name) => !lazy.has(name));
  if (lazy.size === 0 || eagerStill.length > 0 || after.match(star)) {
    throw new Error(`${file}: ${eagerStill.join(', ') || 'what it exports'} could not be made lazy; did the compiler's output change its form?`);
  }
  return after;
}

function lazyImports(text, file) {
  // The framework is loaded in any case, Node's own modules cost nothing, and the constructs are the library itself.
  const outside = /^const (\w+_\d+) = require\("((?!cdktf"|constructs"|node:|\.)[^"]+|[./]+\/providers\/[^"]+)"\);$/gm;
  let after = text;
  for (const [statement, name, path] of text.matchAll(outside)) {
    const [before, behind] = after.split(statement);
    const others = new RegExp(`\\b${name}\\b(?!\\.)`);
    if (others.test(before) || others.test(behind))
      throw new Error(`${file}: ${name} is used as a whole; did the compiler's output change its form?`);
    const used = behind.replace(new RegExp(`\\bnew ${name}\\.`, 'g'), `new (${name}()).`).replace(new RegExp(`\\b${name}\\.`, 'g'), `${name}().`);
    after = `${before}const ${name} = () => require("${path}");${used}`;
  }
  lazyModules += after.match(/^const \w+_\d+ = \(\) => require\(/gm)?.length ?? 0;
  return after;
}
