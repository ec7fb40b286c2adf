import { describe, expect, it } from 'vitest';
import { formerPlatform } from '../../../../lib/cli/doctor/checks/former-platform.js';
import { findingsOf, linesOf } from '../facts.js';

const MAIN = `import { NestFactory } from '@nestjs/core';
const app = await NestFactory.create(AppModule);
app.useWebSocketAdapter(new RedisIoAdapter(app));
`;
const MODULE = "import { SocketIoModule } from 'nest-socketio';";

const manifest = (dependencies: object): string =>
  JSON.stringify({ dependencies: { 'nest-socketio': '*', ...dependencies } }, null, 2);

describe('the check of platform-socket.io', () => {
  it('hints at the dependency', () => {
    const files = { 'package.json': manifest({ '@nestjs/platform-socket.io': '^12.0.0' }) };
    expect(linesOf(formerPlatform, { files })).toEqual([
      'package.json:4 hint: @nestjs/platform-socket.io is not used next to nest-socketio.' +
        ' → npm uninstall @nestjs/platform-socket.io',
    ]);
  });

  it('reports an adapter of Nest next to the module', () => {
    const files = { 'src/main.ts': MAIN, 'src/app.module.ts': MODULE };
    expect(linesOf(formerPlatform, { files })).toEqual([
      'src/main.ts:3 problem: SocketIoModule installs the adapter, so useWebSocketAdapter() must not install another.' +
        ' → Remove app.useWebSocketAdapter(...)',
    ]);
  });

  it('hints at one in another application of a monorepo', () => {
    const files = {
      'apps/ws/src/main.ts': MAIN,
      'apps/api/src/main.ts': '',
      'apps/api/src/chat/chat.module.ts': MODULE,
    };
    expect(findingsOf(formerPlatform, { files })).toMatchObject([{ level: 'hint', path: 'apps/ws/src/main.ts' }]);
  });

  it('hints at an IoAdapter', () => {
    const files = {
      'src/redis.adapter.ts':
        "import { IoAdapter } from '@nestjs/platform-socket.io';\n\nexport class RedisAdapter extends IoAdapter {}",
    };
    expect(linesOf(formerPlatform, { files })).toEqual([
      'src/redis.adapter.ts:3 hint: RedisAdapter extends IoAdapter, which has no effect next to SocketIoModule.' +
        ' → Set its options in SocketIoModule.forRoot({ ... }) and remove the class.',
    ]);
  });

  it.each([
    [
      "import { Server, Socket } from 'socket.io';",
      'Server, Socket',
      "import { Server, Socket } from 'nest-socketio';",
    ],
    ["import type { Socket } from 'socket.io';", 'Socket', "import type { Socket } from 'nest-socketio';"],
    ["import { type Socket } from 'socket.io';", 'Socket', "import type { Socket } from 'nest-socketio';"],
    ["import * as socketio from 'socket.io';", '*', 'Import from nest-socketio.'],
    ["const { Server } = require('socket.io');", 'Server', "import { Server } from 'nest-socketio';"],
  ])('reports %s without the dependency', (code, names, fix) => {
    expect(linesOf(formerPlatform, { files: { 'src/chat.gateway.ts': `\n${code}` } })).toEqual([
      `src/chat.gateway.ts:2 problem: This file imports ${names} from socket.io, which package.json does not have in its` +
        ` dependencies. → ${fix}`,
    ]);
  });

  it.each([
    ['a dependency', manifest({ 'socket.io': '^4.0.0' }), "import { Server } from 'socket.io';"],
    [
      'types of a development dependency',
      '{ "dependencies": { "nest-socketio": "*" }, "devDependencies": { "socket.io": "*" } }',
      "import type { Server } from 'socket.io';",
    ],
    ['another package', manifest({}), "import { io } from 'socket.io-client'; // socket.io"],
    ['a package without nest-socketio', '{}', "import { Server } from 'socket.io';"],
  ])('accepts imports of %s', (_what, manifest, code) => {
    expect(findingsOf(formerPlatform, { files: { 'package.json': manifest, 'src/a.ts': code } })).toEqual([]);
  });
});
