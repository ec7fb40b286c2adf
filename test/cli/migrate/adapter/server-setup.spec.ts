/** Adapters that become a class which sets up the server. */
import { describe, expect, it } from 'vitest';
import { application, mainLines, mainWith, migrated, moduleImports } from '../../../support/migrated.js';

describe('an adapter with a session that only main.ts has', () => {
  const result = migrated(
    application(
      mainWith(
        `  const sessions = session({ secret: app.get(ConfigService).get('SECRET') });
  app.use(sessions);
  app.useWebSocketAdapter(new SocketAdapter(sessions, app));
`,
        `import { ConfigService } from '@nestjs/config';
import session from 'express-session';
import { Server } from 'node:http';
import { SocketAdapter } from './socket.adapter';`,
      ),
      {
        'src/socket.adapter.ts': `import { INestApplicationContext } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { RequestHandler } from 'express';
import passport from 'passport';
import { Server, ServerOptions } from 'socket.io';

export class SocketAdapter extends IoAdapter {
  constructor(private readonly sessions: RequestHandler, app: INestApplicationContext) {
    super(app);
  }

  private wrap = (middleware) => (socket, next) => middleware(socket.request, {}, next);

  createIOServer(port: number, options?: ServerOptions): Server {
    const cors = { origin: true };
    const io: Server = super.createIOServer(port, { ...options, cors });
    io.use(this.wrap(this.sessions));
    io.use(this.wrap(passport.session()));
    if (process.env.PUBLIC) return io;
    io.use((socket, next) => this.check(socket.request, {}, next));
    io.of('/admin').use((socket, next) => next(new Error('no')));
    return io;
  }

  check(request, response, next) {}
}
`,
      },
    ),
  );

  it('is configured with the server of the application', () => {
    expect(result.files['src/socket.adapter.ts']).toBe(`import { RequestHandler } from 'express';
import passport from 'passport';
import { Server } from 'nest-socketio';

export class SocketAdapter {
  constructor(private readonly sessions: RequestHandler) {}

  configure(io: Server): void {
    io.engine.use(this.sessions);
    io.engine.use(passport.session());
    if (process.env.PUBLIC) return;
    io.use((socket, next) => this.check(socket.request, {}, next));
    io.of('/admin').use((socket, next) => next(new Error('no')));
  }

  check(request, response, next) {}
}
`);
    expect(mainLines(result)).toBe(`  const sessions = session({ secret: app.get(ConfigService).get('SECRET') });
  app.use(sessions);
  new SocketAdapter(sessions).configure(app.get(SocketIoServer));`);
    expect(result.files['src/main.ts']).toContain("import { Server as SocketIoServer } from 'nest-socketio';");
  });

  it('has its options in the module', () => {
    expect(moduleImports(result)).toBe('[SocketIoModule.forRoot({ cors: { origin: true } })]');
    expect(result.open).toEqual([]);
  });
});

/** The lines of `main.ts` and the adapter afterwards. */
function withAdapter(lines: string, adapter: string) {
  const code = `import { IoAdapter } from '@nestjs/platform-socket.io';\nimport type { Server } from 'socket.io';\n\n${adapter}`;
  const result = migrated(application(mainWith(lines), { 'src/socket.adapter.ts': code }));
  return { ...result, main: mainLines(result), adapter: result.files['src/socket.adapter.ts'] ?? '' };
}

describe('an adapter that main.ts decides on', () => {
  const redis = `export class SocketAdapter extends IoAdapter {
  private factory: any;

  private constructor(app: object, readonly url = '') {
    super(app);
  }

  static async create(app: object) {
    return new SocketAdapter(app);
  }

  createIOServer(port: number, options?: any) {
    const server = super.createIOServer(port, options) as any;
    server.adapter(this.factory);
    server.on('connection', (socket) => socket.join('all'));
    return server;
  }
}
`;

  it('is decided on as before', () => {
    const { main, adapter } = withAdapter(
      `  if (process.env.REDIS) {
    const redis = new SocketAdapter(app, process.env.REDIS);
    app.useWebSocketAdapter(redis);
    process.on('SIGTERM', () => redis.stop());
  }
`,
      redis,
    );
    expect(main).toBe(`  if (process.env.REDIS) {
    const redis = new SocketAdapter(process.env.REDIS);
    redis.configure(app.get(Server));
    process.on('SIGTERM', () => redis.stop());
  }`);
    expect(adapter).toContain('return new SocketAdapter();');
    expect(adapter).toContain('configure(server: any): void {');
  });

  it('gets a provider that no module exports from the application', () => {
    const { main, adapter, open } = withAdapter(
      '  const adapter = new SocketAdapter(app);\n  await adapter.connect(app.get(Settings));\n  app.useWebSocketAdapter(adapter);\n',
      `export class SocketAdapter extends IoAdapter {
  private factory: any;
  async connect(settings: unknown) {}
  createIOServer(port: number, options?: any) {
    const server = super.createIOServer(port, options);
    server.adapter(this.factory);
    return server;
  }
}
`,
    );
    expect(main).toBe(
      '  const adapter = new SocketAdapter();\n  await adapter.connect(app.get(Settings));\n  adapter.configure(app.get(Server));',
    );
    expect(adapter).toContain('    server.adapter(this.factory);\n');
    expect(open).toEqual([]);
  });

  it('may come from a function of the class', () => {
    const { main } = withAdapter('  app.useWebSocketAdapter(await SocketAdapter.create(app));\n', redis);
    expect(main).toBe('  (await SocketAdapter.create(app)).configure(app.get(Server));');
  });
});

function overriding(method: string): string {
  return `export class SocketAdapter extends IoAdapter {
  ${method}(port: number, options?: any) {
    const server = super.${method}(port, options);
    server.use((socket, next) => next());
    return server;
  }
}
`;
}

describe('an adapter that overrides', () => {
  const lines = '  app.useWebSocketAdapter(new SocketAdapter(app));\n';

  it('create() is noted, because that ran for each gateway', () => {
    const { adapter, open } = withAdapter(lines, overriding('create'));
    expect(adapter).toContain('  configure(server: Server): void {');
    expect(open).toEqual([expect.stringMatching(/^src\/socket\.adapter\.ts:5 create\(\) of SocketAdapter was called/)]);
  });

  it('close() is noted, if its class stays in main.ts', () => {
    const ending =
      '  async close(server: Server) {\n    this.timer.stop(server);\n    return super.close(server);\n  }\n}\n';
    const { adapter, open } = withAdapter(lines, overriding('createIOServer').replace(/\}\n$/, ending));
    expect(adapter)
      .toContain(`  // TODO(nest-socketio): Nest no longer calls close() of SocketAdapter: call it when the application shuts down
  async close(server: Server) {
    this.timer.stop(server);
  }`);
    expect(open).toHaveLength(1);
  });
});
