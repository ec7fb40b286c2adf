/** `docs/compatibility.md` names every public member of Socket.IO's server, and is right about ours. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { EngineServer } from '../../lib/engine/index.js';
import { Examples } from '../support/examples.js';
import { compatibilityTables, verdictOf } from './compatibility-tables.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DEADLINE = 120_000;

const sections = compatibilityTables();

function table(section: string): Map<string, string> {
  const found = sections.get(section);
  if (found === undefined) throw new Error(`no section "${section}"`);
  return found;
}

class Declarations {
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;

  constructor(files: readonly string[]) {
    const { config } = ts.readConfigFile(`${ROOT}/tsconfig.json`, (path) => ts.sys.readFile(path)) as {
      config: object;
    };
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
    this.#program = ts.createProgram(files, options);
    this.#checker = this.#program.getTypeChecker();
  }

  exportsOf(file: string): ts.Symbol[] {
    const source = this.#program.getSourceFile(file);
    const module = source && this.#checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`${file} exports nothing`);
    return this.#checker.getExportsOfModule(module);
  }

  /** The type of an exported class or interface, or of one of its members. */
  type(file: string, name: string, member?: string): ts.Type {
    const exported = this.exportsOf(file).find((symbol) => symbol.name === name);
    if (exported === undefined) throw new Error(`${file} does not export ${name}`);
    const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
    const type = this.#checker.getDeclaredTypeOfSymbol(isAlias ? this.#checker.getAliasedSymbol(exported) : exported);
    const property = member === undefined ? undefined : type.getProperty(member);
    return property === undefined ? type : this.#checker.getTypeOfSymbol(property);
  }

  /** The names of public members, without those of Node's classes, names with an underscore, and `@internal` ones. */
  members(type: ts.Type): string[] {
    return type
      .getProperties()
      .filter((member) => this.#isPublic(member))
      .map(({ name }) => name)
      .toSorted();
  }

  #isPublic(member: ts.Symbol): boolean {
    const [declaration] = member.declarations ?? [];
    if (declaration === undefined || member.name.startsWith('_')) return false; // also excludes private names
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
    if ((ts.getCombinedModifierFlags(declaration) & hidden) !== 0) return false;
    if (declaration.getSourceFile().fileName.includes('/node_modules/@types/node/')) return false;
    return member.getJsDocTags().every(({ name }) => name !== 'internal');
  }
}

const SOCKET_IO = `${ROOT}/node_modules/socket.io/dist/index.d.ts`;
const CLIENT = `${ROOT}/node_modules/socket.io/dist/client.d.ts`;
const PARENT = `${ROOT}/node_modules/socket.io/dist/parent-namespace.d.ts`;
const NAMESPACE = `${ROOT}/node_modules/socket.io/dist/namespace.d.ts`;
const SOCKET_TYPES = `${ROOT}/node_modules/socket.io/dist/socket-types.d.ts`;
const ENGINE_IO = `${ROOT}/node_modules/engine.io/build/engine.io.d.ts`;
const OURS = `${ROOT}/lib/index.ts`;

/** The tables, each with the class of Socket.IO that it is about, and ours: an export, or a member of one. */
const CLASSES: readonly [
  section: string,
  theirs: [file: string, name: string],
  ours: [name: string, member?: string],
][] = [
  ['Server', [SOCKET_IO, 'Server'], ['Server']],
  ['Namespace', [SOCKET_IO, 'Namespace'], ['Namespace']],
  ['ParentNamespace', [PARENT, 'ParentNamespace'], ['ParentNamespace']],
  ['BroadcastOperator', [SOCKET_IO, 'BroadcastOperator'], ['BroadcastOperator']],
  ['RemoteSocket', [SOCKET_IO, 'RemoteSocket'], ['RemoteSocket']],
  ['Socket', [SOCKET_IO, 'Socket'], ['Socket']],
  ['Client', [CLIENT, 'Client'], ['Socket', 'client']],
  ['Options', [SOCKET_IO, 'ServerOptions'], ['ServerOptions']],
  ['io.engine', [ENGINE_IO, 'Server'], ['Server', 'engine']],
  ['socket.conn', [ENGINE_IO, 'Socket'], ['Socket', 'conn']],
];

const LISTENERS = table('Listeners');

let types: Declarations;

beforeAll(() => {
  types = new Declarations([SOCKET_IO, CLIENT, PARENT, NAMESPACE, SOCKET_TYPES, ENGINE_IO, OURS]);
}, DEADLINE);

describe('the compatibility page', () => {
  it.each([...sections].filter(([, rows]) => rows.size > 0))(
    'says same, different or absent in "%s"',
    (_section, rows) => {
      for (const [member, says] of rows) expect(['same', 'different', 'absent'], member).toContain(verdictOf(says));
    },
  );

  it.each([...sections].filter(([, rows]) => rows.size > 0))('says why in "%s"', (_section, rows) => {
    for (const [member, says] of rows) if (verdictOf(says) !== 'same') expect(says, member).toMatch(/^\w+: .{10,}/);
  });

  it.each(CLASSES)('names every member of %s', (section, [file, name]) => {
    const named = new Set([...table(section).keys(), ...inherited(section)]);
    const missing = types.members(types.type(file, name)).filter((member) => !named.has(member));
    expect(missing).toEqual([]);
  });

  it.each(CLASSES)('names no member of %s that does not exist', (section, [file, name]) => {
    const theirs = new Set(types.members(types.type(file, name)));
    expect([...table(section).keys()].filter((member) => !theirs.has(member) && !member.startsWith('new '))).toEqual(
      [],
    );
  });

  it.each(CLASSES)('is right about ours in %s', (section, _theirs, [name, member]) => {
    const ours = new Set(types.members(types.type(OURS, name, member)));
    const wrong = [...table(section)]
      .filter(([row]) => !row.startsWith('new '))
      .filter(([row, says]) => ours.has(row) === (verdictOf(says) === 'absent'))
      .map(([row]) => row);
    expect(wrong).toEqual([]);
  });

  it('names the methods of an EventEmitter, which our classes have', () => {
    const emitter = new Set(
      types
        .type(SOCKET_IO, 'Server')
        .getProperties()
        .filter(({ declarations }) => declarations?.[0]?.getSourceFile().fileName.includes('/@types/node/'))
        .map(({ name }) => name)
        .filter((name) => !name.startsWith('_')),
    );
    expect([...emitter].filter((name) => !LISTENERS.has(name))).toEqual([]);
    for (const name of ['Server', 'Namespace', 'Socket']) {
      const ours = types.members(types.type(OURS, name));
      expect([...LISTENERS.keys()].filter((method) => !ours.includes(method))).toEqual([]);
    }
  });

  it('names the events', () => {
    const events = [
      ...types.members(types.type(NAMESPACE, 'ServerReservedEventsMap')),
      ...types.members(types.type(SOCKET_TYPES, 'SocketReservedEventsMap')),
    ];
    expect([...table('Events').keys()].toSorted()).toEqual(events.toSorted());
  });

  it('names the exports, which this package has as well', () => {
    const exported = types.exportsOf(SOCKET_IO).map(({ name }) => name);
    expect([...table('Exports').keys()].toSorted()).toEqual(exported.toSorted());
    const ours = new Set(types.exportsOf(OURS).map(({ name }) => name));
    expect(exported.filter((name) => !ours.has(name))).toEqual([]);
  });

  it('has an example of an engine without Socket.IO, which runs', async () => {
    const examples = new Examples('docs/compatibility.md');
    examples.compile(0);
    const { http, engine } = (await import(`${examples.folder}/engine.js`)) as {
      http: HttpServer;
      engine: EngineServer;
    };
    if (!http.listening) await once(http, 'listening');
    const { port } = http.address() as AddressInfo;
    const ws = new WebSocket(`ws://127.0.0.1:${port}/engine.io/?EIO=4&transport=websocket`);
    await once(ws, 'message');
    ws.send('4hello');
    const [answer] = (await once(ws, 'message')) as [Buffer];
    expect(answer.toString()).toBe('4You said hello');
    await engine.close();
    http.close();
  });

  it('is linked from the README', () => {
    expect(readFileSync(`${ROOT}/README.md`, 'utf8')).toContain('/compatibility.html)');
  });
});

/** Members of a section that another table has. */
function inherited(section: string): Iterable<string> {
  return section === 'ParentNamespace' ? [...LISTENERS.keys(), ...table('Namespace').keys()] : LISTENERS.keys();
}
