/**
 * What a socket knows of its client, and what the application keeps on it: nothing here decides anything. What
 * a socket does stands in `socket.ts`.
 * Source: Socket.IO, `Socket`.
 */
import type { Connection } from '../../engine/index.js';
import type { Client } from './client.js';
import type { EventsMap } from '../broadcast/event-map.js';
import { clientAddress, createHandshake, type Handshake } from '../handshake.js';
import type { DisconnectReason } from './socket-state.js';
import { TappedSender } from './taps.js';

/** Events that a socket's listeners get beside those of its client. */
export interface SocketReservedEvents {
  /** Rooms are still there. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as Socket.IO: an error, a close event, or nothing
  disconnecting: (reason: DisconnectReason, description?: any) => void;
  /** Rooms are gone. */
  // oxlint-disable-next-line typescript/no-explicit-any -- see `disconnecting`
  disconnect: (reason: DisconnectReason, description?: any) => void;
  /** The client broke the protocol, or a middleware of `use` refused an event. */
  error: (error: Error) => void;
}

/** Nobody has said who the client is; `undefined` or `null` would say that it is nobody. */
const UNSAID = Symbol('unsaid');

export abstract class SocketFace<Listen extends EventsMap, Emit extends EventsMap, Data> extends TappedSender<
  Listen,
  SocketReservedEvents,
  Emit,
  Data
> {
  /** The client that it is a part of, which may have sockets in other namespaces. */
  readonly client: Client;
  readonly #issued = Date.now();
  readonly #auth: Readonly<Record<string, unknown>> | undefined;
  /** What `user` was set to. */
  #user: unknown = UNSAID;
  #data: Data | undefined;
  #handshake: Handshake | null = null;

  /** @internal */
  constructor(client: Client, auth: Readonly<Record<string, unknown>> | undefined) {
    super();
    this.client = client;
    this.#auth = auth;
  }

  /** The connection that this socket shares with the client's sockets in other namespaces. */
  get conn(): Connection {
    return this.client.connection;
  }

  /** What is left of the HTTP request: headers, url, query, address. */
  get request(): Connection['request'] {
    return this.conn.request;
  }

  /** Headers of the HTTP request. */
  get headers(): Connection['request']['headers'] {
    return this.request.headers;
  }

  /**
   * The client's address. Behind a proxy and with the option `trustProxy`, what that proxy saw: the last
   * address in `X-Forwarded-For`, since those before it are the client's own claims.
   */
  get ip(): string {
    return clientAddress(this.request, this.client.options.engine.trustProxy);
  }

  /**
   * Who the client is: what a guard or middleware said, as `request.user` of HTTP. Until one has said it for this
   * namespace, what a middleware of the handshake has put on the request, as passport does.
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- as data: what it is is the application's affair
  get user(): any {
    return this.#user === UNSAID ? (this.request as { readonly user?: unknown }).user : this.#user;
  }

  set user(user: unknown) {
    this.#user = user;
  }

  /** For the application; `fetchSockets` shows it. */
  get data(): Data {
    return (this.#data ??= {} as Data);
  }

  set data(data: Data) {
    this.#data = data;
  }

  get handshake(): Handshake {
    return (this.#handshake ??= createHandshake(this.request, this.#issued, this.auth));
  }

  /** @internal */
  get auth(): Readonly<Record<string, unknown>> {
    return this.#auth ?? {};
  }
}
