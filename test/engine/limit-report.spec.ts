import { describe, expect, it, vi } from 'vitest';
import { LimitReport } from '../../lib/engine/limit-report.js';
import { resolveLimits } from '../../lib/engine/limits.js';
import { ManualClock } from '../support/manual-clock.js';
import { RecordingLog } from '../support/engine-rig.js';

describe('LimitReport', () => {
  it('counts each limit, and logs one line per limit and minute', () => {
    const clock = new ManualClock();
    const logger = new RecordingLog();
    const report = new LimitReport({ limits: resolveLimits({ rooms: 3 }), logger, clock });
    const logged = [1, 2, 3].map(() => report.reached('rooms', 'a client of 10.0.0.7 joined no more rooms'));
    expect(logged).toEqual([true, false, false]);
    report.reached('namespaces', 'a client was closed');
    expect(report.counts).toMatchObject({ rooms: 3, namespaces: 1, pendingAcks: 0 });
    clock.advance(60_000);
    report.reached('rooms', 'a client of 10.0.0.8 joined no more rooms');
    expect(logger.warnings).toEqual([
      'a client of 10.0.0.7 joined no more rooms: limits.rooms (3) is reached',
      'a client was closed: limits.namespaces (100) is reached',
      'a client of 10.0.0.8 joined no more rooms: limits.rooms (3) is reached (2 more since the last such line)',
    ]);
  });

  it('reads the fields of a client only for a line that is written', () => {
    const logger = { debug: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const report = new LimitReport({ limits: resolveLimits({}), logger, clock: new ManualClock() });
    const read = vi.fn(() => ({ connection: 'Zx1' }));
    const client = {
      get logFields() {
        return read();
      },
    };
    for (let i = 0; i < 3; i++) report.reached('rooms', 'a client joined no more rooms', client);
    report.reached('namespaces', 'a client was closed');
    expect(logger.warn.mock.calls.map(([, fields]: unknown[]) => fields)).toEqual([
      { connection: 'Zx1', limit: 'rooms' },
      { limit: 'namespaces' },
    ]);
    expect(read).toHaveBeenCalledTimes(1);
  });
});
