import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Pingable, Heartbeat } from '../../../lib/engine/connection/heartbeat.js';
import { turn } from '../../support/engine-rig.js';
import { ManualClock } from '../../support/manual-clock.js';

/** A connection that records its pings and timeouts. */
class Heart implements Pingable {
  bytesRead = 0;
  /** Whether the server has not read from it. */
  isUnread = false;
  readonly log: string[] = [];

  constructor(readonly clock: ManualClock) {}

  ping(): void {
    this.log.push(`ping at ${this.clock.now()}`);
  }

  timeout(): void {
    this.log.push(`timeout at ${this.clock.now()}`);
  }

  takeExcuse(): boolean {
    const excused = this.isUnread;
    this.isUnread = false;
    return excused;
  }
}

/** Creates a heartbeat with an interval of 6,400 ms and a timeout of 3,200 ms. */
function setUp() {
  const clock = new ManualClock();
  const heartbeat = new Heartbeat(6_400, 3_200, clock);
  const heart = new Heart(clock);
  heartbeat.start(heart);
  return { clock, heartbeat, heart };
}

describe('Heartbeat', () => {
  it('gives a connection that was not read from another timeout', () => {
    const { clock, heart } = setUp();
    clock.advance(6_400);
    heart.isUnread = true;
    clock.advance(3_200);
    expect(heart.log).toEqual(['ping at 6400']);
    clock.advance(3_200);
    expect(heart.log).toEqual(['ping at 6400', 'timeout at 12800']);
  });

  it('pings after the interval', () => {
    const { clock, heart } = setUp();
    clock.advance(6_399);
    expect(heart.log).toEqual([]);
    clock.advance(1);
    expect(heart.log).toEqual(['ping at 6400']);
  });

  it('pings again an interval after the pong', () => {
    const { clock, heartbeat, heart } = setUp();
    clock.advance(6_400 + 2_000);
    heartbeat.pong(heart);
    clock.advance(6_399);
    expect(heart.log).toEqual(['ping at 6400']);
    clock.advance(1);
    expect(heart.log).toEqual(['ping at 6400', 'ping at 14800']);
  });

  it('ends a connection that does not answer', () => {
    const { clock, heart } = setUp();
    clock.advance(6_400 + 3_199);
    expect(heart.log).toEqual(['ping at 6400']);
    clock.advance(1);
    expect(heart.log).toEqual(['ping at 6400', 'timeout at 9600']);
    clock.advance(50_000);
    expect(heart.log).toHaveLength(2);
    expect(clock.timers).toBe(0);
  });

  it('ignores a pong that answers no ping', () => {
    const { clock, heartbeat, heart } = setUp();
    clock.advance(6_000);
    heartbeat.pong(heart);
    clock.advance(400);
    expect(heart.log).toEqual(['ping at 6400']);
  });

  it('ignores a second pong', () => {
    const { clock, heartbeat, heart } = setUp();
    clock.advance(6_400);
    heartbeat.pong(heart);
    clock.advance(1_000);
    heartbeat.pong(heart);
    clock.advance(5_400);
    expect(heart.log).toEqual(['ping at 6400', 'ping at 12800']);
  });

  it('starts nothing for an unknown connection', () => {
    const { clock, heartbeat } = setUp();
    const stranger = new Heart(clock);
    heartbeat.pong(stranger);
    heartbeat.stop(stranger);
    clock.advance(50_000);
    expect(stranger.log).toEqual([]);
  });

  it('waits one more timeout if bytes have arrived since the ping, and only one', () => {
    const { clock, heart } = setUp();
    heart.bytesRead = 10;
    clock.advance(6_400);
    heart.bytesRead = 11;
    clock.advance(3_200);
    expect(heart.log).toEqual(['ping at 6400']);
    heart.bytesRead = 12;
    clock.advance(3_200);
    expect(heart.log).toEqual(['ping at 6400', 'timeout at 12800']);
  });

  it('accepts a pong during the extra timeout', () => {
    const { clock, heartbeat, heart } = setUp();
    clock.advance(6_400);
    heart.bytesRead = 1;
    clock.advance(3_200 + 1_000);
    heartbeat.pong(heart);
    clock.advance(6_400);
    expect(heart.log).toEqual(['ping at 6400', 'ping at 17000']);
  });

  it('grants an extra timeout after each ping', () => {
    const { clock, heartbeat, heart } = setUp();
    clock.advance(6_400);
    heart.bytesRead = 1;
    clock.advance(3_200);
    heartbeat.pong(heart);
    clock.advance(6_400);
    heart.bytesRead = 2;
    clock.advance(3_200);
    expect(heart.log).toEqual(['ping at 6400', 'ping at 16000']);
  });

  it('ends others in time while one has an extra timeout', () => {
    const { clock, heartbeat, heart } = setUp();
    clock.advance(100);
    const other = new Heart(clock);
    heartbeat.start(other);
    clock.advance(6_400);
    heart.bytesRead = 1;
    clock.advance(50_000);
    expect(other.log).toEqual(['ping at 6500', 'timeout at 9700']);
    expect(heart.log).toEqual(['ping at 6400', 'timeout at 12800']);
  });

  it('leaves a stopped connection alone, before its ping or before its pong', () => {
    const { clock, heartbeat, heart } = setUp();
    heartbeat.stop(heart);
    const pinged = new Heart(clock);
    heartbeat.start(pinged);
    clock.advance(6_400);
    heartbeat.stop(pinged);
    clock.advance(50_000);
    expect(heart.log).toEqual([]);
    expect(pinged.log).toEqual(['ping at 6400']);
  });

  it('drops all connections and its timers when it is cleared', () => {
    const { clock, heartbeat, heart } = setUp();
    const pinged = new Heart(clock);
    clock.advance(6_400);
    heartbeat.start(pinged);
    expect(clock.timers).toBe(2);
    heartbeat.clear();
    expect(clock.timers).toBe(0);
    heartbeat.pong(heart);
    clock.advance(50_000);
    expect(heart.log).toEqual(['ping at 6400']);
    expect(pinged.log).toEqual([]);
  });

  describe('when a connection is gone', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const held: Heartbeat[] = [];

    /** Releases a connection with a pong due. Afterwards, only the heartbeat could still refer to it. */
    function released(release: (heartbeat: Heartbeat, heart: Heart) => void): WeakRef<Heart> {
      const { clock, heartbeat, heart } = setUp();
      held.push(heartbeat);
      clock.advance(6_400);
      release(heartbeat, heart);
      return new WeakRef(heart);
    }

    it.each<[string, (heartbeat: Heartbeat, heart: Heart) => void]>([
      ['stop', (heartbeat, heart) => heartbeat.stop(heart)],
      ['pong and stop', (heartbeat, heart) => (heartbeat.pong(heart), heartbeat.stop(heart))],
      ['clear', (heartbeat) => heartbeat.clear()],
      ['pong and clear', (heartbeat, heart) => (heartbeat.pong(heart), heartbeat.clear())],
    ])('does not keep it in memory, after %s', async (_, release) => {
      const connection = released(release);
      await turn(); // a WeakRef keeps its target until the end of the turn
      collect();
      expect(connection.deref()).toBeUndefined();
      expect(held.length).toBeGreaterThan(0);
    });
  });

  describe('without a clock', () => {
    afterEach(() => void vi.useRealTimers());

    it('uses the system clock', () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
      const heartbeat = new Heartbeat(64, 64);
      const heart = new Heart(new ManualClock());
      heartbeat.start(heart);
      vi.advanceTimersByTime(65);
      expect(heart.log).toEqual(['ping at 0']);
      heartbeat.clear();
    });
  });
});
