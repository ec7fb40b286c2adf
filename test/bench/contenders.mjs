/** The servers that are compared. Ratios refer to the CPU of `BASE` in the same round. */
export const BASE = 'socket.io';

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
].map(contender);

/** Adds the defaults to a contender. */
export function contender(given) {
  return { protocol: 'socket.io', lacks: [], isExtra: false, env: {}, ...given };
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
