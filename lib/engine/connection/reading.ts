/**
 * Stops reading from a client, whose own network connection then holds back what it sends, and reads on when the last
 * reason to hold is gone. `ws` has read some bytes ahead when it is paused, 64 kB at most; the messages in them are kept
 * in order.
 */

/** Why nothing is read from a client. Each reason is one bit, since several may apply at once. */
export const HOLDS = {
  /** More waits for the client than `limits.bufferedBytes`. */
  output: 1,
  /** Its handlers are running: `limits.runningHandlers`, `limits.runningWeight`. */
  handlers: 2,
  /** Its packets wait for a decision on a CONNECT: `limits.heldWeight`. */
  undecided: 4,
  /** It exceeded the option `rateLimit`. */
  rate: 8,
} as const;

export type Hold = keyof typeof HOLDS;

interface Message {
  readonly data: Buffer;
  readonly binary: boolean;
}

/** The WebSocket of the client. */
interface Pausable {
  pause(): void;
  resume(): void;
}

/** Bytes that a message costs in addition to its data. */
const MESSAGE_COST = 64;

export class Reading {
  readonly #ws: Pausable;
  readonly #handle: (data: Buffer, binary: boolean) => void;
  #held = 0;
  #isPaused = false;
  #isExcused = false;
  #kept: Message[] = [];
  #next = 0;
  #cost = 0;

  /** @param handle handles a message that was kept */
  constructor(ws: Pausable, handle: (data: Buffer, binary: boolean) => void) {
    this.#ws = ws;
    this.#handle = handle;
  }

  /** Whether messages must be kept. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  hold(reason: Hold): void {
    this.#held |= HOLDS[reason];
    this.#isExcused = true;
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#ws.pause();
  }

  /** Reads on in the next turn, unless there is another reason to hold. */
  unhold(reason: Hold): void {
    if (!this.isHeldFor(reason)) return;
    this.#held &= ~HOLDS[reason];
    if (this.#held === 0) setImmediate(() => this.#readOn());
  }

  isHeldFor(reason: Hold): boolean {
    return (this.#held & HOLDS[reason]) !== 0;
  }

  /** Keeps a message. @returns the cost in bytes of all messages that are kept */
  keep(data: Buffer, binary: boolean): number {
    this.#kept.push({ data, binary });
    return (this.#cost += data.length + MESSAGE_COST);
  }

  /** Whether nothing was read at some time since the last call, so that a pong may have been left unread. */
  takeExcuse(): boolean {
    const isExcused = this.#isExcused;
    this.#isExcused = this.#isPaused;
    return isExcused;
  }

  /** The connection ends: drops the messages that were kept, and reads on, since `ws` waits for the close frame. */
  end(): void {
    this.#kept = [];
    this.#held = 0;
    if (this.#isPaused) this.#ws.resume();
    this.#isPaused = false;
  }

  /** Handles the messages that were kept, then lets `ws` read again. */
  #readOn(): void {
    while (this.#held === 0 && this.#isPaused) {
      const message = this.#kept[this.#next++];
      if (message === undefined) {
        this.#kept = [];
        this.#next = 0;
        this.#cost = 0;
        this.#isPaused = false;
        this.#ws.resume();
      } else {
        this.#cost -= message.data.length + MESSAGE_COST;
        this.#handle(message.data, message.binary);
      }
    }
  }
}
