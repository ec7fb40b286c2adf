import { describe, expect, it } from 'vitest';
import { RequestedNamespaces } from '../../../lib/nest/broadcaster/requested-namespaces.js';

describe('RequestedNamespaces', () => {
  const requested = new RequestedNamespaces();
  const request = (name: string): void => requested.request(name, (pattern) => `no pattern such as ${pattern}`);

  it('lists each namespace once, with a leading slash', () => {
    expect(requested.names).toEqual([]);
    for (const name of ['chat', '/chat', '/', '/news', 'chat']) request(name);
    expect(requested.names).toEqual(['/chat', '/', '/news']);
  });

  it('does not change a list that was read before', () => {
    const before = requested.names;
    const { length } = before;
    request('/later');
    expect(before).toHaveLength(length);
    expect(requested.names).toContain('/later');
  });

  it('refuses a pattern, with the message of the decorator', () => {
    expect(() => request('rooms/:id')).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: 'no pattern such as rooms/:id' }),
    );
    expect(requested.names).not.toContain('/rooms/:id');
  });
});
