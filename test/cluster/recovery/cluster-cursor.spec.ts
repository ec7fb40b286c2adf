import { describe, expect, it } from 'vitest';
import { ClusterCursor } from '../../../lib/cluster/recovery/cluster-cursor.js';
import { Offset } from '../../../lib/cluster/recovery/offset.js';

describe('ClusterCursor', () => {
  it('starts with what its node has delivered', () => {
    const offset = new Offset('node-00001', 1, '7', 0);
    const cursor = new ClusterCursor(offset);
    expect(cursor).toMatchObject({ presented: offset, resumesAfter: offset, given: offset, had: null });
    expect(cursor.joinedAt.size).toBe(0);
    expect(cursor.pid).toMatch(/^[\w-]{20}$/);
  });

  it('goes on with the state of a session', () => {
    const [presented, after] = [1, 2].map((own) => new Offset('node-00001', own, '7', 0)) as [Offset, Offset];
    const had = new Map([['node-00002', 3]]);
    const cursor = new ClusterCursor(presented, 'secret', { resumesAfter: after, had });
    expect(cursor).toMatchObject({ pid: 'secret', presented, resumesAfter: after, given: presented, had });
  });
});
