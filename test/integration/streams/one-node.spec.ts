import { describe, expect, it, vi } from 'vitest';
import { MessageBody } from '@nestjs/websockets';
import { Event, Gateway, Signal } from 'nest-socketio';
import type { Socket } from 'socket.io-client';
import { received, serve } from '../../support/nest-rig.js';

/** The values of a stream as a stock client gets them, from now on. */
function follow(client: Socket): { values: [number, unknown][]; ends: unknown[][] } {
  const followed = { values: [] as [number, unknown][], ends: [] as unknown[][] };
  client.on('stream', (_id: string, n: number, value: unknown) => followed.values.push([n, value]));
  client.on('stream_end', (_id: string, ...rest: unknown[]) => followed.ends.push(rest));
  return followed;
}

describe('a stream', () => {
  const ended = vi.fn();
  let signal: AbortSignal | undefined;

  @Gateway()
  class Oracle {
    @Event()
    async *ask(@MessageBody() question: string): AsyncGenerator<string> {
      yield 'You asked: ';
      yield question;
    }

    @Event()
    async *forever(@Signal() given: AbortSignal): AsyncGenerator<number> {
      signal = given;
      try {
        for (let n = 1; !given.aborted; n++) {
          yield n;
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      } finally {
        ended();
      }
    }
  }

  it('sends the values, numbered, and its end', async () => {
    const { join } = await serve([Oracle]);
    const client = await join();
    const packets = received(client);
    const { stream } = (await client.emitWithAck('ask', 'why?')) as { stream: string };
    await vi.waitFor(() => expect(packets).toHaveLength(4));
    expect(packets.map(({ type }) => type)).toEqual(['ack', 'event', 'event', 'event']);
    expect(packets.slice(1).map(({ data }) => data)).toEqual([
      ['stream', stream, 1, 'You asked: '],
      ['stream', stream, 2, 'why?'],
      ['stream_end', stream, 2],
    ]);
  });

  it('ends when the client cancels it', async () => {
    const { join } = await serve([Oracle]);
    const client = await join();
    const { values, ends } = follow(client);
    const { stream } = (await client.emitWithAck('forever')) as { stream: string };
    await vi.waitFor(() => expect(values.length).toBeGreaterThan(2));
    expect(signal?.aborted).toBe(false);
    await client.emitWithAck('stream_cancel', stream);
    await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce());
    expect(signal?.aborted).toBe(true);
    expect(ends).toEqual([]);
  });

  it('continues on another connection', async () => {
    const { join } = await serve([Oracle]);
    const first = await join();
    const before = follow(first);
    const { stream } = (await first.emitWithAck('forever')) as { stream: string };
    await vi.waitFor(() => expect(before.values.length).toBeGreaterThan(5));
    first.io.engine.close();
    const second = await join();
    const after = follow(second);
    expect(await second.emitWithAck('stream_resume', stream, 3)).toEqual({});
    await vi.waitFor(() => expect(after.values.length).toBeGreaterThan(10));
    expect(after.values.slice(0, 4)).toEqual([4, 5, 6, 7].map((n) => [n, n]));
    expect(await second.emitWithAck('stream_resume', 'unknown', 3)).toEqual({
      error: { code: 'stream_gone', message: expect.any(String) as string },
    });
  });
});
