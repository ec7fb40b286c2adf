/** The version of this package, which nodes of a cluster tell each other. */
import { readFileSync } from 'node:fs';

let version: string | undefined;

export function ownVersion(): string {
  return (version ??= read());
}

/** @returns `unknown` if the package is bundled into another file */
function read(): string {
  try {
    const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    return (JSON.parse(text) as { version: string }).version;
  } catch {
    return 'unknown';
  }
}
