/** `docs/errors.md` matches the code. `npm run docs` generates it. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { errorsPage } from './errors-page.js';

const PAGE = fileURLToPath(new URL('../../docs/errors.md', import.meta.url));

describe('docs/errors.md', () => {
  it('is up to date (npm run docs)', async () => {
    await expect(errorsPage()).toMatchFileSnapshot(PAGE);
  });
});
