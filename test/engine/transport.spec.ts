import { afterEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Message } from '../../lib/engine/connection/message.js';
import { Transport } from '../../lib/engine/transport.js';
import { openRawWs } from '../support/engine-clients.js';
import { cleanUp } from '../support/engine-clean-up.js';
import { startEngine, turn } from '../support/engine-rig.js';

afterEach(cleanUp);

it('names the WebSocket, and is the same whenever it is asked for', async () => {
  const rig = await startEngine();
  await openRawWs(rig.port);
  const { connection } = await rig.accepted.next();
  const { transport } = connection;
  expect(transport.name).toBe('websocket');
  expect(transport.socket).toBeInstanceOf(WebSocket);
  expect(connection.transport).toBe(transport);
  expect(Transport.of(transport.socket as WebSocket)).toBe(transport);
});

it('is writable while nothing is outstanding, until the end', async () => {
  const rig = await startEngine();
  const client = await openRawWs(rig.port);
  const { connection } = await rig.accepted.next();
  expect(connection.transport.writable).toBe(true);
  client.socket.pause();
  const large = Message.of('x'.repeat(65_000));
  for (let i = 0; connection.bufferedAmount === 0 && i < 1_000; i++) {
    connection.queue(large);
    await turn();
  }
  expect(connection.transport.writable).toBe(false);
  client.socket.resume();
  connection.close();
  expect(connection.transport.writable).toBe(false);
});
