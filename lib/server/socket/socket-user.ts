/**
 * The user of a socket, and the time until which it may stay. Both live in one object, its {@link Identity}, which is
 * created on first use: most sockets of many applications are anonymous.
 */
import { type ClientReason, type Clock, Listenable } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';
import type { ExpiryQueue } from './expiry-queue.js';
import { idOf, Identity, UNSET } from './identity.js';
import { OWN_REASONS } from './own-reasons.js';
import type { Users } from './users.js';

/** The first millisecond that an expiry may have: in 1973. A smaller number is one of seconds. */
const FIRST_EXPIRY = 100_000_000_000;

/** The options that concern users. */
interface UserOptions {
  readonly userIdOf: (user: unknown) => string | undefined;
  /** ms */
  readonly expiryWarning: number;
  readonly engine: { readonly clock: Clock };
}

/** The client behind a socket. */
interface UserClient {
  readonly options: UserOptions;
  /** Whether the client is in that number of namespaces. */
  isIn(count: number): boolean;
  disconnect(reason?: ClientReason): void;
}

/** The sockets of a server with a user or an expiry. */
interface UserRegistry {
  readonly users: Users;
  readonly expiries: ExpiryQueue<Identity>;
}

export abstract class SocketUser<Events, Reserved> extends Listenable<Events, Reserved> {
  // --- Public attributes ---

  #identity: Identity | null = null;
  /** @internal The client behind this socket. */
  abstract readonly client: UserClient;
  /** @internal */
  abstract readonly nsp: { readonly server: UserRegistry };

  /** The HTTP request of the handshake, or its plain data. */
  protected abstract readonly handshakeData: object;

  /**
   * The user of this socket, as a guard or middleware has set it, like `request.user` in HTTP. Until it is set for this
   * namespace, it is the user that a middleware of the handshake has set on the request, as passport does.
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- as `data`: the application defines what it holds
  get user(): any {
    const own = this.#identity;
    return own === null || own.user === UNSET ? (this.handshakeData as { readonly user?: unknown }).user : own.user;
  }

  set user(user: unknown) {
    const own = this.#identityOrNew;
    this.#changeUserId(own, own.isExplicit ? own.userId : this.client.options.userIdOf(user));
    own.user = user;
  }

  /**
   * The id of the {@link user}: its `id`, `sub`, `userId` or `_id`, or the user itself if it is a string. The option
   * `userId` can derive it in another way, and the application can set it. Limits per user, `disconnectUser` and
   * connection state recovery compare it. `undefined` for an anonymous client.
   */
  get userId(): string | undefined {
    const own = this.#identity;
    return own === null ? this.client.options.userIdOf(this.user) : own.userId;
  }

  set userId(id: string | undefined) {
    const own = this.#identityOrNew;
    own.isExplicit = id !== undefined;
    this.#changeUserId(own, idOf(id) ?? this.client.options.userIdOf(this.user));
  }

  /**
   * The time at which the client is disconnected from this namespace with the reason `expired`, unless it is set again
   * by then: the end of a token, for example. Takes a Date or milliseconds. `expiryWarning` earlier, the client gets
   * the event `session_expiring`. `null`: never.
   * @throws SocketIoError `INVALID_ARGUMENT`
   */
  get expiresAt(): Date | null {
    const expiresAt = this.#identity?.expiresAt ?? null;
    return expiresAt === null ? null : new Date(expiresAt);
  }

  set expiresAt(expiresAt: Date | number | null) {
    const own = this.#identityOrNew;
    own.expiresAt = expiresAt === null ? null : checkedExpiry(expiresAt);
    this.#schedule(own);
  }

  // --- Public methods ---

  /**
   * Sets {@link expiresAt}: in the handler of an event with which the client presents a fresh token, for example.
   * @throws SocketIoError `INVALID_ARGUMENT`
   */
  extend(expiresAt: Date | number): this {
    this.expiresAt = expiresAt;
    return this;
  }

  // --- Inside ---

  /** @internal Whether messages to it are delivered: it has neither been refused nor disconnected. */
  abstract readonly isReachable: boolean;

  /** @internal Whether it has been accepted and not disconnected. */
  abstract readonly connected: boolean;

  /** @internal Disconnects it at once. */
  abstract drop(close: boolean, reason?: ClientReason): void;

  /** @internal Sends an event of the server itself. */
  protected abstract sendNotice(event: string, payload: object): void;

  /** Called before the id of the user changes. */
  protected abstract userIdChanges(former: string | undefined): void;

  /** @internal Lists the socket under its user, if it has one. */
  enlist(): void {
    if (this.userId !== undefined && this.isReachable) this.nsp.server.users.list(this.#identityOrNew);
  }

  /** Called at its end. */
  protected delist(): void {
    if (this.#identity === null) return;
    this.nsp.server.users.delete(this.#identity);
    this.nsp.server.expiries.delete(this.#identity);
  }

  /** The user of the session that it resumes, until the application sets another one. */
  protected inheritUser(userId: string): void {
    if (this.userId !== undefined) return;
    this.#identityOrNew.userId = userId;
    this.enlist();
  }

  /** @internal Whether its time is over. */
  get isExpired(): boolean {
    return this.#identity !== null && this.#identity.expiresAt !== null && this.#timeLeft(this.#identity) <= 0;
  }

  /** @internal Called when its expiry is near, and when it has passed. An undecided socket is refused later. */
  expiring(): void {
    const own = this.#identity;
    if (own === null || own.expiresAt === null || !this.isReachable) return;
    const left = this.#timeLeft(own);
    if (left > 0) {
      this.nsp.server.expiries.set(own, own.end);
      const expiresAt = new Date(own.expiresAt).toISOString();
      this.sendNotice('session_expiring', { expiresAt, in: Math.ceil(left) });
    } else if (this.connected) this.drop(this.client.isIn(1), OWN_REASONS.expired);
  }

  /** ms until it expires; negative if it has expired. */
  #timeLeft({ end }: Identity): number {
    return end - this.client.options.engine.clock.now();
  }

  #changeUserId(own: Identity, userId: string | undefined): void {
    if (userId === own.userId) return;
    this.userIdChanges(own.userId);
    own.userId = userId;
    if (this.isReachable) this.nsp.server.users.list(own);
  }

  #schedule(own: Identity): void {
    const { expiries } = this.nsp.server;
    if (own.expiresAt === null || !this.isReachable) return expiries.delete(own);
    const { expiryWarning, engine } = this.client.options;
    const left = own.expiresAt - Date.now();
    own.end = engine.clock.now() + left;
    // Half of the time at most, so that a client that extends a short time is not warned at once again.
    expiries.set(own, own.end - Math.max(0, Math.min(expiryWarning, left / 2)));
  }

  get #identityOrNew(): Identity {
    return (this.#identity ??= new Identity(this, this.userId));
  }
}

/** @throws SocketIoError `INVALID_ARGUMENT` */
function checkedExpiry(expiresAt: Date | number): number {
  const time = Number(expiresAt);
  if (Number.isFinite(time) && time >= FIRST_EXPIRY) return time;
  throw new SocketIoError(
    'INVALID_ARGUMENT',
    `expiresAt must be a Date or milliseconds since 1970, got ${String(expiresAt)}: multiply the "exp" of a JWT by 1000`,
  );
}
