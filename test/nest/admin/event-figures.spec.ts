import { describe, expect, it } from 'vitest';
import { InstrumentedFigures } from '../../../lib/nest/admin/event-figures.js';
import { PacketType } from '../../../lib/protocol/internal.js';
import type { HandledEvent, Instrument } from '../../../lib/server/internal.js';
import type { WatchedSocket } from '../../../lib/server/telemetry/watched-socket.js';

const socketOf = (label: string) => ({ id: 'a', nsp: { name: label, label } }) as WatchedSocket;
const packetOf = (...data: [string, ...unknown[]]) => ({ type: PacketType.EVENT, nsp: '/', data }) as const;

function figuresOf() {
  const instruments: Instrument[] = [];
  const figures = new InstrumentedFigures({
    watch(instrument) {
      instruments.push(instrument);
      return () => {};
    },
  });
  return { figures, instruments, start: () => (figures.start(), instruments[0] as Required<Instrument>) };
}

describe('the figures of events', () => {
  it('are counted from the start', () => {
    const { figures, instruments, start } = figuresOf();
    expect(instruments).toEqual([]);
    start();
    figures.start();
    expect(instruments).toHaveLength(1);
    expect([figures.events(), figures.refusals()]).toEqual([[], []]);
  });

  it('count what is received, sent and handled, by namespace and event', () => {
    const { figures, start } = figuresOf();
    const instrument = start();
    const socket = socketOf('/chat');
    const event = { socket, packet: packetOf('say'), label: 'say', handler: null, size: 3 } as HandledEvent;
    for (const result of ['ok', 'rejected', 'failed'] as const) {
      instrument.eventReceived(socket, event.packet, 'say', 3);
      instrument.eventHandled(event, result, undefined, 4);
    }
    instrument.eventSent(socket, packetOf('news', 1), 5, false);
    instrument.eventSent(socket, packetOf('news', 2), 5, true);
    expect(figures.events()).toMatchObject([
      { namespace: '/chat', event: 'say', received: 3, sent: 0, failed: 1, rejected: 1, durations: { sum: 0.012 } },
      { namespace: '/chat', event: 'news', received: 0, sent: 1, failed: 0, rejected: 0, durations: { sum: 0 } },
    ]);
  });

  it('count refusals by namespace and reason', () => {
    const { figures, start } = figuresOf();
    const instrument = start();
    for (const where of ['/a', '/a', '/b']) instrument.clientRefused(where, 'middleware', null);
    expect(figures.refusals()).toEqual([
      { where: '/a', reason: 'middleware', count: 2 },
      { where: '/b', reason: 'middleware', count: 1 },
    ]);
  });

  it('are bounded, whatever names there are', () => {
    const { figures, start } = figuresOf();
    const instrument = start();
    for (let i = 0; i < 1_100; i++) {
      instrument.eventSent(socketOf(`/${i}`), packetOf(`event ${i}`), 5, false);
      instrument.clientRefused(`/${i}`, 'middleware', null);
    }
    expect(figures.events()).toHaveLength(1_001);
    expect(figures.events().at(-1)).toMatchObject({ namespace: '(other)', event: '(other)', sent: 100 });
    expect(figures.refusals()).toHaveLength(1_000);
  });
});
