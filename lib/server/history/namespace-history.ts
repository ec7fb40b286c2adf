/**
 * The history of the rooms of one namespace. Adapters report each event that they deliver to named rooms; sockets join
 * through it, and applications read it.
 */
import { type Clock, inTime, Message } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';
import { type EventPacket, PacketType } from '../../protocol/internal.js';
import type { BroadcastTarget } from '../adapter/broadcast-target.js';
import { IncomingEvent } from '../adapter/incoming-event.js';
import { withoutOffset } from '../adapter/recovery.js';
import { messageKey } from '../broadcast/latest-key.js';
import { eventNameOf } from '../telemetry/event-name.js';
import { isSocketId } from '../socket/socket-id.js';
import { type Histories, listOf, type RoomPlace } from './histories.js';
import { checkReadOptions, checkRewindOptions } from './history-arguments.js';
import { HistoryEntry } from './history-entry.js';
import type { ResolvedHistoryOptions } from './history-options.js';
import { mergePast } from './past.js';
import type { PastEvent, ReadOptions, RewindOptions } from './past-event.js';
import { NOTHING, type Past, Rewind, type Rewound, type RewoundSocket } from './rewind.js';

/** Nodes of a cluster whose newest event is remembered. Nodes that were replaced are among them. */
const MAX_NODES = 1_000;

/** ms that a client waits for the store. After that it gets the events that this server has in memory. */
const ANSWER_TIME = 5_000;

/** Bytes of a past that is sent at once. A longer one is sent as fast as the client reads. */
const AT_ONCE = 256_000;

/** The namespace as its history uses it. */
export interface HistoryNamespace {
  readonly name: string;
  /** The sockets, by id. */
  readonly members: { get(id: string): unknown };
  readonly delivery: { hasRoom?(room: string): boolean };
  failed(what: string, error: unknown): void;
}

/** The number that an event has in a cluster. */
export interface EventNumber {
  /** The id of the server that sent it. */
  readonly node: string;
  readonly number: number;
  /** Whether this server sent it, and adds it to the store. */
  readonly isOwn: boolean;
  /** When it was sent, by the clock of that server, in ms since 1970. */
  readonly at: number;
}

/** The entrance of a socket into rooms, whose past it is to be sent. */
interface Entrance {
  readonly rooms: readonly string[];
  readonly join: () => void;
  /** Without them, it is sent only the latest values. */
  readonly options?: RewindOptions | undefined;
  /** Set if the client has resumed its session: the keys of the values that it has been sent by now. */
  readonly resumed?: ReadonlySet<string>;
}

/** The rooms that a socket joins. */
interface Joining {
  readonly rooms: readonly string[];
  /** The rooms that it is in before. */
  readonly before: Iterable<string>;
  readonly join: () => void;
}

interface RoomContent {
  readonly events: readonly HistoryEntry[];
  readonly latest: readonly HistoryEntry[];
  /** Events up to this time may be missing, in ms since 1970. */
  readonly lostUntil: number;
  /** The events that wait for a client, see `Rewind`, when this was read. */
  readonly waiting?: readonly HistoryEntry[];
}

/** @publicApi */
export class NamespaceHistory {
  // --- Public attributes ---

  readonly #namespace: HistoryNamespace;
  readonly #histories: Histories;
  readonly #options: ResolvedHistoryOptions;
  /** The number of the newest event of each other server that has arrived. */
  readonly #heard = new Map<string, number>();
  /** The entry that is being delivered, and its packet. */
  #delivery: { readonly entry: HistoryEntry; readonly packet: EventPacket } | null = null;

  /** @internal */
  constructor(namespace: HistoryNamespace, histories: Histories, options: ResolvedHistoryOptions) {
    this.#namespace = namespace;
    this.#histories = histories;
    this.#options = options;
  }

  // --- Public methods ---

  /**
   * Returns the events that were sent to a room, in order.
   * @throws SocketIoError `INVALID_ARGUMENT`, `UNKNOWN_OPTION`
   */
  async read(room: string, options: ReadOptions = {}): Promise<PastEvent[]> {
    checkReadOptions(options);
    const { limit, before } = options;
    const { size } = this.#options;
    const { events } = await this.#content(room, before === undefined ? Math.min(limit ?? size, size) : size);
    const end = before === undefined ? events.length : events.findIndex(({ id }) => id === before);
    const found = events.slice(0, Math.max(0, end)).slice(limit === undefined ? 0 : -limit);
    return found.map((entry) => {
      const [event, ...args] = this.packetOf(entry).data;
      return { id: entry.id, event: String(event), args, at: new Date(entry.at) };
    });
  }

  /**
   * Forgets the events of a room, on all servers.
   * @throws SocketIoError `ADAPTER_FAILED` if the broker does not answer
   */
  clear(room: string): Promise<void> {
    return this.#inTime(this.#histories.clear(this.#namespace.name, room));
  }

  // --- Called by adapters ---

  /**
   * @internal Whether an event is kept: it is for named rooms, neither volatile nor for one process, and the option
   * `events` names it.
   */
  keeps(packet: EventPacket, { rooms, flags }: BroadcastTarget): boolean {
    if (rooms === null || rooms.length === 0 || flags.volatile === true || flags.local === true) return false;
    const { events } = this.#options;
    return events === null || events.has(eventNameOf(packet));
  }

  /**
   * Keeps an event, see {@link keeps}.
   * @internal
   * @param message without an offset
   * @param number its number in the cluster; `null` without a cluster
   */
  say(target: BroadcastTarget, message: Message, number: EventNumber | null = null): HistoryEntry {
    const [node, count] = number === null ? this.#histories.nextId() : [number.node, number.number];
    const key = target.flags.latest === undefined ? null : this.#keyOf(message, target);
    const kept = message.key === key ? message : new Message(message.wire, message.compress, key);
    const entry = new HistoryEntry(
      node,
      count,
      number?.at ?? Date.now(),
      kept,
      target.excepted,
      key,
      target.rooms ?? [],
    );
    const isOwn = number?.isOwn ?? true;
    if (!isOwn) this.#arrived(entry);
    const { store } = this.#histories.host;
    for (const room of new Set(target.rooms)) {
      if (this.#isSocket(room)) continue;
      this.#histories.change(this.#placeOf(room), (history) => {
        history.append(entry);
        if (isOwn) store?.append(history.list, entry, this.#options);
      });
    }
    return entry;
  }

  /** @internal Runs the delivery of an event to the clients of this server. */
  deliver(entry: HistoryEntry, packet: EventPacket, run: () => void): void {
    const outer = this.#delivery;
    this.#delivery = { entry, packet };
    try {
      run();
    } finally {
      this.#delivery = outer;
    }
  }

  /**
   * @internal The entry of a packet that is being delivered; `null` if it is not kept. Listeners of outgoing events may
   * emit other packets meanwhile.
   */
  entryOf(packet: EventPacket): HistoryEntry | null {
    return this.#delivery?.packet === packet ? this.#delivery.entry : null;
  }

  // --- Called by sockets ---

  /**
   * Lets a socket join rooms, and sends it their latest values and, if it wants it, their past. A room that it is in
   * already is left out: it has that past.
   * @internal
   * @throws SocketIoError `INVALID_ARGUMENT`
   */
  join(socket: RewoundSocket, { rooms, before, join }: Joining, options?: RewindOptions): Promise<Rewound> {
    if (options !== undefined) checkRewindOptions(options);
    const former = before instanceof Set ? before : new Set(before); // a copy could be large
    const entered = [...new Set(rooms)].filter((room) => room !== socket.id && !former.has(room));
    return this.#enter(socket, { rooms: entered, join, options });
  }

  /**
   * Sends a client that has resumed its session the latest values of its rooms: recovery keeps none of them.
   * @internal
   * @param sent the keys of the values that it has been sent since it is in its rooms again
   */
  resume(socket: RewoundSocket, sent: ReadonlySet<string>): void {
    const rooms = [...socket.rooms].filter((room) => room !== socket.id);
    void this.#enter(socket, { rooms, join: () => {}, resumed: sent });
  }

  /** @internal */
  get clock(): Clock {
    return this.#histories.clock;
  }

  /** @internal */
  get maxBytes(): number {
    return this.#histories.host.options.engine.limits.bufferedBytes;
  }

  /** @internal */
  packetOf({ message }: HistoryEntry): EventPacket {
    return new IncomingEvent(message, this.#namespace.name, this.#histories.host.options.codec);
  }

  /** @internal */
  withoutOffset({ data }: EventPacket, message: Message): Message {
    const { codec, recovery } = this.#histories.host.options;
    if (recovery === null) return message;
    const packet: EventPacket = { type: PacketType.EVENT, nsp: this.#namespace.name, data: withoutOffset(data) };
    return Message.of(codec.encode(packet), message.compress, message.key);
  }

  /** @internal */
  failed(what: string, error: unknown): void {
    this.#namespace.failed(what, error);
  }

  // --- Inside ---

  async #inTime<T>(answer: Promise<T>): Promise<T> {
    const found = await inTime(
      answer.then((value) => ({ value })),
      ANSWER_TIME,
      this.clock,
      () => null,
    );
    if (found !== null) return found.value;
    throw new SocketIoError('ADAPTER_FAILED', `the broker did not answer within ${ANSWER_TIME} ms`);
  }

  /** The key of a latest value. It belongs to an event: others with the same key do not replace it. */
  #keyOf(message: Message, { flags }: BroadcastTarget): string | null {
    const { name } = this.#namespace;
    const { event } = new IncomingEvent(message, name, this.#histories.host.options.codec);
    return messageKey(name, event, flags);
  }

  /** Whether a room is that of a socket, here or on another server. */
  #isSocket(room: string): boolean {
    return isSocketId(room) || this.#namespace.members.get(room) !== undefined;
  }

  #placeOf(room: string): RoomPlace {
    const { name, delivery } = this.#namespace;
    return { namespace: name, room, options: this.#options, isJoined: delivery.hasRoom?.(room) === true };
  }

  #room(room: string): RoomContent {
    const { name } = this.#namespace;
    const { events = [], latest = [] } = this.#histories.find(name, room) ?? {};
    return { events, latest, lostUntil: this.#histories.lostUntil(name, room) };
  }

  /** Whether a socket that joins a room need not wait for the store. */
  #isInMemory(room: string, options: RewindOptions | undefined): boolean {
    if (this.#histories.host.store !== null) {
      return options === undefined && this.#histories.find(this.#namespace.name, room)?.hasLatest === true;
    }
    if (options === undefined) return true;
    return this.#room(room).events.reduce((total, { message }) => total + message.wire.length, 0) <= AT_ONCE;
  }

  #enter(socket: RewoundSocket, entrance: Entrance): Promise<Rewound> {
    const { rooms, join, options, resumed } = entrance;
    for (const room of rooms) this.#histories.joined(this.#namespace.name, room);
    const running = socket.rewind?.isRunning === true ? socket.rewind : null;
    if (running === null && rooms.every((room) => this.#isInMemory(room, options))) {
      return this.#enterAtOnce(socket, entrance);
    }
    const rewind = running ?? (socket.rewind = new Rewind(socket, this, resumed !== undefined));
    if (resumed === undefined) rewind.joins(options !== undefined);
    join();
    const rewound = rooms.map((room) =>
      rewind.add(
        room,
        () => this.#past(socket, room, entrance),
        () => this.#pastInMemory(socket, room, entrance),
      ),
    );
    return Promise.all(rewound).then(sum);
  }

  #enterAtOnce(socket: RewoundSocket, entrance: Entrance): Promise<Rewound> {
    const { rooms, join, resumed } = entrance;
    join();
    if (rooms.length === 0) return Promise.resolve(NOTHING);
    const pasts = rooms.map((room) => this.#pastInMemory(socket, room, entrance));
    const past: Past = {
      entries: pasts.flatMap(({ entries }) => entries),
      expected: pasts.flatMap(({ expected }) => expected),
      complete: pasts.every(({ complete }) => complete),
    };
    const { complete } = past;
    if (past.entries.length === 0) return Promise.resolve({ events: 0, complete });
    const rewind = (socket.rewind = new Rewind(socket, this, resumed !== undefined));
    if (resumed === undefined) rewind.joins(past.entries.some(({ key }) => key === null));
    return Promise.resolve({ events: rewind.sendAtOnce(past), complete });
  }

  #pastInMemory(socket: RewoundSocket, room: string, entrance: Entrance): Past {
    const waiting = socket.rewind?.waitingIn(room) ?? [];
    return this.#select(socket, { ...this.#room(room), waiting, complete: true }, entrance);
  }

  async #past(socket: RewoundSocket, room: string, entrance: Entrance): Promise<Past> {
    const { options } = entrance;
    const { size } = this.#options;
    const wanted = options === undefined ? 0 : options.since === undefined ? (options.rewind ?? size) : size;
    const waiting = (): HistoryEntry[] => socket.rewind?.waitingIn(room) ?? [];
    return this.#select(socket, await this.#content(room, Math.min(wanted, size), waiting), entrance);
  }

  /** Reads the past of a room from the store, if there is one, and from memory. Never rejects. */
  async #content(
    room: string,
    limit: number,
    waiting: () => readonly HistoryEntry[] = () => [],
  ): Promise<RoomContent & { readonly complete: boolean }> {
    const { store } = this.#histories.host;
    const name = this.#namespace.name;
    const list = this.#histories.find(name, room)?.list;
    if (store === null) return { ...this.#room(room), waiting: waiting(), complete: true };
    try {
      const stored = await this.#inTime(store.read(list ?? listOf(name, room), limit));
      const oldest = Date.now() - this.#options.ttl;
      const isYoung = ({ at }: HistoryEntry): boolean => at > oldest;
      const heard = this.#room(room).events;
      const events = limit === 0 ? [] : mergePast(stored.events.filter(isYoung), limit, heard, this.#hasHeard);
      this.#histories.change(this.#placeOf(room), (history) => {
        for (const entry of stored.latest.filter(isYoung).toSorted(byTime)) {
          const known = history.valueOf(entry.key as string);
          if (known === undefined || (known.id !== entry.id && !this.#hasHeard(entry))) history.append(entry);
        }
        history.hasLatest = true;
      });
      const [first] = stored.events;
      const lostUntil = first === undefined || stored.events.length < limit ? 0 : first.at;
      return { events, latest: this.#room(room).latest, lostUntil, waiting: waiting(), complete: true };
    } catch (error) {
      this.#namespace.failed('reading the history of a room', error);
      return { ...this.#room(room), waiting: waiting(), complete: false };
    }
  }

  /**
   * Selects the entries for a client: the latest values first, then the events. Events that have arrived since it joined,
   * and are older than the past that it asks for, come before that past.
   */
  #select(
    socket: RewoundSocket,
    { events, latest, lostUntil, waiting = [], complete }: RoomContent & Pick<Past, 'complete'>,
    { options, resumed }: Entrance,
  ): Past {
    let joined: ReadonlySet<string> | null = null;
    const isForSocket = ({ excepted }: HistoryEntry): boolean =>
      excepted.length === 0 || !excepted.some((room) => room === socket.id || (joined ??= socket.rooms).has(room));
    const found = options === undefined ? [] : eventsSince(events, options).filter(isForSocket);
    const past = options?.rewind === undefined ? found : found.slice(-options.rewind);
    const isSent = (entry: HistoryEntry): boolean =>
      resumed?.has(entry.key as string) === true && this.#hasHeard(entry);
    const ids = new Set(past.map(({ id }) => id));
    const arrived = past.length === 0 ? [] : waiting.filter(({ id }) => !ids.has(id));
    const entries = [...latest.filter((entry) => isForSocket(entry) && !isSent(entry)), ...arrived, ...past];
    const expected = entries.filter((entry) => !this.#hasHeard(entry)).map(({ id }) => id);
    const horizon = Math.max(lostUntil, Date.now() - this.#options.ttl);
    return { entries, expected, complete: complete && isKeptSince(events, options?.since, horizon) };
  }

  /** Whether an event has been sent or received here, or is older than this server. */
  readonly #hasHeard = ({ node, number, at }: HistoryEntry): boolean => {
    if (this.#histories.isOwn(node)) return true;
    const newest = this.#heard.get(node);
    return newest === undefined ? at < performance.timeOrigin : number <= newest;
  };

  #arrived({ node, number }: HistoryEntry): void {
    this.#heard.delete(node); // as the newest
    this.#heard.set(node, number);
    if (this.#heard.size <= MAX_NODES) return;
    this.#heard.delete(this.#heard.keys().next().value as string);
  }
}

function byTime(one: HistoryEntry, other: HistoryEntry): number {
  return one.at - other.at;
}

function eventsSince(events: readonly HistoryEntry[], { since }: RewindOptions): readonly HistoryEntry[] {
  if (since === undefined) return events;
  if (typeof since === 'string') return events.slice(events.findIndex(({ id }) => id === since) + 1);
  return events.filter(({ at }) => at >= Number(since));
}

/** Whether all events since a time or an event are kept. @param lostUntil events up to this time may be missing */
function isKeptSince(events: readonly HistoryEntry[], since: RewindOptions['since'], lostUntil: number): boolean {
  if (since === undefined) return true;
  return typeof since === 'string' ? events.some(({ id }) => id === since) : Number(since) > lostUntil;
}

function sum(parts: readonly Rewound[]): Rewound {
  return {
    events: parts.reduce((count, { events }) => count + events, 0),
    complete: parts.every(({ complete }) => complete),
  };
}
