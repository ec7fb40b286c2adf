/** Acknowledgements of the stock client in either direction: in time, too late, never; and its queue with retries. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Socket } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { type ServerRig, startServer, told } from '../../support/server-rig.js';

afterEach(cleanUp);

type StockSocket = ReturnType<ServerRig['stock']>;

/** Connects a client. @returns the client and its socket */
async function connected(options: Parameters<ServerRig['stock']>[1] = {}): Promise<[ServerRig, StockSocket, Socket]> {
  const rig = await startServer();
  const joined = told<[Socket]>(rig.server.sockets, 'connection');
  const client = rig.stock('/', options);
  const [[socket]] = await Promise.all([joined, told(client, 'connect')]);
  return [rig, client, socket];
}

describe('the client that asks', () => {
  it('gets an error only without an answer in time', async () => {
    const [, client, socket] = await connected();
    socket.on('ask', (ack: (...answer: unknown[]) => void) => ack('yes', Buffer.from([1])));
    const asked = (event: string, ms: number): Promise<unknown[]> =>
      new Promise((resolve) => {
        client.timeout(ms).emit(event, (...answer: unknown[]) => resolve(answer));
      });
    expect(await asked('ask', 10_000)).toEqual([null, 'yes', Buffer.from([1])]);
    expect(await asked('nobody', 10)).toEqual([new Error('operation has timed out')]);
  });

  it('has its promise fulfilled with an answer in time, and rejected without one', async () => {
    const [, client, socket] = await connected({ ackTimeout: 10 });
    socket.on('ask', (ack: (...answer: unknown[]) => void) => ack('yes'));
    expect(await client.timeout(10_000).emitWithAck('ask')).toBe('yes');
    await expect(client.timeout(10).emitWithAck('nobody')).rejects.toThrow('operation has timed out');
    await expect(client.emitWithAck('nobody')).rejects.toThrow('operation has timed out');
  });

  it('has its promise rejected when the server disconnects it meanwhile', async () => {
    const [, client, socket] = await connected();
    socket.on('ask', () => socket.disconnect());
    await expect(client.timeout(60_000).emitWithAck('ask')).rejects.toThrow('socket has been disconnected');
  });

  it('can answer too late without any effect', async () => {
    const [rig, client, socket] = await connected();
    const kept: (() => void)[] = [];
    client.on('ask', (ack: () => void) => kept.push(ack));
    const asked = socket.timeout(1_000).emitWithAck('ask');
    await expect.poll(() => kept).toHaveLength(1);
    rig.clock.advance(1_000);
    await expect(asked).rejects.toMatchObject({ code: 'ACK_TIMEOUT' });
    kept[0]?.();
    socket.on('done', (ack: () => void) => ack());
    await client.emitWithAck('done');
  });
});

describe('the server that asks', () => {
  it('gets an error only without an answer in time', async () => {
    const [rig, client, socket] = await connected();
    client.on('ask', (ack: (...answer: unknown[]) => void) => ack('yes', Buffer.from([1])));
    const asked = (event: string): Promise<unknown[]> =>
      new Promise((resolve) => {
        socket.timeout(1_000).emit(event, (...answer: unknown[]) => resolve(answer));
      });
    expect(await asked('ask')).toEqual([null, 'yes', Buffer.from([1])]);
    const never = asked('nobody');
    rig.clock.advance(1_000);
    expect(await never).toEqual([expect.objectContaining({ code: 'ACK_TIMEOUT' })]);
  });

  it('has its promise rejected when the client leaves meanwhile', async () => {
    const [, client, socket] = await connected();
    client.on('ask', () => client.disconnect());
    await expect(socket.emitWithAck('ask')).rejects.toMatchObject({ code: 'CLIENT_GONE' });
  });

  it('gets one answer per client from a broadcast, and the partial list when one is missing', async () => {
    const [rig, client] = await connected();
    const other = rig.stock();
    await told(other, 'connect');
    client.on('ask', (ack: (answer: string) => void) => ack('one'));
    const answered = told(client, 'ask');
    const asked = rig.server.timeout(1_000).emitWithAck('ask');
    await answered;
    client.emit('fence');
    await new Promise<void>((resolve) => {
      client.emit('fence', () => resolve());
    });
    rig.clock.advance(1_000);
    await expect(asked).rejects.toMatchObject({ code: 'ACK_INCOMPLETE', responses: ['one'], expected: 2 });
  });
});

describe('the queue of a client with retries', () => {
  /** Long enough for an acknowledgement on a busy machine, since a late one makes the client send the event again. */
  const QUEUE = { retries: 3, ackTimeout: 400 };

  it('sends an event again until it is acknowledged: handlers see it at least once, unchanged', async () => {
    const [, client, socket] = await connected(QUEUE);
    const seen: unknown[][] = [];
    socket.on('e', (...args: unknown[]) => {
      const ack = args.pop() as (answer: string) => void;
      seen.push(args);
      if (seen.length === 3) ack('at last');
    });
    expect(await client.emitWithAck('e', { n: [1] }, 'x')).toBe('at last');
    expect(seen).toEqual([0, 1, 2].map(() => [{ n: [1] }, 'x']));
  });

  it('gives up after so many retries, with an error, and goes on with the next event', async () => {
    const [, client, socket] = await connected({ retries: 2, ackTimeout: 10_000 });
    const seen: unknown[] = [];
    socket.on('never', (number: number) => seen.push(number));
    socket.on('e', (number: number, ack: (answer: number) => void) => {
      seen.push(number);
      ack(number);
    });
    const failed = client.timeout(20).emitWithAck('never', 1);
    const next = client.emitWithAck('e', 2);
    await expect(failed).rejects.toThrow('operation has timed out');
    expect(await next).toBe(2);
    expect(seen).toEqual([1, 1, 1, 2]);
  });

  it('keeps the order: an event waits for the acknowledgement of the one before', async () => {
    const [, client, socket] = await connected(QUEUE);
    const seen: number[] = [];
    socket.on('e', (number: number, ack: () => void) => {
      // Even numbers are acknowledged at the first attempt, odd ones at the second.
      if (seen.filter((n) => n === number).length === number % 2) ack();
      seen.push(number);
    });
    await Promise.all([0, 1, 2, 3].map((number) => client.emitWithAck('e', number)));
    expect(seen).toEqual([0, 1, 1, 2, 3, 3]);
  });

  it('survives a lost connection: unacknowledged events are sent again, then the rest', async () => {
    const [rig, client, socket] = await connected({
      ...QUEUE,
      ackTimeout: 10_000,
      reconnection: true,
      reconnectionDelay: 5,
    });
    const seen: number[] = [];
    socket.on('e', (number: number) => {
      seen.push(number);
      socket.conn.terminate(); // before it is acknowledged
    });
    rig.server.on('connection', (again) => {
      again.on('e', (number: number, ack: () => void) => {
        seen.push(number);
        ack();
      });
    });
    await Promise.all([1, 2, 3].map((number) => client.emitWithAck('e', number)));
    expect(seen).toEqual([1, 1, 2, 3]);
  });
});
