/** docs/traces.md against the code. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const TRACING = new URL('../../lib/server/telemetry/tracing/', import.meta.url);

it('lists each attribute of a span', () => {
  const page = readFileSync(new URL('../../docs/traces.md', import.meta.url), 'utf8');
  const section = page.slice(page.indexOf('## Attributes'));
  const listed = [...section.matchAll(/^\| `([\w.]+)` \|/gm)].map(([, name]) => name);
  const code = readdirSync(TRACING)
    .map((file) => readFileSync(new URL(file, TRACING), 'utf8'))
    .join('\n');
  const written = [...code.matchAll(/'((?:messaging|socketio|code)\.[\w.]+)'/g)].map(([, name]) => name);
  expect(new Set(listed)).toEqual(new Set(written));
});
