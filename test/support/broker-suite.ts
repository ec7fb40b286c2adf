/** Tests of servers in a cluster, for any broker. The servers of a suite serve all its tests, each in a namespace of its own. */
import {
  type BrokerOption,
  type Namespace,
  NodesSilent,
  type Server,
  type Socket as ServerSocket,
} from 'nest-socketio';
import type { Socket } from 'socket.io-client';
import * as msgpack from 'socket.io-msgpack-parser';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { brokerOf } from '../../lib/cluster/internal.js';
import { ownVersion } from '../../lib/cluster/own-version.js';
import { acquainted, type ClusterNode, SilentNode, startNode, startNodes, startWorker } from './cluster-nodes.js';
import { cleanUp, onCleanUp } from './engine-clean-up.js';
import { turn } from './engine-rig.js';
import { ask, next, SOON } from './events.js';
import type { StockOptions } from './stock-client.js';

/** A broker for tests. */
export interface TestBroker {
  readonly broker: BrokerOption;
  stop?(): Promise<void> | void;
}

/** One client on each server, and what it hears. */
interface Scene {
  readonly name: string;
  readonly spaces: readonly Namespace[];
  readonly clients: readonly Socket[];
  /** The events that each client has received, each with its arguments. */
  readonly heard: readonly unknown[][][];
}

/** Messages of each server in the test of order. */
const MESSAGES = 300;

/** ms that clients and servers have to answer, on a busy machine too, when another one does not. */
const TIMEOUT = 2_000;

/** @param count the number of servers */
export function itIsACluster(count: number, start: () => Promise<TestBroker> | TestBroker): void {
  let test: TestBroker;
  let nodes: ClusterNode[] = [];
  let servers: Server[];
  let scenes = 0;

  beforeAll(async () => {
    test = await start();
    nodes = await startNodes(count, test.broker, { perMessageDeflate: { threshold: 1_024 } });
    servers = nodes.map(({ server }) => server);
    for (const server of servers) {
      server.of(/^\/child-/);
      server.of((name, _auth, allow) => allow(null, name.startsWith('/asked-')));
    }
  });

  afterEach(cleanUp);

  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.close()));
    await test.stop?.();
  });

  /** Connects a client to each server, with the names `client-0`, `client-1`, ... */
  async function play(name = `/scene-${++scenes}`, options: StockOptions = {}): Promise<Scene> {
    const isChild = /^\/(child|asked)-/.test(name);
    if (!isChild) for (const server of servers) server.of(name);
    const clients = await Promise.all(
      nodes.map((node, index) => node.connect(name, { auth: { name: `client-${index}` }, ...options })),
    );
    const heard = clients.map((client) => {
      const events: unknown[][] = [];
      client.onAny((...event: unknown[]) => events.push(event));
      client.on('whoami', (answer: (name: string) => void) => answer((client.auth as { name: string }).name));
      return events;
    });
    return { name, clients, heard, spaces: servers.map((server) => server.of(name)) };
  }

  const all = <T>(value: T): T[] => Array<T>(count).fill(value);
  const names = Array.from({ length: count }, (_, index) => `client-${index}`);

  it('broadcasts to everybody, once', async () => {
    const scene = await play();
    const args = ['text', { deep: [1, null, { bytes: Buffer.from([1, 2, 3]) }] }, Buffer.from('more')];
    for (const [index, space] of scene.spaces.entries()) space.emit(`from ${index}`, ...args);
    await settled(scene);
    const expected = scene.spaces.map((_, index) => [`from ${index}`, ...args]);
    for (const events of scene.heard) {
      expect(events).toHaveLength(count);
      expect(events).toEqual(expect.arrayContaining(expected));
    }
  });

  it('broadcasts to rooms: to members of several once, and not to those who are excepted', async () => {
    const scene = await play();
    const [first, last] = [0, count - 1];
    const [space] = scene.spaces as [Namespace];
    ownSocket(scene, first).join(['all', 'first']);
    ownSocket(scene, last).join(['all', 'last', 'other']);
    space.to('last').emit('to last');
    space.to('first').to('last').to('other').emit('to each once');
    space.to(['all']).except('first').emit('not to first');
    space.except(['last', 'first']).emit('to none of them');
    space.to(idOf(scene.clients[last])).emit('to an id');
    space.except(idOf(scene.clients[last])).to('all').emit('not to an id');
    space.to([]).emit('to no one');
    space.to('nothing').emit('to no one');
    space.local.to('all').emit('local');
    space.volatile.to('all').emit('volatile');
    await settled(scene);
    const middle = count === 2 ? [] : [['to none of them']];
    expect(scene.heard[first]?.map(([event]) => event)).toEqual(['to each once', 'not to an id', 'local', 'volatile']);
    expect(scene.heard[last]?.map(([event]) => event)).toEqual([
      'to last',
      'to each once',
      'not to first',
      'to an id',
      'volatile',
    ]);
    expect(scene.heard.slice(1, -1)).toEqual(middle.map((event) => [event]));
  });

  it('compresses for the clients of each server, unless told otherwise', async () => {
    const scene = await play();
    const received = (): number => bytesReadBy(scene.clients[1] as Socket);
    const text = 'x'.repeat(20_000);
    const before = received();
    scene.spaces[0]?.emit('short', text);
    await settled(scene);
    const between = received();
    scene.spaces[0]?.compress(false).emit('long', text);
    await settled(scene);
    expect(between - before).toBeLessThan(2_000);
    expect(received() - between).toBeGreaterThan(20_000);
    expect(scene.heard[1]).toEqual([
      ['short', text],
      ['long', text],
    ]);
  });

  it('keeps the order of the messages of each server, across rooms', async () => {
    const scene = await play();
    const rooms = ['a', 'b', 'c'];
    for (const [index] of scene.clients.entries()) ownSocket(scene, index).join(rooms);
    for (let number = 0; number < MESSAGES; number++) {
      for (const [index, space] of scene.spaces.entries()) {
        if (number % 5 === 0) space.emit('said', index, number);
        else space.to(rooms[number % 3] as string).emit('said', index, number);
      }
      if (number % 20 === 0) await turn();
    }
    await settled(scene);
    const numbers = Array.from({ length: MESSAGES }, (_, number) => number);
    for (const events of scene.heard) {
      for (const [index] of scene.spaces.entries()) {
        expect(events.filter(([, speaker]) => speaker === index).map(([, , number]) => number)).toEqual(numbers);
      }
    }
  });

  it('carries large messages', async () => {
    const scene = await play();
    const text = 'x'.repeat(400_000);
    const bytes = Buffer.from(text);
    scene.spaces[0]?.compress(false).emit('large', text, bytes);
    await settled(scene);
    for (const [event] of scene.heard) {
      const [name, heard, data] = event as [string, string, Buffer];
      expect([name, heard === text, data.equals(bytes)]).toEqual(['large', true, true]); // `toEqual` takes seconds
    }
  });

  it('collects the acknowledgements of the clients of all servers', async () => {
    const { spaces } = await play();
    for (const space of spaces) {
      expect(sorted(await space.timeout(10_000).emitWithAck('whoami'))).toEqual(names);
    }
    const [error, answers] = await ask(spaces[0]?.timeout(10_000) as never, 'whoami');
    expect([error, (answers as string[]).toSorted()]).toEqual([null, names]);
    expect(await spaces[0]?.to('nobody').timeout(10_000).emitWithAck('whoami')).toEqual([]);
  });

  it('carries binary data in events that are acknowledged, and in their answers', async () => {
    const { spaces, clients } = await play();
    for (const client of clients) client.on('echo', (bytes: Buffer, answer) => answer(bytes));
    const bytes = Buffer.from([0, 255]);
    expect(await spaces[0]?.timeout(10_000).emitWithAck('echo', bytes)).toEqual(all(bytes));
  });

  // Each of these waits for a timeout, which does not depend on the number of servers.
  if (count === 2) {
    it('says which acknowledgements are missing', async () => {
      const { spaces, clients } = await play();
      clients.at(-1)?.off('whoami');
      await expect(spaces[0]?.timeout(TIMEOUT).emitWithAck('whoami')).rejects.toMatchObject({
        code: 'ACK_INCOMPLETE',
        responses: names.slice(0, -1),
        expected: count,
        cause: { code: 'ACK_TIMEOUT' },
      });
    });

    it('names the servers that do not answer, with the answers of the others', async () => {
      const { spaces, clients } = await play();
      const [space] = spaces as [Namespace];
      const silent = await SilentNode.start(brokerOf(test.broker), 'silent-one');
      onCleanUp(() => silent.close());
      await acquainted(nodes, count + 1);
      const missing = { code: 'NODES_SILENT', nodes: ['silent-host:4711'] };
      const ids = clients.map((client) => idOf(client));
      const failures = await Promise.all([
        rejection(space.timeout(TIMEOUT).fetchSockets()),
        rejection(space.timeout(TIMEOUT).fetchSocketIds()),
        rejection(space.timeout(TIMEOUT).countSockets()),
        rejection(space.timeout(TIMEOUT).emitWithAck('whoami')),
      ]);
      const [sockets, found, counts, acks] = failures as NodesSilent[] as [
        NodesSilent,
        NodesSilent,
        NodesSilent,
        Error,
      ];
      for (const failure of [sockets, found, counts]) expect(failure).toBeInstanceOf(NodesSilent);
      expect(sockets).toMatchObject(missing);
      expect(new Set(sockets.responses.map((socket) => (socket as { id: string }).id))).toEqual(new Set(ids));
      expect(new Set(found.responses)).toEqual(new Set(ids));
      expect(counts.responses).toEqual(all(1));
      expect(acks).toMatchObject({ code: 'ACK_INCOMPLETE', cause: missing });
      expect((acks as unknown as { responses: string[] }).responses.toSorted()).toEqual(names);
    });
  }

  it('calls one client, wherever it is', async () => {
    const { spaces, clients } = await play();
    for (const [index, client] of clients.entries()) {
      for (const space of spaces) expect(await space.to(idOf(client)).call('whoami')).toBe(names[index]);
    }
    await expect(spaces[0]?.call('whoami')).rejects.toMatchObject({ code: 'NOT_ONE_RECEIVER' });
    await expect(spaces[0]?.to('nobody').call('whoami')).rejects.toMatchObject({ code: 'NOT_ONE_RECEIVER' });
    await expect(spaces[0]?.to(idOf(clients[1])).timeout(300).call('unheard')).rejects.toMatchObject({
      code: 'ACK_TIMEOUT',
    });
  });

  it('finds the sockets of all servers, without their credentials', async () => {
    const scene = await play(undefined, {
      query: { tab: '1' },
      extraHeaders: { cookie: 'session=secret', authorization: 'Bearer secret', 'x-tenant': 'a' },
    });
    const { spaces, clients } = scene;
    for (const [index] of clients.entries()) {
      const socket = ownSocket(scene, index);
      socket.data = { index, bytes: Buffer.from([index]) };
      socket.join(['everyone', `room-${index}`]);
    }
    for (const space of spaces) {
      const sockets = await space.in('everyone').fetchSockets();
      expect(sockets).toHaveLength(count);
      for (const [index, client] of clients.entries()) {
        const found = sockets.find(({ id }) => id === client.id);
        expect(found?.data).toEqual({ index, bytes: Buffer.from([index]) });
        expect(found?.rooms).toEqual(new Set([client.id, 'everyone', `room-${index}`]));
        expect(found?.handshake).toMatchObject({ auth: { name: names[index] }, query: { tab: '1' } });
        expect(found?.handshake.headers['x-tenant']).toBe('a');
        const isDistant = !space.sockets.has(idOf(client));
        expect(JSON.stringify(found?.handshake).includes('secret')).toBe(!isDistant);
      }
      expect(new Set(await space.fetchSocketIds())).toEqual(new Set(clients.map((client) => client.id)));
      expect(await space.countSockets()).toBe(count);
      expect(await space.in(`room-${count - 1}`).fetchSocketIds()).toEqual([clients.at(-1)?.id]);
      expect(await space.except('room-0').countSockets()).toBe(count - 1);
      expect(await space.local.countSockets()).toBe(1);
      expect(await space.local.fetchSocketIds()).toHaveLength(1);
      expect(await space.to([]).fetchSockets()).toEqual([]);
      expect(await space.adapter.serverCount()).toBe(count);
    }
  });

  it('explains why a client of another server is not reached', async () => {
    const { spaces, clients } = await play();
    const id = idOf(clients[count - 1]);
    spaces[count - 1]?.in(id).socketsJoin('den');
    const [space] = spaces as [Namespace];
    const explain = (room: string) => servers[0]?.explain(space.to(room), id);
    expect(await explain('den')).toMatchObject({
      clients: [{ id, isSelected: true, selectedBy: ['den'] }],
      silent: [],
    });
    expect(await explain('attic')).toMatchObject({ clients: [{ id, isSelected: false, rooms: [id, 'den'] }] });
  });

  it('acts on a socket of another server', async () => {
    const scene = await play();
    const { spaces, clients } = scene;
    const bob = clients[1] as Socket;
    const [found] = (await spaces[0]?.in(idOf(bob)).fetchSockets()) ?? [];
    expect(found?.emit('direct', 1)).toBe(true);
    expect(await found?.timeout(10_000).emitWithAck('whoami')).toBe('client-1');
    found?.join(['den', 'attic']);
    found?.leave('attic');
    spaces[0]?.to('den').emit('den');
    spaces[0]?.to('attic').emit('attic');
    await settled(scene);
    expect(scene.heard[1]).toEqual([['direct', 1], ['whoami', expect.any(Function)], ['den']]);
    const left = Promise.all([next(bob, 'disconnect_reason'), next(bob, 'disconnect')]);
    found?.disconnect(false, { code: 'moved', message: 'elsewhere' });
    const [[reason], [cause]] = await left;
    expect([reason, cause]).toEqual([{ code: 'moved', message: 'elsewhere' }, 'io server disconnect']);
  });

  it('makes the clients of all servers join, leave and disconnect', async () => {
    const scene = await play();
    const { clients } = scene;
    const [space] = scene.spaces as [Namespace];
    space.socketsJoin(['den', 'attic']);
    space.in(idOf(clients[1])).socketsLeave('attic');
    space.to('den').emit('den');
    space.to('attic').emit('attic');
    await settled(scene);
    expect(scene.heard[1]).toEqual([['den']]);
    expect(scene.heard[0]).toEqual([['den'], ['attic']]);
    expect(await space.in('attic').countSockets()).toBe(count - 1);

    const left = clients.map((client) => Promise.all([next(client, 'disconnect_reason'), next(client, 'disconnect')]));
    space.in('den').disconnectSockets(true, 'maintenance');
    for (const [[reason]] of await Promise.all(left)) {
      expect(reason).toEqual({ code: 'disconnected', message: 'maintenance' });
    }
    await expect.poll(() => space.countSockets(), SOON).toBe(0);
  });

  it('ends the connections of a user on all servers', async () => {
    const scene = await play();
    for (const [index] of scene.clients.entries()) ownSocket(scene, index).userId = `${scene.name} ann`;
    ownSocket(scene, 0).userId = 'somebody else';
    const left = scene.clients
      .slice(1)
      .map((client) => Promise.all([next(client, 'disconnect_reason'), next(client, 'disconnect')]));
    expect(servers[0]?.disconnectUser(`${scene.name} ann`, { code: 'logged_out', message: 'bye' })).toBe(0);
    for (const [[reason]] of await Promise.all(left)) expect(reason).toEqual({ code: 'logged_out', message: 'bye' });
    expect(scene.clients[0]?.connected).toBe(true);
  });

  it('calls listeners on the other servers, with and without answers', async () => {
    const { spaces } = await play();
    const calls: unknown[][] = [];
    for (const [index, space] of spaces.entries()) {
      space.on('ping?', (text: string, answer: (reply: string) => void) => answer(`${index}: ${text}`));
      space.on('note', (...args: unknown[]) => calls.push([index, ...args]));
    }
    const answers = await spaces[0]?.serverSideEmitWithAck('ping?', 'a');
    expect(answers?.toSorted()).toEqual(names.slice(1).map((_, index) => `${index + 1}: a`));
    const [error, replies] = await ask(
      { emit: (event, ...args) => spaces[1]?.serverSideEmit(event, ...args) },
      'ping?',
      'b',
    );
    expect(error).toBeNull();
    expect(replies).toContain('0: b');
    expect(spaces[0]?.serverSideEmit('note', 1, Buffer.from([2]))).toBe(true);
    await expect.poll(() => calls.length, SOON).toBe(count - 1);
    expect(calls).toEqual(expect.arrayContaining([[1, 1, Buffer.from([2])]]));
  });

  it.each(['child', 'asked'])('serves dynamic namespaces (%s)', async (kind) => {
    const scene = await play(`/${kind}-${++scenes}`);
    const { spaces } = scene;
    spaces[0]?.emit('hello');
    await settled(scene);
    expect(scene.heard).toEqual(all([['hello']]));
    expect(await spaces[1]?.countSockets()).toBe(count);
    expect(sorted(await (spaces[1] as Namespace).timeout(10_000).emitWithAck('whoami'))).toEqual(names);
  });

  it('does not wait for servers that do not have the namespace', async () => {
    const name = `/only-${++scenes}`;
    const space = servers[0]?.of(name) as Namespace;
    const client = await (nodes[0] as ClusterNode).connect(name);
    client.on('whoami', (answer) => answer('only'));
    expect(await space.fetchSocketIds()).toEqual([client.id]);
    expect(await space.fetchSockets()).toHaveLength(1);
    expect(await space.countSockets()).toBe(1);
    expect(await space.timeout(10_000).emitWithAck('whoami')).toEqual(['only']);
    expect(await space.serverSideEmitWithAck('ping?')).toEqual([]);
    const refused = (await play()).clients[1]?.io.socket(name) as Socket;
    expect((await next<[Error]>(refused, 'connect_error'))[0].message).toBe('Invalid namespace');
  });

  it('lists the servers', () => {
    for (const { server } of nodes) {
      const { nodes: listed, health } = server.cluster;
      expect(new Set(listed.map(({ id }) => id)).size).toBe(count);
      expect(listed[0]).toMatchObject({ id: expect.stringMatching(/^[\w-]{10}$/), age: 0 });
      for (const node of listed) {
        expect(node).toMatchObject({ name: expect.stringMatching(/:\d+$/), version: ownVersion(), serves: true });
        expect(node.age).toBeLessThan(10_000);
      }
      expect(health.degraded).toBeNull();
    }
  });

  it('takes in a server, and lets one leave', async () => {
    const scene = await play();
    const another = await startNode(test.broker);
    const space = another.server.of(scene.name);
    const client = await another.connect(scene.name);
    await acquainted([another, ...nodes]);
    expect(await scene.spaces[0]?.countSockets()).toBe(count + 1);
    space.emit('hello');
    await expect.poll(() => scene.heard, SOON).toEqual(all([['hello']]));
    const left = next(client, 'disconnect');
    await another.close();
    await left;
    await acquainted(nodes);
    expect(await scene.spaces[0]?.countSockets()).toBe(count);
  });

  it('serves workers, which get answers too', async () => {
    const scene = await play();
    const worker = await startWorker(test.broker);
    onCleanUp(() => worker.close());
    const broadcaster = worker.broadcaster.of(scene.name);
    await acquainted(nodes, count + 1);
    const known = servers[0]?.cluster.nodes.find(({ serves }) => !serves);
    expect(known).toMatchObject({ version: ownVersion() });
    broadcaster.emit('hello', Buffer.from([1]));
    expect(sorted(await broadcaster.timeout(10_000).emitWithAck('whoami'))).toEqual(names);
    expect(scene.heard.map(([first]) => first)).toEqual(all(['hello', Buffer.from([1])]));
    expect(await broadcaster.to(idOf(scene.clients[1])).call('whoami')).toBe('client-1');
    expect(await broadcaster.fetchSockets()).toHaveLength(count);
    expect(await broadcaster.countSockets()).toBe(count);
    broadcaster.in(idOf(scene.clients[0])).socketsJoin('den');
    expect(await broadcaster.in('den').fetchSocketIds()).toEqual([scene.clients[0]?.id]);
    const noted = next(scene.spaces[1] as Namespace as never, 'note');
    broadcaster.serverSideEmit('note', 1);
    expect(await noted).toEqual([1]);
    expect(await scene.spaces[0]?.countSockets()).toBe(count); // does not wait for the worker
    ownSocket(scene, 1).userId = scene.name;
    const left = next(scene.clients[1] as Socket, 'disconnect');
    worker.broadcaster.disconnectUser(scene.name);
    await left;
  });

  it('keeps servers of different scopes apart', async () => {
    const apart = await startNode(test.broker, {}, 'another');
    onCleanUp(() => apart.close());
    const scene = await play();
    const space = apart.server.of(scene.name);
    const client = await apart.connect(scene.name);
    const heard: unknown[] = [];
    client.onAny((event) => heard.push(event));
    scene.spaces[0]?.emit('together');
    await settled(scene);
    const arrived = next(client, 'apart');
    space.emit('apart');
    await arrived;
    await settled(scene);
    expect(heard).toEqual(['apart']);
    expect(scene.heard).toEqual(all([['together']]));
    expect(await space.countSockets()).toBe(1);
    expect(apart.server.cluster.nodes).toHaveLength(1);
  });

  it('carries the frames of MessagePack', async () => {
    const pair = await startNodes(2, test.broker, { parser: 'msgpack' }, 'msgpack');
    for (const node of pair) onCleanUp(() => node.close());
    const [ann, bob] = (await Promise.all(pair.map((node) => node.connect('/', { parser: msgpack })))) as [
      Socket,
      Socket,
    ];
    bob.on('echo', (bytes: Buffer, answer) => answer(bytes));
    ann.on('echo', (bytes: Buffer, answer) => answer(bytes));
    const server = pair[0]?.server as Server;
    const heard = Promise.all([next(ann, 'hello'), next(bob, 'hello')]);
    server.emit('hello', Buffer.from([1]), { text: 'ü' });
    const expected = [Buffer.from([1]), { text: 'ü' }];
    expect(await heard).toEqual([expected, expected]);
    expect(await server.timeout(10_000).emitWithAck('echo', Buffer.from([2]))).toEqual([
      Buffer.from([2]),
      Buffer.from([2]),
    ]);
  });

  it('has lost nothing', () => {
    for (const { server, log } of nodes) {
      expect(server.cluster.health).toMatchObject({ degraded: null, dropped: 0, failed: 0, unreadable: 0, missed: 0 });
      expect(log.errors).toEqual([]);
      expect(log.warnings).toEqual([]);
    }
  });
}

function idOf(client: Socket | undefined): string {
  return client?.id as string;
}

/** Resolves when everything that the servers have sent has arrived, and removes the fences from what was heard. */
async function settled({ spaces, clients, heard }: Scene): Promise<void> {
  for (const space of spaces) {
    const arrived = Promise.all(clients.map((client) => next(client, 'fence')));
    space.emit('fence');
    await arrived;
  }
  for (const events of heard) events.splice(0, events.length, ...events.filter(([event]) => event !== 'fence'));
}

function ownSocket({ spaces, clients }: Scene, index: number): ServerSocket {
  return spaces[index]?.sockets.get(idOf(clients[index])) as ServerSocket;
}

function sorted(texts: readonly unknown[]): string[] {
  return texts.map(String).toSorted();
}

/** Returns the reason for which a promise is rejected. */
async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable('it did not fail'),
    (error: unknown) => error,
  );
}

/** Bytes that a client has read from its TCP connection. */
function bytesReadBy(client: Socket): number {
  const { transport } = client.io.engine as unknown as { transport: { ws: { _socket: { bytesRead: number } } } };
  const { _socket: connection } = transport.ws;
  return connection.bytesRead;
}
