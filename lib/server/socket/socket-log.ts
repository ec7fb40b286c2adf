/** The fields and lines of a socket in the log. */
import type { Log, LogFields } from '../../engine/internal.js';
import { label, quote } from '../../errors.js';
import type { DisconnectReason } from './socket-state.js';

/** The socket that a line is about. */
interface LoggedSocket {
  readonly id: string;
  readonly userId: string | undefined;
  readonly conn: { readonly logFields: LogFields };
  readonly nsp: { readonly name: string; readonly log: Required<Pick<Log, 'debug' | 'log'>> };
  readonly handshake: { readonly issued: number };
}

export function fieldsOf(socket: LoggedSocket): LogFields {
  return { client: socket.id, user: userOf(socket), ...socket.conn.logFields, namespace: socket.nsp.name };
}

/** Writes the line of the option `logDisconnects`. */
export function logDisconnect(socket: LoggedSocket, level: 'debug' | 'log', reason: DisconnectReason): void {
  const fields = fieldsOf(socket);
  const { user, address = '' } = fields;
  const { name, log } = socket.nsp;
  const duration = Math.max(0, Date.now() - socket.handshake.issued);
  const who = `client ${socket.id}${user === undefined ? '' : ` (user ${quote(user)})`} of ${quote(address)}`;
  const line = `${who} left ${label(name)} after ${Math.round(duration / 1_000)} s: ${reason}`;
  log[level](line, { ...fields, reason, duration });
}

/** The option `userId` is application code, which may fail while the line of another failure is written. */
function userOf(socket: LoggedSocket): string | undefined {
  try {
    return socket.userId;
  } catch {
    return undefined;
  }
}
