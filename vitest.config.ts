import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { SlowSpecsFirst } from './test/slow-specs-first.js';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Specs that need a process of their own. */
const ISOLATED = [
  'test/bench/hot-path.spec.ts', // counts what happens in its process
  'test/docs/auth-and-sessions.spec.ts', // configures passport, which is global to a process
  'test/integration/handshake-middlewares.spec.ts', // so does this one
];

export default defineConfig({
  resolve: {
    alias: [
      { find: /^nest-socketio$/, replacement: file('lib/index.ts') },
      { find: /^nest-socketio\/testing$/, replacement: file('lib/testing/index.ts') },
      { find: /^nest-socketio\/terminus$/, replacement: file('lib/terminus/index.ts') },
    ],
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'shared',
          include: ['test/**/*.spec.ts'],
          exclude: [...configDefaults.exclude, ...ISOLATED],
          isolate: false,
          setupFiles: ['test/fresh-modules.ts'],
        },
      },
      { extends: true, test: { name: 'isolated', include: ISOLATED } },
    ],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    unstubEnvs: true,
    // Specs often wait for servers, brokers and browsers: three at a time keep two cores busy.
    maxWorkers: 3,
    sequence: { sequencer: SlowSpecsFirst },
    coverage: {
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
