import { expect, it } from 'vitest';
import { migrated } from '../../support/migrated.js';

it('finds the clients that start with long polling', () => {
  const { clients } = migrated({
    'a.ts': `import io, { connect, Manager } from 'socket.io-client';
import * as all from 'socket.io-client';
io('http://a');
connect('http://b', { transports: ['websocket', 'polling'] });
new Manager('http://c');
all.io({ auth: {} });
io('http://d', { transports: ['websocket'] });
const options = { transports: ["websocket"] };
io('http://e', options);
other.io('http://f');
`,
    'b.js': "const { io } = require('socket.io-client');\nconst s = io();\n",
    'c.html': '<script src="/socket.io/socket.io.js"></script>\n<script>const s = io();</script>\n',
    'd.vue': "import { io } from 'socket.io-client';\nconst s = io('/', {\n  transports: ['websocket'],\n});\n",
  });
  expect(clients.map(({ path, line }) => `${path}:${line}`)).toEqual([
    'a.ts:3',
    'a.ts:4',
    'a.ts:5',
    'a.ts:6',
    'b.js:2',
    'c.html:2',
  ]);
});
