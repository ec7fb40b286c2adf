import { describe, expect, it } from 'vitest';
import { SHARED_NAMES } from '../../../lib/cli/migrate/socket-io-imports.js';
import * as own from '../../../lib/index.js';
import { migrated } from '../../support/migrated.js';

const rewritten = (code: string, path = 'a.ts'): string => migrated({ [path]: code }).files[path] ?? '';

describe('imports from socket.io', () => {
  it.each([
    [
      "import { Server, Socket as Client } from 'socket.io';",
      "import { Server, Socket as Client } from 'nest-socketio';",
    ],
    ['import type { Namespace } from "socket.io"', 'import type { Namespace } from "nest-socketio"'],
    ["import { RemoteSocket } from 'socket.io';", "import { type RemoteSocket } from 'nest-socketio';"],
    ["import type { RemoteSocket } from 'socket.io';", "import type { RemoteSocket } from 'nest-socketio';"],
    [
      "import { DefaultEventsMap } from 'socket.io/dist/typed-events';",
      "import { DefaultEventsMap } from 'nest-socketio';",
    ],
    [
      "import * as io from 'socket.io';\nnew io.Server();\nlet a: io.Socket;",
      "import * as io from 'nest-socketio';\nnew io.Server();\nlet a: io.Socket;",
    ],
    ["import io = require('socket.io');\nnew io.Server();", "import io = require('nest-socketio');\nnew io.Server();"],
    ["export { Server } from 'socket.io';", "export { Server } from 'nest-socketio';"],
    ["export type { Socket } from 'socket.io';", "export type { Socket } from 'nest-socketio';"],
    ["const { Server } = require('socket.io');", "const { Server } = require('nest-socketio');"],
    ["const { Server } = await import('socket.io');", "const { Server } = await import('nest-socketio');"],
    ["const io = require('socket.io');\nnew io.Server();", "const io = require('nest-socketio');\nnew io.Server();"],
    ["let a: import('socket.io').Socket;", "let a: import('nest-socketio').Socket;"],
    ["new (require('socket.io').Server)();", "new (require('nest-socketio').Server)();"],
    [
      "declare module 'socket.io' {\n  interface Socket { nick: string }\n}",
      "declare module 'nest-socketio' {\n  interface Socket { nick: string }\n}",
    ],
    ["import { io } from 'socket.io-client';", "import { io } from 'socket.io-client';"],
    ["log('socket.io');", "log('socket.io');"],
  ])('rewrites %s', (before, after) => {
    expect(rewritten(before)).toBe(after);
  });

  it('gives names without a counterpart an import of their own', () => {
    expect(rewritten("import { Server, SocketId, Room } from 'socket.io';\n")).toBe(
      '// TODO(nest-socketio): write string for the type SocketId; write string for the type Room\n' +
        "import { SocketId, Room } from 'socket.io';\n" +
        "import { Server } from 'nest-socketio';\n",
    );
  });

  it.each([
    ["import io from 'socket.io';", 'import { Server } from "nest-socketio", and call new Server(...)'],
    ["import { Handshake } from 'socket.io/dist/socket';", "write Socket['handshake'] for the type"],
    ["import 'socket.io';", 'this import has no counterpart; remove it if nothing needs it'],
    ["export * from 'socket.io';", 'name what is exported: export { Server, Socket } from "nest-socketio"'],
    ["import { Unheard } from 'socket.io';", '"nest-socketio" has no Unheard'],
    ["import * as io from 'socket.io';\nuse(io);", 'import { Server } from "nest-socketio", and call new Server(...)'],
    ["let a: typeof import('socket.io');", 'import the names that the file uses from "nest-socketio"'],
    ["jest.mock('socket.io');", 'mock "nest-socketio", or test with TestClient of "nest-socketio/testing"'],
    ["require('socket.io')(server);", 'import { Server } from "nest-socketio", and call new Server(...)'],
    ["const { Unheard } = require('socket.io');", '"nest-socketio" has no Unheard'],
    ["declare module 'socket.io' {\n  const a: 1;\n}", 'declare these members on types of "nest-socketio"'],
  ])('leaves %s, with advice', (before, advice) => {
    const { files, open } = migrated({ 'a.ts': before });
    expect(files['a.ts']).toBe(`// TODO(nest-socketio): ${advice}\n${before}`);
    expect(open).toEqual([`a.ts:1 ${advice}`]);
  });

  it('name only what this package has', () => {
    const types = new Set([
      'DefaultEventsMap',
      'DisconnectReason',
      'EventsMap',
      'ExtendedError',
      'RemoteSocket',
      'ServerOptions',
      'SocketIoModuleOptions',
      'SocketIoOptionsFactory',
    ]);
    const values = [...SHARED_NAMES].filter((name) => !types.has(name));
    expect(values.filter((name) => !(name in own))).toEqual([]);
  });
});
