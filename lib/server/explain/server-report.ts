/**
 * The report of one server on a client and on its own latest emits: plain data, which the servers of a cluster send to
 * the one that explains.
 */
import { areTexts } from '../cluster/are-texts.js';

/** A client that is connected, or that has left. */
export interface ReportedClient {
  readonly id: string;
  readonly user: string | null;
  readonly address: string;
  /** ms since 1970; `null` if it is not known any more */
  readonly connectedAt: number | null;
  /** ms since 1970; `null` while it is connected */
  readonly disconnectedAt: number | null;
  readonly reason: string | null;
  /** Its rooms now, or when it left; with that of its id. */
  readonly rooms: readonly string[];
  /** Rooms that it has joined or left, oldest first. */
  readonly changes: readonly { readonly at: number; readonly room: string; readonly joined: boolean }[];
  /** Events that were dropped for it, or replaced a latest value: earlier ones were waiting. */
  readonly drops: readonly { readonly at: number; readonly event: string }[];
  readonly waitingBytes: number;
}

/** An emit of the application. */
export interface ReportedEmit {
  /** ms since 1970 */
  readonly at: number;
  readonly event: string;
  /** Rooms and ids; `null` for everybody. */
  readonly rooms: readonly string[] | null;
  readonly excepted: readonly string[];
  /** Whether it may be dropped: it is volatile, or a latest value. */
  readonly isVolatile: boolean;
  readonly isLocal: boolean;
  /** Clients of that server that it was sent to. */
  readonly receivers: number;
  readonly dropped: number;
}

export interface ServerReport {
  /** Host and process, as `web-1:4711`. */
  readonly server: string;
  /** ms since 1970; `null` without a journal. */
  readonly journalSince: number | null;
  readonly clients: readonly ReportedClient[];
  readonly emits: readonly ReportedEmit[];
  /** Other namespaces of that server in which the client is. */
  readonly otherNamespaces: readonly string[];
}

/** Whether a value from another server is a report. Its parts are trusted as far as their shape goes. */
export function isServerReport(value: unknown): value is ServerReport {
  const { server, journalSince, clients, emits, otherNamespaces } = (value ?? {}) as Partial<ServerReport>;
  const hasLists = [clients, emits, otherNamespaces].every((list) => Array.isArray(list));
  if (!hasLists || typeof server !== 'string') return false;
  if (journalSince !== null && typeof journalSince !== 'number') return false;
  return (clients as unknown[]).every(isClient) && (emits as unknown[]).every(isEmit);
}

function isClient(value: unknown): boolean {
  const { id, rooms, changes, drops } = (value ?? {}) as Partial<ReportedClient>;
  return typeof id === 'string' && areTexts(rooms) && Array.isArray(changes) && Array.isArray(drops);
}

function isEmit(value: unknown): boolean {
  const { at, event, rooms, excepted } = (value ?? {}) as Partial<ReportedEmit>;
  return (
    typeof at === 'number' && typeof event === 'string' && areTexts(excepted) && (rooms === null || areTexts(rooms))
  );
}
