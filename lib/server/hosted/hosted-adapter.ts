/**
 * Hosts a published Socket.IO adapter, unmodified: to our namespace it is an `Adapter`, to the published adapter our
 * namespace is a `HostedNamespace`. A failure of the adapter or its broker is logged at most once a minute per kind and
 * goes no further, every wait for it has a timeout, and what waits for the broker is bounded: see `adapter-guard.ts`.
 *
 * A published adapter normally delivers to the clients of this process, too. A packet given to `forward` has already
 * been delivered to them, so it is marked, and the adapter sends it to the other servers only.
 */
import { contain, ThrottledLog, type Timer } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';
import type { EventPacket } from '../../protocol/internal.js';
import { type AllAcknowledged, ClusterAcks } from '../adapter/ack-collector.js';
import type { Adapter, AdapterHost, Member, NamespaceAdapter, RemoteSocket } from '../adapter/adapter.js';
import type { BroadcastTarget } from '../adapter/broadcast-target.js';
import type { Recovery } from '../adapter/recovery.js';
import { type AdapterGuard, createGuarded, endsSubscriptions, guardAdapter } from './adapter-guard.js';
import { DistantSocket } from './distant-socket.js';
import { NamespaceView, type NamespaceViewOptions, SocketView } from './namespace-view.js';
import type {
  HostedNamespace,
  PublishedAdapter,
  PublishedAdapterFactory,
  PublishedPacket,
  PublishedTarget,
} from './published-adapter.js';

export class HostedAdapter implements Adapter {
  protected readonly host: AdapterHost;
  protected readonly adapter: PublishedAdapter;
  readonly #nsp: NamespaceView;
  readonly #throttledLog: ThrottledLog;
  /** Calls that wait for answers of other servers. */
  #asking = 0;
  /** Until when clients of other servers may acknowledge. ms */
  #askingUntil = 0;

  /**
   * @param options what the adapter finds in the namespace
   * @throws SocketIoError `INVALID_OPTION` if the factory creates no adapter
   */
  constructor(factory: PublishedAdapterFactory, host: AdapterHost, options?: NamespaceViewOptions) {
    this.host = host;
    this.#throttledLog = new ThrottledLog(() => host.clock.now());
    this.#nsp = new NamespaceView(host, options);
    const guard: AdapterGuard = {
      link: host.broker,
      failed: (what, error) => this.#failed(what, error),
      unreadable: (error) => this.#unreadable(error),
    };
    this.adapter = createGuarded(() => instantiate(factory, this.#nsp), guard);
    guardAdapter(this.adapter, guard);
    this.#nsp.watchVisits(this.adapter);
    // Without a listener of `error`, the emitter would throw inside the client library of the broker.
    this.adapter.on?.('error', (error) => this.#failed('a part', error));
    this.contain('init', () => this.adapter.init?.());
  }

  get recovery(): Recovery | null {
    return null;
  }

  /** Returns the published adapter itself, as Socket.IO does. */
  view(): NamespaceAdapter {
    return this.adapter as unknown as NamespaceAdapter;
  }

  /** Calls back whenever the published adapter makes a socket of this process join or leave a room. */
  watch(joined: (member: Member, room: string) => void, left: (member: Member, room: string) => void): void {
    for (const [event, call] of [
      ['join-room', joined],
      ['leave-room', left],
    ] as const) {
      this.adapter.on?.(event, (room, id) => {
        const member = this.host.members.get(id as string);
        if (member !== undefined) call(member, room as string);
      });
    }
  }

  add(member: Member): void {
    this.contain('addAll', () => this.adapter.addAll(member.id, new Set([member.id])));
  }

  join(member: Member, rooms: readonly string[]): void {
    this.contain('addAll', () => this.adapter.addAll(member.id, new Set(rooms)));
  }

  leave(member: Member, room: string): void {
    if (room !== member.id) this.contain('del', () => this.adapter.del(member.id, room));
  }

  remove(member: Member): void {
    this.contain('delAll', () => this.adapter.delAll(member.id));
  }

  *roomsOf(member: Member): Iterable<string> {
    for (const room of this.adapter.socketRooms(member.id) ?? []) if (room !== member.id) yield room;
  }

  countRooms(member: Member): number {
    return (this.adapter.socketRooms(member.id)?.size ?? 1) - 1;
  }

  broadcast(packet: EventPacket, target: BroadcastTarget): void {
    if (target.isEmpty) return;
    // Outside of `contain`: an event that cannot be encoded throws to the caller of emit.
    const result = this.adapter.broadcast(publishedPacket(packet), publishedTarget(target));
    this.contain('broadcast', () => result);
  }

  /** Broadcasts to the clients of the other servers. */
  forward(packet: EventPacket, target: BroadcastTarget): void {
    this.contain('broadcast', () => this.adapter.broadcast(...this.#forOthers(packet, target)));
  }

  broadcastWithAck(packet: EventPacket, target: BroadcastTarget, timeout: number, done: AllAcknowledged): void {
    if (target.isEmpty) return done(null, []);
    const acks = new ClusterAcks(done);
    acks.start(this.host.clock, timeout);
    this.#broadcastWithAck(publishedPacket(packet), publishedTarget(target.with({ timeout })), acks);
  }

  /** Broadcasts to the clients of the other servers and collects their acknowledgements. */
  forwardWithAck(packet: EventPacket, target: BroadcastTarget, timeout: number, acks: ClusterAcks): void {
    this.#broadcastWithAck(...this.#forOthers(packet, target.with({ timeout })), acks);
  }

  /** @throws SocketIoError `ADAPTER_FAILED` */
  async fetchSockets(target: BroadcastTarget): Promise<RemoteSocket[]> {
    if (target.isEmpty) return [];
    const found = await this.answerOf(
      'fetchSockets',
      () => this.adapter.fetchSockets(publishedTarget(target)),
      target.flags.timeout,
    );
    return found
      .filter((socket) => !(socket instanceof SocketView) || socket.member.connected)
      .map((socket) => (socket instanceof SocketView ? socket.member : new DistantSocket(socket, this.host)));
  }

  socketsJoin(target: BroadcastTarget, rooms: readonly string[]): void {
    if (!target.isEmpty) this.contain('addSockets', () => this.adapter.addSockets(publishedTarget(target), rooms));
  }

  socketsLeave(target: BroadcastTarget, rooms: readonly string[]): void {
    if (!target.isEmpty) this.contain('delSockets', () => this.adapter.delSockets(publishedTarget(target), rooms));
  }

  disconnectSockets(target: BroadcastTarget, close: boolean): void {
    if (target.isEmpty) return;
    this.contain('disconnectSockets', () => this.adapter.disconnectSockets(publishedTarget(target), close));
  }

  /** If the last argument is an acknowledgement, it gets the error when the adapter fails. */
  serverSideEmit(args: readonly unknown[]): void {
    const done = args.at(-1);
    if (typeof done === 'function') this.#serverSideEmitWithAck(args.slice(0, -1), done as AdapterAnswered);
    else this.contain('serverSideEmit', () => this.adapter.serverSideEmit([...args]));
  }

  get isBusy(): boolean {
    return this.#asking > 0 || this.host.clock.now() < this.#askingUntil || !endsSubscriptions(this.adapter);
  }

  close(): void | Promise<void> {
    const closing = contain(
      () => this.adapter.close?.(),
      (error) => this.#failed('close', error),
    );
    return closing ?? undefined;
  }

  #forOthers(packet: EventPacket, target: BroadcastTarget): [PublishedPacket, PublishedTarget] {
    const published: [PublishedPacket, PublishedTarget] = [publishedPacket(packet), publishedTarget(target)];
    this.#nsp.markDelivered(...published);
    return published;
  }

  #broadcastWithAck(packet: PublishedPacket, target: PublishedTarget, acks: ClusterAcks): void {
    const { timeout } = target.flags as { readonly timeout: number };
    this.#askingUntil = Math.max(this.#askingUntil, this.host.clock.now() + timeout);
    this.contain('broadcastWithAck', () =>
      this.adapter.broadcastWithAck(
        packet,
        target,
        (count) => acks.expect(count),
        (answer) => acks.answer(answer),
      ),
    );
    this.contain('serverCount', async () => acks.setServerCount(await this.adapter.serverCount()));
  }

  #serverSideEmitWithAck(args: unknown[], done: AdapterAnswered): void {
    const answer = this.answerOf(
      'serverSideEmit',
      () =>
        new Promise<Parameters<AdapterAnswered>>((resolve, reject) => {
          const called: AdapterAnswered = (...result) => resolve(result);
          Promise.resolve(this.adapter.serverSideEmit([...args, called])).catch(reject);
        }),
    );
    void answer.catch((error: unknown): Parameters<AdapterAnswered> => [error, []]).then((result) => done(...result));
  }

  /**
   * Waits for an answer that the adapter gets from the other servers.
   * @param timeout ms
   * @throws SocketIoError `ADAPTER_FAILED`
   */
  protected async answerOf<T>(what: string, call: () => Promise<T>, timeout = this.host.ackTimeout): Promise<T> {
    let timer: Timer | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = this.host.clock.after(timeout, () => reject(failure(what, `no answer within ${timeout} ms`)));
    });
    this.#asking++;
    try {
      return await Promise.race([call(), late]);
    } catch (error) {
      if (error instanceof SocketIoError) throw error;
      throw failure(what, error instanceof Error ? error.message : String(error), error);
    } finally {
      this.#asking--;
      timer?.cancel();
    }
  }

  protected contain(what: string, call: () => unknown): void {
    void contain(call, (error) => this.#failed(what, error));
  }

  /** Another program uses the channel, or another version of the adapter. */
  #unreadable(error: unknown): void {
    this.host.broker.countUnreadable();
    const line = this.#throttledLog.pass('unreadable', 'reading a message from the broker');
    if (line !== null) this.host.failed(line, error);
  }

  /** Logs a failure, each kind at most once a minute: while a broker is down, every call fails. */
  #failed(what: string, error: unknown): void {
    this.host.broker.countFailure();
    const line = this.#throttledLog.pass(what, `${what} of its adapter`);
    if (line !== null) this.host.failed(line, error);
  }
}

/** Called with the answers of the other servers, or with the reason why they are missing. */
type AdapterAnswered = (error: unknown, responses: readonly unknown[]) => void;

/** Calls a factory with `new`, as published factories expect, unless it is an arrow function. */
function instantiate(factory: PublishedAdapterFactory, nsp: HostedNamespace): PublishedAdapter {
  const constructible = typeof factory === 'function' && (factory as { prototype?: unknown }).prototype !== undefined;
  const made: unknown = constructible
    ? new (factory as new (nsp: HostedNamespace) => object)(nsp)
    : (factory as (nsp: HostedNamespace) => object)(nsp);
  if (typeof (made as Partial<PublishedAdapter> | undefined)?.broadcast !== 'function') {
    throw new SocketIoError(
      'INVALID_OPTION',
      'option "adapter" must create an adapter: set it to a class, or to the result of the adapter\'s createAdapter(...)',
    );
  }
  return made as PublishedAdapter;
}

export function publishedPacket({ type, nsp, data }: EventPacket): PublishedPacket {
  return { type, nsp, data: [...data] };
}

export function publishedTarget({ rooms, excepted, flags }: BroadcastTarget): PublishedTarget {
  return { rooms: new Set(rooms), except: new Set(excepted), flags: { ...flags } };
}

function failure(what: string, reason: string, cause?: unknown): SocketIoError {
  return new SocketIoError('ADAPTER_FAILED', `${what} of the adapter failed: ${reason}`, { cause });
}
