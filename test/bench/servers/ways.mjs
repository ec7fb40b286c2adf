/**
 * The ways in which a gateway of ours sends, beside the plain one: text to everybody in `/`. For each: what the
 * module gets, with what the gateway is decorated, in which namespace it is, and how a text goes to all clients.
 */
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Event, Gateway } from 'nest-socketio';
import { HEARD } from '../wire.mjs';

/** Rooms among which the clients of the way `rooms` are divided. */
const ROOMS = ['a', 'b', 'c'];

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
  namespace: { namespace: '/other' },
  redis: {
    async options() {
      const [{ createAdapter }, { Redis }] = await Promise.all([import('@socket.io/redis-adapter'), import('ioredis')]);
      const client = new Redis({ path: process.env.REDIS, maxRetriesPerRequest: null });
      return { adapter: createAdapter(client, client.duplicate()) };
    },
  },
  'drop-in': {
    Gateway: WebSocketGateway,
    Event: SubscribeMessage,
    send: (_, server) => (text) => server.emit(HEARD, text),
  },
};

export function wayOf(name) {
  return { ...plain, ...WAYS[name] };
}
