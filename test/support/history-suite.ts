/** Tests of the history of rooms on two servers, for any broker that keeps lists. */
import type { BrokerOption, Namespace, ServerOptions, Socket as ServerSocket } from 'nest-socketio';
import { fileURLToPath } from 'node:url';
import type { Socket } from 'socket.io-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requireBuild } from './build.js';
import { type ClusterNode, startNode, startNodes } from './cluster-nodes.js';
import { turn } from './engine-rig.js';
import { next, SOON } from './events.js';
import { start } from './process.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const SPEAKER = fileURLToPath(new URL('history-speaker.mjs', import.meta.url));

/** Events of each server while clients join. */
const EVENTS = 60;

interface Guest {
  readonly client: Socket;
  readonly socket: ServerSocket;
  readonly heard: unknown[][];
}

export function itKeepsHistory(
  startBroker: () => Promise<BrokerOption> | BrokerOption,
  options: ServerOptions = {},
): void {
  const all: ServerOptions = { ...options, history: { '/': { size: 1_000, keys: 8 } } };
  let broker: BrokerOption;
  let nodes: readonly [ClusterNode, ClusterNode];
  let rooms = 0;

  beforeAll(async () => {
    broker = await startBroker();
    nodes = (await startNodes(2, broker, all)) as [ClusterNode, ClusterNode];
  });

  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.close()));
  });

  it('sends clients on all servers the same past, in one order, then the present, and nothing twice', async () => {
    const room = `room ${++rooms}`;
    const guests: Guest[] = [];
    for (let number = 0; number < EVENTS; number++) {
      for (const [speaker, { server }] of nodes.entries()) server.to(room).emit('said', speaker, number);
      if (number % 4 === 0) await turn();
      if (number % 10 !== 9) continue;
      const guest = await enter(nodes[guests.length % 2] as ClusterNode);
      void guest.socket.join(room, {});
      guests.push(guest);
    }
    const expected = nodes.flatMap((_, speaker) => Array.from({ length: EVENTS }, (_, number) => [speaker, number]));
    for (const { heard } of guests) {
      await expect.poll(() => heard.length, SOON).toBe(expected.length);
      for (const speaker of [0, 1]) {
        expect(heard.filter(([one]) => one === speaker)).toEqual(expected.filter(([one]) => one === speaker));
      }
    }
    const [one, other] = await Promise.all(nodes.map((node) => read(node, room)));
    expect(one).toHaveLength(expected.length);
    expect(other).toEqual(one);
  });

  it('has the past for a server that starts later, when the others have left', async () => {
    const room = `room ${++rooms}`;
    const third = await startNode(broker, all);
    say(third.server.sockets, room, 'key\0', 0); // PostgreSQL refuses such a text
    third.server.to(room).emit('said', 'third', 1);
    third.server.to(room).emit('said', 'third', Buffer.from([1, 2]));
    await third.close();
    const fourth = await startNode(broker, all);
    try {
      const guest = await enter(fourth);
      expect(await guest.socket.join(room, { rewind: 1 })).toEqual({ events: 2, complete: true });
      const past = [
        ['key\0', 0],
        ['third', Buffer.from([1, 2])],
      ];
      await expect.poll(() => guest.heard, SOON).toEqual(past);
      expect(await read(fourth, room)).toHaveLength(2);
    } finally {
      await fourth.close();
    }
  });

  it('forgets a room on all servers', async () => {
    const room = `room ${++rooms}`;
    const [a, b] = nodes;
    const witness = await enter(b);
    witness.socket.join(room);
    a.server.to(room).emit('said', 1);
    await expect.poll(() => witness.heard.length, SOON).toBe(1);
    expect(await read(b, room)).toEqual([[1]]);
    await a.server.sockets.history?.clear(room);
    await expect.poll(() => read(b, room), SOON).toEqual([]);
    expect(await read(a, room)).toEqual([]);
  });

  it('sends the latest value of each key to each client that joins, on any server', async () => {
    const room = `room ${++rooms}`;
    const [a, b] = nodes;
    const [witness, early, late] = [await enter(b), await enter(b), await enter(b)];
    await witness.socket.join(room, {});
    for (let value = 0; value < 20; value++) say(a.server.sockets, room, `key ${value % 10}`, value);
    await expect.poll(() => witness.heard.at(-1), SOON).toEqual(['key 9', 19]); // values on their way are for all clients
    early.socket.join(room);
    const newest = [12, 13, 14, 15, 16, 17, 18, 19].map((value) => [`key ${value % 10}`, value]);
    await expect.poll(() => early.heard, SOON).toEqual(newest);
    say(a.server.sockets, room, 'key 9', 20);
    await expect.poll(() => early.heard.length, SOON).toBe(9);
    late.socket.join(room);
    await expect.poll(() => late.heard, SOON).toEqual([...newest.slice(0, -1), ['key 9', 20]]);
    expect(await read(a, room)).toEqual([]);
  });

  if (options.connectionStateRecovery === undefined) return;

  it('sends a client that resumes the events that it missed, then the latest values of its rooms, on any server', async () => {
    const room = `room ${++rooms}`;
    const [a, b] = nodes;
    const { client, heard, socket } = await enter(a);
    socket.join([room, `other ${room}`]);
    say(a.server.sockets, room, 'x', 1);
    say(b.server.sockets, room, 'y', 2);
    a.server.to(room).emit('said', 'event', 3);
    await expect.poll(() => heard.length, SOON).toBe(3);
    for (const [from, to, first] of [
      [a, b, 10],
      [b, b, 20],
      [b, a, 30],
    ] as const) {
      const gone = next(client, 'disconnect');
      client.io.engine.close();
      await gone;
      await expect.poll(() => from.server.sockets.sockets.has(socket.id), SOON).toBe(false);
      for (const value of [first, first + 1]) say(a.server.sockets, room, 'x', value);
      b.server.to(room).emit('said', 'event', first + 2);
      say(b.server.sockets, `other ${room}`, 'z', first + 3);
      heard.splice(0);
      (client.io as unknown as { uri: string }).uri = to.url;
      await next(client.connect(), 'connect');
      expect(client.recovered).toBe(true);
      to.server.to(room).emit('said', 'event', first + 4);
      const values = (): [string, number][] => heard.filter(([key]) => key !== 'event') as [string, number][];
      await expect
        .poll(() => heard.filter(([key]) => key === 'event'), SOON)
        .toEqual([
          ['event', first + 2],
          ['event', first + 4],
        ]);
      await expect.poll(() => Object.fromEntries(values()), SOON).toEqual({ x: first + 1, y: 2, z: first + 3 });
      expect(heard[0]).toEqual(['event', first + 2]);
      // A value of the other server may be on its way to this one: then the one before it comes first.
      const ticks = values().flatMap(([key, value]) => (key === 'x' ? [value] : []));
      expect(ticks).toEqual([...new Set(ticks)].toSorted((one, other) => one - other));
    }
    client.disconnect();
  });
}

/** @param broker returns its URL */
export function itOutlivesKilledServers(broker: () => string): void {
  it('sends what a server has said that was killed meanwhile, to a client that joins elsewhere', async () => {
    requireBuild();
    const options: ServerOptions = { history: { '/': { size: 1_000_000 } } };
    const [a, b] = (await startNodes(2, broker(), options)) as [ClusterNode, ClusterNode];
    const speaker = start('node', [SPEAKER, broker(), 'room'], /ready/, { cwd: ROOT });
    try {
      const [witness, early, late, other] = [await enter(a), await enter(a), await enter(a), await enter(b)];
      witness.socket.join('room');
      await speaker.printed;
      a.server.serverSideEmit('speak');
      await expect.poll(() => witness.heard.length, SOON).toBeGreaterThan(20);
      void early.socket.join('room', {});
      speaker.child.kill('SIGKILL');
      await speaker.stop();
      expect(a.server.cluster.nodes).toHaveLength(3); // no one has noticed yet
      void late.socket.join('room', {});
      await other.socket.join('room', {});
      a.server.to('room').emit('said', 'end', 0);
      for (const { heard } of [witness, early, late, other]) {
        await expect.poll(() => heard.at(-1), SOON).toEqual(['end', 0]);
        expect(heard.slice(0, -1)).toEqual(
          Array.from({ length: heard.length - 1 }, (_, number) => ['speaker', number]),
        );
      }
      for (const { heard } of [early, late, other]) {
        // The last events may have reached the history, but no other server.
        expect(heard.length).toBeGreaterThanOrEqual(witness.heard.length);
      }
    } finally {
      await speaker.stop();
      await Promise.all([a, b].map((node) => node.close()));
    }
  });
}

function say(namespace: Namespace, room: string, key: string, value: number): void {
  namespace.to(room).latest(key).emit('said', key, value);
}

async function enter(node: ClusterNode): Promise<Guest> {
  const client = await node.connect();
  const heard: unknown[][] = [];
  client.on('said', (...args: unknown[]) => heard.push(args.slice(0, 2)));
  return { client, heard, socket: node.server.sockets.sockets.get(client.id as string) as ServerSocket };
}

async function read({ server }: ClusterNode, room: string): Promise<unknown[][]> {
  return ((await server.sockets.history?.read(room)) ?? []).map(({ args }) => args.slice(0, 2));
}
