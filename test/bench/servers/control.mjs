/** What every contender lets itself be asked: how it fares, and to send to everybody or to rooms. */
import { PerformanceObserver } from 'node:perf_hooks';
import { writeHeapSnapshot, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { answerCommands } from '../commands.mjs';
import { textOf } from '../wire.mjs';
import { startProfile, stopProfile } from './profiler.mjs';

/**
 * @param contender.port where it listens
 * @param contender.clients how many there are: a number, or a promise of one
 * @param contender.toAll sends a text to everybody
 * @param contender.toRoom sends a text to the room of that number; not given where there are no rooms
 * @param contender.join puts the clients into so many rooms, one after the other in turn
 */
export function serve({ port, clients, toAll, toRoom, join, ...more }) {
  answerCommands({
    port: () => port,
    clients,
    join: ({ rooms }) => join(rooms),

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

    /** @param perTurn how many texts are sent in one turn of the event loop */
    broadcast({ count, perTurn, rooms }) {
      const send = rooms === 1 ? toAll : (text, room) => toRoom(room, text);
      let sent = 0;
      return new Promise((resolve) => {
        const turn = () => {
          for (const end = Math.min(count, sent + perTurn); sent < end; sent++) {
            send(textOf(sent % rooms, Math.floor(sent / rooms)), sent % rooms);
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
    ...more,
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
