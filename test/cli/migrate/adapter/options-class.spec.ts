/** Adapters that become a class which creates the options. */
import { describe, expect, it } from 'vitest';
import { application, mainLines, mainWith, migrated, moduleImports } from '../../../support/migrated.js';

function withAdapter(code: string, main: string, others: Readonly<Record<string, string>> = {}) {
  return migrated(application(main, { 'src/socket.adapter.ts': code, ...others }));
}

const PREPARED = mainWith(`  const adapter = new SocketAdapter(app);
  await adapter.connectToRedis();

  app.useWebSocketAdapter(adapter);
`);

describe("the adapter of Nest's documentation", () => {
  const result = withAdapter(
    `import { IoAdapter } from '@nestjs/platform-socket.io';
import { ServerOptions } from 'socket.io';
import { createAdapter } from '@socket.io/redis-adapter';
import { createClient } from 'redis';

export class SocketAdapter extends IoAdapter {
  private adapterConstructor: ReturnType<typeof createAdapter>;

  async connectToRedis(): Promise<void> {
    const pubClient = createClient({ url: 'redis://localhost:6379' });
    const subClient = pubClient.duplicate();
    await Promise.all([pubClient.connect(), subClient.connect()]);
    this.adapterConstructor = createAdapter(pubClient, subClient);
  }

  createIOServer(port: number, options?: ServerOptions): any {
    const server = super.createIOServer(port, options);
    server.adapter(this.adapterConstructor);
    return server;
  }
}
`,
    PREPARED,
  );

  it('connects when the options are created', () => {
    expect(result.files['src/socket.adapter.ts'])
      .toBe(`import { SocketIoModuleOptions, SocketIoOptionsFactory } from 'nest-socketio';
import { createAdapter } from '@socket.io/redis-adapter';
import { createClient } from 'redis';
import { Injectable } from '@nestjs/common';

@Injectable()
export class SocketAdapter implements SocketIoOptionsFactory {
  private adapterConstructor: ReturnType<typeof createAdapter>;

  async connectToRedis(): Promise<void> {
    const pubClient = createClient({ url: 'redis://localhost:6379' });
    const subClient = pubClient.duplicate();
    await Promise.all([pubClient.connect(), subClient.connect()]);
    this.adapterConstructor = createAdapter(pubClient, subClient);
  }

  async createSocketIoOptions(): Promise<SocketIoModuleOptions> {
    await this.connectToRedis();
    return { adapter: this.adapterConstructor };
  }
}
`);
    expect(moduleImports(result)).toBe('[SocketIoModule.forRootAsync({ useClass: SocketAdapter })]');
    expect(mainLines(result)).toBe('');
    expect(result.files['package.json']).toBe('{ "dependencies": { "nest-socketio": "^1.2.3" } }\n');
    expect(result.open).toEqual([]);
  });
});

describe('an adapter that is given things', () => {
  const code = `import type { INestApplicationContext } from '@nestjs/common';
import type { ConfigService } from '@nestjs/config';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { createAdapter } from '@socket.io/redis-adapter';
import Redis from 'ioredis';
import type { Server, ServerOptions } from 'socket.io';
import { Users } from './users';

export class SocketAdapter extends IoAdapter {
  private pub: Redis;
  private factory: ReturnType<typeof createAdapter> | null = null;

  constructor(
    private readonly app: INestApplicationContext,
    private readonly config: ConfigService,
    private readonly path: string,
    prefix: string,
  ) {
    super(app);
    this.prefix =
      prefix + config.get('PREFIX');
  }

  async connect(url: string) {
    this.pub = new Redis(url);
    this.factory = createAdapter(this.pub, this.pub.duplicate());
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    const users = this.app.get(Users);
    const server = super.createIOServer(port, {
      ...options,
      path: this.path,
      allowEIO3: false,
      cors: { origin: this.config.get('ORIGIN') },
    }) as Server;
    if (this.factory) server.adapter(this.factory);
    server.use(async (socket, next) => {
      socket.data.user = await users.find(socket.handshake.auth.token);
      next();
    });
    instrument(server, { auth: false });
    return server;
  }

  async close(server: Server) {
    await super.close(server);
    await this.pub.quit();
  }
}
`;
  const main = mainWith(
    `  const config = app.get(ConfigService);
  const path = process.env.WS_PATH ?? '/ws';
  const adapter = new SocketAdapter(app, config, path, 'x-' + config.get('NAME'));
  await adapter.connect(config.get('REDIS_URL'));
  app.useWebSocketAdapter(adapter);
`,
    "import { ConfigService } from '@nestjs/config';\nimport { SocketAdapter } from './socket.adapter';",
  );
  const result = withAdapter(code, main, { 'src/users.ts': 'export class Users {}\n' });

  it('gets them injected, and does the rest in hooks', () => {
    expect(result.files['src/socket.adapter.ts']).toBe(`import { createAdapter } from '@socket.io/redis-adapter';
import Redis from 'ioredis';
import { Users } from './users';
import { type SocketIoModuleOptions, Server, type SocketIoOptionsFactory } from 'nest-socketio';
import { ModuleRef } from '@nestjs/core';
import { ConfigService } from '@nestjs/config';
import { type OnModuleInit, type OnApplicationShutdown, Injectable } from '@nestjs/common';

@Injectable()
export class SocketAdapter implements SocketIoOptionsFactory, OnModuleInit, OnApplicationShutdown {
  private pub: Redis;
  private factory: ReturnType<typeof createAdapter> | null = null;

  private readonly path: string = process.env.WS_PATH ?? '/ws';
  constructor(private readonly moduleRef: ModuleRef, private readonly config: ConfigService) {
    const prefix: string = 'x-' + config.get('NAME');
    this.prefix =
      prefix + config.get('PREFIX');
  }

  async connect(url: string) {
    this.pub = new Redis(url);
    this.factory = createAdapter(this.pub, this.pub.duplicate());
  }

  async createSocketIoOptions(): Promise<SocketIoModuleOptions> {
    await this.connect(this.config.get('REDIS_URL'));
    const options: SocketIoModuleOptions = {
      path: this.path,
      cors: { origin: this.config.get('ORIGIN') },
    };
    if (this.factory) options.adapter = this.factory;
    return options;
  }

  /** Adds what needs the server itself. */
  onModuleInit() {
    const server = this.moduleRef.get(Server, { strict: false });
    const users = this.moduleRef.get(Users, { strict: false });
    server.use(async (socket, next) => {
      socket.data.user = await users.find(socket.handshake.auth.token);
      next();
    });
    instrument(server as never, { auth: false });
  }

  async onApplicationShutdown() {
    await this.pub.quit();
  }
}
`);
    expect(moduleImports(result)).toBe(
      '[SocketIoModule.forRootAsync({ imports: [ConfigModule], useClass: SocketAdapter })]',
    );
    expect(mainLines(result)).toBe('');
  });
});

/** An adapter that gets a provider by its token. */
function asking(token: string): string {
  return `import { INestApplicationContext } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { Settings } from './settings';

export class SocketAdapter extends IoAdapter {
  private readonly settings: Settings;

  constructor(private app: INestApplicationContext) {
    super(app);
    this.settings = app.get(${token});
  }

  createIOServer(port: number, options?: any) {
    const { settings } = this;
    return super.createIOServer(port, { ...options, cors: { origin: settings.origin } });
  }
}
`;
}

describe('an adapter that gets its providers from the application', () => {
  const main = mainWith('  app.useWebSocketAdapter(new SocketAdapter(app));\n');
  const settings = `import { Module } from '@nestjs/common';
export class Settings {}
@Module({ providers: [Settings], exports: [Settings] })
export class SettingsModule {}
`;

  it('imports the module that exports them', () => {
    const result = withAdapter(asking('Settings'), main, { 'src/settings.ts': settings });
    expect(moduleImports(result)).toBe(
      '[SocketIoModule.forRootAsync({ imports: [SettingsModule], useClass: SocketAdapter })]',
    );
    expect(result.files['src/socket.adapter.ts']).toContain(
      '  constructor(settings: Settings) {\n    this.settings = settings;\n  }',
    );
  });

  it('needs no import if the module is global', () => {
    const result = withAdapter(asking('Settings'), main, {
      'src/settings.ts': settings.replace('@Module', '@Global()\n@Module'),
    });
    expect(moduleImports(result)).toBe('[SocketIoModule.forRootAsync({ useClass: SocketAdapter })]');
  });

  it('leaves the import to a person if no module exports them, and injects other tokens by name', () => {
    const result = withAdapter(asking("'SETTINGS'"), main, { 'src/settings.ts': settings });
    expect(result.files['src/socket.adapter.ts']).toContain("constructor(@Inject('SETTINGS') settings: any)");
    expect(result.open).toEqual([
      "src/app.module.ts:4 import the module that exports 'SETTINGS' in forRootAsync({ imports: [...] }), or make it global",
    ]);
  });
});

describe('an adapter that computes its options', () => {
  it('computes them as before', () => {
    const result = withAdapter(
      `import { IoAdapter } from '@nestjs/platform-socket.io';
import { createAdapter } from '@socket.io/redis-adapter';

export class SocketAdapter extends IoAdapter {
  private factory: ReturnType<typeof createAdapter> | null;

  createIOServer(port: number, options?: any) {
    if (process.env.ORIGIN) options.cors = { origin: process.env.ORIGIN };
    const server = super.createIOServer(port, options);
    server.engine.use(this.first);
    server.engine.use(this.second());
    server.adapter(this.factory);
    return server;
  }
}
`,
      mainWith('  app.useWebSocketAdapter(new SocketAdapter(app));\n'),
    );
    expect(result.files['src/socket.adapter.ts']).toContain(`  createSocketIoOptions(): SocketIoModuleOptions {
    let options: SocketIoModuleOptions = {};
    if (process.env.ORIGIN) options.cors = { origin: process.env.ORIGIN };
    const serverOptions: SocketIoModuleOptions = options;
    serverOptions.use = [this.first, this.second()];
    serverOptions.adapter = this.factory ?? undefined;
    return serverOptions;
  }`);
  });
});
