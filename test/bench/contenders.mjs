/** The servers that are compared. Ratios refer to the CPU of `BASE`, or `CLUSTER_BASE`, in the same round. */
export const BASE = 'socket.io';
export const CLUSTER_BASE = 'socket.io-redis';

const file = (name) => new URL(`servers/${name}.mjs`, import.meta.url);

/**
 * `title` is for tables, `protocol` is what the clients speak, and `lacks` lists scenarios that a contender cannot run.
 * A contender with `isExtra` runs only if it is named on the command line.
 */
export const CONTENDERS = [
  { id: 'nest-socketio', title: 'nest-socketio', file: file('nest-socketio') },
  { id: 'platform-socket.io', title: '@nestjs/platform-socket.io', file: file('platform-socket-io') },
  { id: 'socket.io', title: 'socket.io', file: file('socket-io') },
  {
    id: 'platform-ws',
    title: '@nestjs/platform-ws',
    file: file('platform-ws'),
    protocol: 'nest-ws',
    lacks: ['rooms'],
  },
  { id: 'ws', title: 'ws, by hand', file: file('ws') },
  {
    id: 'nest-socketio-50',
    title: 'nest-socketio, 50 handlers',
    file: file('nest-socketio'),
    env: { HANDLERS: '50' },
    isExtra: true,
  },
  {
    id: 'nest-socketio-traces',
    title: 'nest-socketio, 1 % of traces',
    file: file('nest-socketio'),
    env: { TRACES: '0.01' },
    isExtra: true,
  },
  {
    id: 'nest-socketio-no-traces',
    title: 'nest-socketio, OpenTelemetry without traces',
    file: file('nest-socketio'),
    env: { TRACES: '0' },
    isExtra: true,
  },
].map(contender);

/** Two nodes each, unless the title says otherwise. */
export const CLUSTERS = [
  { id: 'broker', title: 'nest-socketio', env: { WAY: 'broker' } },
  { id: 'recovery', title: 'nest-socketio, recovery', env: { WAY: 'recovery' }, protocol: 'socket.io, recovery' },
  { id: 'hosted', title: 'nest-socketio, adapter', env: { WAY: 'redis' } },
  { id: 'one-node', title: 'nest-socketio, one node', nodes: 1 },
  { id: CLUSTER_BASE, title: 'socket.io, adapter', file: file('socket-io') },
].map((given) => contender({ nodes: 2, file: file('nest-socketio'), ...given }));

/** Adds the Redis that the nodes of a cluster share. */
export function onRedis(cluster, redis) {
  return cluster.nodes === 1 ? cluster : { ...cluster, redis, env: { ...cluster.env, REDIS: redis.url } };
}

/** Adds the defaults to a contender. */
export function contender(given) {
  return { protocol: 'socket.io', lacks: [], isExtra: false, nodes: 1, redis: null, env: {}, ...given };
}

export function contenderOf(id) {
  return CONTENDERS.find((contender) => contender.id === id);
}

/** The packages whose versions belong to a result. */
export const PACKAGES = [
  'nest-socketio',
  '@nestjs/core',
  '@nestjs/platform-socket.io',
  '@nestjs/platform-ws',
  'socket.io',
  'ws',
];

export const CLUSTER_PACKAGES = ['nest-socketio', 'socket.io', '@socket.io/redis-adapter', 'ioredis'];
