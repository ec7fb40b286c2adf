/** Whatever happens to clients, servers and messages: presence converges to the truth, on each server and for each client. */
import { array, assert, asyncProperty, constantFrom, nat, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FakeClient, type FakeServer, PresenceWorld } from '../../support/presence-world.js';

const USERS = ['ann', 'ben', 'zoe'];
const ROOMS = ['lobby', 'den'];

/** A client as the test knows it. */
interface Actor {
  server: FakeServer;
  client: FakeClient;
  user: string | null;
  /** Metas of its user that it has set. */
  meta: string | null;
  isDropped: boolean;
}

class Scene {
  readonly world = new PresenceWorld();
  readonly actors: Actor[] = [];
  #metas = 0;

  constructor() {
    for (let i = 0; i < 3; i++) this.world.start();
  }

  #server(n: number): FakeServer {
    return this.world.servers[n % this.world.servers.length] as FakeServer;
  }

  connect(n: number): void {
    const server = this.#server(n);
    const client = this.world.connect(server);
    server.observer.connected?.(client.member);
    this.actors.push({ server, client, user: null, meta: null, isDropped: false });
  }

  /** Does something with a client that is connected. */
  act(what: string, { server, client, ...actor }: Actor, n: number): void {
    const room = ROOMS[n % ROOMS.length] as string;
    const { presence, observer } = server;
    const self = this.actors.find((one) => one.client === client) as Actor;
    switch (what) {
      case 'join':
        if (client.rooms.has(room)) return;
        client.rooms.add(room);
        return observer.joined?.(client.member, room);
      case 'leave':
        if (!client.rooms.delete(room)) return;
        client.known.delete(room);
        return observer.left?.(client.member, room);
      case 'track':
        self.user = USERS[n % USERS.length] as string;
        self.meta = `meta ${++this.#metas}`;
        return presence.track(client, { user: self.user, meta: self.meta });
      case 'untrack':
        self.user = null;
        return presence.untrack(client);
      case 'update':
        if (actor.user === null) return;
        self.meta = `meta ${++this.#metas}`;
        return presence.update(client, self.meta);
      case 'end':
      case 'lose':
        this.#disconnect(self);
        this.actors.splice(this.actors.indexOf(self), 1);
        return observer.ended?.(client.member, what === 'end' ? 'client namespace disconnect' : 'transport close');
      default:
        this.#disconnect(self);
        self.isDropped = true;
        return observer.dropped?.(client.member, 'ping timeout');
    }
  }

  #disconnect({ server, client }: Actor): void {
    client.connected = false;
    server.clients.delete(client.id);
  }

  /** A client that was dropped returns, on any server. */
  resume(actor: Actor, n: number): void {
    const former = { ...actor };
    actor.server = this.#server(n);
    actor.client = this.world.connect(actor.server, former.client.rooms, former.client.id);
    actor.isDropped = false;
    actor.server.observer.returned?.(actor.client.member);
    if (former.server !== actor.server) former.server.observer.moved?.(former.client.member);
    if (former.server === actor.server) return;
    // The last changes may not have reached this server. One that does not know of the client cannot go on: the
    // application tracks it.
    const { presence } = actor.server;
    const known = USERS.flatMap((user) =>
      (presence.user(user)?.devices ?? []).map(({ id, node, meta }) => ({ user, id, node, meta })),
    );
    const device = known.find(({ id, node }) => id === actor.client.id && node === actor.server.id);
    if (device !== undefined) Object.assign(actor, { user: device.user, meta: device.meta });
    else if (actor.user !== null) this.act('track', actor, USERS.indexOf(actor.user));
  }

  kill(n: number): void {
    const server = this.#server(n);
    if (this.world.servers.length > 1) this.world.kill(server);
    for (const actor of this.actors.filter((one) => !this.world.servers.includes(one.server))) {
      actor.client.connected = false;
      actor.isDropped = true; // its client may return elsewhere
    }
  }

  finish(): void {
    for (const { server, client, isDropped } of this.actors.filter((actor) => actor.isDropped)) {
      if (isDropped) server.observer.ended?.(client.member, 'ping timeout');
    }
  }

  /** The metas that each user of a room may have. */
  truth(room: string): Map<string, (string | null)[]> {
    const users = new Map<string, (string | null)[]>();
    const present = this.actors.filter(({ isDropped, user }) => !isDropped && user !== null);
    for (const { user } of present.filter(({ client }) => client.rooms.has(room))) {
      const metas = present.filter((other) => other.user === user).map(({ meta }) => meta);
      users.set(user as string, metas);
    }
    return users;
  }

  check(): void {
    for (const room of ROOMS) {
      const truth = this.truth(room);
      const [first, ...others] = this.world.servers.map(({ presence }) =>
        Object.fromEntries(presence.list(room).map(({ user, meta }) => [user, meta])),
      ) as [Record<string, string>];
      for (const other of others) expect(other).toEqual(first);
      expect(Object.keys(first).toSorted()).toEqual([...truth.keys()].toSorted());
      for (const [user, meta] of Object.entries(first)) expect(truth.get(user)).toContain(meta);
      for (const { client } of this.actors.filter(({ isDropped }) => !isDropped)) {
        if (!client.rooms.has(room)) continue;
        expect(Object.fromEntries(client.known.get(room) ?? [])).toEqual(first);
      }
    }
    const users = this.actors.flatMap(({ isDropped, user }) => (isDropped || user === null ? [] : [user]));
    for (const server of this.world.servers) {
      expect([...server.users.keys()].toSorted()).toEqual([...new Set(users)].toSorted());
      for (const [user, meta] of server.users) expect(server.presence.user(user)?.meta).toBe(meta);
    }
    expect(this.world.errors).toEqual([]);
  }
}

/** The actions of a step. An action that is listed twice happens more often. */
const WHAT =
  'connect join join join leave track track untrack update end lose drop drop resume resume wait long-wait ' +
  'lose-message cut heal kill start';

const step = record({
  what: constantFrom(...WHAT.split(' ')),
  who: nat(20),
  n: nat(20),
  /** Messages that arrive on each way after the step. */
  arrive: constantFrom(0, 0, 1, Infinity),
});

interface Step {
  readonly what: string;
  readonly who: number;
  readonly n: number;
  readonly arrive: number;
}

async function run(scene: Scene, { what, who, n, arrive }: Step): Promise<void> {
  const { world } = scene;
  const connected = scene.actors.filter(({ isDropped }) => !isDropped);
  const dropped = scene.actors.filter(({ isDropped }) => isDropped);
  const actor = connected[who % Math.max(1, connected.length)];
  const server = world.servers[n % world.servers.length] as FakeServer;
  if (what === 'connect') scene.connect(n);
  else if (what === 'resume') {
    const returning = dropped[who % Math.max(1, dropped.length)];
    if (returning !== undefined) scene.resume(returning, n);
  } else if (what === 'wait') await world.advance(70, 0);
  else if (what === 'long-wait') await world.advance(1_100, arrive);
  else if (what === 'lose-message') for (const queue of server.incoming.values()) queue.shift();
  else if (what === 'cut') server.isCut = true;
  else if (what === 'heal') server.isCut = false;
  else if (what === 'kill') scene.kill(n);
  else if (what === 'start') {
    if (world.servers.length < 4) world.start();
  } else if (actor !== undefined) scene.act(what, actor, n);
  await world.turn(arrive);
}

describe('presence', () => {
  it('converges', async () => {
    await assert(
      asyncProperty(array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
        const scene = new Scene();
        await scene.world.turn(Infinity);
        for (let i = 0; i < 5; i++) scene.connect(i);
        for (const one of steps) await run(scene, one);
        scene.finish();
        await scene.world.settle();
        scene.check();
      }),
      { numRuns: 60 },
    );
  });
});
