/**
 * Puts a published Socket.IO adapter under a namespace, unmodified: our side of the contract is the
 * `Adapter` of every namespace, its side is `PublishedAdapter`. Whatever a broker or an adapter throws,
 * now or later, is logged; local clients keep being served by what the adapter does locally.
 */
import { guarded, Message } from '../engine/index.js';
import { SocketIoError } from '../errors.js';
import type { EventPacket } from '../protocol/index.js';
import { type AllAcknowledged, ClusterAcks } from './acks.js';
import type { Adapter, AdapterHost } from './adapter.js';
import type { Answered } from './between-servers.js';
import type { BroadcastTarget } from './broadcast-target.js';
import { SocketView } from './hosted-socket.js';
import type {
  HostedNamespace,
  HostedSocket,
  PublishedAdapter,
  PublishedAdapterFactory,
  PublishedPacket,
  PublishedTarget,
} from './published-adapter.js';
import { DistantSocket, type RemoteSocket } from './remote-socket.js';
import type { Socket } from './socket.js';

export class HostedAdapter implements Adapter {
  readonly #host: AdapterHost;
  readonly #adapter: PublishedAdapter;
  /** Views last as long as their sockets. */
  readonly #views = new WeakMap<Socket, SocketView>();
  #encoded: readonly (string | Uint8Array)[] | null = null;
  #message: Message | null = null;

  constructor(factory: PublishedAdapterFactory, host: AdapterHost) {
    this.#host = host;
    this.#adapter = instantiate(factory, this.#namespace());
    this.#guard(() => this.#adapter.init?.());
  }

  add(socket: Socket): void {
    this.#guard(() => this.#adapter.addAll(socket.id, new Set([socket.id])));
  }

  join(socket: Socket, rooms: readonly string[]): void {
    this.#guard(() => this.#adapter.addAll(socket.id, new Set(rooms)));
  }

  leave(socket: Socket, room: string): void {
    if (room !== socket.id) this.#guard(() => this.#adapter.del(socket.id, room));
  }

  remove(socket: Socket): void {
    this.#guard(() => this.#adapter.delAll(socket.id));
  }

  *roomsOf(socket: Socket): Iterable<string> {
    for (const room of this.#adapter.socketRooms(socket.id) ?? []) if (room !== socket.id) yield room;
  }

  broadcast(packet: EventPacket, target: BroadcastTarget): void {
    if (isNobody(target)) return;
    // Not within the guard: an event that cannot be encoded is thrown to whoever emits it.
    const result = this.#adapter.broadcast(published(packet), publishedTarget(target));
    this.#guard(() => result);
  }

  broadcastWithAck(packet: EventPacket, target: BroadcastTarget, timeout: number, done: AllAcknowledged): void {
    if (isNobody(target)) return done(null, []);
    const acks = new ClusterAcks(this.#host.clock, timeout, done);
    this.#guard(() =>
      this.#adapter.broadcastWithAck(
        published(packet),
        publishedTarget(target.with({ timeout })),
        (count) => acks.expect(count),
        (answer) => acks.answer(answer),
      ),
    );
    this.#guard(async () => acks.servers(await this.#adapter.serverCount()));
  }

  async fetchSockets(target: BroadcastTarget): Promise<RemoteSocket[]> {
    if (isNobody(target)) return [];
    const found = await this.#adapter.fetchSockets(publishedTarget(target));
    return found.map((socket) =>
      socket instanceof SocketView ? socket.socket : new DistantSocket(socket, this.#host.audience),
    );
  }

  socketsJoin(target: BroadcastTarget, rooms: readonly string[]): void {
    if (!isNobody(target)) this.#guard(() => this.#adapter.addSockets(publishedTarget(target), rooms));
  }

  socketsLeave(target: BroadcastTarget, rooms: readonly string[]): void {
    if (!isNobody(target)) this.#guard(() => this.#adapter.delSockets(publishedTarget(target), rooms));
  }

  disconnectSockets(target: BroadcastTarget, close: boolean): void {
    if (!isNobody(target)) this.#guard(() => this.#adapter.disconnectSockets(publishedTarget(target), close));
  }

  /** Whoever waits for answers learns of a failure too. */
  serverSideEmit(args: readonly unknown[]): void {
    const done = args.at(-1);
    this.#guard(
      () => this.#adapter.serverSideEmit([...args]),
      (error) => typeof done === 'function' && (done as Answered)(error as Error, []),
    );
  }

  close(): void {
    this.#guard(() => this.#adapter.close?.());
  }

  #namespace(): HostedNamespace {
    const host = this.#host;
    return {
      name: host.name,
      server: {
        opts: {},
        encoder: {
          encode: (packet) => {
            const encoded = host.encode(packet);
            return typeof encoded === 'string' ? [encoded] : [...encoded];
          },
        },
      },
      sockets: { get: (id) => this.#view(id) },
      get _ids() {
        return host.nextAckId();
      },
      set _ids(_incremented) {}, // reading it was enough
      _onServerSideEmit: (args) => host.onServerSideEmit(args),
    };
  }

  #view(id: string): HostedSocket | undefined {
    const socket = this.#host.sockets.get(id) ?? this.#host.entering.get(id);
    if (socket === undefined) return undefined;
    let view = this.#views.get(socket);
    if (view === undefined) this.#views.set(socket, (view = new SocketView(socket, this.#host, this.#frame)));
    return view;
  }

  /** An adapter writes the same packets to one socket after the other: they are framed for the first. */
  readonly #frame = (packets: readonly (string | Uint8Array)[], compress: boolean): Message => {
    if (this.#encoded !== packets || this.#message === null) {
      this.#encoded = packets;
      this.#message = Message.of(packets, compress);
    }
    return this.#message;
  };

  #guard(call: () => unknown, failed?: (error: unknown) => unknown): void {
    void guarded(call, (error) => {
      this.#host.failed('its adapter', error);
      failed?.(error);
    });
  }
}

/** Published factories are ordinary functions, meant for `new`; an arrow function can only be called. */
function instantiate(factory: PublishedAdapterFactory, nsp: HostedNamespace): PublishedAdapter {
  const constructible = typeof factory === 'function' && (factory as { prototype?: unknown }).prototype !== undefined;
  const made: unknown = constructible
    ? new (factory as new (nsp: HostedNamespace) => object)(nsp)
    : (factory as (nsp: HostedNamespace) => object)(nsp);
  if (typeof (made as Partial<PublishedAdapter> | undefined)?.broadcast !== 'function') {
    throw new SocketIoError(
      'INVALID_OPTION',
      'option "adapter" does not make an adapter: give it a class, or what the adapter\'s createAdapter(...) returns',
    );
  }
  return made as PublishedAdapter;
}

function published({ type, nsp, data }: EventPacket): PublishedPacket {
  return { type, nsp, data: [...data] };
}

function publishedTarget({ rooms, excepted, flags }: BroadcastTarget): PublishedTarget {
  return { rooms: new Set(rooms), except: new Set(excepted), flags: { ...flags } };
}

/** `to([])`: to an adapter, no rooms would be everybody. */
function isNobody({ rooms }: BroadcastTarget): boolean {
  return rooms !== null && rooms.length === 0;
}
