import { describe, expect, it } from 'vitest';
import { requestBroadcaster, requestedNamespaces } from '../../../lib/nest/broadcaster/requested-namespaces.js';

describe('requestBroadcaster', () => {
  it('lists each namespace once, with a leading slash', () => {
    expect(requestedNamespaces()).toEqual([]);
    for (const name of ['chat', '/chat', '/', '/news', 'chat']) requestBroadcaster(name);
    expect(requestedNamespaces()).toEqual(['/chat', '/', '/news']);
  });

  it('does not change a list that was read before', () => {
    const before = requestedNamespaces();
    const { length } = before;
    requestBroadcaster('/later');
    expect(before).toHaveLength(length);
    expect(requestedNamespaces()).toContain('/later');
  });
});
