/** Joins rooms: within the limits on their number and the length of their names, and with the past of each on request. */
import type { Loggable, LimitReport, ResolvedLimits } from '../../engine/internal.js';
import { label, SocketIoError } from '../../errors.js';
import type { Adapter, Member } from '../adapter/adapter.js';
import type { Rooms } from '../adapter/broadcast-target.js';
import type { NamespaceHistory } from '../history/namespace-history.js';
import type { RewindOptions } from '../history/past-event.js';
import { NOTHING, type Rewound } from '../history/rewind.js';

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

/** The socket that joins. */
interface JoiningSocket extends Member {
  readonly client: Joining;
  readonly nsp: {
    readonly name: string;
    readonly label: string;
    readonly delivery: Pick<Adapter, 'join' | 'roomsOf' | 'countRooms'>;
    readonly history: NamespaceHistory | null;
  };
}

/** See `Socket.join`. */
export function joinRooms(socket: JoiningSocket, rooms: Rooms, options?: RewindOptions): Promise<Rewound> | void {
  const { delivery, history, name } = socket.nsp;
  if (options !== undefined && history === null) throw noHistory(name);
  if (!socket.isReachable) return options === undefined ? undefined : Promise.resolve(NOTHING);
  const names = [rooms].flat();
  checkRooms(names, delivery.countRooms(socket), name, socket.client);
  if (history === null) return delivery.join(socket, names);
  const before = delivery.roomsOf(socket);
  const join = (): void => delivery.join(socket, names);
  const rewound = history.join(socket, { rooms: names, before, join }, options);
  return options === undefined ? undefined : rewound;
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

function noHistory(namespace: string): SocketIoError {
  return new SocketIoError(
    'INVALID_ARGUMENT',
    `join() with "rewind" or "since" needs a history of ${label(namespace)}: ` +
      `write history: { ${JSON.stringify(namespace)}: {} } in the options`,
  );
}
