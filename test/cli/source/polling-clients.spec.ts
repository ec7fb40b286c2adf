import ts from 'typescript';
import { expect, it } from 'vitest';
import { Project } from '../../../lib/cli/project/project.js';
import { findPollingClients } from '../../../lib/cli/source/polling-clients.js';
import { Sources } from '../../../lib/cli/source/sources.js';

it('finds the clients that start with long polling', () => {
  const project = new Project({
    'a.ts': `import io, { connect, Manager } from 'socket.io-client';
import * as all from 'socket.io-client';
io('http://a');
connect('http://b', { transports: ['websocket', 'polling'] });
new Manager('http://c');
all.io({ auth: {} });
io('http://d', { transports: ['websocket'] });
const options = { transports: ["websocket"] };
io('http://e', options);
io('http://e', { transports: ['polling', 'websocket'] });
io('http://e', elsewhere);
other.io('http://f');
`,
    'b.js': "const { io } = require('socket.io-client');\nconst s = io();\n",
    'c.html': '<script src="/socket.io/socket.io.js"></script>\n<script>const s = io();</script>\n',
    'd.vue': "import { io } from 'socket.io-client';\nconst s = io('/', {\n  transports: ['websocket'],\n});\n",
  });
  const found = findPollingClients(new Sources(ts, project));
  expect(found.map(({ source, call, transports }) => `${source.path}:${source.lineOf(call)} ${transports}`)).toEqual([
    'a.ts:3 none',
    'a.ts:5 none',
    'a.ts:6 none',
    'a.ts:10 polling',
    'a.ts:11 unknown',
    'b.js:2 none',
    'c.html:2 none',
  ]);
});
