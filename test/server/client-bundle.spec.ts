import { createServer, request as httpRequest } from 'node:http';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ClientBundle, findClient, type InstalledClient } from '../../lib/server/client-bundle.js';
import { ask } from '../support/engine-clients.js';
import { cleanUp, onCleanUp } from '../support/engine-clean-up.js';
import { RecordingLog } from '../support/engine-rig.js';
import { startServer } from '../support/server-rig.js';

afterEach(cleanUp);

const installed = findClient() as InstalledClient;

function fileOf(name: string): Buffer {
  return readFileSync(join(installed.folder, name));
}

/** An HTTP server with a bundle in front of another answer; its port. */
async function serve(bundle: ClientBundle): Promise<number> {
  const http = createServer((request, response) => {
    if (!bundle.take(request, response)) response.end('other');
  });
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  onCleanUp(() => http.close());
  return (http.address() as AddressInfo).port;
}

function setUp(find?: () => InstalledClient | null) {
  const log = new RecordingLog();
  return { log, port: serve(new ClientBundle('/socket.io', log, find)) };
}

/** The body as it comes, and how it is encoded. */
function fetchRaw(port: number, path: string, accept: string): Promise<[encoding: string | undefined, body: Buffer]> {
  return new Promise((resolve, reject) => {
    const headers = { 'Accept-Encoding': accept };
    const asked = httpRequest({ port, host: '127.0.0.1', path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve([response.headers['content-encoding'], Buffer.concat(chunks)]));
    });
    asked.on('error', reject).end();
  });
}

describe('take', () => {
  it.each([
    ['socket.io.js', 'application/javascript; charset=utf-8'],
    ['socket.io.js.map', 'application/json; charset=utf-8'],
    ['socket.io.min.js', 'application/javascript; charset=utf-8'],
    ['socket.io.min.js.map', 'application/json; charset=utf-8'],
    ['socket.io.msgpack.min.js', 'application/javascript; charset=utf-8'],
    ['socket.io.msgpack.min.js.map', 'application/json; charset=utf-8'],
    ['socket.io.esm.min.js', 'application/javascript; charset=utf-8'],
    ['socket.io.esm.min.js.map', 'application/json; charset=utf-8'],
  ])('serves %s', async (name, type) => {
    const { status, headers, body } = await ask(await setUp().port, `/socket.io/${name}?v=1`);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      etag: `"${installed.version}"`,
      'cache-control': 'public, max-age=0',
      'content-type': type,
      vary: 'Accept-Encoding',
    });
    expect(body).toBe(fileOf(name).toString());
  });

  it.each(['"%"', 'W/"%"', '"1.0.0", "%"'])('answers If-None-Match: %s with 304', async (known) => {
    const headers = { 'If-None-Match': known.replace('%', installed.version) };
    const answer = await ask(await setUp().port, '/socket.io/socket.io.js', { headers });
    expect([answer.status, answer.body]).toEqual([304, '']);
    expect(answer.headers.etag).toBe(`"${installed.version}"`);
  });

  it('serves the file when another version is known', async () => {
    const headers = { 'If-None-Match': '"1.0.0"' };
    expect((await ask(await setUp().port, '/socket.io/socket.io.js', { headers })).status).toBe(200);
  });

  it('answers HEAD without a body', async () => {
    const { status, headers, body } = await ask(await setUp().port, '/socket.io/socket.io.js', { method: 'HEAD' });
    expect([status, body]).toEqual([200, '']);
    expect(headers['content-length']).toBe(String(fileOf('socket.io.js').length));
  });

  it.each([
    ['gzip, deflate, br', 'br', brotliDecompressSync],
    ['gzip;q=0.5', 'gzip', gunzipSync],
    ['br;q=0, gzip', 'gzip', gunzipSync],
    ['br;q=0.0', undefined, (body: Buffer) => body],
    ['zstd', undefined, (body: Buffer) => body],
  ])('encodes for Accept-Encoding: %s', async (accept, encoding, decode) => {
    const [given, body] = await fetchRaw(await setUp().port, '/socket.io/socket.io.min.js', accept);
    expect(given).toBe(encoding);
    expect(decode(body)).toEqual(fileOf('socket.io.min.js'));
  });

  it('looks for the package once, when it is first needed', async () => {
    const find = vi.fn<() => InstalledClient | null>(() => installed);
    const port = await setUp(find).port;
    await ask(port, '/socket.io/other.js');
    expect(find).not.toHaveBeenCalled();
    await ask(port, '/socket.io/socket.io.js');
    await ask(port, '/socket.io/socket.io.min.js');
    expect(find).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['/socket.io/other.js', 'GET'],
    ['/socket.io/../socket.io.js', 'GET'],
    ['/socket.io/socket.io.js', 'POST'],
    ['/socket.io.js', 'GET'],
  ])('leaves %s to others at %s', async (path, method) => {
    expect((await ask(await setUp().port, path, { method })).body).toBe('other');
  });

  it('leaves everything to others where the package is not installed, and a file that it has not', async () => {
    const find = vi.fn<() => InstalledClient | null>(() => null);
    const port = await setUp(find).port;
    expect((await ask(port, '/socket.io/socket.io.js')).body).toBe('other');
    expect((await ask(port, '/socket.io/socket.io.js')).body).toBe('other');
    expect(find).toHaveBeenCalledTimes(1);
    const old = await setUp(() => ({ ...installed, files: [] })).port;
    expect((await ask(old, '/socket.io/socket.io.js')).body).toBe('other');
  });

  it('ends the request when the file cannot be read, and logs it', async () => {
    const { log, port } = setUp(() => ({ ...installed, folder: join(tmpdir(), 'no-such-folder') }));
    await expect(ask(await port, '/socket.io/socket.io.js')).rejects.toThrow();
    expect(log.errors).toEqual([['cannot serve socket.io.js', expect.objectContaining({ code: 'ENOENT' })]]);
  });
});

describe('findClient', () => {
  it('takes the first place that has it', () => {
    const root = mkdtempSync(join(tmpdir(), 'bundle-'));
    onCleanUp(() => rmSync(root, { recursive: true }));
    const folder = join(root, 'node_modules', 'socket.io-client');
    expect(findClient([join(root, '/')])).toBeNull();
    mkdirSync(join(folder, 'dist'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"version":"4.9.9"}');
    writeFileSync(join(folder, 'dist', 'socket.io.js'), '');
    const found = findClient([join(tmpdir(), 'no-such-folder', '/'), join(root, '/')]);
    expect(found).toMatchObject({ version: '4.9.9', files: ['socket.io.js'] });
  });
});

describe('the option serveClient', () => {
  it('is on by default', async () => {
    const rig = await startServer();
    expect((await ask(rig.port, '/socket.io/socket.io.js')).status).toBe(200);
  });

  it('leaves the files to other listeners when it is off', async () => {
    const rig = await startServer({ serveClient: false });
    rig.http.on('request', (_, response) => response.headersSent || response.end('other'));
    expect((await ask(rig.port, '/socket.io/socket.io.js')).body).toBe('other');
  });
});
