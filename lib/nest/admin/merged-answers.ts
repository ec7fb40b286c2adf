/** The answers of several servers, put together for the page. A part that is not as it should be is left out. */
import { Histogram } from '../../engine/internal.js';
import { type ClusterNode, HANDLER_DURATIONS } from '../../server/internal.js';
import type {
  ClientsAnswer,
  EventInfo,
  NamespaceInfo,
  NodeFigures,
  NodeInfo,
  Overview,
  RoomInfo,
  RoomsAnswer,
} from './admin-protocol.js';
import type { CheckedClientsQuery, CheckedRoomsQuery } from './checked-arguments.js';
import type { EventFigure } from './event-figures.js';
import { largerRoom, orderOf, type ServerClients, type ServerOverview, type ServerRooms } from './server-survey.js';

/** The answers of the servers, this one first, and the names of those that did not answer. */
export interface Answers<T> {
  readonly parts: readonly T[];
  readonly silent: readonly string[];
}

/** Failures that are sent to the page. */
const MAX_FAILURES = 200;

const NO_FIGURES: { readonly [K in keyof NodeFigures]: null } = {
  startedAt: null,
  clients: null,
  rooms: null,
  memory: null,
  loopDelay: null,
  buffered: null,
  slow: null,
  received: null,
  sent: null,
  bytesIn: null,
  bytesOut: null,
  degraded: null,
};

/** @param known the nodes of the cluster */
export function mergedOverview(
  { parts }: Answers<ServerOverview>,
  known: readonly ClusterNode[],
  options: Pick<Overview, 'readOnly' | 'payloads'>,
): Overview {
  const refusals = sums(
    parts.flatMap(({ refusals }) => refusals),
    ({ where, reason }) => `${reason} ${where}`,
  );
  return {
    readOnly: options.readOnly,
    payloads: options.payloads,
    journal: parts.some(({ journal }) => journal),
    nodes: nodesOf(parts, known),
    namespaces: mergedNamespaces(parts),
    refusals,
    limits: sums(
      parts.flatMap(({ limits }) => limits),
      ({ name }) => name,
    ),
    failures: parts
      .flatMap(({ failures }) => failures)
      .sort((one, other) => other.at - one.at)
      .slice(0, MAX_FAILURES),
  };
}

export function mergedClients(
  { parts, silent }: Answers<ServerClients>,
  { sort, limit }: CheckedClientsQuery,
): ClientsAnswer {
  const clients = parts.flatMap((part) => part.clients).sort(orderOf(sort));
  return { total: total(parts), clients: clients.slice(0, limit), silent };
}

export function mergedRooms({ parts, silent }: Answers<ServerRooms>, { limit }: CheckedRoomsQuery): RoomsAnswer {
  const rooms = new Map<string, RoomInfo>();
  for (const room of parts.flatMap((part) => part.rooms)) {
    const key = JSON.stringify([room.namespace, room.name]);
    rooms.set(key, { ...room, clients: room.clients + (rooms.get(key)?.clients ?? 0) });
  }
  const largest = Math.max(0, ...parts.map((part) => part.total));
  return {
    total: Math.max(rooms.size, largest),
    rooms: [...rooms.values()].sort(largerRoom).slice(0, limit),
    silent,
  };
}

export function mergedEvents({ parts }: Answers<readonly EventFigure[]>): EventInfo[] {
  const merged = new Map<string, { figures: EventFigure[]; durations: Histogram }>();
  for (const figure of parts.flat()) {
    const key = JSON.stringify([figure.namespace, figure.event]);
    const one = merged.get(key) ?? { figures: [], durations: new Histogram(HANDLER_DURATIONS) };
    one.figures.push(figure);
    one.durations.include(figure.durations);
    merged.set(key, one);
  }
  return Array.from(merged.values(), ({ figures, durations }) => eventOf(figures, durations));
}

function eventOf(figures: readonly EventFigure[], durations: Histogram): EventInfo {
  const [{ namespace, event }] = figures as readonly [EventFigure];
  const sum = (name: 'received' | 'sent' | 'failed' | 'rejected'): number =>
    figures.reduce((all, one) => all + one[name], 0);
  const quantile = (share: number): number | null => (durations.count === 0 ? null : durations.quantile(share));
  return {
    namespace,
    event,
    received: sum('received'),
    sent: sum('sent'),
    failed: sum('failed'),
    rejected: sum('rejected'),
    p50: quantile(0.5),
    p99: quantile(0.99),
  };
}

/** The nodes of the cluster with the figures of those that answered; without a cluster of ours, those that answered. */
function nodesOf(parts: readonly ServerOverview[], known: readonly ClusterNode[]): NodeInfo[] {
  const answered = new Map(parts.map(({ node }) => [node.id, node]));
  const nodes = known.map(({ id, name, version, serves, age }): NodeInfo => {
    const figures = answered.get(id) ?? NO_FIGURES;
    answered.delete(id);
    return { ...figures, id, name, version, serves, age };
  });
  return [...nodes, ...answered.values()];
}

function mergedNamespaces(parts: readonly ServerOverview[]): NamespaceInfo[] {
  const merged = new Map<string, NamespaceInfo>();
  for (const { name, clients, rooms } of parts.flatMap(({ namespaces }) => namespaces)) {
    const known = merged.get(name) ?? { name, clients: 0, rooms: 0 };
    merged.set(name, { name, clients: known.clients + clients, rooms: Math.max(known.rooms, rooms) });
  }
  return [...merged.values()].sort((one, other) => other.clients - one.clients);
}

function sums<T extends { readonly count: number }>(all: readonly T[], keyOf: (one: T) => string): T[] {
  const merged = new Map<string, T>();
  for (const one of all) {
    const known = merged.get(keyOf(one));
    merged.set(keyOf(one), known === undefined ? one : { ...known, count: known.count + one.count });
  }
  return [...merged.values()];
}

function total(parts: readonly { readonly total: number }[]): number {
  return parts.reduce((sum, part) => sum + part.total, 0);
}
