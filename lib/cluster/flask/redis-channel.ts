/**
 * One channel of Redis, over clients of the package `ioredis` or `redis`. The application connects and closes these
 * clients. Both packages restore subscriptions after a lost connection.
 */

/**
 * A client for publishing, of `ioredis` or `redis`.
 * @publicApi
 */
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

/**
 * A client for subscribing. Use a separate client: a subscribed one can do nothing else.
 * @publicApi
 */
export type RedisSubscriber = IoRedisSubscriber | NodeRedisSubscriber;

export interface Subscription {
  /** A promise that settles when Redis has confirmed the subscription. */
  readonly confirmed: unknown;
  end(): unknown;
}

export function subscribe(subscriber: RedisSubscriber, channel: string, listener: MessageListener): Subscription {
  if ('pSubscribe' in subscriber) {
    return {
      confirmed: subscriber.subscribe(channel, listener),
      end: () => subscriber.unsubscribe(channel, listener),
    };
  }
  const onMessage = (from: string, message: string): void => {
    if (from === channel) listener(message);
  };
  subscriber.on('message', onMessage);
  return {
    confirmed: subscriber.subscribe(channel),
    end: () => {
      subscriber.off('message', onMessage);
      return subscriber.unsubscribe(channel);
    },
  };
}
