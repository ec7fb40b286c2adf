/**
 * A hosted adapter that keeps sessions and events in its broker, so that a client can resume on any server of the
 * cluster. The broker assigns the offset of each event. The clients of this process therefore get an event only when it
 * returns from the broker, and later messages that need no broker wait until then.
 */
import {
  type ClientReason,
  contain,
  DeadlineQueue,
  isThenable,
  Message,
  type ResolvedEngineOptions,
} from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';
import { type Encoded, type EventPacket, PacketType } from '../../protocol/internal.js';
import type { AllAcknowledged } from '../adapter/ack-collector.js';
import type { AdapterHost, Member } from '../adapter/adapter.js';
import type { BroadcastTarget } from '../adapter/broadcast-target.js';
import {
  mayResume,
  ownershipOf,
  type RecoverableSocket,
  type Recovery,
  RecoveryCursor,
  type RestoredSession,
  withoutOffset,
} from '../adapter/recovery.js';
import { HostedAdapter, publishedPacket, publishedTarget } from '../hosted/hosted-adapter.js';
import type { PublishedAdapter, PublishedAdapterFactory } from '../hosted/published-adapter.js';
import { DeliveryOrder } from './delivery-order.js';
import { SessionOwners } from './session-owners.js';
import { SessionSearches } from './session-searches.js';

/** Milliseconds that a client waits for the broker to find its session. After that it gets a new session. */
const RESTORE_TIMEOUT = 5_000;

export class BrokerRecoveryAdapter extends HostedAdapter implements Recovery {
  readonly #order: DeliveryOrder;
  readonly #owners = new SessionOwners();
  readonly #searches = new SessionSearches();
  /** Users whose sessions are not resumed. */
  readonly #forgotten = new Set<string>();
  readonly #forgetting: DeadlineQueue<string>;
  readonly keepsAny = false; // the broker keeps the sessions, which outlive the namespace
  readonly isShared = true;

  /** @throws SocketIoError `INVALID_OPTION` if the adapter keeps no sessions */
  constructor(
    factory: PublishedAdapterFactory,
    host: AdapterHost,
    recovery: { readonly maxDisconnectionDuration: number },
    engine: ResolvedEngineOptions,
  ) {
    const order = new DeliveryOrder(engine, host.name);
    super(factory, host, { recovery, onArrival: (data) => order.arrive(data) });
    this.#order = order;
    this.#forgetting = new DeadlineQueue(
      recovery.maxDisconnectionDuration,
      (userId) => this.#forgotten.delete(userId),
      host.clock,
    );
    requireSessions(this.adapter);
  }

  override get recovery(): Recovery {
    return this;
  }

  override add(member: Member): void {
    member.cursor ??= new RecoveryCursor();
    this.#owners.add(member);
    super.add(member);
  }

  override join(member: Member, rooms: readonly string[]): void {
    const { observers } = this.host;
    const added = observers === null ? [] : rooms.filter((room) => room !== member.id && !member.rooms.has(room));
    super.join(member, rooms);
    for (const room of new Set(added)) observers?.joined(member, room);
  }

  override leave(member: Member, room: string): void {
    const { observers } = this.host;
    const isIn = observers !== null && room !== member.id && member.rooms.has(room);
    super.leave(member, room);
    if (isIn) observers.left(member, room);
  }

  override remove(member: Member): void {
    this.#owners.remove(member);
    // If the client has resumed already, a new socket has the id and the rooms.
    if ((this.host.members.get(member.id) ?? member) === member) super.remove(member);
  }

  override broadcast(packet: EventPacket, target: BroadcastTarget): void {
    if (target.isEmpty) return;
    const bytes = bytesOf(this.host.encode(packet)); // an event that cannot be encoded throws, to the caller of emit
    const { volatile, local } = target.flags;
    const { data, ...rest } = publishedPacket(packet);
    const published = { ...rest, data: volatile === true ? [...withoutOffset(packet.data)] : data };
    const send = (): unknown => this.adapter.broadcast(published, publishedTarget(target));
    if (local === true) return this.#order.follow(() => this.contain('broadcast', send), bytes);
    this.#order.send(published.data, bytes);
    this.contain('broadcast', async () => {
      try {
        await send();
      } finally {
        this.#order.settle(published.data);
      }
    });
  }

  override broadcastWithAck(
    packet: EventPacket,
    target: BroadcastTarget,
    timeout: number,
    done: AllAcknowledged,
  ): void {
    const bytes = bytesOf(this.host.encode(packet));
    this.#order.follow(() => super.broadcastWithAck(packet, target, timeout, done), bytes);
  }

  /** The adapter does not carry the reason, so the clients of this process are disconnected first. */
  override disconnectSockets(target: BroadcastTarget, close: boolean, reason?: ClientReason): void {
    if (reason !== undefined) {
      this.host.members.forEach((member) => {
        if (member.connected && selects(target, member.rooms)) member.disconnect(close, reason);
      });
    }
    super.disconnectSockets(target, close);
  }

  inOrder(send: () => void, bytes: number): void {
    this.#order.follow(send, bytes);
  }

  keep(socket: RecoverableSocket): boolean {
    const { id, rooms, data, cursor } = socket;
    if (cursor === null) return false;
    this.#owners.remove(socket);
    socket.cursor = null;
    this.contain('persistSession', () =>
      this.adapter.persistSession?.({
        sid: id,
        pid: cursor.pid,
        rooms: [...rooms],
        data,
        ...ownershipOf(socket),
      }),
    );
    return true;
  }

  /** The broker cannot look sessions up by user: until all that it has now have expired, this server gives none out. */
  forgetUser(userId: string): void {
    this.#forgotten.add(userId);
    this.#forgetting.add(userId);
  }

  /** Adapters find a session by its last offset, so a client that has received no event gets a new session. */
  async take(pid: string, offset: string | undefined, userId?: string): Promise<RestoredSession | null> {
    this.#owners.release(pid, userId);
    if (offset === undefined) return null;
    return this.#searches.find(pid, offset, userId, () => this.#find(pid, offset, userId));
  }

  override close(): void | Promise<void> {
    this.#order.close();
    this.#forgetting.clear();
    return super.close();
  }

  #find(pid: string, offset: string, userId: string | undefined): Promise<RestoredSession | null> {
    const find = async (): Promise<RestoredSession | null> => {
      const session = await this.adapter.restoreSession?.(pid, offset);
      if (session === undefined || session === null) return null;
      const { missedPackets, ...kept } = session;
      const { sid, rooms, data, userId: owner, expiresAt } = kept;
      if (owner != null && this.#forgotten.has(owner)) return null;
      if (!mayResume(kept, userId)) {
        const staysForOwner = mayResume(kept, owner);
        if (staysForOwner) this.contain('persistSession', () => this.adapter.persistSession?.(kept));
        return null;
      }
      return {
        sid,
        pid,
        rooms,
        data,
        ...(owner != null && { userId: owner }),
        ...(expiresAt != null && { expiresAt }),
        cursor: new RecoveryCursor(pid),
        missed: missedPackets.map((event) => this.#message(event)),
      };
    };
    // Adapters reject if they find no session, which is not a failure.
    return this.answerOf('restoreSession', () => find().catch(() => null), RESTORE_TIMEOUT).catch((error: unknown) => {
      this.contain('restoreSession', () => Promise.reject(error));
      return null;
    });
  }

  #message(data: EventPacket['data']): Message {
    return Message.of(this.host.encode({ type: PacketType.EVENT, nsp: this.host.name, data }));
  }
}

function bytesOf(packet: Encoded): number {
  if (typeof packet === 'string') return packet.length;
  return packet.reduce((bytes, part) => bytes + part.length, 0);
}

function selects({ rooms, excepted }: BroadcastTarget, joined: ReadonlySet<string>): boolean {
  const isIn = (room: string): boolean => joined.has(room);
  return (rooms === null || rooms.some(isIn)) && !excepted.some(isIn);
}

/**
 * Published adapters that keep no sessions inherit `restoreSession` from their base class, where it is synchronous.
 * @throws SocketIoError `INVALID_OPTION`
 */
function requireSessions(adapter: PublishedAdapter): void {
  const answer = adapter.restoreSession?.('', '');
  if (isThenable(answer)) {
    void contain(
      () => answer,
      () => {}, // rejects as it should, since no such session exists
    );
    return;
  }
  throw noSessionsError();
}

export function noSessionsError(): SocketIoError {
  return new SocketIoError(
    'INVALID_OPTION',
    'connectionStateRecovery needs an adapter that keeps sessions, and the adapter of option "adapter" does not: ' +
      'use @socket.io/redis-streams-adapter or @socket.io/mongo-adapter, or remove connectionStateRecovery',
  );
}
