import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { findNearestModule, findRootModule } from '../../lib/schematics/nearest-module.js';
import { MemoryTree } from './memory-tree.js';

const main = (importLine: string, call: string) => `${importLine}\nconst app = await ${call};\n`;

describe('findRootModule', () => {
  it.each([
    ['of nest new', "import { AppModule } from './app.module.js';", 'NestFactory.create(AppModule)'],
    ['of a CommonJS application', "import { AppModule } from './app.module';", 'NestFactory.create(AppModule)'],
    [
      'on Fastify',
      "import { AppModule } from './app.module.js';",
      'NestFactory.create<NestFastifyApplication>(\n  AppModule,\n  new FastifyAdapter())',
    ],
    ['among others', "import { log, AppModule } from './app.module.js';", 'NestFactory.create(AppModule, {})'],
  ])('reads main.ts %s', (_what, importLine, call) => {
    const tree = new MemoryTree({
      '/src/main.ts': main(importLine, call),
      '/src/app.module.ts': 'export class AppModule {}',
    });
    expect(findRootModule(ts, tree, '/src')).toEqual({ path: '/src/app.module.ts', className: 'AppModule' });
  });

  it('follows main.ts into another folder', () => {
    const code = main("import { Root } from './root/root.module.js';", 'NestFactory.create(Root)');
    const root = 'export class Root {}';
    const tree = new MemoryTree({ '/src/main.ts': code, '/src/root/root.module.ts': root, '/src/app.module.ts': '' });
    expect(findRootModule(ts, tree, '/src')).toEqual({ path: '/src/root/root.module.ts', className: 'Root' });
  });

  it('follows main.ts into a function that creates the application, and through an alias', () => {
    const tree = new MemoryTree({
      '/tsconfig.json': '{ "compilerOptions": { "paths": { "~/*": ["./src/*"] } } }',
      '/src/main.ts': "import { start } from './start.js';\nstart();\n",
      '/src/start.ts': main("import { Root } from '~/modules/index.js';", 'NestFactory.create(Root)'),
      '/src/modules/index.ts': "export * from './root.module.js';\n",
      '/src/modules/root.module.ts': 'export class Root {}',
      '/src/worker.ts': main("import { Worker } from './worker.module.js';", 'NestFactory.create(Worker)'),
      '/src/worker.module.ts': 'export class Worker {}',
    });
    expect(findRootModule(ts, tree, '/src')).toEqual({ path: '/src/modules/root.module.ts', className: 'Root' });
  });

  it.each<[string, string[], string | null]>([
    ['app.module.ts', ['/src/app.module.ts', '/src/a.module.ts'], '/src/app.module.ts'],
    ['the only module', ['/src/chat.module.ts', '/src/chat/b.module.ts'], '/src/chat.module.ts'],
    ['no module of several', ['/src/a.module.ts', '/src/b.module.ts'], null],
    ['no module', ['/src/main.ts'], null],
  ])('finds %s without main.ts', (_what, files, path) => {
    const tree = new MemoryTree(Object.fromEntries(files.map((file) => [file, ''])));
    expect(findRootModule(ts, tree, '/src')?.path ?? null).toBe(path);
  });
});

describe('findNearestModule', () => {
  const files = { '/src/app.module.ts': '', '/src/chat/chat.module.ts': '', '/src/chat/rooms/room.ts': '' };

  it.each([
    ['/src/chat', '/src/chat/chat.module.ts'],
    ['/src/chat/rooms/new', '/src/chat/chat.module.ts'],
    ['/src/support', '/src/app.module.ts'],
    ['/lib', undefined],
  ])('finds for %s: %s', (folder, path) => {
    expect(findNearestModule(new MemoryTree(files), folder)?.path).toBe(path);
  });
});
