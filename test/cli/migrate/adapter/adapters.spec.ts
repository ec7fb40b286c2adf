/** Adapters that are left as they are, and the choice between the ways to replace one. */
import { describe, expect, it } from 'vitest';
import { application, mainWith, migrated } from '../../../support/migrated.js';

const LINES = '  app.useWebSocketAdapter(new SocketAdapter(app, await load()));\n';

/** Migrates an adapter that stays. */
function left(members: string, heritage = 'IoAdapter') {
  const code = `import { IoAdapter } from '@nestjs/platform-socket.io';
import { Server } from 'socket.io';

export class SocketAdapter extends ${heritage} {
${members}
}
`;
  return { code, ...migrated(application(mainWith(LINES), { 'src/socket.adapter.ts': code })) };
}

describe('an adapter that is not understood', () => {
  it.each([
    ['  bindMessageHandlers() {}', 'it overrides bindMessageHandlers()'],
    ['  create() {}\n  createIOServer() {}', 'it overrides both create() and createIOServer()'],
    ['  close() {}\n  dispose() {}', 'it overrides close() and dispose()'],
    ['  createIOServer(port) { return new Server(port); }', 'createIOServer() creates the server on a port'],
    ['  createIOServer(port) { return this.io; }', 'createIOServer() must call super.createIOServer()'],
    ['  createIOServer(port) { return super.createIOServer(PORT); }', 'createIOServer() chooses the port'],
    [
      '  createIOServer(port) { const a = super.createIOServer(81); a.on("connection", this.log); return a; }',
      'it chooses the port, and uses the server there',
    ],
    ['  createIOServer(port) { this.io = super.createIOServer(port); return this.io; }', 'keeps the server in a way'],
    ['  createIOServer(port) { if (a) { return super.createIOServer(port); } }', 'returns the server from a branch'],
    [
      '  createIOServer(port) { const a = super.createIOServer(port); return super.createIOServer(port); }',
      'calls super.createIOServer() more than once',
    ],
    [
      '  constructor(app, private o) { super(app); }\n  createIOServer(port) { return super.createIOServer(port, this.o); }',
      'its options depend on values that only main.ts has, or on conditions',
    ],
  ])('stays with a comment: %s', (members, reason) => {
    const { code, changes, files, open } = left(members);
    expect(files['src/socket.adapter.ts']?.replace(/\/\/ TODO\(nest-socketio\): .*\n/, '')).toBe(code);
    expect(files['src/main.ts']).toContain(
      `  // TODO(nest-socketio): the application stays on @nestjs/platform-socket.io because of SocketAdapter: see the comment there\n${LINES}`,
    );
    expect(open[0]).toMatch(/^src\/socket\.adapter\.ts:4 SocketAdapter cannot be replaced: /);
    expect(open[0]).toContain(reason);
    expect(changes.map(({ path }) => path)).toEqual(['src/main.ts', 'src/socket.adapter.ts']);
  });

  it('stays if it extends another adapter of the application', () => {
    const { open } = migrated(
      application(mainWith(LINES), {
        'src/base.ts':
          "import { IoAdapter } from '@nestjs/platform-socket.io';\nexport class BaseIoAdapter extends IoAdapter {\n  bindMiddleware() {}\n}\n",
        'src/socket.adapter.ts':
          "import { BaseIoAdapter } from './base';\nexport class SocketAdapter extends BaseIoAdapter {}\n",
      }),
    );
    expect(open.map((one) => one.replace(/.*It is left as it is: /, ''))).toEqual([
      'it overrides bindMiddleware()',
      'src/socket.adapter.ts:2 SocketAdapter cannot be replaced: it extends BaseIoAdapter. Its application stays on @nestjs/platform-socket.io: change or remove SocketAdapter, and run the command again',
      'src/main.ts:7 the application stays on @nestjs/platform-socket.io because of SocketAdapter: see the comment there',
    ]);
  });

  it('stays if nothing uses it, or something unknown is used', () => {
    const unused = "import { IoAdapter } from '@nestjs/platform-socket.io';\nexport class A extends IoAdapter {}\n";
    const { open } = migrated(
      application(mainWith('  app.useWebSocketAdapter(makeSocketAdapter(app));\n'), { 'src/a.ts': unused }),
    );
    expect(open).toEqual([
      expect.stringContaining('no call of useWebSocketAdapter with it was found'),
      'src/main.ts:7 this adapter is not understood, so the application stays on @nestjs/platform-socket.io: remove the call, and run the command again',
    ]);
  });
});

describe('a class that needs a file of its own', () => {
  it('stays in main.ts', () => {
    const main = mainWith(
      '  app.useWebSocketAdapter(new Own(app));\n',
      `import { IoAdapter } from '@nestjs/platform-socket.io';
class Own extends IoAdapter {
  origin = load();
  createIOServer(port, options) {
    return super.createIOServer(port, { ...options, cors: { origin: this.origin } });
  }
}`,
    );
    expect(migrated(application(main)).open[0]).toContain('its options need a class in a file of its own');
  });
});

describe('a class that overrides nothing', () => {
  const main = mainWith('  app.useWebSocketAdapter(new SocketAdapter(app));\n');
  const withMembers = (members: string) =>
    migrated(
      application(main, {
        'src/socket.adapter.ts': `import { IoAdapter } from '@nestjs/platform-socket.io';\nexport class SocketAdapter extends IoAdapter {${members}}\n`,
      }),
    );

  it('goes', () => {
    const { files, open } = withMembers('');
    expect(files).not.toHaveProperty(['src/socket.adapter.ts']);
    expect(open).toEqual([]);
  });

  it('stays if it has members', () => {
    expect(withMembers(' log() {} ').open[0]).toContain('it does not override createIOServer()');
  });
});

describe('gateways with a port of their own', () => {
  it('are noted if a class sets up the server of the application only', () => {
    const { open } = migrated({
      ...application(mainWith('  app.useWebSocketAdapter(new SocketAdapter(app));\n'), {
        'src/socket.adapter.ts': `import { IoAdapter } from '@nestjs/platform-socket.io';
export class SocketAdapter extends IoAdapter {
  createIOServer(port: number, options?: any) {
    const server = super.createIOServer(port, options);
    server.use((socket, next) => next());
    return server;
  }
}
`,
      }),
      'src/chat.gateway.ts':
        "import { WebSocketGateway } from '@nestjs/websockets';\n@WebSocketGateway(81)\nexport class ChatGateway {}\n",
    });
    expect(open).toEqual([
      'src/socket.adapter.ts:3 configure() of SocketAdapter is not called for gateways with a port or path of their own: call it with those servers or namespaces as well',
    ]);
  });
});
