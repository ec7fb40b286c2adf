import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryStore } from '../../../lib/cluster/memory/memory-store.js';

describe('MemoryStore', () => {
  let now: number;
  let store: MemoryStore;

  beforeEach(() => {
    now = 1_000;
    store = new MemoryStore(100, 4, () => now);
  });

  const texts = async (from: string, to: string): Promise<string[] | null> =>
    (await store.read(from, to))?.map(({ bytes }) => bytes.toString()) ?? null;

  const append = (...messages: string[]): string[] => messages.map((text) => store.append(Buffer.from(text)));

  it('reads from a position to another, both included', async () => {
    const [a = '', b = ''] = append('a', 'b', 'c');
    expect(await texts(a, b)).toEqual(['a', 'b']);
    expect(await texts(b, b)).toEqual(['b']);
  });

  it('keeps no more than a number of messages', async () => {
    const [a = '', b = '', , , e = ''] = append('a', 'b', 'c', 'd', 'e');
    expect(await texts(a, e)).toBeNull();
    expect(await texts(b, e)).toEqual(['b', 'c', 'd', 'e']);
  });

  it('keeps them no longer than a time', async () => {
    const [a = ''] = append('a');
    now += 101;
    const [b = ''] = append('b');
    expect(await texts(a, b)).toBeNull();
    expect(await texts(b, b)).toEqual(['b']);
  });

  it('keeps values until they are taken, removed or too old', async () => {
    const put = (key: string, ttl: number): Promise<void> => store.put([{ key, bytes: Buffer.from(key), ttl }]);
    await put('a', 10);
    await put('b', 10);
    await put('c', 10);
    expect(await store.take('a')).toEqual(Buffer.from('a'));
    expect(await store.take('a')).toBeNull();
    await store.remove(['b', 'unknown']);
    expect(await store.take('b')).toBeNull();
    now += 11;
    expect(await store.take('c')).toBeNull();
  });
});
