/** The published package, as its users install it. It needs the build, which `npm run check` makes first. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as index from 'nest-socketio';
import * as client from 'nest-socketio/client';
import * as prometheus from 'nest-socketio/prometheus';
import * as terminus from 'nest-socketio/terminus';
import * as testing from 'nest-socketio/testing';
import { io, type Socket } from 'socket.io-client';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TSC } from '../support/compiler.js';
import { Examples } from '../support/examples.js';
import { later, next, PLATFORMS, type Platform } from '../support/nest-app.js';
import { freePort, start } from '../support/process.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = mkdtempSync(join(tmpdir(), 'nest-socketio-'));
const DEADLINE = 120_000; // npm may have to download packages

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as Manifest;

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** Runs a command. @returns its output; if it fails, the output is the message of the error */
async function run(command: string, args: readonly string[], cwd = ROOT): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, {
      cwd,
      timeout: DEADLINE,
      env: { ...process.env, NO_COLOR: '1' },
    });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

/** The path of a tool from node_modules. */
const bin = (name: string): string => `${ROOT}node_modules/.bin/${name}`;

/** Runs a tool from node_modules. */
function tool(name: string, ...args: string[]): Promise<string> {
  return run(bin(name), args);
}

function filesIn(folder: string): string[] {
  return readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' }).toSorted();
}

/** @returns when a file was last written, in ms */
function changeOf(file: string): number {
  return statSync(`${ROOT}${file}`).mtimeMs;
}

/** @returns the packages that a declaration file refers to, such as `@nestjs/common` for `@nestjs/common/interfaces` */
function packagesOf(declarations: string): string[] {
  const { importedFiles, typeReferenceDirectives } = ts.preProcessFile(declarations, true, true);
  return [...importedFiles, ...typeReferenceDirectives]
    .map(({ fileName }) => fileName)
    .filter((specifier) => !/^(\.|node:)/.test(specifier))
    .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'));
}

let packed: Packed;
let tarball: string;

beforeAll(async () => {
  const output = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', FOLDER]);
  [packed] = JSON.parse(output) as [Packed];
  tarball = join(FOLDER, packed.filename);
  await installServers();
}, 2 * DEADLINE);

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }), DEADLINE);

/** ms. Each tool starts a compiler, perhaps on a busy machine. */
const TOOL_TIMEOUT = 120_000;

describe('the package', () => {
  it('is built from lib/ as it stands (npm run build)', () => {
    const sources = filesIn('lib').filter((file) => file.endsWith('.ts'));
    const built = filesIn('dist').filter((file) => file.endsWith('.js'));
    const modules = sources.filter((file) => !file.endsWith('.d.ts'));
    expect(built).toEqual(modules.map((file) => file.replace(/\.ts$/, '.js')));
    expect(sources.filter((file) => changeOf(`lib/${file}`) > changeOf('dist/index.js'))).toEqual([]);
  });

  it('contains the build, its sources for editors, README, changelog and licence, and nothing else', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths.filter((path) => path.startsWith('lib/')).toSorted()).toEqual(
      filesIn('lib')
        .filter((file) => file.endsWith('.ts'))
        .map((file) => `lib/${file}`),
    );
    expect(paths.filter((path) => !/^(dist|lib)\//.test(path)).toSorted()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'package.json',
    ]);
    expect(paths.filter((path) => path.startsWith('dist/') && !/\.(js|d\.ts)(\.map)?$/.test(path)).toSorted()).toEqual([
      'dist/nest/admin/page/page.css',
      'dist/nest/admin/page/page.html',
      'dist/schematics/collection.json',
      'dist/schematics/gateway.schema.json',
      'dist/schematics/nest-add.schema.json',
    ]);
  });

  it('has maps that lead to its sources', () => {
    const maps = packed.files.map(({ path }) => path).filter((path) => path.endsWith('.map'));
    const paths = new Set(packed.files.map(({ path }) => path));
    const sources = maps.flatMap((map) => {
      const { sources } = JSON.parse(readFileSync(join(ROOT, map), 'utf8')) as { sources: string[] };
      return sources.map((source) => join(dirname(map), source));
    });
    expect(sources.length).toBe(maps.length);
    expect(sources.filter((source) => !paths.has(source))).toEqual([]);
  });

  it('satisfies publint', { timeout: TOOL_TIMEOUT }, async () => {
    expect(await tool('publint', 'run', tarball, '--strict')).toContain('All good!');
  });

  it('satisfies attw', { timeout: TOOL_TIMEOUT }, async () => {
    // CommonJS loads ES modules with `require`, as it loads Nest; the applications below show that it works.
    const report = await tool('attw', tarball, '--ignore-rules', 'cjs-resolves-to-esm', '--format', 'json');
    const { analysis } = JSON.parse(report) as { analysis: { entrypoints: object } };
    expect(Object.keys(analysis.entrypoints)).toEqual([
      '.',
      './testing',
      './terminus',
      './prometheus',
      './client',
      './package.json',
    ]);
  });

  it('refers in its types only to packages that its users have', () => {
    const known = new Set([...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]);
    // The command line and the schematics declare nothing for users; they read the types of the compiler.
    const declarations = filesIn('dist').filter((file) => /^(?!cli|schematics).*\.d\.ts$/.test(file));
    expect(declarations).toContain('index.d.ts');
    const strays = declarations.flatMap((file) =>
      packagesOf(readFileSync(`${ROOT}dist/${file}`, 'utf8'))
        .filter((name) => !known.has(name))
        .map((name) => `${file}: ${name}`),
    );
    expect(strays).toEqual([]);
  });
});

const OPTIONAL = [
  { name: 'nest-socketio/terminus', peer: '@nestjs/terminus', entry: terminus },
  { name: 'nest-socketio/prometheus', peer: 'prom-client', entry: prometheus },
];

describe('the entry points for packages that are not installed yet', () => {
  const names = OPTIONAL.map(({ name }) => name);
  /** The exports before and after the installation, in the order of the entry points. */
  let before: Exports[];
  let after: Exports[];

  beforeAll(async () => {
    before = await exportsOf(names, FOLDER);
    const links = OPTIONAL.map(({ peer }) => [join(ROOT, 'node_modules', peer), join(FOLDER, 'node_modules', peer)]);
    for (const [target = '', link = ''] of links) symlinkSync(target, link);
    after = await exportsOf(names, FOLDER);
    for (const [, link = ''] of links) rmSync(link);
  }, DEADLINE);

  it.each(OPTIONAL)('name the package that $name needs, in plain node', ({ name, peer }) => {
    const hint = expect.stringContaining(`run npm install ${peer}`) as unknown;
    expect(before[names.indexOf(name)]).toEqual({ imported: hint, required: hint });
  });

  it.each(OPTIONAL)('export what $name promises once that is installed', ({ name, entry }) => {
    const expected = Object.keys(entry).toSorted();
    expect(after[names.indexOf(name)]).toEqual({ imported: expected, required: expected });
  });
});

const CREATE: Readonly<Record<Platform, readonly [imports: string, call: string]>> = {
  Express: ['', 'NestFactory.create(AppModule)'],
  Fastify: [
    "import { FastifyAdapter } from '@nestjs/platform-fastify';",
    'NestFactory.create(AppModule, new FastifyAdapter())',
  ],
};

/** The `package.json` of an application, and its ways of compiling. The tests run the output of the first. */
interface Kind {
  readonly name: string;
  readonly manifest: string;
  readonly compilers: readonly Compiler[];
  /** A jest test that calls the function of `check.ts`. */
  readonly jestTest: string;
}

/** The compiler of `nest new`, and the one after it. */
const TYPESCRIPT = { 6: `${ROOT}node_modules/typescript/bin/tsc`, 7: TSC };

interface Compiler {
  readonly typescript: keyof typeof TYPESCRIPT;
  readonly options: Readonly<Record<string, string>>;
}

const NODENEXT: Compiler = { typescript: 7, options: { module: 'nodenext' } };

const KINDS: readonly Kind[] = [
  {
    name: 'ES modules',
    manifest: '{ "private": true, "type": "module" }',
    compilers: [NODENEXT, { ...NODENEXT, typescript: 6 }],
    jestTest: "import { check } from './check.js'; test('works', check);",
  },
  {
    name: 'CommonJS',
    manifest: '{ "private": true }',
    compilers: [
      NODENEXT,
      { typescript: 7, options: { module: 'commonjs' } },
      { typescript: 6, options: { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0' } },
    ],
    jestTest: "const { check } = require('./check.js'); test('works', check);",
  },
];

/** The files of an application, whose `main.ts` does not mention sockets. */
function sourcesOf(platform: Platform, { manifest, compilers }: Kind): Readonly<Record<string, string>> {
  const [imports, create] = CREATE[platform];
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2023'],
    types: ['node'],
    strict: true,
    skipLibCheck: false,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    rootDir: '.',
    outDir: 'out',
  };
  const configs = compilers.map(({ options }, index) => [
    `tsconfig.${index}.json`,
    JSON.stringify({ compilerOptions: { ...compilerOptions, ...options }, include: ['*.ts'] }),
  ]);
  return {
    ...(Object.fromEntries(configs) as Record<string, string>),
    'package.json': manifest,
    'chat.gateway.ts': `
      import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
      import { Broadcaster, Event, Gateway, InjectBroadcaster, OnConnect, Socket } from 'nest-socketio';

      @Gateway('/chat')
      export class ChatGateway {
        constructor(@InjectBroadcaster('/chat') private readonly chat: Broadcaster) {}

        @OnConnect()
        enter(@ConnectedSocket() client: Socket): void {
          client.join('lobby');
        }

        @Event()
        say(@MessageBody() text: string, @ConnectedSocket() client: Socket): { heard: number } {
          this.chat.to('lobby').except(client.id).emit('said', text);
          return { heard: text.length };
        }
      }`,
    'app.module.ts': `
      import { Module } from '@nestjs/common';
      import { SocketIoModule } from 'nest-socketio';
      import { ChatGateway } from './chat.gateway.js';

      @Module({ imports: [SocketIoModule.forRoot()], providers: [ChatGateway] })
      export class AppModule {}`,
    'main.ts': `
      import { NestFactory } from '@nestjs/core';
      ${imports}
      import { AppModule } from './app.module.js';

      async function main(): Promise<void> {
        const app = await ${create};
        await app.listen(0, '127.0.0.1');
        console.log(await app.getUrl());
      }
      void main();`,
    'client.ts': `
      import { stream, type StreamSocket } from 'nest-socketio/client';

      export async function ask(socket: StreamSocket, question: string, signal: AbortSignal): Promise<string> {
        let text = '';
        for await (const token of stream<string>(socket, 'ask', question, signal)) text += token;
        return text;
      }`,
    'check.ts': `
      import assert from 'node:assert/strict';
      import { Test } from '@nestjs/testing';
      import { TestClient } from 'nest-socketio/testing';
      import { AppModule } from './app.module.js';

      export async function check(): Promise<void> {
        const app = await Test.createTestingModule({ imports: [AppModule] }).compile();
        const client = await TestClient.connect(app, '/chat');
        assert.deepEqual(await client.emitWithAck('say', 'hello'), { heard: 5 });
        await app.close();
      }`,
  };
}

/** @returns the errors of the compiler, an empty string without any */
async function compile({ typescript }: Compiler, config: string): Promise<string> {
  try {
    return await run(process.execPath, [TYPESCRIPT[typescript], '-p', config]);
  } catch (error) {
    return (error as Error).message;
  }
}

interface Exports {
  readonly imported: unknown;
  readonly required: unknown;
}

/** @returns for each module its exports in plain `node`, or the error, with `import` and with `require` */
async function exportsOf(names: readonly string[], app: string): Promise<Exports[]> {
  const [imported, required] = await Promise.all(
    ['import(name)', 'require(name)'].map(async (load) => {
      const code = `
        const load = async (name) => ${load};
        const list = ({ __esModule, ...module }) => Object.keys(module).sort();
        Promise.all(${JSON.stringify(names)}.map((name) => load(name).then(list, String)))
          .then((all) => console.log(JSON.stringify(all)));`;
      return JSON.parse(await run(process.execPath, ['-e', code], app)) as unknown[];
    }),
  );
  return names.map((_name, index) => ({ imported: imported?.[index], required: required?.[index] }));
}

function connect(url: string): Socket {
  const client = io(`${url}/chat`, { transports: ['websocket'], forceNew: true, reconnection: false });
  later(() => client.disconnect());
  return client;
}

/** Not a dependency of this repository, since only the applications here use it. */
const JEST = 'jest@30.5.2';

/** The plugin of Vite in the configuration of `nest new`. Vitest itself, which is large, is the one of this repository. */
const VITE_PLUGIN = 'vite-tsconfig-paths@5.1.4';

/** From this version on, jest can load ES modules with `require`. */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const hasRequireInJest = major > 24 || (major === 24 && minor >= 9);

const readme = new Examples('README.md');

/** The packages of each `npm install` in the README: those of the server, and those of its client. */
const INSTALLS = [...readme.text.matchAll(/^npm install (.*)$/gm)].map(([, names = '']) => names.split(' '));

/** Installs packages for all applications, in the folder that they share. */
async function install(packages: readonly string[]): Promise<void> {
  const names = packages.map((name) => (name === 'nest-socketio' ? tarball : name));
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...names], FOLDER);
}

const platformOf = (platform: Platform): string => `@nestjs/platform-${platform.toLowerCase()}`;

/** Installs what the applications need before the README has them install a client. */
async function installServers(): Promise<void> {
  writeFileSync(join(FOLDER, 'package.json'), '{ "private": true }');
  const names = ['@nestjs/common', '@nestjs/core', '@nestjs/testing', ...PLATFORMS.map(platformOf)];
  const others = [...names, 'reflect-metadata', 'rxjs', '@types/node'].map(
    (name) => `${name}@${manifest.devDependencies[name]}`,
  );
  await install([...(INSTALLS[0] ?? []), ...others, JEST, VITE_PLUGIN]);
}

/** Hides the other platforms of Nest, which an application on this one does not have. @returns how to undo it */
function withoutOthers(platform: Platform): () => void {
  const moves = PLATFORMS.filter((other) => other !== platform).map((other) => {
    const path = join(FOLDER, 'node_modules', platformOf(other));
    return [path, join(FOLDER, `without-${other}`)] as const;
  });
  for (const [path, hidden] of moves) renameSync(path, hidden);
  return () => {
    for (const [path, hidden] of moves) renameSync(hidden, path);
  };
}

describe.each(PLATFORMS)('in an empty application on %s', (platform) => {
  const parent = join(FOLDER, platform);
  const isFirst = platform === PLATFORMS[0]; // checks that do not depend on the platform run once

  beforeAll(() => {
    mkdirSync(parent);
    return withoutOthers(platform);
  });

  it('exports to plain node what the entry points promise', async () => {
    const expected = [testing, client, index].map((entry) => Object.keys(entry).toSorted());
    const entryPoints = ['nest-socketio/testing', 'nest-socketio/client', 'nest-socketio'];
    expect(await exportsOf(entryPoints, parent)).toEqual(
      expected.map((names) => ({ imported: names, required: names })),
    );
  });

  describe.each(KINDS)('of $name', (kind) => {
    const app = join(parent, kind.name);

    beforeAll(() => {
      mkdirSync(app);
      for (const [name, text] of Object.entries(sourcesOf(platform, kind))) writeFileSync(join(app, name), text);
    });

    // The first is compiled last, since the tests below run its output.
    const compilers = kind.compilers.map((compiler, number) => ({ compiler, number }));
    it.each(compilers.slice(0, isFirst ? undefined : 1).toReversed())(
      'compiles with TypeScript $compiler.typescript and $compiler.options, declarations checked too',
      { timeout: TOOL_TIMEOUT },
      async ({ compiler, number }) => {
        expect(await compile(compiler, join(app, `tsconfig.${number}.json`))).toBe('');
      },
    );

    it('serves stock clients without any code in main.ts, and ends at SIGTERM', async () => {
      expect(readFileSync(join(app, 'out/main.js'), 'utf8').includes('require(')).toBe(kind.name === 'CommonJS');
      const program = start(process.execPath, ['out/main.js'], /http:\/\/\S+/, { cwd: app });
      later(() => program.stop());
      const [url] = await program.printed;
      const [ada, ben] = [connect(url), connect(url)];
      await Promise.all([next(ada, 'connect'), next(ben, 'connect')]);

      const said = next(ben, 'said');
      expect(await ada.emitWithAck('say', 'hello')).toEqual({ heard: 5 });
      expect(await said).toEqual(['hello']);

      const disconnected = next(ada, 'disconnect');
      const ended = once(program.child, 'exit');
      program.child.kill('SIGTERM');
      expect(await ended).toEqual([null, 'SIGTERM']);
      expect((await disconnected)[0]).toBe('transport close');
    });

    it('is tested in memory, under node', async () => {
      await run(process.execPath, ['-e', "import('./out/check.js').then(({ check }) => check())"], app);
    });

    if (isFirst) {
      it('is tested under jest, in CommonJS from Node 24.9 on', { timeout: TOOL_TIMEOUT }, async () => {
        writeFileSync(join(app, 'out/check.test.js'), kind.jestTest);
        const jest = [join(FOLDER, 'node_modules/jest/bin/jest.js'), '--rootDir=out', '--transform={}'];
        const ran = run(process.execPath, ['--experimental-vm-modules', ...jest], app);
        if (kind.name === 'CommonJS' && !hasRequireInJest) await expect(ran).rejects.toThrow('Use Node v24.9+');
        else await ran;
      });
    }
  });
});

describe('as the README says', () => {
  const app = join(FOLDER, 'readme');

  it('is installed, served and reached by the commands and files of the README', { timeout: DEADLINE }, async () => {
    expect(INSTALLS).toEqual([['nest-socketio', '@nestjs/websockets'], ['socket.io-client']]);
    await install(INSTALLS[1] ?? []);

    mkdirSync(app);
    writeFileSync(join(app, 'package.json'), '{ "private": true, "type": "module" }');
    const port = await freePort();
    for (const name of ['chat.gateway.ts', 'app.module.ts', 'main.ts', 'client.js']) {
      writeFileSync(join(app, name), (readme.files.get(name) as string).replaceAll('3000', String(port)));
    }
    const compilerOptions = {
      module: 'nodenext',
      target: 'ES2022',
      strict: true,
      types: ['node'],
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    };
    writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    expect(await compile(NODENEXT, join(app, 'tsconfig.json'))).toBe('');

    const program = start(process.execPath, ['main.js'], /Nest application successfully started/, { cwd: app });
    later(() => program.stop());
    await program.printed;
    expect(await run(process.execPath, ['client.js'], app)).toBe(/```\n(alice gets.*?)```/s.exec(readme.text)?.[1]);
  });
});

describe('made by nest new', () => {
  const app = join(FOLDER, 'created');

  beforeAll(async () => {
    await run(bin('nest'), ['new', 'created', '--skip-git', '--skip-install', '--package-manager=npm'], FOLDER);
    const path = join(app, 'package.json');
    const created = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
    const dependencies = { ...created.dependencies, 'nest-socketio': tarball }; // as npm install writes it
    writeFileSync(path, JSON.stringify({ ...created, dependencies }));
    for (const name of ['typescript', 'vite', 'vitest']) {
      symlinkSync(`${ROOT}node_modules/${name}`, join(FOLDER, 'node_modules', name));
    }
  }, DEADLINE);

  it('gets the module from nest add', { timeout: TOOL_TIMEOUT }, async () => {
    const output = await run(bin('nest'), ['add', 'nest-socketio', '--skip-install'], app);
    expect(output).toContain('Added SocketIoModule.forRoot() to src/app.module.ts.');
  });

  it('gets a gateway from nest generate, whose test passes', { timeout: TOOL_TIMEOUT }, async () => {
    await run(bin('nest'), ['generate', '-c', 'nest-socketio', 'gateway', 'chat'], app);
    const config = { extends: './tsconfig.json', compilerOptions: { noEmit: true }, include: ['src'] };
    writeFileSync(join(app, 'tsconfig.check.json'), JSON.stringify(config));
    expect(await compile(NODENEXT, join(app, 'tsconfig.check.json'))).toBe('');
    const vitest = join(FOLDER, 'node_modules/vitest/vitest.mjs');
    expect(await run(process.execPath, [vitest, 'run', 'src/chat'], app)).toMatch(/Tests +2 passed/);
  });

  it('has no problem that the doctor would find', { timeout: TOOL_TIMEOUT }, async () => {
    expect(await run(join(FOLDER, 'node_modules/.bin/nest-socketio'), ['doctor'], app)).toBe('No problems found.\n');
  });
});
