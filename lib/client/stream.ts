/**
 * Asks for a stream, and resumes it after a lost connection. For the protocol, see `docs/streams.md`. The state is in
 * local variables and not in a class, because minifiers shorten their names: browsers download this file.
 */
import { StreamError } from './stream-error.js';
import type { Listener, StreamSocket, ValueStream } from './stream-types.js';

/** Values that the loop takes before they are acknowledged. */
const ACK_AFTER = 32;

/** ms until fewer values are acknowledged. The server may keep fewer than {@link ACK_AFTER}, and would wait forever. */
const ACK_DELAY = 100;

/**
 * Emits an event and returns the values of the stream that the server answers with:
 * `for await (const token of stream(socket, 'ask', question))`.
 *
 * The event is emitted at once, or as soon as the socket is connected. Each value arrives once and in order, also if
 * the connection is lost in between. A loop that is slow slows the server down.
 *
 * @param args the arguments of the event. An `AbortSignal` after them cancels the stream when it aborts, and the loop
 * throws the reason of the signal
 * @returns the values, for one loop. The loop throws a {@link StreamError}:
 * - an error of the handler, a guard or a pipe, with the code and the message that an acknowledgement would have
 * - `stream_unanswered` if the connection was lost before the answer. The event may have arrived and is not repeated
 * - `stream_disconnected` if one side has disconnected the socket, which does not reconnect
 * - `stream_gone`, `stream_lost` or `stream_forbidden` if the server cannot resume the stream
 * - `stream_expected` if the answer is not a stream
 * @publicApi
 */
export function stream<Value = unknown>(socket: StreamSocket, event: string, ...args: unknown[]): ValueStream<Value> {
  const signal = args.at(-1) instanceof AbortSignal ? (args.pop() as AbortSignal) : undefined;
  const received: Value[] = []; // and not yet taken by the loop
  let id: string | undefined;
  let isAsked = false;
  let isResuming = false;
  let isOver = false;
  let failure: unknown;
  let count = 0; // values received
  let taken = 0;
  let acknowledged = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wake: (() => void) | undefined;

  const end = (error?: unknown): void => {
    if (isOver) return;
    isOver = true;
    failure = error;
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    for (const [name, listener] of listeners) socket.off(name, listener);
    wake?.();
  };

  const stop = (): unknown => socket.emit('stream_cancel', id);

  const cancel = (error?: unknown): void => {
    if (!isOver && id) {
      if (socket.connected) stop();
      else socket.emit('stream_resume', id, count, stop); // sent later: the server obeys only the receiver of a stream
    }
    end();
    received.length = 0;
    failure = error;
  };

  const abort = (): void => cancel(signal?.reason);

  const fail = (code: string, message: string, details?: unknown): void => end(new StreamError(code, message, details));

  const acknowledge = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (isOver || taken === acknowledged || !socket.connected) return;
    acknowledged = taken;
    socket.emit('stream_ack', id, taken);
  };

  /** Emits an event, and ends with the error if the answer is one. Otherwise, calls a function with the answer. */
  const request = (event: string, args: readonly unknown[], then: (reply: unknown) => void): void => {
    // A callback, not a promise: values may arrive in the same turn. If it has several arguments, the first is `null`.
    socket.emit(event, ...args, (...answer: unknown[]) => {
      const reply = answer.at(-1) as { readonly error?: unknown } | null | undefined;
      if (reply?.error) end(toError(reply.error));
      else then(reply);
    });
  };

  const ask = (): void => {
    isAsked = true;
    request(event, args, (reply) => {
      id = (reply as { readonly stream?: string } | null | undefined)?.stream;
      if (!id) {
        if (reply instanceof Error) fail('stream_unanswered', reply.message); // the option `ackTimeout` of the socket
        else fail('stream_expected', `"${event}" must answer with a stream: write an async generator`, reply);
      } else if (isOver) stop();
      else socket.emit('stream_ack', id, 0); // announces acknowledgements: the server waits for them from now on
    });
  };

  const resume = (): void => {
    isResuming = true;
    request('stream_resume', [id, count], (reply) => {
      isResuming = false;
      if (isOver || !socket.connected) return; // the next connection resumes
      if (reply instanceof Error) resume();
      else acknowledge();
    });
  };

  const lose = (reason: string): void => {
    isResuming = false;
    if (!socket.active) fail('stream_disconnected', `the socket does not reconnect: ${reason}`);
    else if (isAsked && !id) fail('stream_unanswered', 'the connection was lost before the answer');
  };

  /** Whether a number is the expected one. If numbers are missing, the stream is resumed. */
  const isNext = (stream: string, n: number, expected: number): boolean => {
    if (stream !== id) return false;
    if (n > expected && !isResuming) resume();
    return n === expected;
  };

  const listeners: readonly (readonly [event: string, listener: Listener])[] = [
    ['connect', () => (isAsked ? resume() : ask())],
    ['disconnect', lose],
    ['connect_error', ({ message }: Error) => lose(message)],
    [
      'stream',
      (stream: string, n: number, value: Value) => {
        if (!isNext(stream, n, count + 1)) return;
        count = n;
        received.push(value);
        wake?.();
      },
    ],
    [
      'stream_end',
      (stream: string, n: number, error?: unknown) => {
        // -1: a late message of an earlier connection has moved the stream away. This connection is the newest.
        const expected = (error as Partial<StreamError> | undefined)?.code === 'stream_moved' ? -1 : count;
        if (!isNext(stream, n, expected)) return;
        socket.emit('stream_ack', id, n); // the server need not keep any value
        end(error && toError(error));
      },
    ],
  ];

  async function* take(): AsyncGenerator<Value, void, void> {
    try {
      for (;;) {
        if (signal?.aborted) throw signal.reason;
        if (received.length > 0) {
          yield received.shift() as Value;
          if (++taken >= acknowledged + ACK_AFTER) acknowledge();
          else if (!isOver) timer ??= setTimeout(acknowledge, ACK_DELAY);
        } else if (!isOver) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        } else if (failure === undefined) return;
        else throw failure;
      }
    } finally {
      cancel();
    }
  }

  const values = take();
  if (signal?.aborted) abort();
  else {
    signal?.addEventListener('abort', abort);
    for (const [name, listener] of listeners) socket.on(name, listener);
    if (socket.connected) ask();
  }
  return {
    cancel: () => cancel(),
    next: () => values.next(),
    return: () => {
      cancel();
      return values.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** @param error as it was in the acknowledgement or in `stream_end` */
function toError(error: unknown): StreamError {
  const { code = 'error', message = String(error), details } = error as Partial<StreamError>;
  return new StreamError(code, message, details, { cause: error });
}
