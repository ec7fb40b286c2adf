import type { Server as HttpServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { resolveEngineOptions } from '../../../lib/engine/engine-options.js';
import { createHttpServer } from '../../../lib/engine/handshake/create-http-server.js';
import type { Limits } from '../../../lib/engine/limits.js';
import { ask, openRaw } from '../../support/engine-clients.js';
import { cleanUp, onCleanUp } from '../../support/engine-clean-up.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { listen } from '../../support/listen.js';

afterEach(cleanUp);

async function serverWith(limits: Limits = {}) {
  const logger = new RecordingLog();
  const options = resolveEngineOptions({ limits, logger });
  const http = createHttpServer(options);
  const port = await listen(http);
  onCleanUp(
    () =>
      new Promise((resolve) => {
        http.close(resolve);
        http.closeAllConnections();
      }),
  );
  return { http, port, logger, counts: () => options.limitReport.counts };
}

const timesOf = ({ headersTimeout, requestTimeout }: HttpServer): number[] => [headersTimeout, requestTimeout];

describe('createHttpServer', () => {
  it('bounds requests, and keeps the other limits of Node', async () => {
    const { http } = await serverWith();
    expect(timesOf(http)).toEqual([10_000, 10_000]);
    expect(http.keepAliveTimeout).toBeGreaterThan(0);
    expect(http.maxHeadersCount).toBeNull(); // 2,000
  });

  it('takes as much time as the application allows', async () => {
    expect(timesOf((await serverWith({ requestHeadTime: 500_000 })).http)).toEqual([500_000, 500_000]);
    expect(timesOf((await serverWith({ requestHeadTime: false })).http)).toEqual([0, 0]);
  });

  it('answers 404', async () => {
    const { port } = await serverWith();
    expect(await ask(port, '/')).toMatchObject({ status: 404, body: '' });
  });

  it('answers 408 to a head that is not complete in time, and counts it', async () => {
    const { port, logger, counts } = await serverWith({ requestHeadTime: 150 });
    const [silent, slow] = [await openRaw(port), await openRaw(port)];
    slow.write('GET / HTTP/1.1\r\nHost: ');
    expect(await slow.readAll()).toBe('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
    expect(await silent.readAll()).toBe('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
    expect(counts().requestHeadTime).toBe(2);
    expect(logger.warnings).toEqual(['closed a connection of "127.0.0.1": limits.requestHeadTime (150) is reached']);
  });

  it.each([
    [
      'a large head',
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      '431 Request Header Fields Too Large',
    ],
    ['anything but HTTP', 'hello\r\n\r\n', '400 Bad Request'],
  ])('answers like Node to %s', async (_, text, status) => {
    const { port, counts } = await serverWith();
    const client = await openRaw(port);
    client.write(text);
    expect(await client.readAll()).toBe(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    expect(counts().requestHeadTime).toBe(0);
  });

  it('adds nothing to a response that has started', async () => {
    const { http, port } = await serverWith();
    http.removeAllListeners('request').on('request', (_request, response) => {
      response.sendDate = false;
      response.writeHead(200, { 'Content-Length': 5 }).write('ab');
    });
    const client = await openRaw(port);
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\nhello\r\n\r\n');
    expect(await client.readAll()).toMatch(/^(HTTP\/1\.1 200 OK\r\n[^]*ab)?$/);
  });
});
