import { describe, expect, it } from 'vitest';
import type { Traffic } from '../../../lib/nest/admin/admin-protocol.js';
import { FollowedClients } from '../../../lib/nest/admin/followed-clients.js';
import { PacketType } from '../../../lib/protocol/internal.js';
import type { Instrument, Server } from '../../../lib/server/internal.js';
import type { WatchedSocket } from '../../../lib/server/telemetry/watched-socket.js';
import { ManualClock } from '../../support/manual-clock.js';

const BOB = { namespace: '/chat', client: 'bob' };
const socketOf = (id: string) => ({ id }) as WatchedSocket;
const packetOf = (...data: [string, ...unknown[]]) => ({ type: PacketType.EVENT, nsp: '/chat', data }) as const;

function setUp(payloads = false) {
  const clock = new ManualClock();
  const watching = new Set<Instrument>();
  const sent: [viewer: string, traffic: Traffic][] = [];
  const sockets = new Map(['a', 'bob'].map((id) => [id, {}]));
  const server = {
    _nsps: new Map([['/chat', { sockets }]]),
    telemetry: {
      watch(instrument: Instrument) {
        watching.add(instrument);
        return () => void watching.delete(instrument);
      },
    },
  } as unknown as Server;
  const followed = new FollowedClients(server, clock, payloads, (...line) => sent.push(line));
  const instrument = () => [...watching][0] as Required<Instrument>;
  return { clock, watching, sent, followed, instrument };
}

describe('followed clients', () => {
  it('are watched only while a visitor follows one', () => {
    const { watching, followed, clock } = setUp();
    expect(followed.follow('v', { namespace: '/chat', client: 'carl' })).toBe(false);
    expect(followed.follow('v', { namespace: '/other', client: 'bob' })).toBe(false);
    expect(watching.size).toBe(0);
    expect(followed.follow('v', BOB)).toBe(true);
    expect(followed.follow('w', BOB)).toBe(true);
    expect(watching.size).toBe(1);
    followed.unfollow('v');
    followed.unfollow('v');
    expect(watching.size).toBe(1);
    followed.close();
    expect(watching.size).toBe(0);
    expect(clock.timers).toBe(0);
  });

  it('have their events sent in batches, without arguments', () => {
    const { clock, sent, followed, instrument } = setUp();
    followed.follow('v', BOB);
    instrument().eventReceived(socketOf('bob'), packetOf('say', 'secret'), 'say', 12);
    instrument().eventUnhandled(socketOf('bob'), packetOf('typo', 'secret'));
    instrument().eventSent(socketOf('bob'), packetOf('news', 'secret'), 20, true);
    instrument().eventSent(socketOf('ann'), packetOf('news', 'secret'), 20, false);
    clock.advance(99);
    expect(sent).toEqual([]);
    clock.advance(1);
    const [[viewer, { events, ...traffic }]] = sent as [[string, Traffic]];
    expect([viewer, traffic]).toEqual(['v', { ...BOB, leftOut: 0, ended: null }]);
    expect(events).toMatchObject([
      { direction: 'in', event: 'say', args: null, bytes: 12, dropped: false },
      { direction: 'in', event: 'typo', args: null, bytes: 0, dropped: false },
      { direction: 'out', event: 'news', args: null, bytes: 20, dropped: true },
    ]);
    clock.advance(1_000);
    expect(sent).toHaveLength(1);
  });

  it('have arguments with the option payloads, and bounded batches', () => {
    const { clock, sent, followed, instrument } = setUp(true);
    followed.follow('v', BOB);
    for (let i = 0; i < 60; i++) instrument().eventSent(socketOf('bob'), packetOf('news'.repeat(100), i), 20, false);
    clock.advance(100);
    const [[, { events, leftOut }]] = sent as [[string, Traffic]];
    expect([events.length, leftOut]).toEqual([50, 10]);
    expect(events[7]).toMatchObject({ event: 'news'.repeat(50), args: [7] });
  });

  it('are followed until they leave, to both visitors', () => {
    const { sent, followed, instrument, watching, clock } = setUp();
    followed.follow('v', BOB);
    followed.follow('w', BOB);
    instrument().eventSent(socketOf('bob'), packetOf('bye'), 20, false);
    instrument().clientDisconnected(socketOf('bob'), 'transport close');
    expect(sent).toMatchObject([
      ['v', { events: [{ event: 'bye' }], ended: 'transport close' }],
      ['w', { events: [{ event: 'bye' }], ended: 'transport close' }],
    ]);
    expect(watching.size).toBe(0);
    expect(clock.timers).toBe(0);
  });

  it('are followed for a minute unless it is renewed', () => {
    const { followed, watching, clock } = setUp();
    followed.follow('v', BOB);
    clock.advance(59_000);
    followed.follow('v', BOB);
    clock.advance(59_000);
    expect(watching.size).toBe(1);
    clock.advance(1_000);
    expect(watching.size).toBe(0);
  });

  it('are followed one at a time, by a bounded number of visitors', () => {
    const { followed, sent, clock, instrument } = setUp();
    followed.follow('v', BOB);
    followed.follow('v', { namespace: '/chat', client: 'a' });
    instrument().eventSent(socketOf('bob'), packetOf('news'), 20, false);
    instrument().eventSent(socketOf('a'), packetOf('news'), 20, false);
    clock.advance(100);
    expect(sent.map(([, { client }]) => client)).toEqual(['a']);
    for (let i = 0; i < 99; i++) expect(followed.follow(String(i), BOB)).toBe(true);
    expect(followed.follow('one more', BOB)).toBe(false);
  });
});
