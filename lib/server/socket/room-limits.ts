/** The limits on the rooms of a socket: their number, and the length of their names. */
import type { Loggable, LimitReport, ResolvedLimits } from '../../engine/internal.js';
import { label, SocketIoError } from '../../errors.js';

/** The client that joins. */
interface Joining {
  readonly conn: Loggable & { readonly quotedAddress: string };
  readonly options: {
    readonly engine: {
      readonly limits: Pick<ResolvedLimits, 'rooms' | 'roomLength'>;
      readonly limitReport: Pick<LimitReport, 'reached'>;
    };
  };
}

/**
 * Checks the names of rooms that a socket is about to join.
 * @param joined the number of rooms that it is in
 * @throws SocketIoError `TOO_MANY_ROOMS`, `ROOM_NAME_TOO_LONG`
 */
export function checkRooms(names: readonly string[], joined: number, nsp: string, { conn, options }: Joining): void {
  const { limits, limitReport } = options.engine;
  const tooLong = names.find((name) => name.length > limits.roomLength);
  if (tooLong === undefined && joined + names.length <= limits.rooms) return;
  const limit = tooLong === undefined ? 'rooms' : 'roomLength';
  limitReport.reached(limit, `a client of ${conn.quotedAddress} was kept from joining a room`, conn);
  const advice = `join fewer or shorter names, or raise limits.${limit}`;
  if (tooLong === undefined) {
    throw new SocketIoError('TOO_MANY_ROOMS', `a client may be in ${limits.rooms} rooms of ${label(nsp)}: ${advice}`);
  }
  throw new SocketIoError(
    'ROOM_NAME_TOO_LONG',
    `the name of a room may have ${limits.roomLength} characters, got ${tooLong.length}: ${advice}`,
  );
}
