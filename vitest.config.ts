import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^nest-socketio$/, replacement: file('lib/index.ts') },
      { find: /^nest-socketio\/testing$/, replacement: file('lib/testing/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.spec.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // The suites open sockets and browsers: two at a time is what two cores carry.
    maxWorkers: 2,
    coverage: {
      include: ['lib/**/*.ts'],
      exclude: ['lib/**/index.ts'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: {
        'lib/{protocol,engine,server}/**': { statements: 95, branches: 95 },
        'lib/**': { statements: 90, branches: 85 },
      },
    },
  },
});
