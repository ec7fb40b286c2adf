/**
 * The keys of latest values: `latest('AAPL')` in a chain. A connection keeps the newest message for each key that waits
 * for its client. It serves all namespaces of the client, so the key of a message names its namespace and event, too.
 */
import { SocketIoError } from '../../errors.js';
import { describeValue } from '../../options.js';
import type { Flags } from '../adapter/broadcast-target.js';

/** Characters of a key, as many as the name of a room may have. Each waiting value keeps its key in memory. */
const MAX_KEY_LENGTH = 255;

/** @throws SocketIoError `INVALID_ARGUMENT` */
export function checkLatestKey(key: unknown): asserts key is string {
  if (typeof key === 'string' && key.length > 0 && key.length <= MAX_KEY_LENGTH) return;
  const given = typeof key === 'string' ? `one of ${key.length}` : describeValue(key);
  throw new SocketIoError(
    'INVALID_ARGUMENT',
    `the key of latest() must be a text of 1 to ${MAX_KEY_LENGTH} characters, got ${given}: ` +
      'pass what the value is of, such as latest(tick.symbol) or latest(String(id))',
  );
}

/** @throws SocketIoError `INVALID_ARGUMENT` for an event that is to be acknowledged */
export function refuseLatestWithAck(event: string, { latest }: Flags): void {
  if (latest === undefined) return;
  throw new SocketIoError(
    'INVALID_ARGUMENT',
    `an event with latest() must not ask for an acknowledgement, got ${describeValue(event)} with both: ` +
      'remove latest(), or the callback. A value that is replaced is never sent, so no client would acknowledge it',
  );
}

/** Returns the key of a message; `null` if it is no latest value. */
export function messageKey(namespace: string, event: string | number, { latest }: Flags): string | null {
  if (latest === undefined) return null;
  const name = String(event);
  return `${namespaceKeys(namespace)}${name.length}:${name}${latest}`;
}

/** The prefix of the keys of a namespace, and of no other one. */
export function namespaceKeys(namespace: string): string {
  return `${namespace.length}:${namespace}`;
}
