/** Tests of presence, streams and latest values on several servers, one of which is killed, for any broker. */
import { ConnectedSocket } from '@nestjs/websockets';
import {
  Args,
  Event,
  Gateway,
  OnDisconnect,
  OnDrop,
  Server,
  type Socket as ServerSocket,
  type SocketIoModuleOptions,
} from 'nest-socketio';
import { fileURLToPath } from 'node:url';
import type { Socket } from 'socket.io-client';
import { expect, it } from 'vitest';
import type { PresenceDiff } from '../../lib/server/internal.js';
import { requireBuild } from './build.js';
import { turn } from './engine-rig.js';
import { ask, next, SOON } from './events.js';
import { later } from './nest-app.js';
import { type Rig, serve } from './nest-rig.js';
import { type Program, start } from './process.js';
import { sendGuest } from './python-guest.js';
import { describeWith } from './requires.js';
import { startRunningClock } from './running-clock.js';
import { stall, wsOf } from './stalled-client.js';
import { connectStock } from './stock-client.js';
import { askFor, counted } from './streams.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const KILLED_NODE = fileURLToPath(new URL('killed-node.mjs', import.meta.url));

/** ms by which the clock is advanced at once. In between, the servers that are alive hear each other. */
const STEP = 1_000;

/** Steps after which a question to a killed server has failed, but the server still counts as alive. */
const SHORTLY = 6;

/** The events of the server that is killed while the Python client is connected. Each server's events arrive in order. */
const OF_KILLED: ReadonlySet<string> = new Set(['cat', 'zoe', 'ready']);

@Gateway()
class Hall {
  /** The methods that ran when clients left, and the user of each. */
  readonly partings: string[] = [];

  @Event('enter')
  async enter(@ConnectedSocket() client: ServerSocket, @Args(0) user: string, @Args(1) room: string): Promise<void> {
    client.data.user = user;
    client.nsp.presence.track(client, { user });
    await client.join(room, { rewind: 10 });
  }

  /** @param lostAt the number of the value at which the connection breaks */
  @Event('count')
  async *count(
    @ConnectedSocket() client: ServerSocket,
    @Args(0) to: number,
    @Args(1) lostAt?: number,
  ): AsyncGenerator<number> {
    for (let n = 1; n <= to; n++) {
      if (n === lostAt) client.request.socket.destroy();
      yield n;
      await turn();
    }
  }

  @OnDrop()
  drop(@ConnectedSocket() { data }: ServerSocket): void {
    this.partings.push(`drop ${data.user}`);
  }

  @OnDisconnect()
  leave(@ConnectedSocket() { data }: ServerSocket): void {
    this.partings.push(`disconnect ${data.user}`);
  }
}

/** A client in the room, and what it knows. */
interface Guest {
  readonly client: Socket;
  readonly users: Set<string>;
  /** The users that have left. */
  readonly left: string[];
  readonly said: unknown[];
  readonly prices: unknown[];
}

/**
 * @param broker returns its URL with the name of a channel
 * @param recovery whether the servers of the Python client have connection state recovery, which it does not use
 */
export function itKeepsPresenceAndStreams(broker: (channel: string) => string, recovery: boolean): void {
  it('has one presence on all servers, streams that move, and latest values for clients that lag', async () => {
    const room = 'first';
    const [a, b] = await startTwo({ broker: broker('presence') });
    const [ann, ben] = await Promise.all([enter(a, room, 'ann'), enter(b, room, 'ben')]);
    for (const { users } of [ann, ben]) await expect.poll(() => [...users].toSorted(), SOON).toEqual(['ann', 'ben']);
    for (const node of [a, b]) expect(present(node, room)).toEqual(['ann', 'ben']);

    const asking = await a.join();
    const stream = await askFor(asking, 'count', 200);
    await new Promise<void>((resolve) => {
      asking.on('stream', (_: string, n: number) => n >= 10 && resolve());
    });
    asking.io.engine.close();
    expect(stream.last).toBeLessThan(200);
    expect(await stream.resume(await b.join())).toEqual({});
    await expect.poll(() => stream.ends, SOON).toEqual([[200]]);
    expect(stream.values).toEqual(counted(200));

    const socket = serverOf(b).sockets.sockets.get(ben.client.id as string) as ServerSocket;
    await stall(ben.client, socket);
    for (let price = 1; price <= 20; price++) {
      serverOf(a).to(room).latest('AAPL').emit('price', price);
      await turn();
    }
    const arrived = next(ann.client, 'end');
    const passed = new Promise<void>((resolve) => {
      socket.onAnyOutgoing((event) => event === 'end' && resolve());
    });
    serverOf(a).to(room).emit('end');
    await Promise.all([arrived, passed]);
    wsOf(ben.client).resume();
    await expect.poll(() => ben.prices, SOON).toEqual([20]);
    expect(ann.prices).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));

    ann.client.disconnect();
    await expect.poll(() => [...ben.users], SOON).toEqual(['ben']);
  });

  it('survives a server that is killed: without its users and streams, and with what it has said', async () => {
    requireBuild();
    const room = 'second';
    const clock = startRunningClock();
    const killed = startKilled(broker('presence'));
    const options = { broker: broker('presence'), clock, presence: { grace: 5 * STEP } };
    const [a, b] = await startTwo(options, 3, killed.printed);
    const ann = await enter(a, room, 'ann');
    const cat = connectStock(await killed.url);
    await ask(cat, 'enter', 'cat', room);
    const stream = await askFor(cat, 'count');
    await expect.poll(() => [...ann.users].toSorted(), SOON).toEqual(['ann', 'cat']);
    await expect.poll(() => [stream.last > 10, ann.said, ann.prices], SOON).toEqual([true, ['cat'], [1, 2]]);
    await expect.poll(() => present(b, room), SOON).toEqual(['ann', 'cat']);

    const lost = next(cat, 'disconnect');
    killed.child.kill('SIGKILL');
    await Promise.all([lost, killed.stop()]);
    const resumed = stream.resume(await b.join());
    const gone = { error: { code: 'stream_gone' } };
    for (let passed = 0; passed < SHORTLY; passed++) await pass();
    expect(await resumed).toMatchObject(gone);
    for (const node of [a, b]) expect(present(node, room)).toEqual(['ann', 'cat']);
    for (let passed = SHORTLY; ann.users.has('cat'); passed++) {
      expect(passed).toBeLessThan(30);
      await pass();
    }
    for (const node of [a, b]) expect(present(node, room)).toEqual(['ann']);
    expect(await stream.resume(await b.join())).toMatchObject(gone);
    const ben = await enter(b, room, 'ben');
    await expect.poll(() => [ben.said, ben.prices], SOON).toEqual([['cat'], [2]]);
    await expect.poll(() => [...ben.users].toSorted(), SOON).toEqual(['ann', 'ben']);

    /** Advances the clock. Resolves when the servers have heard each other. */
    async function pass(): Promise<void> {
      clock.advance(STEP);
      const heard = [a, b].map((node) => next(serverOf(node).sockets as never, 'passed'));
      for (const node of [a, b]) serverOf(node).serverSideEmit('passed');
      await Promise.all(heard);
    }
  });

  describeWith('python3-socketio', 'for the Python client', () => {
    it('has one room on all servers: it moves when it loses its connection, and when its server is killed', async () => {
      requireBuild();
      const room = 'third';
      const shared = {
        streams: { buffer: 16 },
        ...(recovery && { connectionStateRecovery: { maxDisconnectionDuration: 10 * STEP } }),
      };
      const clock = startRunningClock();
      const killed = startKilled(broker('python'), shared);
      const options = { broker: broker('python'), clock, presence: { grace: 5 * STEP }, ...shared };
      const node = await startOne(options, 2, killed.printed);
      const server = serverOf(node);
      const ann = await enter(node, room, 'ann');
      await ask(connectStock(await killed.url), 'enter', 'cat', room);
      await expect.poll(() => ann.prices, SOON).toEqual([1, 2]);
      server.to(room).emit('said', 'one');
      server.sockets.once('connection', (zoe: ServerSocket) => {
        zoe.once('disconnect', () => server.to(room).emit('said', 'two'));
      });

      const report = sendGuest('moves', '/', room, node.url, await killed.url);
      await expect.poll(() => ann.said.at(-1), SOON).toBe('ready');
      killed.child.kill('SIGKILL');
      server.to(room).emit('said', 'three');
      server.to(room).latest('AAPL').emit('price', 3);
      await expect.poll(() => server.sockets.adapter.rooms.get(room)?.size, SOON).toBe(2);
      for (let passed = 0; present(node, room).includes('cat'); passed++) {
        expect(passed).toBeLessThan(30);
        clock.advance(STEP);
        await turn();
      }
      server.to(room).emit('said', 'end');

      const { visits, users, streams } = await report;
      expect(visits.map(({ said }) => said.filter((text) => OF_KILLED.has(text)))).toEqual([
        ['cat'],
        ['cat', 'zoe', 'ready'],
        ['cat', 'zoe', 'ready'],
      ]);
      expect(visits.map(({ said }) => said.filter((text) => !OF_KILLED.has(text)))).toEqual([
        ['one'],
        ['one', 'two'],
        ['one', 'two', 'three', 'end'],
      ]);
      expect(visits.map(({ prices }) => prices.at(-1))).toEqual([[2], [2], [3]]);
      expect(visits[2]?.prices).toEqual([[3]]);
      expect(users).toEqual({ ann: null, zoe: null });
      expect(streams).toMatchObject([
        { values: counted(60), end: [60], resumed: [{}] },
        { end: null, resumed: [{ error: { code: 'stream_gone' } }] },
      ]);
      expect(streams[1]?.values).toEqual(counted(streams[1]?.values.length as number));
      expect(ann.left).toEqual(['cat']);
      expect(present(node, room)).toEqual(['ann', 'zoe']);
      const partings = recovery ? ['drop zoe', 'disconnect zoe'] : ['disconnect zoe'];
      await expect.poll(() => node.app.get(Hall).partings, SOON).toEqual(partings);
    });
  });
}

/** Starts the server that is killed. */
function startKilled(broker: string, options: SocketIoModuleOptions = {}): Program & { readonly url: Promise<string> } {
  const program = start('node', [KILLED_NODE, broker, JSON.stringify(options)], /port (\d+)/, { cwd: ROOT });
  later(() => program.stop());
  return { ...program, url: program.printed.then(([, port]) => `http://127.0.0.1:${port}`) };
}

/** @param known the number of servers that both know, themselves included, once `others` has settled */
async function startTwo(options: SocketIoModuleOptions, known = 2, others?: Promise<unknown>): Promise<[Rig, Rig]> {
  return Promise.all([startOne(options, known, others), startOne(options, known, others)]);
}

/** @param known the number of servers that it knows, itself included, once `others` has settled */
async function startOne(options: SocketIoModuleOptions, known: number, others?: Promise<unknown>): Promise<Rig> {
  const node = await serve([Hall], { server: { history: { '/': {} }, ...options } });
  await others;
  await expect.poll(() => serverOf(node).cluster.nodes.length, SOON).toBe(known);
  return node;
}

async function enter(node: Rig, room: string, user: string): Promise<Guest> {
  const client = await node.join();
  const guest: Guest = { client, users: new Set(), left: [], said: [], prices: [] };
  client.on('said', (text: string) => guest.said.push(text));
  client.on('price', (price: number) => guest.prices.push(price));
  client.on('presence_state', (_: string, users: [string, unknown][]) => {
    guest.users.clear();
    for (const [present] of users) guest.users.add(present);
  });
  client.on('presence_diff', (_: string, { joins, leaves }: PresenceDiff) => {
    for (const [joined] of joins) guest.users.add(joined);
    for (const left of leaves) guest.users.delete(left);
    guest.left.push(...leaves);
  });
  await ask(client, 'enter', user, room);
  return guest;
}

function serverOf({ app }: Rig): Server {
  return app.get(Server);
}

/** The users in a room, as a server knows them. */
function present(node: Rig, room: string): string[] {
  return serverOf(node)
    .sockets.presence.list(room)
    .map(({ user }) => user)
    .toSorted();
}
