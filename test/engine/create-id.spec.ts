import { describe, expect, it } from 'vitest';
import { createId } from '../../lib/engine/create-id.js';

describe('createId', () => {
  it('creates 20 characters of base64url', () => {
    expect(createId()).toMatch(/^[A-Za-z0-9_-]{20}$/);
  });

  it('creates no id twice, however often its pool is refilled', () => {
    const ids = Array.from({ length: 2_000 }, () => createId());
    expect(new Set(ids).size).toBe(2_000);
  });

  it('uses every character at every position', () => {
    const seen = Array.from({ length: 20 }, () => new Set<string>());
    for (let i = 0; i < 4_000; i++) {
      const id = createId();
      seen.forEach((characters, place) => characters.add(id.charAt(place)));
    }
    expect(seen.map((characters) => characters.size)).toEqual(Array.from({ length: 20 }, () => 64));
  });
});
