import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { UpgradeResponse } from '../../../lib/engine/handshake/upgrade-response.js';
import { handshake, openRaw, type RawClient } from '../../support/engine-clients.js';
import { cleanUp, onCleanUp } from '../../support/engine-clean-up.js';

afterEach(cleanUp);

interface Upgrade {
  readonly client: RawClient;
  readonly socket: Duplex;
  readonly answer: UpgradeResponse;
  readonly response: ServerResponse;
}

/** Sends an upgrade request. @returns both ends of it */
async function upgrading(): Promise<Upgrade> {
  const http = createServer();
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  onCleanUp(() => http.close());
  const arrived = new Promise<[request: IncomingMessage, socket: Duplex]>((resolve) => {
    http.once('upgrade', (...args) => resolve([args[0], args[1]]));
  });
  const client = await openRaw((http.address() as AddressInfo).port);
  client.write(handshake());
  const [request, socket] = await arrived;
  onCleanUp(() => socket.destroy());
  const answer = new UpgradeResponse(request, socket);
  return { client, socket, answer, response: answer.response };
}

describe('switchProtocols', () => {
  it('returns the headers, and leaves the socket as it was', async () => {
    const { client, socket, answer, response } = await upgrading();
    response.setHeader('X-A', 'a');
    response.setHeader('X-Number', 7);
    response.setHeader('X-B', ['b', 'c']);
    for (const name of ['Connection', 'Upgrade', 'Transfer-Encoding', 'Sec-WebSocket-Accept']) {
      response.setHeader(name, 'x');
    }
    expect(answer.switchProtocols()).toEqual({ 'x-a': 'a', 'x-number': '7', 'x-b': ['b', 'c'] });
    expect(response.socket).toBeNull();
    socket.end('raw');
    expect(await client.readAll()).toBe('raw');
  });

  it('includes headers that middlewares set in writeHead', async () => {
    const { answer, response } = await upgrading();
    const writeHead = response.writeHead.bind(response);
    Object.assign(response, {
      writeHead: (status: number) => {
        response.setHeader('X-Late', 'a');
        return writeHead(status);
      },
    });
    expect(answer.switchProtocols()).toEqual({ 'x-late': 'a' });
  });

  it('supports a response whose prototype was replaced', async () => {
    const { answer, response } = await upgrading();
    Object.setPrototypeOf(response, Object.create(Object.getPrototypeOf(response) as object) as object);
    response.setHeader('X-A', 'a');
    expect(answer.switchProtocols()).toEqual({ 'x-a': 'a' });
  });
});

describe('refuse', () => {
  it('sends the message with the headers that were set, and ends the socket', async () => {
    const { client, answer, response } = await upgrading();
    response.sendDate = false;
    response.setHeader('X-A', 'a');
    answer.refuse(403, 'not yöu');
    expect(await client.readAll()).toBe(
      [
        'HTTP/1.1 403 Forbidden',
        'X-A: a',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Length: 8',
        'Connection: close',
        '',
        'not yöu',
      ].join('\r\n'),
    );
  });

  it('only ends a response that was already started', async () => {
    const { client, answer, response } = await upgrading();
    response.sendDate = false;
    response.writeHead(429, { 'Content-Length': 0 });
    answer.refuse(403, 'x');
    expect(await client.readAll()).toBe(
      'HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    );
  });

  it('does no harm if the client has disconnected', async () => {
    const { client, socket, answer, response } = await upgrading();
    socket.on('error', () => {});
    const closed = new Promise((resolve) => response.once('close', resolve));
    client.reset();
    await closed;
    answer.refuse(403, 'x');
    expect(socket.destroyed).toBe(true);
  });
});
