import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { COUNTS_COVERAGE } from './test/coverage.js';
import { SlowSpecsFirst } from './test/slow-specs-first.js';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Specs that need a process of their own. */
const ISOLATED = [
  'test/bench/hot-path.spec.ts', // counts what happens in its process
  'test/docs/auth-and-sessions.spec.ts', // configures passport, which is global to a process
  'test/integration/handshake-middlewares.spec.ts', // so does this one
];

/** Specs that run complete applications, documents or tools. Coverage counts in all others, which mirror `lib/`. */
const APPLICATIONS = [
  'test/{bench,compatibility,docs,fuzz,migration,nemesis,sample,soak,types}/**/*.spec.ts',
  'test/integration/*.spec.ts',
  'test/integration/!(bad-input)/**/*.spec.ts', // bad input is often tested there only
];

/** The specs of these projects share processes: see `test/fresh-modules.ts`. */
const SHARED = { isolate: false, setupFiles: ['test/fresh-modules.ts'] };

export default defineConfig({
  resolve: {
    alias: [
      { find: /^nest-socketio$/, replacement: file('lib/index.ts') },
      { find: /^nest-socketio\/testing$/, replacement: file('lib/testing/index.ts') },
      { find: /^nest-socketio\/terminus$/, replacement: file('lib/terminus/index.ts') },
      { find: /^nest-socketio\/prometheus$/, replacement: file('lib/prometheus/index.ts') },
      { find: /^nest-socketio\/client$/, replacement: file('lib/client/index.ts') },
    ],
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          ...SHARED,
          name: 'units',
          include: ['test/**/*.spec.ts'],
          exclude: [...configDefaults.exclude, ...APPLICATIONS],
          env: { [COUNTS_COVERAGE]: 'yes' },
        },
      },
      {
        extends: true,
        test: {
          ...SHARED,
          name: 'applications',
          include: APPLICATIONS,
          exclude: [...configDefaults.exclude, ...ISOLATED],
        },
      },
      { extends: true, test: { name: 'isolated', include: ISOLATED } },
    ],
    testTimeout: 60_000, // ms, on a machine that may be busy
    hookTimeout: 60_000,
    unstubEnvs: true,
    // Specs often wait for servers, brokers and browsers: three at a time keep two cores busy.
    maxWorkers: 3,
    sequence: { sequencer: SlowSpecsFirst },
    coverage: {
      provider: 'custom',
      customProviderModule: file('test/coverage.ts'),
      include: ['lib/**/*.ts'],
      exclude: ['lib/**/{index,internal}.ts', 'lib/nest/admin/page/**'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: {
        'lib/{protocol,engine,server}/**': { statements: 95, branches: 95 },
        'lib/**': { statements: 90, branches: 85 },
      },
    },
  },
});
