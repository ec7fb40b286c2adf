/** Sends a client the events that it missed, as fast as it takes them. */
import type { Message } from '../../engine/internal.js';

/** Bytes of missed events that are sent at a time. */
const REPLAY_BYTES = 256_000;

interface ReplayTarget {
  queue(message: Message): void;
  /** Resolves when the client has taken what was sent to it. */
  drained(): Promise<void>;
}

/**
 * Sends many missed events in parts. Few are left in the list, to be sent together with the answer to the CONNECT.
 * @param missed is emptied
 * @param isWanted whether the client still waits for them
 * @returns `null` if there is nothing to wait for
 */
export function replay(missed: Message[], to: ReplayTarget, isWanted: () => boolean): Promise<void> | null {
  const bytes = missed.reduce((sum, { wire }) => sum + wire.length, 0);
  return bytes <= REPLAY_BYTES ? null : sendParts(missed, to, isWanted);
}

async function sendParts(missed: Message[], to: ReplayTarget, isWanted: () => boolean): Promise<void> {
  for (let next = 0; next < missed.length && isWanted();) {
    for (let bytes = 0; next < missed.length && bytes < REPLAY_BYTES; next++) {
      const message = missed[next] as Message;
      bytes += message.wire.length;
      to.queue(message);
    }
    await to.drained();
  }
  missed.length = 0;
}
