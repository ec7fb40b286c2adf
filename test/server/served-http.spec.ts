import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { resolveServerOptions, Server } from '../../lib/server/internal.js';
import { httpTarget, isHttpServer, ServedHttp } from '../../lib/server/served-http.js';
import { told } from '../support/server-rig.js';

describe('the HTTP servers of a server', () => {
  it('include one for each port, which are closed, unlike those of the application', async () => {
    const http = new ServedHttp(resolveServerOptions({}).engine);
    expect(http.latest).toBeUndefined();
    const given = createServer();
    await told(given.listen(0, '127.0.0.1'), 'listening');
    expect(http.add(given)).toBe(given);
    const own = [http.add(0), http.add(0)] as HttpServer[];
    expect(http.latest).toBe(own[1]);
    await Promise.all(own.map((one) => told(one, 'listening')));
    expect(new Set(own.map((one) => (one.address() as AddressInfo).port)).size).toBe(2);
    await http.close();
    expect([given, ...own].map(({ listening }) => listening)).toEqual([true, false, false]);
    await http.close();
    given.close();
  });
});

describe('the argument of attach', () => {
  it('is an HTTP server or a port, which may be a text', () => {
    const http = createServer();
    expect(httpTarget(http)).toBe(http);
    expect([httpTarget(0), httpTarget(65_535), httpTarget('3000')]).toEqual([0, 65_535, 3000]);
    expect([http, {}, null, 3000, undefined].map(isHttpServer)).toEqual([true, false, false, false, false]);
  });

  it.each([-1, 70_000, 1.5, '', 'pipe', null, () => {}, {}])('cannot serve %j', (target) => {
    expect(() => new Server().attach(target as never)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('attach() needs an HTTP server or a port number, got'),
      }),
    );
  });
});
