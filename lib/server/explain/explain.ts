/**
 * Answers "why did Bob not get it?": puts the reports of all servers together, and compares each client with the
 * selection and with the latest emits.
 */
import { describe } from './describe.js';
import type { DeliveryOutcome, ExplainedClient, Explanation } from './explanation.js';
import type { ReportedClient, ReportedEmit, ServerReport } from './server-report.js';

/** Rooms and ids of a chain. */
export interface Selection {
  readonly rooms: readonly string[] | null;
  readonly excepted: readonly string[];
}

/** The latest emits that an explanation has of each client. */
const MAX_DELIVERIES = 20;

/** @param silent servers that did not answer */
export function explain(
  namespace: string,
  who: string,
  selection: Selection,
  reports: readonly ServerReport[],
  silent: readonly string[],
): Explanation {
  const emits = reports
    .flatMap(({ server, emits: own }) => own.map((emit) => ({ server, emit })))
    .filter(({ emit }) => overlaps(selection, emit))
    .toSorted((one, other) => one.emit.at - other.emit.at)
    .slice(-MAX_DELIVERIES);
  const clients = reports.flatMap(({ server, clients: known }) =>
    known.map((client): ExplainedClient => {
      const { address, connectedAt, disconnectedAt, id, reason, rooms, user, waitingBytes } = client;
      const isIn = (room: string): boolean => room === id || rooms.includes(room);
      const selectedBy = selection.rooms?.filter(isIn) ?? [];
      const excludedBy = selection.excepted.filter(isIn);
      return {
        address,
        connectedAt,
        disconnectedAt,
        id,
        reason,
        rooms,
        server,
        user,
        waitingBytes,
        isSelected:
          disconnectedAt === null && excludedBy.length === 0 && (selection.rooms === null || selectedBy.length > 0),
        selectedBy,
        excludedBy,
        deliveries: emits.map(({ server: from, emit }) => ({
          at: emit.at,
          event: emit.event,
          outcome: outcomeOf(emit, client, from === server),
          server: from,
        })),
      };
    }),
  );
  const since = reports.map(({ journalSince }) => journalSince);
  const explanation = {
    namespace,
    who,
    selection: written(selection),
    clients: clients.toSorted((one, other) => (one.disconnectedAt ?? 0) - (other.disconnectedAt ?? 0)),
    otherNamespaces: [...new Set(reports.flatMap(({ otherNamespaces }) => otherNamespaces))],
    journalSince: since.includes(null) ? null : Math.max(...(since as number[])),
    silent,
  };
  return Object.defineProperty(explanation, 'toString', { value: () => describe(explanation) });
}

/** Whether an emit may have been for receivers of the selection. */
function overlaps({ rooms }: Selection, emit: ReportedEmit): boolean {
  return rooms === null || emit.rooms === null || emit.rooms.some((room) => rooms.includes(room));
}

function outcomeOf(emit: ReportedEmit, client: ReportedClient, isSameServer: boolean): DeliveryOutcome {
  const { at } = emit;
  const { connectedAt, disconnectedAt } = client;
  if ((connectedAt !== null && at < connectedAt) || (disconnectedAt !== null && at > disconnectedAt)) {
    return 'not_connected';
  }
  if (emit.isLocal && !isSameServer) return 'other_server';
  const rooms = roomsAt(client, at);
  if (emit.excepted.some((room) => rooms.has(room))) return 'excluded';
  if (emit.rooms !== null && !emit.rooms.some((room) => rooms.has(room))) return 'not_selected';
  const isDropped = emit.isVolatile && client.drops.some((drop) => drop.event === emit.event && isNear(drop.at, at));
  return isDropped ? 'dropped' : 'sent';
}

/** ms between an emit and its delivery on another server, whose clock may differ. */
const SKEW = 1_000;

function isNear(one: number, other: number): boolean {
  return Math.abs(one - other) <= SKEW;
}

/** The rooms that a client was in at a time, with that of its id: its rooms now, without what has changed since. */
function roomsAt({ id, rooms, changes }: ReportedClient, at: number): ReadonlySet<string> {
  const then = new Set([id, ...rooms]);
  for (const change of changes.toReversed()) {
    if (change.at <= at) break;
    if (change.joined) then.delete(change.room);
    else then.add(change.room);
  }
  return then;
}

function list(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(', ');
}

/** A selection as it is written in code. */
function written({ rooms, excepted }: Selection): string {
  const to = rooms === null ? 'everybody' : `to(${list(rooms)})`;
  return excepted.length === 0 ? to : `${to}.except(${list(excepted)})`;
}
