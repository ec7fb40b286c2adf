/** The compiler's word on test/types/nest-events.ts. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { typeErrors } from '../../support/compiler.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const DIRECTIVE = '// @ts-expect-error -- ';

/** A copy in which the errors are not expected. */
const COPY = 'build/nest-events/errors.ts';

describe('typed events', () => {
  it('make each wrong name, payload and acknowledgement an error, and nothing else', () => {
    const text = readFileSync(`${ROOT}test/types/nest-events.ts`, 'utf8');
    const wrong = text.split('\n').flatMap((line, index) => (line.includes(DIRECTIVE) ? [index + 2] : []));
    expect(wrong.length).toBeGreaterThanOrEqual(15);
    mkdirSync(`${ROOT}build/nest-events`, { recursive: true });
    writeFileSync(`${ROOT}${COPY}`, text.replaceAll('@ts-expect-error', 'an error'));
    expect(new Set(typeErrors([COPY]).map(({ line }) => line))).toEqual(new Set(wrong));
  }, 120_000); // a compiler on a busy machine
});
