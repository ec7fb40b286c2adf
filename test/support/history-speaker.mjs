/** A server that says the numbers from 0 on to a room, until it is killed. Its arguments are the broker and the room. */
import { createCluster, Server } from 'nest-socketio';
import { setTimeout } from 'node:timers/promises';

const [, , broker, room] = process.argv;

const server = new Server({ broker: createCluster(broker), history: { '/': { size: 1_000_000 } } });
server.on('speak', async () => {
  for (let number = 0; ; number++) {
    server.to(room).emit('said', 'speaker', number);
    if (number % 3 === 0) await setTimeout(1);
  }
});
await server.joinCluster();
setInterval(() => {}, 1_000);
console.log('ready');
