import { array, assert, asyncProperty, constant, nat, oneof, record } from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { stream, StreamError, type ValueStream } from 'nest-socketio/client';
import { FakeStreamSocket } from '../support/fake-stream-socket.js';

afterEach(() => vi.useRealTimers());

/** Runs a loop to its end. @returns the values, and the error if the loop throws */
async function read(values: AsyncIterable<unknown>): Promise<{ values: unknown[]; error?: unknown }> {
  const taken: unknown[] = [];
  try {
    for await (const value of values) taken.push(value);
    return { values: taken };
  } catch (error) {
    return { values: taken, error };
  }
}

/** Asks for a stream with the id `s`. */
function begin(...args: unknown[]): { socket: FakeStreamSocket; values: ValueStream<string> } {
  const socket = new FakeStreamSocket();
  const values = stream<string>(socket, 'ask', ...args);
  socket.answer({ stream: 's' });
  socket.takeSent();
  return { socket, values };
}

const error = (code: string, message: unknown = expect.any(String)): unknown =>
  expect.objectContaining({ name: 'StreamError', code, message });

/** Lets everything run that waits for no timer. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('stream', () => {
  it('asks with the arguments, announces acknowledgements and returns the values in order', async () => {
    const socket = new FakeStreamSocket();
    const values = stream(socket, 'ask', 'why?', { deep: true });
    expect(socket.takeSent()).toEqual([['ask', 'why?', { deep: true }]]);
    const reading = read(values);
    socket.answer({ stream: 's' });
    expect(socket.takeSent()).toEqual([['stream_ack', 's', 0]]);
    socket.values('s', 1, 2); // in the same turn as the answer
    await settle();
    socket.values('s', 3, 3);
    socket.receive('stream_end', 's', 3);
    expect(await reading).toEqual({ values: ['v1', 'v2', 'v3'] });
    expect(socket.takeSent()).toEqual([['stream_ack', 's', 3]]);
    expect(socket.listeners).toBe(0);
  });

  it('waits for the connection before it asks, and asks once', async () => {
    const socket = new FakeStreamSocket(false);
    const values = stream(socket, 'ask');
    expect(socket.takeSent()).toEqual([]);
    socket.receive('connect_error', new Error('no route'));
    socket.connect();
    expect(socket.takeSent()).toEqual([['ask']]);
    socket.answer({ stream: 's' });
    socket.receive('stream_end', 's', 0);
    expect(await read(values)).toEqual({ values: [] });
  });

  it('keeps streams apart', async () => {
    const socket = new FakeStreamSocket();
    const [one, two] = [stream(socket, 'ask'), stream(socket, 'ask')];
    socket.answer({ stream: 'a' });
    socket.receive('stream', 'a', 1, 'first');
    socket.answer({ stream: 'b' });
    socket.receive('stream', 'b', 1, 'second');
    socket.receive('stream_end', 'b', 1, { code: 'internal', message: 'oops' });
    socket.receive('stream_end', 'a', 1);
    expect(await read(one)).toEqual({ values: ['first'] });
    expect(await read(two)).toEqual({ values: ['second'], error: error('internal', 'oops') });
  });

  it('gives concurrent calls of next() one value each', async () => {
    const { socket, values } = begin();
    const results = Promise.all([values.next(), values.next(), values.next()]);
    socket.values('s', 1, 2);
    socket.receive('stream_end', 's', 2);
    expect(await results).toEqual([
      { value: 'v1', done: false },
      { value: 'v2', done: false },
      { value: undefined, done: true },
    ]);
  });
});

describe('acknowledgements of a stream', () => {
  it('follow the loop: every 32 values that it has processed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { socket, values } = begin();
    socket.values('s', 1, 100);
    await settle();
    expect(socket.takeSent()).toEqual([]); // nothing is taken yet
    for (let n = 1; n <= 32; n++) await values.next();
    expect(socket.takeSent()).toEqual([]); // the 32nd is being processed
    await values.next();
    expect(socket.takeSent()).toEqual([['stream_ack', 's', 32]]);
    for (let n = 34; n <= 65; n++) await values.next();
    expect(socket.takeSent()).toEqual([['stream_ack', 's', 64]]);
    values.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are sent after 100 ms for fewer values, so that a server with a small buffer goes on', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { socket, values } = begin();
    socket.values('s', 1, 4);
    for (let n = 1; n <= 4; n++) await values.next();
    vi.advanceTimersByTime(99);
    expect(socket.takeSent()).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(socket.takeSent()).toEqual([['stream_ack', 's', 3]]);
    void values.next();
    await settle();
    vi.advanceTimersByTime(100);
    expect(socket.takeSent()).toEqual([['stream_ack', 's', 4]]);
    values.cancel();
  });

  it('wait for the connection, and for the stream to resume', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { socket, values } = begin();
    socket.values('s', 1, 3);
    socket.lose();
    for (let n = 1; n <= 3; n++) await values.next();
    vi.advanceTimersByTime(100);
    expect(socket.takeSent()).toEqual([]);
    socket.connect();
    expect(socket.takeSent()).toEqual([['stream_resume', 's', 3]]);
    socket.answer({});
    expect(socket.takeSent()).toEqual([['stream_ack', 's', 2]]);
    values.cancel();
  });
});

describe('a stream whose connection is lost', () => {
  it('resumes after the last value, ignores values that it has, and skips none', async () => {
    const { socket, values } = begin();
    const reading = read(values);
    socket.values('s', 1, 2);
    socket.lose();
    socket.connect();
    expect(socket.takeSent()).toEqual([['stream_resume', 's', 2]]);
    socket.values('s', 2, 4); // a recovered session sends some events again
    socket.answer({});
    socket.values('s', 3, 5);
    socket.lose();
    socket.connect();
    expect(socket.takeSent()).toEqual([['stream_resume', 's', 5]]);
    socket.answer({});
    socket.receive('stream_end', 's', 5);
    expect((await reading).values).toEqual(['v1', 'v2', 'v3', 'v4', 'v5']);
  });

  it('resumes if numbers are missing, once at a time', async () => {
    const { socket, values } = begin();
    const reading = read(values);
    socket.values('s', 1, 1);
    socket.values('s', 3, 5);
    expect(socket.takeSent()).toEqual([['stream_resume', 's', 1]]);
    socket.answer({});
    socket.values('s', 2, 4);
    socket.receive('stream_end', 's', 5);
    expect(socket.takeSent()).toEqual([['stream_resume', 's', 4]]);
    socket.answer({});
    socket.values('s', 5, 5);
    socket.receive('stream_end', 's', 5);
    expect(await reading).toEqual({ values: ['v1', 'v2', 'v3', 'v4', 'v5'] });
  });

  it('takes the stream back from an earlier connection of its own', async () => {
    const { socket, values } = begin();
    const reading = read(values);
    socket.values('s', 1, 2);
    socket.receive('stream_end', 's', 2, {
      code: 'stream_moved',
      message: 'Another connection has resumed the stream',
    });
    expect(socket.takeSent()).toEqual([['stream_resume', 's', 2]]);
    socket.answer({});
    socket.values('s', 3, 3);
    socket.receive('stream_end', 's', 3);
    expect(await reading).toEqual({ values: ['v1', 'v2', 'v3'] });
  });

  it('repeats the request to resume when its answer takes longer than `ackTimeout`', () => {
    const { socket } = begin();
    socket.lose();
    socket.connect();
    socket.answer(new Error('operation has timed out'));
    expect(socket.takeSent()).toEqual([
      ['stream_resume', 's', 0],
      ['stream_resume', 's', 0],
    ]);
  });

  it.each([
    ['stream_gone', 'the stream is unknown'],
    ['stream_lost', 'the values after 2 are no longer kept'],
    ['stream_forbidden', 'the stream belongs to another user'],
  ])('returns the values that have arrived and throws if the server answers %s', async (code, message) => {
    const { socket, values } = begin();
    socket.values('s', 1, 2);
    socket.lose();
    socket.connect();
    socket.answer({ error: { code, message } });
    expect(await read(values)).toEqual({ values: ['v1', 'v2'], error: error(code, message) });
    expect(socket.listeners).toBe(0);
  });

  it('throws if the answer has not arrived: the event is not repeated', async () => {
    const socket = new FakeStreamSocket();
    const values = stream(socket, 'ask');
    socket.lose();
    expect(await read(values)).toEqual({
      values: [],
      error: error('stream_unanswered', 'the connection was lost before the answer'),
    });
    socket.connect();
    expect(socket.takeSent()).toEqual([['ask']]);
  });

  it('throws if the answer takes longer than `ackTimeout`', async () => {
    const socket = new FakeStreamSocket();
    const values = stream(socket, 'ask');
    socket.answer(new Error('operation has timed out'));
    expect(await read(values)).toEqual({ values: [], error: error('stream_unanswered', 'operation has timed out') });
  });

  it.each(['io server disconnect', 'io client disconnect'])('throws after %s', async (reason) => {
    const { socket, values } = begin();
    socket.values('s', 1, 1);
    socket.active = false;
    socket.lose(reason);
    const message = `the socket does not reconnect: ${reason}`;
    expect(await read(values)).toEqual({ values: ['v1'], error: error('stream_disconnected', message) });
  });

  it('throws if the server refuses the next connection', async () => {
    const { socket, values } = begin();
    socket.lose();
    socket.active = false;
    socket.receive('connect_error', new Error('unknown token'));
    const message = 'the socket does not reconnect: unknown token';
    expect(await read(values)).toEqual({ values: [], error: error('stream_disconnected', message) });
  });
});

/** The server of the stream `s`. It makes the values `v1`, `v2` and so on. */
class StreamServer {
  made = 0;
  readonly #socket: FakeStreamSocket;

  constructor(socket: FakeStreamSocket) {
    this.#socket = socket;
  }

  send(count: number): void {
    this.#socket.values('s', this.made + 1, this.made + count);
    this.made += count;
  }

  /** Loses values with the connection, and sends them to the client that resumes, after some that it has. */
  lose(count: number, repeated: number): void {
    this.made += count;
    this.#socket.lose();
    this.#socket.takeSent();
    this.#socket.connect();
    const [, , n] = this.#socket.takeSent().find(([event]) => event === 'stream_resume') as [string, string, number];
    this.#socket.values('s', Math.max(1, n + 1 - repeated), n);
    this.#socket.answer({});
    this.#socket.values('s', n + 1, this.made);
  }
}

describe('a stream over a connection that is lost at random', () => {
  const count = nat(40);
  const step = oneof(
    record({ action: constant('send'), count, repeated: constant(0) }),
    record({ action: constant('lose'), count, repeated: nat(5) }),
    record({ action: constant('take'), count, repeated: constant(0) }),
  );

  it('has each value once and in order', async () => {
    await assert(
      asyncProperty(array(step, { maxLength: 30 }), async (steps) => {
        const { socket, values } = begin();
        const server = new StreamServer(socket);
        const taken: unknown[] = [];
        for (const { action, count, repeated } of steps) {
          if (action === 'send') server.send(count);
          else if (action === 'lose') server.lose(count, repeated);
          else for (let i = 0; i < count && taken.length < server.made; i++) taken.push((await values.next()).value);
        }
        socket.receive('stream_end', 's', server.made);
        expect([...taken, ...(await read(values)).values]).toEqual(
          Array.from({ length: server.made }, (_, index) => `v${index + 1}`),
        );
      }),
      { numRuns: 100 },
    );
  });
});

describe('the errors of a stream', () => {
  it('are those of the acknowledgement', async () => {
    const socket = new FakeStreamSocket();
    const values = stream(socket, 'ask');
    const answer = { code: 'bad_request', message: 'Validation failed', status: 400, details: [{ path: ['q'] }] };
    socket.answer({ error: answer });
    const { error: thrown } = await read(values);
    expect(thrown).toBeInstanceOf(StreamError);
    expect(thrown).toMatchObject({
      code: answer.code,
      message: answer.message,
      details: answer.details,
      cause: answer,
    });
  });

  it('follow the values, wherever the loop is', async () => {
    const { socket, values } = begin();
    socket.values('s', 1, 2);
    socket.receive('stream_end', 's', 2, { code: 'internal', message: 'Internal server error', id: 'x' });
    expect(await read(values)).toEqual({ values: ['v1', 'v2'], error: error('internal', 'Internal server error') });
    expect(await values.next()).toEqual({ value: undefined, done: true });
  });

  it('have a message if a filter answers with text', async () => {
    const { socket, values } = begin();
    socket.receive('stream_end', 's', 0, 'no more tea');
    expect(await read(values)).toEqual({ values: [], error: error('error', 'no more tea') });
  });

  it.each([[undefined], [null], [7], ['stream'], [{ streams: 7 }]])(
    'say that the answer must be a stream: %j',
    async (answer) => {
      const socket = new FakeStreamSocket();
      const values = stream(socket, 'ask');
      socket.answer(...(answer === undefined ? [] : [answer]));
      const { error: thrown } = await read(values);
      expect(thrown).toMatchObject({
        code: 'stream_expected',
        message: '"ask" must answer with a stream: write an async generator',
        details: answer,
      });
    },
  );
});

describe('cancelling a stream', () => {
  it('by cancel() ends the loop without an error, and without the values that were not taken', async () => {
    const { socket, values } = begin();
    const reading = read(values);
    socket.values('s', 1, 1);
    await settle();
    values.cancel();
    expect(await reading).toEqual({ values: ['v1'] });
    values.cancel();
    expect(socket.takeSent()).toEqual([['stream_cancel', 's']]);
    expect(socket.listeners).toBe(0);
  });

  it('after its end drops the values that were not taken, and the error', async () => {
    const { socket, values } = begin();
    socket.values('s', 1, 2);
    socket.receive('stream_end', 's', 2, { code: 'internal', message: 'oops' });
    expect(socket.takeSent()).toEqual([['stream_ack', 's', 2]]);
    values.cancel();
    expect(await read(values)).toEqual({ values: [] });
    expect(socket.takeSent()).toEqual([]);
  });

  it('by break sends one stream_cancel', async () => {
    const { socket, values } = begin();
    socket.values('s', 1, 3);
    for await (const value of values) if (value === 'v2') break;
    expect(socket.takeSent()).toEqual([['stream_cancel', 's']]);
    expect(await values.next()).toEqual({ value: undefined, done: true });
  });

  it('by return() works while next() waits', async () => {
    const { socket, values } = begin();
    const next = values.next();
    expect(await values.return()).toEqual({ value: undefined, done: true });
    expect(await next).toEqual({ value: undefined, done: true });
    expect(socket.takeSent()).toEqual([['stream_cancel', 's']]);
  });

  it('before the answer sends stream_cancel once the id is known', async () => {
    const socket = new FakeStreamSocket();
    const values = stream(socket, 'ask');
    values.cancel();
    expect(await read(values)).toEqual({ values: [] });
    expect(socket.takeSent()).toEqual([['ask']]);
    socket.answer({ stream: 's' });
    expect(socket.takeSent()).toEqual([['stream_cancel', 's']]);
  });

  it('while the connection is lost resumes it first, since the server obeys only the receiver', async () => {
    const { socket, values } = begin();
    socket.values('s', 1, 2);
    socket.lose();
    values.cancel();
    expect(socket.takeSent()).toEqual([['stream_resume', 's', 2]]); // the socket sends it when it is connected
    socket.connect();
    socket.answer({});
    expect(socket.takeSent()).toEqual([['stream_cancel', 's']]);
    expect(await read(values)).toEqual({ values: [] });
  });

  it('before the connection asks for nothing', () => {
    const socket = new FakeStreamSocket(false);
    stream(socket, 'ask').cancel();
    socket.connect();
    expect(socket.takeSent()).toEqual([]);
  });

  it('by a signal makes the loop throw its reason', async () => {
    const controller = new AbortController();
    const { socket, values } = begin('why?', controller.signal);
    const reading = read(values);
    socket.values('s', 1, 1);
    await settle();
    controller.abort(new Error('enough'));
    expect(await reading).toEqual({ values: ['v1'], error: new Error('enough') });
    expect(socket.takeSent()).toEqual([['stream_cancel', 's']]);
  });

  it('by a signal works after the last value has arrived, too', async () => {
    const controller = new AbortController();
    const { socket, values } = begin(controller.signal);
    socket.values('s', 1, 2);
    socket.receive('stream_end', 's', 2);
    expect(await values.next()).toEqual({ value: 'v1', done: false });
    controller.abort(new Error('enough'));
    await expect(values.next()).rejects.toThrow('enough');
  });

  it('by a signal that has aborted asks for nothing', async () => {
    const socket = new FakeStreamSocket();
    const values = stream(socket, 'ask', 'why?', AbortSignal.abort(new Error('too late')));
    expect(socket.takeSent()).toEqual([]);
    expect(await read(values)).toEqual({ values: [], error: new Error('too late') });
    expect(socket.listeners).toBe(0);
  });

  it('leaves a signal without listeners after the end', () => {
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, 'removeEventListener');
    const { socket } = begin(signal);
    socket.receive('stream_end', 's', 0);
    expect(removed).toHaveBeenCalledOnce();
  });
});
