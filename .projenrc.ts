import { cdk, JsonFile, javascript, typescript } from 'projen';

/** Prebuilt bindings that constructs import by deep path. Wide ranges: an exact pin in a library breaks its users' next update. */
const PREBUILT_PROVIDERS = {
  '@cdktf/provider-helm': '^12.1.2',
  '@cdktf/provider-kubernetes': '^12.1.1',
  '@cdktf/provider-random': '^12.0.1',
  '@cdktf/provider-tls': '^11.0.1',
};

const project = new cdk.JsiiProject({
  name: 'cdktf-strata',
  description: 'Terraform CDK constructs for the whole stack: bare metal, OpenStack, Nova VMs, Kubernetes and workloads from one typed model',
  author: 'Strata maintainers',
  authorAddress: 'maintainers@strata.invalid',
  authorOrganization: true,
  repositoryUrl: 'https://github.com/cdktf-strata/cdktf-strata.git',
  license: 'Apache-2.0',
  defaultReleaseBranch: 'main',
  keywords: ['cdktf', 'cdktn', 'terraform', 'openstack', 'kubernetes', 'nova', 'kolla', 'bare-metal', 'cinder', 'octavia'],

  // Compiled in place: `cdktf-strata/lib/providers/openstack/compute-instance-v2` is a public deep import.
  srcdir: 'lib',
  libdir: 'lib',
  entrypoint: 'lib/index.js',
  bin: { strata: 'lib/cli/strata.js' },
  jsiiVersion: '~5.9.0',
  validateTsconfig: cdk.ValidateTsconfig.MINIMAL, // the strict rules refuse stripInternal
  typescriptVersion: '~5.9.0',
  minNodeVersion: '20.9.0',
  packageManager: javascript.NodePackageManager.NPM,
  projenrcTs: true,
  projenrcTsOptions: { projenCodeDir: 'tools' },
  runner: typescript.TypeScriptRunner.tsx(),
  tsconfig: { compilerOptions: { stripInternal: true, noFallthroughCasesInSwitch: true } },
  tsconfigDevFile: 'tsconfig.dev.json',
  tsconfigDev: {
    include: ['.projenrc.ts', 'lib/**/*.ts', 'examples/**/*.ts', 'test/**/*.ts'],
    compilerOptions: {
      // Examples are written as a user writes them.
      paths: { 'cdktf-strata': ['./lib/index.ts'], 'cdktf-strata/lib/*': ['./lib/*'] },
      isolatedModules: true,
    },
  },

  peerDeps: ['cdktf@^0.21.0', 'constructs@^10.4.2', ...Object.entries(PREBUILT_PROVIDERS).map(([name, range]) => `${name}@${range}`)],
  // Developed against the lowest version of each peer range: what works with it works with the others.
  peerDependencyOptions: { pinnedDevDependency: true },
  bundledDeps: ['csv-parse@^7.0.3', 'fastest-levenshtein@^1.0.16', 'ipaddr.js@^2.2.0', 'js-yaml@^4.3.2', 'semver@^7.7.2', 'yaml@^2.8.0'],
  devDeps: [
    '@cdktf/commons@^0.21.0',
    '@cdktf/provider-generator@^0.21.0',
    '@swc/core@1.16.18', // the newest of which every platform's binary is published
    '@swc/jest',
    '@types/jest',
    '@types/js-yaml',
    '@types/semver',
    'cdktf-cli@^0.21.0',
    'cli-table3',
    'eslint-plugin-import',
    'fast-check',
    'jest',
    'tsx',
  ],

  jest: false, // configured below: projen's own set-up type-checks every test file, jsii and `npm run lint` do that once
  eslintOptions: {
    dirs: ['lib'],
    devdirs: ['test', 'examples', 'tools'],
    ignorePatterns: ['lib/providers/', '*.js', '*.d.ts', 'node_modules/'],
    prettier: true,
  },
  prettier: true,
  prettierOptions: { settings: { singleQuote: true, printWidth: 150, trailingComma: javascript.TrailingComma.ALL } },

  docgen: false,
  github: false,
  buildWorkflow: false,
  release: false,
  depsUpgrade: false,
  sampleCode: false,
  gitignore: [
    'lib/providers/',
    'lib/**/*.js',
    'lib/**/*.js.map',
    'lib/**/*.d.ts',
    'cdktf.out/',
    '.gen/',
    '*.tfstate*',
    '.terraform/',
    '.terraform.lock.hcl',
    'terraform.tfvars*',
    'tsconfig.tsbuildinfo',
  ],
});

// One job a command: `test` is Jest alone, lint and compilation have commands of their own.
project.testTask.reset('jest --ci', { receiveArgs: true });
new JsonFile(project, 'jest.config.json', {
  marker: false,
  obj: {
    testMatch: ['<rootDir>/test/**/*.test.ts'],
    moduleNameMapper: { '^cdktf-strata$': '<rootDir>/lib/index.ts', '^cdktf-strata/lib/(.*)$': '<rootDir>/lib/$1' },
    // The sources are compiled in place; tests run the TypeScript, never a stale .js beside it.
    moduleFileExtensions: ['ts', 'js', 'json', 'node'],
    transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }] },
    modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/cdktf.out/'],
    setupFiles: ['<rootDir>/test/support/properties.ts'],
    globalSetup: '<rootDir>/test/support/temporary-folder.ts',
    globalTeardown: '<rootDir>/test/support/temporary-folder-gone.ts',
    testTimeout: 60_000,
    maxWorkers: '100%', // Jest's default leaves one of two cores idle
  },
});
// Only what is named goes into the package: a state file or a plan that lies about in a work tree must not.
for (const pattern of ['/*', '!/lib/', '!/.jsii', '!/CHANGELOG.md', 'lib/**/*.ts', '!lib/**/*.d.ts']) {
  project.addPackageIgnore(pattern);
}

// As above: the newest of which every platform's binary is published. A lock file that lacks one is refused by `npm ci`.
project.package.addField('overrides', { 'unrs-resolver': '~1.12.2' });

// The bindings are 85,000 generated lines: made from schemas/ after every installation, never committed.
project.setScript('prepare', 'node tools/generate-bindings.mjs --if-missing'); // npm pack runs it too: compiled bindings must stay
project.addTask('bindings', { description: 'Generate lib/providers from schemas/', exec: 'node tools/generate-bindings.mjs' });
project.addTask('schema', {
  description: 'Write schemas/<provider>.json anew from the providers that Terraform can download (maintainers, needs terraform and internet)',
  exec: 'node tools/regenerate-schemas.mjs',
  receiveArgs: true,
});
project.compileTask.prependExec('node tools/generate-bindings.mjs --if-missing');
// jsii writes eager re-exports of the provider submodules into lib/index.js; turned into getters, they cost nothing until used.
project.compileTask.exec('node tools/lazy-exports.mjs');

const tsx = 'tsx --tsconfig tsconfig.dev.json --require ./tools/sources-first.cjs';
project.setScript('demo', `${tsx} examples/demo.ts`);
project.setScript('conformance', `${tsx} test/conformance/run.ts`);
project.setScript('conformance:life', `${tsx} test/conformance/run.ts --in life`);
project.setScript('conformance:nodes', `${tsx} test/conformance/run.ts --in nodes`);
project.addTask('consumer', {
  description: 'Pack the library and synthesise a new app against it, under cdktf and under cdktn',
  exec: `${tsx} test/consumer/run.ts`,
});
project.addTask('test:lanes', {
  description: 'The tests under every other version of Node that is supported',
  exec: `${tsx} test/project/node-lanes.ts`,
  receiveArgs: true,
});
project.addTask('fuzz', {
  description: 'The property tests on cases that nobody has seen: npm run fuzz -- <times>',
  exec: `${tsx} test/project/fuzz.ts`,
  receiveArgs: true,
});
project.addTask('bench:scale', {
  description: 'What a cluster of 500 and of 5,000 workers costs at synth, beside bare constructs',
  exec: 'node tools/bench-scale.mjs',
  receiveArgs: true,
});
project.addTask('bench', {
  description: 'Load time of require(cdktf-strata) beside require(cdktf), and synthesis time',
  exec: 'node tools/bench.mjs',
  receiveArgs: true,
});

// The layers: who may import whom. core/ and contracts/ are everybody's; nobody imports a layer above.
const layers: Record<string, string[]> = {
  core: ['contracts', 'bare-metal', 'openstack', 'nova', 'kubernetes', 'workloads', 'platform', 'providers'],
  contracts: ['bare-metal', 'openstack', 'nova', 'kubernetes', 'workloads', 'platform'],
  'bare-metal': ['openstack', 'nova', 'kubernetes', 'workloads', 'platform'],
  openstack: ['bare-metal', 'nova', 'kubernetes', 'workloads', 'platform'],
  nova: ['openstack', 'bare-metal', 'kubernetes', 'workloads', 'platform'],
  kubernetes: ['openstack', 'bare-metal', 'workloads', 'platform'],
  workloads: ['openstack', 'bare-metal', 'nova', 'kubernetes', 'platform'],
};
project.eslint?.addRules({
  'import/no-restricted-paths': [
    'error',
    {
      zones: Object.entries(layers).flatMap(([layer, forbidden]) =>
        forbidden.map((from) => ({
          target: `./lib/${layer}`,
          from: `./lib/${from}`,
          message: `${layer}/ must not know ${from}/ (see docs/architecture.md)`,
        })),
      ),
    },
  ],
  'no-restricted-imports': [
    'error',
    { patterns: [{ regex: '^@cdktf/provider-[^/]+$', message: 'Deep imports only: a provider root costs up to 0.7 s.' }] },
  ],
  'no-restricted-syntax': [
    'error',
    {
      selector: "CallExpression[callee.object.name='Fn'][callee.property.name=/^(rawString|yamlencode|jsonencode)$/]",
      message: 'Fn.rawString loses references, yamlencode and jsonencode break on quotes: use TemplateText.',
    },
    { selector: "NewExpression[callee.name='DataResource']", message: 'DataResource runs terraform at synth: use StepResource.' },
  ],
});
project.eslint!.config.parserOptions = { ecmaVersion: 2022, sourceType: 'module', project: ['./tsconfig.dev.json'] };
project.eslint!.config.settings['import/resolver'].typescript.project = './tsconfig.dev.json';
project.eslint?.addOverride({ files: ['lib/core/cidr.ts', 'test/core/cidr.test.ts'], rules: { 'no-bitwise': 'off' } }); // address arithmetic
project.eslint?.addOverride({
  files: ['tools/**', 'test/**', 'examples/**', '.projenrc.ts'],
  rules: { 'import/no-extraneous-dependencies': 'off', '@typescript-eslint/no-require-imports': 'off' },
});

project.addTask('lint', {
  description: 'ESLint without fixing, and the types of what jsii does not compile',
  env: { ESLINT_USE_FLAT_CONFIG: 'false', NODE_NO_WARNINGS: '1' },
  steps: [{ exec: 'eslint --max-warnings 0 --ext .ts .projenrc.ts lib test examples' }, { exec: 'tsc --noEmit -p tsconfig.dev.json' }],
});

new JsonFile(project, 'cdktf.json', {
  marker: false,
  obj: {
    language: 'typescript',
    app: `npx ${tsx} \${STRATA_EXAMPLE:-examples/platform-from-bare-metal}/main.ts`,
    projectId: '5d9d21f3-7b0c-4d0e-8a0e-2f2f6f1f7a01',
    sendCrashReports: 'false',
    terraformProviders: [],
    terraformModules: [],
    context: {},
  },
});

project.synth();
