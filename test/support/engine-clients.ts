/** Clients for tests of the engine: a valid WebSocket client, and a TCP client that sends whatever a test writes. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect, type Socket as NetSocket } from 'node:net';
import { type ClientOptions, WebSocket } from 'ws';
import { WireConnection } from '../../lib/testing/wire-connection.js';
import { onCleanUp } from './engine-clean-up.js';

export const TARGET = '/socket.io/?EIO=4&transport=websocket';

/** The response to {@link handshake}. Its key is the example of RFC 6455, section 1.3. */
export const ACCEPTED = [
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
  '\r\n',
].join('\r\n');

/** The wire-level client for tests of the engine. */
export class WsClient extends WireConnection {
  /** Resolves with the close code when the connection has ended. */
  readonly closed = this.ended.then(({ code }) => code);
}

/** Connects and takes the open packet. */
export async function openWs(port: number, options: ClientOptions = {}, target = TARGET): Promise<WsClient> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}${target}`, { perMessageDeflate: false, ...options });
  onCleanUp(() => ws.terminate());
  const client = new WsClient(ws);
  await client.next();
  return client;
}

/** Returns the text of an upgrade request. A header with the value `null` is omitted. */
export function handshake(target = TARGET, headers: Record<string, string | null> = {}, method = 'GET'): string {
  const all = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  return [`${method} ${target} HTTP/1.1`, ...lines, '\r\n'].join('\r\n');
}

/** Returns a masked client frame. Its mask is zero, so the payload is unchanged. At most 65,535 bytes. */
export function masked(first: number, payload: string | Buffer): Buffer {
  const data = Buffer.from(payload);
  const header = data.length < 126 ? [first, 0x80 | data.length] : [first, 0xfe, data.length >> 8, data.length & 0xff];
  return Buffer.concat([Buffer.from([...header, 0, 0, 0, 0]), data]);
}

/** A TCP client that follows no protocol. */
export class RawClient {
  #received = Buffer.alloc(0);
  #ended = false;
  #changed: () => void = () => {};

  constructor(readonly socket: NetSocket) {
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#changed();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#ended = true;
      this.#changed();
    });
  }

  write(data: string | Buffer): void {
    this.socket.write(data);
  }

  /** Sends RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Resolves with the next `count` bytes, or fewer if the connection ends first. */
  async read(count: number): Promise<Buffer> {
    while (this.#received.length < count && !this.#ended) await this.#change();
    return this.#take(count);
  }

  /** Resolves with the next bytes as text, as many as `expected` has. */
  async readText(expected: string): Promise<string> {
    return (await this.read(Buffer.byteLength(expected))).toString('latin1');
  }

  /** Resolves with the remaining text when the server has ended the connection. */
  async readAll(): Promise<string> {
    return (await this.readRest()).toString();
  }

  /** Resolves with the remaining bytes when the server has ended the connection. */
  async readRest(): Promise<Buffer> {
    while (!this.#ended) await this.#change();
    return this.#take(this.#received.length);
  }

  /** Resolves with the next frame, which must be shorter than 65,536 bytes. */
  async readFrame(): Promise<{ first: number; payload: Buffer }> {
    const [first = 0, short = 0] = await this.read(2);
    const length = short < 126 ? short : (await this.read(2)).readUInt16BE();
    return { first, payload: await this.read(length) };
  }

  #take(count: number): Buffer {
    const taken = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return taken;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve;
    });
  }
}

/** Connects without sending anything. */
export async function openRaw(port: number): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1' });
  onCleanUp(() => socket.destroy());
  const client = new RawClient(socket);
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve);
  });
  return client;
}

/** Connects, performs the handshake and takes the open packet. */
export async function openRawWs(port: number, headers: Record<string, string | null> = {}): Promise<RawClient> {
  const client = await openRaw(port);
  client.write(handshake(TARGET, headers));
  while (!(await client.read(1)).equals(Buffer.from('{'))); // the JSON of the open packet
  while (!(await client.read(1)).equals(Buffer.from('}')));
  return client;
}

export interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends one HTTP request on a new connection and resolves with the response. */
export function ask(
  port: number,
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: '127.0.0.1', path, method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    request.on('error', reject);
    request.end();
  });
}
