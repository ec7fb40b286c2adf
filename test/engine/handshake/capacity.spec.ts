import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type EngineOptions, resolveEngineOptions } from '../../../lib/engine/engine-options.js';
import { Capacity } from '../../../lib/engine/handshake/capacity.js';
import type { HandshakeRefusal } from '../../../lib/engine/handshake/refusal.js';
import type { Limits } from '../../../lib/engine/limits.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { ManualClock } from '../../support/manual-clock.js';

/** A TCP connection of this address. */
class Tcp extends EventEmitter {
  destroyed = false;

  constructor(readonly remoteAddress?: string) {
    super();
  }

  close(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

function request(socket: Tcp, headers: Record<string, string> = {}): IncomingMessage {
  return { socket, headers } as unknown as IncomingMessage;
}

/** A request through a proxy. */
const from = (address: string): IncomingMessage =>
  request(new Tcp('10.0.0.1'), { 'x-forwarded-for': `forged, ${address}` });

/** A server with these limits. `counts` are the numbers of its connections. */
function serverWith(limits: Limits, more: EngineOptions = {}) {
  const [clock, log, counts] = [new ManualClock(), new RecordingLog(), { open: 0, unjoined: 0 }];
  const options = resolveEngineOptions({ clock, logger: log, limits, ...more });
  const capacity = new Capacity(options, { open: () => counts.open, unjoined: () => counts.unjoined });
  const admit = (from = request(new Tcp('10.0.0.7')), upgrades = true): HandshakeRefusal | null =>
    capacity.admit(from, upgrades);
  const admitAll = (count: number): number =>
    Array.from({ length: count }, () => admit()).filter((refused) => refused === null).length;
  return { capacity, clock, log, counts, admit, admitAll, report: options.limitReport };
}

describe('Capacity', () => {
  it('admits everything without limits', () => {
    const { admitAll, counts } = serverWith({ unjoinedConnections: false, handshakesPerSecond: false });
    counts.open = counts.unjoined = 1_000_000;
    expect(admitAll(100_000)).toBe(100_000);
  });

  it('admits 2,000 clients at the same moment by default, and as many a second later', () => {
    const { admitAll, capacity, clock, counts } = serverWith({});
    for (let storm = 0; storm < 5; storm++) {
      expect(admitAll(2_000)).toBe(2_000);
      counts.unjoined = 2_000;
      for (let i = 0; i < 2_000; i++) capacity.settled();
      clock.advance(1_000);
    }
  });

  it.each([
    ['connections', 'open'],
    ['unjoinedConnections', 'unjoined'],
  ] as const)('counts for limits.%s the connections that are %s, and the requests under way', (limit, which) => {
    const { admit, admitAll, capacity, counts, report } = serverWith({ [limit]: 5 });
    counts[which] = 3;
    expect(admitAll(3)).toBe(2);
    capacity.settled();
    expect(admit()).toBeNull();
    expect(admit()).toMatchObject({ code: 6, message: 'Server is busy', context: { limit } });
    counts[which] = 2;
    expect(admit()).toBeNull();
    expect(report.counts[limit]).toBe(2);
  });

  it('admits a burst of twice limits.handshakesPerSecond, then that many per second', () => {
    const { admitAll, clock } = serverWith({ handshakesPerSecond: 10, unjoinedConnections: false });
    expect(admitAll(100)).toBe(20);
    clock.advance(500);
    expect(admitAll(100)).toBe(5);
    clock.advance(50);
    expect(admitAll(100)).toBe(0);
    clock.advance(50);
    expect(admitAll(100)).toBe(1);
    clock.advance(1_000_000);
    expect(admitAll(100)).toBe(20);
  });

  it('asks clients to return after 1 to 10 s, spread evenly', () => {
    const { admit } = serverWith({ handshakesPerSecond: 1 });
    const times = Array.from({ length: 1_000 }, () => admit()?.retryAfter).slice(2);
    const seen = [...new Set(times)].toSorted((a = 0, b = 0) => a - b);
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('reports one refusal per limit and minute, and counts all of them', () => {
    const { admit, clock, log, report } = serverWith({ handshakesPerSecond: 1 });
    const reported = (): unknown[] => [1, 2, 3].map(() => admit()?.isReported);
    expect(reported()).toEqual([undefined, undefined, true]);
    expect(reported()).toEqual([false, false, false]);
    clock.advance(60_000);
    expect(reported()).toEqual([undefined, undefined, true]);
    expect(log.warnings).toEqual([
      'refused a client of "10.0.0.7": limits.handshakesPerSecond (1) is reached',
      'refused a client of "10.0.0.7": limits.handshakesPerSecond (1) is reached (3 more since the last such line)',
    ]);
    expect(report.counts.handshakesPerSecond).toBe(5);
  });

  describe('with limits.connectionsPerAddress', () => {
    const limits = { connectionsPerAddress: 2 };

    it('refuses an address that has enough connections, until one is closed', () => {
      const { admit, report } = serverWith(limits);
      const sockets = [new Tcp('10.0.0.7'), new Tcp('10.0.0.7')];
      for (const socket of sockets) expect(admit(request(socket))).toBeNull();
      expect(admit(request(new Tcp('10.0.0.7')))).toMatchObject({ code: 7, message: 'Too many connections' });
      expect(admit(request(new Tcp('10.0.0.8')))).toBeNull();
      sockets[0]?.close();
      expect(admit(request(new Tcp('10.0.0.7')))).toBeNull();
      expect(admit(request(new Tcp('10.0.0.7')))).toMatchObject({
        code: 7,
        context: { limit: 'connectionsPerAddress' },
      });
      expect(report.counts.connectionsPerAddress).toBe(2);
    });

    it('counts an address from zero when its last connection is gone', () => {
      const { admit } = serverWith(limits);
      for (let i = 0; i < 10; i++) {
        const sockets = [new Tcp('10.0.0.7'), new Tcp('10.0.0.7')];
        for (const socket of sockets) expect(admit(request(socket))).toBeNull();
        for (const socket of sockets) socket.close();
        expect(sockets.map((socket) => socket.listenerCount('close'))).toEqual([0, 0]);
      }
    });

    it('uses the forwarded address of a trusted proxy', () => {
      const { admit, log } = serverWith(limits, { trustProxy: true });
      const codes = ['1.1.1.1', '1.1.1.1', '1.1.1.1', '2.2.2.2'].map((address) => admit(from(address))?.code);
      expect(codes).toEqual([undefined, undefined, 7, undefined]);
      expect(log.warnings).toEqual(['refused a client of "1.1.1.1": limits.connectionsPerAddress (2) is reached']);
      const untrusting = serverWith(limits);
      const all = ['1.1.1.1', '2.2.2.2', '3.3.3.3'].map((address) => untrusting.admit(from(address))?.code);
      expect(all).toEqual([undefined, undefined, 7]);
    });

    it('counts neither requests that are no upgrades nor clients that have left', () => {
      const { admit } = serverWith(limits);
      const gone = new Tcp();
      gone.destroyed = true;
      for (let i = 0; i < 5; i++) {
        expect(admit(request(new Tcp('10.0.0.7')), false)).toBeNull();
        expect(admit(request(gone))).toBeNull();
      }
    });

    it('does not spend the handshakes of others on an address that has enough', () => {
      const { admit } = serverWith({ connectionsPerAddress: 1, handshakesPerSecond: 1 });
      const codes = ['10.0.0.7', '10.0.0.7', '10.0.0.7', '10.0.0.8'].map(
        (address) => admit(request(new Tcp(address)))?.code,
      );
      expect(codes).toEqual([undefined, 7, 7, undefined]);
    });
  });
});
