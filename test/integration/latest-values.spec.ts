/** Feeds of latest values with stock clients: one that keeps up, and one that does not read for a while. */
import { type Broadcaster, memoryBroker, type Server, type Socket } from 'nest-socketio';
import type { Socket as StockSocket } from 'socket.io-client';
import { afterEach, describe, expect, it } from 'vitest';
import { startNode, startWorker } from '../support/cluster-nodes.js';
import { cleanUp, onCleanUp } from '../support/engine-clean-up.js';
import { turn } from '../support/engine-rig.js';
import { next, SOON } from '../support/events.js';
import { startServer } from '../support/server-rig.js';
import { stall, wsOf } from '../support/stalled-client.js';

afterEach(cleanUp);

const KEYS = 1_000;
const TICKS_PER_TURN = 100; // 10,000 a second, with a turn every 10 ms
const TURNS = 150;

/** The prices that a client gets. */
class Board {
  readonly newest = new Map<string, number>();
  received = 0;
  /** Whether a price arrived before an older one of its key. */
  isMixedUp = false;

  constructor(client: StockSocket) {
    client.on('price', (symbol: string, tick: number) => {
      this.received++;
      if (tick <= (this.newest.get(symbol) ?? -1)) this.isMixedUp = true;
      this.newest.set(symbol, tick);
    });
  }
}

/** Emits ticks, `TICKS_PER_TURN` in each turn. @param from the number of the first tick */
async function feed(server: Server | Broadcaster, from = 0): Promise<number> {
  const end = from + TURNS * TICKS_PER_TURN;
  for (let tick = from; tick < end;) {
    for (let i = 0; i < TICKS_PER_TURN; i++, tick++) {
      const symbol = `S${tick % KEYS}`;
      server.to('feed').latest(symbol).emit('price', symbol, tick);
    }
    await turn();
  }
  return end;
}

/** The newest tick of each key, after the last one. */
function newestBefore(end: number): Map<string, number> {
  return new Map(Array.from({ length: KEYS }, (_, i) => [`S${(end - KEYS + i) % KEYS}`, end - KEYS + i]));
}

describe('a feed of 1,000 keys', () => {
  it('costs a client that does not read one value for each key, and it then gets the newest of each', async () => {
    const rig = await startServer();
    const [slow, fast] = [rig.stock(), rig.stock()];
    await Promise.all([next(slow, 'connect'), next(fast, 'connect')]);
    const socket = rig.server.of('/').sockets.get(slow.id as string) as Socket;
    rig.server.socketsJoin('feed');
    const [slowBoard, fastBoard] = [new Board(slow), new Board(fast)];
    await stall(slow, socket);
    const before = socket.conn.bufferedAmount;

    const middle = await feed(rig.server);
    const valueBytes = Buffer.byteLength('42["price","S999",15000]') + 2;
    expect(socket.conn.bufferedAmount - before).toBeLessThanOrEqual(KEYS * valueBytes);
    rig.clock.advance(60_000);
    const end = await feed(rig.server, middle);
    expect(socket.conn.bufferedAmount - before).toBeLessThanOrEqual(KEYS * valueBytes);
    expect(slowBoard.received).toBe(0);
    expect(slow.connected).toBe(true);
    const { backlogBytes, bufferedBytes, latestValues, slowTime } = rig.server.engine.limitCounts;
    expect([backlogBytes, bufferedBytes, latestValues, slowTime]).toEqual([0, 0, 0, 0]);

    wsOf(slow).resume();
    for (const board of [slowBoard, fastBoard]) {
      await expect.poll(() => board.newest, SOON).toEqual(newestBefore(end));
      expect(board.isMixedUp).toBe(false);
    }
    expect(slowBoard.received).toBe(KEYS);
    expect(fastBoard.received).toBeGreaterThan(10 * KEYS);
  });

  it('is the same for clients of a node if a worker emits', async () => {
    const broker = memoryBroker();
    const [worker, node] = [await startWorker(broker), await startNode(broker)];
    onCleanUp(() => Promise.all([worker.close(), node.close()]).then(() => {}));
    const client = await node.connect();
    const socket = node.server.of('/').sockets.get(client.id as string) as Socket;
    socket.join('feed');
    const board = new Board(client);
    await stall(client, socket);

    const end = await feed(worker.broadcaster);
    const arrived = new Promise<void>((resolve) => {
      socket.onAnyOutgoing((event) => event === 'end' && resolve());
    });
    worker.broadcaster.emit('end');
    await arrived;
    wsOf(client).resume();
    await expect.poll(() => board.newest, SOON).toEqual(newestBefore(end));
    expect(board.received).toBe(KEYS);
    expect(board.isMixedUp).toBe(false);
  });
});

describe('the key of a latest value', () => {
  it('is for one event in one namespace, whatever the room', async () => {
    const rig = await startServer();
    rig.of('/other');
    const client = rig.stock('/');
    await next(client, 'connect');
    const other = client.io.socket('/other');
    await next(other.connect(), 'connect');
    const { server } = rig;
    const socket = server.of('/').sockets.get(client.id as string) as Socket;
    socket.join('room');
    const got: unknown[][] = [];
    client.onAny((...event: unknown[]) => event[0] !== 'large' && got.push(event));
    other.onAny((...event: unknown[]) => got.push(['/other', ...event]));

    await stall(client, socket);
    server.latest('a').emit('price', 1);
    server.latest('a').emit('volume', 2);
    server.of('/other').latest('a').emit('price', 3);
    server.latest('b').emit('price', 4);
    server.to('room').latest('a').emit('price', 5);
    socket.latest('a').emit('price', 6);
    wsOf(client).resume();
    await expect.poll(() => got.length, SOON).toBe(4);
    expect(got).toEqual([
      ['price', 6],
      ['volume', 2],
      ['/other', 'price', 3],
      ['price', 4],
    ]);
  });

  it('has no effect on volatile events, which are dropped', async () => {
    const rig = await startServer();
    const client = rig.stock();
    await next(client, 'connect');
    const socket = rig.server.of('/').sockets.get(client.id as string) as Socket;
    const got: unknown[] = [];
    client.on('price', (price: number) => got.push(price));
    await stall(client, socket);
    rig.server.latest('a').volatile.emit('price', 1);
    rig.server.latest('b').emit('price', 2);
    wsOf(client).resume();
    await expect.poll(() => got, SOON).toEqual([2]);
  });
});

describe('leaving a namespace', () => {
  it('sends the waiting values before the server disconnects a client from it', async () => {
    const rig = await startServer();
    const client = rig.stock();
    await next(client, 'connect');
    const socket = rig.server.of('/').sockets.get(client.id as string) as Socket;
    const got: unknown[] = [];
    client.on('price', (price: number) => got.push(price));
    const gone = next(client, 'disconnect');
    await stall(client, socket);
    socket.latest('a').emit('price', 1);
    socket.disconnect();
    wsOf(client).resume();
    expect(await gone).toEqual(['io server disconnect', undefined]);
    expect(got).toEqual([1]);
  });

  it('drops the waiting values of a client that leaves it', async () => {
    const rig = await startServer();
    rig.of('/other');
    const client = rig.stock('/');
    await next(client, 'connect');
    const other = client.io.socket('/other');
    await next(other.connect(), 'connect');
    const socket = rig.server.of('/').sockets.get(client.id as string) as Socket;
    await stall(client, socket);
    const before = socket.conn.bufferedAmount;
    socket.latest('a').emit('price', 1);
    rig.server.of('/other').latest('a').emit('price', 1);
    const inBoth = socket.conn.bufferedAmount;
    const left = next(socket as never, 'disconnect');
    client.disconnect();
    await left;
    expect([inBoth - before, socket.conn.bufferedAmount - before]).toEqual([
      '..42["price",1]..42/other,["price",1]'.length,
      '..42/other,["price",1]'.length,
    ]);
    wsOf(other).resume();
  });
});
