import { describe, expect, it, vi } from 'vitest';
import { ObservedLog } from '../../lib/engine/journal.js';
import { RecordingLog } from '../support/engine-rig.js';

describe('Journal', () => {
  it('is the log that it stands over', () => {
    const log = new RecordingLog();
    const journal = ObservedLog.over(log);
    journal.debug('a');
    journal.warn('b');
    journal.error('c', new Error('d'));
    expect(log).toEqual({ debugs: ['a'], warnings: ['b'], errors: [['c', new Error('d')]] });
  });

  it('hands on no error where there is none', () => {
    const log = { debug() {}, warn() {}, error: vi.fn() };
    ObservedLog.over(log).error('alone');
    expect(log.error.mock.calls).toEqual([['alone']]);
  });

  it('is not put over a journal', () => {
    const journal = ObservedLog.over(new RecordingLog());
    expect(ObservedLog.over(journal)).toBe(journal);
  });

  it('tells its reader what is logged as an error, and of the rest nothing', () => {
    const journal = ObservedLog.over(new RecordingLog());
    const reader = { running: vi.fn(), failed: vi.fn() };
    journal.reader = reader;
    const error = new Error('broken');
    journal.debug('a');
    journal.warn('b');
    journal.error('c', error);
    expect(reader.failed.mock.calls).toEqual([['c', error]]);
    expect(reader.running).not.toHaveBeenCalled();
  });
});
