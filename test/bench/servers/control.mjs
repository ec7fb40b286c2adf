/** The commands that every contender answers: its state and costs, and broadcasts to all clients or to rooms. */
import { PerformanceObserver } from 'node:perf_hooks';
import { writeHeapSnapshot, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { answerCommands } from '../commands.mjs';
import { textOf } from '../wire.mjs';
import { joinInTurn, roomCommands } from './rooms.mjs';
import { startProfile, stopProfile } from './profiler.mjs';

/**
 * @param contender.port the port that it listens on
 * @param contender.clients returns the number of clients, or a promise of it
 * @param contender.toAll sends a text to all clients
 * @param contender.toRoom sends a text to the room with that number; omitted if the contender has no rooms
 * @param contender.join distributes the clients over that many rooms, in turn
 * @param contender.sockets returns the sockets of the clients, with Socket.IO's rooms; replaces `join`
 * @param contender.others further commands
 */
export function serve({ port, clients, toAll, toRoom, join, sockets, ...others }) {
  answerCommands({
    port: () => port,
    clients,
    join: ({ rooms }) => (sockets === undefined ? join(rooms) : joinInTurn(sockets, rooms)),

    cpu() {
      const { user, system } = process.cpuUsage();
      return user + system; // µs
    },

    /** Memory in use after a garbage collection, in bytes. */
    memory() {
      collectGarbage();
      const { rss, heapUsed, external } = process.memoryUsage();
      return { rss, heapUsed, external };
    },

    /**
     * @param perTurn number of texts per turn of the event loop
     * @param rooms number of rooms that get the texts in turn; 0 sends to all clients
     */
    broadcast({ count, perTurn, rooms }) {
      const send = rooms === 0 ? toAll : (text, room) => toRoom(room, text);
      const groups = rooms || 1;
      let sent = 0;
      return new Promise((resolve) => {
        const turn = () => {
          for (const end = Math.min(count, sent + perTurn); sent < end; sent++) {
            send(textOf(sent % groups, Math.floor(sent / groups)), sent % groups);
          }
          setImmediate(sent < count ? turn : resolve);
        };
        setImmediate(turn);
      });
    },

    /** Memory in use including garbage, in bytes, and the number of garbage collections so far. */
    heap: () => ({ heapUsed: process.memoryUsage().heapUsed, collections }),

    snapshot({ file }) {
      collectGarbage();
      writeHeapSnapshot(file);
    },

    startProfile,
    stopProfile,
    ...(sockets === undefined ? {} : roomCommands(sockets)),
    ...others,
  });
}

let collections = 0;
new PerformanceObserver((list) => {
  collections += list.getEntries().length;
}).observe({ entryTypes: ['gc'] });

let gc = globalThis.gc;

function collectGarbage() {
  if (gc === undefined) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc');
  }
  gc();
  gc(); // collects what finalizers of the first collection have released
}
