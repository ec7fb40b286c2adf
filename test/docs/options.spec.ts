/** `docs/options.md` lists every option with its default in the code. The options are read from their interfaces. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { DRAIN_DEFAULTS } from '../../lib/engine/connection/connections.js';
import { RATE_DEFAULTS } from '../../lib/engine/connection/rate.js';
import { ENGINE_DEFAULTS } from '../../lib/engine/engine-options.js';
import { ADMIN_DEFAULTS } from '../../lib/nest/admin/admin-options.js';
import { splitOptions } from '../../lib/nest/module-options.js';
import { HISTORY_DEFAULTS } from '../../lib/server/history/history-options.js';
import { RECOVERY_DEFAULTS } from '../../lib/server/recovery/recovery-options.js';
import { PRESENCE_DEFAULTS } from '../../lib/server/presence/presence-options.js';
import { STREAMS_DEFAULTS } from '../../lib/server/streams/stream-options.js';
import { JOURNAL_DEFAULTS } from '../../lib/server/telemetry/telemetry-options.js';
import { SERVER_DEFAULTS, SERVER_OPTION_NAMES } from '../../lib/server/server-options.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The interfaces of options. `within` is the option that has the interface as its value. */
const INTERFACES: readonly (readonly [file: string, name: string, within?: string])[] = [
  ['engine/engine-options.ts', 'EngineOptions'],
  ['engine/engine-options.ts', 'ObsoleteOptions'],
  ['server/server-options.ts', 'ServerOptions'],
  ['nest/module-options.ts', 'SocketIoModuleOptions'],
  ['nest/module-options.ts', 'SocketIoModuleExtras'],
  ['nest/admin/admin-options.ts', 'AdminOptions', 'admin'],
  ['engine/handshake/cookie.ts', 'CookieOptions', 'cookie'],
  ['engine/connection/connections.ts', 'DrainOptions', 'drain'],
  ['engine/engine-options.ts', 'PerMessageDeflateOptions', 'perMessageDeflate'],
  ['server/recovery/recovery-options.ts', 'RecoveryOptions', 'connectionStateRecovery'],
  ['server/presence/presence-options.ts', 'PresenceOptions', 'presence'],
  ['server/history/history-options.ts', 'HistoryOptions', 'history.namespace'],
  ['engine/connection/rate.ts', 'RateLimitOptions', 'rateLimit'],
  ['server/streams/stream-options.ts', 'StreamsOptions', 'streams'],
  ['server/telemetry/telemetry-options.ts', 'TelemetryOptions', 'telemetry'],
  ['server/telemetry/telemetry-options.ts', 'JournalOptions', 'telemetry.journal'],
];

/** Options that are not members of our interfaces, or that share one docstring. Values are defaults. */
const OTHERS: Readonly<Record<string, string>> = {
  'cors.origin': 'none',
  'globals.guards': 'true',
  'globals.interceptors': 'true',
  'globals.pipes': 'true',
  'globals.filters': 'true',
};

/** The defaults as the code applies them. */
const CONSTANTS: readonly (readonly [defaults: object, within?: string])[] = [
  [ENGINE_DEFAULTS],
  [{ ...SERVER_DEFAULTS, drain: DRAIN_DEFAULTS }],
  [{ path: ADMIN_DEFAULTS.path, payloads: ADMIN_DEFAULTS.payloads, readOnly: ADMIN_DEFAULTS.readOnly }, 'admin'],
  [{ errors: splitOptions({}).errors, session: splitOptions({}).session }],
  [{ httpShutdownTimeout: splitOptions({}).httpShutdownTimeout }],
  [DRAIN_DEFAULTS, 'drain'],
  [RECOVERY_DEFAULTS, 'connectionStateRecovery'],
  [PRESENCE_DEFAULTS, 'presence'],
  [STREAMS_DEFAULTS, 'streams'],
  [HISTORY_DEFAULTS, 'history.namespace'],
  [RATE_DEFAULTS, 'rateLimit'],
  [JOURNAL_DEFAULTS, 'telemetry.journal'],
];

const nameWithin = (name: string, within?: string): string => (within === undefined ? name : `${within}.${name}`);

/** Names of options, with the `@default` of their docstrings. */
const declared = new Map(
  INTERFACES.flatMap(([file, name, within]) =>
    membersOf(file, name).map(
      (member) => [nameWithin(member.name?.getText() ?? '', within), defaultOf(member)] as const,
    ),
  ),
);

function membersOf(file: string, name: string): ts.TypeElement[] {
  const text = readFileSync(`${ROOT}/lib/${file}`, 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = source.statements.find(
    (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === name,
  ) as ts.InterfaceDeclaration | undefined;
  if (found === undefined) throw new Error(`lib/${file} has no interface ${name}`);
  return found.members.filter((member) => member.name !== undefined);
}

function defaultOf(member: ts.Node): string {
  const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'default');
  return tag === undefined ? 'none' : (ts.getTextOfJSDocComment(tag.comment) ?? '').trim();
}

/** Names of options, with the next cell of their row. */
const page = readFileSync(`${ROOT}/docs/options.md`, 'utf8');
const rows = [...page.matchAll(/^\| `(\S+)` \| (.*?) \| (?:(.*?) )?\| (?:(.*?) )?\|$/gm)];
const listed = new Map(rows.map(([, name = '', text = '']) => [name, text.replace(/^`(.*)`$/, '$1')]));

describe('docs/options.md', () => {
  it('lists every option once, and no others', () => {
    expect(rows).toHaveLength(listed.size);
    expect([...listed.keys()].toSorted()).toEqual([...declared.keys(), ...Object.keys(OTHERS)].toSorted());
  });

  it('lists the names that the server knows', () => {
    expect(SERVER_OPTION_NAMES.filter((name) => !listed.has(name))).toEqual([]);
  });

  it('lists the defaults in the docstrings', () => {
    expect(Object.fromEntries(listed)).toEqual({ ...Object.fromEntries(declared), ...OTHERS });
  });

  const constants = CONSTANTS.flatMap(([defaults, within]) =>
    Object.entries(defaults).map(([name, value]) => [nameWithin(name, within), value] as const),
  );

  it.each(constants)('lists the default of %s as it is applied', (name, value) => {
    const listedValue: unknown = JSON.parse(JSON.stringify(runInNewContext(`(${listed.get(name)})`)));
    expect(listedValue).toEqual(value);
  });

  it('gives a unit for every number', () => {
    const units = new Map(rows.map(([, name = '', , unit = '']) => [name, unit]));
    for (const [name, value] of constants) if (typeof value === 'number') expect(units.get(name), name).not.toBe('');
  });
});
