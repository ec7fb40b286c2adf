/**
 * One stream: takes values from the handler, numbers them, keeps them until they are acknowledged, and sends them to
 * its receiver. Two loops do this. `#pullAll` asks the handler for values while there is room for them; `#sendAll` sends
 * the values that the receiver has not been sent, as fast as it takes them. A stream without a receiver waits for its
 * client to resume it. It sends from any number on that is still kept.
 */
import { type Clock, contain, type Message, type Timer } from '../../engine/internal.js';
import type { EventPacket } from '../../protocol/internal.js';
import { type KeptValue, KeptValues } from './kept-values.js';
import type { StreamReceiver } from './stream-receiver.js';
import { streamRefusal } from './stream-refusal.js';

/**
 * ms that a client has to acknowledge a value for the first time, once the buffer is full. A client that does not is
 * one that never acknowledges: only the newest values are kept for it.
 */
export const FIRST_ACK_TIME = 1_000;

/** Values after which other work of the process gets its turn. */
const VALUES_PER_TURN = 64;

/** The error of a stream whose own error cannot be sent. */
const INTERNAL = { code: 'internal', message: 'Internal server error' };

/** The handler of a stream. */
export interface StreamSource {
  readonly values: AsyncIterable<unknown>;
  /** Aborted when the stream is cancelled; `null` if the handler does not use a signal. */
  readonly controller: AbortController | null;
  /** Logs an error of the values if necessary. @returns the error as the client gets it */
  describe(error: unknown): unknown;
  /** Logs an error after the stream has been cancelled. */
  failed(error: unknown): void;
}

/** The values that are kept for one client. */
export interface StreamAccount {
  bytes: number;
  /** Of the client. */
  readonly address: string;
}

/** The streams of a server, as each of them uses them. */
export interface StreamHost {
  readonly clock: Clock;
  /** The number of values that a stream may keep. */
  readonly buffer: number;
  /** Bytes that may be kept for one client. */
  readonly maxBytes: number;
  /** @throws SocketIoError `VALUE_TOO_DEEP`, `TOO_MANY_ATTACHMENTS` */
  encode(data: EventPacket['data']): Message;
  packetOf(data: EventPacket['data']): EventPacket;
  /** A handler has been asked for a value. */
  asked(value: Promise<unknown>): void;
  /** Its end has been sent, or its receiver is gone: it is to be kept for a while. */
  waits(stream: Stream): void;
  /** It keeps more or fewer values while it waits. */
  changed(stream: Stream): void;
  /** It has a receiver again. */
  resumed(stream: Stream): void;
  over(stream: Stream): void;
}

/** Running: the handler may have more values. Ended: the end can still be sent, again too. Over: forgotten. */
type StreamState = 'running' | 'ended' | 'over';

export class Stream {
  // --- Public attributes ---

  readonly id: string;
  /** The user who asked for it, and who alone may resume it. */
  readonly userId: string | undefined;
  readonly #host: StreamHost;
  readonly #source: StreamSource;
  readonly #iterator: AsyncIterator<unknown>;
  readonly #values = new KeptValues();
  #account: StreamAccount;
  #state: StreamState = 'running';
  /** The number of the newest value, and of the newest one that was sent to the receiver. */
  #produced = 0;
  #sent = 0;
  #receiver: StreamReceiver | null;
  /** Whether values are being sent, or must not be sent yet. */
  #isBusy = true;
  /** The number of the loop that sends: an earlier one stops. */
  #loop = 0;
  #isPulling = false;
  #end: Message | null = null;
  #isEndSent = false;
  #hasAcknowledged = false;
  #firstAck: Timer | null = null;

  /** Nothing is sent before {@link proceed}. */
  constructor(
    id: string,
    userId: string | undefined,
    source: StreamSource,
    receiver: StreamReceiver,
    account: StreamAccount,
    host: StreamHost,
  ) {
    this.id = id;
    this.userId = userId;
    this.#source = source;
    this.#iterator = source.values[Symbol.asyncIterator]();
    this.#receiver = receiver;
    this.#account = account;
    this.#host = host;
  }

  get receiver(): StreamReceiver | null {
    return this.#receiver;
  }

  /** Of the client that received it last. */
  get account(): StreamAccount {
    return this.#account;
  }

  /** Whether the handler may have more values. */
  get isRunning(): boolean {
    return this.#state === 'running';
  }

  /** Bytes of the values that are kept. */
  get bytes(): number {
    return this.#values.bytes;
  }

  /** Whether the values after a number can still be sent. */
  keeps(n: number): boolean {
    return n <= this.#produced && n + 1 >= this.#values.first;
  }

  // --- Public methods ---

  /** Starts to send, once the client has its answer. Without effect if the receiver is another one by now. */
  proceed(receiver: StreamReceiver): void {
    if (receiver !== this.#receiver) return;
    this.#isBusy = false;
    this.#send();
  }

  /** The client has processed the values up to a number. */
  acknowledge(n: number): void {
    if (n > this.#sent) return;
    this.#hasAcknowledged = true;
    if (this.#receiver !== null) this.#receiver.acknowledges = true;
    this.#stopFirstAck();
    this.#drop(n);
    if (this.#state === 'ended') this.#host.changed(this);
    this.#pull();
  }

  /**
   * Moves to another receiver, which has the values up to a number. Nothing is sent before {@link proceed}. The former
   * receiver gets an end: usually its connection is lost, but a client must never wait for values that do not come.
   * @param account the values count towards it from now on
   * @param n see {@link keeps}
   */
  resume(receiver: StreamReceiver, n: number, account: StreamAccount = this.#account): void {
    const former = this.#receiver;
    if (former?.isElsewhere(receiver) === true && !this.#isEndSent) {
      this.#sendEnd(former, streamRefusal('stream_moved'));
    }
    former?.close();
    if (this.#hasAcknowledged) receiver.acknowledges = true;
    this.#receiver = receiver;
    this.#rewind(n);
    this.#drop(n);
    this.#account.bytes -= this.bytes;
    this.#account = account;
    account.bytes += this.bytes;
    this.#host.resumed(this);
  }

  /** Sends the values after a number again: they did not arrive. @returns whether they are still kept */
  repeat(n: number): boolean {
    if (!this.keeps(n)) return false;
    this.#rewind(n);
    this.#isBusy = false;
    this.#send();
    return true;
  }

  /** The receiver is gone. The client may resume the stream. */
  detach(): void {
    if (this.#state === 'over') return;
    this.#release();
    this.#host.waits(this);
    this.#pull();
  }

  /** Ends the stream without notifying the client: it has cancelled it, or is gone. */
  cancel(): void {
    this.#conclude();
  }

  /** Ends the stream, and notifies the client. */
  abort(error: unknown): void {
    if (this.#state === 'running' && this.#receiver !== null) this.#sendEnd(this.#receiver, error);
    this.#conclude();
  }

  // --- Inside: taking values ---

  #pull(): void {
    if (this.#isPulling || !this.#mayPull()) return;
    this.#isPulling = true;
    void this.#pullAll();
  }

  async #pullAll(): Promise<void> {
    try {
      for (let count = 1; this.#mayPull(); count++) {
        const next = this.#iterator.next();
        this.#host.asked(next);
        const { done, value } = await next;
        if (!this.isRunning) return;
        if (done === true) return this.#finish();
        if (!this.#keep(value)) return;
        if (count % VALUES_PER_TURN === 0) await new Promise(setImmediate);
      }
    } catch (error) {
      await this.#fail(error);
    } finally {
      this.#isPulling = false;
    }
  }

  /** Whether the handler is to be asked for a value: the receiver has taken all others, and there is room for one. */
  #mayPull(): boolean {
    if (!this.isRunning || (this.#receiver !== null && this.#isBusy)) return false;
    if (!this.#isFull) return true;
    if (this.#receiver === null || this.#receiver.acknowledges === true) return false;
    if (this.#receiver.acknowledges === null) {
      this.#firstAck ??= this.#host.clock.after(FIRST_ACK_TIME, () => this.#missFirstAck());
      return false;
    }
    return true;
  }

  /** A stream may keep one value, however many others of its client are kept. */
  get #isFull(): boolean {
    const { size } = this.#values;
    return size >= this.#host.buffer || (size > 0 && this.#account.bytes >= this.#host.maxBytes);
  }

  #stopFirstAck(): void {
    this.#firstAck?.cancel();
    this.#firstAck = null;
  }

  #missFirstAck(): void {
    this.#firstAck = null;
    if (this.#receiver?.acknowledges === null) this.#receiver.acknowledges = false;
    this.#pull();
  }

  /** @returns whether the value can be encoded. Otherwise the stream fails */
  #keep(value: unknown): boolean {
    const data: EventPacket['data'] = ['stream', this.id, this.#produced + 1, value];
    let kept: KeptValue;
    try {
      kept = { message: this.#host.encode(data), packet: this.#host.packetOf(data) };
    } catch (error) {
      this.#returnIterator();
      void this.#fail(error);
      return false;
    }
    // The client has been sent them all, and never acknowledges them.
    while (this.#isFull && this.#receiver?.acknowledges === false) this.#drop(this.#values.first);
    const before = this.bytes;
    this.#values.add(kept);
    this.#account.bytes += this.bytes - before;
    this.#produced++;
    if (this.#receiver === null) this.#host.changed(this);
    this.#send();
    return true;
  }

  #drop(n: number): void {
    const before = this.bytes;
    this.#values.dropThrough(n);
    this.#account.bytes -= before - this.bytes;
  }

  // --- Inside: sending ---

  #send(): void {
    if (this.#receiver === null || this.#isBusy) return;
    this.#isBusy = true;
    void this.#sendAll(this.#receiver, ++this.#loop);
  }

  async #sendAll(receiver: StreamReceiver, loop: number): Promise<void> {
    while (this.#sent < this.#produced) {
      const n = ++this.#sent;
      const value = this.#values.get(n);
      if (value === undefined) continue;
      const isTaken = receiver.value(n, value);
      value.packet = null;
      if (isTaken === null) continue;
      await isTaken;
      if (loop !== this.#loop) return;
    }
    if (this.#end !== null && !this.#isEndSent) {
      this.#isEndSent = true;
      receiver.end(this.#produced, this.#end);
      this.#host.waits(this);
    }
    this.#isBusy = false;
    this.#pull();
  }

  /** Stops the loop that sends. The next one continues after a number. */
  #rewind(n: number): void {
    this.#stopFirstAck();
    this.#loop++;
    this.#isBusy = true;
    this.#sent = n;
    this.#isEndSent = false;
  }

  #release(): void {
    this.#receiver?.close();
    this.#receiver = null;
    this.#rewind(this.#sent);
  }

  // --- Inside: its end ---

  async #fail(error: unknown): Promise<void> {
    if (!this.isRunning) return this.#failLate(error);
    let description: unknown = INTERNAL;
    try {
      description = (await this.#source.describe(error)) ?? INTERNAL;
    } catch (failure) {
      this.#source.failed(failure);
    }
    if (this.isRunning) this.#finish(description);
  }

  #finish(error?: unknown): void {
    this.#end = this.#encodeEnd(this.#produced, error);
    if (this.#end === null) return this.#conclude();
    this.#state = 'ended';
    this.#stopFirstAck();
    this.#send();
  }

  #sendEnd(receiver: StreamReceiver, error: unknown): void {
    const end = this.#encodeEnd(this.#sent, error);
    if (end !== null) receiver.end(this.#sent, end);
  }

  /** @returns `null` if the parser cannot encode any end */
  #encodeEnd(n: number, error: unknown): Message | null {
    const data: EventPacket['data'] = ['stream_end', this.id, n];
    for (const last of error === undefined ? [[], [INTERNAL]] : [[error], [INTERNAL]]) {
      try {
        return this.#host.encode([...data, ...last]);
      } catch (failure) {
        this.#source.failed(failure);
      }
    }
    return null;
  }

  #conclude(): void {
    const { isRunning } = this;
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#release();
    this.#drop(this.#produced);
    this.#host.over(this);
    if (!isRunning) return;
    this.#source.controller?.abort();
    this.#returnIterator();
  }

  /** Runs the `finally` blocks of a generator. A generator that is waiting for something gets to them later. */
  #returnIterator(): void {
    void contain(
      () => this.#iterator.return?.(),
      (error) => this.#failLate(error),
    );
  }

  /** Once it is cancelled, an error usually is that of its signal. */
  #failLate(error: unknown): void {
    const isAbort = error instanceof Error && error.name === 'AbortError';
    if (!isAbort && error !== this.#source.controller?.signal.reason) this.#source.failed(error);
  }
}
