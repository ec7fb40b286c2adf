import { describe, expect, it, vi } from 'vitest';
import { SocketIoError } from '../../../lib/errors.js';
import {
  AckCollector,
  AckError,
  ClusterAcks,
  PendingAcks,
  type Settle,
} from '../../../lib/server/adapter/ack-collector.js';
import { ManualClock } from '../../support/manual-clock.js';

const TIMEOUT = new SocketIoError('ACK_TIMEOUT', 'the client did not acknowledge within 10 ms');

function pending(limit = 100) {
  const clock = new ManualClock();
  return { clock, acks: new PendingAcks(clock, limit) };
}

describe('PendingAcks', () => {
  it('hands over the answer to an id, 0 included', () => {
    const { acks } = pending();
    const [zero, one] = [vi.fn<Settle>(), vi.fn<Settle>()];
    acks.expect(0, zero);
    acks.expect(1, one);
    acks.answer(0, ['a', 2]);
    expect(zero.mock.calls).toEqual([[null, ['a', 2]]]);
    expect(one).not.toHaveBeenCalled();
    expect(acks.size).toBe(1);
  });

  it('settles once, whatever comes after the answer', () => {
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

  it('settles with ACK_TIMEOUT when the time is up, and not before', () => {
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

  it('waits for ever without a time-out', () => {
    const { clock, acks } = pending();
    acks.expect(1, () => {});
    expect(clock.timers).toBe(0);
    expect(acks.size).toBe(1);
  });

  it('settles all with CLIENT_GONE when the client has gone', () => {
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

  it('gives up on an answer without settling it', () => {
    const { clock, acks } = pending();
    const settle = vi.fn<Settle>();
    acks.expect(1, settle, 10);
    acks.cancel(1);
    acks.answer(1, []);
    clock.advance(100);
    expect(settle).not.toHaveBeenCalled();
    expect(acks.size).toBe(0);
  });

  it('refuses more than its limit, and takes more when one is settled', () => {
    const { acks } = pending(2);
    acks.expect(1, () => {});
    acks.expect(2, () => {});
    expect(() => acks.expect(3, () => {}, 10)).toThrow(
      expect.objectContaining({
        code: 'TOO_MANY_ACKS',
        message: '2 acknowledgements of one client are outstanding: emit with timeout(), or raise maxPendingAcks',
      }),
    );
    acks.answer(1, []);
    expect(() => acks.expect(3, () => {})).not.toThrow();
    expect(acks.size).toBe(2);
  });
});

describe('AckError', () => {
  it('has the responses that came and says how many were expected', () => {
    const error = new AckError(['a'], 3, TIMEOUT);
    expect(error).toBeInstanceOf(SocketIoError);
    expect(error).toMatchObject({
      name: 'AckError',
      code: 'ACK_INCOMPLETE',
      message: '1 of 3 clients acknowledged: the client did not acknowledge within 10 ms',
      responses: ['a'],
      cause: TIMEOUT,
    });
  });
});

function collector() {
  const results: [AckError | null, readonly unknown[]][] = [];
  return { results, acks: new AckCollector((...result) => results.push(result)) };
}

describe('AckCollector', () => {
  it('is done at once without clients', () => {
    const { results, acks } = collector();
    acks.seal();
    expect(results).toEqual([[null, []]]);
  });

  it('collects the first argument of each answer, in the order of arrival', () => {
    const { results, acks } = collector();
    const [one, two, three] = [acks.expect(), acks.expect(), acks.expect()];
    acks.seal();
    two(null, ['two', 'more']);
    one(null, []);
    expect(results).toEqual([]);
    three(null, ['three']);
    expect(results).toEqual([[null, ['two', undefined, 'three']]]);
  });

  it('waits until all clients are known', () => {
    const { results, acks } = collector();
    acks.expect()(null, ['quick']);
    expect(results).toEqual([]);
    acks.seal();
    expect(results).toEqual([[null, ['quick']]]);
  });

  it('fails with the first reason and the answers that came', () => {
    const { results, acks } = collector();
    const [one, two, three] = [acks.expect(), acks.expect(), acks.expect()];
    acks.seal();
    one(TIMEOUT, []);
    two(null, ['two']);
    three(new SocketIoError('CLIENT_GONE', 'the client left before it acknowledged'), []);
    expect(results).toHaveLength(1);
    expect(results[0]?.[0]).toMatchObject({ code: 'ACK_INCOMPLETE', responses: ['two'], cause: TIMEOUT });
    expect(results[0]?.[1]).toEqual(['two']);
  });
});

function collected() {
  const clock = new ManualClock();
  const done = vi.fn<(error: AckError | null, responses: readonly unknown[]) => void>();
  const acks = new ClusterAcks(done);
  acks.start(clock, 10);
  return { acks, clock, done };
}

describe('ClusterAcks', () => {
  it('is done when all servers have said how many clients they asked, and all of these answered', () => {
    const { acks, clock, done } = collected();
    const here = acks.client();
    acks.expect(0);
    here(null, ['here', 'and more']);
    acks.servers(2);
    expect(done).not.toHaveBeenCalled();
    acks.expect(1);
    expect(done).not.toHaveBeenCalled();
    acks.answer('there');
    expect(done.mock.calls).toEqual([[null, ['here', 'there']]]);
    clock.advance(10);
    expect(done).toHaveBeenCalledOnce();
  });

  it('waits for nobody who will not answer', () => {
    const { acks, done } = collected();
    const [first, second] = [acks.client(), acks.client()];
    acks.servers(1);
    acks.expect(0);
    first(TIMEOUT, []);
    second(null, [2]);
    expect(done.mock.calls).toEqual([[expect.objectContaining({ expected: 2, responses: [2], cause: TIMEOUT }), [2]]]);
  });

  it('ends with what there is when the time is up, and once', () => {
    const { acks, clock, done } = collected();
    acks.client()(null, [1]);
    acks.expect(1);
    clock.advance(10);
    acks.servers(1);
    acks.answer(2);
    expect(done).toHaveBeenCalledOnce();
    expect(done.mock.calls[0]?.[0]?.message).toBe(
      '1 of 2 clients acknowledged: not every client acknowledged within 10 ms',
    );
  });
});
