/**
 * The parent of all namespaces that one pattern matches. A child is created when the first client asks for it, and
 * copies the middlewares, handlers and listeners that the parent has at that time. A broadcast to the parent is sent to
 * the clients of every child.
 * Source: Socket.IO, `ParentNamespace`.
 */
import type { ClientReason, ReasonGiven } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';
import type { EventPacket } from '../../protocol/internal.js';
import { type AllAcknowledged, AckCollector } from '../adapter/ack-collector.js';
import type { Adapter, Member, NamespaceAdapter, RemoteSocket, ViewedNamespace } from '../adapter/adapter.js';
import { AdapterView } from '../adapter/adapter-view.js';
import type { BroadcastTarget } from '../adapter/broadcast-target.js';
import { MemberlessAdapter } from '../adapter/memberless-adapter.js';
import type { DefaultEventsMap, EventsMap } from '../broadcast/event-map.js';
import type { ServersAnswered } from '../broadcast/namespace-emitter.js';
import type { Server } from '../server.js';
import type { ResolvedServerOptions } from '../server-options.js';
import { Namespace } from './namespace.js';

/** @publicApi */
export class ParentNamespace<
  Listen extends EventsMap = DefaultEventsMap,
  Emit extends EventsMap = Listen,
  ServerSide extends EventsMap = DefaultEventsMap,
  // oxlint-disable-next-line typescript/no-explicit-any -- see Socket
  Data = any,
> extends Namespace<Listen, Emit, ServerSide, Data> {
  readonly children: ReadonlySet<Namespace>;
  readonly #open: (name: string) => Namespace;

  /**
   * Parents are created by {@link Server.of}.
   * @internal
   * @param open creates a child
   */
  constructor(
    name: string,
    server: Server,
    options: ResolvedServerOptions,
    children: ReadonlySet<Namespace>,
    open: (name: string) => Namespace,
  ) {
    super(name, server, options, new ChildrenAdapter(children));
    this.children = children;
    this.#open = open;
  }

  /**
   * Creates the namespace of that name as a child, before a client asks for it. It is permanent: unlike a namespace
   * created for a client, it stays when its last client leaves. Returns the existing namespace if there is one.
   */
  createChild(name: string): Namespace<Listen, Emit, ServerSide, Data> {
    return this.#open(name) as Namespace<Listen, Emit, ServerSide, Data>;
  }

  /** @throws SocketIoError `INVALID_ARGUMENT`, always */
  override get presence(): never {
    throw new SocketIoError(
      'INVALID_ARGUMENT',
      `presence belongs to one namespace, got the pattern ${this.name}: write client.nsp.presence`,
    );
  }

  override disconnectUser(userId: string | number, reason?: ReasonGiven): number {
    let count = 0;
    for (const child of this.children) count += child.disconnectUser(userId, reason);
    return count;
  }
}

/** The adapter of a parent: carries out each operation on all children. */
class ChildrenAdapter extends MemberlessAdapter implements Adapter {
  readonly recovery = null; // each child has its own
  readonly #children: ReadonlySet<Namespace>;
  #view: AdapterView | null = null;

  constructor(children: ReadonlySet<Namespace>) {
    super();
    this.#children = children;
  }

  broadcast(packet: EventPacket, target: BroadcastTarget): void {
    for (const { delivery, name } of this.#children) delivery.broadcast({ ...packet, nsp: name }, target);
  }

  broadcastWithAck(packet: EventPacket, target: BroadcastTarget, timeout: number, done: AllAcknowledged): void {
    const acks = new AckCollector(done);
    for (const { delivery, name } of this.#children) {
      const part = acks.expectSeveral();
      delivery.broadcastWithAck({ ...packet, nsp: name }, target, timeout, part);
    }
    acks.seal();
  }

  async fetchSockets(target: BroadcastTarget): Promise<RemoteSocket[]> {
    const sockets = await Promise.all([...this.#children].map(({ delivery }) => delivery.fetchSockets(target)));
    return sockets.flat();
  }

  socketsJoin(target: BroadcastTarget, rooms: readonly string[]): void {
    for (const { delivery } of this.#children) delivery.socketsJoin(target, rooms);
  }

  socketsLeave(target: BroadcastTarget, rooms: readonly string[]): void {
    for (const { delivery } of this.#children) delivery.socketsLeave(target, rooms);
  }

  disconnectSockets(target: BroadcastTarget, close: boolean, reason?: ClientReason): void {
    for (const { delivery } of this.#children) delivery.disconnectSockets(target, close, reason);
  }

  /** An acknowledgement gets the responses to all children in one list. */
  serverSideEmit(args: readonly unknown[]): void {
    const done = args.at(-1);
    if (typeof done !== 'function') {
      for (const { delivery } of this.#children) delivery.serverSideEmit(args);
      return;
    }
    const parts = [...this.#children].map(
      ({ delivery }) =>
        new Promise<[error: Error | null, responses?: readonly unknown[]]>((resolve) => {
          delivery.serverSideEmit([...args.slice(0, -1), (...part: [Error | null]) => resolve(part)]);
        }),
    );
    void Promise.all(parts).then((answers) => {
      const failed = answers.find(([error]) => error !== null)?.[0] ?? null;
      (done as ServersAnswered)(
        failed,
        answers.flatMap(([, responses = []]) => responses),
      );
    });
  }

  /** The view broadcasts to every child. It shows no rooms, which belong to the children. */
  view(nsp: ViewedNamespace): NamespaceAdapter {
    return (this.#view ??= new AdapterView(nsp, this, { rooms: new Map(), joined: new Map() }));
  }

  // A client is in a child, never in the parent.
  add(_member: Member): void {}
  join(_member: Member): void {}
}
