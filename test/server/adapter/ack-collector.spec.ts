import { describe, expect, it, vi } from 'vitest';
import { SocketIoError } from '../../../lib/errors.js';
import { AckCollector, AckError, ClusterAcks } from '../../../lib/server/adapter/ack-collector.js';
import { ManualClock } from '../../support/manual-clock.js';

const TIMEOUT = new SocketIoError('ACK_TIMEOUT', 'the client did not acknowledge within 10 ms');

describe('AckError', () => {
  it('has the responses received and the number of receivers', () => {
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

  it('fails with the first reason and the answers received', () => {
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

it('collects the answers of more clients than a call can have arguments', () => {
  const done = vi.fn();
  const acks = new AckCollector(done);
  const answers = Array.from({ length: 300_000 }, (_, i) => i);
  const part = acks.expectSeveral();
  acks.seal();
  part(null, answers);
  expect(done.mock.calls[0]?.[1]).toHaveLength(300_000);
});

describe('ClusterAcks', () => {
  it('is done when all servers have reported their clients, and all of these have answered', () => {
    const { acks, clock, done } = collected();
    const here = acks.expectLocal();
    acks.expect(0);
    here(null, ['here', 'and more']);
    acks.setServerCount(2);
    expect(done).not.toHaveBeenCalled();
    acks.expect(1);
    expect(done).not.toHaveBeenCalled();
    acks.answer('there');
    expect(done.mock.calls).toEqual([[null, ['here', 'there']]]);
    clock.advance(10);
    expect(done).toHaveBeenCalledOnce();
  });

  it('does not wait for a client that failed to answer', () => {
    const { acks, done } = collected();
    const [first, second] = [acks.expectLocal(), acks.expectLocal()];
    acks.setServerCount(1);
    acks.expect(0);
    first(TIMEOUT, []);
    second(null, [2]);
    expect(done.mock.calls).toEqual([[expect.objectContaining({ expected: 2, responses: [2], cause: TIMEOUT }), [2]]]);
  });

  it('ends once, with the answers received, when the timeout has passed', () => {
    const { acks, clock, done } = collected();
    acks.expectLocal()(null, [1]);
    acks.expect(1);
    clock.advance(10);
    acks.setServerCount(1);
    acks.answer(2);
    expect(done).toHaveBeenCalledOnce();
    expect(done.mock.calls[0]?.[0]?.message).toBe(
      '1 of 2 clients acknowledged: not every client acknowledged within 10 ms',
    );
  });
});
