/**
 * The local adapter with connection state recovery, in the memory of this process. Every event that is neither
 * volatile nor acknowledged goes into the log of the namespace and ends with its offset, which the client
 * names when it comes back.
 */
import { Message } from '../../engine/index.js';
import type { EventPacket } from '../../protocol/index.js';
import type { AdapterHost } from '../adapter/adapter.js';
import type { BroadcastTarget } from '../adapter/broadcast-target.js';
import { EventLog } from './event-log.js';
import { LocalAdapter } from '../adapter/local-adapter.js';
import {
  SessionOwners,
  type Recovery,
  type Restored,
  type Session,
  RecoveryCursor,
  unkept,
} from '../adapter/recovery.js';
import type { ResolvedRecoveryOptions } from './recovery-options.js';
import { SessionStore } from './session-store.js';
import type { Socket } from '../socket/socket.js';

interface Kept extends Session {
  readonly cursor: RecoveryCursor;
  /** Position of the newest event when the connection was lost. */
  readonly left: number;
}

export class RecoveringAdapter extends LocalAdapter implements Recovery {
  readonly #log: EventLog;
  readonly #sessions: SessionStore<Kept>;
  readonly #holders = new SessionOwners();

  constructor(host: AdapterHost, options: ResolvedRecoveryOptions) {
    super(host);
    const { clock, onIdle } = host;
    this.#log = new EventLog(clock, options);
    this.#sessions = new SessionStore(clock, options.maxDisconnectionDuration, options.maxSessions, onIdle);
  }

  override get recovery(): Recovery {
    return this;
  }

  get keepsAny(): boolean {
    return this.#sessions.size > 0;
  }

  override add(socket: Socket): void {
    super.add(socket);
    socket.cursor ??= new RecoveryCursor(undefined, this.#log.last);
    this.#holders.add(socket);
  }

  override remove(socket: Socket): void {
    super.remove(socket);
    this.#holders.remove(socket);
  }

  override broadcast(packet: EventPacket, target: BroadcastTarget): void {
    const { compress, volatile = false } = target.flags;
    if (volatile) return super.broadcast({ ...packet, data: unkept(packet.data) }, target);
    const data: EventPacket['data'] = [...packet.data, this.#log.nextOffset];
    const message = Message.of(this.host.encode({ ...packet, data }), compress);
    const position = this.#log.append(target, message);
    this.each(target, (socket) => {
      socket.deliver(packet, message, false);
      if (socket.cursor !== null) socket.cursor.sent = position;
    });
  }

  keep(socket: Socket): void {
    const { id, rooms, data, cursor } = socket;
    if (cursor === null) return;
    this.#holders.remove(socket);
    this.#sessions.keep(cursor.pid, {
      sid: id,
      pid: cursor.pid,
      rooms: [...rooms],
      data,
      cursor,
      left: this.#log.last,
    });
  }

  take(pid: string, offset: string | undefined): Restored | null {
    this.#holders.release(pid);
    const kept = this.#sessions.take(pid);
    if (kept === undefined) return null;
    const { cursor, left, rooms } = kept;
    const position = offset === undefined ? cursor.offset : this.#log.positionOf(offset);
    if (position === null || position < cursor.offset) return null;
    const from = resumeAt(position, cursor, left);
    const missed = this.#log.since(from, new Set(rooms));
    if (missed === null) return null;
    const next = new RecoveryCursor(pid, position, from);
    if (missed.messages.length > 0) next.sent = missed.last;
    return { ...kept, cursor: next, missed: missed.messages };
  }

  inOrder(send: () => void): void {
    send(); // nothing is ever under way
  }

  override close(): void {
    this.#sessions.clear();
  }
}

/** Where a client that has received everything up to `position` has to be taken up. */
function resumeAt(position: number, { sent, offset, from }: RecoveryCursor, left: number): number {
  if (position === sent) return left; // nothing was lost on the way: what came before was not for it
  return position === offset ? from : position;
}
