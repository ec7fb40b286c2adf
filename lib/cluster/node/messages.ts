/**
 * The messages between nodes other than broadcasts: a kind and its arguments, encoded like an event of Socket.IO, so
 * that they may contain binary values. A kind that a node does not know is ignored: it is of a later version.
 */
import { DEFAULT_PACKET_LIMITS, Decoder, encode, type Encoded, PacketType } from '../../protocol/internal.js';
import { areTexts, BroadcastTarget } from '../../server/internal.js';

/**
 * - `hello` (introduction, expects an answer): the node is there
 * - `beat`: it is still there
 * - `bye`: it leaves
 * - `join`, `leave` (namespace, target, rooms), `drop` (namespace, target, close, reason): sockets join, leave, end
 * - `user` (user, reason): the connections of a user end
 * - `taken` (namespace, pid): the node has taken a session
 * - `channel` (channel, node or null, ...): from a part of a server to the same part of others, see `Channels`
 * - `servers` (namespace, event): `serverSideEmit` without an answer
 * - `ask` (question, subject, namespace, ...): a question, see {@link Subject}
 * - `answer` (node, question, ...): an answer to the question of that node
 */
export type MessageKind =
  | 'hello'
  | 'beat'
  | 'bye'
  | 'join'
  | 'leave'
  | 'drop'
  | 'user'
  | 'taken'
  | 'channel'
  | 'servers'
  | 'ask'
  | 'answer';

/**
 * The subject of a question: sockets, their ids or number; acknowledgements of clients; answers of listeners; a report
 * on a client. The subject `channel` (channel, node or null, ...) is for a part of a server, and names no namespace.
 */
export type Subject = 'sockets' | 'ids' | 'count' | 'acks' | 'listeners' | 'report' | 'channel';

/** A target without its flags, as messages carry it. */
export type SentTarget = readonly [rooms: readonly string[] | null, excepted: readonly string[]];

export function sentTarget({ rooms, excepted }: BroadcastTarget): SentTarget {
  return [rooms, excepted];
}

/** @throws TypeError for anything else than a {@link SentTarget} */
export function receivedTarget(value: unknown): BroadcastTarget {
  const [rooms, excepted] = value as SentTarget;
  if (rooms !== null && !areTexts(rooms)) throw new TypeError('the rooms of a target must be texts');
  if (!areTexts(excepted)) throw new TypeError('the excepted rooms of a target must be texts');
  return BroadcastTarget.of(rooms, excepted, {});
}

/** Nodes trust each other more than clients: they may send more, but no less well formed. */
const LIMITS = {
  ...DEFAULT_PACKET_LIMITS,
  attachments: 100_000,
  attachmentBytes: Infinity,
  containers: 10_000_000,
};

/** @throws SocketIoError `VALUE_TOO_DEEP` for a value that cannot be encoded */
export function encodeMessage(kind: MessageKind, args: readonly unknown[]): Encoded {
  return encode({ type: PacketType.EVENT, nsp: '/', data: [kind, ...args] }, JSON, LIMITS.attachments);
}

/** @throws ProtocolError */
export function decodeMessage(encoded: Encoded): readonly [kind: string, ...args: unknown[]] {
  const decoder = new Decoder(LIMITS);
  const [text, ...attachments] = typeof encoded === 'string' ? [encoded] : encoded;
  let packet = decoder.text(text as string);
  for (const attachment of attachments) packet = decoder.binary(attachment as Uint8Array);
  if (packet?.type !== PacketType.EVENT) throw new TypeError('a message must be a whole event');
  return packet.data as readonly [string, ...unknown[]];
}

/** Whether a message has code of applications run on the other servers, which belongs to the trace of its sender. */
export function runsHandlers(kind: MessageKind, [, subject]: readonly unknown[]): boolean {
  return kind === 'servers' || (kind === 'ask' && (subject === 'acks' || subject === 'listeners'));
}
