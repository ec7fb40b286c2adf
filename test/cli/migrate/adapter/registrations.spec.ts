import { describe, expect, it } from 'vitest';
import { application, mainWith, migrated } from '../../../support/migrated.js';

/** The module after the migration of an application with a gateway and no adapter. */
function moduleAfter(decorator: string, head = '') {
  const before = `import { Module } from '@nestjs/common';\nimport { ChatGateway } from './chat.gateway';\n${head}\n${decorator}\nexport class AppModule {}\n`;
  const result = migrated({ ...application(mainWith('', '')), 'src/app.module.ts': before });
  const text = result.files['src/app.module.ts'] ?? '';
  return { text: /(@Module[\s\S]*)\nexport class/.exec(text)?.[1] ?? '', whole: text, open: result.open };
}

describe('the root module', () => {
  it.each([
    ['@Module({})', '@Module({\n  imports: [SocketIoModule.forRoot()],\n})'],
    ['@Module()', '@Module({\n  imports: [SocketIoModule.forRoot()],\n})'],
    ['@Module({ providers: [] })', '@Module({ imports: [SocketIoModule.forRoot()], providers: [] })'],
    ['@Module({\n  providers: [],\n})', '@Module({\n  imports: [SocketIoModule.forRoot()],\n  providers: [],\n})'],
    ['@Module({ imports: [] })', '@Module({ imports: [SocketIoModule.forRoot()] })'],
    ['@Module({ imports: [A, B()] })', '@Module({ imports: [A, B(), SocketIoModule.forRoot()] })'],
    [
      '@Module({\n\timports: [\n\t\tA,\n\t\tB(), // last\n\t],\n})',
      '@Module({\n\timports: [\n\t\tA,\n\t\tB(), // last\n\t\tSocketIoModule.forRoot(),\n\t],\n})',
    ],
    [
      '@Module({\n  imports: [\n    A\n  ],\n})',
      '@Module({\n  imports: [\n    A,\n    SocketIoModule.forRoot()\n  ],\n})',
    ],
    [
      '@Module({ imports: [A].filter(Boolean) })',
      '@Module({ imports: [A, SocketIoModule.forRoot()].filter(Boolean) })',
    ],
  ])('%j', (before, after) => {
    expect(moduleAfter(before)).toMatchObject({ text: after, open: [] });
  });

  it('may have its imports in a constant', () => {
    expect(moduleAfter('@Module({ imports })', 'const imports = [A];\n').open).toHaveLength(1);
    const { whole, open } = moduleAfter('@Module({ imports: all })', 'const all = [A];\n');
    expect(whole).toContain('const all = [A, SocketIoModule.forRoot()];');
    expect(open).toEqual([]);
  });

  it.each(['@Module({ imports: load() })', '@Module(metadata)'])(
    'that cannot be changed gets a comment: %s',
    (text) => {
      const { whole, open } = moduleAfter(text);
      expect(whole).toContain('// TODO(nest-socketio): add SocketIoModule.forRoot() to the imports of AppModule');
      expect(open).toHaveLength(1);
    },
  );
});
