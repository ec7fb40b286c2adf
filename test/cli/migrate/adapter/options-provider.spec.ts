/** Adapters whose options come from providers, and the rest from main.ts: the options get a class of their own. */
import { describe, expect, it } from 'vitest';
import { application, mainLines, mainWith, migrated, moduleImports } from '../../../support/migrated.js';

const CONFIG = {
  'src/config.ts': `import { Global, Module } from '@nestjs/common';

export class Config {}

@Global()
@Module({ providers: [Config], exports: [Config] })
export class ConfigModule {}
`,
};

/** Migrates an adapter with a session that main.ts makes and uses itself. */
function result(adapter: string, creation = 'new SocketAdapter(app, sessions)') {
  const lines = `  const sessions = session({ store: makeStore() });
  app.use(sessions);
  app.useWebSocketAdapter(${creation});
`;
  const imports = `import session from 'express-session';
import { Config } from './config';
import { SocketAdapter } from './socket.adapter';`;
  return migrated(application(mainWith(lines, imports), { ...CONFIG, 'src/socket.adapter.ts': adapter }));
}

describe('an adapter with fields for a provider and for a value of main.ts', () => {
  const migration = result(`import type { INestApplicationContext } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { RequestHandler } from 'express';
import { Server, ServerOptions, Socket } from 'socket.io';
import { Config } from './config';

type Next = (error?: Error) => void;

const wrap = (middleware) => (socket: Socket, next: Next) => middleware(socket.request, {}, next);

export class SocketAdapter extends IoAdapter {
  private readonly config: Config;

  constructor(app: INestApplicationContext, private readonly sessions: RequestHandler) {
    super(app);
    this.config = app.get(Config);
  }

  createIOServer(port: number, options?: ServerOptions): Server {
    const origins = this.config.get('ORIGINS');
    const [origin] = origins.split(',');
    const key = this.config.get('KEY');
    const server: Server = super.createIOServer(port, {
      ...options,
      cors: { origin },
      transports: ['websocket', 'polling'],
    } as ServerOptions);

    server.use(wrap(this.sessions));
    server.of('/admin').use((socket, next) => next(socket.handshake.auth.key === key ? undefined : new Error('no')));

    return server;
  }
}
`);

  it('is split: a class creates the options, and main.ts configures the server', () => {
    expect(migration.files['src/socket.adapter.ts'])
      .toBe(`import type { INestApplicationContext } from '@nestjs/common';
import type { RequestHandler } from 'express';
import { Server, type SocketIoOptionsFactory, type SocketIoModuleOptions } from 'nest-socketio';
import { Config } from './config';
import { Injectable } from '@nestjs/common';

export class SocketAdapter {
  private readonly config: Config;

  constructor(app: INestApplicationContext, private readonly sessions: RequestHandler) {
    this.config = app.get(Config);
  }

  configure(server: Server): void {
    const key = this.config.get('KEY');

    server.engine.use(this.sessions);
    server.of('/admin').use((socket, next) => next(socket.handshake.auth.key === key ? undefined : new Error('no')));
  }
}

/** The options of SocketIoModule. */
@Injectable()
export class SocketOptions implements SocketIoOptionsFactory {
  constructor(private readonly config: Config) {}

  createSocketIoOptions(): SocketIoModuleOptions {
    const origins = this.config.get('ORIGINS');
    const [origin] = origins.split(',');
    return {
      cors: { origin },
    };
  }
}
`);
    expect(mainLines(migration)).toContain('new SocketAdapter(app, sessions).configure(app.get(Server));');
    expect(moduleImports(migration)).toBe('[SocketIoModule.forRootAsync({ useClass: SocketOptions })]');
    expect(migration.open).toEqual([]);
  });
});

/** An adapter with these parameters, whose options read these values. */
const adapterWith = (
  parameters: string,
  cors: string,
): string => `import { IoAdapter } from '@nestjs/platform-socket.io';
import { Config } from './config';

export class SocketAdapter extends IoAdapter {
  constructor(app, ${parameters}) {
    super(app);
  }

  createIOServer(port, options) {
    const io = super.createIOServer(port, { ...options, cors: ${cors} });
    io.use(this.sessions);
    return io;
  }
}
`;

it('a provider that main.ts passes is injected', () => {
  const adapter = adapterWith('private sessions, private config: Config', '{ origin: this.config.origin }');
  const { files } = result(adapter, 'new SocketAdapter(app, sessions, app.get(Config))');
  expect(files['src/socket.adapter.ts']).toContain(`export class SocketOptions implements SocketIoOptionsFactory {
  constructor(private readonly config: Config) {}
`);
});

it.each([
  ['a value of main.ts', 'private sessions', '{ origin: this.sessions.origin }'],
  ['a method of the class', 'private sessions', '{ origin: this.origin() }'],
  ['the class itself', 'private sessions', 'read(this)'],
])('options that need %s stay', (_, parameters, cors) => {
  const { open } = result(adapterWith(parameters, cors));
  expect(open[0]).toContain('its options depend on values that only main.ts has, or on conditions');
});
