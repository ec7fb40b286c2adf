/**
 * A hosted adapter that keeps sessions and events in its broker, so that a client can come back to any server
 * of the cluster. The broker gives each event its offset: so the clients of this process get it only when it
 * has come back from there, and whatever needs no broker waits behind it.
 */
import { contain, isThenable, Message } from '../../engine/index.js';
import { SocketIoError } from '../../errors.js';
import { type EventPacket, PacketType } from '../../protocol/index.js';
import type { AllAcknowledged } from '../adapter/ack-collector.js';
import type { AdapterHost } from '../adapter/adapter.js';
import type { BroadcastTarget } from '../adapter/broadcast-target.js';
import { DeliveryOrder } from './delivery-order.js';
import { HostedAdapter, isNobody, published, publishedTarget } from '../hosted/hosted-adapter.js';
import type { PublishedAdapter, PublishedAdapterFactory } from '../hosted/published-adapter.js';
import { SessionOwners, type Recovery, type Restored, RecoveryCursor, unkept } from '../adapter/recovery.js';
import type { ResolvedRecoveryOptions } from './recovery-options.js';
import type { Socket } from '../socket/socket.js';

/** ms that a client who wants its session back waits for the broker, before it begins anew. */
const RESTORE_TIMEOUT = 5_000;

export class BrokerRecoveryAdapter extends HostedAdapter implements Recovery {
  readonly #order: DeliveryOrder;
  readonly #holders = new SessionOwners();
  readonly keepsAny = false; // a session is the broker's, and outlives the namespace

  /** @throws SocketIoError `INVALID_OPTION` when the adapter keeps no sessions */
  constructor(factory: PublishedAdapterFactory, host: AdapterHost, recovery: ResolvedRecoveryOptions) {
    const order = new DeliveryOrder(host.clock);
    super(factory, host, { recovery, arrives: (data) => order.arrive(data) });
    this.#order = order;
    requireSessions(this.adapter);
  }

  override get recovery(): Recovery {
    return this;
  }

  override add(socket: Socket): void {
    socket.cursor ??= new RecoveryCursor();
    this.#holders.add(socket);
    super.add(socket);
  }

  override remove(socket: Socket): void {
    this.#holders.remove(socket);
    const { sockets, entering } = this.host;
    // Its client may be back already, with the same id: then the rooms are the new socket's.
    if ((sockets.get(socket.id) ?? entering.get(socket.id) ?? socket) === socket) super.remove(socket);
  }

  override broadcast(packet: EventPacket, target: BroadcastTarget): void {
    if (isNobody(target)) return;
    this.host.encode(packet); // what cannot be encoded is thrown to whoever emits it, and not to a broker later
    const { volatile, local } = target.flags;
    const { data, ...rest } = published(packet);
    const handed = { ...rest, data: volatile === true ? [...unkept(packet.data)] : data };
    const hand = (): unknown => this.adapter.broadcast(handed, publishedTarget(target));
    if (local === true) return this.#order.follow(() => this.contain('broadcast', hand));
    this.#order.send(handed.data);
    this.contain('broadcast', async () => {
      try {
        await hand();
      } finally {
        this.#order.settle(handed.data);
      }
    });
  }

  override broadcastWithAck(
    packet: EventPacket,
    target: BroadcastTarget,
    timeout: number,
    done: AllAcknowledged,
  ): void {
    this.host.encode(packet);
    this.#order.follow(() => super.broadcastWithAck(packet, target, timeout, done));
  }

  inOrder(send: () => void): void {
    this.#order.follow(send);
  }

  keep(socket: Socket): void {
    const { id, rooms, data, cursor } = socket;
    if (cursor === null) return;
    this.#holders.remove(socket);
    this.contain('persistSession', () =>
      this.adapter.persistSession?.({ sid: id, pid: cursor.pid, rooms: [...rooms], data }),
    );
  }

  /** An adapter finds a session by its last offset: a client that has received nothing yet begins anew. */
  async take(pid: string, offset: string | undefined): Promise<Restored | null> {
    this.#holders.release(pid);
    if (offset === undefined) return null;
    const find = async (): Promise<Restored | null> => {
      const session = await this.adapter.restoreSession?.(pid, offset);
      if (session === undefined || session === null) return null;
      const { sid, rooms, data, missedPackets } = session;
      return {
        sid,
        pid,
        rooms,
        data,
        cursor: new RecoveryCursor(pid),
        missed: missedPackets.map((event) => this.#message(event)),
      };
    };
    // Adapters reject when they find nothing, which is nothing to worry about.
    return this.answerOf('restoreSession', () => find().catch(() => null), RESTORE_TIMEOUT).catch((error: unknown) => {
      this.contain('restoreSession', () => Promise.reject(error));
      return null;
    });
  }

  override close(): void {
    this.#order.close();
    super.close();
  }

  #message(data: EventPacket['data']): Message {
    return Message.of(this.host.encode({ type: PacketType.EVENT, nsp: this.host.name, data }));
  }
}

/** The base class of published adapters answers at once that there is no session, whatever is asked. */
function requireSessions(adapter: PublishedAdapter): void {
  const answer = adapter.restoreSession?.('', '');
  if (isThenable(answer)) {
    void contain(
      () => answer,
      () => {}, // there is no such session
    );
    return;
  }
  throw keepsNoSessions();
}

export function keepsNoSessions(): SocketIoError {
  return new SocketIoError(
    'INVALID_OPTION',
    'connectionStateRecovery needs an adapter that keeps sessions, and the option "adapter" makes one that does not: ' +
      'use @socket.io/redis-streams-adapter or @socket.io/mongo-adapter, or remove connectionStateRecovery',
  );
}
