import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { hostAdvice, originAdvice, versionAdvice } from '../../../lib/engine/handshake/refusal-advice.js';

const request = (headers: Record<string, string>): IncomingMessage =>
  ({ headers, socket: { remoteAddress: '10.0.0.1' } }) as unknown as IncomingMessage;

const PROXY =
  'a proxy has changed Host: have it send Host as it came, with its port (in nginx: proxy_set_header Host ' +
  '$http_host), or send X-Forwarded-Host and set trustProxy here';

describe('originAdvice', () => {
  it('names the line for the origin of a page, and the headers of a proxy', () => {
    expect(originAdvice(request({ origin: 'https://shop.example', host: 'backend:3000' }), null)).toBe(
      'refused a client from origin "https://shop.example", because its request is for the host "backend:3000": ' +
        `to allow that origin, set cors: { origin: ["https://shop.example"] }; if it is the origin of this server, ${PROXY}`,
    );
  });

  it('names the header that is ignored, and the option', () => {
    const headers = { origin: 'https://shop.example', host: 'backend:3000', 'x-forwarded-host': 'shop.example' };
    for (const trust of [null, () => false]) {
      expect(originAdvice(request(headers), trust)).toMatch(
        /; if it is the origin of this server, set trustProxy: X-Forwarded-Host is "shop\.example", from "10\.0\.0\.1", which is not trusted$/,
      );
    }
    expect(originAdvice(request({ ...headers, 'x-forwarded-host': 'other.example' }), () => true)).toBe(
      'refused a client from origin "https://shop.example", because its request is for the host "other.example": ' +
        `to allow that origin, set cors: { origin: ["https://shop.example"] }; if it is the origin of this server, ${PROXY}`,
    );
  });

  it.each(['assets://.', 'capacitor://localhost', 'tauri://localhost', 'app://-', 'chrome-extension://abc', 'file://'])(
    'names the line for %s, which no server can have as its own',
    (origin) => {
      expect(originAdvice(request({ origin, host: 'shop.example' }), null)).toBe(
        `refused a client from origin "${origin}", because its request is for the host "shop.example": ` +
          `to allow that origin, set cors: { origin: ["${origin}"] }`,
      );
    },
  );

  it('says who else has the null origin', () => {
    expect(originAdvice(request({ origin: 'null', host: 'shop.example' }), null)).toMatch(
      /to allow that origin \(all sandboxed frames and local files have it\), set cors: \{ origin: \["null"\] \}$/,
    );
  });
});

describe('hostAdvice', () => {
  it('names the option, and the headers of a proxy', () => {
    expect(hostAdvice(request({ host: 'backend\n' }), 'backend\n', null)).toBe(
      'refused a client that asked for the host "backend\\n": if this server has that name, add it to the option ' +
        `allowedHosts; if it has another, ${PROXY}`,
    );
  });
});

describe('versionAdvice', () => {
  it.each([
    ['3', 'a client of Socket.IO 2'],
    ['5', 'a client with EIO="5"'],
    [undefined, 'a client with EIO=""'],
    ['4\n', 'a client with EIO="4\\n"'],
    [['4', '4'], 'a client with EIO=""'],
  ])('names the client with EIO=%j', (protocol, client) => {
    expect(versionAdvice(protocol)).toBe(
      `refused ${client}: this server speaks Engine.IO 4 (EIO=4): update the client to Socket.IO 3 or later`,
    );
  });
});
