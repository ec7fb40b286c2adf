/** Creates the report of this server on a client. */
import { hostname } from 'node:os';
import type { Journal } from './journal.js';
import type { ReportedClient, ServerReport } from './server-report.js';

/** A connected socket as a report reads it. */
export interface ReportedSocket {
  readonly id: string;
  readonly userId?: string | undefined;
  readonly ip: string;
  /** ms since 1970 */
  readonly connectedAt: number;
  readonly rooms: ReadonlySet<string>;
  readonly conn: { readonly bufferedAmount: number };
}

/** The namespace that a report is about, and the others of its server. */
export interface ReportedNamespace {
  readonly name: string;
  readonly sockets: ReadonlyMap<string, ReportedSocket>;
}

/** The changes of a client without a journal. */
const NO_CHANGES: Pick<ReportedClient, 'changes' | 'drops'> = { changes: [], drops: [] };

/** Emits and former clients that a report has at most: the latest. */
const MAX_EMITS = 200;
const MAX_GONE = 10;

/**
 * @param who the id of a client or of a user
 * @param all the namespaces of the server
 * @param journal `null` if it is off
 */
export function createReport(
  namespace: ReportedNamespace,
  who: string,
  all: Iterable<ReportedNamespace>,
  journal: Journal | null,
): ServerReport {
  const { name } = namespace;
  const present = [...namespace.sockets.values()].filter((socket) => isMeant(socket, who)).map(presentClient);
  const clients = [...present, ...(journal?.gone(name, who).slice(0, MAX_GONE) ?? [])];
  const others = [...all].filter((other) => other.name !== name && hasClient(other, who));
  return {
    server: serverName(),
    journalSince: journal?.since ?? null,
    clients: clients.map((client) => Object.assign(client, journal?.changesOf(name, client.id) ?? NO_CHANGES)),
    emits: journal?.emits(name).slice(-MAX_EMITS) ?? [],
    otherNamespaces: others.map((other) => other.name),
  };
}

/** The name by which operators know this server. */
export function serverName(): string {
  return `${hostname()}:${process.pid}`;
}

function hasClient({ sockets }: ReportedNamespace, who: string): boolean {
  for (const socket of sockets.values()) if (isMeant(socket, who)) return true;
  return false;
}

function isMeant({ id, userId }: ReportedSocket, who: string): boolean {
  return id === who || userId === who;
}

function presentClient(socket: ReportedSocket): Omit<ReportedClient, 'changes' | 'drops'> {
  const { id, userId, ip, connectedAt, rooms, conn } = socket;
  return {
    id,
    user: userId ?? null,
    address: ip,
    connectedAt,
    disconnectedAt: null,
    reason: null,
    rooms: [...rooms],
    waitingBytes: conn.bufferedAmount,
  };
}
