// Which lib may import which: the whole list. `test/architecture` proves that each rule can fail.
const base = process.env.ARCHITECTURE_BASE ?? '';
const allowed = {
  kernel: [],
  ocpp: [],
  'charge-box': ['kernel', 'ocpp'],
  soap: ['ocpp'],
  'event-store': ['kernel'],
  runtime: ['kernel', 'ocpp', 'charge-box'],
  ingress: ['kernel', 'ocpp', 'soap', 'runtime'],
  egress: ['kernel', 'ocpp', 'soap', 'runtime'],
  'read-models': ['kernel', 'ocpp', 'charge-box', 'runtime'],
  history: ['kernel', 'ocpp', 'charge-box', 'event-store', 'runtime', 'read-models'],
  capture: ['kernel', 'ocpp', 'soap'],
  judge: ['kernel', 'ocpp', 'charge-box'],
  feeds: ['kernel', 'charge-box', 'read-models'],
  webhooks: ['kernel', 'charge-box', 'egress', 'feeds'],
  api: ['kernel', 'ocpp', 'charge-box', 'runtime', 'read-models', 'capture', 'feeds', 'webhooks'],
};
const tests = '(\\.(spec|e2e-spec|contract)\\.ts$|/specs/)';

const direction = Object.entries(allowed).map(([lib, imports]) => ({
  name: `${lib}-imports`,
  comment: `libs/${lib} may import ${imports.length === 0 ? 'no other lib' : imports.join(', ')}.`,
  severity: 'error',
  from: { path: `^${base}libs/${lib}/`, pathNot: tests },
  to: { path: `^${base}(libs|apps)/`, pathNot: [lib, ...imports].map((name) => `^${base}libs/${name}/`) },
}));

module.exports = {
  forbidden: [
    ...direction,
    {
      name: 'no-cycles',
      comment: 'Modules that need each other are one module.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'through-the-index',
      comment: 'Another lib is reached only through its index.ts.',
      severity: 'error',
      from: { path: `^${base}(libs/([^/]+)|apps/[^/]+|test|tools|bench)/` },
      to: { path: `^${base}libs/([^/]+)/src/.`, pathNot: [`^${base}libs/[^/]+/src/index\\.ts$`, `^${base}libs/$2/`] },
    },
    {
      name: 'simulator-reads-for-itself',
      comment: 'The simulated charge box must not share the codec: an error would cancel itself out.',
      severity: 'error',
      from: { path: `^${base}apps/charge-box-simulator/` },
      to: { path: `^${base}(libs|apps)/`, pathNot: `^${base}(libs/(ocpp|kernel|testing)|apps/charge-box-simulator)/` },
    },
    {
      name: 'testing-stays-out',
      comment: 'Code that serves charge boxes does not use test support.',
      severity: 'error',
      from: { path: `^${base}(libs/(?!testing/)|apps/central-system/)`, pathNot: tests },
      to: { path: `^${base}libs/testing/` },
    },
    {
      name: 'xml-in-its-place',
      comment: 'XML is quarantined in libs/soap and the simulated charge box.',
      severity: 'error',
      from: {
        path: `^${base}(libs|apps)/`,
        pathNot: [`^${base}libs/soap/`, `^${base}apps/charge-box-simulator/`, tests],
      },
      to: { path: 'node_modules/(saxes|fast-xml-parser)/' },
    },
    {
      name: 'eventstoredb-in-its-place',
      comment: 'The client of EventStoreDB has traps; one folder knows them.',
      severity: 'error',
      from: { path: `^${base}(libs|apps)/`, pathNot: [`^${base}libs/event-store/src/eventstoredb/`, tests] },
      to: { path: 'node_modules/(@eventstore|@grpc)/' },
    },
    {
      name: 'sqlite-in-its-place',
      comment: 'SQLite stays behind files named for it.',
      severity: 'error',
      from: {
        path: `^${base}(libs|apps)/`,
        pathNot: [`^${base}libs/(event-store|read-models|capture)/src/sqlite`, tests],
      },
      to: { path: 'node_modules/better-sqlite3/' },
    },
    {
      name: 'nest-in-its-place',
      comment: 'Nest and its decorators live in runtime, ingress, egress, read-models, api and apps.',
      severity: 'error',
      from: { path: `^${base}libs/(kernel|ocpp|charge-box|soap|event-store|capture|judge|feeds|webhooks|testing)/` },
      to: { path: 'node_modules/@nestjs/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: base === '' ? '^(dist|apps/client/dist|test/architecture/violations)/' : '^dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
