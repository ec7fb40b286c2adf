import { afterEach, describe, expect, it } from 'vitest';
import { PacketType } from '../../../lib/protocol/index.js';
import type { Socket } from '../../../lib/server/index.js';
import { SOCKET_TRANSITIONS, type SocketEvent, type SocketState } from '../../../lib/server/socket/socket-state.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { deferred, startServer } from '../../support/server-rig.js';

afterEach(cleanUp);

const STATES = ['connecting', 'connected', 'disconnecting', 'disconnected'] as const satisfies SocketState[];
const EVENTS = ['accepted', 'refused', 'leaving', 'left'] as const satisfies SocketEvent[];

const CELLS: readonly (readonly [SocketState, SocketEvent, SocketState | undefined])[] = [
  ['connecting', 'accepted', 'connected'],
  ['connecting', 'refused', 'disconnected'],
  ['connecting', 'leaving', undefined],
  ['connecting', 'left', undefined],
  ['connected', 'accepted', undefined],
  ['connected', 'refused', undefined],
  ['connected', 'leaving', 'disconnecting'],
  ['connected', 'left', undefined],
  ['disconnecting', 'accepted', undefined],
  ['disconnecting', 'refused', undefined],
  ['disconnecting', 'leaving', undefined],
  ['disconnecting', 'left', 'disconnected'],
  ['disconnected', 'accepted', undefined],
  ['disconnected', 'refused', undefined],
  ['disconnected', 'leaving', undefined],
  ['disconnected', 'left', undefined],
];

describe('SOCKET_TRANSITIONS', () => {
  it.each(CELLS)('leads from %s by %s to %s', (state, event, next) => {
    expect(SOCKET_TRANSITIONS[state][event]).toBe(next);
  });

  it('has no other cells', () => {
    expect(CELLS).toHaveLength(STATES.length * EVENTS.length);
    expect(Object.keys(SOCKET_TRANSITIONS)).toEqual(STATES);
    for (const row of Object.values(SOCKET_TRANSITIONS)) {
      for (const event of Object.keys(row)) expect(EVENTS).toContain(event);
    }
  });

  it('leads to the end from everywhere', () => {
    const ends = (state: SocketState): SocketState[] => {
      const next = Object.values(SOCKET_TRANSITIONS[state]);
      return next.length === 0 ? [state] : next.flatMap(ends);
    };
    for (const state of STATES) expect(new Set(ends(state))).toEqual(new Set(['disconnected']));
  });
});

/** What a socket shows of its state: in words, since the state itself is private. */
function shows(socket: Socket): SocketState {
  if (socket.connected) return 'connected';
  if (socket.isReachable) return 'connecting';
  return socket.rooms.size > 0 ? 'disconnecting' : 'disconnected';
}

const ACTS = {
  accepted: (socket) => socket.accept(),
  refused: (socket) => socket.refuse({ message: 'no' }),
  leaving: (socket) => socket.receive({ type: PacketType.DISCONNECT, nsp: '/' }, 2),
} satisfies Partial<Record<SocketEvent, (socket: Socket) => void>>;

/** A client whose socket has been brought to a state; what goes on in its handlers waits for the test. */
async function socketIn(state: SocketState) {
  const rig = await startServer();
  const [entering, leaving] = [deferred<Socket>(), deferred()];
  const entered = deferred();
  rig.server.sockets
    .onConnect((socket) => {
      entering.resolve(socket);
      return entered.promise;
    })
    .onDisconnect(() => leaving.promise);
  const client = await rig.open();
  client.send('40');
  const socket = await entering.promise;
  if (state !== 'connecting') {
    socket.accept();
    entered.resolve();
    await client.next();
  }
  if (state === 'disconnecting' || state === 'disconnected') socket.disconnect();
  const ended = new Promise<void>((resolve) => {
    socket.once('disconnect', () => resolve());
  });
  if (state === 'disconnected') {
    leaving.resolve();
    await ended;
  }
  const settle = () => {
    entered.resolve();
    leaving.resolve();
  };
  return { socket, settle, ended };
}

describe('a socket', () => {
  const LIVE = CELLS.filter(([, event]) => event !== 'left') as [
    SocketState,
    keyof typeof ACTS,
    SocketState | undefined,
  ][];

  it.each(LIVE)('that is %s and is %s is then %s', async (state, event, next) => {
    const { socket, settle } = await socketIn(state);
    expect(shows(socket)).toBe(state);
    ACTS[event](socket);
    expect(shows(socket)).toBe(next ?? state);
    settle();
  });

  it('that is disconnecting has left when its disconnect handlers have settled', async () => {
    const { socket, settle, ended } = await socketIn('disconnecting');
    expect(shows(socket)).toBe('disconnecting');
    settle();
    await ended;
    expect(shows(socket)).toBe('disconnected');
  });
});
