import { describe, expect, it } from 'vitest';
import { Lag, type LagOwner, type SlowClients, tooSlow } from '../../../lib/engine/connection/lag.js';
import { LimitReport } from '../../../lib/engine/limit-report.js';
import { resolveLimits } from '../../../lib/engine/limits.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { ManualClock } from '../../support/manual-clock.js';

/** The connection of a client that takes what the test says. */
class Owner implements LagOwner {
  readonly id = 'id';
  readonly remoteAddress = '10.0.0.7';
  waitingBytes = 500;
  readonly marks: (() => void)[] = [];
  hasCaughtUp = false;

  whenTaken(taken: () => void): void {
    this.marks.push(taken);
  }

  caughtUp(): void {
    this.hasCaughtUp = true;
  }
}

function setUp(slowClients: SlowClients = 'disconnect') {
  const [owner, clock, logger] = [new Owner(), new ManualClock(), new RecordingLog()];
  const limits = resolveLimits({ bufferedBytes: 1_000 });
  return { owner, clock, logger, lag: new Lag(owner, { limits, slowClients, clock, logger }) };
}

describe('Lag', () => {
  it('does not count the burst that made the client fall behind', () => {
    const { lag } = setUp();
    lag.wrote(20_000_000, 20);
    expect(lag.cost).toBe(0);
    lag.wrote(100, 2);
    expect(lag.cost).toBe(612);
  });

  it('sees progress when the client has taken as much as the limit', () => {
    const { lag, owner } = setUp();
    lag.wrote(2_000, 1);
    owner.waitingBytes = 1_500;
    expect(lag.check()).toBe(true);
    owner.waitingBytes = 501;
    expect(lag.check()).toBe(false);
  });

  it('sees progress when the client has taken all that waited, and starts to count again', () => {
    const { lag, owner } = setUp();
    lag.wrote(1, 1);
    lag.wrote(1, 1);
    expect(owner.marks).toHaveLength(1);
    owner.waitingBytes = 2_000;
    owner.marks[0]?.();
    expect(lag.cost).toBe(0);
    expect(owner).toMatchObject({ hasCaughtUp: false, marks: { length: 2 } });
    expect([lag.check(), lag.check()]).toEqual([true, false]);
    owner.waitingBytes = 1_000;
    owner.marks[1]?.();
    expect(owner.hasCaughtUp).toBe(true);
  });

  it("tolerates a client without progress for 'drop-volatile'", () => {
    expect(setUp('drop-volatile').lag.check()).toBe(true);
  });

  it('asks a function about a client without progress', () => {
    const asked: unknown[] = [];
    const { lag, clock } = setUp((client) => {
      asked.push(client);
      return asked.length === 1 ? 'wait' : 'disconnect';
    });
    clock.advance(10);
    expect([lag.check(), lag.check()]).toEqual([true, false]);
    expect(asked[0]).toEqual({
      id: 'id',
      remoteAddress: '10.0.0.7',
      bufferedAmount: 500,
      takenBytes: 0,
      laggingFor: 10,
    });
  });

  it('does not tolerate a client if the function throws, and logs the error', () => {
    const error = new Error('oops');
    const { lag, logger } = setUp(() => {
      throw error;
    });
    expect(lag.check()).toBe(false);
    expect(logger.errors).toEqual([['the function given as slowClients failed: the client is disconnected', error]]);
  });
});

describe('a client that is too slow', () => {
  it('is reported, and gets an error that names the limit', () => {
    const [clock, logger, limits] = [new ManualClock(), new RecordingLog(), resolveLimits({ slowTime: 5_000 })];
    const limitReport = new LimitReport({ limits, logger, clock });
    const client = { quotedAddress: '"10.0.0.7"', waitingBytes: 500, logFields: {} };
    const error = tooSlow(client, 'slowTime', { limits, limitReport });
    expect([error.code, error.message]).toEqual([
      'SLOW_CLIENT',
      expect.stringMatching(/^the client left 500 bytes waiting: .*slowTime/),
    ]);
    expect(limitReport.counts.slowTime).toBe(1);
    expect(logger.warnings).toEqual([
      expect.stringContaining('a client of "10.0.0.7" was disconnected with 500 bytes waiting'),
    ]);
  });
});
