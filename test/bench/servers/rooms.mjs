/** What is done with rooms, and what it costs: without a client taking part, so that it is all of the figure. */
import { median } from '../statistics.mjs';

/** In one of them the collector may do what has nothing to do with it; not in most. */
const BATCHES = 9;

/** Puts the clients into so many rooms, one after the other in turn. */
export async function joinInTurn(sockets, rooms) {
  for (const [i, socket] of (await sockets()).entries()) socket.join(`r${i % rooms}`);
}

/** @param sockets all that are connected, or a promise of them */
export function roomCommands(sockets) {
  return {
    /** Puts the first `count` clients into room 0: those who get what is sent to it. */
    async gather({ count }) {
      for (const socket of (await sockets()).slice(0, count)) socket.join('r0');
    },

    /** Brings the number of rooms from `from` up to `to`, each with one member. @returns µs for each */
    async fill({ from, to }) {
      const all = await sockets();
      return timed(to - from, () => {
        for (let i = from; i < to; i++) all[i % all.length].join(`filled ${i}`);
      });
    },

    /** @returns µs for a client to join a room that has members, and to leave it */
    async joinAndLeave({ times }) {
      const all = await sockets();
      const socket = all.at(-1);
      const batches = Array.from({ length: BATCHES }, () =>
        timed(times / BATCHES, () => {
          for (let i = 0; i < times / BATCHES; i++) {
            socket.join('r0');
            socket.leave('r0');
          }
        }),
      );
      return median(batches);
    },

    /** Ends `count` clients that are in so many rooms each. @returns µs for each room that is left */
    async endInRooms({ count, rooms }) {
      const leaving = (await sockets()).slice(-count);
      for (const [i, socket] of leaving.entries()) {
        for (let room = 0; room < rooms; room++) socket.join(`left ${i % 2} ${room}`);
      }
      return timed(count * rooms, () => {
        for (const socket of leaving) socket.disconnect(true);
      });
    },
  };
}

function timed(count, run) {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}
