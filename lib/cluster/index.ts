/** The part of this layer that users see. Other layers import `internal.ts`. */
export type { EmitterChain, PublishedEmitter } from './emitter-target.js';
export type { FlaskQueueOptions } from './flask/flask-queue-options.js';
export { createFlaskQueueAdapter, FlaskQueueEmitter, type QueueBroadcaster } from './flask/flask-queue.js';
export type { RedisPublisher, RedisSubscriber } from './flask/redis-channel.js';
export {
  type IoRedisClient,
  type NodeRedisClient,
  redisBroker,
  type RedisBrokerOptions,
} from './redis/redis-broker.js';
