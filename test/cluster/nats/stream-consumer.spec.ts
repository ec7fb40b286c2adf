import type { JetStreamManager } from '@nats-io/jetstream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ANSWER } from '../../../lib/cluster/nats/jetstream.js';
import { StreamConsumer } from '../../../lib/cluster/nats/stream-consumer.js';

afterEach(() => void vi.useRealTimers());

describe('StreamConsumer.read', () => {
  it('stops a consumer that JetStream creates too late', async () => {
    vi.useFakeTimers();
    const stop = vi.fn();
    const remove = vi.fn(() => Promise.resolve(true));
    const messages = { stop, status: async function* () {} };
    const consumer = { consume: () => Promise.resolve(messages), delete: remove };
    let created: ((created: typeof consumer) => void) | undefined;
    const consumers = { getPushConsumer: () => new Promise((resolve) => (created = resolve)) };
    const manager = { jetstream: () => ({ consumers }) } as unknown as JetStreamManager;
    const reading = StreamConsumer.read(manager, { stream: 's', sequence: 1 }, () => {});
    const failed = expect(reading).rejects.toThrow('JetStream does not answer');
    await vi.advanceTimersByTimeAsync(ANSWER);
    await failed;
    created?.(consumer);
    await vi.advanceTimersByTimeAsync(0);
    expect([stop, remove].map((spy) => spy.mock.calls.length)).toEqual([1, 1]);
  });
});
