import { describe, expect, it } from 'vitest';
import { migrated } from '../../support/migrated.js';

const SOURCE = { 'a.ts': "import { Server } from 'socket.io';\n" };

describe('package.json', () => {
  it.each([
    [
      '{\n\t"dependencies": {\n\t\t"@nestjs/platform-socket.io": "^12.0.0",\n\t\t"rxjs": "^7.0.0",\n\t\t"socket.io": "^4.8.0"\n\t}\n}\n',
      '{\n\t"dependencies": {\n\t\t"nest-socketio": "^1.2.3",\n\t\t"rxjs": "^7.0.0"\n\t}\n}\n',
    ],
    [
      '{"dependencies":{"@nestjs/platform-socket.io":"1"},"devDependencies":{"@types/socket.io":"3","a":"1"}}',
      '{"dependencies":{"nest-socketio":"^1.2.3"},"devDependencies":{"a":"1"}}',
    ],
    [
      '{\r\n  "dependencies": { "socket.io": "4", "zod": "4" }\r\n}\r\n',
      '{\r\n  "dependencies": { "nest-socketio": "^1.2.3", "zod": "4" }\r\n}\r\n',
    ],
    [
      '{ "dependencies": { "@nestjs/platform-socket.io": "12", "nest-socketio": "^0.9.0" } }',
      '{ "dependencies": { "nest-socketio": "^0.9.0" } }',
    ],
  ])('%j', (before, after) => {
    const { files, packages } = migrated({ ...SOURCE, 'package.json': before });
    expect(files['package.json']).toBe(after);
    expect(packages.map(({ path }) => path)).toEqual(['package.json']);
  });

  it('keeps what a file still uses', () => {
    const { files } = migrated({
      'a.ts': "import io from 'socket.io';\nimport { IoAdapter } from '@nestjs/platform-socket.io';\nuse(IoAdapter);\n",
      'package.json': '{ "dependencies": { "@nestjs/platform-socket.io": "12", "socket.io": "4" } }',
    });
    expect(files['package.json']).toBe(
      '{ "dependencies": { "@nestjs/platform-socket.io": "12", "nest-socketio": "^1.2.3", "socket.io": "4" } }',
    );
  });

  it('changes where the dependency is, and not in packages that have nothing to do with it', () => {
    const { packages } = migrated({
      'package.json': '{ "dependencies": {} }',
      'server/package.json': '{ "dependencies": { "@nestjs/platform-socket.io": "12", "socket.io": "4" } }',
      'server/a.ts': SOURCE['a.ts'],
      'bench/package.json': '{ "dependencies": { "socket.io": "4" } }',
    });
    expect(packages).toEqual([
      {
        path: 'server/package.json',
        text: '{ "dependencies": { "nest-socketio": "^1.2.3" } }',
        removed: ['@nestjs/platform-socket.io', 'socket.io'],
        added: ['nest-socketio'],
      },
    ]);
  });
});
