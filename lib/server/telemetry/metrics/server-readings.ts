/** The metrics that cost nothing until they are read: their values are counted in any case, or looked up here. */
import { CLOSE_REASONS, type EventLoopDelay, type RefusalCode, Traffic } from '../../../engine/internal.js';
import type { Sample } from './metric.js';
import type { MetricSource } from './metric-source.js';
import { sampleOf, type ServerReadings, single } from './readings.js';

/** The label `reason` of refused handshakes. */
export const HANDSHAKE_REFUSALS: Readonly<Record<RefusalCode, string>> = {
  0: 'transport_unknown',
  1: 'session_unknown',
  2: 'bad_method',
  3: 'bad_request',
  4: 'forbidden',
  5: 'unsupported_version',
  6: 'busy',
  7: 'too_many_connections',
};

const QUANTILES = [0.5, 0.99, 1];

const NOTHING = new Traffic();

/** @param delay `null` if it is not measured */
export function readServer(source: MetricSource, delay: EventLoopDelay | null): ServerReadings {
  const engine = source.serving?.engine;
  const { limitReport, logger } = source.options.engine;
  const keptSessions = keptSessionsOf(source);
  const traffic = engine?.traffic ?? NOTHING;
  const backlog = engine?.backlog ?? { bytes: 0, slowClients: 0 };
  const cluster = source.joined === null && source.options.adapter === null ? null : source.cluster;
  const health = cluster?.health;
  const nodes = cluster?.nodes.length ?? 0;
  return {
    'socketio.server.connections': single(engine?.clientsCount ?? 0),
    'socketio.server.connections.opened': single(traffic.opened),
    'socketio.server.connections.closed': CLOSE_REASONS.map((reason) => ({
      labels: { reason },
      value: traffic.durations.get(reason)?.count ?? 0,
    })),
    'socketio.server.connection.duration': Array.from(traffic.durations, ([reason, durations]) =>
      sampleOf({ reason }, durations),
    ),
    'socketio.server.handshakes.refused': Object.entries(HANDSHAKE_REFUSALS).map(([code, reason]) => ({
      labels: { reason },
      value: traffic.refused.get(Number(code) as RefusalCode) ?? 0,
    })),
    'socketio.server.clients': clientsOf(source),
    'socketio.server.messages.received': single(traffic.messagesReceived),
    'socketio.server.messages.sent': single(traffic.messagesSent),
    'socketio.server.received': single(traffic.bytesReceived),
    'socketio.server.sent': single(traffic.bytesSent),
    'socketio.server.buffered': single(backlog.bytes),
    'socketio.server.slow_clients': single(backlog.slowClients),
    'socketio.server.limits.reached': Object.entries(limitReport.counts).map(([limit, value]) => ({
      labels: { limit },
      value,
    })),
    'socketio.server.sessions.kept': keptSessions === null ? [] : single(keptSessions),
    'socketio.server.failures': single(logger.failures),
    'socketio.server.event_loop.delay':
      delay === null
        ? []
        : QUANTILES.map((quantile) => ({
            labels: { quantile: String(quantile) },
            value: delay.quantile(quantile),
          })),
    'socketio.server.draining': single(source.draining ? 1 : 0),
    'socketio.broker.connected': health === undefined ? [] : single(health.degraded === null ? 1 : 0),
    'socketio.broker.nodes': nodes === 0 ? [] : single(nodes),
    'socketio.broker.outbox.messages': health === undefined ? [] : single(health.waiting.messages),
    'socketio.broker.outbox': health === undefined ? [] : single(health.waiting.bytes),
    'socketio.broker.dropped': health === undefined ? [] : single(health.dropped),
    'socketio.broker.failed': health === undefined ? [] : single(health.failed),
    'socketio.broker.missed': health === undefined ? [] : single(health.missed),
    'socketio.broker.unreadable': health === undefined ? [] : single(health.unreadable),
    'socketio.broker.latency': health === undefined ? [] : [sampleOf({}, source.broker.latency)],
  };
}

/** Namespaces of one pattern count together. */
function clientsOf({ namespaces }: MetricSource): Sample[] {
  const counts = new Map<string, number>();
  for (const { label, sockets, isUnwatched } of namespaces.served) {
    if (!isUnwatched) counts.set(label, (counts.get(label) ?? 0) + sockets.size);
  }
  return Array.from(counts, ([namespace, value]) => ({ labels: { namespace }, value }));
}

/** The sessions of clients that may resume, in this process; `null` without connection state recovery. */
function keptSessionsOf({ options, recoveryBudget, joined }: MetricSource): number | null {
  return options.recovery === null ? null : recoveryBudget.sessions.size + (joined?.keptSessions ?? 0);
}
