/** The shape of the repository: which layer may import which, which files may import each other in a circle, and what no file may contain. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { isRequired } from './support/programs.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Each layer imports only from the layers to its left. */
const LAYERS = [
  'errors',
  'options',
  'protocol',
  'engine',
  'server',
  'cluster',
  'nest',
  'testing',
  'terminus',
  'prometheus',
];

/** The command line is not a layer: no layer imports it, and of the package it imports only the errors. */
const PROGRAM = 'cli';

/** The schematics are no layer either. They read and edit sources with the parts of the command line that do so. */
const SCHEMATICS = 'schematics';
const SHARED_WITH_SCHEMATICS = /^cli\/(?:load-typescript\.ts|project\/project\.ts|source\/[\w-]+\.ts)$/;

/** The part for clients, which browsers load file by file, is no layer and imports nothing else. */
const CLIENT = 'client';

/** Packages that only some layers may import. All layers may import any other package. */
const OUTSIDERS: readonly (readonly [name: string, pattern: RegExp, layers: readonly string[]])[] = [
  [
    'modules of Node',
    /^node:/,
    ['engine', 'server', 'cluster', 'nest', 'testing', 'terminus', 'prometheus', PROGRAM, SCHEMATICS],
  ],
  ['Nest', /^@nestjs\//, ['nest', 'testing', 'terminus', 'prometheus']],
  ['rxjs', /^rxjs(\/|$)/, ['nest', 'testing', 'terminus']],
  ['ws', /^ws(\/|$)/, ['engine', 'testing']],
];

/** `protocol` for `protocol/packet.ts`, `errors` for `errors.ts`, `index` for the package's own `index.ts`. */
function layerOf(file: string): string {
  return file.split(/[/.]/, 1)[0] as string;
}

/** The position of a layer. The package's `index.ts`, and anything that is not a layer, comes after all layers. */
function rankOf(layer: string): number {
  return LAYERS.includes(layer) ? LAYERS.indexOf(layer) : LAYERS.length;
}

/** Every module that a file imports or exports from, including types and `import()`. */
function importsOf(code: string): string[] {
  return ts.preProcessFile(code, true, true).importedFiles.map(({ fileName }) => fileName);
}

/**
 * Returns the reason why an import is not allowed, or `null`.
 * @param file relative to `lib/`
 */
function judge(file: string, specifier: string): string | null {
  const layer = layerOf(file);
  if (layer === CLIENT && !specifier.startsWith('./')) return `${layer} must not import ${specifier}`;
  if (!specifier.startsWith('.')) {
    const outsider = OUTSIDERS.find(([, pattern]) => pattern.test(specifier));
    return outsider === undefined || outsider[2].includes(layer) ? null : `${layer} must not import ${outsider[0]}`;
  }
  const target = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
  const other = layerOf(target);
  if (other === layer) return null;
  if (layer === SCHEMATICS && SHARED_WITH_SCHEMATICS.test(target)) return null;
  if (layer === SCHEMATICS) return `${layer} must not import ${other}`;
  if (layer === PROGRAM) return target === 'errors.ts' ? null : `${layer} must not import ${other}`;
  if (other === PROGRAM || other === CLIENT || rankOf(other) >= rankOf(layer))
    return `${layer} must not import ${other}`;
  const door = layer === 'index' ? 'index.ts' : 'internal.ts'; // for users, and for other layers
  return target === `${other}.ts` || target === `${other}/${door}`
    ? null
    : `${layer} may import ${other} through its ${door} only`;
}

function violations(file: string, code: string): string[] {
  return importsOf(code).flatMap((specifier) => {
    const fault = judge(file, specifier);
    return fault === null ? [] : [`${file} imports ${specifier}: ${fault}`];
  });
}

const sources = readdirSync(`${ROOT}/lib`, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replaceAll('\\', '/'));

describe('the layers of lib/', () => {
  it('hold every file except index.ts, the command line, the schematics and the part for clients', () => {
    expect(sources).toContain('server/socket/socket.ts');
    const others = sources.filter((file) => ![...LAYERS, PROGRAM, SCHEMATICS, CLIENT].includes(layerOf(file)));
    expect(others).toEqual(['index.ts']);
  });

  it.each(sources)('let %s import only from the layers to its left', (file) => {
    expect(violations(file, readFileSync(`${ROOT}/lib/${file}`, 'utf8'))).toEqual([]);
  });

  it.each([
    ['protocol/packet.ts', "import { EventEmitter } from 'node:events'", 'protocol must not import modules of Node'],
    ['protocol/packet.ts', "import { Connection } from '../engine/internal.js'", 'protocol must not import engine'],
    ['errors.ts', "export * from './protocol/index.js'", 'errors must not import protocol'],
    ['engine/connection.ts', "import type { Socket } from '../server/internal.js'", 'engine must not import server'],
    [
      'engine/connection.ts',
      "type P = import('../protocol/packet.js').Packet",
      'engine may import protocol through its internal.ts only',
    ],
    ['server/socket/socket.ts', "import { WebSocket } from 'ws'", 'server must not import ws'],
    ['server/socket/socket.ts', "const common = await import('@nestjs/common')", 'server must not import Nest'],
    ['server/socket/socket.ts', "export { of } from 'rxjs/operators'", 'server must not import rxjs'],
    ['server/server.ts', "import '../index.js'", 'server must not import index'],
    ['server/server.ts', "import '../elsewhere/index.js'", 'server must not import elsewhere'],
    ['nest/decorators/event.decorator.ts', "import '../../testing/index.js'", 'nest must not import testing'],
    [
      'nest/broadcaster.ts',
      "import { Outbox } from '../engine/outbox.js'",
      'nest may import engine through its internal.ts only',
    ],
    ['index.ts', "export { Socket } from './server/socket.js'", 'index may import server through its index.ts only'],
    ['index.ts', "import 'rxjs'", 'index must not import rxjs'],
    ['index.ts', "export * from './cli/run.js'", 'index must not import cli'],
    ['testing/test-client.ts', "import '../cli/run.js'", 'testing must not import cli'],
    ['cli/run.ts', "import { Server } from '../server/internal.js'", 'cli must not import server'],
    ['nest/call.ts', "import '../schematics/tree.js'", 'nest must not import schematics'],
    ['schematics/tree.ts', "import '../cli/run.js'", 'schematics must not import cli'],
    ['schematics/tree.ts', "import '../cli/project/read-project.js'", 'schematics must not import cli'],
    ['schematics/tree.ts', "import '../errors.js'", 'schematics must not import errors'],
    ['client/stream.ts', "import { io } from 'socket.io-client'", 'client must not import socket.io-client'],
    ['client/stream.ts', "import type { Ack } from '../errors.js'", 'client must not import ../errors.js'],
    ['index.ts', "export * from './client/index.js'", 'index must not import client'],
  ])('reports, in %s: %s', (file, code, fault) => {
    expect(violations(file, code)).toEqual([expect.stringMatching(new RegExp(`: ${fault}$`))]);
  });

  it.each([
    ['protocol/packet.ts', "import { SocketIoError } from '../errors.js'"],
    ['engine/connection.ts', "import { WebSocket } from 'ws'"],
    ['server/socket/socket.ts', "import { createServer } from 'node:http'"],
    ['nest/decorators/event.decorator.ts', "import { messages } from '../messages.js'"],
    ['testing/client.ts', "import { Server } from '../server/internal.js'"],
    ['index.ts', "export { Socket } from './server/index.js'"],
    ['cli/run.ts', "import { didYouMean } from '../errors.js'"],
    ['schematics/gateway.ts', "import { loadTypeScript } from '../cli/load-typescript.js'"],
    ['schematics/gateway.ts', "import { Source } from '../cli/source/source.js'"],
  ])('allows, in %s: %s', (file, code) => {
    expect(importsOf(code)).toHaveLength(1);
    expect(violations(file, code)).toEqual([]);
  });

  it.each(readdirSync(`${ROOT}/lib`, { withFileTypes: true }).filter((entry) => entry.isDirectory()))(
    'has a README of at most 40 lines for $name',
    ({ name }) => {
      const lines = readFileSync(`${ROOT}/lib/${name}/README.md`, 'utf8').trimEnd().split('\n');
      expect(lines.length).toBeLessThanOrEqual(40);
    },
  );
});

/** The object graph of Socket.IO (`nsp.server`, `socket.nsp`, `socket.client`): the only files that import each other in a circle. */
const OBJECT_GRAPH = [
  'server/namespace/admission.ts',
  'server/namespace/namespace.ts',
  'server/namespace/namespaces.ts',
  'server/namespace/parent-namespace.ts',
  'server/server.ts',
  'server/socket/client.ts',
  'server/socket/socket-face.ts',
  'server/socket/socket.ts',
];

/** Files by the files that they import, relative to `lib/`, types included. */
type ImportGraph = ReadonlyMap<string, readonly string[]>;

function importGraph(files: readonly string[], read: (file: string) => string): ImportGraph {
  return new Map(
    files.map((file) => [
      file,
      importsOf(read(file))
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => posix.join(posix.dirname(file), specifier).replace(/\.js$/, ''))
        .map((name) => (files.includes(`${name}.d.ts`) ? `${name}.d.ts` : `${name}.ts`)),
    ]),
  );
}

/** The groups of files that import each other in a circle: strongly connected components, by Tarjan's algorithm. */
function cycles(graph: ImportGraph): string[][] {
  const found: string[][] = [];
  const order = new Map<string, number>();
  const path: string[] = [];
  const visit = (file: string): number => {
    let low = order.size;
    order.set(file, low);
    path.push(file);
    const own = low;
    for (const next of graph.get(file) ?? []) {
      if (!order.has(next)) low = Math.min(low, visit(next));
      else if (path.includes(next)) low = Math.min(low, order.get(next) as number);
    }
    if (low === own) {
      const group = path.splice(path.indexOf(file));
      if (group.length > 1 || graph.get(file)?.includes(file) === true) found.push(group.toSorted());
    }
    return low;
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return found;
}

describe('the imports of lib/', () => {
  const graph = importGraph(sources, (file) => readFileSync(`${ROOT}/lib/${file}`, 'utf8'));

  it("form no circle except Socket.IO's object graph, types included", () => {
    expect([...graph.values()].flat().filter((file) => !sources.includes(file))).toEqual([]);
    expect(cycles(graph)).toEqual([OBJECT_GRAPH]);
  });

  it.each<[string, Record<string, string>, string[][]]>([
    ['none', { 'a.ts': "import './b.js'", 'b.ts': "import './c.js'", 'c.ts': '' }, []],
    [
      'a circle of types',
      { 'x/a.ts': "import type { B } from '../y/b.js'", 'y/b.ts': "type A = import('../x/a.js').A" },
      [['x/a.ts', 'y/b.ts']],
    ],
    ['a file that imports itself', { 'a.ts': "export * from './a.js'" }, [['a.ts']]],
    [
      'two circles that share a file as one',
      { 'a.ts': "import './b.js'", 'b.ts': "import './a.js'; import './c.js'", 'c.ts': "import './b.js'" },
      [['a.ts', 'b.ts', 'c.ts']],
    ],
  ])('would show %s', (_what, files, expected) => {
    expect(cycles(importGraph(Object.keys(files), (file) => files[file] as string))).toEqual(expected);
  });
});

describe('the folders of lib/', () => {
  const folders = sources.map((file) => posix.dirname(file));

  it.each([...new Set(folders)])('keep %s to 20 files', (folder) => {
    expect(folders.filter((other) => other === folder).length).toBeLessThanOrEqual(20);
  });
});

/** Hosts of registries and paths of one machine do not belong in the repository. (No pattern matches itself.) */
const PRIVATE = [
  /registry[.](npmjs|yarnpkg|npmmirror)[.]\w+/,
  /[/][/]registry[.]\w+/,
  /npm[.]pkg[.]github[.]\w+/,
  /(?<![\w.])[/\\](home|Users|root|work|tmp)[/\\]\w+/,
];

function privateParts(text: string): string[] {
  return PRIVATE.flatMap((pattern) => pattern.exec(text)?.[0] ?? []);
}

describe('the files of the repository', () => {
  const git = spawnSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' });
  const read = (file: string): string => readFileSync(`${ROOT}/${file}`, 'utf8');

  it.skipIf(git.status !== 0 && !isRequired())('hold neither the host of a registry nor a path of one machine', () => {
    const tracked = git.stdout.split('\0').filter((file) => file !== '' && existsSync(`${ROOT}/${file}`));
    expect(tracked).toContain('package.json');
    expect(tracked.flatMap((file) => privateParts(read(file)).map((part) => `${file}: ${part}`))).toEqual([]);
  });

  it.each([
    ['registry', 'npmjs', 'org'].join('.'),
    `//${['registry', 'example', 'com'].join('.')}`,
    ['npm', 'pkg', 'github', 'com'].join('.'),
    ['', 'home', 'me'].join('/'),
    ['C:', 'Users', 'me'].join('\\'),
  ])('would be seen to hold %s', (part) => {
    expect(privateParts(`a line with "${part}" in it`)).not.toEqual([]);
  });

  it.each(['npmjs.com/package/ws', 'sample/work/tmp', '/socket.io/', 'lib/registry.ts'])('may hold %s', (part) => {
    expect(privateParts(`a line with "${part}" in it`)).toEqual([]);
  });

  it.each(['package-lock.json', 'test/node24/package-lock.json'])('leave the place of packages open in %s', (file) => {
    const lock = read(file);
    expect(lock).toContain('"integrity"');
    expect(lock).not.toContain('"resolved"');
  });
});
