/**
 * What all namespaces of a pattern have in common. A child is made when the first client asks for it: it
 * takes over the middlewares, handlers and listeners that its parent has then. What is sent to the parent
 * goes to every child.
 * Source: Socket.IO, `ParentNamespace`.
 */
import type { EventPacket } from '../../protocol/index.js';
import { type AllAcknowledged, AckCollector } from '../adapter/ack-collector.js';
import type { Adapter } from '../adapter/adapter.js';
import { AdapterView, type NamespaceAdapter } from '../adapter/adapter-view.js';
import type { Answered } from '../broadcast/between-servers.js';
import type { BroadcastTarget } from '../adapter/broadcast-target.js';
import type { DefaultEventsMap, EventsMap } from '../broadcast/event-map.js';
import { Namespace } from './namespace.js';
import type { RemoteSocket } from '../hosted/distant-socket.js';
import type { Server } from '../server.js';
import type { ResolvedServerOptions } from '../server-options.js';
import type { Socket } from '../socket/socket.js';

export class ParentNamespace<
  Listen extends EventsMap = DefaultEventsMap,
  Emit extends EventsMap = Listen,
  ServerSide extends EventsMap = DefaultEventsMap,
  // oxlint-disable-next-line typescript/no-explicit-any -- see Socket
  Data = any,
> extends Namespace<Listen, Emit, ServerSide, Data> {
  readonly children: ReadonlySet<Namespace>;

  readonly #open: (name: string) => Namespace;

  /** @internal Made by {@link Server.of}. */
  constructor(
    name: string,
    server: Server,
    options: ResolvedServerOptions,
    children: ReadonlySet<Namespace>,
    open: (name: string) => Namespace,
  ) {
    super(name, server, options, new EveryChild(children));
    this.children = children;
    this.#open = open;
  }

  /**
   * Makes the namespace of that name as a child, before a client asks for it. Unlike one that a client asked
   * for, it stays when its last client goes. If there is a namespace of that name already, that is returned.
   */
  createChild(name: string): Namespace<Listen, Emit, ServerSide, Data> {
    return this.#open(name) as Namespace<Listen, Emit, ServerSide, Data>;
  }
}

/** Does to every child what is asked of the parent. */
class EveryChild implements Adapter {
  readonly recovery = null; // its children have it
  readonly #children: ReadonlySet<Namespace>;
  #view: AdapterView | null = null;

  constructor(children: ReadonlySet<Namespace>) {
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

  disconnectSockets(target: BroadcastTarget, close: boolean): void {
    for (const { delivery } of this.#children) delivery.disconnectSockets(target, close);
  }

  /** An acknowledgement has the responses of all children together. */
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
      (done as Answered)(
        failed,
        answers.flatMap(([, responses = []]) => responses),
      );
    });
  }

  /** Reaches every child; who is in which room, each child knows for itself. */
  view(nsp: Namespace): NamespaceAdapter {
    return (this.#view ??= new AdapterView(nsp, this, { rooms: new Map(), joined: new Map() }));
  }

  close(): void {}

  // No socket is ever in a parent.
  add(_socket: Socket): void {}
  join(_socket: Socket): void {}
  leave(_socket: Socket): void {}
  remove(_socket: Socket): void {}
  roomsOf(_socket: Socket): Iterable<string> {
    return [];
  }
}
