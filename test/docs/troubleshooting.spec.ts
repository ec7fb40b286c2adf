/** docs/troubleshooting.md quotes messages that the code has, and its client shows why a handshake fails. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SocketIoModule } from 'nest-socketio';
import type { Socket as ClientSocket } from 'socket.io-client';
import { describe, expect, it, vi } from 'vitest';
import { SOON } from '../support/events.js';
import { Examples } from '../support/examples.js';
import { later, startApp } from '../support/nest-app.js';
import { entered } from '../support/nest-rig.js';

const LIB = fileURLToPath(new URL('../../lib/', import.meta.url));
const examples = new Examples('docs/troubleshooting.md');
const code = readdirSync(LIB, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(LIB + file, 'utf8'))
  .join('\n');

describe('troubleshooting.md', () => {
  it.each([
    'a client asked for long polling',
    'refused a client from origin',
    'refused a client that asked for the host',
    'a WebSocket request arrived without Upgrade and Connection',
    'a client of Socket.IO 2',
    'refusing a client: the middleware',
    'Invalid namespace',
    'Internal server error',
    'The server did not decide in time',
    'no namespace joined',
    'unknown_event',
    'has decorators of nest-socketio, but no module serves them',
    'SocketIoModule.forRoot() must be imported once',
    'the WebSocket adapter must be that of SocketIoModule',
    ': the clients of other servers are not reached',
    'the broker is connected again',
    'the broker cannot be used',
    'messages of other servers did not arrive, ',
    'a message from the broker was ignored',
    'a node of the cluster has been silent for too long',
    'sending to the other servers',
    'answering another server',
    'writing sessions',
    'encoding the data of a socket',
    'recovering a client',
    'the primary process does not relay messages between workers',
  ])('quotes a message that the code has: %s', (message) => {
    expect(examples.text).toContain(message);
    expect(code).toContain(message);
  });

  it('shows a client that logs why it is refused', async () => {
    examples.compile();
    const { connect } = (await import(`${examples.folder}/client.js`)) as {
      readonly connect: (url: string) => ClientSocket;
    };
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    later(() => log.mockRestore());
    const { url, connect: occupy } = await startApp({
      imports: [SocketIoModule.forRoot({ limits: { connections: 1 } })],
    });
    const other = occupy();
    await entered(other);
    const client = connect(`${url}/nothing`);
    later(() => client.disconnect());
    const busy = ['websocket error', 'Unexpected server response: 503', undefined];
    await expect.poll(() => log.mock.calls, SOON).toContainEqual(busy);
    other.disconnect(); // the client tries again
    await expect.poll(() => log.mock.calls, SOON).toContainEqual(['Invalid namespace', undefined, undefined]);
  });
});
