import { describe, expect, it, vi } from 'vitest';
import { SocketIoError } from '../../../lib/errors.js';
import type { Settle } from '../../../lib/server/adapter/ack-collector.js';
import { PendingAcks } from '../../../lib/server/socket/pending-acks.js';
import { ManualClock } from '../../support/manual-clock.js';

const TIMEOUT = new SocketIoError('ACK_TIMEOUT', 'the client did not acknowledge within 10 ms');

function pending(limit = 100) {
  const clock = new ManualClock();
  return { clock, acks: new PendingAcks(clock, limit) };
}

describe('PendingAcks', () => {
  it('settles the acknowledgement of an id, 0 included, with the answer', () => {
    const { acks } = pending();
    const [zero, one] = [vi.fn<Settle>(), vi.fn<Settle>()];
    acks.expect(0, zero);
    acks.expect(1, one);
    acks.answer(0, ['a', 2]);
    expect(zero.mock.calls).toEqual([[null, ['a', 2]]]);
    expect(one).not.toHaveBeenCalled();
    expect(acks.size).toBe(1);
  });

  it('settles once, whatever happens after the answer', () => {
    const { clock, acks } = pending();
    const settle = vi.fn<Settle>();
    acks.expect(7, settle, 10);
    acks.answer(7, []);
    acks.answer(7, ['again']);
    clock.advance(100);
    acks.end();
    expect(settle.mock.calls).toEqual([[null, []]]);
    expect(clock.timers).toBe(0);
  });

  it('ignores an id that it does not expect', () => {
    const { acks } = pending();
    const settle = vi.fn<Settle>();
    acks.expect(1, settle);
    acks.answer(2, ['x']);
    expect(settle).not.toHaveBeenCalled();
    expect(acks.size).toBe(1);
  });

  it('settles with ACK_TIMEOUT when the timeout has passed, not earlier', () => {
    const { clock, acks } = pending();
    const settle = vi.fn<Settle>();
    acks.expect(1, settle, 10);
    clock.advance(9);
    expect(settle).not.toHaveBeenCalled();
    clock.advance(1);
    acks.answer(1, ['late']);
    expect(settle.mock.calls).toEqual([[TIMEOUT, []]]);
    expect(settle.mock.calls[0]?.[0]).toMatchObject({ code: 'ACK_TIMEOUT' });
    expect(acks.size).toBe(0);
  });

  it('waits without limit if there is no timeout', () => {
    const { clock, acks } = pending();
    acks.expect(1, () => {});
    expect(clock.timers).toBe(0);
    expect(acks.size).toBe(1);
  });

  it('settles all with CLIENT_GONE when the client has left', () => {
    const { clock, acks } = pending();
    const codes: unknown[] = [];
    for (const id of [1, 2, 3]) acks.expect(id, (error, answer) => codes.push([id, error?.code, answer]), 10);
    acks.end();
    acks.end();
    expect(codes).toEqual([
      [1, 'CLIENT_GONE', []],
      [2, 'CLIENT_GONE', []],
      [3, 'CLIENT_GONE', []],
    ]);
    expect(clock.timers).toBe(0);
  });

  it('refuses more than its limit, and accepts another when one is settled', () => {
    const { acks } = pending(2);
    acks.expect(1, () => {});
    acks.expect(2, () => {});
    expect(() => acks.expect(3, () => {}, 10)).toThrow(
      expect.objectContaining({
        code: 'TOO_MANY_ACKS',
        message: '2 acknowledgements of one client are outstanding: emit with timeout(), or raise limits.pendingAcks',
      }),
    );
    acks.answer(1, []);
    expect(() => acks.expect(3, () => {})).not.toThrow();
    expect(acks.size).toBe(2);
  });
});
