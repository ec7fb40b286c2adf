/**
 * The recent past of a server: emits, clients that came and left, rooms that they joined and left, events that were
 * dropped. It has a fixed number of entries, of which the oldest gives way to the newest. It is off by default, since
 * each emit, connect and join adds an entry; a broadcast adds one, however many receivers it has.
 */
import type { EventPacket } from '../../protocol/internal.js';
import { isKept } from '../adapter/recovery.js';
import type { Emission } from '../telemetry/emission.js';
import type { Instrument } from '../telemetry/instrument.js';
import type { WatchedSocket } from '../telemetry/watched-socket.js';
import type { ReportedClient, ReportedEmit } from './server-report.js';

/** Characters that are kept of a name: applications may put whole documents into them. */
const MAX_NAME = 200;

/** Rooms that are kept of an emit or of a client that left. */
const MAX_ROOMS = 100;

interface At {
  /** ms since 1970 */
  readonly at: number;
  readonly namespace: string;
}

type Entry =
  | (At & { readonly kind: 'emitted'; readonly emit: ReportedEmit })
  | (At & { readonly kind: 'connected'; readonly id: string; readonly user: string | null; readonly address: string })
  | (At & {
      readonly kind: 'disconnected';
      readonly id: string;
      readonly user: string | null;
      readonly address: string;
      readonly reason: string;
      readonly rooms: readonly string[];
    })
  | (At & { readonly kind: 'joined' | 'left'; readonly id: string; readonly room: string })
  | (At & { readonly kind: 'dropped'; readonly id: string; readonly event: string });

export class Journal implements Instrument {
  readonly #size: number;
  readonly #now: () => number;
  readonly #entries: Entry[] = [];
  /** The place of the oldest entry, once the journal is full. */
  #oldest = 0;
  readonly #startedAt: number;

  /**
   * @param size the number of entries
   * @param now ms since 1970
   */
  constructor(size: number, now: () => number = preciseTime) {
    this.#size = size;
    this.#now = now;
    this.#startedAt = now();
  }

  /** The time since which nothing is missing, in ms since 1970. */
  get since(): number {
    const oldest = this.#entries[this.#oldest];
    return this.#entries.length < this.#size || oldest === undefined ? this.#startedAt : oldest.at;
  }

  // --- Reading ---

  /** The emits to a namespace, oldest first. */
  emits(namespace: string): ReportedEmit[] {
    const found: ReportedEmit[] = [];
    for (const entry of this.#all()) {
      if (entry.kind === 'emitted' && entry.namespace === namespace) found.push(entry.emit);
    }
    return found;
  }

  /** The clients with this id or user that have left a namespace, the last one first. */
  gone(namespace: string, who: string): Omit<ReportedClient, 'changes' | 'drops'>[] {
    const connectedAt = new Map<string, number>();
    const found: Omit<ReportedClient, 'changes' | 'drops'>[] = [];
    for (const entry of this.#all()) {
      if (entry.namespace !== namespace) continue;
      if (entry.kind === 'connected') connectedAt.set(entry.id, entry.at);
      else if (entry.kind === 'disconnected' && (entry.id === who || entry.user === who)) {
        const { id, user, address, reason, rooms, at } = entry;
        const since = connectedAt.get(id) ?? null;
        found.unshift({ id, user, address, connectedAt: since, disconnectedAt: at, reason, rooms, waitingBytes: 0 });
      }
    }
    return found;
  }

  /** The rooms that a client joined and left, and the events that were dropped for it, oldest first. */
  changesOf(namespace: string, id: string): Pick<ReportedClient, 'changes' | 'drops'> {
    const changes: ReportedClient['changes'][number][] = [];
    const drops: ReportedClient['drops'][number][] = [];
    for (const entry of this.#all()) {
      if (entry.namespace !== namespace || !('id' in entry) || entry.id !== id) continue;
      const { at } = entry;
      if (entry.kind === 'joined' || entry.kind === 'left') {
        changes.push({ at, room: entry.room, joined: entry.kind === 'joined' });
      } else if (entry.kind === 'dropped') drops.push({ at, event: entry.event });
    }
    return { changes, drops };
  }

  // --- Instrument ---

  clientConnected({ id, userId, nsp, ip }: WatchedSocket): void {
    this.#add({ kind: 'connected', at: this.#now(), namespace: nsp.name, id, user: userId ?? null, address: ip });
  }

  clientDisconnected({ id, userId, nsp, ip, rooms }: WatchedSocket, reason: string): void {
    const user = userId ?? null;
    const names = shortened([...rooms]);
    this.#add({
      kind: 'disconnected',
      at: this.#now(),
      namespace: nsp.name,
      id,
      user,
      address: ip,
      reason,
      rooms: names,
    });
  }

  roomJoined({ id, nsp }: WatchedSocket, room: string): void {
    this.#add({ kind: 'joined', at: this.#now(), namespace: nsp.name, id, room: room.slice(0, MAX_NAME) });
  }

  roomLeft({ id, nsp }: WatchedSocket, room: string): void {
    this.#add({ kind: 'left', at: this.#now(), namespace: nsp.name, id, room: room.slice(0, MAX_NAME) });
  }

  eventSent({ id, nsp }: WatchedSocket, { data }: EventPacket, _bytes: number, isDropped: boolean): void {
    if (!isDropped) return;
    const event = String(data[0]).slice(0, MAX_NAME);
    this.#add({ kind: 'dropped', at: this.#now(), namespace: nsp.name, id, event });
  }

  emitted({ namespace, event, target, receivers, dropped }: Emission): void {
    const { rooms, excepted, flags } = target;
    const at = this.#now();
    const emit: ReportedEmit = {
      at,
      event: event.slice(0, MAX_NAME),
      rooms: rooms === null ? null : shortened(rooms),
      excepted: shortened(excepted),
      isVolatile: !isKept(flags),
      isLocal: flags.local === true,
      receivers,
      dropped,
    };
    this.#add({ kind: 'emitted', at, namespace, emit });
  }

  // --- Inside ---

  #add(entry: Entry): void {
    if (this.#entries.length < this.#size) this.#entries.push(entry);
    else {
      this.#entries[this.#oldest] = entry;
      this.#oldest = (this.#oldest + 1) % this.#size;
    }
  }

  /** All entries, oldest first. */
  *#all(): Generator<Entry> {
    const { length } = this.#entries;
    for (let i = 0; i < length; i++) yield this.#entries[(this.#oldest + i) % length] as Entry;
  }
}

/** ms since 1970 with fractions: an emit must not look simultaneous with the join before it. */
function preciseTime(): number {
  return performance.timeOrigin + performance.now();
}

function shortened(names: readonly string[]): string[] {
  return names.slice(0, MAX_ROOMS).map((name) => name.slice(0, MAX_NAME));
}
