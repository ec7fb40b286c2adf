/** Requests that arrive drop by drop, or before an earlier one is answered. */
import { createServer, type Server as HttpServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Module } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Event, Gateway, Server, SocketIoModule } from 'nest-socketio';
import { afterEach, describe, expect, it } from 'vitest';
import { ACCEPTED, handshake, openRaw, type RawClient } from '../../support/engine-clients.js';
import { cleanUp, onCleanUp } from '../../support/engine-clean-up.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { ask, next } from '../../support/events.js';
import { listen } from '../../support/listen.js';
import { PLATFORMS, startApp } from '../../support/nest-app.js';
import { entered } from '../../support/nest-rig.js';
import { freePort } from '../../support/process.js';
import { connectStock } from '../../support/stock-client.js';

afterEach(cleanUp);

const TIMED_OUT = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';
const GET = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** Resolves with the number of open TCP connections of a server. */
function connectionsOf(http: HttpServer): Promise<number> {
  return new Promise((resolve) => {
    http.getConnections((_error, count) => resolve(count));
  });
}

/** Sends a head one line at a time, and never its end. @returns the answer */
async function drip(port: number): Promise<string> {
  const client = await openRaw(port);
  client.write('GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n');
  const timer = setInterval(() => client.write('X: y\r\n'), 5);
  onCleanUp(() => clearInterval(timer));
  return client.readAll();
}

describe('a head that arrives drop by drop', () => {
  it('is refused after limits.requestHeadTime at a port that the server has opened', async () => {
    const logger = new RecordingLog();
    const server = new Server(0, { logger, limits: { requestHeadTime: 300 } });
    onCleanUp(() => server.close());
    server.on('connection', (socket) => socket.on('ask', (answer: (text: string) => void) => answer('here')));
    const { port } = (server.httpServer as HttpServer).address() as AddressInfo;
    const healthy = connectStock(`http://127.0.0.1:${port}`);
    await next(healthy, 'connect');
    const dripping = Promise.all(Array.from({ length: 20 }, () => drip(port)));
    expect(await ask(healthy, 'ask')).toEqual(['here']);
    expect(new Set(await dripping)).toEqual(new Set([TIMED_OUT]));
    expect(await ask(healthy, 'ask')).toEqual(['here']);
    expect(server.engine.limitCounts.requestHeadTime).toBe(20);
    await expect.poll(() => connectionsOf(server.httpServer as HttpServer)).toBe(1);
    expect(logger.warnings).toEqual([
      expect.stringMatching(/^closed a connection of ".*127\.0\.0\.1": limits\.requestHeadTime \(300\) is reached$/),
    ]);
  });

  it('is refused at the port of a gateway, too', async () => {
    const port = await freePort();
    @WebSocketGateway(port)
    class Own {
      @SubscribeMessage('ask')
      ask(): string[] {
        return ['here'];
      }
    }
    const logger = new RecordingLog();
    await startApp({
      imports: [SocketIoModule.forRoot({ logger, limits: { requestHeadTime: 300 } })],
      providers: [Own],
    });
    const healthy = connectStock(`http://127.0.0.1:${port}`);
    await entered(healthy);
    expect(await drip(port)).toBe(TIMED_OUT);
    expect(await ask(healthy, 'ask')).toEqual([['here']]);
  });

  it('has the time limit of the HTTP server of an application; the log warns if that has none', async () => {
    const logger = new RecordingLog();
    const servers = [createServer({ headersTimeout: 0 }), createServer()].map((http) => new Server(http, { logger }));
    await Promise.all(servers.map((server) => server.close()));
    expect(logger.warnings).toEqual([
      'the HTTP server has the headersTimeout 0, so that a client can keep a connection open with a request that never ends: set it, for example to 10000',
    ]);
  });
});

const REFUSED =
  'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 11\r\n\r\nBad request';

/** A server whose other requests are handled by `answer`. */
async function serverWith(answer: (response: ServerResponse) => void, withMiddleware: boolean) {
  const logger = new RecordingLog();
  const http = createServer((_request, response) => {
    response.sendDate = false;
    answer(response);
  });
  const use = withMiddleware ? [(_request: unknown, _response: unknown, done: () => void) => done()] : [];
  const server = new Server(http, { logger, use });
  const port = await listen(http);
  onCleanUp(async () => {
    await server.close();
    http.close();
    http.closeAllConnections();
  });
  const codes: unknown[] = [];
  server.engine.on('connection_error', ({ code, context }) => void codes.push([code, context['name']]));
  return { port, server, logger, codes };
}

async function pipeline(port: number, path = '/'): Promise<RawClient> {
  const client = await openRaw(port);
  client.write(GET(path) + handshake());
  return client;
}

describe('an upgrade that is sent before an earlier request is answered', () => {
  const OTHER = 'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nContent-Length: 5\r\n\r\nother';

  describe.each([false, true])('with a middleware: %s', (withMiddleware) => {
    it('is refused after that answer if it is complete', async () => {
      const { port, server, logger, codes } = await serverWith((response) => response.end('other'), withMiddleware);
      expect(await (await pipeline(port)).readAll()).toBe(OTHER + REFUSED);
      expect(codes).toEqual([[3, 'PIPELINED']]);
      expect(server.engine.clientsCount).toBe(0);
      expect([logger.errors, logger.warnings]).toEqual([[], []]);
    });

    it('is refused without that answer if it has not begun', async () => {
      let late: ServerResponse | undefined;
      const { port, logger, codes } = await serverWith((response) => (late = response), withMiddleware);
      expect(await (await pipeline(port)).readAll()).toBe(REFUSED);
      late?.end('too late');
      expect(codes).toEqual([[3, 'PIPELINED']]);
      expect(logger.errors).toEqual([]);
    });

    it('ends the connection if that answer has begun', async () => {
      const { port, logger, codes } = await serverWith((response) => response.write('part'), withMiddleware);
      expect(await (await pipeline(port)).readAll()).not.toContain('HTTP/1.1 400');
      expect(codes).toEqual([[3, 'PIPELINED']]);
      expect(logger.errors).toEqual([]);
    });

    it('is refused after a request at the same path', async () => {
      const { port, server, logger, codes } = await serverWith(() => {}, withMiddleware);
      const answer = await (await pipeline(port, '/socket.io/?EIO=4&transport=polling')).readAll();
      expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
      expect(answer).not.toContain('HTTP/1.1 101');
      expect(codes).toContainEqual([3, 'PIPELINED']);
      expect(server.engine.clientsCount).toBe(0);
      expect(logger.errors).toEqual([]);
    });

    it('is accepted if the earlier request was answered before', async () => {
      const { port } = await serverWith((response) => response.end('other'), withMiddleware);
      const client = await openRaw(port);
      client.write(GET('/'));
      expect(await client.readText(OTHER)).toBe(OTHER);
      client.write(handshake());
      expect(await client.readText(ACCEPTED)).toBe(ACCEPTED);
    });
  });

  it.each(PLATFORMS)('is refused by an application on %s', async (platform) => {
    @Controller()
    class Routes {
      @Get('slow')
      async slow(): Promise<string> {
        await new Promise(setImmediate);
        return 'slow';
      }

      @Get('fast')
      fast(): string {
        return 'fast';
      }
    }
    @Gateway()
    class Chat {
      @Event()
      ask(): string {
        return 'here';
      }
    }
    @Module({ controllers: [Routes] })
    class Web {}
    const logger = new RecordingLog();
    const { app, connect, url } = await startApp(
      { imports: [SocketIoModule.forRoot({ logger }), Web], providers: [Chat] },
      platform,
    );
    const healthy = connect();
    await entered(healthy);
    for (const path of ['/slow', '/fast', '/none', '/slow']) {
      const answer = await (await pipeline(Number(new URL(url).port), path)).readAll();
      expect(answer).not.toContain('HTTP/1.1 101');
      expect(answer).toContain('400 Bad Request');
    }
    await expect.poll(() => connectionsOf(app.getHttpServer() as HttpServer)).toBe(1);
    expect(await ask(healthy, 'ask')).toEqual(['here']);
    expect([logger.errors, logger.warnings]).toEqual([[], []]);
  });
});
