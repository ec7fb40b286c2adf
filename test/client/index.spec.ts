/** The size of `nest-socketio/client` in a page. */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown'; // the bundler of vitest
import { expect, it } from 'vitest';

it('has less than 2,000 bytes as a minified bundle without imports, and about half of them compressed', async () => {
  const bundle = await rolldown({ input: fileURLToPath(new URL('../../lib/client/index.ts', import.meta.url)) });
  const { output } = await bundle.generate({ format: 'es', minify: true });
  await bundle.close();
  expect(output).toHaveLength(1);
  expect(output[0].imports).toEqual([]);
  expect(output[0].code).toContain('stream_resume');
  expect(output[0].code.length).toBeLessThan(2_000);
  expect(gzipSync(output[0].code).length).toBeLessThan(1_100);
});
