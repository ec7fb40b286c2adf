/**
 * The actions of visitors on clients and rooms of the cluster: send, move, disconnect. A client may be on any server. Each
 * action is logged once, with its visitor.
 */
import { type Log } from '../../engine/internal.js';
import { label, quote, SocketIoError } from '../../errors.js';
import type { Server, Socket } from '../../server/internal.js';
import type { ClientRequest, KickRequest, RoomRequest, SendRequest } from './admin-protocol.js';
import { BadRequest } from './checked-arguments.js';
import type { Visitor } from './tickets.js';

/** No server has the client. */
export class NotFound extends Error {
  constructor({ namespace, client }: ClientRequest) {
    super(`no server has client ${quote(client)} in ${label(namespace)}`);
  }
}

export class AdminActions {
  readonly #server: Server;
  readonly #log: Log;
  readonly #isElsewhere: (request: ClientRequest) => Promise<boolean>;

  /** @param isElsewhere whether another server has a client */
  constructor(server: Server, log: Log, isElsewhere: (request: ClientRequest) => Promise<boolean>) {
    this.#server = server;
    this.#log = log;
    this.#isElsewhere = isElsewhere;
  }

  send({ namespace, to, event, args }: SendRequest, visitor: Visitor): void {
    const everybody = this.#server.reach(namespace).except([]);
    accepted(() => (to === null ? everybody : everybody.to(to)).emit(event, ...args));
    this.log(visitor, `sent ${quote(event)} to ${to === null ? 'everybody' : quote(to)} in ${label(namespace)}`);
  }

  async join(request: RoomRequest, visitor: Visitor): Promise<void> {
    const { namespace, client, room } = request;
    const own = await this.#find(request);
    if (own === null) this.#server.reach(namespace).in(client).socketsJoin(room);
    else accepted(() => own.join(room));
    this.log(visitor, `let client ${quote(client)} join ${quote(room)} in ${label(namespace)}`);
  }

  async leave(request: RoomRequest, visitor: Visitor): Promise<void> {
    const { namespace, client, room } = request;
    const own = await this.#find(request);
    if (own === null) this.#server.reach(namespace).in(client).socketsLeave(room);
    else own.leave(room);
    this.log(visitor, `let client ${quote(client)} leave ${quote(room)} in ${label(namespace)}`);
  }

  async kick(request: KickRequest, visitor: Visitor): Promise<void> {
    const { namespace, client, reason } = request;
    const own = await this.#find(request);
    if (own === null) this.#server.reach(namespace).in(client).disconnectSockets(false, reason);
    else own.disconnect(false, reason);
    this.log(visitor, `disconnected client ${quote(client)} of ${label(namespace)}`);
  }

  log({ user, address }: Visitor, what: string): void {
    const line = `admin page: ${user === null ? 'a visitor' : quote(user)} at ${quote(address)} ${what}`;
    if (this.#log.log === undefined) this.#log.debug(line);
    else this.#log.log(line);
  }

  /** @returns the client, or `null` if it is on another server @throws NotFound */
  async #find(request: ClientRequest): Promise<Socket | null> {
    const own = this.#server._nsps.get(request.namespace)?.sockets.get(request.client);
    if (own !== undefined) return own;
    if (await this.#isElsewhere(request)) return null;
    throw new NotFound(request);
  }
}

/** Runs an action. An error of this package is about its arguments: a reserved name, or a limit. @throws BadRequest */
function accepted(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    throw error instanceof SocketIoError ? new BadRequest(error.message) : error;
  }
}
