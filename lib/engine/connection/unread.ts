/**
 * Messages that arrived while the server does not read from a client. `ws` has read some bytes ahead when it is
 * paused, 64 kB at most, and passes on the messages in them.
 */

/** Why nothing is read from a client. Each reason is one bit, since several may apply at once. */
export const HOLDS = {
  /** What was sent to the client waits for it: `limits.bufferedBytes`. */
  output: 1,
  /** Its handlers are running: `limits.runningHandlers`, `limits.runningWeight`. */
  handlers: 2,
  /** Its packets wait for a decision on a CONNECT: `limits.heldWeight`. */
  undecided: 4,
  /** It exceeded the option `rateLimit`. */
  rate: 8,
} as const;

export type Hold = keyof typeof HOLDS;

interface UnreadMessage {
  readonly data: Buffer;
  readonly binary: boolean;
}

/** Bytes that a message costs in addition to its data. */
const MESSAGE_COST = 64;

export class Unread {
  #messages: UnreadMessage[] = [];
  #next = 0;
  #cost = 0;

  /** @returns the cost in bytes of all messages that are kept */
  add(data: Buffer, binary: boolean): number {
    this.#messages.push({ data, binary });
    return (this.#cost += data.length + MESSAGE_COST);
  }

  /** Removes and returns the oldest message. */
  next(): UnreadMessage | null {
    const message = this.#messages[this.#next];
    if (message === undefined) return null;
    this.#next++;
    this.#cost -= message.data.length + MESSAGE_COST;
    if (this.#next === this.#messages.length) {
      this.#messages = [];
      this.#next = 0;
    }
    return message;
  }
}
