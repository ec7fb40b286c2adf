/** Runs a TypeScript file of the tests in a separate process: `node run.mjs file.ts`. */
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const library = fileURLToPath(new URL('../../lib/index.ts', import.meta.url));

await runnerImport(fileURLToPath(new URL(process.argv[2], import.meta.url)), {
  configFile: false,
  logLevel: 'error',
  resolve: { alias: [{ find: /^nest-socketio$/, replacement: library }] },
});
