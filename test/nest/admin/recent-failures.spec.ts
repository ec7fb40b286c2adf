import { describe, expect, it, vi } from 'vitest';
import { RecentFailures } from '../../../lib/nest/admin/recent-failures.js';
import { RecordingLog } from '../../support/engine-rig.js';

describe('recent failures', () => {
  it('are the warnings and errors of a log, the latest first, which gets every line', () => {
    let now = 0;
    const failures = new RecentFailures(() => ++now);
    const recording = new RecordingLog();
    const log = failures.over(recording);
    const error = new Error('no route');
    log.debug('a detail');
    log.log?.('a fact');
    log.warn('look here');
    log.error('it failed', error);
    log.error('it failed', 'a text');
    log.error('it failed', { password: 'x' });
    log.error('it failed');
    expect(failures.lines).toEqual([
      { at: 5, level: 'error', message: 'it failed' },
      { at: 4, level: 'error', message: 'it failed: object' },
      { at: 3, level: 'error', message: 'it failed: a text' },
      { at: 2, level: 'error', message: 'it failed: no route' },
      { at: 1, level: 'warn', message: 'look here' },
    ]);
    expect(recording.debugs).toEqual(['a detail', 'a fact']);
    expect(recording.warnings).toEqual(['look here']);
    expect(recording.errors[0]).toEqual(['it failed', error]);
  });

  it('pass on the lines that a log has a method for', () => {
    const log = { debug: vi.fn(), log: vi.fn(), warn: vi.fn(), error: vi.fn() };
    new RecentFailures().over(log).log?.('a fact');
    expect(log.log).toHaveBeenCalledWith('a fact');
    expect(log.debug).not.toHaveBeenCalled();
  });

  it('are few and short', () => {
    const failures = new RecentFailures();
    const log = failures.over(new RecordingLog());
    for (let i = 0; i < 60; i++) log.warn(`${i} ${'x'.repeat(2_000)}`);
    expect(failures.lines).toHaveLength(50);
    expect(failures.lines[0]?.message).toMatch(/^59 x{997}$/);
  });
});
