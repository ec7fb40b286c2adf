/**
 * The text of a notification: `sender.number:base64`, or `sender.number` if the message is in the row of that key. The
 * number makes texts differ: PostgreSQL drops repetitions within a transaction.
 */

/** Bytes of a text that PostgreSQL accepts. Source: PostgreSQL, NOTIFY. */
const MAX_PAYLOAD = 7_999;

const INLINE = /^([\w-]{1,32}\.[\da-z]{1,12}):/;
const KEY = /^[\w-]{1,32}\.[\da-z]{1,12}$/;

/** @returns `null` if the message must go into a row */
export function encodeInline(key: string, bytes: Buffer): string | null {
  const length = key.length + 1 + Math.ceil(bytes.length / 3) * 4;
  return length > MAX_PAYLOAD ? null : `${key}:${bytes.toString('base64')}`;
}

/** @returns the message, or the key of its row. The text of another program is returned as a message */
export function decodePayload(payload: string): Buffer | string {
  if (KEY.test(payload)) return payload;
  const inline = INLINE.exec(payload);
  return inline === null ? Buffer.from(payload) : Buffer.from(payload.slice(inline[0].length), 'base64');
}
