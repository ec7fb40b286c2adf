/**
 * The histories of a server: the rooms of all its namespaces that it has in memory, and the store that the servers of a
 * cluster share. Rooms whose events have all expired are dropped once a minute.
 *
 * Memory is bounded for all rooms together, and the room to which nothing has been sent for longest is dropped first.
 * Clients often choose the names of rooms to which a handler sends, so rooms that no client of this server has joined
 * have a share of their own: as many of them as there may be do not displace the others. No room has more than a quarter.
 */
import { createHash } from 'node:crypto';
import { type Clock, createId, type ResolvedEngineOptions, type Timer } from '../../engine/internal.js';
import type { Codec } from '../../protocol/internal.js';
import type { ClusterChannel, Channels } from '../cluster/channels.js';
import type { HistoryByNamespace, ResolvedHistoryOptions } from './history-options.js';
import type { HistoryStore } from './history-store.js';
import { RoomHistory } from './room-history.js';
import { RoomList } from './room-list.js';

/** ms between two looks for rooms whose events have expired. */
const SWEEP = 60_000;

/** Characters of the id that a server without a cluster gives its events. */
const ID_LENGTH = 10;

/** The part of the memory that rooms always have which no client has joined. They may use what the others leave. */
const SHARE_OF_UNJOINED = 0.1;

/** The part of the memory that one room may have. */
const SHARE_OF_ROOM = 0.25;

/** A room to change. */
export interface RoomPlace {
  readonly namespace: string;
  readonly room: string;
  readonly options: ResolvedHistoryOptions;
  /** Whether a client of this server is in the room. */
  readonly isJoined: boolean;
}

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
  /** The rooms that clients of this server have joined, since they are in memory. */
  readonly #joined = new RoomList();
  /** The rooms that none of them has joined. */
  readonly #unjoined = new RoomList();
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
        this.#take(keyOf(namespace, room));
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
    return this.#joined.weight + this.#unjoined.weight;
  }

  /** The number of rooms in memory. */
  get size(): number {
    return this.#joined.size + this.#unjoined.size;
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
    const key = keyOf(namespace, room);
    const list = this.#listOf(key);
    list?.change(key, (found) => found.expire(Date.now()));
    return list?.get(key);
  }

  /** Events of a room up to this time may be missing in memory, in ms since 1970. */
  lostUntil(namespace: string, room: string): number {
    const key = keyOf(namespace, room);
    return this.#listOf(key)?.get(key)?.lostUntil ?? this.#lostOutside;
  }

  /** Changes a room, which is created if need be, and makes it the newest one. */
  change({ namespace, room, options, isJoined }: RoomPlace, change: (room: RoomHistory) => void): void {
    const key = keyOf(namespace, room);
    const changed = this.#take(key) ?? new RoomHistory(listOf(namespace, room), options, this.#lostOutside);
    changed.wasJoined ||= isJoined;
    const list = changed.wasJoined ? this.#joined : this.#unjoined;
    list.add(key, changed);
    list.change(key, change);
    this.#limit(list, key);
    this.#sweep ??= this.clock.after(SWEEP, this.#sweepAll);
  }

  /** Called when a client of this server joins a room. */
  joined(namespace: string, room: string): void {
    const key = keyOf(namespace, room);
    const found = this.#unjoined.take(key);
    if (found === undefined) return;
    found.wasJoined = true;
    this.#joined.add(key, found);
  }

  /** Forgets a room, here and on the other servers. */
  async clear(namespace: string, room: string): Promise<void> {
    this.#take(keyOf(namespace, room));
    this.#channel.send(null, namespace, room);
    await this.host.store?.clear(listOf(namespace, room));
  }

  close(): void {
    this.#sweep?.cancel();
    this.#sweep = null;
    this.#joined.clear();
    this.#unjoined.clear();
    this.#lostUntil = Date.now();
  }

  // --- Inside ---

  /** The list that has a room; `undefined` if it is not in memory. */
  #listOf(key: string): RoomList | undefined {
    return this.#lists.find((list) => list.get(key) !== undefined);
  }

  get #lists(): readonly RoomList[] {
    return [this.#joined, this.#unjoined];
  }

  /** Removes a room. */
  #take(key: string): RoomHistory | undefined {
    return this.#joined.take(key) ?? this.#unjoined.take(key);
  }

  /** Events up to this time may be missing in rooms that are not in memory. Other servers may have sent some earlier. */
  get #lostOutside(): number {
    const { adapter, broker } = this.host.options;
    const isAlone = adapter === null && broker === null;
    return Math.max(this.#lostUntil, isAlone ? performance.timeOrigin : this.#createdAt);
  }

  /** Events of other nodes did not arrive. The store may have them. */
  #missed(): void {
    const now = (this.#lostUntil = Date.now());
    const isStored = this.host.store !== null;
    for (const list of this.#lists) {
      list.changeAll((room) => {
        room.missed(now);
        if (isStored) room.forgetLatest();
      });
    }
  }

  /** @param key of the room in the list that has changed */
  #limit(list: RoomList, key: string): void {
    const { limits, limitReport } = this.host.options.engine;
    const { historyBytes } = limits;
    const most = Math.floor(historyBytes * SHARE_OF_ROOM);
    if ((list.get(key)?.weight ?? 0) > most) {
      limitReport.reached('historyBytes', `the oldest events of a room are dropped, which may have ${most} bytes`);
      list.change(key, (room) => room.shrink(most));
    }
    if (this.weight <= historyBytes) return;
    limitReport.reached(
      'historyBytes',
      'the histories of the rooms to which nothing has been sent for longest are dropped',
    );
    this.#lostUntil = Date.now();
    while (this.weight > historyBytes) {
      const isForJoined = this.#joined.size > 0 && this.#unjoined.weight <= historyBytes * SHARE_OF_UNJOINED;
      (isForJoined ? this.#joined : this.#unjoined).takeOldest();
    }
  }

  readonly #sweepAll = (): void => {
    const now = Date.now();
    for (const list of this.#lists) {
      list.changeAll((room) => room.expire(now));
      list.takeEmpty();
    }
    this.#sweep = this.size === 0 ? null : this.clock.after(SWEEP, this.#sweepAll);
  };
}

function keyOf(namespace: string, room: string): string {
  return `${namespace.length}:${namespace}${room}`;
}

/** The name of a room in the store. It has no character that an engine refuses. */
export function listOf(namespace: string, room: string): string {
  return createHash('sha256').update(keyOf(namespace, room)).digest('base64url');
}
