/** Whether a server should get new clients, and the figures that say so. */
import { describeValue, invalidOption, refuseUnknownOptions, withDefaults } from '../options.js';
import type { BrokerHealth, Server } from '../server/internal.js';

/**
 * A reason why a server should not get new clients, or serves them only in part.
 *
 * - `broker`: it does not reach the clients of other servers
 * - `outbox`: many messages to other servers wait, and further ones may be dropped
 * - `connections`: it has nearly as many connections as `limits.connections` allows
 * @publicApi
 */
export type ReadinessProblem = (typeof PROBLEMS)[number];

const PROBLEMS = ['broker', 'outbox', 'connections'] as const;

/**
 * Options of {@link SocketIoHealthIndicator.ready}.
 * @publicApi
 */
export interface ReadinessOptions {
  /**
   * The problems that make the check fail. With the other ones it succeeds, with the status `degraded`. A shutdown
   * always makes it fail. @default ['connections']
   */
  readonly failOn?: readonly ReadinessProblem[];
  /** The share of `limits.brokerMessages` or `limits.brokerBytes` from which `outbox` is a problem. @default 0.8 */
  readonly outbox?: number;
  /** The share of `limits.connections` from which `connections` is a problem. @default 0.95 */
  readonly connections?: number;
}

export const READINESS_DEFAULTS = {
  // A broker is away for all servers at once: if they failed, no server would be left, although each serves its clients.
  failOn: ['connections'],
  outbox: 0.8, // early enough to act before messages are dropped
  connections: 0.95, // a balancer notices within seconds, in which more clients arrive
} as const satisfies ReadinessOptions;

/**
 * The figures of one server.
 * @publicApi
 */
export interface ServerReadiness {
  /** Open connections. */
  readonly connections: number;
  /** `limits.connections`, if it is set. */
  readonly connectionLimit?: number;
  /** Left out for a server without a broker. */
  readonly broker?: Pick<BrokerHealth, 'degraded' | 'dropped' | 'waiting'>;
}

/** The figures of one server, and the problems that follow from them. */
export interface Finding {
  readonly figures: ServerReadiness;
  readonly problems: readonly { readonly kind: ReadinessProblem | 'closed'; readonly text: string }[];
}

/** Fills in the defaults. @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION` */
export function resolveReadiness(options: ReadinessOptions): Required<ReadinessOptions> {
  refuseUnknownOptions(options, Object.keys(READINESS_DEFAULTS), 'ready()');
  const resolved = withDefaults<ReadinessOptions>(options, READINESS_DEFAULTS);
  const { failOn } = resolved;
  if (!Array.isArray(failOn) || !failOn.every((problem) => (PROBLEMS as readonly unknown[]).includes(problem))) {
    invalidOption('failOn', failOn, `be a list of ${PROBLEMS.join(', ')}`);
  }
  checkShare(resolved, 'outbox');
  checkShare(resolved, 'connections');
  return resolved;
}

function checkShare(options: Required<ReadinessOptions>, name: 'outbox' | 'connections'): void {
  const share: unknown = options[name];
  if (typeof share !== 'number' || !(share > 0 && share <= 1)) {
    invalidOption(name, share, 'be a share above 0 and at most 1');
  }
}

export function examine(server: Server, options: Required<ReadinessOptions>): Finding {
  const { limits } = server.options.engine;
  const isServing = server.httpServer !== undefined;
  const connections = isServing ? server.engine.clientsCount : 0;
  const { degraded, dropped, waiting } = server.cluster.health;
  const hasBroker = server.cluster.nodes.length > 0 || server.adapter() !== undefined;
  const problems: Finding['problems'][number][] = [];
  if (server.draining) problems.push({ kind: 'closed', text: 'the server is shutting down' });
  else if (!isServing) problems.push({ kind: 'closed', text: 'the server is attached to no HTTP server' });
  if (degraded !== null) problems.push({ kind: 'broker', text: degraded });
  for (const [count, limit] of [
    [waiting.messages, 'brokerMessages'],
    [waiting.bytes, 'brokerBytes'],
  ] as const) {
    const text = shareReached(count, limits[limit], options.outbox, `limits.${limit}`);
    if (text !== null) problems.push({ kind: 'outbox', text: `messages wait for the broker: ${text}` });
  }
  const full = shareReached(connections, limits.connections, options.connections, 'limits.connections');
  if (full !== null) problems.push({ kind: 'connections', text: `few clients can still connect: ${full}` });
  return {
    figures: {
      connections,
      ...(limits.connections !== Infinity && { connectionLimit: limits.connections }),
      ...(hasBroker && { broker: { degraded, dropped, waiting } }),
    },
    problems,
  };
}

function shareReached(count: number, limit: number, share: number, name: string): string | null {
  return count < limit * share ? null : `${count} of ${name} (${describeValue(limit)})`;
}
