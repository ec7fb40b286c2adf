import { describe, expect, it } from 'vitest';
import { subscribe } from '../../../lib/cluster/flask/redis-channel.js';
import { FakeRedis } from '../../support/fake-redis.js';

const listener = (): void => {};

describe('a channel of Redis', () => {
  it('is heard through ioredis, and no other', () => {
    const redis = new FakeRedis();
    const texts: string[] = [];
    const subscription = subscribe(redis, 'flask-socketio', (text) => texts.push(text));
    expect(subscription.confirmed).toBe(redis.result);
    redis.say('one');
    redis.say('of another', 'socket.io');
    expect(texts).toEqual(['one']);
    expect(redis.channels).toEqual(new Set(['flask-socketio']));
    expect(subscription.end()).toBe(redis.result);
    expect([redis.channels.size, redis.listeners.size]).toEqual([0, 0]);
  });

  it('is heard through redis', () => {
    const calls: unknown[][] = [];
    const client = {
      pSubscribe() {},
      subscribe: (...args: unknown[]) => calls.push(['subscribe', ...args]),
      unsubscribe: (...args: unknown[]) => calls.push(['unsubscribe', ...args]),
    };
    const subscription = subscribe(client, 'flask-socketio', listener);
    expect(subscription.confirmed).toBe(1);
    expect(subscription.end()).toBe(2);
    expect(calls).toEqual([
      ['subscribe', 'flask-socketio', listener],
      ['unsubscribe', 'flask-socketio', listener],
    ]);
  });
});
