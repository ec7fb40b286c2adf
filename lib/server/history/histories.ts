/**
 * The histories of a server: the rooms of all its namespaces that it has in memory, and the store that the servers of a
 * cluster share. Memory is bounded for all rooms together, and the room to which nothing has been sent for longest is
 * dropped first. Rooms whose events have all expired are dropped once a minute.
 */
import { createHash } from 'node:crypto';
import { type Clock, createId, type ResolvedEngineOptions, type Timer } from '../../engine/internal.js';
import type { Codec } from '../../protocol/internal.js';
import type { ClusterChannel, Channels } from '../cluster/channels.js';
import type { HistoryByNamespace, ResolvedHistoryOptions } from './history-options.js';
import type { HistoryStore } from './history-store.js';
import { RoomHistory } from './room-history.js';

/** ms between two looks for rooms whose events have expired. */
const SWEEP = 60_000;

/** Characters of the id that a server without a cluster gives its events. */
const ID_LENGTH = 10;

/** The server as its histories use it. It has getters, since options may change until the server serves. */
export interface HistoriesHost {
  readonly options: {
    readonly engine: Pick<ResolvedEngineOptions, 'clock' | 'limits' | 'limitReport' | 'logger'>;
    readonly codec: Codec;
    readonly recovery: unknown;
    /** `null` unless the option is set. */
    readonly adapter: unknown;
    /** `null` unless the option is set. */
    readonly broker: unknown;
    readonly history: HistoryByNamespace | null;
  };
  readonly channels: Channels;
  /** `null` without a cluster whose broker keeps lists. */
  readonly store: HistoryStore | null;
}

export class Histories {
  readonly host: HistoriesHost;
  /** By namespace and room. The room to which nothing has been sent for longest comes first. */
  readonly #rooms = new Map<string, RoomHistory>();
  #weight = 0;
  #sweep: Timer | null = null;
  readonly #node = createId().slice(0, ID_LENGTH);
  #last = 0;
  readonly #createdAt = Date.now();
  /** Events up to this time may be missing in rooms that are not in memory; 0 if none has been lost since the start. */
  #lostUntil = 0;
  /** Whether a node has been silent for too long: it may have sent events that did not arrive. */
  #isCutOff = false;
  readonly #channel: ClusterChannel;

  constructor(host: HistoriesHost) {
    this.host = host;
    this.#channel = host.channels.open('history', {
      received: (_node, [namespace, room]) => {
        if (typeof namespace !== 'string' || typeof room !== 'string') throw new TypeError('a room must be a text');
        this.#drop(keyOf(namespace, room));
      },
      nodeMissed: () => this.#missed(),
      nodeLeft: (_node, inSilence) => {
        this.#isCutOff ||= inSilence;
      },
      nodeJoined: () => {
        if (this.#isCutOff) this.#missed();
        this.#isCutOff = false;
      },
    });
  }

  get clock(): Clock {
    return this.host.options.engine.clock;
  }

  /** Bytes of all rooms in memory, estimated. */
  get weight(): number {
    return this.#weight;
  }

  /** The number of rooms in memory. */
  get size(): number {
    return this.#rooms.size;
  }

  // --- Public methods ---

  /** Numbers an event that has no number in a cluster. */
  nextId(): readonly [node: string, number: number] {
    return [this.#node, ++this.#last];
  }

  /** Whether an id is the one that this server gives its events. */
  isOwn(node: string): boolean {
    return node === this.#node || node === this.#channel.node;
  }

  /** Returns a room; `undefined` if nothing of it is in memory. */
  find(namespace: string, room: string): RoomHistory | undefined {
    const found = this.#rooms.get(keyOf(namespace, room));
    if (found !== undefined) this.#change(found, () => found.expire(Date.now()));
    return found;
  }

  /** Events of a room up to this time may be missing in memory, in ms since 1970. */
  lostUntil(namespace: string, room: string): number {
    return this.#rooms.get(keyOf(namespace, room))?.lostUntil ?? this.#lostOutside;
  }

  /** Changes a room, which is created if need be, and makes it the newest one. */
  change(namespace: string, room: string, options: ResolvedHistoryOptions, change: (room: RoomHistory) => void): void {
    const key = keyOf(namespace, room);
    let changed = this.#rooms.get(key);
    if (changed === undefined) {
      changed = new RoomHistory(listOf(namespace, room), options, this.#lostOutside);
      this.#weight += changed.weight;
    } else this.#rooms.delete(key);
    this.#rooms.set(key, changed);
    this.#change(changed, change);
    this.#limit();
    this.#sweep ??= this.clock.after(SWEEP, this.#sweepAll);
  }

  /** Forgets a room, here and on the other servers. */
  async clear(namespace: string, room: string): Promise<void> {
    this.#drop(keyOf(namespace, room));
    this.#channel.send(null, namespace, room);
    await this.host.store?.clear(listOf(namespace, room));
  }

  close(): void {
    this.#sweep?.cancel();
    this.#sweep = null;
    this.#rooms.clear();
    this.#weight = 0;
    this.#lostUntil = Date.now();
  }

  // --- Inside ---

  #change(room: RoomHistory, change: (room: RoomHistory) => void): void {
    const before = room.weight;
    change(room);
    this.#weight += room.weight - before;
  }

  /** Events up to this time may be missing in rooms that are not in memory. Other servers may have sent some earlier. */
  get #lostOutside(): number {
    const { adapter, broker } = this.host.options;
    const isAlone = adapter === null && broker === null;
    return Math.max(this.#lostUntil, isAlone ? performance.timeOrigin : this.#createdAt);
  }

  /** Events of other nodes did not arrive. The store may have them. */
  #missed(): void {
    this.#lostUntil = Date.now();
    for (const room of this.#rooms.values()) {
      room.missed(this.#lostUntil);
      if (this.host.store !== null) this.#change(room, () => room.forgetLatest());
    }
  }

  #drop(key: string): void {
    this.#weight -= this.#rooms.get(key)?.weight ?? 0;
    this.#rooms.delete(key);
  }

  #limit(): void {
    const { limits, limitReport } = this.host.options.engine;
    if (this.#weight <= limits.historyBytes) return;
    limitReport.reached(
      'historyBytes',
      'the histories of the rooms to which nothing has been sent for longest are dropped',
    );
    for (const key of this.#rooms.keys()) {
      if (this.#weight <= limits.historyBytes) return;
      this.#lostUntil = Date.now();
      this.#drop(key);
    }
  }

  readonly #sweepAll = (): void => {
    const now = Date.now();
    for (const [key, room] of this.#rooms) {
      this.#change(room, () => room.expire(now));
      if (room.isEmpty) this.#drop(key);
    }
    this.#sweep = this.#rooms.size === 0 ? null : this.clock.after(SWEEP, this.#sweepAll);
  };
}

function keyOf(namespace: string, room: string): string {
  return `${namespace.length}:${namespace}${room}`;
}

/** The name of a room in the store. It has no character that an engine refuses. */
export function listOf(namespace: string, room: string): string {
  return createHash('sha256').update(keyOf(namespace, room)).digest('base64url');
}
