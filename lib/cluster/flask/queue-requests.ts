/**
 * Turns the calls of a broadcast chain into messages of Flask-SocketIO's queue. Events may be addressed to rooms; all
 * other messages name one client by id. A call that does not fit throws before it has any effect.
 */
import type { EventPacket } from '../../protocol/internal.js';
import type { BroadcastTarget } from '../../server/internal.js';
import type { CallbackReference, ClientMessage, CloseRoomMessage, EmitMessage } from './queue-message.js';
import { notCarried } from './queue-writer.js';

/** The form of client ids in both implementations. A room with such a name is mistaken for a client. */
const ID = /^[\w-]{20}$/;

const LOCALLY = 'on a server, use .local to reach only the clients of this process';

/** @throws SocketIoError `NOT_CARRIED` if the target excludes a room */
export function emitRequest(
  { nsp, data: [event, ...args] }: EventPacket,
  target: BroadcastTarget,
  callback: CallbackReference | null = null,
): EmitMessage {
  const { rooms } = target;
  return { method: 'emit', namespace: nsp, event: String(event), args, rooms, skipped: exceptedIds(target), callback };
}

/** Returns the id of the only client that the target can match; `null` if it may match several. */
export function soleReceiver({ rooms, excepted }: BroadcastTarget): string | null {
  const [id] = rooms ?? [];
  return rooms?.length === 1 && excepted.length === 0 && ID.test(id as string) ? (id as string) : null;
}

/** @throws SocketIoError `NOT_CARRIED` unless the target names clients by id */
export function joinRequests(namespace: string, target: BroadcastTarget, rooms: readonly string[]): ClientMessage[] {
  return idsOf(target, 'socketsJoin').flatMap((sid) =>
    rooms.map((room) => ({ method: 'enter_room', namespace, sid, room }) as const),
  );
}

/** @throws SocketIoError `NOT_CARRIED` unless the target names clients by id, or all clients leave the room */
export function leaveRequests(
  namespace: string,
  target: BroadcastTarget,
  rooms: readonly string[],
): (ClientMessage | CloseRoomMessage)[] {
  if (emptiesRooms(target, rooms)) return rooms.map((room) => ({ method: 'close_room', namespace, room }) as const);
  return idsOf(target, 'socketsLeave').flatMap((sid) =>
    rooms.map((room) => ({ method: 'leave_room', namespace, sid, room }) as const),
  );
}

/** @throws SocketIoError `NOT_CARRIED` unless the target names clients by id */
export function disconnectRequests(namespace: string, target: BroadcastTarget): ClientMessage[] {
  return idsOf(target, 'disconnectSockets').map((sid) => ({ method: 'disconnect', namespace, sid }) as const);
}

export function severalAnswersNotCarried(): Error {
  return notCarried(
    'the acknowledgements of several clients',
    `address one client, with to(client.id).emitWithAck(...); ${LOCALLY}`,
  );
}

export function fetchSocketsNotCarried(): Error {
  return notCarried('a request for the list of sockets', LOCALLY);
}

export function serverSideEmitNotCarried(): Error {
  return notCarried('serverSideEmit', 'servers of Flask-SocketIO receive no events from each other');
}

/** Whether the rooms in `left` are empty once all clients of the target have left them. */
function emptiesRooms({ rooms, excepted }: BroadcastTarget, left: readonly string[]): boolean {
  if (excepted.length > 0) return false;
  return rooms === null || (rooms.length === 1 && left.length === 1 && rooms[0] === left[0]);
}

function idsOf(target: BroadcastTarget, method: string): string[] {
  const { rooms } = target;
  if (rooms === null || !rooms.every((room) => ID.test(room))) {
    throw notCarried(
      `${method} for rooms or for all clients`,
      `name the clients by id, with in(client.id).${method}(...); ${LOCALLY}`,
    );
  }
  const excepted = exceptedIds(target);
  return [...new Set(rooms)].filter((id) => !excepted.includes(id));
}

function exceptedIds({ excepted }: BroadcastTarget): readonly string[] {
  const room = excepted.find((name) => !ID.test(name));
  if (room === undefined) return excepted;
  throw notCarried(`except('${room}')`, `only clients can be excluded, by their ids; ${LOCALLY}`);
}
