/** Who is compared. Everybody's CPU is divided by that of `BASE`, measured in the same round. */
export const BASE = 'socket.io';

const file = (name) => new URL(`servers/${name}.mjs`, import.meta.url);

/**
 * `title`, for tables; `protocol`, what its clients speak; `lacks`, scenarios that are not for it. One with `isExtra`
 * runs only when it is named.
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

/** With what most of them have in common. */
export function contender(given) {
  return { protocol: 'socket.io', lacks: [], isExtra: false, env: {}, ...given };
}

export function contenderOf(id) {
  return CONTENDERS.find((contender) => contender.id === id);
}

/** Packages whose versions are part of a result. */
export const PACKAGES = [
  'nest-socketio',
  '@nestjs/core',
  '@nestjs/platform-socket.io',
  '@nestjs/platform-ws',
  'socket.io',
  'ws',
];
