/**
 * The ways in which our gateway sends, each as a difference to the plain one, text to all clients in `/`: the options
 * of the module, the decorators and the namespace of the gateway, and the function that sends a text to all clients.
 */
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Event, Gateway } from 'nest-socketio';
import { HEARD } from '../wire.mjs';
import { redisAdapter } from './redis-adapter.mjs';

/** The rooms over which the way `rooms` distributes the clients. */
const ROOMS = ['a', 'b', 'c'];

/** The keys of the way `latest`, one after the other. */
const KEYS = Array.from({ length: 1_000 }, (_, i) => `S${i}`);

const plain = {
  namespace: '/',
  Gateway,
  Event,
  options: () => ({}),
  prepare: () => {},
  send: (broadcaster) => (text) => broadcaster.emit(HEARD, text),
};

const WAYS = {
  text: {},
  binary: { send: (broadcaster) => (text) => broadcaster.emit(HEARD, Buffer.from(text)) },
  rooms: {
    prepare(server) {
      let next = 0;
      server.on('connection', (socket) => socket.join(ROOMS[next++ % ROOMS.length]));
    },
    send: (broadcaster) => (text) => broadcaster.to(ROOMS).emit(HEARD, text),
  },
  except: { send: (broadcaster) => (text) => broadcaster.except('nobody').emit(HEARD, text) },
  volatile: { send: (broadcaster) => (text) => broadcaster.volatile.emit(HEARD, text) },
  latest: {
    send(broadcaster) {
      let next = 0;
      return (text) => broadcaster.latest(KEYS[next++ % KEYS.length]).emit(HEARD, text);
    },
  },
  namespace: { namespace: '/other' },
  redis: {
    async options() {
      const { adapter, subscribed } = await redisAdapter();
      this.prepare = subscribed;
      return { adapter };
    },
  },
  broker: { options: () => ({ broker: process.env.REDIS }) },
  recovery: { options: () => ({ broker: process.env.REDIS, connectionStateRecovery: {} }) },
  'drop-in': {
    Gateway: WebSocketGateway,
    Event: SubscribeMessage,
    send: (_, server) => (text) => server.emit(HEARD, text),
  },
  metrics: { options: () => ({ telemetry: { metrics: true } }) },
};

export function wayOf(name) {
  return { ...plain, ...WAYS[name] };
}
