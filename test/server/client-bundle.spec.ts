import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { intercept } from '../../lib/engine/handshake/http-servers.js';
import { ClientBundle } from '../../lib/server/client-bundle.js';
import { cleanUp } from '../support/engine-clean-up.js';
import { type ServerRig, startServer } from '../support/server-rig.js';

afterEach(cleanUp);

const require = createRequire(import.meta.url);
const { version } = require('socket.io-client/package.json') as { version: string };
const folder = join(dirname(require.resolve('socket.io-client/package.json')), 'dist');
const fileOf = (name: string): Buffer => readFileSync(join(folder, name));

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Sends a request with no other headers than those given. */
function ask({ port }: ServerRig, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, headers, method, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        resolve({ status: response.statusCode as number, headers: response.headers, body: Buffer.concat(parts) });
      });
    });
    request.on('error', reject).end();
  });
}

/** A server whose HTTP server answers all other requests itself. */
async function start(options: Parameters<typeof startServer>[0] = {}): Promise<ServerRig> {
  const rig = await startServer(options);
  rig.http.on('request', (_request: IncomingMessage, response: ServerResponse) => {
    if (!response.headersSent) response.writeHead(404).end('mine');
  });
  return rig;
}

describe('the files of the client', () => {
  it.each([
    'socket.io.js',
    'socket.io.min.js',
    'socket.io.msgpack.min.js',
    'socket.io.esm.min.js',
    'socket.io.js.map',
    'socket.io.min.js.map',
    'socket.io.msgpack.min.js.map',
    'socket.io.esm.min.js.map',
  ])('have %s', async (name) => {
    const rig = await startServer();
    const { status, headers, body } = await ask(rig, `/socket.io/${name}?v=1`);
    expect(status).toBe(200);
    expect(body.equals(fileOf(name))).toBe(true);
    expect(headers).toMatchObject({
      'content-type': name.endsWith('.map') ? 'application/json; charset=utf-8' : 'text/javascript; charset=utf-8',
      'content-length': String(body.length),
      'cache-control': 'public, max-age=0',
      etag: `"${version}"`,
      'accept-ranges': 'bytes',
      'access-control-allow-origin': '*',
    });
    expect(headers['content-encoding']).toBeUndefined();
  });

  it('are not compressed: that is left to a proxy', async () => {
    const rig = await startServer();
    const { headers, body } = await ask(rig, '/socket.io/socket.io.min.js', { 'Accept-Encoding': 'gzip, br' });
    expect([headers['content-encoding'], headers['last-modified']]).toEqual([undefined, undefined]);
    expect(body.equals(fileOf('socket.io.min.js'))).toBe(true);
  });

  it.each([
    ['bytes=0-9', 206, 10],
    ['bytes=5-2', 416, 0],
    ['bytes=x', 200, fileOf('socket.io.min.js').length],
    ['bytes=99999999-', 416, 0],
  ])('are sent in part for Range: %s', async (Range, status, length) => {
    const rig = await startServer();
    const answer = await ask(rig, '/socket.io/socket.io.min.js', { Range });
    expect([answer.status, answer.body.length]).toEqual([status, length]);
  });

  it.each([
    [`"${version}"`, 304],
    [`"0", W/"${version}"`, 304],
    ['"0"', 200],
  ])('are not sent again to a client that has them: %s', async (tag, status) => {
    const rig = await startServer();
    const answer = await ask(rig, '/socket.io/socket.io.js', { 'If-None-Match': tag });
    expect([answer.status, answer.body.length > 0]).toEqual([status, status === 200]);
    expect(answer.headers.etag).toBe(`"${version}"`);
  });

  it('have their length in the answer to HEAD', async () => {
    const rig = await startServer();
    const { status, headers, body } = await ask(rig, '/socket.io/socket.io.js', {}, 'HEAD');
    expect([status, headers['content-length'], body.length]).toEqual([200, String(fileOf('socket.io.js').length), 0]);
  });

  it('are at the path of the server', async () => {
    const rig = await startServer({ path: '/live/' });
    expect((await ask(rig, '/live/socket.io.js')).status).toBe(200);
  });
});

describe('any other request', () => {
  it.each([
    ['/socket.io/other.js', 'GET'],
    ['/socket.io/../socket.io.js', 'GET'],
    ['/socket.io/socket.io.js', 'POST'],
  ])('below the path is refused: %s, %s', async (path, method) => {
    const rig = await start();
    expect((await ask(rig, path, {}, method)).status).toBe(400);
  });

  it('is left to the other listeners', async () => {
    const rig = await start();
    expect(String((await ask(rig, '/socket.io.js')).body)).toBe('mine');
  });

  it('is refused with serveClient: false, as are those for files', async () => {
    const rig = await start({ serveClient: false });
    expect((await ask(rig, '/socket.io/socket.io.js')).status).toBe(400);
    expect(rig.server.serveClient()).toBe(false);
  });
});

it('answers 404 if the file is gone, and affects nothing else', async () => {
  const rig = await startServer({ serveClient: false });
  new ClientBundle('/x', () => ({ folder: join(folder, 'gone'), version })).attach(rig.http);
  for (let i = 0; i < 2; i++) {
    const { status, body } = await ask(rig, '/x/socket.io.js');
    expect([status, body.length]).toEqual([404, 0]);
  }
});

it('leaves the request to the other listeners until the package is installed', async () => {
  const rig = await start({ serveClient: false });
  let installed = false;
  new ClientBundle('/x', () => (installed ? { folder, version } : null)).attach(rig.http);
  expect(String((await ask(rig, '/x/socket.io.js')).body)).toBe('mine');
  installed = true;
  expect((await ask(rig, '/x/socket.io.js')).status).toBe(200);
});

it('ends a response that another listener has begun', async () => {
  const rig = await startServer({ serveClient: false });
  const bundle = new ClientBundle('/x', () => ({ folder, version }));
  intercept(rig.http, (request, response) => {
    response.writeHead(200, { 'Content-Length': 10 }).write('half');
    return bundle.serve(request, response);
  });
  const response = await fetch(`http://127.0.0.1:${rig.port}/x/socket.io.js`);
  await expect(response.text()).rejects.toThrow('terminated');
});
