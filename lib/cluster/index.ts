export {
  checkEmitter,
  type EmitterChain,
  type EmitterTarget,
  type PublishedEmitter,
  PublishedEmitterTarget,
} from './emitter-target.js';
export { createFlaskQueueAdapter, FlaskQueueEmitter, type QueueBroadcaster } from './flask/flask-queue.js';
export type { FlaskQueueOptions } from './flask/flask-queue-options.js';
export type { RedisPublisher, RedisSubscriber } from './flask/redis-channel.js';
