import { describe, expect, it } from 'vitest';
import { type BufferedClient, Overload } from '../../../lib/engine/connection/overload.js';
import { ManualClock } from '../../support/manual-clock.js';

class Client implements BufferedClient {
  isEnded = false;
  constructor(public bufferedAmount: number) {}

  endOverloaded(): void {
    this.isEnded = true;
    this.bufferedAmount = 0;
  }
}

function setUp(waiting: number[], bufferBytes: number, limit = 1_000) {
  const clock = new ManualClock();
  const clients = waiting.map((bytes) => new Client(bytes));
  const overload = new Overload(
    limit,
    () => clients,
    clock,
    () => bufferBytes,
  );
  return { clock, clients, overload, ended: () => clients.map(({ isEnded }) => isEnded) };
}

describe('Overload', () => {
  it('disconnects the clients for which most waits, until the rest is below the limit', () => {
    const { clock, overload, ended } = setUp([0, 300, 900, 400, 100], 1_700);
    overload.watch();
    expect(ended()).toEqual([false, false, false, false, false]);
    clock.advance(1_000);
    expect(ended()).toEqual([false, false, true, false, false]);
  });

  it('counts what several clients share once', () => {
    const { clock, overload, ended } = setUp([900, 900, 900], 950);
    overload.watch();
    clock.advance(1_000);
    expect(ended()).toEqual([false, false, false]);
  });

  it('does not count the Buffers of the application', () => {
    const { clock, overload, ended } = setUp([300, 300], 50_000);
    overload.watch();
    clock.advance(1_000);
    expect(ended()).toEqual([false, false]);
  });

  it('watches as long as bytes wait, with one timer', () => {
    const { clock, clients, overload } = setUp([300], 300);
    expect(clock.timers).toBe(0);
    overload.watch();
    overload.watch();
    expect(clock.timers).toBe(1);
    clock.advance(5_000);
    expect(clock.timers).toBe(1);
    for (const client of clients) client.bufferedAmount = 0;
    clock.advance(1_000);
    expect(clock.timers).toBe(0);
  });

  it('stops when the server closes', () => {
    const { clock, overload } = setUp([300], 300);
    overload.watch();
    overload.clear();
    expect(clock.timers).toBe(0);
  });

  it('watches nothing without a limit', () => {
    const { clock, overload } = setUp([300], 300, Infinity);
    overload.watch();
    expect(clock.timers).toBe(0);
  });
});
