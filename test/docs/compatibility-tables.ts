/** Reads the tables of `docs/compatibility.md`. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../../docs/compatibility.md', import.meta.url));

export type Verdict = 'same' | 'different' | 'absent';

/** Returns the sections of the page; for each, its table as a map from member to the sentence about it. */
export function compatibilityTables(): Map<string, Map<string, string>> {
  return new Map(
    readFileSync(PAGE, 'utf8')
      .split(/^## /m)
      .slice(1)
      .map((section) => {
        const rows = [...section.matchAll(/^\| (`.*?) \| (.*?) \|$/gm)];
        const members = rows.flatMap(([, names = '', says = '']) =>
          [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => [name, says] as [string, string]),
        );
        return [section.slice(0, section.indexOf('\n')), new Map(members)];
      }),
  );
}

export const verdictOf = (says: string): Verdict => /^\w+/.exec(says)?.[0] as Verdict;
