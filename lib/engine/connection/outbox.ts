/**
 * What goes out leaves once per event-loop turn: the messages of one turn in one write per connection,
 * in the order in which they were sent. Connections that got the same messages share one joined Buffer.
 *
 * The messages of a connection's turn are a path in a tree. Sending moves the connection one node
 * further; the node remembers its latest continuation, so that for all further receivers of a broadcast
 * the move is one comparison and allocates nothing. Equal paths are the same node, hence the same Buffer.
 */
import type { Deflater } from './deflater.js';
import type { Message } from './message.js';

/** Above this mean size of a message, joining copies more than one `writev` costs: they are written as they are. */
const JOIN_UP_TO = 16_384; // bytes

/** One step on a connection's path through the messages of a turn. */
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

  /** The path one message further. */
  and(message: Message): Batch {
    if (this.#next !== null && this.#next.message === message) return this.#next;
    return (this.#next = new Batch(this, message, this.count + 1, this.bytes + message.wire.length));
  }

  /** Every message of the path, in order. */
  messages(): Message[] {
    const messages = [];
    // oxlint-disable-next-line typescript/no-this-alias -- the walk starts here and goes back to the root
    for (let step: Batch | null = this; step !== null && step.message !== null; step = step.previous) {
      messages.push(step.message);
    }
    messages.reverse();
    return messages;
  }

  /** Whether to write the messages as one Buffer; otherwise one by one. */
  get joins(): boolean {
    return this.bytes <= JOIN_UP_TO * this.count;
  }

  /** All messages in one Buffer, made once for all connections on this path that compress alike. */
  joined(deflater: Deflater | null = null): Buffer {
    if (this.count === 1) return (this.message as Message).frames(deflater);
    if (deflater === null) return (this.#joined ??= this.#join(null));
    this.#deflated ??= new Map();
    let deflated = this.#deflated.get(deflater);
    if (deflated === undefined) this.#deflated.set(deflater, (deflated = this.#join(deflater)));
    return deflated;
  }

  #join(deflater: Deflater | null): Buffer {
    return Buffer.concat(this.messages().map((message) => message.frames(deflater)));
  }
}

/** Somebody with something to write at the end of the turn. */
export interface Flushable {
  flush(): void;
}

/** Ends the turn for all connections of a server: right after the poll phase, when all input has been handled. */
export class Outbox {
  #dirty: Flushable[] = [];
  #root = Batch.root();

  /** Where every path of the present turn begins. */
  get root(): Batch {
    return this.#root;
  }

  /** Has `connection` flushed when the turn ends. */
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
