/**
 * The messages between the admin page and a server: the events of the namespace of the page. The page sends each of them
 * with one object, if any, and gets the answer in the acknowledgement. This file has types alone, for both sides.
 */
import type { Explanation } from '../../server/internal.js';

/** The answer to a message that was not carried out. */
export interface AdminError {
  readonly error: {
    /**
     * - `bad_request`: an argument is not as it should be
     * - `read_only`: the page may only watch
     * - `not_found`: no server has that client
     * - `internal`: the server failed, and has logged it
     */
    readonly code: 'bad_request' | 'read_only' | 'not_found' | 'internal';
    readonly message: string;
  };
}

/** One server or worker. The figures of a server that did not answer, and those of a worker, are `null`. */
export type NodeInfo = NodeIdentity & (NodeFigures | { readonly [K in keyof NodeFigures]: null });

export interface NodeIdentity {
  readonly id: string;
  /** Host and process, as `web-1:4711`. */
  readonly name: string;
  readonly version: string;
  /** Whether clients can connect to it. */
  readonly serves: boolean;
  /** ms since it was last heard of */
  readonly age: number;
}

export interface NodeFigures {
  /** ms since 1970 */
  readonly startedAt: number;
  /** Connected sockets of all namespaces but that of the page. */
  readonly clients: number;
  readonly rooms: number;
  /** Resident bytes of the process. */
  readonly memory: number;
  /** The 99th percentile of the delay of the event loop in the last seconds, in seconds. */
  readonly loopDelay: number;
  /** Bytes that wait for clients. */
  readonly buffered: number;
  /** Clients that are behind. */
  readonly slow: number;
  /** Events since they are counted: since the first visit of the page, unless metrics are read otherwise. */
  readonly received: number;
  readonly sent: number;
  /** Bytes since the server started, those of the page included. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Why the clients of other servers are not reached, or that the server closes. */
  readonly degraded: string | null;
}

export interface NamespaceInfo {
  readonly name: string;
  readonly clients: number;
  /** The number of rooms on the server that has most: rooms of several servers may be the same. */
  readonly rooms: number;
}

export interface RefusalInfo {
  /** `handshake`, or a namespace. */
  readonly where: string;
  readonly reason: string;
  readonly count: number;
}

/** A warning or error that was logged. */
export interface FailureInfo {
  /** ms since 1970 */
  readonly at: number;
  readonly node: string;
  readonly level: 'warn' | 'error';
  readonly message: string;
}

/** The answer to `overview`. */
export interface Overview {
  readonly readOnly: boolean;
  readonly payloads: boolean;
  /** Whether `explain` knows of recent emits: the option `telemetry.journal`. */
  readonly journal: boolean;
  readonly nodes: readonly NodeInfo[];
  readonly namespaces: readonly NamespaceInfo[];
  readonly refusals: readonly RefusalInfo[];
  readonly limits: readonly { readonly name: string; readonly count: number }[];
  /** The latest first. */
  readonly failures: readonly FailureInfo[];
}

/** The argument of `clients`. */
export interface ClientsQuery {
  readonly namespace?: string;
  readonly room?: string;
  /** A part of the id, the user or the address, whatever the case. */
  readonly search?: string;
  /** `age`: the newest first; `waiting`: those for which most bytes wait; `user`: by the name of the user. @default age */
  readonly sort?: 'age' | 'waiting' | 'user';
  /** At most 500. @default 100 */
  readonly limit?: number;
}

export interface ClientInfo {
  readonly id: string;
  readonly user: string | null;
  readonly namespace: string;
  /** Host and process of its server. */
  readonly node: string;
  readonly address: string;
  /** At most 20, without that of its id. */
  readonly rooms: readonly string[];
  readonly roomCount: number;
  /** ms since 1970 */
  readonly connectedAt: number;
  readonly waitingBytes: number;
  /** ms; `null` before the first pong */
  readonly roundTrip: number | null;
}

/** The answer to `clients`. */
export interface ClientsAnswer {
  /** The number of matches on all servers. */
  readonly total: number;
  readonly clients: readonly ClientInfo[];
  /** Servers that did not answer. */
  readonly silent: readonly string[];
}

/** The argument of `rooms`. */
export interface RoomsQuery {
  readonly namespace?: string;
  /** A part of the name, whatever the case. */
  readonly search?: string;
  /** At most 500. @default 100 */
  readonly limit?: number;
}

export interface RoomInfo {
  readonly namespace: string;
  readonly name: string;
  readonly clients: number;
}

/** The answer to `rooms`: the largest first, without the rooms of ids. */
export interface RoomsAnswer {
  /** Exact, unless a server has more rooms than it may send; then at least so many. */
  readonly total: number;
  readonly rooms: readonly RoomInfo[];
  readonly silent: readonly string[];
}

/** One event, counted on all servers. The answer to `events` is a list of them. */
export interface EventInfo {
  readonly namespace: string;
  readonly event: string;
  readonly received: number;
  readonly sent: number;
  readonly failed: number;
  readonly rejected: number;
  /** Seconds; `null` if no handler has run. */
  readonly p50: number | null;
  readonly p99: number | null;
}

/** The argument of `explain`. */
export interface ExplainQuery {
  readonly namespace: string;
  /** `null` for everybody. */
  readonly rooms: readonly string[] | null;
  readonly except: readonly string[];
  /** The id of a client or a user. */
  readonly who: string;
}

/** The answer to `explain`: the explanation as data, and as sentences. */
export interface ExplainAnswer extends Omit<Explanation, 'toString'> {
  readonly text: string;
}

/** The argument of `send`, which is answered with `{}`. */
export interface SendRequest {
  readonly namespace: string;
  /** A room or the id of a client; `null` for everybody. */
  readonly to: string | null;
  readonly event: string;
  readonly args: readonly unknown[];
}

/** The argument of `follow`. A visitor follows one client at a time, until `unfollow`. */
export interface ClientRequest {
  readonly namespace: string;
  readonly client: string;
}

/** The argument of `join` and `leave`, which are answered with `{}`. */
export interface RoomRequest extends ClientRequest {
  readonly room: string;
}

/** The argument of `kick`, which disconnects a client and is answered with `{}`. Clients cannot send `disconnect`. */
export interface KickRequest extends ClientRequest {
  /** The client can read it. */
  readonly reason?: string;
}

/** One event of a client that a visitor follows. */
export interface TrafficEvent {
  /** ms since 1970 */
  readonly at: number;
  readonly direction: 'in' | 'out';
  readonly event: string;
  /** `null` unless the option `payloads` is on. Long texts are cut, bytes are described. */
  readonly args: readonly unknown[] | null;
  /** Bytes or characters on the wire; 0 if not known. */
  readonly bytes: number;
  /** Whether it was dropped, or replaced a latest value: the client had not read earlier ones. */
  readonly dropped: boolean;
}

/** The argument of `traffic`, which a server sends to a visitor that follows a client. */
export interface Traffic {
  readonly namespace: string;
  readonly client: string;
  readonly events: readonly TrafficEvent[];
  /** Events that did not fit. */
  readonly leftOut: number;
  /** The reason of its disconnect, with which following it ends; `null` while it is connected. */
  readonly ended: string | null;
}
