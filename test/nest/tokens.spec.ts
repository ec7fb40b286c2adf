import { describe, expect, it } from 'vitest';
import { noteBroadcaster, notedBroadcasters } from '../../lib/nest/tokens.js';

describe('noteBroadcaster', () => {
  it('notes each namespace once, as it stands on the wire', () => {
    expect(notedBroadcasters()).toEqual([]);
    for (const name of ['chat', '/chat', '/', '/news', 'chat']) noteBroadcaster(name);
    expect(notedBroadcasters()).toEqual(['/chat', '/', '/news']);
  });

  it('does not change a list that was read before', () => {
    const before = notedBroadcasters();
    const { length } = before;
    noteBroadcaster('/later');
    expect(before).toHaveLength(length);
    expect(notedBroadcasters()).toContain('/later');
  });
});
