/**
 * One channel of Redis, over clients of the packages `ioredis` or `redis` that the application has connected and
 * will close. Either subscribes again by itself when its connection was lost.
 */

/** What publishes: a client of `ioredis` or `redis`. */
export interface RedisPublisher {
  publish(channel: string, message: string): unknown;
}

type MessageListener = (message: string) => void;

/** A client of `ioredis`. */
interface IoRedisSubscriber {
  subscribe(channel: string): unknown;
  unsubscribe(channel: string): unknown;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
  off(event: 'message', listener: (channel: string, message: string) => void): unknown;
}

/** A client of `redis`. */
interface NodeRedisSubscriber {
  readonly pSubscribe: unknown;
  subscribe(channel: string, listener: MessageListener): unknown;
  unsubscribe(channel: string, listener: MessageListener): unknown;
}

/** What listens: a client of its own, since one that subscribes does nothing else. */
export type RedisSubscriber = IoRedisSubscriber | NodeRedisSubscriber;

/** @returns when the subscription has been asked for: how it ends */
export interface Subscription {
  /** Settles when Redis has confirmed it. */
  readonly confirmed: unknown;
  end(): unknown;
}

export function subscribe(subscriber: RedisSubscriber, channel: string, heard: MessageListener): Subscription {
  if ('pSubscribe' in subscriber) {
    return {
      confirmed: subscriber.subscribe(channel, heard),
      end: () => subscriber.unsubscribe(channel, heard),
    };
  }
  const listener = (from: string, message: string): void => {
    if (from === channel) heard(message);
  };
  subscriber.on('message', listener);
  return {
    confirmed: subscriber.subscribe(channel),
    end: () => {
      subscriber.off('message', listener);
      return subscriber.unsubscribe(channel);
    },
  };
}
