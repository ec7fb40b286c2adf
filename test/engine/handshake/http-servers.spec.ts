import { createServer } from 'node:http';
import { connect, createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { attachTo, type AnyHttpServer } from '../../../lib/engine/handshake/http-servers.js';
import { ask, TARGET, WsClient } from '../../support/engine-clients.js';
import { cleanUp, onCleanUp } from '../../support/engine-clean-up.js';
import { startEngine } from '../../support/engine-rig.js';
import { ManualClock } from '../../support/manual-clock.js';

afterEach(cleanUp);

/** TLS without a certificate, which both ends have to enable. */
const ANONYMOUS = { ciphers: 'AECDH-AES128-SHA:@SECLEVEL=0', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
const TRUSTING = { ...ANONYMOUS, rejectUnauthorized: false, checkServerIdentity: () => undefined as never };

/** Attaches the engine of a rig to another server. @returns its port */
async function serve(server: AnyHttpServer): Promise<number> {
  const rig = await startEngine();
  rig.engine.attach(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onCleanUp(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function openSecure(port: number): Promise<WsClient> {
  const client = new WsClient(new WebSocket(`wss://127.0.0.1:${port}${TARGET}`, TRUSTING));
  onCleanUp(() => client.ws.terminate());
  return client;
}

it('serves HTTPS', async () => {
  const port = await serve(createHttpsServer(ANONYMOUS));
  expect(await (await openSecure(port)).next()).toMatch(/^0\{"sid":/);
});

it('serves HTTP/2 with allowHTTP1, and answers plain requests of both versions', async () => {
  const port = await serve(
    createSecureServer({ ...ANONYMOUS, allowHTTP1: true }, (_, response) => response.end('other')),
  );
  expect(await (await openSecure(port)).next()).toMatch(/^0\{"sid":/);
  const session = connect(`https://127.0.0.1:${port}`, TRUSTING);
  onCleanUp(() => session.destroy());
  const get = (path: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let text = '';
      const stream = session.request({ ':path': path }).setEncoding('utf8').on('error', reject);
      stream.on('response', (headers) => (text += `${headers[':status']} `));
      stream.on('data', (chunk: string) => (text += chunk)).on('end', () => resolve(text));
    });
  expect(await get('/')).toBe('200 other');
  expect(await get('/socket.io/?EIO=4&transport=polling')).toMatch(/^400 \{"code":0,"message":"Transport unknown"/);
});

it('calls the listeners registered before, in order, for requests that are not handled', async () => {
  const seen: string[] = [];
  const server = createServer(() => seen.push('first')).on('request', (_, response) => {
    seen.push('second');
    response.end('done');
  });
  attachTo(
    server,
    { interceptRequest: () => void seen.push('asked') as never, interceptUpgrade: () => false },
    { clock: new ManualClock(), destroyUpgrade: true, destroyUpgradeTimeout: 0 },
  );
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onCleanUp(() => server.close());
  expect((await ask((server.address() as AddressInfo).port, '/')).body).toBe('done');
  expect(seen).toEqual(['asked', 'first', 'second']);
});
