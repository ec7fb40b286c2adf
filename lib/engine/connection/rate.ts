/**
 * The option `rateLimit`: a token bucket of messages and bytes for each connection. Every message counts, pings,
 * acknowledgements and empty ones included, because each costs the server a wake-up. A client that exceeds the rate is
 * not read from until it is within it again; its own network connection then slows it down.
 */
import { invalidOption, refuseUnknownOptions, withDefaults } from '../../options.js';
import { TokenBucket } from '../token-bucket.js';

/** @publicApi */
export interface RateLimitOptions {
  /** Messages of one connection in each period. @default false */
  events?: number | false;
  /** Bytes of these messages in each period. @default false */
  bytes?: number | false;
  /** ms. A client that was quiet may send the amount of one period at once. @default 1000 */
  per?: number;
  /**
   * `slow` stops reading from a client that exceeds the rate, `disconnect` closes its connection with 1008. @default 'slow'
   */
  exceeded?: 'slow' | 'disconnect';
}

export type Rate = Readonly<Required<RateLimitOptions>>;

const EXAMPLE = 'write rateLimit: { events: 100, per: 1_000 }';
const EXCEEDED: readonly string[] = ['slow', 'disconnect'];

export const RATE_DEFAULTS: Rate = {
  events: false, // at least one of the two must be set
  bytes: false,
  per: 1_000, // rates are mostly given per second
  exceeded: 'slow', // costs a client that sends too much by mistake nothing but time
};

/** @returns `null` without a rate limit. @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION` */
export function resolveRate(given: RateLimitOptions | null): Rate | null {
  if (given === null) return null;
  if (typeof given !== 'object') invalidOption('rateLimit', given, 'be an object', EXAMPLE);
  refuseUnknownOptions(given, Object.keys(RATE_DEFAULTS), 'rateLimit');
  const rate: Rate = withDefaults<RateLimitOptions>(given, RATE_DEFAULTS);
  const { events, bytes, exceeded } = rate;
  if (events === false && bytes === false) invalidOption('rateLimit', given, 'set events, bytes or both', EXAMPLE);
  for (const name of ['events', 'bytes', 'per'] as const) {
    const value = rate[name];
    if (value !== false && !(value > 0 && value < 2 ** 31)) {
      invalidOption(`rateLimit.${name}`, value, 'be a positive number', EXAMPLE);
    }
  }
  if (!EXCEEDED.includes(exceeded)) {
    invalidOption('rateLimit.exceeded', exceeded, `be one of ${EXCEEDED.join(', ')}`);
  }
  return rate;
}

/** The messages and bytes that one connection may still send. */
export class RateBucket {
  readonly #events: TokenBucket | null;
  readonly #bytes: TokenBucket | null;

  /** @param now ms */
  constructor({ events, bytes, per }: Rate, now: number) {
    this.#events = events === false ? null : new TokenBucket(events, per, now);
    this.#bytes = bytes === false ? null : new TokenBucket(bytes, per, now);
  }

  /**
   * Counts one message.
   * @param now ms
   * @returns ms until the client is within the rate again; 0 if it is
   */
  take(bytes: number, now: number): number {
    return Math.max(this.#events?.take(1, now) ?? 0, this.#bytes?.take(bytes, now) ?? 0);
  }
}
