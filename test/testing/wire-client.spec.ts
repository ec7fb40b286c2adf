import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'nest-socketio';
import { WireClient, type WireClientOptions } from 'nest-socketio/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

describe('WireClient', () => {
  let http: HttpServer;
  let server: Server;
  let url: string;
  const clients: WireClient[] = [];

  beforeEach(async () => {
    http = createServer();
    server = new Server(http, { pingInterval: 60_000, logger: { debug() {}, warn() {}, error() {} } });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.terminate();
    await server.close();
    http.close();
  });

  async function connect(options?: WireClientOptions): Promise<WireClient> {
    const client = await WireClient.connect(url, options);
    clients.push(client);
    return client;
  }

  it('sends and receives literal frames', async () => {
    const client = await connect();
    expect(await client.next()).toMatch(/^0\{"sid":"[\w-]{20}","upgrades":\[\],/);
    client.send('40');
    expect(await client.next()).toMatch(/^40\{"sid":"[\w-]{20}"\}$/);
    server.emit('photo', Buffer.from([1, 2]));
    expect(await client.next()).toBe('451-["photo",{"_placeholder":true,"num":0}]');
    expect(await client.next()).toEqual(Buffer.from([1, 2]));
  });

  it('returns the frames that have not been taken', async () => {
    const client = await connect();
    await client.next();
    client.send('40');
    await client.next();
    server.emit('a');
    server.emit('b');
    server.emit('c');
    await client.next();
    expect(client.received()).toEqual(['42["b"]', '42["c"]']);
    expect(client.received()).toEqual([]);
  });

  it('rejects pending calls of next() when the server closes', async () => {
    const client = await connect();
    await client.next();
    const waiting = expect(client.next()).rejects.toMatchObject({
      code: 'CLIENT_GONE',
      message: 'the connection was closed with code 1002 before another frame was received',
    });
    client.send('7');
    await waiting;
    expect(await client.closed).toEqual({ code: 1002, reason: 'unknown Engine.IO packet' });
    await expect(client.next()).rejects.toMatchObject({ code: 'CLIENT_GONE' });
  });

  it('closes the WebSocket', async () => {
    const client = await connect();
    await client.close();
    expect((await client.closed).code).toBe(1005);
  });

  it('rejects when the handshake is refused', async () => {
    await expect(WireClient.connect(url, { query: { EIO: '3' } })).rejects.toThrow('Unexpected server response: 400');
    await expect(WireClient.connect(url, { headers: { origin: 'https://elsewhere.example' } })).rejects.toThrow(
      'Unexpected server response: 403',
    );
  });

  it('connects to a server in memory', async () => {
    const inMemory = new Server({ path: '/ws', logger: { debug() {}, warn() {}, error() {} } });
    const client = await WireClient.connect(inMemory);
    expect(await client.next()).toMatch(/^0\{"sid":/);
    client.send('40');
    expect(await client.next()).toMatch(/^40\{"sid":/);
    await inMemory.close();
    expect(await client.closed).toEqual({ code: 1001, reason: '' });
  });

  it('connects under another path', async () => {
    await expect(WireClient.connect(url, { path: '/elsewhere' })).rejects.toThrow();
  });
});
