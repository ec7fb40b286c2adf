/** Several applications in one repository, applications that a helper creates, and what surrounds an application. */
import { describe, expect, it } from 'vitest';
import { application, mainWith, migrated } from '../../support/migrated.js';

const moduleOf = (name: string, imports = ''): string =>
  `import { Module } from '@nestjs/common';\n${imports}\n@Module({})\nexport class ${name} {}\n`;

const GATEWAY =
  "import { WebSocketGateway } from '@nestjs/websockets';\n@WebSocketGateway()\nexport class Gateway {}\n";

describe('a monorepo', () => {
  const result = migrated({
    'package.json': '{ "dependencies": { "@nestjs/platform-socket.io": "^12.0.0" } }\n',
    'tsconfig.json':
      '{ "compilerOptions": { "baseUrl": ".", "paths": { "@app/common": ["libs/common/src"], "@app/common/*": ["libs/common/src/*"] } } } // paths\n',
    'apps/chat/src/main.ts':
      "import { start } from '@app/common/start';\nimport { ChatModule } from './chat.module';\n\nvoid start(ChatModule);\n",
    'apps/chat/src/chat.module.ts': moduleOf('ChatModule', "import { Gateway } from '@app/common/gateway';\n"),
    'apps/api/src/main.ts':
      "import { NestFactory } from '@nestjs/core';\nimport { ApiModule } from './api.module';\n\nvoid NestFactory.create(ApiModule);\n",
    'apps/api/src/api.module.ts': moduleOf('ApiModule'),
    'apps/admin/src/main.ts':
      "import { NestFactory } from '@nestjs/core';\nimport { AdminModule } from 'apps/admin/src/admin.module';\n\nvoid NestFactory.create(AdminModule.register());\n",
    'apps/admin/src/admin.module.ts': moduleOf('AdminModule', "import '@app/common/gateway';\n"),
    'libs/common/src/index.ts': "export * from './redis.adapter';\nexport * from './start';\n",
    'libs/common/src/gateway.ts': GATEWAY,
    'libs/common/src/start.ts': `import { NestFactory } from "@nestjs/core"
import { RedisAdapter } from "./redis.adapter"

export const start = async (module: unknown) => {
\tconst app = await NestFactory.create(module)
\tconst redis = new RedisAdapter(app)
\tawait redis.connect()
\tapp.useWebSocketAdapter(redis)
\tawait app.listen(3000)
}
`.replaceAll('\n', '\r\n'),
    'libs/common/src/redis.adapter.ts': `import { IoAdapter } from "@nestjs/platform-socket.io"

export class RedisAdapter extends IoAdapter {
\tprivate factory

\tasync connect() {}

\tcreateIOServer(port: number, options?: any) {
\t\tconst server = super.createIOServer(port, options)
\t\tserver.adapter(this.factory)
\t\treturn server
\t}
}
`.replaceAll('\n', '\r\n'),
  });

  it('finds the module that a helper is given, and imports through the alias of the library', () => {
    expect(result.files['apps/chat/src/chat.module.ts']).toContain(
      "import { SocketIoModule } from 'nest-socketio';\nimport { RedisAdapter } from '@app/common';\n\n@Module({\n  imports: [SocketIoModule.forRootAsync({ useClass: RedisAdapter })],\n})",
    );
  });

  it('adds the module where gateways are, and nowhere else', () => {
    expect(result.files['apps/admin/src/admin.module.ts']).toContain('imports: [SocketIoModule.forRoot()]');
    expect(result.changes.map(({ path }) => path)).not.toContain('apps/api/src/api.module.ts');
    expect(result.open).toEqual([]);
  });

  it('keeps line ends, tabs, quotes and the lack of semicolons', () => {
    expect(result.files['libs/common/src/start.ts']).toBe(
      `import { NestFactory } from "@nestjs/core"

export const start = async (module: unknown) => {
\tconst app = await NestFactory.create(module)
\tawait app.listen(3000)
}
`.replaceAll('\n', '\r\n'),
    );
    expect(result.files['libs/common/src/redis.adapter.ts']).toBe(
      `import { SocketIoModuleOptions, SocketIoOptionsFactory } from "nest-socketio"
import { Injectable } from "@nestjs/common"

@Injectable()
export class RedisAdapter implements SocketIoOptionsFactory {
\tprivate factory

\tasync connect() {}

\tasync createSocketIoOptions(): Promise<SocketIoModuleOptions> {
\t\tawait this.connect()
\t\treturn { adapter: this.factory }
\t}
}
`.replaceAll('\n', '\r\n'),
    );
  });
});

describe('an application', () => {
  it('whose module cannot be read gets a comment', () => {
    const main = mainWith('')
      .replace('create(AppModule)', 'create(await load())')
      .replace("'./socket.adapter'", "'./chat.gateway'");
    const { open } = migrated(application(main));
    expect(open).toEqual(['src/main.ts:6 add SocketIoModule.forRoot() to the imports of the root module']);
  });

  it('in ES modules gets imports with extensions', () => {
    const main = mainWith(
      '  app.useWebSocketAdapter(new SocketAdapter(app));\n',
      "import { SocketAdapter } from './ws/socket.adapter.js';",
    );
    const code = `import { IoAdapter } from '@nestjs/platform-socket.io';
import { ORIGINS } from '../origins.js';
export class SocketAdapter extends IoAdapter {
  createIOServer(port: number, options?: any) {
    return super.createIOServer(port, { ...options, cors: { origin: ORIGINS } });
  }
}
`;
    const { files } = migrated({
      ...application(main, { 'src/ws/socket.adapter.ts': code, 'src/origins.ts': 'export const ORIGINS = [];\n' }),
      'src/app.module.ts': moduleOf('AppModule', "import './chat.gateway.js';\n"),
    });
    expect(files['src/app.module.ts']).toContain("import { ORIGINS } from './origins.js';");
  });

  it('in JavaScript with require is migrated, too', () => {
    const { files } = migrated({
      'package.json': '{}',
      'main.js': `const { NestFactory } = require('@nestjs/core');
const { Module } = require('@nestjs/common');
const { IoAdapter } = require('@nestjs/platform-socket.io');
const { Server } = require('socket.io');

class AppModule {}

async function start() {
  const app = await NestFactory.create(AppModule);
  app.useWebSocketAdapter(new IoAdapter(app));
}
start();
`,
    });
    expect(files['main.js']).not.toContain('useWebSocketAdapter');
    expect(files['main.js']).toContain("const { Server } = require('nest-socketio');");
  });
});

describe('a test', () => {
  it('that makes an application of its own is named', () => {
    const { open, files } = migrated(
      application(mainWith('', ''), {
        'test/chat.spec.ts': `import { Test } from '@nestjs/testing';
import { io } from 'socket.io-client';

const module = await Test.createTestingModule({ providers: [] }).compile();
const app = module.createNestApplication();
`,
      }),
    );
    expect(open).toEqual([
      'test/chat.spec.ts:4 add SocketIoModule.forRoot() to the imports of this testing module, if it serves gateways',
    ]);
    expect(files['test/chat.spec.ts']).toContain('// TODO(nest-socketio): add SocketIoModule');
  });
});

describe('a type of the application', () => {
  it('whose userId is no text is named', () => {
    const { open } = migrated({
      'a.ts':
        "import { Socket } from 'socket.io';\ninterface Client extends Socket {\n  userId: number;\n}\ninterface Row { userId: number }\ntype Other = Socket & { userId: string };\n",
    });
    expect(open).toEqual([
      'a.ts:3 client.userId is a string here: keep a value of another type in client.data, or under another name',
    ]);
  });
});
