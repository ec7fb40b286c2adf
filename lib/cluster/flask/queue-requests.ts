/**
 * What a chain asks for, as messages of Flask-SocketIO's queue. These name rooms to send to, but clients by id
 * for everything else: what cannot be said so is thrown, before anything has been done.
 */
import type { EventPacket } from '../../protocol/index.js';
import type { BroadcastTarget } from '../../server/index.js';
import type { CallbackReference, ClientMessage, CloseRoomMessage, EmitMessage } from './queue-message.js';
import { notCarried } from './queue-writer.js';

/** Ids are so on either side; a room that is named so is taken for a client. */
const ID = /^[\w-]{20}$/;

const LOCALLY = 'on a server, local does it for the clients of this process';

/** @throws SocketIoError `NOT_CARRIED` where a room is excepted */
export function emitRequest(
  { nsp, data: [event, ...args] }: EventPacket,
  target: BroadcastTarget,
  callback: CallbackReference | null = null,
): EmitMessage {
  const { rooms } = target;
  return { method: 'emit', namespace: nsp, event: String(event), args, rooms, skipped: exceptedIds(target), callback };
}

/** The one client that is meant, by its id; `null` if it may be several. */
export function soleReceiver({ rooms, excepted }: BroadcastTarget): string | null {
  const [id] = rooms ?? [];
  return rooms?.length === 1 && excepted.length === 0 && ID.test(id as string) ? (id as string) : null;
}

/** @throws SocketIoError `NOT_CARRIED` unless clients are named by id */
export function joinRequests(namespace: string, target: BroadcastTarget, rooms: readonly string[]): ClientMessage[] {
  return idsOf(target, 'socketsJoin').flatMap((sid) =>
    rooms.map((room) => ({ method: 'enter_room', namespace, sid, room }) as const),
  );
}

/** @throws SocketIoError `NOT_CARRIED` unless clients are named by id, or everybody leaves */
export function leaveRequests(
  namespace: string,
  target: BroadcastTarget,
  rooms: readonly string[],
): (ClientMessage | CloseRoomMessage)[] {
  if (isEverybodyIn(target, rooms)) return rooms.map((room) => ({ method: 'close_room', namespace, room }) as const);
  return idsOf(target, 'socketsLeave').flatMap((sid) =>
    rooms.map((room) => ({ method: 'leave_room', namespace, sid, room }) as const),
  );
}

/** @throws SocketIoError `NOT_CARRIED` unless clients are named by id */
export function disconnectRequests(namespace: string, target: BroadcastTarget): ClientMessage[] {
  return idsOf(target, 'disconnectSockets').map((sid) => ({ method: 'disconnect', namespace, sid }) as const);
}

export function severalAnswersNotCarried(): Error {
  return notCarried('the answers of several clients', `ask one, as to(client.id).emitWithAck(...); ${LOCALLY}`);
}

export function fetchSocketsNotCarried(): Error {
  return notCarried('the question who is there', LOCALLY);
}

export function serverSideEmitNotCarried(): Error {
  return notCarried('serverSideEmit', 'servers of Flask-SocketIO do not listen to each other');
}

/** Whether nobody is left in these rooms afterwards. */
function isEverybodyIn({ rooms, excepted }: BroadcastTarget, left: readonly string[]): boolean {
  if (excepted.length > 0) return false;
  return rooms === null || (rooms.length === 1 && left.length === 1 && rooms[0] === left[0]);
}

function idsOf(target: BroadcastTarget, method: string): string[] {
  const { rooms } = target;
  if (rooms === null || !rooms.every((room) => ID.test(room))) {
    throw notCarried(
      `${method} for rooms or for everybody`,
      `name clients, as in(client.id).${method}(...); ${LOCALLY}`,
    );
  }
  const excepted = exceptedIds(target);
  return [...new Set(rooms)].filter((id) => !excepted.includes(id));
}

function exceptedIds({ excepted }: BroadcastTarget): readonly string[] {
  const room = excepted.find((name) => !ID.test(name));
  if (room === undefined) return excepted;
  throw notCarried(`except('${room}')`, `it leaves out clients by id, not rooms; ${LOCALLY}`);
}
