/**
 * The entries of a stream. An entry has one field: `m` with a message, or `o`, which a server adds when it opens the
 * stream, so that there is a position to start from even if the stream was empty.
 * Source: https://redis.io/docs/latest/commands/xadd/
 */
import type { StoredMessage } from '../broker/broker.js';
import type { RedisCommand } from './redis-client.js';

const MESSAGE = 'm';
const OPENING = 'o';

/** The position before all entries. */
export const BEGINNING = '0-0';

export interface StreamEntry extends StoredMessage {
  readonly isMessage: boolean;
}

/** @param limit `MINID` and a position, or `MAXLEN` and a number of entries; Redis may keep a few more */
export function addMessage(stream: string, bytes: Buffer, limit: 'MINID' | 'MAXLEN', value: string): RedisCommand {
  return ['xadd', stream, limit, '~', value, '*', MESSAGE, bytes];
}

export function addOpening(stream: string): RedisCommand {
  return ['xadd', stream, '*', OPENING, ''];
}

/** @returns the entries of a reply to `XRANGE` */
export function entriesOf(reply: unknown): StreamEntry[] {
  return (reply as [id: Buffer, fields: [name: Buffer, value: Buffer]][]).map(([id, [name, bytes]]) => ({
    position: id.toString(),
    bytes,
    isMessage: name.toString() === MESSAGE,
  }));
}

/** @returns the entries of a reply to `XREAD` for one stream: an array of pairs in RESP2, a flat map in RESP3 */
export function entriesRead(reply: unknown): StreamEntry[] {
  if (reply === null) return [];
  const [first, entries] = reply as readonly unknown[];
  return entriesOf(Array.isArray(first) ? first[1] : entries);
}

/** The ms of Redis' clock at which an entry was added. */
export function timeOf(position: string): number {
  return Number.parseInt(position, 10);
}

/** Whether position `a` comes before `b`. */
export function isBefore(a: string, b: string): boolean {
  const [time, otherTime] = [timeOf(a), timeOf(b)];
  return time === otherTime ? countOf(a) < countOf(b) : time < otherTime;
}

function countOf(position: string): number {
  return Number(position.slice(position.indexOf('-') + 1));
}
