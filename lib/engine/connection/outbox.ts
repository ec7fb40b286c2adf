/**
 * Outgoing messages are written once per event-loop turn: one write per connection, in the order in which the
 * messages were sent. Connections that were sent the same messages share one joined Buffer.
 *
 * The messages of a connection's turn are a path in a tree. Sending a message moves the connection to the next node.
 * Each node remembers the node it last led to, so for every further receiver of a broadcast the move is one
 * comparison and allocates nothing. Equal paths end at the same node and therefore share its Buffer.
 */
import type { Writable } from 'node:stream';
import type { Deflater } from './deflater.js';
import type { Message } from './message.js';

/** Above this mean message size, copying into one Buffer costs more than `writev`, so messages are written as is. */
const MAX_JOINED_MEAN = 16_384; // bytes

/** One node of the tree: the messages sent to a connection in this turn, up to this one. */
export class Batch {
  #next: Batch | null = null;
  #joined: Buffer | null = null;
  #deflated: Map<Deflater, Buffer> | null = null;

  private constructor(
    readonly previous: Batch | null,
    /** `null` only at the root, where nothing has been sent yet. */
    readonly message: Message | null,
    readonly count: number,
    readonly bytes: number,
  ) {}

  static root(): Batch {
    return new Batch(null, null, 0, 0);
  }

  /** @returns the batch that is one message longer */
  append(message: Message): Batch {
    if (this.#next !== null && this.#next.message === message) return this.#next;
    return (this.#next = new Batch(this, message, this.count + 1, this.bytes + message.wire.length));
  }

  /** All messages of the batch, in order. */
  messages(): Message[] {
    const messages = [];
    // oxlint-disable-next-line typescript/no-this-alias -- the walk starts at this batch and ends at the root
    for (let step: Batch | null = this; step !== null && step.message !== null; step = step.previous) {
      messages.push(step.message);
    }
    messages.reverse();
    return messages;
  }

  /** Whether to write the messages as one Buffer rather than one by one. */
  get joins(): boolean {
    return this.bytes <= MAX_JOINED_MEAN * this.count;
  }

  /** All messages in one Buffer, created once for all connections with this batch and the same compression. */
  joined(deflater: Deflater | null = null): Buffer {
    if (this.count === 1) return (this.message as Message).frames(deflater);
    if (deflater === null) return (this.#joined ??= this.#join(null));
    this.#deflated ??= new Map();
    let deflated = this.#deflated.get(deflater);
    if (deflated === undefined) this.#deflated.set(deflater, (deflated = this.#join(deflater)));
    return deflated;
  }

  /** Writes all messages. */
  writeTo(socket: Writable, deflater: Deflater | null): void {
    if (this.joins) socket.write(this.joined(deflater));
    else {
      socket.cork();
      for (const message of this.messages()) socket.write(message.frames(deflater));
      socket.uncork();
    }
  }

  #join(deflater: Deflater | null): Buffer {
    return Buffer.concat(this.messages().map((message) => message.frames(deflater)));
  }
}

/** Has data to write at the end of the turn. */
export interface Flushable {
  flush(): void;
}

/** Flushes the connections of a server at the end of each turn: after the poll phase, when all input is handled. */
export class Outbox {
  #dirty: Flushable[] = [];
  #root = Batch.root();

  /** The empty batch with which each connection starts the current turn. */
  get root(): Batch {
    return this.#root;
  }

  /** Flushes `connection` when the turn ends. */
  add(connection: Flushable): void {
    if (this.#dirty.push(connection) === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    this.#root = Batch.root(); // a new tree, so that the old messages can be collected
    for (const connection of dirty) connection.flush();
  }
}
