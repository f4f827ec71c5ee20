// The layers of the code, as rules. `npm run check:layers` fails on an import that breaks one;
// test/layers.test.ts shows for each rule that it does.
//
//   cli -> server -> policy
//   in the server: serve -> wire -> operations -> pipeline -> identity, kms, keypairs, jobs
//                  -> store, audit, crypto -> base
//
// An `import type` may point up: it is gone at run time, and contracts need it.

const server = '^packages/server/src/'
/** Tests and what only they use may look anywhere inside their package. */
const tests = '(\\.test\\.ts|/testing/.*|/test/.*)$'
const runTime = { dependencyTypesNot: ['type-only'] }

/** Folders by height. A domain imports folders below its own line. */
const floors = [
  ['base'],
  ['crypto', 'store', 'audit'],
  ['identity', 'kms', 'keypairs', 'secrets', 'jobs'],
  ['pipeline'],
  ['operations'],
  ['wire'],
  ['serve'],
]
/** Imports between folders of one floor that the design allows. */
const neighbours = {
  keypairs: ['kms'],
  secrets: ['kms', 'keypairs', 'jobs'],
  audit: ['store', 'crypto'],
  store: ['crypto'],
}

const upward = floors.slice(0, -1).flatMap((folders, floor) =>
  folders.map((folder) => {
    const beside = folders.filter((other) => other !== folder && !neighbours[folder]?.includes(other))
    const above = floors.slice(floor + 1).flat()
    return {
      name: `${folder}-points-down`,
      comment: `${folder} imports only what lies below it${neighbours[folder] ? ` and ${neighbours[folder].join(', ')}` : ''}`,
      severity: 'error',
      from: { path: `${server}${folder}/`, pathNot: tests },
      to: { path: `${server}(${[...beside, ...above].join('|')})/`, ...runTime },
    }
  }),
)

/** Packages of the service's edge: no folder below may know that there is HTTP, or a log. */
const edge = ['fastify', 'pino', 'node:http', 'node:https', 'http', 'https']

export default {
  forbidden: [
    ...upward,
    {
      name: 'policy-is-pure',
      comment: 'packages/policy runs in a browser: no Node module, and only packages that run there too',
      severity: 'error',
      from: { path: '^packages/policy/src/', pathNot: tests },
      to: { path: '.', pathNot: ['^packages/policy/src/', '^node_modules/(ipaddr\\.js|jsonc-parser)/'] },
    },
    {
      name: 'server-knows-no-command',
      comment: 'the server does not import the command line',
      severity: 'error',
      from: { path: '^packages/server/' },
      to: { path: '^packages/cli/' },
    },
    {
      name: 'policy-by-its-front-door',
      comment: 'other packages use what packages/policy exports, not its insides',
      severity: 'error',
      from: { path: '^packages/(server|cli)/', pathNot: tests },
      to: { path: '^packages/policy/src/', pathNot: '^packages/policy/src/index\\.ts$' },
    },
    {
      name: 'server-by-its-front-doors',
      comment: 'the command line uses what packages/server exports, not its insides',
      severity: 'error',
      from: { path: '^packages/cli/', pathNot: tests },
      to: {
        path: '^packages/server/src/',
        pathNot: '^packages/server/src/(index|settings|client|offline)\\.ts$',
      },
    },
    {
      name: 'domain-knows-no-wire',
      comment: 'HTTP and logging stay at the edge: wire and serve',
      severity: 'error',
      from: {
        path: `${server}(base|crypto|store|audit|identity|kms|keypairs|secrets|jobs|pipeline|operations)/`,
        pathNot: tests,
      },
      to: { path: `^(node_modules/)?(${edge.join('|')})(/|$)`, ...runTime },
    },
    {
      name: 'product-needs-no-test',
      comment: 'what is served does not import tests or their helpers',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: tests },
      to: { path: tests },
    },
    {
      name: 'no-cycle',
      comment: 'two files that need each other at run time are one file, or three',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: runTime },
    },
    {
      name: 'everything-resolves',
      comment: 'an import that leads nowhere',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared',
      comment: 'a package that is imported stands in the package.json of the importer or of the workspace',
      severity: 'error',
      from: { path: '^packages/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|cases)/' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    skipAnalysisNotInRules: false,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
