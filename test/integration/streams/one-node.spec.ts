/** Streams with the stock client, on one node. */
import {
  type ArgumentsHost,
  Catch,
  ClassSerializerInterceptor,
  type ExceptionFilter,
  ForbiddenException,
  type NestInterceptor,
  NotFoundException,
  ParseIntPipe,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { ConnectedSocket, MessageBody, WsException } from '@nestjs/websockets';
import { once } from 'node:events';
import { Auth, Event, Gateway, OnConnect, RateLimit, Server, Signal, type Socket as ServerSocket } from 'nest-socketio';
import { TestClient } from 'nest-socketio/testing';
import { concat, from, interval, map, of, take, tap, throwError } from 'rxjs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { next, SOON } from '../../support/events.js';
import { received, serve } from '../../support/nest-rig.js';
import { askFor, askOnly, counted, tcpOf } from '../../support/streams.js';

/** A call of a handler. */
interface Run {
  signal: AbortSignal | null;
  /** The number of values that were taken. */
  taken: number;
  ended: number;
}

/** The calls of this test. */
let runs: Run[] = [];
const intercepted = vi.fn();

beforeEach(() => {
  runs = [];
  intercepted.mockReset();
});

async function* numbers(to: number, signal: AbortSignal | null = null): AsyncGenerator<number> {
  const run: Run = { signal, taken: 0, ended: 0 };
  runs.push(run);
  try {
    while (run.taken < to) {
      yield ++run.taken;
      if (signal !== null) await new Promise((resolve) => setTimeout(resolve, 4));
    }
  } finally {
    run.ended++;
  }
}

const watch: NestInterceptor = {
  intercept: (_context, handler) => handler.handle().pipe(tap((item) => intercepted(item))),
};

@Catch(NotFoundException)
class AnswerNotFound implements ExceptionFilter {
  catch(error: NotFoundException, _host: ArgumentsHost): object {
    return { code: 'filtered', message: error.message };
  }
}

@Gateway({ concurrency: 'serial' })
class Oracle {
  @OnConnect()
  enter(@ConnectedSocket() client: ServerSocket, @Auth('user') user?: string): void {
    if (user !== undefined) client.user = { id: user };
  }

  @Event()
  async *ask(@MessageBody() question: string): AsyncGenerator<string> {
    yield 'You asked: ';
    yield question;
  }

  @Event()
  async *forever(@Signal() signal: AbortSignal): AsyncGenerator<number> {
    yield* numbers(Infinity, signal);
  }

  @Event()
  async *blocks(): AsyncGenerator<string> {
    for await (const n of numbers(Infinity)) yield `${n}${'x'.repeat(20_000)}`;
  }

  @Event()
  async *slowly(): AsyncGenerator<number> {
    for await (const n of numbers(2)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      yield n;
    }
  }

  @Event()
  async count(@MessageBody() to: number): Promise<AsyncIterable<number>> {
    return Promise.resolve(numbers(to));
  }

  @Event()
  @UseInterceptors(watch, ClassSerializerInterceptor)
  @UseFilters(AnswerNotFound)
  async *enhanced(@MessageBody(ParseIntPipe) to: number): AsyncGenerator<number> {
    yield* numbers(to);
    throw new NotFoundException('nothing else');
  }

  @Event()
  @UseGuards({
    canActivate: () => {
      throw new ForbiddenException('Not you');
    },
  })
  async *guarded(): AsyncGenerator<number> {
    yield* numbers(1);
  }

  @Event()
  async *failing(@MessageBody() error: 'coded' | 'internal'): AsyncGenerator<number> {
    yield 1;
    throw error === 'coded' ? new WsException({ code: 'no_tokens', message: 'No tokens left' }) : new Error('secret');
  }

  @Event('items', { stream: true })
  items(): unknown {
    return concat(
      of(1, 2),
      throwError(() => new WsException('enough')),
    );
  }

  @Event('ticks', { stream: true })
  @UseInterceptors(watch)
  ticks(): unknown {
    return interval(1).pipe(
      take(3),
      map((index) => index + 1),
    );
  }

  @Event('single', { stream: true })
  single(): number {
    return 5;
  }

  @Event('watched', { stream: true })
  @UseInterceptors(watch)
  async watched(): Promise<number> {
    return 5;
  }

  @Event()
  last(): unknown {
    return from([1, 2, 3]);
  }

  @Event()
  async wait(@Signal() signal: AbortSignal): Promise<void> {
    const run: Run = { signal, taken: 0, ended: 0 };
    runs.push(run);
    await once(signal, 'abort');
    run.ended++;
  }

  @Event()
  @RateLimit(1, { per: 60_000 })
  async *rare(): AsyncGenerator<number> {
    yield* numbers(1);
  }
}

function start(options: object = {}) {
  return serve([Oracle], { server: options });
}

describe('a stream to a stock client', () => {
  it('is the values, numbered, and the end', async () => {
    const { join } = await start();
    const client = await join();
    const packets = received(client);
    const { stream } = (await client.emitWithAck('ask', 'why?')) as { stream: string };
    expect(stream).toMatch(/^[\w-]{20}$/);
    await vi.waitFor(() => expect(packets).toHaveLength(4), SOON);
    expect(packets.map(({ type }) => type)).toEqual(['ack', 'event', 'event', 'event']);
    expect(packets.slice(1).map(({ data }) => data)).toEqual([
      ['stream', stream, 1, 'You asked: '],
      ['stream', stream, 2, 'why?'],
      ['stream_end', stream, 2],
    ]);
  });

  it('is not taken for an event to resume from, with connection state recovery', async () => {
    const { join } = await start({ connectionStateRecovery: {} });
    const client = await join();
    const packets = received(client);
    const { stream } = (await client.emitWithAck('ask', 'why?')) as { stream: string };
    await vi.waitFor(() => expect(packets).toHaveLength(4), SOON);
    expect(packets[1]?.data).toEqual(['stream', stream, 1, 'You asked: ', null]);
  });

  it('sends more values than it keeps, at the pace of acknowledgements, or without any', async () => {
    const { join } = await start({ streams: { buffer: 16 } });
    const client = await join();
    const stream = await askFor(client, 'count', 300);
    await vi.waitFor(() => expect(stream.ends).toEqual([[300]]), SOON);
    expect(stream.values).toEqual(counted(300));
    const other = await askOnly(await join(), 'count', 300);
    await vi.waitFor(() => expect(other.ends).toEqual([[300]]), SOON);
    expect(other.values).toEqual(counted(300));
  });

  it('does not keep the next event waiting, although the gateway is serial', async () => {
    const { join } = await start();
    const client = await join();
    await askFor(client, 'forever');
    expect(await client.emitWithAck('last')).toBe(3);
  });

  it('is cancelled by the client', async () => {
    const { join } = await start();
    const client = await join();
    const stream = await askFor(client, 'forever');
    await vi.waitFor(() => expect(stream.last).toBeGreaterThan(2), SOON);
    expect(runs[0]?.signal?.aborted).toBe(false);
    expect(await client.emitWithAck('stream_cancel', stream.id)).toEqual({});
    await vi.waitFor(() => expect(runs[0]?.ended).toBe(1), SOON);
    expect(runs[0]?.signal?.aborted).toBe(true);
    expect(stream.ends).toEqual([]);
  });

  it('ends at once when the client leaves, and in time when its connection is lost', async () => {
    const { join } = await start({ streams: { resumeWithin: 64 } });
    const leaving = await join();
    await askFor(leaving, 'forever');
    leaving.disconnect();
    await vi.waitFor(() => expect(runs[0]?.ended).toBe(1), SOON);
    const lost = await join();
    await askFor(lost, 'forever');
    lost.io.engine.close();
    await vi.waitFor(() => expect(runs[1]?.ended).toBe(1), SOON);
    expect(runs.map(({ signal }) => signal?.aborted)).toEqual([true, true]);
  });

  it('ends when the server closes, which the client learns', async () => {
    const { app, join } = await start();
    const stream = await askFor(await join(), 'forever');
    await vi.waitFor(() => expect(stream.last).toBeGreaterThan(2), SOON);
    await app.get(Server).close();
    expect(runs[0]?.signal?.aborted).toBe(true);
    await vi.waitFor(() => expect(stream.ends).toHaveLength(1), SOON);
    expect(stream.ends[0]).toEqual([
      stream.last,
      { code: 'stream_gone', message: 'The stream has ended, or its server is gone' },
    ]);
  });

  it('is resumed after a lost connection', async () => {
    const { join } = await start();
    const first = await join();
    const stream = await askFor(first, 'forever');
    await vi.waitFor(() => expect(stream.last).toBeGreaterThan(5), SOON);
    first.io.engine.close();
    expect(await stream.resume(await join())).toEqual({});
    await vi.waitFor(() => expect(stream.last).toBeGreaterThan(20), SOON);
    expect(stream.values).toEqual(counted(stream.last));
  });

  it('is resumed although the former connection looks alive, which then gets nothing more', async () => {
    const { join } = await start();
    const first = await join();
    const stream = await askFor(first, 'forever');
    await vi.waitFor(() => expect(stream.last).toBeGreaterThan(5), SOON);
    first.off('stream');
    const late = vi.fn();
    const second = await join();
    expect(await stream.resume(second)).toEqual({});
    await first.emitWithAck('last');
    first.on('stream', late);
    await vi.waitFor(() => expect(stream.last).toBeGreaterThan(20), SOON);
    expect(stream.values).toEqual(counted(stream.last));
    expect(late).not.toHaveBeenCalled();
    await first.emitWithAck('stream_cancel', stream.id); // it is no longer its stream
    expect(runs[0]?.ended).toBe(0);
  });

  it('is refused to another user, and to a client that comes too late', async () => {
    const { join } = await start({ streams: { buffer: 4 } });
    const client = await join('/', { auth: { user: 'ada' } });
    const stream = await askFor(client, 'count', 100);
    await vi.waitFor(() => expect(stream.ends).toEqual([[100]]), SOON);
    const other = await join('/', { auth: { user: 'bob' } });
    expect(await other.emitWithAck('stream_resume', stream.id, 100)).toMatchObject({
      error: { code: 'stream_forbidden' },
    });
    const again = await join('/', { auth: { user: 'ada' } });
    const resume = (id: unknown, n: unknown): Promise<unknown> => again.emitWithAck('stream_resume', id, n);
    expect(await resume(stream.id, 1)).toMatchObject({ error: { code: 'stream_lost' } });
    expect(await resume('x'.repeat(20), 1)).toMatchObject({ error: { code: 'stream_gone' } });
    for (const [id, n] of [[7, 1], [stream.id, -1], [stream.id, '1'], [stream.id]] as const) {
      expect(await resume(id, n)).toMatchObject({ error: { code: 'bad_request' } });
    }
    expect(await resume(stream.id, 100)).toEqual({});
    await vi.waitFor(() => expect(stream.ends).toHaveLength(1), SOON);
  });

  it('slows the generator down for a client that does not read', async () => {
    const { join } = await start({ slowClients: 'drop-volatile', streams: { buffer: 10_000 } });
    const client = await join();
    const stream = await askOnly(client, 'blocks');
    tcpOf(client).pause();
    let before = -1;
    await vi.waitFor(
      () => {
        const [was, now] = [before, runs[0]?.taken ?? 0];
        before = now;
        expect(now).toBe(was);
      },
      { ...SOON, interval: 100 },
    );
    expect(before).toBeLessThan(2_000); // 20 kB each: what fits into the buffers of the operating system
    tcpOf(client).resume();
    await vi.waitFor(() => expect(stream.last).toBeGreaterThan(before), SOON);
  });

  it('is one of hundreds, up to a limit', async () => {
    const { join } = await start({ limits: { streams: 200 } });
    const client = await join();
    const streams = await Promise.all(Array.from({ length: 200 }, () => askFor(client, 'forever')));
    expect(await client.emitWithAck('ask', 'one more?')).toEqual({
      error: { code: 'too_many_streams', message: 'Too many streams of this client are open' },
    });
    await vi.waitFor(() => expect(streams.every(({ last }) => last > 2)).toBe(true), SOON);
    await client.emitWithAck('stream_cancel', streams[0]?.id);
    expect(await client.emitWithAck('ask', 'one more?')).toEqual({ stream: expect.any(String) as string });
    client.disconnect();
    await vi.waitFor(() => expect(runs.map((run) => run.ended)).toEqual(runs.map(() => 1)), SOON);
    expect(runs).toHaveLength(200);
  });
});

describe('a stream to a test client', () => {
  it('is awaited as long as the handler works on a value', async () => {
    const { app } = await start();
    const client = await TestClient.connect(app);
    const { stream } = (await client.emitWithAck('slowly')) as { stream: string };
    expect(await client.next('stream')).toEqual([stream, 1, 1]);
    expect(await client.next('stream')).toEqual([stream, 2, 2]);
    expect(await client.next('stream_end')).toEqual([stream, 2]);
    await client.settled();
  });
});

describe('an event that answers with a stream', () => {
  it('needs an acknowledgement', async () => {
    const { join } = await start();
    const client = await join();
    client.emit('count', 10);
    expect(await next(client, 'exception')).toEqual([
      { code: 'stream_needs_ack', message: 'The event answers with a stream: emit it with an acknowledgement' },
    ]);
    expect(runs).toEqual([]);
  });

  it('is refused in the acknowledgement by guards, pipes and rate limits', async () => {
    const { join } = await start();
    const client = await join();
    expect(await client.emitWithAck('guarded')).toEqual({
      error: { code: 'forbidden', message: 'Not you', status: 403 },
    });
    expect(await client.emitWithAck('enhanced', 'x')).toMatchObject({ error: { code: 'bad_request', status: 400 } });
    await client.emitWithAck('rare');
    expect(await client.emitWithAck('rare')).toMatchObject({ error: { code: 'rate_limited' } });
  });

  it('passes interceptors as an iterable, and its error passes filters', async () => {
    const { join } = await start();
    const stream = await askFor(await join(), 'enhanced', '2');
    await vi.waitFor(() => expect(stream.ends).toHaveLength(1), SOON);
    expect(stream.values).toEqual(counted(2));
    expect(stream.ends).toEqual([[2, { code: 'filtered', message: 'nothing else' }]]);
    expect(intercepted).toHaveBeenCalledOnce();
  });

  it('ends with an error like that of acknowledgements, logged once', async () => {
    const { join, log } = await start();
    const client = await join();
    const coded = await askFor(client, 'failing', 'coded');
    await vi.waitFor(() => expect(coded.ends).toEqual([[1, { code: 'no_tokens', message: 'No tokens left' }]]), SOON);
    expect(log.errors).toEqual([]);
    const internal = await askFor(client, 'failing', 'internal');
    await vi.waitFor(() => expect(internal.ends).toHaveLength(1), SOON);
    expect(internal.ends[0]).toEqual([
      1,
      { code: 'internal', message: 'Internal server error', id: expect.any(String) as string },
    ]);
    expect(log.errors).toHaveLength(1);
    expect(log.errors[0]?.[0]).toContain('Oracle.failing failed');
  });

  it('streams an Observable if the handler says so', async () => {
    const { join } = await start();
    const client = await join();
    const items = await askFor(client, 'items');
    await vi.waitFor(() => expect(items.ends).toEqual([[2, { code: 'error', message: 'enough' }]]), SOON);
    expect(items.values).toEqual(counted(2));
    const ticks = await askFor(client, 'ticks');
    await vi.waitFor(() => expect(ticks.ends).toEqual([[3]]), SOON);
    expect(ticks.values).toEqual(counted(3));
    expect(intercepted.mock.calls).toEqual([[1], [2], [3]]);
    expect(await client.emitWithAck('last')).toBe(3);
  });

  it('must not be a single value, with interceptors or without', async () => {
    const { join, log } = await start();
    const client = await join();
    const failure = { code: 'internal', message: 'Internal server error' };
    expect(await client.emitWithAck('single')).toMatchObject({ error: failure });
    const watched = await askFor(client, 'watched');
    await vi.waitFor(() => expect(watched.ends).toMatchObject([[0, failure]]), SOON);
    const reasons = log.errors.map(([, error]) => (error as Error).message);
    expect(reasons.map((reason) => reason.slice(0, 14))).toEqual(['Oracle.single ', 'Oracle.watched']);
    for (const reason of reasons) expect(reason).toMatch(/ has the option .* got 5: return of\(value\)/);
  });
});

describe('@Signal()', () => {
  it('is aborted in any handler when the client leaves', async () => {
    const { join } = await start();
    const client = await join();
    client.emit('wait');
    await vi.waitFor(() => expect(runs).toHaveLength(1), SOON);
    expect(runs[0]?.signal?.aborted).toBe(false);
    client.io.engine.close();
    await vi.waitFor(() => expect(runs[0]?.ended).toBe(1), SOON);
  });
});
