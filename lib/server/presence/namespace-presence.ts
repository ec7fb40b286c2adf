/**
 * The users in the rooms of a namespace. A tracked client makes its user present in the rooms that it joins. All
 * reads are answered from memory: each server of a cluster knows the tracked clients of all of them.
 */
import { SocketIoError } from '../../errors.js';
import type { Adapter, Member } from '../adapter/adapter.js';
import { BroadcastTarget } from '../adapter/broadcast-target.js';
import type { ObservedSocket, SocketObserver } from '../adapter/socket-observer.js';
import type { DisconnectReason } from '../socket/socket-state.js';
import { checkedMeta, checkedUser } from './client-meta.js';
import { LocalClients, type LocalClientsHost } from './local-clients.js';
import { OtherNodes, type OtherNodesHost } from './other-nodes.js';
import type { ResolvedPresenceOptions } from './presence-options.js';
import type { PresenceDiff, PresentUser, PresentUserDetails } from './present-user.js';
import { type AnnouncedNamespace, type AnnouncerHost, RoomAnnouncer } from './room-announcer.js';

/**
 * A client that can be tracked: a `Socket` of this server.
 * @publicApi
 */
export interface TrackableClient {
  readonly id: string;
  readonly userId?: string | undefined;
  readonly nsp: { readonly name: string };
  readonly rooms: Set<string>;
  readonly connected: boolean;
}

/** @publicApi */
export interface TrackOptions<Meta = unknown> {
  /** The id of the user. @default the `userId` of the client */
  readonly user?: string | number;
  /** Shown with the user: any value that JSON supports. @default the one that the client has; otherwise `null` */
  readonly meta?: Meta | null;
}

/**
 * The `meta` that `update` sets: a value, or a function of the one that the client has.
 * @publicApi
 */
export type MetaUpdate<Meta = unknown> = Meta | null | ((meta: Meta | null) => Meta | null);

/** The namespace of a presence, on a server that has clients in it. */
export interface PresenceNamespace {
  readonly name: string;
  /** Whether it belongs to this package, such as that of the admin page. */
  readonly isUnwatched?: boolean;
  readonly delivery: Pick<Adapter, 'connected' | 'roomsOf'>;
  observe(observer: SocketObserver): void;
}

export interface PresenceHost extends AnnouncerHost, LocalClientsHost, OtherNodesHost {
  readonly options: ResolvedPresenceOptions;
}

/** After these, a client is gone at once. After any other reason, it may return. */
const ON_PURPOSE: ReadonlySet<DisconnectReason> = new Set<DisconnectReason>([
  'client namespace disconnect',
  'server namespace disconnect',
]);

/**
 * The presence of a namespace: `namespace.presence`.
 * @publicApi
 */
// oxlint-disable-next-line typescript/no-explicit-any -- as `data`: the application defines what it holds
export class NamespacePresence<Meta = any> {
  // --- Public attributes ---

  /** The name of the namespace. */
  readonly namespace: string;
  readonly #host: PresenceHost;
  readonly #announcer: RoomAnnouncer;
  readonly #local: LocalClients;
  /** @internal */
  readonly others: OtherNodes;
  /** The namespace, if this server has it. */
  #attached: PresenceNamespace | null = null;
  /** Whether the namespace has been removed. */
  #isDetached = false;
  readonly #unused: () => void;
  /** Clients that are tracked, and whose CONNECT is being decided. */
  readonly #undecided = new WeakMap<object, Pick<TrackOptions, 'meta'> & { readonly user: string }>();

  /**
   * Read `namespace.presence` instead.
   * @internal
   * @param unused called when the namespace has been removed, and neither a client of this server nor a listener is left
   */
  constructor(namespace: string, host: PresenceHost, unused: () => void) {
    this.namespace = namespace;
    this.#host = host;
    this.#announcer = new RoomAnnouncer(namespace, host);
    const { table } = this.#announcer;
    this.#unused = unused;
    this.#local = new LocalClients(table, host, () => this.#checkUse());
    this.others = new OtherNodes(table, host);
  }

  // --- Public methods ---

  /**
   * Makes the user of a client present in the rooms that the client is in, and in those that it joins. If the client is
   * tracked already, its user and `meta` are replaced. Has no effect once the client is disconnected.
   * @throws SocketIoError `INVALID_ARGUMENT` for a client of another namespace or server, and without a user;
   *   `META_TOO_LARGE` above `presence.metaBytes`, `VALUE_TOO_DEEP`
   */
  track(client: TrackableClient, { user, meta }: TrackOptions<Meta> = {}): void {
    this.#checkClient(client, 'track');
    const id = checkedUser(user ?? client.userId);
    const given = meta === undefined ? undefined : checkedMeta(meta, this.#host.options.metaBytes);
    if (client.connected) this.#track(client as ObservedSocket, id, given);
    else this.#undecided.set(client, { user: id, meta: given ?? this.#undecided.get(client)?.meta });
  }

  /** Ends the effect of {@link track}: its user leaves the rooms in which it has no other client. */
  untrack(client: TrackableClient): void {
    this.#undecided.delete(client);
    const tracked = this.#local.get(client.id);
    if (tracked?.socket === client) this.#local.remove(tracked);
  }

  /**
   * Replaces the `meta` of a client, and so that of its user. Has no effect once the client is disconnected.
   * @param meta or a function that returns it, and is called with the one that the client has
   * @throws SocketIoError `INVALID_ARGUMENT` if the client is not tracked; `META_TOO_LARGE`, `VALUE_TOO_DEEP`
   */
  update(client: TrackableClient, meta: MetaUpdate<Meta>): void {
    this.#checkClient(client, 'update');
    const tracked = this.#local.get(client.id);
    const undecided = this.#undecided.get(client);
    const { meta: former = null } = (tracked?.socket === client ? tracked : undecided) ?? {};
    const given: unknown = typeof meta === 'function' ? (meta as (former: unknown) => unknown)(former) : meta;
    const checked = checkedMeta(given, this.#host.options.metaBytes);
    if (tracked?.socket === client) this.#local.update(tracked, checked, this.#announcer.table.nextStamp());
    else if (undecided !== undefined) this.#undecided.set(client, { ...undecided, meta: checked });
    else if (client.connected) {
      throw new SocketIoError(
        'INVALID_ARGUMENT',
        `update() needs a client that is tracked, got another one: call track(client, { meta }) first`,
      );
    }
  }

  /** The users in a room. */
  list(room: string): PresentUser<Meta>[] {
    return this.#announcer.table.list(room) as PresentUser<Meta>[];
  }

  /** The number of users in a room. */
  count(room: string): number {
    return this.#announcer.table.count(room);
  }

  /** The devices and rooms of a user; `null` if it is not present. */
  user(id: string | number): PresentUserDetails<Meta> | null {
    return this.#announcer.table.user(String(id)) as PresentUserDetails<Meta> | null;
  }

  /**
   * Calls a listener with each change of a room, at most once per `presence.interval`.
   * @returns a function that ends it
   */
  watch(room: string, listener: (diff: PresenceDiff<Meta>) => void): () => void {
    return this.#watch(room, listener);
  }

  /**
   * Calls a listener with each change of the users of the namespace, at most once per `presence.interval`. A user joins
   * when the first of its clients is tracked, and leaves when the last one is gone, after its grace. Each server of a
   * cluster reports all users.
   * @returns a function that ends it
   */
  watchUsers(listener: (diff: PresenceDiff<Meta>) => void): () => void {
    return this.#watch(null, listener);
  }

  // --- Inside: called by the server ---

  /** @internal Follows the clients of the namespace. */
  attach(namespace: PresenceNamespace): void {
    if (this.#attached === namespace) return;
    this.#attached = namespace;
    this.#isDetached = false;
    this.#announcer.announceTo(new AnnouncedRooms(namespace));
    namespace.observe({
      connected: (socket) => this.#connected(socket),
      dropped: (socket) => this.#lost(socket, false),
      returned: (socket) => this.#connected(socket),
      ended: (socket, reason) => this.#ended(socket, reason),
      moved: (socket) => this.#moved(socket),
      joined: (socket, room) => this.#joined(socket, room),
      left: (socket, room) => this.#left(socket, room),
    });
  }

  /** @internal Called when the namespace is removed. */
  detach(): void {
    this.#attached = null;
    this.#isDetached = true;
    this.#announcer.announceTo(null);
    this.#checkUse();
  }

  /** @internal Removes the clients of a user that have no connection. */
  forgetUser(userId: string): void {
    this.#local.forgetUser(userId);
    this.others.forgetUser(userId);
  }

  /** @internal Sends all clients of this server to a node. @param answer called when all are sent */
  sendAll(node: string, question: unknown, answer: (...content: readonly unknown[]) => void): void {
    this.#local.sendAll(node, question, answer);
  }

  /** @internal Forgets all clients, and announces nothing. */
  close(): void {
    this.#local.close();
    this.others.close();
    this.#announcer.close();
  }

  #watch(room: string | null, listener: (diff: PresenceDiff<Meta>) => void): () => void {
    const end = this.#announcer.watch(room, listener as (diff: PresenceDiff) => void);
    return () => {
      end();
      this.#checkUse();
    };
  }

  #checkUse(): void {
    if (this.#isDetached && this.#local.size === 0 && !this.#announcer.isWatched) this.#unused();
  }

  // --- Inside: the clients of this server ---

  #track(socket: ObservedSocket, user: string, meta: unknown): void {
    const { table } = this.#announcer;
    const former = this.#local.get(socket.id);
    const kept = former?.user === user ? former : undefined;
    this.#local.add(socket, {
      user,
      meta: meta === undefined ? (kept?.meta ?? null) : meta,
      stamp: table.nextStamp(),
      since: kept?.since ?? Date.now(),
    });
  }

  #connected(socket: ObservedSocket): void {
    const undecided = this.#undecided.get(socket);
    this.#undecided.delete(socket);
    // A client that resumes keeps its user and meta, from this server or from the one where it was.
    const former = this.#local.get(socket.id) ?? this.others.find(socket.id);
    if (former !== null) this.#local.add(socket, former);
    if (undecided !== undefined) this.#track(socket, undecided.user, undecided.meta);
    else if (former === null && this.#host.options.auto) this.#trackUser(socket);
    for (const room of socket.rooms) if (room !== socket.id) this.#announcer.greet(socket as Member, room);
  }

  #trackUser(socket: ObservedSocket): void {
    if (socket.userId === undefined || this.#attached?.isUnwatched === true) return;
    try {
      this.#track(socket, checkedUser(socket.userId), undefined);
    } catch (error) {
      this.#host.failed('tracking a client', error);
    }
  }

  #joined(socket: ObservedSocket, room: string): void {
    if (!socket.connected) return; // see `#connected`
    const tracked = this.#local.get(socket.id);
    if (tracked?.socket === socket) this.#local.joined(tracked, room);
    this.#announcer.greet(socket as Member, room);
  }

  #left(socket: ObservedSocket, room: string): void {
    const tracked = this.#local.get(socket.id);
    if (tracked?.socket === socket) this.#local.left(tracked, room);
  }

  #lost(socket: ObservedSocket, isOver: boolean): void {
    const tracked = this.#local.get(socket.id);
    if (tracked?.socket === socket) this.#local.lose(tracked, isOver);
  }

  #ended(socket: ObservedSocket, reason: DisconnectReason): void {
    const tracked = this.#local.get(socket.id);
    if (tracked === undefined) return;
    if (tracked.socket === socket) {
      if (ON_PURPOSE.has(reason)) this.#local.remove(tracked);
      else this.#local.lose(tracked, true);
    } else if (tracked.state === 'away') this.#local.remove(tracked);
    else if (tracked.state === 'lost') tracked.isOver = true; // its grace is still running
  }

  #moved({ id }: ObservedSocket): void {
    const tracked = this.#local.get(id);
    if (tracked !== undefined && tracked.state !== 'here') this.#local.remove(tracked);
  }

  /** @throws SocketIoError `INVALID_ARGUMENT` */
  #checkClient(client: TrackableClient, method: string): void {
    const nsp = (client as Partial<TrackableClient> | undefined)?.nsp;
    const isSame = nsp?.name === this.namespace;
    if (nsp !== undefined && (nsp === this.#attached || (isSame && !client.connected))) return;
    const given = nsp === undefined ? 'a value that is no client' : `a client of ${nsp.name}`;
    throw new SocketIoError(
      'INVALID_ARGUMENT',
      `${method}() of the presence of ${this.namespace} needs a client of that namespace on its own server, got ${given}` +
        `${isSame ? ' on another one' : ''}: write client.nsp.presence.${method}(client)`,
    );
  }
}

/** The rooms of a namespace as its adapter knows them. */
class AnnouncedRooms implements AnnouncedNamespace {
  readonly name: string;
  readonly #namespace: PresenceNamespace;

  constructor(namespace: PresenceNamespace) {
    this.name = namespace.name;
    this.#namespace = namespace;
  }

  clientsIn(room: string): readonly Member[] {
    return this.#namespace.delivery.connected?.(BroadcastTarget.everybody.to(room)) ?? [];
  }

  isIn(client: Member, room: string): boolean {
    if (!client.connected) return false;
    const rooms = this.#namespace.delivery.roomsOf(client);
    return rooms instanceof Set ? rooms.has(room) : [...rooms].includes(room);
  }
}
