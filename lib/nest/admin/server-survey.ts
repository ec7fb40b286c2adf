/**
 * The figures, clients and rooms of one server, without those of the page's own namespace. The servers
 * of a cluster send it to the one that a visitor is connected to, so it is plain data of a bounded size.
 */
import { eventLoopDelay } from '../../engine/internal.js';
import { type Namespace, type Server, serverName, type Socket } from '../../server/internal.js';
import type {
  ClientInfo,
  FailureInfo,
  NamespaceInfo,
  NodeFigures,
  NodeIdentity,
  RefusalInfo,
  RoomInfo,
} from './admin-protocol.js';
import type { CheckedClientsQuery, CheckedRoomsQuery } from './checked-arguments.js';
import { type EventFigure, type EventFigures, readFigures } from './event-figures.js';
import type { RecentFailures } from './recent-failures.js';
import { Top } from './top.js';

/** One server, as `overview` needs it. */
export interface ServerOverview {
  readonly node: NodeIdentity & NodeFigures;
  readonly journal: boolean;
  readonly namespaces: readonly NamespaceInfo[];
  readonly refusals: readonly RefusalInfo[];
  readonly limits: readonly { readonly name: string; readonly count: number }[];
  readonly failures: readonly FailureInfo[];
}

export interface ServerClients {
  readonly total: number;
  readonly clients: readonly ClientInfo[];
}

export interface ServerRooms {
  readonly total: number;
  readonly rooms: readonly RoomInfo[];
}

/** Rooms that are listed of a client. */
const MAX_ROOMS = 20;

/** Namespaces that are listed: clients may choose their names. */
const MAX_NAMESPACES = 200;

/** Order by two values; `null` comes last. */
function compare(one: string | null, other: string | null): number {
  if (one === other) return 0;
  if (one === null || other === null) return one === null ? 1 : -1;
  return one < other ? -1 : 1;
}

/** The values by which clients are ordered. */
type Rank = Pick<ClientInfo, 'user' | 'connectedAt' | 'waitingBytes'>;

type Order = (one: Rank, other: Rank) => number;

const ORDERS: Readonly<Record<CheckedClientsQuery['sort'], Order>> = {
  age: (one, other) => other.connectedAt - one.connectedAt,
  waiting: (one, other) => other.waitingBytes - one.waitingBytes,
  user: (one, other) => compare(one.user, other.user),
};

/** The order of clients, on one server and when the lists of several are put together. */
export function orderOf(sort: CheckedClientsQuery['sort']): Order {
  return ORDERS[sort];
}

export function largerRoom(one: RoomInfo, other: RoomInfo): number {
  return other.clients - one.clients || compare(one.name, other.name);
}

export class ServerSurvey {
  readonly #server: Server;
  readonly #hidden: string;
  readonly #failures: RecentFailures;
  readonly #identity: Pick<NodeIdentity, 'id' | 'version'>;
  readonly #startedAt = Date.now();

  /**
   * @param hidden the namespace of the page
   * @param identity of a server that has no cluster
   */
  constructor(
    server: Server,
    hidden: string,
    failures: RecentFailures,
    identity: Pick<NodeIdentity, 'id' | 'version'>,
  ) {
    this.#server = server;
    this.#hidden = hidden;
    this.#failures = failures;
    this.#identity = identity;
  }

  overview(): ServerOverview {
    const { engine, metrics, telemetry } = this.#server;
    const figures = readFigures(metrics.collect());
    const name = serverName();
    const namespaces = new Top<NamespaceInfo>(MAX_NAMESPACES, (one, other) => other.clients - one.clients);
    let clients = 0;
    let rooms = 0;
    for (const namespace of this.#namespaces(null)) {
      const one = { name: namespace.name, clients: namespace.sockets.size, rooms: countRooms(namespace) };
      namespaces.add(one);
      clients += one.clients;
      rooms += one.rooms;
    }
    const limits = Object.entries(engine.limitCounts).map(([limit, count]) => ({ name: limit, count }));
    return {
      node: { ...this.#ownIdentity(name), ...this.#nodeFigures(clients, rooms, figures) },
      journal: telemetry.journal !== null,
      namespaces: namespaces.values,
      refusals: figures.refusals,
      limits: limits.filter(({ count }) => count > 0),
      failures: this.#failures.lines.map((line) => ({ ...line, node: name })),
    };
  }

  clients({ namespace, room, search, sort, limit }: CheckedClientsQuery): ServerClients {
    const top = new Top<Ranked>(limit, orderOf(sort));
    for (const nsp of this.#namespaces(namespace)) {
      for (const socket of room === null ? nsp.sockets.values() : membersOf(nsp, room)) {
        if (search !== '' && !matches(socket, search)) continue;
        top.add(rankOf(socket));
      }
    }
    const node = serverName();
    return { total: top.total, clients: top.values.map((ranked) => infoOf(ranked, node)) };
  }

  rooms({ namespace, search, limit }: CheckedRoomsQuery): ServerRooms {
    const top = new Top<RoomInfo>(limit, largerRoom);
    for (const nsp of this.#namespaces(namespace)) {
      for (const [name, ids] of nsp.adapter.rooms) {
        if (nsp.members.get(name) !== undefined) continue; // the room of an id
        if (search !== '' && !name.toLowerCase().includes(search)) continue;
        top.add({ namespace: nsp.name, name, clients: ids.size });
      }
    }
    return { total: top.total, rooms: top.values };
  }

  events(): readonly EventFigure[] {
    return readFigures(this.#server.metrics.collect()).events;
  }

  /** The namespace of that name, or all: without that of the page. */
  *#namespaces(only: string | null): Generator<Namespace> {
    for (const namespace of this.#server._nsps.values()) {
      if (namespace.name !== this.#hidden && (only === null || namespace.name === only)) yield namespace;
    }
  }

  #ownIdentity(name: string): NodeIdentity {
    return this.#server.cluster.nodes[0] ?? { ...this.#identity, name, serves: true, age: 0 };
  }

  #nodeFigures(clients: number, rooms: number, { received, sent }: EventFigures): NodeFigures {
    const { engine, draining, brokerHealth } = this.#server;
    const { bytes, slowClients } = engine.backlog;
    return {
      startedAt: this.#startedAt,
      clients,
      rooms,
      memory: process.memoryUsage.rss(),
      loopDelay: eventLoopDelay.quantile(0.99),
      buffered: bytes,
      slow: slowClients,
      received,
      sent,
      bytesIn: engine.traffic.bytesReceived,
      bytesOut: engine.traffic.bytesSent,
      degraded: draining ? 'the server is closing' : brokerHealth.degraded,
    };
  }
}

/** A client that may be listed. The rest is read from its socket only if it is. */
type Ranked = Rank & { readonly socket: Socket };

function rankOf(socket: Socket): Ranked {
  const { userId = null, connectedAt, bufferedAmount } = socket;
  return { user: userId, connectedAt, waitingBytes: bufferedAmount, socket };
}

function infoOf({ user, connectedAt, waitingBytes, socket }: Ranked, node: string): ClientInfo {
  const rooms = [...socket.rooms].filter((room) => room !== socket.id);
  return {
    id: socket.id,
    user,
    namespace: socket.nsp.name,
    node,
    address: socket.ip,
    rooms: rooms.slice(0, MAX_ROOMS),
    roomCount: rooms.length,
    connectedAt,
    waitingBytes,
    roundTrip: socket.conn.roundTrip,
  };
}

function* membersOf({ adapter, sockets }: Namespace, room: string): Generator<Socket> {
  for (const id of adapter.rooms.get(room) ?? []) {
    const socket = sockets.get(id);
    if (socket !== undefined) yield socket;
  }
}

function matches({ id, userId, ip }: Socket, search: string): boolean {
  return [id, userId, ip].some((one) => one?.toLowerCase().includes(search) === true);
}

function countRooms({ adapter }: Namespace): number {
  return Math.max(0, adapter.rooms.size - adapter.sids.size); // each socket is in the room of its id
}
