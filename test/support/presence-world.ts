/**
 * Servers with presence, and clients of them, without connections: a test decides when messages between the servers
 * arrive or are lost, which servers are cut off or die, and what clients do. Time moves when the test says so.
 */
import type { Log } from '../../lib/engine/internal.js';
import type { EventPacket } from '../../lib/protocol/internal.js';
import type { Answers } from '../../lib/server/cluster/channels.js';
import { type BroadcastTarget, Channels, type Member, type SocketObserver } from '../../lib/server/internal.js';
import type { NamespacePresence, PresenceNamespace } from '../../lib/server/presence/namespace-presence.js';
import { resolvePresenceOptions } from '../../lib/server/presence/presence-options.js';
import { Presences } from '../../lib/server/presence/presences.js';
import { ManualClock } from './manual-clock.js';

/** ms */
export const GRACE = 1_000;
const INTERVAL = 50;
const SILENCE = 3_000;

/** A socket, and the client behind it, which applies what it receives. */
export class FakeClient {
  readonly rooms: Set<string>;
  readonly userId = undefined;
  connected = true;
  /** The users of each room, as the client knows them. */
  readonly known = new Map<string, Map<string, unknown>>();

  constructor(
    readonly id: string,
    readonly nsp: { readonly name: string },
    rooms: Iterable<string>,
  ) {
    this.rooms = new Set([id, ...rooms]);
  }

  deliver({ data }: EventPacket): void {
    const [event, room, content] = JSON.parse(JSON.stringify(data)) as [string, string, never];
    if (event === 'presence_state') {
      this.known.set(room, new Map(content as [string, unknown][]));
      return;
    }
    const users = this.known.get(room);
    if (users === undefined) throw new Error(`a diff of ${room} arrived before its state`);
    const { joins, leaves } = content as { joins: [string, unknown][]; leaves: string[] };
    for (const [user, meta] of joins) users.set(user, meta);
    for (const user of leaves) users.delete(user);
  }

  get member(): Member {
    return this as unknown as Member;
  }
}

type Message =
  | { readonly kind: 'beat' }
  | { readonly kind: 'message'; readonly to: string | null; readonly content: readonly unknown[] }
  | { readonly kind: 'ask'; readonly to: string; readonly question: number; readonly content: readonly unknown[] }
  | { readonly kind: 'answer'; readonly to: string; readonly question: number; readonly content: readonly unknown[] };

interface Peer {
  sequence: number;
  heardAt: number;
  isGone: boolean;
}

/** One server. */
export class FakeServer {
  readonly presence: NamespacePresence<string>;
  readonly clients = new Map<string, FakeClient>();
  /** Messages that have not arrived, by sender. */
  readonly incoming = new Map<string, [sequence: number, message: Message][]>();
  readonly peers = new Map<string, Peer>();
  observer: SocketObserver = {};
  /** The users of the namespace, as `watchUsers` reports them. */
  readonly users = new Map<string, unknown>();
  readonly namespace: PresenceNamespace = {
    name: '/',
    delivery: {
      connected: ({ rooms }: BroadcastTarget) =>
        [...this.clients.values()]
          .filter((client) => client.connected && client.rooms.has(rooms?.[0] as string))
          .map(({ member }) => member),
      roomsOf: ({ rooms }: Member) => rooms,
    },
    observe: (observer) => (this.observer = observer),
  };
  isCut = false;
  readonly #channels: Channels;
  readonly #questions = new Map<number, (answers: Answers) => void>();
  #asked = 0;
  #sequence = 0;

  constructor(
    readonly id: string,
    readonly world: PresenceWorld,
  ) {
    const others = (): string[] => [...this.peers].flatMap(([peer, { isGone }]) => (isGone ? [] : [peer]));
    const cluster = {
      id,
      get others() {
        return others();
      },
      sendTo: (_channel: string, to: string | null, content: readonly unknown[]) =>
        this.#send({ kind: 'message', to, content }),
      askNodes: (_channel: string, to: string | null, timeout: number, content: readonly unknown[]) =>
        this.#ask(to as string, timeout, content),
    };
    this.#channels = new Channels(() => cluster);
    const { clock, defer } = world;
    const logger: Log = {
      debug: () => {},
      warn: () => {},
      error: (line, error) => void world.errors.push([line, error]),
    };
    const options = {
      engine: { clock, logger },
      codec: { encode: ({ data }: EventPacket) => JSON.stringify(data) },
      presence: resolvePresenceOptions({ grace: GRACE, interval: INTERVAL }),
      adapter: null,
      recovery: null,
    };
    const host = { channels: this.#channels, options, namespaces: { get: () => this.namespace } };
    const presences = new Presences(host, defer);
    this.presence = presences.of('/');
    this.presence.watchUsers(({ joins, leaves }) => {
      for (const [user, meta] of joins) this.users.set(user, meta);
      for (const user of leaves) if (!this.users.delete(user)) world.errors.push(`${user} left twice`);
    });
  }

  beat(): void {
    this.#send({ kind: 'beat' });
  }

  #send(message: Message): void {
    const copy = JSON.parse(JSON.stringify(message)) as Message;
    const sequence = ++this.#sequence;
    if (this.isCut || !this.world.servers.includes(this)) return; // the timers of a dead server go on
    for (const other of this.world.servers) {
      if (other === this || other.isCut) continue;
      const queue = other.incoming.get(this.id) ?? [];
      other.incoming.set(this.id, queue);
      queue.push([sequence, copy]);
    }
  }

  #ask(to: string, timeout: number, content: readonly unknown[]): Promise<Answers> {
    const question = ++this.#asked;
    return new Promise((resolve) => {
      const timer = this.world.clock.after(timeout, () =>
        this.#questions.get(question)?.({ answers: [], silent: [to] }),
      );
      this.#questions.set(question, (answers) => {
        this.#questions.delete(question);
        timer.cancel();
        resolve(answers);
      });
      this.#send({ kind: 'ask', to, question, content });
    });
  }

  /** Receives the next message of another server. @returns whether there was one */
  receive(from: string): boolean {
    const next = this.incoming.get(from)?.shift();
    if (next === undefined) return false;
    const [sequence, message] = next;
    const peer = this.peers.get(from);
    this.peers.set(from, { sequence, heardAt: this.world.clock.now(), isGone: false });
    if (peer === undefined || peer.isGone) this.#channels.nodeJoined(from);
    if (peer !== undefined && peer.sequence + 1 < sequence) this.#channels.nodeMissed(from);
    this.#handle(from, message);
    return true;
  }

  #handle(from: string, message: Message): void {
    if (message.kind === 'beat' || (message.to !== null && message.to !== this.id)) return;
    const listener = this.#channels.of('presence');
    if (message.kind === 'message') listener?.received?.(from, message.content);
    else if (message.kind === 'answer')
      this.#questions.get(message.question)?.({ answers: [message.content], silent: [] });
    else {
      listener?.asked?.(from, message.content, (...content) =>
        this.#send({ kind: 'answer', to: from, question: message.question, content }),
      );
    }
  }

  /** Notices the servers that have been silent for too long. */
  watch(): void {
    const now = this.world.clock.now();
    for (const [id, peer] of this.peers) {
      if (peer.isGone || now - peer.heardAt < SILENCE) continue;
      peer.isGone = true;
      this.#channels.nodeLeft(id, true);
    }
  }
}

export class PresenceWorld {
  readonly clock = new ManualClock();
  readonly servers: FakeServer[] = [];
  readonly errors: unknown[] = [];
  #deferred: (() => void)[] = [];
  #ids = 0;

  readonly defer = (task: () => void): void => void this.#deferred.push(task);

  start(): FakeServer {
    const server = new FakeServer(`node-${++this.#ids}`, this);
    this.servers.push(server);
    for (const one of this.servers) one.beat();
    return server;
  }

  kill(server: FakeServer): void {
    this.servers.splice(this.servers.indexOf(server), 1);
    for (const { incoming } of this.servers) incoming.get(server.id)?.splice(0);
  }

  connect(server: FakeServer, rooms: Iterable<string> = [], id = `client-${++this.#ids}`): FakeClient {
    const client = new FakeClient(id, server.namespace, rooms);
    server.clients.set(id, client);
    return client;
  }

  /** Runs what is due, and lets up to this number of messages arrive on each way. */
  async turn(messages: number): Promise<void> {
    for (const task of this.#deferred.splice(0)) task();
    for (const server of this.servers) {
      for (const from of server.incoming.keys()) for (let left = messages; left > 0 && server.receive(from); left--);
    }
    for (let i = 0; i < 5; i++) await Promise.resolve();
  }

  async advance(ms: number, messages: number): Promise<void> {
    this.clock.advance(ms);
    for (const server of this.servers) server.watch();
    await this.turn(messages);
  }

  /** Lets time pass until everything that can arrive has arrived, and nothing is announced any more. */
  async settle(): Promise<void> {
    for (const server of this.servers) server.isCut = false;
    for (let passed = 0; passed < SILENCE + 3 * GRACE + 12_000; passed += 1_000) {
      for (const server of this.servers) server.beat();
      for (let i = 0; i < 8; i++) await this.advance(i === 0 ? 650 : INTERVAL, Infinity);
    }
  }
}
