/** Applications that stay on platform-socket.io as a whole, because their adapter is not understood. */
import { describe, expect, it } from 'vitest';
import { application, mainWith, type Migrated, migrated } from '../../support/migrated.js';

const ADAPTER = `import { IoAdapter } from '@nestjs/platform-socket.io';
import { Server } from 'socket.io';
export class SocketAdapter extends IoAdapter {
  bindMiddleware(server: Server) {}
}
`;
const GATEWAY = `import { WebSocketGateway } from '@nestjs/websockets';
import type { Socket } from 'socket.io';
@WebSocketGateway()
export class ChatGateway {
  join(client: Socket) {}
}
`;
const TEST = `import { IoAdapter } from '@nestjs/platform-socket.io';
import { AppModule } from '../src/app.module';
app.useWebSocketAdapter(new IoAdapter(app));
`;
const UNKNOWN = mainWith('  app.useWebSocketAdapter(new SocketAdapter(app));\n');

const moduleOf = (gateway: string): string =>
  `import { Module } from '@nestjs/common';\nimport { ChatGateway } from '${gateway}';\n@Module({ providers: [ChatGateway] })\nexport class AppModule {}\n`;

const changed = ({ changes }: Migrated): string[] => changes.map(({ path }) => path);

/** The lines that a migration added to or removed from a file. */
function changedLines({ changes }: Migrated, path: string): string[] {
  const change = changes.find((one) => one.path === path);
  const before = change?.before.split('\n') ?? [];
  const after = change?.after?.split('\n') ?? [];
  return [...before.filter((line) => !after.includes(line)), ...after.filter((line) => !before.includes(line))];
}

describe('an application with an adapter that is not understood', () => {
  const files = {
    ...application(UNKNOWN, { 'src/socket.adapter.ts': ADAPTER, 'test/chat.e2e-spec.ts': TEST }),
    'src/chat.gateway.ts': GATEWAY,
  };

  it('gets comments, and no other change', () => {
    const result = migrated(files);
    expect(changed(result)).toEqual(['src/main.ts', 'src/socket.adapter.ts']);
    for (const path of changed(result)) {
      expect(changedLines(result, path)).toEqual([expect.stringMatching(/^ *\/\/ TODO\(nest-socketio\): /)]);
    }
    expect(result.packages).toEqual([]);
  });

  it('keeps its other adapters, and is not asked to decide about them', () => {
    const other = ADAPTER.replace('SocketAdapter', 'PlainAdapter').replace(
      '  bindMiddleware(server: Server) {}',
      '  createIOServer(port: number) {\n    return super.createIOServer(port, { serveClient: true });\n  }',
    );
    const lines =
      '  app.useWebSocketAdapter(a ? new SocketAdapter(app) : b);\n  app.useWebSocketAdapter(new PlainAdapter(app));\n';
    const imports =
      "import { SocketAdapter } from './socket.adapter';\nimport { PlainAdapter } from './plain.adapter';";
    const result = migrated({ ...files, 'src/main.ts': mainWith(lines, imports), 'src/plain.adapter.ts': other });
    expect(changed(result)).not.toContain('src/plain.adapter.ts');
    expect(changedLines(result, 'src/main.ts')).toEqual([expect.stringContaining('TODO')]);
    expect(result.open.join('\n')).not.toContain('plain.adapter');
  });

  it('stays even if the application itself is not found', () => {
    const main = UNKNOWN.replaceAll('NestFactory', 'Platform');
    expect(changed(migrated({ ...files, 'src/main.ts': main }))).toEqual(['src/main.ts', 'src/socket.adapter.ts']);
  });

  it('is migrated after the adapter is removed', () => {
    const { files: after, open } = migrated({ ...files, 'src/main.ts': mainWith('', ''), 'src/socket.adapter.ts': '' });
    expect(open).toEqual([]);
    expect(after['src/app.module.ts']).toContain('SocketIoModule.forRoot()');
    expect(after['package.json']).not.toContain('platform-socket.io');
  });
});

describe('an application next to one that stays', () => {
  const files = {
    'package.json': '{ "dependencies": { "@nestjs/platform-socket.io": "^12.0.0", "socket.io": "^4.8.0" } }\n',
    'apps/old/main.ts': UNKNOWN,
    'apps/old/app.module.ts': moduleOf('./chat.gateway'),
    'apps/old/chat.gateway.ts': GATEWAY,
    'apps/old/chat.gateway.spec.ts': "import { Server } from 'socket.io';\nimport './chat.gateway';\n",
    'apps/old/socket.adapter.ts': ADAPTER,
    'apps/new/main.ts': mainWith('', "import '../../libs/log';"),
    'apps/new/app.module.ts': moduleOf('./chat.gateway'),
    'apps/new/chat.gateway.ts': GATEWAY,
    'apps/new/chat.gateway.spec.ts': "import { Server } from 'socket.io';\nimport './chat.gateway';\n",
    'libs/log.ts': 'export const log = console;\n',
  };

  it('is migrated, and the dependencies of both stay', () => {
    const result = migrated(files);
    expect(changed(result)).toEqual([
      'apps/new/app.module.ts',
      'apps/new/chat.gateway.spec.ts',
      'apps/new/chat.gateway.ts',
      'apps/old/main.ts',
      'apps/old/socket.adapter.ts',
      'package.json',
    ]);
    expect(result.files['package.json']).toBe(
      '{ "dependencies": { "@nestjs/platform-socket.io": "^12.0.0", "nest-socketio": "^1.2.3", "socket.io": "^4.8.0" } }\n',
    );
  });

  it('stays, too, if its migration would change a file of the other', () => {
    const result = migrated({
      ...files,
      'libs/chat.gateway.ts': GATEWAY,
      'apps/old/app.module.ts': moduleOf('../../libs/chat.gateway'),
      'apps/new/app.module.ts': moduleOf('../../libs/chat.gateway'),
    });
    expect(changed(result)).toEqual(['apps/old/main.ts', 'apps/old/socket.adapter.ts']);
    expect(result.open).toContain(
      'apps/new/main.ts:6 this application stays on @nestjs/platform-socket.io, because it shares libs/chat.gateway.ts with one that does',
    );
  });
});
