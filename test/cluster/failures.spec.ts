import { describe, expect, it } from 'vitest';
import { Failures } from '../../lib/cluster/failures.js';
import { RecordingLog, turn } from '../support/engine-rig.js';

describe('failures', () => {
  it('are logged once a minute with their count, whether thrown or rejected', async () => {
    const log = new RecordingLog();
    const gone = new Error('gone');
    let now = 0;
    const failures = new Failures(
      () => log,
      () => now,
    );
    for (now of [0, 1, 59_999, 60_000]) {
      failures.contain('publishing failed', () => Promise.reject(gone));
      await turn();
    }
    failures.contain('listening failed', () => {
      throw gone;
    });
    failures.contain('publishing failed', () => Promise.resolve());
    failures.contain('publishing failed', () => 1);
    await turn();
    expect(log.errors).toEqual([
      ['publishing failed', gone],
      ['publishing failed (2 more since the last such line)', gone],
      ['listening failed', gone],
    ]);
  });
});
