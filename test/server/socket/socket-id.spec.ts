import { describe, expect, it } from 'vitest';
import { createId } from '../../../lib/engine/internal.js';
import { createSocketId, isSocketId } from '../../../lib/server/socket/socket-id.js';

describe('the id of a socket', () => {
  it('has 20 characters of base64url, is another one each time, and is recognised', () => {
    const ids = Array.from({ length: 1_000 }, createSocketId);
    expect(new Set(ids).size).toBe(1_000);
    for (const id of ids) expect([id, isSocketId(id)]).toEqual([expect.stringMatching(/^[\w-]{20}$/), true]);
  });

  it('is distinguished from other names of rooms', () => {
    const names = ['', 'room', '12345678901234567890', 'user:1234567890abcde', 'é'.repeat(20), `${createSocketId()}x`];
    const random = Array.from({ length: 100 }, createId);
    expect([...names, ...random].filter(isSocketId)).toEqual([]);
  });
});
