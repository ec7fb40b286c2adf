/** The answers of the server, as far as the page shows them: a part of `../admin-protocol.ts`. */

/** A server or worker. A figure is `null` if it did not answer, and for a worker. */
export interface NodeRow {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly serves: boolean;
  /** ms since it was last heard of */
  readonly age: number;
  readonly clients: number | null;
  readonly rooms: number | null;
  /** bytes */
  readonly memory: number | null;
  /** s, p99 */
  readonly loopDelay: number | null;
  /** bytes */
  readonly buffered: number | null;
  readonly slow: number | null;
  readonly received: number | null;
  readonly sent: number | null;
  readonly bytesIn: number | null;
  readonly bytesOut: number | null;
  readonly degraded: string | null;
  /** ms since 1970 */
  readonly startedAt: number | null;
}

export interface FailureRow {
  readonly at: number;
  readonly node: string;
  readonly level: 'warn' | 'error';
  readonly message: string;
}

export interface Overview {
  readonly readOnly: boolean;
  readonly payloads: boolean;
  readonly journal: boolean;
  readonly nodes: readonly NodeRow[];
  readonly namespaces: readonly { readonly name: string; readonly clients: number; readonly rooms: number }[];
  readonly refusals: readonly { readonly where: string; readonly reason: string; readonly count: number }[];
  readonly limits: readonly { readonly name: string; readonly count: number }[];
  /** The latest first. */
  readonly failures: readonly FailureRow[];
}

export interface ClientRow {
  readonly id: string;
  readonly user: string | null;
  readonly namespace: string;
  readonly node: string;
  readonly address: string;
  readonly rooms: readonly string[];
  readonly roomCount: number;
  readonly connectedAt: number;
  readonly waitingBytes: number;
  /** ms */
  readonly roundTrip: number | null;
}

export interface ClientList {
  readonly total: number;
  readonly clients: readonly ClientRow[];
  /** Servers that did not answer. */
  readonly silent: readonly string[];
}

export interface RoomRow {
  readonly namespace: string;
  readonly name: string;
  readonly clients: number;
}

export interface RoomList {
  readonly total: number;
  readonly rooms: readonly RoomRow[];
  /** Servers that did not answer. */
  readonly silent: readonly string[];
}

export interface EventRow {
  readonly namespace: string;
  readonly event: string;
  readonly received: number;
  readonly sent: number;
  readonly failed: number;
  readonly rejected: number;
  /** s */
  readonly p50: number | null;
  /** s */
  readonly p99: number | null;
}

export interface DeliveryRow {
  readonly at: number;
  readonly event: string;
  readonly outcome: string;
  readonly server: string;
}

export interface Explained {
  readonly text: string;
  readonly journalSince: number | null;
  readonly clients: readonly {
    readonly id: string;
    readonly user: string | null;
    readonly server: string;
    readonly isSelected: boolean;
    readonly deliveries: readonly DeliveryRow[];
  }[];
}

export interface TrafficEvent {
  readonly at: number;
  readonly direction: 'in' | 'out';
  readonly event: string;
  /** `null` if payloads are hidden. */
  readonly args: readonly unknown[] | null;
  readonly bytes: number;
  readonly dropped: boolean;
}

export interface Traffic {
  readonly namespace: string;
  readonly client: string;
  readonly events: readonly TrafficEvent[];
  /** Events that the server left out since the last batch. */
  readonly leftOut: number;
  /** Why the client disconnected, which ends its traffic; `null` while it is connected. */
  readonly ended: string | null;
}
