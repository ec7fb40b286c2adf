/** `docs/side-by-side.md` matches the scenarios. `npm run docs` generates it. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { sideBySidePage } from './side-by-side-page.js';

const PAGE = fileURLToPath(new URL('../../docs/side-by-side.md', import.meta.url));

describe('docs/side-by-side.md', () => {
  it('is up to date (npm run docs)', async () => {
    await expect(sideBySidePage()).toMatchFileSnapshot(PAGE);
  });
});
