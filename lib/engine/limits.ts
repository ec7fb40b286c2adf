/**
 * The option `limits`: all bounds on what clients can make the server spend, except the times and sizes that have a
 * Socket.IO name of their own. Each limit is written in two places: in the interface with its documentation, and in
 * the table {@link LIMITS} with its default, the reason for it, and what happens when it is reached.
 *
 * A limit counts what something costs the server. Where possible, a limit that is reached slows the client down: the
 * server stops reading from its socket until there is room again. Only then is a client refused or disconnected.
 */
import { DEFAULT_PACKET_LIMITS } from '../protocol/internal.js';
import { describeValue, invalidOption, refuseUnknownOptions } from '../options.js';

/**
 * The limits; `false` lifts one.
 * @publicApi
 */
export interface Limits {
  /** Open connections of the server. @default false */
  connections?: number | false;
  /**
   * Connections whose client has not joined a namespace or has left its last one, and handshakes that are being decided.
   * @default 5000
   */
  unjoinedConnections?: number | false;
  /**
   * Requests at the engine's path in one second, upgrades or not. Twice as many may arrive at once after a quiet second.
   * @default 2000
   */
  handshakesPerSecond?: number | false;
  /** Open connections of one address, see `socket.ip`. @default false */
  connectionsPerAddress?: number | false;
  /** Open connections of one user, see `socket.userId`. @default false */
  connectionsPerUser?: number | false;
  /** ms within which the head of an HTTP request must arrive at a server that this package created. @default 10000 */
  requestHeadTime?: number | false;

  /** Binary parts of one packet. @default 10 */
  attachments?: number | false;
  /** Arguments of one event or acknowledgement. @default 64 */
  arguments?: number | false;
  /** Arrays and objects nested inside one another in a packet. @default 64 */
  depth?: number | false;
  /** Arrays and objects in a packet, counted together. @default 100000 */
  containers?: number | false;
  /** Characters in the name of a namespace. @default 255 */
  namespaceLength?: number | false;
  /** Weight of a CONNECT with its `auth`: its bytes, and 64 for each array and object. @default 16384 */
  connectWeight?: number | false;

  /** Namespaces that one connection may join. @default 100 */
  namespaces?: number | false;
  /** Refused CONNECTs after which a connection is closed. @default 10 */
  refusedConnects?: number | false;
  /**
   * Weight of the packets of one connection that may wait for a decision on a CONNECT: as `connectWeight`, and 256 for
   * each packet. @default 100000
   */
  heldWeight?: number | false;
  /** Event handlers of one connection that may run at the same time. @default 1000 */
  runningHandlers?: number | false;
  /**
   * Weight of the events of one connection that are being handled or wait for their turn, counted as in `heldWeight`.
   * @default 4000000
   */
  runningWeight?: number | false;
  /** Acknowledgements that one socket may owe. @default 10000 */
  pendingAcks?: number | false;
  /** Streams to one client that have not ended, see the option `streams`. @default 1000 */
  streams?: number | false;
  /** Bytes of the values that the streams of one client may keep until they are acknowledged. @default 4000000 */
  streamBytes?: number | false;
  /**
   * Bytes of all streams that have ended, or whose client is gone, and that the client may still resume. Each counts
   * 3000 bytes in addition to its values. @default 64000000
   */
  keptStreamBytes?: number | false;
  /** Rooms that one socket may be in. @default 10000 */
  rooms?: number | false;
  /** Characters in the name of a room. @default 255 */
  roomLength?: number | false;
  /** ms within which the disconnect handlers of a socket must finish. @default 30000 */
  disconnectHandlerTime?: number | false;

  /** Bytes that may wait for a client before it counts as slow. @default 1000000 */
  bufferedBytes?: number | false;
  /** Bytes that may wait for a slow client. Each write counts 256 bytes on top. @default 16000000 */
  backlogBytes?: number | false;
  /** ms within which a slow client must take `bufferedBytes`, or all that waits. @default 10000 */
  slowTime?: number | false;
  /** Latest values that may wait for a client, one for each key, see `latest` in a chain. @default 10000 */
  latestValues?: number | false;

  /** Bytes that may wait for all clients together. @default 256000000 */
  totalBufferedBytes?: number | false;

  /** Bytes that connection state recovery may keep in all namespaces together: events and sessions. @default 64000000 */
  recoveryBytes?: number | false;
  /** Bytes that the option `history` may keep in memory, in all rooms together. @default 32000000 */
  historyBytes?: number | false;
  /**
   * Messages to clients of a namespace that may wait, with connection state recovery, for earlier events to return from
   * the broker. @default 10000
   */
  orderedMessages?: number | false;
  /** Bytes of the messages that `orderedMessages` counts. @default 8000000 */
  orderedBytes?: number | false;
  /** Messages that may wait for a broker. @default 10000 */
  brokerMessages?: number | false;
  /** Bytes that may wait for a broker. @default 16000000 */
  brokerBytes?: number | false;
}

/** @publicApi */
export type LimitName = keyof Limits;

/** One row of the table. */
export interface LimitRow {
  readonly default: number | false;
  readonly unit: 'bytes' | 'characters' | 'ms' | 'count';
  /** Why the default is what it is. */
  readonly reason: string;
  /** The consequence of reaching it, as the client sees it. */
  readonly outcome: string;
}

export const LIMITS: Readonly<Record<LimitName, LimitRow>> = {
  connections: {
    default: false,
    unit: 'count',
    reason: 'only the operator knows the memory of the machine; an idle connection takes about 4 KB of heap',
    outcome: 'HTTP 503 with Retry-After',
  },
  unjoinedConnections: {
    default: 5_000,
    unit: 'count',
    reason: 'a stock client joins at once, so more of them are a flood; they take 20 MB',
    outcome: 'HTTP 503 with Retry-After',
  },
  handshakesPerSecond: {
    default: 2_000,
    unit: 'count',
    reason: 'three quarters of what one core can accept; the rest try again later instead of all timing out',
    outcome: 'HTTP 503 with Retry-After',
  },
  connectionsPerAddress: {
    default: false,
    unit: 'count',
    reason: 'a whole office or mobile network may share an address',
    outcome: 'HTTP 429 with Retry-After',
  },
  connectionsPerUser: {
    default: false,
    unit: 'count',
    reason: 'only the application knows how many tabs and devices its users have',
    outcome: 'connect_error with data.code "too_many_connections"',
  },
  requestHeadTime: {
    default: 10_000,
    unit: 'ms',
    reason: 'a head is one packet; a client that sends it byte by byte keeps a socket open',
    outcome: 'HTTP 408, and the connection is closed',
  },
  attachments: {
    default: DEFAULT_PACKET_LIMITS.attachments,
    unit: 'count',
    reason: 'the stock client has accepted no more since 4.8, and breaks on more',
    outcome: 'the connection is closed: parse error',
  },
  arguments: {
    default: DEFAULT_PACKET_LIMITS.arguments,
    unit: 'count',
    reason: 'more than any handwritten call; far below the number that overflows a spread call',
    outcome: 'the connection is closed: parse error',
  },
  depth: {
    default: DEFAULT_PACKET_LIMITS.depth,
    unit: 'count',
    reason: 'deeper than real documents; far below the depth that overflows a recursive walk',
    outcome: 'the connection is closed: parse error',
  },
  containers: {
    default: DEFAULT_PACKET_LIMITS.containers,
    unit: 'count',
    reason: 'they take about 6 MB, while a message of 1 MB could have 330,000',
    outcome: 'the connection is closed: parse error',
  },
  namespaceLength: {
    default: DEFAULT_PACKET_LIMITS.namespaceLength,
    unit: 'characters',
    reason: 'the same as for file names',
    outcome: 'the connection is closed: parse error',
  },
  connectWeight: {
    default: DEFAULT_PACKET_LIMITS.connectWeight,
    unit: 'bytes',
    reason: 'four times the largest token in use; `auth` is kept as long as the socket lives',
    outcome: 'connect_error with data.code "too_large" and data.limit; the connection stays open',
  },
  namespaces: {
    default: 100,
    unit: 'count',
    reason: 'more than any known application uses',
    outcome: 'the connection is closed: parse error',
  },
  refusedConnects: {
    default: 10,
    unit: 'count',
    reason: 'a person mistypes a password less often; a script has to open new connections to try more',
    outcome: 'the last refusal is sent, then the connection is closed with 1008: forced close',
  },
  heldWeight: {
    default: 100_000,
    unit: 'bytes',
    reason: 'a stock client sends nothing before its CONNECT is answered',
    outcome: 'the server reads no more from the client until the CONNECT is decided',
  },
  runningHandlers: {
    default: 1_000,
    unit: 'count',
    reason: 'as many events as a stock client may have stored up while it was offline',
    outcome: 'the server reads no more from the client until some have finished',
  },
  runningWeight: {
    default: 4_000_000,
    unit: 'bytes',
    reason: 'four full messages; the payload of a running handler cannot be freed',
    outcome: 'the server reads no more from the client until some have finished',
  },
  pendingAcks: {
    default: 10_000,
    unit: 'count',
    reason: 'more than any healthy backlog, and too few to exhaust the memory',
    outcome: 'emit throws TOO_MANY_ACKS; the client notices nothing',
  },
  streams: {
    default: 1_000,
    unit: 'count',
    reason: 'as many as handlers that may run; a page that shows hundreds of answers at a time is within it',
    outcome: '{ error } with code "too_many_streams"',
  },
  streamBytes: {
    default: 4_000_000,
    unit: 'bytes',
    reason: 'four full messages; a second of 32 Mbit/s, which covers the round trip of an acknowledgement',
    outcome: 'the handlers are not asked for more values until the client acknowledges some',
  },
  keptStreamBytes: {
    default: 64_000_000,
    unit: 'bytes',
    reason: 'as recoveryBytes: a small part of the memory of any server, and 20,000 streams of a few words',
    outcome:
      'the user, or the address of anonymous clients, that keeps most loses its oldest streams; resuming them is answered with code "stream_gone"',
  },
  rooms: {
    default: 10_000,
    unit: 'count',
    reason: 'a room takes about 250 bytes; clients often choose how many they join',
    outcome: 'join throws TOO_MANY_ROOMS, which a handler passes on as an internal error',
  },
  roomLength: {
    default: 255,
    unit: 'characters',
    reason: 'the same as for namespaces; clients often choose the names',
    outcome: 'join throws ROOM_NAME_TOO_LONG, which a handler passes on as an internal error',
  },
  disconnectHandlerTime: {
    default: 30_000,
    unit: 'ms',
    reason: 'a socket stays in its rooms until its handlers have finished',
    outcome: 'the client has left already; its socket leaves its rooms',
  },
  bufferedBytes: {
    default: 1_000_000,
    unit: 'bytes',
    reason: 'a client that is one full message behind is slow',
    outcome: 'the server reads no more from the client until it has taken the waiting bytes',
  },
  backlogBytes: {
    default: 16_000_000,
    unit: 'bytes',
    reason: 'a burst of sixteen full messages; a client that does not read costs no more than this',
    outcome: 'by default, the connection is terminated: transport error; see the option slowClients',
  },
  slowTime: {
    default: 10_000,
    unit: 'ms',
    reason: 'together with bufferedBytes, it requires 100 kB a second; a slower network cannot carry what is sent',
    outcome: 'by default, the connection is terminated: transport error; see the option slowClients',
  },
  latestValues: {
    default: 10_000,
    unit: 'count',
    reason: 'more than the symbols of a stock exchange; each takes about 200 bytes, and clients share its data',
    outcome: 'values of further keys are queued like other events',
  },
  totalBufferedBytes: {
    default: 256_000_000,
    unit: 'bytes',
    reason: 'leaves room for the application in a container of 512 MB; a message to several clients counts once',
    outcome: 'the clients with the most waiting bytes are terminated: transport error',
  },
  recoveryBytes: {
    default: 64_000_000,
    unit: 'bytes',
    reason: 'six busy namespaces, and a small part of the memory of any server',
    outcome: 'the oldest events or sessions are dropped; a client that needs them to resume gets a new session',
  },
  historyBytes: {
    default: 32_000_000,
    unit: 'bytes',
    reason: 'two thousand rooms with fifty events each; a small part of the memory of any server',
    outcome:
      'the history of the rooms to which nothing has been sent for longest is dropped, first of rooms that no client has joined',
  },
  orderedMessages: {
    default: 10_000,
    unit: 'count',
    reason: 'a burst of the application; a healthy broker returns an event within milliseconds',
    outcome: 'all of them are sent at once, before the earlier events',
  },
  orderedBytes: {
    default: 8_000_000,
    unit: 'bytes',
    reason: 'eight full messages',
    outcome: 'all of them are sent at once, before the earlier events',
  },
  brokerMessages: {
    default: 10_000,
    unit: 'count',
    reason: 'a burst to ten thousand rooms in one turn; they take about 10 MB in addition to their bytes',
    outcome: 'the oldest messages to other servers are dropped; local clients notice nothing',
  },
  brokerBytes: {
    default: 16_000_000,
    unit: 'bytes',
    reason: 'sixteen full messages, which a healthy broker takes in less than a second',
    outcome: 'the oldest messages to other servers are dropped; local clients notice nothing',
  },
};

/** All limits. A limit that is lifted is `Infinity`, so that comparisons need no second case. */
export type ResolvedLimits = { readonly [N in LimitName]-?: number };

/** Fills in the defaults. @throws SocketIoError `UNKNOWN_OPTION`, `INVALID_OPTION` */
export function resolveLimits(given: Limits = {}): ResolvedLimits {
  if (typeof given !== 'object' || given === null) {
    invalidOption('limits', given, 'be an object', 'write limits: { rooms: 100 }');
  }
  const names = Object.keys(LIMITS) as LimitName[];
  refuseUnknownOptions(given, names, 'limits');
  return Object.fromEntries(names.map((name) => [name, resolveLimit(name, given[name])])) as ResolvedLimits;
}

function resolveLimit(name: LimitName, given: number | false | undefined): number {
  const limit = given ?? LIMITS[name].default;
  if (limit === false) return Infinity;
  if (!Number.isInteger(limit) || limit <= 0) {
    invalidOption(`limits.${name}`, given, 'be a positive integer, or false for no limit');
  }
  return limit;
}

/** `limits.rooms (10000)`, for messages. */
export function describeLimit(name: LimitName, limit: number): string {
  return `limits.${name} (${describeValue(limit)})`;
}
