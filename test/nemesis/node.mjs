// A node of the cluster under test: a server of the built package, without Nest, which triples the start-up time.
// Commands report its state.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createCluster } from '../../dist/cluster/index.js';
import { Server } from '../../dist/server/internal.js';
import { answerCommands } from '../bench/commands.mjs';

const { PORT, BROKER, RECOVERY, PING_INTERVAL } = process.env;

/** Another one after each restart. */
const id = randomUUID();
const escaped = [];
const logged = [];

process.on('uncaughtException', (error) => escaped.push(error.stack));
process.on('unhandledRejection', (error) => escaped.push(String(error?.stack ?? error)));
for (const kind of ['log', 'warn', 'error']) {
  console[kind] = (...parts) => logged.push({ kind, at: Date.now(), text: parts.map(String).join(' ') });
}

const http = createServer();
const server = new Server(http, {
  broker: createCluster(BROKER),
  pingInterval: Number(PING_INTERVAL),
  pingTimeout: 2 * Number(PING_INTERVAL),
  drain: { batch: 20, interval: 50 },
  ...(RECOVERY === 'yes' && { connectionStateRecovery: {} }),
});

server.on('connection', (socket) => {
  socket.on('enter', (name, rooms, done) => {
    if (!socket.recovered) {
      socket.data.name = name;
      socket.join(rooms);
    }
    done(id, socket.data.name, [...socket.rooms]);
  });
  socket.on('say', (room, speaker, number, done) => {
    server.to(room).emit('said', room, speaker, number, id);
    done();
  });
});

http.listen(Number(PORT), '127.0.0.1', () => {
  answerCommands({
    id: () => id,
    state() {
      globalThis.gc();
      const { health } = server.cluster;
      const { heapUsed, external } = process.memoryUsage();
      return { health, escaped, logged, memory: heapUsed + external };
    },
    health: () => server.cluster.health,
    /** The number of clients in the cluster. A node that was killed counts as silent for some seconds. */
    async clients() {
      try {
        return await server.timeout(500).countSockets();
      } catch ({ responses }) {
        return responses.reduce((sum, count) => sum + count, 0);
      }
    },
    close: () => server.close(),
  });
});
