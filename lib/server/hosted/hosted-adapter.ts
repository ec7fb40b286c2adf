/**
 * Puts a published Socket.IO adapter under a namespace, unmodified: our side of the contract is the
 * `Adapter` of every namespace, its side is `PublishedAdapter`. Whatever a broker or an adapter throws, now
 * or later, is logged once a minute, and nobody waits for it for ever.
 *
 * By itself, the adapter delivers to the clients of this process too. What `forward` hands to it has been
 * delivered here already: it is passed on to the other servers only.
 */
import { contain, ThrottledLog, type Timer } from '../../engine/index.js';
import { SocketIoError } from '../../errors.js';
import type { EventPacket } from '../../protocol/index.js';
import { type AllAcknowledged, ClusterAcks } from '../adapter/ack-collector.js';
import type { Adapter, AdapterHost } from '../adapter/adapter.js';
import type { NamespaceAdapter } from '../adapter/adapter-view.js';
import type { BroadcastTarget } from '../adapter/broadcast-target.js';
import { NamespaceView, type NamespaceViewOptions } from './namespace-view.js';
import { SocketView } from './hosted-socket.js';
import type {
  HostedNamespace,
  PublishedAdapter,
  PublishedAdapterFactory,
  PublishedPacket,
  PublishedTarget,
} from './published-adapter.js';
import type { Recovery } from '../adapter/recovery.js';
import { DistantSocket, type RemoteSocket } from './distant-socket.js';
import type { Socket } from '../socket/socket.js';

export class HostedAdapter implements Adapter {
  protected readonly host: AdapterHost;
  protected readonly adapter: PublishedAdapter;
  readonly #nsp: NamespaceView;
  readonly #seldom: ThrottledLog;

  /** @param options how the adapter sees the namespace */
  constructor(factory: PublishedAdapterFactory, host: AdapterHost, options?: NamespaceViewOptions) {
    this.host = host;
    this.#seldom = new ThrottledLog(() => host.clock.now());
    this.#nsp = new NamespaceView(host, options);
    this.adapter = instantiate(factory, this.#nsp);
    // Without a listener of `error`, an emitter would throw it, in the midst of its broker's client.
    this.adapter.on?.('error', (error) => this.#failed('a part', error));
    this.contain('init', () => this.adapter.init?.());
  }

  get recovery(): Recovery | null {
    return null;
  }

  /** The adapter itself. */
  view(): NamespaceAdapter {
    return this.adapter as unknown as NamespaceAdapter; // as it is with Socket.IO: whatever it is
  }

  /** Has somebody told of each room that a socket of this process joins or leaves, whoever makes it do so. */
  watch(joined: (socket: Socket, room: string) => void, left: (socket: Socket, room: string) => void): void {
    for (const [event, tell] of [
      ['join-room', joined],
      ['leave-room', left],
    ] as const) {
      this.adapter.on?.(event, (room, id) => {
        const socket = this.#nsp.socket(id as string);
        if (socket !== undefined) tell(socket, room as string);
      });
    }
  }

  add(socket: Socket): void {
    this.contain('addAll', () => this.adapter.addAll(socket.id, new Set([socket.id])));
  }

  join(socket: Socket, rooms: readonly string[]): void {
    this.contain('addAll', () => this.adapter.addAll(socket.id, new Set(rooms)));
  }

  leave(socket: Socket, room: string): void {
    if (room !== socket.id) this.contain('del', () => this.adapter.del(socket.id, room));
  }

  remove(socket: Socket): void {
    this.contain('delAll', () => this.adapter.delAll(socket.id));
  }

  *roomsOf(socket: Socket): Iterable<string> {
    for (const room of this.adapter.socketRooms(socket.id) ?? []) if (room !== socket.id) yield room;
  }

  broadcast(packet: EventPacket, target: BroadcastTarget): void {
    if (isNobody(target)) return;
    // Not within the guard: an event that cannot be encoded is thrown to whoever emits it.
    const result = this.adapter.broadcast(published(packet), publishedTarget(target));
    this.contain('broadcast', () => result);
  }

  /** Broadcasts to the clients of the other servers. */
  forward(packet: EventPacket, target: BroadcastTarget): void {
    this.contain('broadcast', () => this.adapter.broadcast(...this.#forOthers(packet, target)));
  }

  broadcastWithAck(packet: EventPacket, target: BroadcastTarget, timeout: number, done: AllAcknowledged): void {
    if (isNobody(target)) return done(null, []);
    const acks = new ClusterAcks(done);
    acks.start(this.host.clock, timeout);
    this.#ask(published(packet), publishedTarget(target.with({ timeout })), acks);
  }

  /** Asks the clients of the other servers. */
  forwardWithAck(packet: EventPacket, target: BroadcastTarget, timeout: number, acks: ClusterAcks): void {
    this.#ask(...this.#forOthers(packet, target.with({ timeout })), acks);
  }

  /** @throws SocketIoError `ADAPTER_FAILED` */
  async fetchSockets(target: BroadcastTarget): Promise<RemoteSocket[]> {
    if (isNobody(target)) return [];
    const found = await this.answerOf(
      'fetchSockets',
      () => this.adapter.fetchSockets(publishedTarget(target)),
      target.flags.timeout,
    );
    return found.map((socket) =>
      socket instanceof SocketView ? socket.socket : new DistantSocket(socket, this.host.audience),
    );
  }

  socketsJoin(target: BroadcastTarget, rooms: readonly string[]): void {
    if (!isNobody(target)) this.contain('addSockets', () => this.adapter.addSockets(publishedTarget(target), rooms));
  }

  socketsLeave(target: BroadcastTarget, rooms: readonly string[]): void {
    if (!isNobody(target)) this.contain('delSockets', () => this.adapter.delSockets(publishedTarget(target), rooms));
  }

  disconnectSockets(target: BroadcastTarget, close: boolean): void {
    if (isNobody(target)) return;
    this.contain('disconnectSockets', () => this.adapter.disconnectSockets(publishedTarget(target), close));
  }

  /** Whoever waits for answers learns of a failure too. */
  serverSideEmit(args: readonly unknown[]): void {
    const done = args.at(-1);
    if (typeof done === 'function') this.#askServers(args.slice(0, -1), done as ServersAnswered);
    else this.contain('serverSideEmit', () => this.adapter.serverSideEmit([...args]));
  }

  close(): void {
    this.contain('close', () => this.adapter.close?.());
  }

  #forOthers(packet: EventPacket, target: BroadcastTarget): [PublishedPacket, PublishedTarget] {
    const handed: [PublishedPacket, PublishedTarget] = [published(packet), publishedTarget(target)];
    this.#nsp.delivered(...handed);
    return handed;
  }

  #ask(packet: PublishedPacket, target: PublishedTarget, acks: ClusterAcks): void {
    this.contain('broadcastWithAck', () =>
      this.adapter.broadcastWithAck(
        packet,
        target,
        (count) => acks.expect(count),
        (answer) => acks.answer(answer),
      ),
    );
    this.contain('serverCount', async () => acks.servers(await this.adapter.serverCount()));
  }

  #askServers(args: unknown[], done: ServersAnswered): void {
    const answer = this.answerOf(
      'serverSideEmit',
      () =>
        new Promise<Parameters<ServersAnswered>>((resolve, reject) => {
          const called: ServersAnswered = (...result) => resolve(result);
          Promise.resolve(this.adapter.serverSideEmit([...args, called])).catch(reject);
        }),
    );
    void answer.catch((error: unknown): Parameters<ServersAnswered> => [error, []]).then((result) => done(...result));
  }

  /**
   * What the adapter finds out from the other servers.
   * @param timeout ms
   * @throws SocketIoError `ADAPTER_FAILED`
   */
  protected async answerOf<T>(what: string, call: () => Promise<T>, timeout = this.host.ackTimeout): Promise<T> {
    let timer: Timer | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = this.host.clock.after(timeout, () => reject(failure(what, `no answer within ${timeout} ms`)));
    });
    try {
      return await Promise.race([call(), late]);
    } catch (error) {
      if (error instanceof SocketIoError) throw error;
      throw failure(what, error instanceof Error ? error.message : String(error), error);
    } finally {
      timer?.cancel();
    }
  }

  protected contain(what: string, call: () => unknown): void {
    void contain(call, (error) => this.#failed(what, error));
  }

  /** A broker that is away fails at every call: one line per kind is enough. */
  #failed(what: string, error: unknown): void {
    const line = this.#seldom.pass(what, `${what} of its adapter`);
    if (line !== null) this.host.failed(line, error);
  }
}

/** Told what the other servers answered. */
type ServersAnswered = (error: unknown, responses: readonly unknown[]) => void;

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

export function published({ type, nsp, data }: EventPacket): PublishedPacket {
  return { type, nsp, data: [...data] };
}

export function publishedTarget({ rooms, excepted, flags }: BroadcastTarget): PublishedTarget {
  return { rooms: new Set(rooms), except: new Set(excepted), flags: { ...flags } };
}

/** `to([])`: to an adapter, no rooms would be everybody. */
export function isNobody({ rooms }: BroadcastTarget): boolean {
  return rooms !== null && rooms.length === 0;
}

function failure(what: string, reason: string, cause?: unknown): SocketIoError {
  return new SocketIoError('ADAPTER_FAILED', `${what} of the adapter failed: ${reason}`, { cause });
}
