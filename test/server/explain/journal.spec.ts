import { describe, expect, it } from 'vitest';
import { PacketType } from '../../../lib/protocol/internal.js';
import { BroadcastTarget } from '../../../lib/server/internal.js';
import { Journal } from '../../../lib/server/explain/journal.js';
import { Emission } from '../../../lib/server/telemetry/emission.js';
import type { WatchedSocket } from '../../../lib/server/telemetry/watched-socket.js';

let now = 0;

function socketOf(id: string, userId?: string, rooms: string[] = []): WatchedSocket {
  return {
    id,
    userId,
    ip: '10.0.0.7',
    nsp: { name: '/chat', label: '/chat' },
    rooms: new Set([id, ...rooms]),
  } as WatchedSocket;
}

function emissionOf(event: string, target = BroadcastTarget.everybody): Emission {
  return new Emission('/chat', '/chat', event, target, false, false);
}

function journalOf(size = 100): Journal {
  now = 1_000;
  return new Journal(size, () => now++);
}

describe('the journal', () => {
  it('keeps emits with their receivers, by namespace', () => {
    const journal = journalOf();
    const emission = emissionOf('say', BroadcastTarget.everybody.to(['a', 'b']).except('c').with({ volatile: true }));
    emission.receivers = 3;
    emission.dropped = 1;
    journal.emitted(emission);
    expect(journal.emits('/chat')).toEqual([
      {
        at: 1_001,
        event: 'say',
        rooms: ['a', 'b'],
        excepted: ['c'],
        isVolatile: true,
        isLocal: false,
        receivers: 3,
        dropped: 1,
      },
    ]);
    journal.emitted(emissionOf('price', BroadcastTarget.everybody.with({ latest: 'AAPL' })));
    expect(journal.emits('/chat')[1]).toMatchObject({ event: 'price', isVolatile: true });
    expect(journal.emits('/')).toEqual([]);
  });

  it('knows the clients that have left, by id and by user, the last one first', () => {
    const journal = journalOf();
    journal.clientConnected(socketOf('1', 'bob'));
    journal.clientDisconnected(socketOf('1', 'bob', ['a']), 'ping timeout');
    journal.clientDisconnected(socketOf('2', 'bob'), 'transport close');
    journal.clientDisconnected(socketOf('3', 'ann'), 'transport close');
    const first = {
      id: '1',
      user: 'bob',
      address: '10.0.0.7',
      connectedAt: 1_001,
      disconnectedAt: 1_002,
      reason: 'ping timeout',
      rooms: ['1', 'a'],
      waitingBytes: 0,
    };
    expect(journal.gone('/chat', '1')).toEqual([first]);
    expect(journal.gone('/chat', 'bob').map(({ id, connectedAt }) => [id, connectedAt])).toEqual([
      ['2', null],
      ['1', 1_001],
    ]);
  });

  it('keeps the changes of a client: joins, leaves and drops', () => {
    const journal = journalOf();
    const socket = socketOf('1');
    const packet = { type: PacketType.EVENT, nsp: '/chat', data: ['tick', 1] } as const;
    journal.roomJoined(socket, 'a');
    journal.roomLeft(socket, 'a');
    journal.roomJoined(socketOf('2'), 'a');
    journal.eventSent(socket, { ...packet, data: ['tick', 1] }, 10, false);
    journal.eventSent(socket, { ...packet, data: ['tick', 2] }, 10, true);
    expect(journal.changesOf('/chat', '1')).toEqual({
      changes: [
        { at: 1_001, room: 'a', joined: true },
        { at: 1_002, room: 'a', joined: false },
      ],
      drops: [{ at: 1_004, event: 'tick' }],
    });
  });

  it('has a fixed number of entries, and says since when it is complete', () => {
    const journal = journalOf(3);
    expect(journal.since).toBe(1_000);
    for (const event of ['a', 'b', 'c', 'd', 'e']) journal.emitted(emissionOf(event));
    expect(journal.emits('/chat').map(({ event }) => event)).toEqual(['c', 'd', 'e']);
    expect(journal.since).toBe(1_003);
  });

  it('keeps the beginnings of long names, and a bounded number of rooms', () => {
    const journal = journalOf();
    const rooms = Array.from({ length: 500 }, (_, i) => `${i} `.padEnd(1_000, 'x'));
    journal.emitted(emissionOf('e'.repeat(1_000), BroadcastTarget.everybody.to(rooms)));
    const [emit] = journal.emits('/chat');
    expect(emit?.event).toHaveLength(200);
    expect(emit?.rooms).toHaveLength(100);
    expect(emit?.rooms?.[99]).toHaveLength(200);
  });
});
