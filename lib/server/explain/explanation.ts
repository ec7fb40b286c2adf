/** The answer to "why did Bob not get it?": plain data, which also reads as sentences. */
import type { ReportedClient } from './server-report.js';

/**
 * Why a client got an event or did not:
 *
 * - `sent`: it was selected and connected
 * - `dropped`: the client had not read earlier events; the event was volatile, or one of two values of a key of which
 *   only the later one is sent
 * - `not_connected`: it had not connected yet, or had left
 * - `not_selected`: it was in none of the rooms at that time
 * - `excluded`: it was in a room of `except`
 * - `other_server`: the emit was `local`, and the client was on another server
 * @publicApi
 */
export type DeliveryOutcome = 'sent' | 'dropped' | 'not_connected' | 'not_selected' | 'excluded' | 'other_server';

/**
 * One emit, as it was for one client.
 * @publicApi
 */
export interface ExplainedDelivery {
  /** ms since 1970, by the clock of the server that emitted */
  readonly at: number;
  readonly event: string;
  readonly outcome: DeliveryOutcome;
  /** The server that emitted: host and process. */
  readonly server: string;
}

/**
 * A client with the id or user that was asked for, connected or gone.
 * @publicApi
 */
export interface ExplainedClient extends Pick<
  ReportedClient,
  'address' | 'connectedAt' | 'disconnectedAt' | 'id' | 'reason' | 'rooms' | 'user' | 'waitingBytes'
> {
  /** The server to which it is or was connected: host and process. */
  readonly server: string;
  /** Whether the selection reaches it now. */
  readonly isSelected: boolean;
  /** The rooms of the selection that it is in. */
  readonly selectedBy: readonly string[];
  /** The rooms of `except` that it is in. */
  readonly excludedBy: readonly string[];
  /** The latest emits to rooms of the selection, oldest first; empty without the journal. */
  readonly deliveries: readonly ExplainedDelivery[];
}

/**
 * The result of `server.explain(...)`. Its `toString()` says the same in sentences.
 * @publicApi
 */
export interface Explanation {
  readonly namespace: string;
  /** The id of a client or a user. */
  readonly who: string;
  /** As it is written: `to("a").except("b")`. */
  readonly selection: string;
  readonly clients: readonly ExplainedClient[];
  /** Other namespaces in which the client is. */
  readonly otherNamespaces: readonly string[];
  /** The time since which all servers have a journal, in ms since 1970; `null` if one has none. */
  readonly journalSince: number | null;
  /** Servers that did not answer. */
  readonly silent: readonly string[];
  toString(): string;
}
