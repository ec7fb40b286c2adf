import { createServer, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { pendingResponse } from '../../../lib/engine/handshake/pending-response.js';
import { handshake, openRaw } from '../../support/engine-clients.js';
import { cleanUp, onCleanUp } from '../../support/engine-clean-up.js';
import { Inbox } from '../../support/engine-inbox.js';
import { listen } from '../../support/listen.js';

afterEach(cleanUp);

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

/** Records the pending response, and the response to the request before, of each upgrade. */
async function upgrading() {
  let earlier: ServerResponse | undefined;
  const seen = new Inbox<[pending: ServerResponse | null, earlier: ServerResponse | undefined]>();
  const http = createServer((_request, response) => {
    earlier = response;
    response.end('x');
  });
  const sockets: Duplex[] = [];
  http.on('upgrade', (_request, socket) => {
    sockets.push(socket);
    seen.push([pendingResponse(socket), earlier]);
  });
  const client = await openRaw(await listen(http));
  onCleanUp(() => {
    for (const socket of sockets) socket.destroy();
    http.close();
  });
  return { client, seen };
}

describe('pendingResponse', () => {
  it('is the response to a request that was pipelined before', async () => {
    const { client, seen } = await upgrading();
    client.write(GET + handshake());
    const [pending, earlier] = await seen.next();
    expect(pending).toBe(earlier);
    expect(pending).not.toBeNull();
  });

  it('is null once that response was sent, and if there was none', async () => {
    const first = await upgrading();
    first.client.write(GET);
    await first.client.readText('HTTP/1.1 200 OK\r\n');
    while (!(await first.client.read(1)).equals(Buffer.from('x')));
    first.client.write(handshake());
    expect((await first.seen.next())[0]).toBeNull();
    const second = await upgrading();
    second.client.write(handshake());
    expect((await second.seen.next())[0]).toBeNull();
  });
});
