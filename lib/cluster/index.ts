export { EmitterOutlet, type Outlet } from './emitter-outlet.js';
export { createFlaskQueueAdapter, FlaskQueueEmitter, type QueueBroadcaster } from './flask-queue.js';
export type { FlaskQueueOptions } from './flask-queue-options.js';
export type { RedisPublisher, RedisSubscriber } from './redis-channel.js';
export { checkEmitter, type EmitterChain, type PublishedEmitter } from './published-emitter.js';
