/** `docs/from-flask-socketio.md` has a line for each feature of Flask-SocketIO, and each test that a line names exists. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(`${ROOT}/docs/from-flask-socketio.md`, 'utf8');

/** The ids `A1` to `A15`, for example. */
const numbered = (prefix: string, last: number): string[] =>
  Array.from({ length: last }, (_, index) => `${prefix}${index + 1}`);

/** The features of Flask-SocketIO, python-socketio and python-engineio, by section of the page. */
const FEATURES: Readonly<Record<string, readonly string[]>> = {
  'The object': numbered('A', 15),
  Options: [
    'serializer',
    'json',
    'async_handlers',
    'always_connect',
    'namespaces',
    'async_mode',
    'ping_interval',
    'ping_timeout',
    'max_http_buffer_size',
    'transports',
    'allow_upgrades',
    'http_compression, compression_threshold',
    'cookie',
    'cors_allowed_origins, cors_credentials',
    'monitor_clients',
    'client_manager',
  ],
  Handlers: numbered('H', 17),
  Connecting: numbered('C', 13),
  Disconnecting: numbered('D', 7),
  Sending: numbered('E', 15),
  Rooms: numbered('R', 8),
  'Context and sessions': numbered('S', 8),
  Errors: numbered('X', 4),
  'Class namespaces': numbered('N', 3),
  'The Engine.IO server': numbered('G', 8),
  Origins: ['unset', "`'*'`", 'string, list', 'callable', '`[]`'],
  'Several processes': numbered('Q', 8),
  'The test client': numbered('T', 8),
  'The admin UI': ['arguments', 'login', 'to admin', 'from admin', 'server_stats', 'socket record'],
  Packets: numbered('K', 7),
  'Ten traps of a port': numbered('trap ', 10),
};

/** Where there is nothing to test: long polling, and what belongs to Python or to Nest. */
const WITHOUT_TEST = ['A10', 'A12', 'A13', 'async_mode', 'allow_upgrades', 'G8'];

interface Line {
  readonly id: string;
  readonly here: string;
  readonly proof: string;
}

function linesOf(section: string): Line[] {
  const begin = page.indexOf(`\n### ${section}\n`);
  const body = page.slice(begin + 5).split(/\n##/, 1)[0] as string;
  return [...body.matchAll(/^\| (.+?) \| .+? \| (.+?) \| (.+?) \|$/gm)]
    .map(([, id = '', here = '', proof = '']) => ({ id, here, proof }))
    .filter(({ id }) => id !== 'Id' && !id.startsWith('---'));
}

const lines = Object.keys(FEATURES).flatMap(linesOf);

/** What is wrong with the test that a line names. */
function faultOf({ id, proof }: Line): string | null {
  if (WITHOUT_TEST.includes(id)) return proof === '—' ? null : `${id} has a test now`;
  const [, file, title = ''] = /^`([\w./-]+)` (.+)$/.exec(proof) ?? [];
  const path = `${ROOT}/test/${file}.spec.ts`;
  if (file === undefined || !existsSync(path)) return `${id}: no file for ${proof}`;
  return titlesOf(path).has(title) ? null : `${id}: no test "${title}" in ${path}`;
}

/** The first argument of every call of `it` and `it.each(...)`, which stands at its end: `it('...', ` or `])('...', `. */
function titlesOf(path: string): Set<string> {
  const source = readFileSync(path, 'utf8');
  const titles = [...source.matchAll(/(?:\bit|\))\(\s*(?:'((?:\\.|[^'\\\n])+)'|"((?:\\.|[^"\\\n])+)"|`([^`\n]+)`),/g)];
  return new Set(titles.map(([, single, double, template]) => single ?? double ?? (template as string)));
}

describe('from-flask-socketio.md', () => {
  it.each(Object.entries(FEATURES))('has a line for each feature of "%s", and no other', (section, ids) => {
    expect(linesOf(section).map(({ id }) => id)).toEqual(ids);
  });

  it('has nothing left to fill in', () => {
    expect(lines.filter(({ here, proof }) => /PENDING/.test(here + proof)).map(({ id }) => id)).toEqual([]);
  });

  it('names tests that exist', () => {
    const faults = lines.filter(({ proof }) => !proof.includes('PENDING')).map(faultOf);
    expect(faults.filter((fault) => fault !== null)).toEqual([]);
  });

  it('says why where there is no test', () => {
    for (const { id, here } of lines) if (WITHOUT_TEST.includes(id)) expect(here.length, id).toBeGreaterThan(20);
  });

  it('finds titles, and nothing that is none', () => {
    const own = titlesOf(fileURLToPath(import.meta.url));
    expect(own.has('names tests that exist')).toBe(true);
    expect(own.has('has a line for each feature of "%s", and no other')).toBe(true);
    expect(own.has('from-flask-socketio.md')).toBe(false);
  });
});
