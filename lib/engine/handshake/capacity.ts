/**
 * The limits on connections and handshakes. They are checked before anything else is done for a request, so that a
 * refusal costs next to nothing, however many clients arrive at the same time.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { quote } from '../../errors.js';
import type { ResolvedEngineOptions } from '../engine-options.js';
import type { LimitName } from '../limits.js';
import { TokenBucket } from '../token-bucket.js';
import { clientAddress } from './client-address.js';
import { type HandshakeRefusal, refusal } from './refusal.js';

/** The numbers of connections that the limits compare. */
export interface ConnectionCounts {
  readonly open: () => number;
  /** Those of the open connections whose client is in no namespace. */
  readonly unjoined: () => number;
}

/**
 * Range in s of the time after which a refused client may try again. It is random, so that clients that are refused
 * together do not return together.
 */
const RETRY_AFTER = { min: 1, max: 10 } as const;

/** A burst may have as many handshakes as arrive in this number of seconds at the full rate. */
const BURST = 2;

export class Capacity {
  readonly #options: ResolvedEngineOptions;
  readonly #counts: ConnectionCounts;
  /** Requests that have been admitted and not answered: their middlewares and checks may be running. */
  #deciding = 0;
  /** The handshakes that may arrive now. `null` if `limits.handshakesPerSecond` is lifted. */
  readonly #handshakes: TokenBucket | null;
  /** The number of TCP connections of each address, if it is limited. */
  readonly #byAddress = new Map<string, number>();

  constructor(options: ResolvedEngineOptions, counts: ConnectionCounts) {
    this.#options = options;
    this.#counts = counts;
    const rate = options.limits.handshakesPerSecond;
    this.#handshakes = rate === Infinity ? null : new TokenBucket(BURST * rate, BURST * 1_000, options.clock.now());
  }

  /**
   * Checks the limits for a request. An admitted request counts like a connection until {@link settled} is called.
   * @param upgrades whether the request may become a connection
   * @returns the refusal, or `null` if there is room
   */
  admit(request: IncomingMessage, upgrades: boolean): HandshakeRefusal | null {
    const { limits } = this.#options;
    if (this.#counts.open() + this.#deciding >= limits.connections) return this.#refuse('connections', request);
    if (this.#counts.unjoined() + this.#deciding >= limits.unjoinedConnections) {
      return this.#refuse('unjoinedConnections', request);
    }
    const address = upgrades && limits.connectionsPerAddress !== Infinity ? this.#addressOf(request) : null;
    if (address !== null && (this.#byAddress.get(address) ?? 0) >= limits.connectionsPerAddress) {
      return this.#refuse('connectionsPerAddress', request);
    }
    if (this.#handshakes?.takeOne(this.#options.clock.now()) === false)
      return this.#refuse('handshakesPerSecond', request);
    if (address !== null) this.#count(address, request.socket);
    this.#deciding++;
    return null;
  }

  /** Called once for each admitted request, when it is refused or has become a connection. */
  settled(): void {
    this.#deciding--;
  }

  #addressOf({ headers, socket }: IncomingMessage): string {
    return clientAddress({ headers, address: socket.remoteAddress ?? '' }, this.#options.proxyTrust);
  }

  /** Counts a TCP connection until it is closed. */
  #count(address: string, socket: NetSocket): void {
    if (socket.destroyed) return; // the client has left
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    socket.once('close', () => {
      const others = (this.#byAddress.get(address) as number) - 1;
      if (others === 0) this.#byAddress.delete(address);
      else this.#byAddress.set(address, others);
    });
  }

  #refuse(limit: LimitName, request: IncomingMessage): HandshakeRefusal {
    const address = this.#addressOf(request);
    const what = `refused a client of ${quote(address)}`;
    const isReported = this.#options.limitReport.reached(limit, what, { logFields: { address } });
    const { min, max } = RETRY_AFTER;
    return {
      ...refusal(limit === 'connectionsPerAddress' ? 7 : 6, { limit }),
      retryAfter: min + Math.floor(Math.random() * (max - min + 1)),
      isReported,
    };
  }
}
