/** All metrics of a server, in the order in which they are exported. `docs/metrics.md` has the same list. */
import { CONNECTION_DURATIONS } from '../../../engine/internal.js';
import { BROKER_LATENCIES } from '../../broker/broker-link.js';
import type { MetricDescription } from './metric.js';

type Counted = Omit<MetricDescription, 'name'> & { readonly kind: 'counter' | 'gauge' };
type Distributed = Omit<MetricDescription, 'name'> & { readonly kind: 'histogram'; readonly bounds: readonly number[] };

/** Seconds. From a handler that only replies to one whose client has given up. */
export const HANDLER_DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

function counter(unit: string, description: string, ...labels: string[]): Counted {
  return { kind: 'counter', unit, description, labels };
}

function gauge(unit: string, description: string, ...labels: string[]): Counted {
  return { kind: 'gauge', unit, description, labels };
}

/** @param bounds seconds */
function durations(bounds: readonly number[], description: string, ...labels: string[]): Distributed {
  return { kind: 'histogram', unit: 's', description, labels, bounds };
}

const COUNTED = {
  'socketio.server.connections': gauge('{connection}', 'Open connections.'),
  'socketio.server.connections.opened': counter('{connection}', 'Connections that were opened.'),
  'socketio.server.connections.closed': counter('{connection}', 'Connections that have closed.', 'reason'),
  'socketio.server.handshakes.refused': counter('{handshake}', 'Handshakes that were refused.', 'reason'),
  'socketio.server.clients': gauge('{client}', 'Clients that are connected to a namespace.', 'namespace'),
  'socketio.server.clients.connected': counter(
    '{client}',
    'Clients that were accepted in a namespace.',
    'namespace',
    'recovered',
  ),
  'socketio.server.clients.disconnected': counter('{client}', 'Clients that left a namespace.', 'namespace', 'reason'),
  'socketio.server.clients.refused': counter(
    '{client}',
    'Clients that were refused by a namespace.',
    'namespace',
    'reason',
  ),
  'socketio.server.events.received': counter('{event}', 'Events of clients that have a handler.', 'namespace', 'event'),
  'socketio.server.events.unhandled': counter('{event}', 'Events of clients without a handler.', 'namespace'),
  'socketio.server.emits': counter('{emit}', 'Calls of emit, to one client or to many.', 'namespace', 'event'),
  'socketio.server.events.sent': counter('{event}', 'Events sent to clients, one per receiver.', 'namespace', 'event'),
  'socketio.server.events.dropped': counter(
    '{event}',
    'Volatile events that were dropped and latest values that were replaced, one per receiver.',
    'namespace',
    'event',
  ),
  'socketio.server.handlers.running': gauge('{handler}', 'Event handlers that have not finished.'),
  'socketio.server.acks': counter(
    '{ack}',
    'Acknowledgements that this server requested, by their outcome.',
    'namespace',
    'outcome',
  ),
  'socketio.server.messages.received': counter('{message}', 'Engine.IO messages received, heartbeats included.'),
  'socketio.server.messages.sent': counter('{message}', 'Engine.IO messages sent, heartbeats included.'),
  'socketio.server.received': counter('By', 'Bytes of the messages received.'),
  'socketio.server.sent': counter('By', 'Bytes of the frames sent, before compression.'),
  'socketio.server.buffered': gauge('By', 'Bytes that wait for clients.'),
  'socketio.server.slow_clients': gauge(
    '{connection}',
    'Connections whose client reads more slowly than it is sent to.',
  ),
  'socketio.server.limits.reached': counter('{time}', 'How often each limit was reached.', 'limit'),
  'socketio.server.rate_limited': counter('{event}', 'Events refused by @RateLimit.', 'namespace', 'event'),
  'socketio.server.sessions.kept': gauge('{session}', 'Sessions in memory that a lost client may still resume.'),
  'socketio.server.recoveries': counter(
    '{session}',
    'Sessions that clients presented to resume them.',
    'namespace',
    'outcome',
  ),
  'socketio.server.failures': counter('{failure}', 'Errors reported to the log, also those it holds back.'),
  'socketio.server.event_loop.delay': gauge(
    's',
    'How late timers of the process fired in the last 5 to 10 seconds.',
    'quantile',
  ),
  'socketio.server.draining': gauge('1', '1 while the server closes, otherwise 0.'),
  'socketio.broker.connected': gauge('1', '1 while the broker takes messages to other servers, otherwise 0.'),
  'socketio.broker.nodes': gauge('{node}', 'Servers and workers of the cluster, this one included.'),
  'socketio.broker.outbox.messages': gauge('{message}', 'Messages that the broker has not taken yet.'),
  'socketio.broker.outbox': gauge('By', 'Bytes of the messages that the broker has not taken yet.'),
  'socketio.broker.dropped': counter('{message}', 'Messages to other servers dropped because too many waited.'),
  'socketio.broker.failed': counter('{call}', 'Calls of the broker, its client or the adapter that failed.'),
  'socketio.broker.missed': counter('{message}', 'Messages of other servers that did not arrive.'),
  'socketio.broker.unreadable': counter('{message}', 'Messages of other servers that could not be read.'),
} as const satisfies Readonly<Record<string, Counted>>;

const DISTRIBUTED = {
  'socketio.server.connection.duration': durations(CONNECTION_DURATIONS, 'How long connections lasted.', 'reason'),
  'socketio.server.handler.duration': durations(
    HANDLER_DURATIONS,
    'Time from the call of an event handler until it has settled.',
    'namespace',
    'event',
    'outcome',
  ),
  'socketio.broker.latency': durations(
    BROKER_LATENCIES,
    'Time from the moment a message is ready to be published until the broker has taken it.',
  ),
} as const satisfies Readonly<Record<string, Distributed>>;

export type NumberName = keyof typeof COUNTED;
export type HistogramName = keyof typeof DISTRIBUTED;

export const NUMBERS = withNames<NumberName, Counted>(COUNTED);
export const HISTOGRAMS = withNames<HistogramName, Distributed>(DISTRIBUTED);

function withNames<N extends string, M>(metrics: Readonly<Record<N, M>>): (M & { readonly name: N })[] {
  return (Object.keys(metrics) as N[]).map((name) => Object.assign({ name }, metrics[name]));
}
