/** `SECURITY.md` names the bounds that the code applies, and CI runs on every version of Node that is supported. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ENGINE_DEFAULTS, WS_LIMITS } from '../../lib/engine/engine-options.js';
import { SERVER_DEFAULTS } from '../../lib/server/server-options.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(`${ROOT}${file}`, 'utf8');

/** The numbers among the defaults: all of them are bounds. `docs/limits.md` has those of the option `limits`. */
const BOUNDS = new Map(
  [ENGINE_DEFAULTS, SERVER_DEFAULTS, WS_LIMITS]
    .flatMap((defaults) => Object.entries<unknown>({ ...defaults }))
    .filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
);

/** The rows of the table, with the number and the unit of each. */
const rows = [...read('SECURITY.md').matchAll(/^\| `(\w+)` \| ([\d,]+)(?: (\w+))? \|.*\|$/gm)].map(
  ([, name = '', number = '', unit = '']) => ({ name, value: Number(number.replaceAll(',', '')), unit }),
);

describe('SECURITY.md', () => {
  it('lists every bound once, and nothing else', () => {
    expect(rows.map(({ name }) => name).toSorted()).toEqual([...BOUNDS.keys()].toSorted());
  });

  it.each(rows)('lists the default of $name as the code has it', ({ name, value }) => {
    expect(value).toBe(BOUNDS.get(name));
  });

  it('gives a unit for times, bytes and characters', () => {
    for (const { name, unit } of rows) {
      const expected = /Timeout$|Interval$/.test(name) ? 'ms' : /Bytes$|Size$/.test(name) ? 'bytes' : unit;
      expect(unit, name).toBe(expected);
    }
  });
});

describe('CI', () => {
  const workflow = read('.github/workflows/ci.yml');

  it('starts with the oldest Node that package.json allows', () => {
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    expect(/node: \['([\d.]+)'/.exec(workflow)?.[1]).toBe(/^\^(\d+\.\d+)\.0 /.exec(engines.node)?.[1]);
  });

  it('runs .ci/run, and uses no secret', () => {
    expect(workflow).toContain('- run: bash .ci/run\n');
    expect(workflow).not.toContain('secrets');
  });
});
