import { describe, expect, it, vi } from 'vitest';
import type { EventPacket } from '../../../lib/protocol/internal.js';
import { FIRST_ACK_TIME } from '../../../lib/server/streams/stream.js';
import { Numbers, openStream, RecordingReceiver, settle } from './stream-rig.js';

function values(from: number, to: number): unknown[][] {
  return Array.from({ length: to - from + 1 }, (_, index) => ['stream', from + index, from + index]);
}

function withoutEnds({ data }: EventPacket): string {
  if (data[0] === 'stream_end') throw new Error('no ends');
  return `2${JSON.stringify(data)}`;
}

describe('Stream', () => {
  it('takes nothing before it may proceed', async () => {
    const numbers = new Numbers();
    openStream(numbers.upTo(3));
    await settle();
    expect(numbers.taken).toBe(0);
  });

  it('numbers the values and the end', async () => {
    const { stream, receiver, notices } = openStream(new Numbers().upTo(3));
    stream.proceed(receiver);
    await settle();
    expect(receiver.events).toEqual([...values(1, 3), ['stream_end', 3]]);
    expect(notices).toEqual(['waits']);
  });

  it('ignores the acknowledgement of a value that was not sent', async () => {
    const { stream, receiver } = openStream(new Numbers().upTo(2));
    stream.proceed(receiver);
    await settle();
    stream.acknowledge(3);
    expect(receiver.acknowledges).toBeNull();
  });

  it('waits to be resumed only when its end has been sent, however slow its receiver is', async () => {
    const { stream, receiver, notices } = openStream(new Numbers().upTo(1));
    receiver.lag();
    stream.proceed(receiver);
    await settle();
    receiver.lag(false);
    expect(notices).toEqual([]);
    await settle();
    expect(receiver.events).toEqual([...values(1, 1), ['stream_end', 1]]);
    expect(notices).toEqual(['waits']);
  });

  it('does not wait for longer when it ends without a receiver', async () => {
    const { stream, receiver, notices } = openStream(new Numbers().upTo(2));
    receiver.lag();
    stream.proceed(receiver);
    await settle();
    stream.detach();
    await settle();
    expect([stream.isRunning, notices]).toEqual([false, ['waits']]);
  });

  it('ends without a value', async () => {
    const { stream, receiver } = openStream(new Numbers().upTo(0));
    stream.proceed(receiver);
    await settle();
    expect(receiver.events).toEqual([['stream_end', 0]]);
  });

  it('takes no value while the receiver has enough', async () => {
    const numbers = new Numbers();
    const { stream, receiver } = openStream(numbers.upTo(100));
    receiver.lag();
    stream.proceed(receiver);
    await settle();
    expect(numbers.taken).toBe(1);
    receiver.lag(false);
    await settle();
    expect(numbers.taken).toBe(4);
  });

  it('takes no value while the buffer waits for acknowledgements', async () => {
    const numbers = new Numbers();
    const { stream, receiver, clock } = openStream(numbers.upTo(100));
    receiver.acknowledges = true;
    stream.proceed(receiver);
    await settle();
    expect(numbers.taken).toBe(4);
    clock.advance(FIRST_ACK_TIME * 2);
    await settle();
    expect(numbers.taken).toBe(4);
    stream.acknowledge(3);
    await settle();
    expect(receiver.events).toEqual(values(1, 7));
  });

  it('takes all values if the client never acknowledges, and keeps the newest', async () => {
    const numbers = new Numbers();
    const { stream, receiver, clock } = openStream(numbers.upTo(100));
    stream.proceed(receiver);
    await settle();
    expect(numbers.taken).toBe(4);
    clock.advance(FIRST_ACK_TIME);
    await settle(10);
    expect(receiver.events).toEqual([...values(1, 100), ['stream_end', 100]]);
    expect(stream.keeps(95)).toBe(false);
    expect(stream.keeps(96)).toBe(true);
    expect(stream.keeps(101)).toBe(false);
  });

  it('keeps bytes of one client within a bound, and always one value of each stream', async () => {
    const numbers = new Numbers();
    const { stream, receiver, account } = openStream(numbers.upTo(100), { buffer: 50, maxBytes: 400 });
    receiver.acknowledges = true;
    stream.proceed(receiver);
    await settle();
    expect(numbers.taken).toBe(3);
    account.bytes += 1_000; // of other streams
    stream.acknowledge(3);
    await settle();
    expect(numbers.taken).toBe(4);
    expect(account.bytes).toBe(1_000 + stream.bytes);
  });

  it('ignores the acknowledgement of a value that was not sent', async () => {
    const numbers = new Numbers();
    const { stream, receiver } = openStream(numbers.upTo(100));
    receiver.acknowledges = true;
    stream.proceed(receiver);
    await settle();
    stream.acknowledge(1_000);
    await settle();
    expect(numbers.taken).toBe(4);
  });

  it('fills the buffer without a receiver, and sends another one what it misses', async () => {
    const numbers = new Numbers();
    const { stream, receiver, account, notices } = openStream(numbers.upTo(6));
    receiver.lag();
    stream.proceed(receiver);
    await settle();
    stream.detach();
    await settle();
    expect([receiver.isClosed, numbers.taken]).toEqual([true, 4]);
    const other = new RecordingReceiver();
    const itsAccount = { bytes: 0, address: '' };
    stream.resume(other, 1, itsAccount);
    await settle();
    expect(other.events).toEqual([]);
    stream.proceed(other);
    await settle();
    expect(other.events).toEqual([...values(2, 5)]);
    expect([account.bytes, itsAccount.bytes]).toEqual([0, stream.bytes]);
    stream.acknowledge(5);
    await settle();
    expect(other.events).toEqual([...values(2, 6), ['stream_end', 6]]);
    expect(notices).toEqual(['waits', 'resumed', 'waits']);
  });

  it('moves away from a receiver that still takes values', async () => {
    const { stream, receiver } = openStream(new Numbers().upTo(3));
    receiver.lag();
    stream.proceed(receiver);
    await settle();
    const other = new RecordingReceiver();
    stream.resume(other, 0);
    stream.proceed(receiver); // the answer to an earlier call
    await settle();
    expect(other.events).toEqual([]);
    stream.proceed(other);
    await settle();
    expect(receiver.events).toEqual(values(1, 1));
    expect(receiver.isClosed).toBe(true);
    expect(other.events).toEqual([...values(1, 3), ['stream_end', 3]]);
  });

  it('sends its end again', async () => {
    const { stream, receiver } = openStream(new Numbers().upTo(3));
    stream.proceed(receiver);
    await settle();
    const other = new RecordingReceiver();
    stream.resume(other, 2);
    stream.proceed(other);
    expect(other.events).toEqual([...values(3, 3), ['stream_end', 3]]);
  });

  it('repeats values that did not arrive', async () => {
    const { stream, receiver } = openStream(new Numbers().upTo(3));
    stream.proceed(receiver);
    await settle();
    receiver.events.splice(0);
    expect(stream.repeat(2)).toBe(true);
    expect(receiver.events).toEqual([...values(3, 3), ['stream_end', 3]]);
    stream.acknowledge(3);
    expect(stream.repeat(2)).toBe(false);
  });

  it('ends the generator once when it is cancelled', async () => {
    const numbers = new Numbers();
    const { stream, receiver, controller, account, notices, log } = openStream(numbers.upTo(100));
    stream.proceed(receiver);
    await settle();
    stream.cancel();
    stream.cancel();
    await settle();
    expect([numbers.returned, controller.signal.aborted, account.bytes]).toEqual([1, true, 0]);
    expect([notices, log]).toEqual([['over'], []]);
    expect(receiver.events).toEqual(values(1, 4));
  });

  it('ends a generator that waits for its signal, and ignores the error of that', async () => {
    const returned = vi.fn();
    const rig = openStream(
      (async function* () {
        try {
          yield 1;
          await new Promise((_resolve, reject) => {
            rig.controller.signal.addEventListener('abort', () => reject(rig.controller.signal.reason as Error));
          });
        } finally {
          returned();
        }
      })(),
    );
    rig.stream.proceed(rig.receiver);
    await settle();
    rig.stream.cancel();
    await settle();
    expect(returned).toHaveBeenCalledOnce();
    expect(rig.log).toEqual([]);
  });

  it('logs an error of the clean-up', async () => {
    const failure = new Error('cannot clean up');
    const { stream, receiver, log } = openStream(
      (async function* () {
        try {
          yield 1;
          yield 2;
        } finally {
          await Promise.reject(failure);
        }
      })(),
      { buffer: 1 },
    );
    stream.proceed(receiver);
    await settle();
    stream.cancel();
    await settle();
    expect(log).toEqual([failure]);
  });

  it('sends the error of the generator at the end', async () => {
    const { stream, receiver } = openStream(
      (async function* () {
        yield 1;
        await Promise.reject(new Error('no more'));
      })(),
    );
    stream.proceed(receiver);
    await settle();
    expect(receiver.events).toEqual([
      ['stream', 1, 1],
      ['stream_end', 1, { code: 'error', message: 'Error: no more' }],
    ]);
  });

  it('ends at a value that cannot be encoded', async () => {
    const circular: unknown[] = [];
    circular.push(circular);
    const returned = vi.fn();
    const { stream, receiver } = openStream(
      (async function* () {
        try {
          yield 1;
          yield circular;
        } finally {
          returned();
        }
      })(),
    );
    stream.proceed(receiver);
    await settle();
    expect(receiver.events[1]).toEqual([
      'stream_end',
      1,
      { code: 'error', message: expect.stringContaining('refers to itself') as string },
    ]);
    expect(returned).toHaveBeenCalledOnce();
  });

  it('is over without an end if the parser cannot encode one', async () => {
    const { stream, receiver, log, notices } = openStream(new Numbers().upTo(2), {
      encode: withoutEnds,
    });
    stream.proceed(receiver);
    await settle();
    expect(receiver.events).toEqual(values(1, 2));
    expect([stream.isRunning, notices]).toEqual([false, ['over']]);
    expect(log.map(String)).toEqual(Array(2).fill('Error: no ends'));
  });

  it('is over without a word when it is aborted and the parser cannot encode that', async () => {
    const { stream, receiver, notices } = openStream(new Numbers().upTo(100), {
      encode: withoutEnds,
    });
    receiver.lag();
    stream.proceed(receiver);
    await settle();
    stream.abort({ code: 'stream_gone', message: '' });
    expect(receiver.events).toEqual(values(1, 1));
    expect([stream.isRunning, notices]).toEqual([false, ['over']]);
  });

  it('lets other work have its turn while a generator always has a value', async () => {
    const numbers = new Numbers();
    const { stream, receiver } = openStream(numbers.upTo(1_000), { buffer: 2_000 });
    stream.proceed(receiver);
    await new Promise(setImmediate);
    expect(numbers.taken).toBeLessThan(200);
  });

  it('notifies its client when it is aborted', async () => {
    const { stream, receiver, controller } = openStream(new Numbers().upTo(100));
    stream.proceed(receiver);
    await settle();
    stream.abort({ code: 'stream_gone' });
    expect(receiver.events.at(-1)).toEqual(['stream_end', 4, { code: 'stream_gone' }]);
    expect(controller.signal.aborted).toBe(true);
  });
});
