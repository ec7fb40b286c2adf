/** `docs/limits.md` matches the code. `npm run docs` generates it. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { limitsPage } from './limits-page.js';

const PAGE = fileURLToPath(new URL('../../docs/limits.md', import.meta.url));

describe('docs/limits.md', () => {
  it('is up to date (npm run docs)', async () => {
    await expect(limitsPage()).toMatchFileSnapshot(PAGE);
  });
});
