/** What every contender lets itself be asked: how it fares, and to send to everybody or to rooms. */
import { PerformanceObserver } from 'node:perf_hooks';
import { writeHeapSnapshot, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { answerCommands } from '../commands.mjs';
import { textOf } from '../wire.mjs';
import { joinInTurn, roomCommands } from './rooms.mjs';
import { startProfile, stopProfile } from './profiler.mjs';

/**
 * @param contender.port where it listens
 * @param contender.clients how many there are: a number, or a promise of one
 * @param contender.toAll sends a text to everybody
 * @param contender.toRoom sends a text to the room of that number; not given where there are no rooms
 * @param contender.join puts the clients into so many rooms, one after the other in turn
 * @param contender.sockets those of the clients, with rooms as Socket.IO has them; in place of `join`
 */
export function serve({ port, clients, toAll, toRoom, join, sockets }) {
  answerCommands({
    port: () => port,
    clients,
    join: ({ rooms }) => (sockets === undefined ? join(rooms) : joinInTurn(sockets, rooms)),

    cpu() {
      const { user, system } = process.cpuUsage();
      return user + system; // µs
    },

    /** What is in use, in bytes, and not garbage. */
    memory() {
      collectGarbage();
      const { rss, heapUsed, external } = process.memoryUsage();
      return { rss, heapUsed, external };
    },

    /**
     * @param perTurn how many texts are sent in one turn of the event loop
     * @param rooms to which they go in turn; 0 is to everybody
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

    /** What is in use, garbage and all; and how often it was collected. */
    heap: () => ({ heapUsed: process.memoryUsage().heapUsed, collections }),

    snapshot({ file }) {
      collectGarbage();
      writeHeapSnapshot(file);
    },

    startProfile,
    stopProfile,
    ...(sockets === undefined ? {} : roomCommands(sockets)),
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
  gc(); // what the first made free by finalizers
}
