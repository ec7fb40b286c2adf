import { afterEach, describe, expect, it } from 'vitest';
import { PacketType } from '../../../lib/protocol/internal.js';
import type { Socket } from '../../../lib/server/internal.js';
import {
  SOCKET_STATES,
  type SocketTransition,
  type SocketState,
  type SocketStateName,
} from '../../../lib/server/socket/socket-state.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { deferred, startServer } from '../../support/server-rig.js';

afterEach(cleanUp);

const STATES = [
  'deciding',
  'entering',
  'greeted',
  'connected',
  'parting',
  'leaving',
  'gone',
] as const satisfies SocketStateName[];
const TRANSITION_NAMES = [
  'placed',
  'greeted',
  'accepted',
  'refused',
  'parted',
  'left',
  'finished',
] as const satisfies SocketTransition[];

/** Every transition of the table. Any other transition has no effect. */
const TRANSITIONS: readonly (readonly [SocketStateName, SocketTransition, SocketStateName])[] = [
  ['deciding', 'placed', 'entering'],
  ['deciding', 'refused', 'gone'],
  ['entering', 'greeted', 'greeted'],
  ['entering', 'accepted', 'connected'],
  ['entering', 'refused', 'leaving'],
  ['greeted', 'accepted', 'connected'],
  ['greeted', 'refused', 'leaving'],
  ['connected', 'parted', 'parting'],
  ['parting', 'left', 'leaving'],
  ['leaving', 'finished', 'gone'],
];

const nextOf = (state: SocketStateName, event: SocketTransition): SocketStateName | undefined =>
  TRANSITIONS.find(([from, by]) => from === state && by === event)?.[2];

const CELLS = STATES.flatMap((state) => TRANSITION_NAMES.map((event) => [state, event, nextOf(state, event)] as const));

describe('SOCKET_STATES', () => {
  it.each(CELLS)('leads from %s by %s to %s', (state, event, next) => {
    expect(SOCKET_STATES[state].next[event]).toBe(next);
  });

  it('has no other states or transitions', () => {
    expect(Object.keys(SOCKET_STATES)).toEqual(STATES);
    for (const [name, row] of Object.entries(SOCKET_STATES)) {
      expect(row.name).toBe(name);
      for (const event of Object.keys(row.next)) expect(TRANSITION_NAMES).toContain(event);
    }
  });

  it('has a path from every state to the last one', () => {
    const ends = (state: SocketStateName): SocketStateName[] => {
      const next = Object.values(SOCKET_STATES[state].next);
      return next.length === 0 ? [state] : next.flatMap(ends);
    };
    for (const state of STATES) expect(new Set(ends(state))).toEqual(new Set(['gone']));
  });

  it.each<[keyof Omit<SocketState, 'name' | 'next'>, SocketStateName[]]>([
    ['isUndecided', ['deciding', 'entering', 'greeted']],
    ['isPlaced', ['entering', 'greeted', 'connected']],
    ['isReachable', ['deciding', 'entering', 'greeted', 'connected']],
    ['isAnswered', ['greeted', 'connected']],
    ['isConnected', ['connected']],
    ['isListed', ['connected', 'parting']],
    ['hasRooms', ['deciding', 'entering', 'greeted', 'connected', 'parting', 'leaving']],
  ])('allows %s in %j', (column, states) => {
    expect(STATES.filter((state) => SOCKET_STATES[state][column])).toEqual(states);
  });

  it('has rows of one shape', () => {
    const shapes = Object.values(SOCKET_STATES).map((row) => Object.keys(row).join());
    expect(new Set(shapes).size).toBe(1);
  });
});

/** Derives the private state of a socket from its public attributes. */
function shownState(socket: Socket): SocketStateName {
  if (socket.connected) return 'connected';
  if (socket.isUndecided) {
    if (!socket.isPlaced) return 'deciding';
    return socket.client.options.acceptFirst ? 'greeted' : 'entering';
  }
  return socket.rooms.size > 0 ? 'leaving' : 'gone';
}

const ACTS = {
  placed: (socket) => socket.place(),
  accepted: (socket) => socket.accept(),
  refused: (socket) => socket.refuse({ message: 'no' }),
  parted: (socket) => socket.receive({ type: PacketType.DISCONNECT, nsp: '/' }, 2),
} satisfies Partial<Record<SocketTransition, (socket: Socket) => void>>;

/** Brings a socket to a state. Its middleware and handlers wait until the test calls `settle`. */
async function socketIn(state: SocketStateName) {
  const rig = await startServer({ acceptFirst: state === 'greeted' });
  const [made, entered] = [deferred<Socket>(), deferred<Socket>()];
  const [decided, entering, leaving] = [deferred(), deferred(), deferred()];
  rig.server.sockets
    .use((socket, next) => {
      made.resolve(socket);
      void decided.promise.then(() => next());
    })
    .onConnect((socket) => {
      entered.resolve(socket);
      return entering.promise;
    })
    .onDisconnect(() => leaving.promise);
  const client = await rig.open();
  client.send('40');
  const socket = await made.promise;
  if (state !== 'deciding') {
    decided.resolve();
    await entered.promise;
  }
  if (state === 'connected' || state === 'leaving' || state === 'gone') {
    socket.accept();
    entering.resolve();
    await client.next();
  }
  if (state === 'leaving' || state === 'gone') socket.disconnect();
  const ended = new Promise<void>((resolve) => {
    socket.once('disconnect', () => resolve());
  });
  if (state === 'gone') {
    leaving.resolve();
    await ended;
  }
  const settle = () => {
    decided.resolve();
    entering.resolve();
    leaving.resolve();
  };
  return { socket, settle, ended };
}

describe('a socket', () => {
  // Its listeners of `disconnecting` are called in the same turn, so no test can find it parting.
  const LIVE = CELLS.filter(([state, event]) => state !== 'parting' && event in ACTS) as [
    SocketStateName,
    keyof typeof ACTS,
    SocketStateName | undefined,
  ][];

  it.each(LIVE)('goes from %s by %s to %s', async (state, event, next) => {
    const { socket, settle } = await socketIn(state);
    expect(shownState(socket)).toBe(state);
    ACTS[event](socket);
    // A refusal runs no handlers, so a refused socket is gone at once.
    const shown = next === 'parting' ? 'leaving' : (next ?? state);
    expect(shownState(socket)).toBe(event === 'refused' && next === 'leaving' ? 'gone' : shown);
    settle();
  });

  it('is still listed as connected while its listeners of disconnecting run, and cannot be disconnected again', async () => {
    const { socket, settle } = await socketIn('connected');
    const seen: unknown[] = [];
    socket.on('disconnecting', () => {
      seen.push(socket.connected, socket.nsp.sockets.has(socket.id), socket.rooms.size);
      socket.disconnect();
    });
    socket.disconnect();
    expect(seen).toEqual([true, true, 1]);
    expect(socket.connected).toBe(false);
    settle();
  });

  it('is gone once its disconnect handlers have finished', async () => {
    const { socket, settle, ended } = await socketIn('leaving');
    expect(shownState(socket)).toBe('leaving');
    settle();
    await ended;
    expect(shownState(socket)).toBe('gone');
  });
});
