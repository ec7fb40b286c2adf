import { ForbiddenException, HttpException } from '@nestjs/common';
import { Readable } from 'node:stream';
import { EMPTY, of, throwError } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { ackArgs, FilterAnswer } from '../../../lib/nest/events/answer.js';
import type { Call } from '../../../lib/nest/call.js';
import { BoundEvent, type Invocation } from '../../../lib/nest/events/event-handler.js';
import { type EventPacket, PacketType } from '../../../lib/protocol/internal.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { FakeClient } from '../../support/nest-client.js';

const FORBIDDEN = { code: 'forbidden', status: 403, message: 'no' };

function circular(): unknown {
  const value: { self?: unknown } = {};
  value.self = value;
  return value;
}

async function* ticks(): AsyncGenerator<number> {
  yield await Promise.resolve(1);
}

/** Hands an event to a handler; `id` is null where the client asks for no acknowledgement. */
function handle(run: Invocation['run'], options: { id?: number | null; takesAck?: boolean } = {}) {
  const { id = 7, takesAck = false } = options;
  const client = new FakeClient();
  const log = new RecordingLog();
  const bound = new BoundEvent({ where: 'Chat.say', takesAck, takesSignal: false, run }, log);
  const packet: EventPacket = { type: PacketType.EVENT, nsp: '/', id: id ?? undefined, data: ['say', 'hi'] };
  const done = bound.handle(client.socket, packet);
  return { client, log, done };
}

describe('BoundEvent', () => {
  it('calls the handler with the client and the data', () => {
    const run = vi.fn<(call: Call) => void>();
    const { client } = handle(run);
    expect(run).toHaveBeenCalledOnce();
    const call = run.mock.calls[0]?.[0];
    expect(call?.client).toBe(client);
    expect(call?.data).toEqual(['say', 'hi']);
  });

  it.each([null, 0, false, '', 'text', { a: 1 }, [1, 2]])('acknowledges with %j', (result) => {
    expect(handle(() => result).client.acknowledged).toEqual([[7, [result]]]);
  });

  it('acknowledges with nothing when the handler returns nothing', () => {
    expect(handle(() => undefined).client.acknowledged).toEqual([[7, []]]);
  });

  it('acknowledges with several arguments', () => {
    expect(handle(() => ackArgs(1, [2])).client.acknowledged).toEqual([[7, [1, [2]]]]);
  });

  it('acknowledges a synchronous result synchronously', () => {
    const { client, done } = handle(() => 'now');
    expect(done).toBeUndefined(); // no promise to wait for
    expect(client.acknowledged).toEqual([[7, ['now']]]);
  });

  it.each<[string, () => unknown]>([
    ['a generator', ticks],
    ['a stream', () => Readable.from(['a'])],
    ['the promise of a stream', () => Promise.resolve(Readable.from(['a']))],
  ])('fails with a clear error in the log if the handler acknowledges, and returns %s', async (_what, run) => {
    const acknowledged = handle(run, { takesAck: true });
    const unacknowledged = handle(run, { takesAck: true, id: null });
    await Promise.all([acknowledged.done, unacknowledged.done]);
    expect(acknowledged.client.acknowledged).toEqual([[7, [{ error: expect.objectContaining({ code: 'internal' }) }]]]);
    expect(unacknowledged.client.emitted).toEqual([['exception', expect.objectContaining({ code: 'internal' })]]);
    for (const { log } of [acknowledged, unacknowledged]) {
      expect(log.errors).toEqual([
        [expect.stringContaining('Chat.say failed'), expect.objectContaining({ code: 'INVALID_HANDLER' })],
      ]);
      expect(String(log.errors[0]?.[1])).toContain('Chat.say must acknowledge or return a stream, got both');
    }
  });

  it('acknowledges the id 0', () => {
    expect(handle(() => 'first', { id: 0 }).client.acknowledged).toEqual([[0, ['first']]]);
  });

  it.each<[string, () => unknown, unknown[]]>([
    ['a promise', () => Promise.resolve('later'), ['later']],
    ['a promise of nothing', () => Promise.resolve(), []],
    ['a promise of null', () => Promise.resolve(null), [null]],
    // oxlint-disable-next-line unicorn/no-thenable -- as the queries of some database libraries
    ['a thenable', () => ({ then: (resolve: (value: string) => void) => resolve('row') }), ['row']],
    ['an Observable', () => of(1, 2, 3), [3]],
    ['an Observable without a value', () => EMPTY, []],
    ['a promise of an Observable', () => Promise.resolve(of('a', 'b')), ['b']],
    ['a promise of several arguments', () => Promise.resolve(ackArgs(1, 2)), [1, 2]],
  ])('acknowledges with the value of %s', async (_what, run, args) => {
    const { client, done } = handle(run);
    expect(client.acknowledged).toEqual([]);
    await done;
    expect(client.acknowledged).toEqual([[7, args]]);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new ForbiddenException('no');
      },
    ],
    ['rejects', () => Promise.reject(new ForbiddenException('no'))],
    ['returns an Observable that fails', () => throwError(() => new ForbiddenException('no'))],
  ])('acknowledges with the error when the handler %s', async (_what, run) => {
    const { client, done, log } = handle(run);
    await done;
    expect(client.acknowledged).toEqual([[7, [{ error: FORBIDDEN }]]]);
    expect(client.emitted).toEqual([]);
    expect(log.errors).toEqual([]);
  });

  it("logs an error that was not meant for the client, with the handler's name", () => {
    const error = new Error('secret');
    const { client, log } = handle(() => {
      throw error;
    });
    const [[, [answer]]] = client.acknowledged as [[number, [{ error: { id: string } }]]];
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(log.errors).toEqual([[`Chat.say failed; the client got only the id ${answer.error.id}`, error]]);
  });

  describe('when no acknowledgement is requested', () => {
    it.each<[string, () => unknown]>([
      ['a value', () => 'value'],
      ['a promise', () => Promise.resolve('value')],
      ["a filter's answer", () => new FilterAnswer('value')],
    ])('sends nothing for %s', async (_what, run) => {
      const { client, done } = handle(run, { id: null });
      await done;
      expect(client.acknowledged).toEqual([]);
      expect(client.emitted).toEqual([]);
    });

    it.each<[string, () => unknown]>([
      [
        'throws',
        () => {
          throw new ForbiddenException('no');
        },
      ],
      ['rejects', () => Promise.reject(new ForbiddenException('no'))],
    ])('emits an exception when the handler %s', async (_what, run) => {
      const { client, done } = handle(run, { id: null });
      await done;
      expect(client.emitted).toEqual([['exception', FORBIDDEN]]);
      expect(client.acknowledged).toEqual([]);
    });

    it('emits no exception to a client that has left', () => {
      const { client } = handle(
        ({ client }) => {
          (client as unknown as FakeClient).connected = false;
          throw new ForbiddenException('no');
        },
        { id: null },
      );
      expect(client.emitted).toEqual([]);
    });
  });

  describe('when the handler acknowledges itself', () => {
    const takesAck = true;

    it.each<[string, unknown]>([
      ['a value', 'ignored'],
      ['nothing', undefined],
    ])('leaves it to the handler and does not acknowledge with %s', (_what, result) => {
      expect(handle(() => result, { takesAck }).client.acknowledged).toEqual([]);
    });

    it('uses the first call only', () => {
      const { client } = handle(
        ({ ack }) => {
          ack?.('first', 1);
          ack?.('second');
          return 'third';
        },
        { takesAck },
      );
      expect(client.acknowledged).toEqual([[7, ['first', 1]]]);
    });

    it('passes no acknowledgement if none is requested', () => {
      const run = vi.fn<(call: Call) => void>();
      handle(run, { takesAck, id: null });
      expect(run.mock.calls[0]?.[0].ack).toBeUndefined();
    });

    it('passes none to a handler that does not take it either', () => {
      const run = vi.fn<(call: Call) => void>();
      handle(run, { takesAck: false });
      expect(run.mock.calls[0]?.[0].ack).toBeUndefined();
    });

    it('acknowledges for it if it fails before it has acknowledged', () => {
      const { client } = handle(
        () => {
          throw new ForbiddenException('no');
        },
        { takesAck },
      );
      expect(client.acknowledged).toEqual([[7, [{ error: FORBIDDEN }]]]);
    });

    it('does not acknowledge again if it fails after it has acknowledged', async () => {
      const { client, done } = handle(
        async ({ ack }) => {
          ack?.('done');
          await Promise.resolve();
          throw new ForbiddenException('no');
        },
        { takesAck },
      );
      await done;
      expect(client.acknowledged).toEqual([[7, ['done']]]);
      expect(client.emitted).toEqual([]);
    });

    it("acknowledges with a filter's answer if the handler has not acknowledged", () => {
      expect(handle(() => new FilterAnswer('filtered'), { takesAck }).client.acknowledged).toEqual([[7, ['filtered']]]);
      const { client } = handle(
        ({ ack }) => {
          ack?.('by hand');
          return new FilterAnswer('filtered');
        },
        { takesAck },
      );
      expect(client.acknowledged).toEqual([[7, ['by hand']]]);
    });
  });

  it("acknowledges with a filter's answer", () => {
    expect(handle(() => new FilterAnswer({ ok: false })).client.acknowledged).toEqual([[7, [{ ok: false }]]]);
    expect(handle(() => new FilterAnswer(ackArgs(1, 2))).client.acknowledged).toEqual([[7, [1, 2]]]);
  });

  describe('when the answer cannot be sent', () => {
    const INTERNAL = { code: 'internal', message: 'Internal server error', id: expect.any(String) as string };

    it.each<[string, boolean, Invocation['run']]>([
      ['a result', false, () => circular()],
      ['a promised result', false, () => Promise.resolve(circular())],
      ['an own acknowledgement', true, ({ ack }) => ack?.(circular())],
      [
        'the details of an error',
        false,
        () => {
          throw new HttpException({ details: circular() }, 400);
        },
      ],
      ['the details of a later error', false, () => Promise.reject(new HttpException({ details: circular() }, 400))],
    ])('acknowledges with an error and logs why: %s', async (_what, takesAck, run) => {
      const { client, done, log } = handle(run, { takesAck });
      await done;
      expect(client.acknowledged).toEqual([[7, [{ error: INTERNAL }]]]);
      expect(log.errors).toEqual([[expect.stringMatching(/^Chat\.say failed/), expect.any(TypeError)]]);
    });

    it('emits an exception and logs why', () => {
      const { client, log } = handle(
        () => {
          throw new HttpException({ details: circular() }, 400);
        },
        { id: null },
      );
      expect(client.emitted).toEqual([['exception', INTERNAL]]);
      expect(log.errors).toHaveLength(1);
    });

    it('survives an exception without a response', () => {
      const { client } = handle(() => {
        throw new HttpException(null as unknown as string, 400);
      });
      expect(client.acknowledged).toEqual([[7, [{ error: INTERNAL }]]]);
    });
  });
});
