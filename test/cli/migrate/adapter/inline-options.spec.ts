/** Adapters that become options of `forRoot`. */
import { describe, expect, it } from 'vitest';
import { application, mainLines, mainWith, migrated, moduleImports } from '../../../support/migrated.js';

const MAIN = mainWith('  app.useWebSocketAdapter(new SocketAdapter(app));\n');

/** Migrates an adapter that has only `createIOServer`. */
function withBody(body: string, extra = '') {
  return migrated(
    application(MAIN, {
      'src/socket.adapter.ts': `import { IoAdapter } from '@nestjs/platform-socket.io';
import { createAdapter } from '@socket.io/cluster-adapter';
import { ServerOptions } from 'socket.io';
${extra}
export class SocketAdapter extends IoAdapter {
  createIOServer(port: number, options?: ServerOptions) {
${body}
  }
}
`,
    }),
  );
}

describe('options of an adapter', () => {
  it.each([
    ['return super.createIOServer(port, options);', 'SocketIoModule.forRoot()'],
    ['return super.createIOServer(port);', 'SocketIoModule.forRoot()'],
    [
      'return super.createIOServer(port, { ...options, cors: { origin: true } });',
      'SocketIoModule.forRoot({ cors: { origin: true } })',
    ],
    [
      'return super.createIOServer(port, Object.assign({}, options, { pingTimeout: 5_000 }));',
      'SocketIoModule.forRoot({ pingTimeout: 5_000 })',
    ],
    [
      'const cors = { origin: true };\n    const all = { ...options, cors };\n    return super.createIOServer(port, all as any);',
      'SocketIoModule.forRoot({ cors: { origin: true } })',
    ],
    [
      "options = options || {};\n    options.path = '/ws';\n    return super.createIOServer(port, options);",
      "SocketIoModule.forRoot({ path: '/ws' })",
    ],
    [
      'if (!options) options = {} as any;\n    options = { ...options, serveClient: false };\n    return super.createIOServer(port, options);',
      'SocketIoModule.forRoot({ serveClient: false })',
    ],
    [
      "return super.createIOServer(port, { ...(options ?? {}), transports: ['websocket', 'polling'], upgradeTimeout: 5 });",
      'SocketIoModule.forRoot()',
    ],
    [
      'const server = super.createIOServer(port, options);\n    server.adapter(createAdapter());\n    return server;',
      'SocketIoModule.forRoot({ adapter: createAdapter() })',
    ],
    [
      'return super.createIOServer(port, { ...options, cors: { credentials: true } });',
      "SocketIoModule.forRoot({ cors: { origin: '*', credentials: true } })",
    ],
    ['return super.createIOServer(port, { cors: true } as any);', "SocketIoModule.forRoot({ cors: { origin: '*' } })"],
    ['return super.createIOServer(port, { cors: {} });', "SocketIoModule.forRoot({ cors: { origin: '*' } })"],
  ])('%s', (body, expected) => {
    const result = withBody(`    ${body}`);
    expect(moduleImports(result)).toBe(`[${expected}]`);
    expect(mainLines(result)).toBe('');
    expect(result.files['src/main.ts']).not.toContain('SocketAdapter');
    expect(result.files).not.toHaveProperty(['src/socket.adapter.ts']);
    expect(result.open).toEqual([]);
  });

  it('take their imports along, and get lines of their own', () => {
    const result = withBody(
      `    return super.createIOServer(port, {
      ...options,
      cors: {
        origin: allowed(process.env.ORIGINS),
        credentials: true,
      },
      allowRequest: (request, callback) => callback(null, request.url !== undefined),
    });`,
      "import { allowed } from '../config/allowed';\nimport * as parser from 'socket.io-msgpack-parser';\n",
    );
    expect(moduleImports(result)).toBe(`[
    SocketIoModule.forRoot({
      cors: {
        origin: allowed(process.env.ORIGINS),
        credentials: true,
      },
      allowRequest: (request, callback) => callback(null, request.url !== undefined),
    }),
  ]`);
    expect(result.files['src/app.module.ts']).toContain("import { allowed } from '../config/allowed';");
  });

  it('that are gone are named', () => {
    const { open, files } = withBody(
      "    return super.createIOServer(port, { allowEIO3: true, wsEngine: engine, path: '/x', unheard: 1 } as any);",
    );
    expect(open).toEqual([
      'src/socket.adapter.ts:7 allowEIO3 is gone: clients of Socket.IO 2 must be updated to 3 or later',
      'src/socket.adapter.ts:7 wsEngine is gone: the server is built on ws',
      'src/socket.adapter.ts:7 the option unheard is gone: "nest-socketio" has no option of this name',
    ]);
    expect(files['src/app.module.ts']).toContain("forRoot({ path: '/x' })");
  });

  it('include HTTP middlewares that were wrapped for sockets', () => {
    const result = withBody(
      `    const server = super.createIOServer(port, options);
    server.use(wrap(session({ secret: 'x' })));
    server.use((socket, next) => parse(socket.request, {} as any, next as any));
    server.engine.use(helmet());
    return server;`,
      `import helmet from 'helmet';
import { parse } from './parse';
import session from 'express-session';

const wrap = (middleware) => (socket, next) => middleware(socket.request, {}, next);
`,
    );
    expect(moduleImports(result)).toBe(`[
    SocketIoModule.forRoot({
      use: [session({ secret: 'x' }), parse, helmet()],
    }),
  ]`);
    expect(result.files['src/app.module.ts']).toContain("import session from 'express-session';");
  });

  it('with a port of their own put the port on the gateways', () => {
    const gateways = `import { WebSocketGateway } from '@nestjs/websockets';
@WebSocketGateway()
export class ChatGateway {}
@WebSocketGateway({ namespace: 'b' })
export class B {}
@WebSocketGateway(4001)
export class C {}
`;
    const adapter = `import { IoAdapter } from '@nestjs/platform-socket.io';
class SocketAdapter extends IoAdapter {
  createIOServer(port: number, options?: any) {
    return super.createIOServer(3006, { ...options, serveClient: false });
  }
}

export { SocketAdapter };
`;
    const result = migrated(application(MAIN, { 'src/chat.gateway.ts': gateways, 'src/socket.adapter.ts': adapter }));
    expect(result.files['src/chat.gateway.ts']).toBe(
      gateways.replace('way()', 'way(3006)').replace("way({ namespace: 'b' })", "way(3006, { namespace: 'b' })"),
    );
    expect(moduleImports(result)).toBe('[SocketIoModule.forRoot({ serveClient: false })]');
    expect(result.files).not.toHaveProperty(['src/socket.adapter.ts']);
  });

  it('of a class in main.ts are moved as well', () => {
    const result = migrated(
      application(
        mainWith(
          '  app.useWebSocketAdapter(new Cors(app));\n',
          `import { IoAdapter } from '@nestjs/platform-socket.io';

class Cors extends IoAdapter {
  createIOServer(port, options) {
    return super.createIOServer(port, { ...options, cors: { origin: true } });
  }
}`,
        ),
      ),
    );
    expect(moduleImports(result)).toBe('[SocketIoModule.forRoot({ cors: { origin: true } })]');
    expect(result.files['src/main.ts']).toBe(mainWith('', '').replace("module';\n\n\n", "module';\n\n"));
  });
});

describe('an adapter that adds nothing', () => {
  it('goes, and its lines with the constants that only they used', () => {
    const result = migrated(
      application(
        mainWith(
          `  const config = app.get(ConfigService);
  // WebSockets
  const adapter = new IoAdapter(app);

  app.useWebSocketAdapter(adapter);
  app.enableShutdownHooks();
`,
          "import { ConfigService } from '@nestjs/config';\nimport { IoAdapter } from '@nestjs/platform-socket.io';",
        ),
      ),
    );
    expect(mainLines(result)).toBe('  const config = app.get(ConfigService);\n\n  app.enableShutdownHooks();');
    expect(moduleImports(result)).toBe('[SocketIoModule.forRoot()]');
  });

  it('leaves a branch of an if only if something else is in it', () => {
    const result = migrated(
      application(
        mainWith(
          '  if (process.env.WS) {\n    app.useWebSocketAdapter(new IoAdapter(app));\n  }\n  if (a) {\n    b();\n  } else {\n    app.useWebSocketAdapter(new IoAdapter(app));\n  }\n',
          "import { IoAdapter } from '@nestjs/platform-socket.io';",
        ),
      ),
    );
    expect(mainLines(result)).toBe('  if (a) {\n    b();\n  }');
  });

  it('of another library stays', () => {
    const main = mainWith(
      '  app.useWebSocketAdapter(new WsAdapter(app));\n',
      "import { WsAdapter } from '@nestjs/platform-ws';",
    );
    const { files } = migrated(application(main));
    expect(files['src/main.ts']).toBe(main);
    expect(files['src/app.module.ts']).not.toContain('SocketIoModule');
  });
});
