import { describe, expect, it } from 'vitest';
import { origins } from '../../../../lib/cli/doctor/checks/origins.js';
import { findingsOf, linesOf } from '../facts.js';

const WEB = '{ "dependencies": { "socket.io-client": "^4.8.0" }, "devDependencies": { "vite": "^8.0.0" } }';
const vite = (proxy: string): string => `export default defineConfig({\n  server: { proxy: {\n${proxy}\n} } });`;

describe('the check of origins', () => {
  it('hints at the server of a front end', () => {
    expect(linesOf(origins, { files: { 'web/package.json': WEB } })).toEqual([
      'web/package.json hint: Pages served by vite have another origin than the server, and get HTTP 403 unless "cors" ' +
        "allows it. → SocketIoModule.forRoot({ cors: { origin: 'http://localhost:5173' } }) with the address of that page",
    ]);
  });

  it.each([
    ['a server with cors', { 'src/a.module.ts': "import 'nest-socketio';\nforRoot({ cors: { origin } })" }],
    ['a gateway with cors', { 'src/a.gateway.ts': '@WebSocketGateway({ cors: true })\nclass A {}' }],
    ['a proxy', { 'web/vite.config.ts': vite("'/socket.io': { target: 'http://localhost:3000', ws: true }") }],
    [
      'a proxy that changes host and origin',
      { 'web/vite.config.ts': vite("'/socket.io': { target, ws: true, changeOrigin: true, rewriteWsOrigin: true }") },
    ],
    ['a proxy to a WebSocket', { 'web/vite.config.js': vite("'/socket.io': 'ws://localhost:3000'") }],
  ])('accepts %s', (_what, files) => {
    expect(findingsOf(origins, { files: { 'web/package.json': WEB, ...files } })).toEqual([]);
  });

  it('accepts a front end without a client', () => {
    expect(findingsOf(origins, { files: { 'web/package.json': '{ "devDependencies": { "vite": "*" } }' } })).toEqual(
      [],
    );
  });

  it.each([
    ["'/socket.io': 'http://localhost:3000'", 'The proxy must forward WebSockets for /socket.io, but "ws" is not set.'],
    ["'/socket.io': { target }", 'The proxy must forward WebSockets for /socket.io, but "ws" is not set.'],
    ...['changeOrigin', 'rewriteWsOrigin'].map((name) => [
      `'/socket.io': { target, ws: true, ${name}: true }`,
      `The host and the origin of a request must be the same, but "${name}" changes one of them: HTTP 403.`,
    ]),
  ])('reports the proxy %s', (proxy, message) => {
    const files = { 'web/package.json': WEB, 'web/vite.config.ts': vite(proxy) };
    expect(findingsOf(origins, { files })).toMatchObject([
      { level: 'problem', path: 'web/vite.config.ts', line: 3, message },
    ]);
  });
});
