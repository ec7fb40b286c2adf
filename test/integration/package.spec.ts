/** What is published, as those who install it meet it. The build must be there: `npm run check` makes it first. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as index from 'nest-socketio';
import * as testing from 'nest-socketio/testing';
import { io, type Socket } from 'socket.io-client';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { later, next, PLATFORMS, type Platform } from '../support/nest-app.js';
import { start } from '../support/process.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = mkdtempSync(join(tmpdir(), 'nest-socketio-'));
const DEADLINE = 120_000; // npm may have to fetch

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

/** Everything that a command prints; rejects with it when the command fails. */
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

/** A tool of the project. */
function tool(name: string, ...args: string[]): Promise<string> {
  return run(`${ROOT}node_modules/.bin/${name}`, args);
}

function filesIn(folder: string): string[] {
  return readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' }).toSorted();
}

/** When a file was written. */
function changeOf(file: string): number {
  return statSync(`${ROOT}${file}`).mtimeMs;
}

/** The packages that a declaration file refers to: `@nestjs/common` of `@nestjs/common/interfaces`. */
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
}, DEADLINE);

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

/** ms: they start compilers of their own, beside whatever else the machine does. */
const TOOL_TIMEOUT = 120_000;

describe('the package', () => {
  it('is built from lib/ as it stands (npm run build)', () => {
    const sources = filesIn('lib').filter((file) => file.endsWith('.ts'));
    const built = filesIn('dist').filter((file) => file.endsWith('.js'));
    expect(built).toEqual(sources.map((file) => file.replace(/\.ts$/, '.js')));
    expect(sources.filter((file) => changeOf(`lib/${file}`) > changeOf('dist/index.js'))).toEqual([]);
  });

  it('holds the build, what one reads first, and nothing else', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths.filter((path) => !path.startsWith('dist/')).toSorted()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'package.json',
    ]);
    expect(paths.filter((path) => path.startsWith('dist/') && !/\.(js|d\.ts)(\.map)?$/.test(path))).toEqual([]);
  });

  it('satisfies publint', { timeout: TOOL_TIMEOUT }, async () => {
    expect(await tool('publint', 'run', tarball, '--strict')).toContain('All good!');
  });

  it('satisfies attw', { timeout: TOOL_TIMEOUT }, async () => {
    const report = await tool('attw', tarball, '--profile', 'esm-only', '--format', 'json');
    const { analysis } = JSON.parse(report) as { analysis: { entrypoints: object } };
    expect(Object.keys(analysis.entrypoints)).toEqual(['.', './testing', './package.json']);
  });

  it('declares its types in terms of packages that its users have', () => {
    const known = new Set([...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]);
    const declarations = filesIn('dist').filter((file) => file.endsWith('.d.ts'));
    expect(declarations).toContain('index.d.ts');
    const strays = declarations.flatMap((file) =>
      packagesOf(readFileSync(`${ROOT}dist/${file}`, 'utf8'))
        .filter((name) => !known.has(name))
        .map((name) => `${file}: ${name}`),
    );
    expect(strays).toEqual([]);
  });
});

const CREATE: Readonly<Record<Platform, readonly [imports: string, call: string]>> = {
  Express: ['', 'NestFactory.create(AppModule)'],
  Fastify: [
    "import { FastifyAdapter } from '@nestjs/platform-fastify';",
    'NestFactory.create(AppModule, new FastifyAdapter())',
  ],
};

/** The files of an application, and nothing in `main.ts` that is about sockets. */
function sourcesOf(platform: Platform): Readonly<Record<string, string>> {
  const [imports, create] = CREATE[platform];
  return {
    'package.json': '{ "private": true, "type": "module" }',
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        target: 'ES2022',
        lib: ['ES2023'],
        module: 'nodenext',
        types: ['node'],
        strict: true,
        skipLibCheck: false,
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
        rootDir: '.',
        outDir: 'out',
      },
    }),
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

      const app = await ${create};
      await app.listen(0, '127.0.0.1');
      console.log(await app.getUrl());`,
  };
}

/** What the compiler finds wrong with an application. */
async function compile(app: string): Promise<string> {
  try {
    return await run(process.execPath, [`${ROOT}node_modules/typescript/bin/tsc`, '-p', app]);
  } catch (error) {
    return (error as Error).message;
  }
}

/** The names that plain `node` gets from a module of an application. */
async function exportsOf(name: string, app: string): Promise<unknown> {
  const code = `import('${name}').then((module) => console.log(JSON.stringify(Object.keys(module).sort())))`;
  return JSON.parse(await run(process.execPath, ['-e', code], app));
}

function connect(url: string): Socket {
  const client = io(`${url}/chat`, { transports: ['websocket'], forceNew: true, reconnection: false });
  later(() => client.disconnect());
  return client;
}

describe.each(PLATFORMS)('in an empty application on %s', (platform) => {
  const app = join(FOLDER, platform);
  let diagnostics: string;

  beforeAll(async () => {
    mkdirSync(app);
    for (const [name, text] of Object.entries(sourcesOf(platform))) writeFileSync(join(app, name), text);
    const platformPackage = `@nestjs/platform-${platform.toLowerCase()}`;
    const names = ['@nestjs/common', '@nestjs/core', '@nestjs/websockets', platformPackage];
    const others = [...names, 'reflect-metadata', 'rxjs', '@types/node'].map(
      (name) => `${name}@${manifest.devDependencies[name]}`,
    );
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball, ...others], app);
    diagnostics = await compile(app);
  }, DEADLINE);

  it('compiles, its declarations checked too', () => {
    expect(diagnostics).toBe('');
  });

  it('exports to plain node what its doors promise', async () => {
    expect(await exportsOf('nest-socketio', app)).toEqual(Object.keys(index).toSorted());
    expect(await exportsOf('nest-socketio/testing', app)).toEqual(Object.keys(testing).toSorted());
  });

  it('serves stock clients without a word in main.ts, and ends at SIGTERM', async () => {
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
});
