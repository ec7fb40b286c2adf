/**
 * The way into a namespace. Each CONNECT is granted or refused, once: at once where nobody has to be asked,
 * otherwise after the middlewares and the connect handlers, or when they have taken too long.
 */
import { label } from '../../errors.js';
import { type ConnectHandler, type Middleware, passMiddlewares, refusalOf } from './middlewares.js';
import { ConnectionRefused } from './connection-refused.js';
import { Lifecycle } from './lifecycle.js';
import type { Namespace } from './namespace.js';
import type { Occupancy } from './open-clients.js';
import { claimOf, type Restored } from '../adapter/recovery.js';
import type { ResolvedServerOptions } from '../server-options.js';
import type { Socket } from '../socket/socket.js';

export class Entrance {
  readonly middlewares: Middleware[] = [];
  readonly handlers = new Lifecycle<ConnectHandler>();
  /** Sockets whose connect handlers run, by id. */
  readonly entering = new Map<string, Socket>();
  readonly #namespace: Namespace;
  readonly #occupancy: Occupancy;
  readonly #options: ResolvedServerOptions;

  constructor(namespace: Namespace, occupancy: Occupancy, options: ResolvedServerOptions) {
    this.#namespace = namespace;
    this.#occupancy = occupancy;
    this.#options = options;
  }

  inherit(parent: Entrance): void {
    this.middlewares.push(...parent.middlewares);
    this.handlers.inherit(parent.handlers);
  }

  /** Decides on a CONNECT. */
  admit(socket: Socket): void {
    this.#occupancy.enter();
    const { recovery } = this.#namespace.delivery;
    const claim = recovery === null ? null : claimOf(socket.auth);
    const restored = recovery === null || claim === null ? null : recovery.take(claim.pid, claim.offset);
    if (restored instanceof Promise) {
      void this.#namespace.contain('recovering a client', async () => this.#consider(socket, await restored));
    } else this.#consider(socket, restored);
  }

  /** Neither accepted nor refused in time: whatever is waited for, the client is refused. */
  overdue(socket: Socket): void {
    const culprit = this.entering.has(socket.id)
      ? 'a connect handler did not finish'
      : 'a middleware did not call next';
    this.#occupancy.forget(socket);
    const { name, log } = this.#namespace;
    const limit = `within connectTimeout, ${this.#options.connectTimeout} ms`;
    log.error(`${culprit} in ${label(name)} ${limit}: the client is refused`);
    this.#refuse(socket, new ConnectionRefused('The server did not decide in time'));
  }

  /** Those of all namespaces first. */
  get #allMiddlewares(): readonly Middleware[] {
    const common = this.#common?.middlewares ?? [];
    return common.length === 0 ? this.middlewares : [...common, ...this.middlewares];
  }

  get #allHandlers(): readonly ConnectHandler[] {
    return this.handlers.with(this.#common?.handlers);
  }

  /** What all namespaces have in common, if there is anything. */
  get #common(): Entrance | undefined {
    return this.#namespace.server.wildcard?.entrance;
  }

  /** @param restored the session that the client has come back to */
  #consider(socket: Socket, restored: Restored | null): void {
    if (!socket.isUndecided) return; // it was overdue
    const { delivery } = this.#namespace;
    if (restored !== null) {
      socket.restore(restored);
      this.#place(socket); // at once: what is sent from now on is not among what it missed
      delivery.join(socket, restored.rooms);
    }
    if (this.#allMiddlewares.length === 0 && this.#allHandlers.length === 0) {
      if (restored === null) delivery.add(socket);
      else this.entering.delete(socket.id);
      socket.accept();
    } else void this.#namespace.contain('accepting a client', () => this.#decide(socket));
  }

  async #decide(socket: Socket): Promise<void> {
    const skips = socket.recovered && this.#options.recovery?.skipMiddlewares === true;
    try {
      await passMiddlewares(skips ? [] : this.#allMiddlewares, socket);
    } catch (error) {
      return this.#refuse(socket, error);
    }
    await this.#occupancy.track(socket, this.#enter(socket));
  }

  async #enter(socket: Socket): Promise<void> {
    if (!this.#namespace.isPlaced(socket)) this.#place(socket);
    if (this.#options.acceptFirst) socket.greet();
    try {
      for (const handler of this.#allHandlers) await handler(socket);
    } catch (error) {
      return this.#refuse(socket, error);
    }
    this.entering.delete(socket.id);
    socket.accept();
  }

  /** From now on it is sent what its namespace is, after the answer to its CONNECT. */
  #place(socket: Socket): void {
    this.entering.set(socket.id, socket);
    this.#namespace.delivery.add(socket);
  }

  #refuse(socket: Socket, error: unknown): void {
    const { name, log } = this.#namespace;
    const refusal = refusalOf(error, name, log);
    if (!socket.isUndecided) return; // it was overdue
    if (socket.recovered) socket.keep(socket.ending); // its client may come once more
    try {
      socket.refuse(refusal);
    } catch (unsendable) {
      socket.refuse(refusalOf(unsendable, name, log)); // the error's `data` is circular, for example
    }
    this.entering.delete(socket.id);
    this.#occupancy.leave();
  }
}
