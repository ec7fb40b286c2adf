import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nginx } from '../../../../lib/cli/doctor/checks/nginx.js';
import { findingsOf, linesOf } from '../facts.js';

const UPGRADE = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";';
const HOST = 'proxy_set_header Host $http_host;';

const server = (location: string, directives: string, rest = ''): string =>
  `server {\n  listen 80;\n  ${rest}\n  location ${location} {\n    proxy_pass http://api:3000;\n    ${directives}\n  }\n}\n`;

const check = (text: string, files = {}) => findingsOf(nginx, { files: { 'deploy/nginx.conf': text, ...files } });

describe('the check of nginx', () => {
  it('reports what a location for Socket.IO lacks', () => {
    expect(linesOf(nginx, { files: { 'deploy/nginx.conf': server('/socket.io/', '') } })).toEqual([
      'deploy/nginx.conf:5 problem: nginx must forward the upgrade to a WebSocket, but the headers for it are not set: ' +
        'HTTP 400. → proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";',
      'deploy/nginx.conf:5 problem: nginx must forward the host that the page asked for, but sends the name in ' +
        'proxy_pass: HTTP 403 for pages. → proxy_set_header Host $http_host;',
    ]);
  });

  it('only hints at a location for everything', () => {
    expect(check(server('/', HOST))).toMatchObject([{ level: 'hint', line: 5 }]);
  });

  it.each([
    ['all headers', server('/socket.io/', `${UPGRADE} ${HOST}`)],
    ['a regular expression', server('~ ^/socket\\.io', `${UPGRADE} ${HOST}`)],
    ['headers of the server', server('/socket.io/', '', `${UPGRADE} ${HOST}`)],
    ['headers in an included file', server('/socket.io/', 'include proxy_params;')],
    [
      'a location that is not forwarded',
      'server { location / { root /srv; } location /api { proxy_pass http://api; } }',
    ],
    [
      'another location next to it',
      server('/api', '', `location /socket.io { proxy_pass http://a; ${UPGRADE} ${HOST} }`),
    ],
    ['$host on the default port', server('/socket.io/', `${UPGRADE} proxy_set_header Host $host;`)],
    ['only locations', `location /socket.io/ { proxy_pass http://api; ${UPGRADE} ${HOST} }`],
    ['text that nginx would not read', 'proxy_pass { { {'],
  ])('accepts %s', (_what, text) => {
    expect(check(text)).toEqual([]);
  });

  it('accepts the configuration of the documentation', () => {
    const page = readFileSync(new URL('../../../../docs/deployment.md', import.meta.url), 'utf8');
    const [, text = ''] = /```nginx\n(.*?)```/s.exec(page) ?? [];
    expect(text).toContain('proxy_pass');
    expect(check(text)).toEqual([]);
    expect(check(text.replace('proxy_set_header Upgrade', '#'))).toHaveLength(1);
  });

  it('knows that a location with a header of its own inherits none', () => {
    const found = check(server('/socket.io/', HOST, UPGRADE));
    expect(found.map(({ line, message }) => [line, message.split(',', 1)[0]])).toEqual([
      [5, 'nginx must forward the upgrade to a WebSocket'],
    ]);
  });

  it('reports $host on another port', () => {
    const text = server('/socket.io/', `${UPGRADE} proxy_set_header Host $host;`).replace(
      'listen 80',
      'listen 0.0.0.0:8080',
    );
    expect(check(text)).toMatchObject([
      { message: 'nginx must forward the host that the page asked for, but $host lacks the port: HTTP 403 for pages.' },
    ]);
  });

  it.each([
    ['cors', UPGRADE, "import 'nest-socketio';\nforRoot({ cors: {} })"],
    [
      'trustProxy and X-Forwarded-Host',
      `${UPGRADE} proxy_set_header X-Forwarded-Host $http_host;`,
      "import 'nest-socketio';\nforRoot({ trustProxy: true })",
    ],
  ])('lets the host be with %s', (_what, directives, code) => {
    expect(check(server('/socket.io/', directives), { 'src/app.module.ts': code })).toEqual([]);
  });
});
