import { expect, it } from 'vitest';
import { application, mainWith, migrated } from '../../support/migrated.js';

const code = (module: string, cast: string): string => `import { Socket } from '${module}';\nsee(${cast});\n`;

it.each([
  ['socket.request as Request', 'socket.request as unknown as Request'],
  ['client.conn.request as express.Request', 'client.conn.request as unknown as express.Request'],
  ['socket.request as any', 'socket.request as any'],
  ['socket.request as unknown as Request', 'socket.request as unknown as Request'],
  ['socket.data as Request', 'socket.data as Request'],
])('%s becomes %s', (before, after) => {
  const { files } = migrated(application(mainWith('', ''), { 'src/see.ts': code('socket.io', before) }));
  expect(files['src/see.ts']).toBe(code('nest-socketio', after));
});
