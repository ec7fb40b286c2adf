import { describe, expect, it } from 'vitest';
import { clients } from '../../../../lib/cli/doctor/checks/clients.js';
import { findingsOf, linesOf } from '../facts.js';

const IMPORT = "import { io, Manager } from 'socket.io-client';\n";

describe('the check of clients', () => {
  it.each([
    ["io('http://localhost:3000')", "io('http://localhost:3000', { transports: ['websocket'] })"],
    ['io()', "io({ transports: ['websocket'] })"],
    ['io(url)', "io(url, { transports: ['websocket'] })"],
    ['io({ auth })', "io({ transports: ['websocket'], ... })"],
    [
      'io(import.meta.env.VITE_API, { auth: { token } })',
      "io(import.meta.env.VITE_API, { transports: ['websocket'], ... })",
    ],
    ['new Manager(url, {})', "new Manager(url, { transports: ['websocket'], ... })"],
  ])('reports %s', (code, fix) => {
    expect(linesOf(clients, { files: { 'web/socket.ts': `${IMPORT}const socket = ${code};` } })).toEqual([
      'web/socket.ts:2 problem: A client must connect over WebSocket, but without "transports" it starts with long ' +
        `polling, and gets HTTP 400. → ${fix}`,
    ]);
  });

  it('reports polling before websocket', () => {
    const code = `${IMPORT}io(url, { transports: ['polling', 'websocket'] });`;
    expect(linesOf(clients, { files: { 'web/socket.js': code } })).toEqual([
      'web/socket.js:2 problem: A client must connect over WebSocket, but "transports" names polling first, and it gets ' +
        "HTTP 400. → transports: ['websocket']",
    ]);
  });

  it.each([
    "io(url, { transports: ['websocket'] })",
    "io(url, { transports: ['websocket', 'polling'] })",
    "io({ 'transports': ['websocket'] })",
    'io(url, options)',
    'io(socketOptions)',
    'io(url, { ...defaults })',
    'io(url, { transports })',
    'io(...args)',
    'connect(url)',
  ])('accepts %s', (code) => {
    expect(findingsOf(clients, { files: { 'web/socket.ts': `${IMPORT}${code};` } })).toEqual([]);
  });

  it('reads options in a constant', () => {
    const connect = 'io(url, options);';
    const good = `${IMPORT}const options = { transports: ['websocket'] } as const;\n${connect}`;
    expect(findingsOf(clients, { files: { 'web/socket.ts': good } })).toEqual([]);
    const bad = `${IMPORT}const options = { auth: {} } satisfies Options;\n${connect}`;
    expect(findingsOf(clients, { files: { 'web/socket.ts': bad } })).toMatchObject([{ line: 3 }]);
  });

  it.each([
    "import io from 'socket.io-client';\nio(url);",
    "import * as client from 'socket.io-client';\nclient.io(url);",
    "import { io as connect } from 'socket.io-client';\nconnect(url);",
    "const { io } = require('socket.io-client');\nio(url);",
    "const io = require('socket.io-client');\nio.connect(url);",
  ])('understands %s', (code) => {
    expect(findingsOf(clients, { files: { 'client.js': code } })).toMatchObject([{ level: 'problem', line: 2 }]);
  });

  it.each([
    ['page.html', '<script src="/socket.io/socket.io.js"></script>\n<script>\n  const socket = io();\n</script>'],
    [
      'page.html',
      '<script src="https://cdn.example.com/4.8.4/socket.io.min.js"></script>\n\n<script>io("/chat")</script>',
    ],
    [
      'App.vue',
      '<template>\n  <p>io()</p><script setup lang="ts">import { io } from "socket.io-client"; io();</script>\n</template>',
    ],
    ['App.svelte', '<script>import { io } from "socket.io-client";\n\nio();</script>'],
    ['App.tsx', 'import { io } from "socket.io-client";\nconst App = () => <p>Hello</p>;\nio();'],
  ])('reads the scripts of %s', (path, text) => {
    expect(findingsOf(clients, { files: { [path]: text } })).toMatchObject([
      { path, line: path === 'App.vue' ? 2 : 3 },
    ]);
  });

  it('only hints at clients of another server', () => {
    const code = `${IMPORT}io('https://ticker.example.com');`;
    expect(findingsOf(clients, { files: { 'src/ticker.ts': code } })).toMatchObject([{ level: 'hint' }]);
  });

  it('ignores other functions of that name', () => {
    const code = "import type { Socket } from 'socket.io-client';\nimport { io } from './io.js';\nio();";
    expect(findingsOf(clients, { files: { 'a.ts': code } })).toEqual([]);
  });
});
