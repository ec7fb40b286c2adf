import { describe, expect, it } from 'vitest';
import { gateway, type GatewaySchematicOptions } from '../../lib/schematics/gateway.js';
import { MemoryTree } from './memory-tree.js';

const ESM = {
  '/package.json': '{ "type": "module" }',
  '/src/app.module.ts': '@Module({})\nexport class AppModule {}\n',
};

/** The options that `nest generate` passes by default. */
const DEFAULTS = { sourceRoot: 'src', flat: false, spec: true, language: 'ts' };

async function generate(options: GatewaySchematicOptions, files: Record<string, string> = ESM): Promise<MemoryTree> {
  const tree = new MemoryTree(files);
  await gateway({ ...DEFAULTS, ...options })(tree, tree);
  return tree;
}

/** The files that were created. */
const created = ({ files }: MemoryTree): string[] => [...files.keys()].filter((path) => path.includes('.gateway.'));

describe('nest generate gateway', () => {
  it('creates a gateway of the main namespace, its test, and its entry in the module', async () => {
    const { files } = await generate({ name: 'chat' });
    expect(files.get('/src/chat/chat.gateway.ts')).toContain('@Gateway()\nexport class ChatGateway {');
    const spec = files.get('/src/chat/chat.gateway.spec.ts');
    expect(spec).toContain("import { ChatGateway } from './chat.gateway.js';");
    expect(spec).toContain('TestClient.connect(app);');
    expect(files.get('/src/app.module.ts')).toBe(
      "import { ChatGateway } from './chat/chat.gateway.js';\n" +
        '@Module({\n  providers: [ChatGateway],\n})\nexport class AppModule {}\n',
    );
  });

  it('imports without an extension in CommonJS', async () => {
    const { files } = await generate({ name: 'chat' }, { ...ESM, '/package.json': '{}' });
    expect(files.get('/src/chat/chat.gateway.spec.ts')).toContain("from './chat.gateway';");
    expect(files.get('/src/app.module.ts')).toContain("from './chat/chat.gateway';");
  });

  it.each<[string, GatewaySchematicOptions, string[]]>([
    ['a name in camel case', { name: 'SupportChat' }, ['support-chat/support-chat']],
    ['a path in the name', { name: 'support/chat' }, ['support/chat/chat']],
    ['a path', { name: 'chat', path: 'support' }, ['support/chat/chat']],
    ['--flat', { name: 'support/chat', flat: true }, ['support/chat']],
  ])('understands %s', async (_what, options, [path]) => {
    expect(created(await generate(options))).toEqual([`/src/${path}.gateway.ts`, `/src/${path}.gateway.spec.ts`]);
  });

  it('names the class after the gateway', async () => {
    const { files } = await generate({ name: 'support/live-chat' });
    expect(files.get('/src/support/live-chat/live-chat.gateway.ts')).toContain('export class LiveChatGateway {');
    expect(files.get('/src/app.module.ts')).toContain("from './support/live-chat/live-chat.gateway.js'");
  });

  it.each([
    ['/chat', "@Gateway('/chat')", "TestClient.connect(app, '/chat')"],
    ['chat', "@Gateway('/chat')", "TestClient.connect(app, '/chat')"],
    ['/rooms/:id', "@Gateway('/rooms/:id')", "TestClient.connect(app, '/rooms/id')"],
    ["/o'hara", "@Gateway('/o\\'hara')", "TestClient.connect(app, '/o\\'hara')"],
    ['', '@Gateway()', 'TestClient.connect(app)'],
  ])('serves the namespace %s', async (namespace, decorator, connect) => {
    const { files } = await generate({ name: 'chat', namespace });
    expect(files.get('/src/chat/chat.gateway.ts')).toContain(decorator);
    expect(files.get('/src/chat/chat.gateway.spec.ts')).toContain(connect);
  });

  it.each<[string, Partial<GatewaySchematicOptions>, string[]]>([
    ['--no-spec', { spec: false }, ['/src/chat/chat.gateway.ts']],
    [
      '--spec-file-suffix=test',
      { specFileSuffix: 'test' },
      ['/src/chat/chat.gateway.ts', '/src/chat/chat.gateway.test.ts'],
    ],
  ])('takes %s', async (_flag, options, files) => {
    expect(created(await generate({ name: 'chat', ...options }))).toEqual(files);
  });

  it('leaves the module as it is with --skip-import', async () => {
    const { files } = await generate({ name: 'chat', skipImport: true });
    expect(files.get('/src/app.module.ts')).toBe(ESM['/src/app.module.ts']);
  });

  it.each([
    [
      'there is no module',
      { '/package.json': '{}' },
      'Found no module in src/chat or above it. Add ChatGateway to the',
    ],
    [
      'the module is not understood',
      { '/src/app.module.ts': '@Module(metadata) class A {}' },
      'Add ChatGateway to the providers in src/app.module.ts: its @Module() is not an object.',
    ],
  ])('says what to add if %s', async (_what, files, message) => {
    const tree = await generate({ name: 'chat' }, files);
    expect(tree.log[0]).toContain(`WARN ${message}`);
    expect(created(tree)).toHaveLength(2);
  });

  it('refuses JavaScript', async () => {
    await expect(generate({ name: 'chat', language: 'js' })).rejects.toThrow(
      'a gateway must be TypeScript, got --language=js',
    );
  });
});
