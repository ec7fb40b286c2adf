/**
 * A client of a broker behind a guard. Published adapters ignore the promises that their client returns, so without a
 * guard one rejection ends the process.
 */
import {
  consoleLog,
  isThenable,
  LimitReport,
  type Log,
  resolveLimits,
  systemClock,
  ThrottledLog,
} from '../../engine/internal.js';
import { BrokerLink, MessageDropped } from './broker-link.js';
import { weigh } from './weigh.js';

/** Methods of the clients `redis` and `ioredis` that send a message to other servers. */
const PUBLISHING: ReadonlySet<string | symbol> = new Set(['publish', 'sPublish', 'spublish', 'xAdd', 'xadd']);

export interface Guard {
  /** Called with the name of the method and its exception or rejection. */
  readonly failed: (method: string, error: unknown) => void;
  /** Bounds what waits for the broker. `null` if messages are bounded elsewhere. */
  readonly link: BrokerLink | null;
  /** Called with the result of each message that was published. */
  readonly published?: (result: unknown) => void;
}

/**
 * Returns an object that behaves like the client, except that failures are passed to the guard. A promise that its
 * caller ignores never counts as unhandled; a caller that waits for it gets the rejection. An exception becomes such a
 * rejection.
 */
export function guardClient<C extends object>(client: C, guard: Guard): C {
  const wrapped = new Map<string | symbol, { readonly from: unknown; readonly to: unknown }>();
  const proxy: C = new Proxy(client, {
    get(target, name) {
      // The target is the receiver, since clients have private fields.
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function' || name === 'constructor') return value;
      const known = wrapped.get(name);
      if (known !== undefined && known.from === value) return known.to;
      const to = (...args: readonly unknown[]): unknown => {
        const result = call(guard, name, args, () => Reflect.apply(value, target, args) as unknown);
        if (result === target) return proxy;
        return name === 'duplicate' && typeof result === 'object' && result !== null && !isThenable(result)
          ? guardClient(result, guard)
          : result;
      };
      wrapped.set(name, { from: value, to });
      return to;
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  });
  return proxy;
}

function call(guard: Guard, name: string | symbol, args: readonly unknown[], run: () => unknown): unknown {
  const failed = (error: unknown): void => {
    if (!(error instanceof MessageDropped)) guard.failed(String(name), error);
  };
  try {
    const publishes = PUBLISHING.has(name);
    const result = guard.link !== null && publishes ? guard.link.send(weigh(args), run) : run();
    if (isThenable(result)) result.then(publishes ? guard.published : undefined, failed);
    return result;
  } catch (error) {
    failed(error);
    const rejected = Promise.reject(error);
    rejected.catch(() => {});
    return rejected;
  }
}

/**
 * Guards a client of `redis` or `ioredis` that is passed to `createAdapter(...)` or `new Emitter(...)`: its failures
 * are logged, at most once a minute for each method, instead of ending the process, and what waits for the broker is
 * bounded by the defaults of `limits.brokerMessages` and `limits.brokerBytes`. Adapters that keep their client in a
 * private field need it, such as `@socket.io/redis-streams-adapter`. The server guards the clients of other adapters.
 * @param options.logger where failures are logged. @default the console
 * @publicApi
 */
export function guardBrokerClient<C extends object>(client: C, { logger = consoleLog }: { logger?: Log } = {}): C {
  const throttled = new ThrottledLog(() => systemClock.now());
  return guardClient(client, {
    link: emitterLink(logger),
    failed(method, error) {
      const line = throttled.pass(method, `${method} of the broker's client failed`);
      if (line !== null) logger.error(line, error);
    },
  });
}

/** The link of a process without a server, with the default limits. */
export function emitterLink(logger: Log): BrokerLink {
  const limits = resolveLimits();
  const clock = systemClock;
  return new BrokerLink({ limits, clock, logger, limitReport: new LimitReport({ limits, clock, logger }) });
}
