/** The part of this layer that users see. Other layers import `internal.ts`. */
export { createCluster } from './create-cluster.js';
export { memoryBroker } from './memory/memory-broker.js';
export { NodesSilent } from './node/nodes-silent.js';
export type { EmitterChain, PublishedEmitter } from './emitter-target.js';
export type { FlaskQueueOptions } from './flask/flask-queue-options.js';
export { BrokerFactory, type BrokerOption } from './broker/broker.js';
export { natsBroker, type NatsBrokerOptions } from './nats/nats-broker.js';
export type { NatsConnection, NatsMessage } from './nats/nats-client.js';
export { nodeClusterBroker, type NodeClusterBrokerOptions } from './node-cluster/node-cluster-broker.js';
export { setupPrimary } from './node-cluster/relay.js';
export { postgresBroker, type PostgresBrokerOptions } from './postgres/postgres-broker.js';
export type { PostgresPool } from './postgres/postgres-client.js';
export { createFlaskQueueAdapter, FlaskQueueEmitter, type QueueBroadcaster } from './flask/flask-queue.js';
export type { RedisPublisher, RedisSubscriber } from './flask/redis-channel.js';
export {
  type IoRedisClient,
  type NodeRedisClient,
  redisBroker,
  type RedisBrokerOptions,
} from './redis/redis-broker.js';
