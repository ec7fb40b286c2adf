/** The shape of the repository: which layer may know which, and what no file may hold. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { isRequired } from './support/programs.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Knowledge points left only. */
const LAYERS = ['errors', 'options', 'protocol', 'engine', 'server', 'cluster', 'nest', 'testing'];

/** Packages that only some layers know; any other is free. */
const OUTSIDERS: readonly (readonly [name: string, pattern: RegExp, layers: readonly string[]])[] = [
  ['modules of Node', /^node:/, ['engine', 'server', 'cluster', 'nest', 'testing']],
  ['Nest', /^@nestjs\//, ['nest', 'testing']],
  ['rxjs', /^rxjs(\/|$)/, ['nest', 'testing']],
  ['ws', /^ws(\/|$)/, ['engine', 'testing']],
];

/** `protocol` of `protocol/packet.ts`, `errors` of `errors.ts`, `index` of the public door. */
function layerOf(file: string): string {
  return file.split(/[/.]/, 1)[0] as string;
}

/** How far right a layer stands; the public door, and what is no layer, stand right of all. */
function rankOf(layer: string): number {
  return LAYERS.includes(layer) ? LAYERS.indexOf(layer) : LAYERS.length;
}

/** Every module that a file imports or exports from, types and `import()` too. */
function importsOf(code: string): string[] {
  return ts.preProcessFile(code, true, true).importedFiles.map(({ fileName }) => fileName);
}

/**
 * What is wrong with an import, or `null`.
 * @param file relative to `lib/`
 */
function judge(file: string, specifier: string): string | null {
  const layer = layerOf(file);
  if (!specifier.startsWith('.')) {
    const outsider = OUTSIDERS.find(([, pattern]) => pattern.test(specifier));
    return outsider === undefined || outsider[2].includes(layer) ? null : `${layer} must not know ${outsider[0]}`;
  }
  const target = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
  const other = layerOf(target);
  if (other === layer) return null;
  if (rankOf(other) >= rankOf(layer)) return `${layer} must not know ${other}`;
  return target === `${other}.ts` || target === `${other}/index.ts` ? null : `${other} is entered by its index.ts only`;
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
  it('hold every file but the public door', () => {
    expect(sources).toContain('server/socket.ts');
    expect(sources.filter((file) => !LAYERS.includes(layerOf(file)))).toEqual(['index.ts']);
  });

  it.each(sources)('lets %s know only what stands left of it', (file) => {
    expect(violations(file, readFileSync(`${ROOT}/lib/${file}`, 'utf8'))).toEqual([]);
  });

  it.each([
    ['protocol/packet.ts', "import { EventEmitter } from 'node:events'", 'protocol must not know modules of Node'],
    ['protocol/packet.ts', "import { Connection } from '../engine/index.js'", 'protocol must not know engine'],
    ['errors.ts', "export * from './protocol/index.js'", 'errors must not know protocol'],
    ['engine/connection.ts', "import type { Socket } from '../server/index.js'", 'engine must not know server'],
    [
      'engine/connection.ts',
      "type P = import('../protocol/packet.js').Packet",
      'protocol is entered by its index.ts only',
    ],
    ['server/socket.ts', "import { WebSocket } from 'ws'", 'server must not know ws'],
    ['server/socket.ts', "const common = await import('@nestjs/common')", 'server must not know Nest'],
    ['server/socket.ts', "export { of } from 'rxjs/operators'", 'server must not know rxjs'],
    ['server/socket.ts', "import '../index.js'", 'server must not know index'],
    ['server/socket.ts', "import '../elsewhere/index.js'", 'server must not know elsewhere'],
    ['nest/decorators/event.decorator.ts', "import '../../testing/index.js'", 'nest must not know testing'],
    ['nest/broadcaster.ts', "import { Outbox } from '../engine/outbox.js'", 'engine is entered by its index.ts only'],
    ['index.ts', "export { Socket } from './server/socket.js'", 'server is entered by its index.ts only'],
    ['index.ts', "import 'rxjs'", 'index must not know rxjs'],
  ])('reports, in %s: %s', (file, code, fault) => {
    expect(violations(file, code)).toEqual([expect.stringMatching(new RegExp(`: ${fault}$`))]);
  });

  it.each([
    ['protocol/packet.ts', "import { SocketIoError } from '../errors.js'"],
    ['engine/connection.ts', "import { WebSocket } from 'ws'"],
    ['server/socket.ts', "import { createServer } from 'node:http'"],
    ['nest/decorators/event.decorator.ts', "import { messages } from '../messages.js'"],
    ['testing/client.ts', "import { SocketIoModule } from '../nest/index.js'"],
    ['index.ts', "export { Socket } from './server/index.js'"],
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

/** Where packages come from, and where this was written, is nobody's affair. (No pattern matches itself.) */
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
