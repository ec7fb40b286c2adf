import type { Clock, Timer } from '../../engine/internal.js';
import type { RedisClient, RedisCommand } from './redis-client.js';
import { BEGINNING, entriesOf, entriesRead, isBefore } from './stream-entries.js';

/** ms that Redis may wait for new entries before it answers. Shorter than the interval at which Redis is checked. */
const BLOCK = 1000;

/** Entries that are read at once. */
const COUNT = 128;

/** ms after which a rejected read is repeated, unless the connection was lost. */
const RETRY_DELAY = 1000;

/** Notified by a reader. */
export interface StreamListener {
  received(bytes: Buffer, position: string): void;
  gap(): void;
}

/**
 * Reads a stream from a position on, over one client after another. Entries may be missing if the last entry that was
 * read is no longer in the stream. The reader checks this before the first read over a client, after a slow read, and
 * after a read that returned as many entries as it could.
 */
export class StreamReader {
  readonly #stream: string;
  readonly #clock: Clock;
  #listener: StreamListener | null = null;
  #client: RedisClient | null = null;
  #retry: Timer | null = null;
  /** The position of the last entry that was read. `null` before {@link start}. */
  #last: string | null = null;
  /** A position that is no longer in the stream, and was reported. */
  #gone: string | null = null;

  constructor(stream: string, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
  }

  /** The position of the newest entry that was read. */
  get last(): string {
    return this.#last ?? BEGINNING;
  }

  /** Starts after a position, once a client is attached. */
  start(position: string, listener: StreamListener): void {
    this.#last = position;
    this.#listener = listener;
    this.#run();
  }

  /** Continues with another client. */
  attach(client: RedisClient): void {
    this.#client = client;
    this.#run();
  }

  /** Stops reading. */
  stop(): void {
    this.#client = null;
    this.#retry?.cancel();
  }

  // --- Inside ---

  readonly #run = (): void => {
    this.#retry?.cancel();
    const client = this.#client;
    if (client === null || this.#last === null) return;
    this.#read(client).catch(() => {
      // A lost connection is replaced. Other failures may end, for example when other data under the key is deleted.
      if (this.#client === client) this.#retry = this.#clock.after(RETRY_DELAY, this.#run);
    });
  };

  async #read(client: RedisClient): Promise<void> {
    let check = true;
    while (this.#client === client) {
      const since = this.#clock.now();
      if (check && this.last !== this.#gone) await this.#verify(client, this.last);
      const entries = entriesRead(await client.command(readAfter(this.#stream, this.last)));
      if (this.#client !== client) return;
      for (const { position, bytes, isMessage } of entries) {
        this.#last = position;
        if (isMessage) this.#listener?.received(bytes, position);
      }
      check = entries.length === COUNT || this.#clock.now() - since > BLOCK / 2;
    }
  }

  /** Reports a gap if the last entry is not in the stream, which was trimmed too early or created again. */
  async #verify(client: RedisClient, last: string): Promise<void> {
    if (entriesOf(await client.command(['xrange', this.#stream, last, last])).length > 0) return;
    const [newest] = entriesOf(await client.command(['xrevrange', this.#stream, '+', '-', 'COUNT', '1']));
    if (this.#client !== client) return;
    // A new stream may have started earlier than the last entry of the old one, if the clock of Redis was set back.
    if (newest === undefined || isBefore(newest.position, last)) this.#last = BEGINNING;
    this.#gone = this.last;
    this.#listener?.gap();
  }
}

function readAfter(stream: string, position: string): RedisCommand {
  return ['xread', 'COUNT', String(COUNT), 'BLOCK', String(BLOCK), 'STREAMS', stream, position];
}
