/** Programs that tests start run from `dist`, which `npm run check` builds before the tests. */
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** @throws if `dist` is older than `lib/` */
export function requireBuild(): void {
  const built = statSync(`${ROOT}dist/index.js`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const newer = readdirSync(`${ROOT}lib`, { recursive: true, encoding: 'utf8' }).find(
    (file) => file.endsWith('.ts') && statSync(`${ROOT}lib/${file}`).mtimeMs > built,
  );
  if (newer !== undefined) throw new Error(`dist is older than lib/${newer}: npm run build`);
}
