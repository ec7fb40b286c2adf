import { describe, expect, it } from 'vitest';
import { nestAdd } from '../../lib/schematics/nest-add.js';
import { MemoryTree } from './memory-tree.js';

const MODULE = `import { Module } from '@nestjs/common';

@Module({
  imports: [],
})
export class AppModule {}
`;

const manifest = (dependencies: Record<string, string>): string =>
  `${JSON.stringify({ name: 'app', dependencies, scripts: { start: 'nest start' } }, null, 2)}\n`;

const NEW = { '/package.json': manifest({ '@nestjs/core': '^12.0.1', rxjs: '^7.8.1' }), '/src/app.module.ts': MODULE };

async function add(files: Record<string, string>, options = {}): Promise<MemoryTree> {
  const tree = new MemoryTree(files);
  await nestAdd(options)(tree, tree);
  return tree;
}

describe('nest add', () => {
  it('adds the module, and the package of the parameter decorators', async () => {
    const { files, log, tasks } = await add(NEW);
    expect(files.get('/src/app.module.ts')).toContain('imports: [SocketIoModule.forRoot()],');
    expect(files.get('/package.json')).toBe(
      manifest({ '@nestjs/core': '^12.0.1', '@nestjs/websockets': '^12.0.1', rxjs: '^7.8.1' }),
    );
    expect(tasks).toEqual(['node-package']);
    expect(log.slice(0, 2)).toEqual([
      'Added SocketIoModule.forRoot() to src/app.module.ts.',
      'Added @nestjs/websockets ^12.0.1 to package.json.',
    ]);
    expect(log[2]).toMatch(/^\nNext steps:\n {2}Create a gateway .*: nest generate -c nest-socketio gateway chat\n/);
  });

  it('keeps the indentation of package.json', async () => {
    const tabs = '{\n\t"dependencies": {\n\t\t"@nestjs/core": "^12.0.0"\n\t}\n}\n';
    const { files } = await add({ ...NEW, '/package.json': tabs });
    const core = '\t\t"@nestjs/core": "^12.0.0"';
    expect(files.get('/package.json')).toBe(tabs.replace(core, `${core},\n\t\t"@nestjs/websockets": "^12.0.0"`));
  });

  it('installs nothing with --skip-install', async () => {
    const { files, tasks } = await add(NEW, { skipInstall: true });
    expect(files.get('/package.json')).toContain('@nestjs/websockets');
    expect(tasks).toEqual([]);
  });

  it('changes nothing the second time', async () => {
    const once = await add(NEW);
    const twice = await add(Object.fromEntries(once.files));
    expect(twice.files).toEqual(once.files);
    expect(twice.tasks).toEqual([]);
    expect(twice.log[0]).toBe('src/app.module.ts imports SocketIoModule already.');
  });

  it('edits the application of that source root', async () => {
    const { files } = await add({ ...NEW, '/apps/api/src/app.module.ts': MODULE }, { sourceRoot: 'apps/api/src' });
    expect(files.get('/apps/api/src/app.module.ts')).toContain('SocketIoModule.forRoot()');
    expect(files.get('/src/app.module.ts')).toBe(MODULE);
  });

  it.each([
    ['there is no root module', {}, 'Found no root module in src.'],
    [
      'the root module is not understood',
      { '/src/app.module.ts': '@Module(metadata) class A {}' },
      'Cannot edit src/app.module.ts: its @Module() is not an object.',
    ],
  ])('says which line to add if %s', async (_what, files, message) => {
    const { log } = await add({ '/package.json': '{}', ...files });
    expect(log[0]).toBe(`WARN ${message} Add SocketIoModule.forRoot() to the imports of your root module.`);
  });

  it('names the migration where platform-socket.io is installed', async () => {
    const { log } = await add({ '/package.json': manifest({ '@nestjs/platform-socket.io': '^12.0.0' }) });
    expect(log.at(-1)).toContain('Replace @nestjs/platform-socket.io: npx nest-socketio migrate');
  });
});
