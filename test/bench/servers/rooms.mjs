/** Commands for rooms that return their CPU cost. No message is sent, so the figure contains nothing else. */
import { median } from '../statistics.mjs';

/** The median of several batches hides a garbage collection in one of them. */
const BATCHES = 9;

/** Distributes the clients over that many rooms, in turn. */
export async function joinInTurn(sockets, rooms) {
  for (const [i, socket] of (await sockets()).entries()) socket.join(`r${i % rooms}`);
}

/** @param sockets returns all connected sockets, or a promise of them */
export function roomCommands(sockets) {
  return {
    /** Puts the first `count` clients into room 0, as the receivers of its broadcasts. */
    async gather({ count }) {
      for (const socket of (await sockets()).slice(0, count)) socket.join('r0');
    },

    /** Adds rooms with one member each, from number `from` up to `to`. @returns µs per room */
    async fill({ from, to }) {
      const all = await sockets();
      return timed(to - from, () => {
        for (let i = from; i < to; i++) all[i % all.length].join(`filled ${i}`);
      });
    },

    /** @returns µs for a client to join and leave a room that has other members */
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

    /** Disconnects `count` clients that are in `rooms` rooms each. @returns µs per room that is left */
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
