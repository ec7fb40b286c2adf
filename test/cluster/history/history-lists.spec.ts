import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ListEntry } from '../../../lib/cluster/broker/broker.js';
import { HistoryLists } from '../../../lib/cluster/history/history-lists.js';
import { MemoryLists } from '../../../lib/cluster/memory/memory-lists.js';
import { Message } from '../../../lib/engine/internal.js';
import { HistoryEntry } from '../../../lib/server/internal.js';
import { turn } from '../../support/engine-rig.js';
import { ManualClock } from '../../support/manual-clock.js';

const OPTIONS = { size: 100, ttl: 1_000, keys: 10, events: null };

let clock: ManualClock;
let failures: unknown[];
let dropped: number;
let lists: HistoryLists;
let stored: MemoryLists;

const entryOf = (number: number): HistoryEntry =>
  new HistoryEntry('node-00001', number, number, Message.of('2["said"]'), [], null);

const append = (...numbers: number[]): void => {
  for (const number of numbers) lists.append('list', entryOf(number), OPTIONS);
};

const numbers = async (): Promise<number[]> => (await lists.read('list', 100)).events.map(({ number }) => number);

beforeEach(() => {
  clock = new ManualClock();
  failures = [];
  dropped = 0;
  stored = new MemoryLists();
  lists = new HistoryLists({
    clock,
    codecName: 'standard',
    limits: { brokerMessages: 3, brokerBytes: 10_000 },
    failed: (_what, error) => failures.push(error),
    dropped: () => dropped++,
  });
});

describe('HistoryLists', () => {
  it('appends the entries of a turn together, and reads them at once', async () => {
    const batches = vi.spyOn(stored, 'append');
    lists.open(stored);
    append(1, 2);
    expect(await numbers()).toEqual([1, 2]);
    expect(batches).toHaveBeenCalledOnce();
    append(3);
    await turn();
    expect(batches).toHaveBeenCalledTimes(2);
    await lists.clear('list');
    expect(await numbers()).toEqual([]);
  });

  it('reads after all that waits is stored, in smaller batches after a failure', async () => {
    const sizes: number[] = [];
    const appendAll = stored.append.bind(stored);
    vi.spyOn(stored, 'append').mockImplementation((entries) => {
      sizes.push(entries.length);
      return sizes.length === 1 ? Promise.reject(new Error('away')) : appendAll(entries);
    });
    lists.open(stored);
    append(1, 2, 3);
    await turn();
    const read = vi.spyOn(stored, 'read');
    expect(await numbers()).toEqual([1, 2, 3]);
    expect(read).toHaveBeenCalledOnce();
    expect(sizes).toEqual([3, 1, 2]);
  });

  it('leaves out an entry that the engine refuses, and only that', async () => {
    const appendAll = stored.append.bind(stored);
    const refused = entryOf(2).encode('standard');
    vi.spyOn(stored, 'append').mockImplementation((entries) =>
      entries.some(({ bytes }) => bytes.equals(refused)) ? Promise.reject(new Error('refused')) : appendAll(entries),
    );
    lists.open(stored);
    append(1, 2, 3);
    for (let i = 0; i < 20; i++) {
      await turn();
      clock.advance(1_000);
    }
    expect(await numbers()).toEqual([1, 3]);
    expect(dropped).toBe(1);
    expect(failures.map(String)).toContain('Error: an event of list was refused, and left out');
    append(4);
    expect(await numbers()).toEqual([1, 3, 4]);
  });

  it('drops nothing while the engine refuses everything', async () => {
    const absent = vi.spyOn(stored, 'append').mockRejectedValue(new Error('absent'));
    lists.open(stored);
    append(1, 2, 3);
    for (let i = 0; i < 20; i++) {
      await turn();
      clock.advance(1_000);
    }
    absent.mockRestore();
    for (let i = 0; i < 10; i++) {
      await turn();
      clock.advance(1_000);
    }
    expect(new Set(await numbers())).toEqual(new Set([1, 2, 3])); // the order may change around an outage
    expect(dropped).toBe(0);
  });

  it('keeps the newest entries until the broker is connected', async () => {
    append(1, 2, 3, 4, 5);
    expect(dropped).toBe(2);
    lists.open(stored);
    await turn();
    expect(await numbers()).toEqual([3, 4, 5]);
  });

  it('appends again what the broker did not take, and reads no entry twice', async () => {
    const taken = new MemoryLists();
    vi.spyOn(stored, 'read').mockImplementation((list, limit) => taken.read(list, limit));
    vi.spyOn(stored, 'append')
      .mockImplementation((entries) => taken.append(entries))
      .mockImplementationOnce(async (entries: readonly ListEntry[]) => {
        await taken.append(entries); // although it reports a failure
        throw new Error('lost');
      })
      .mockRejectedValueOnce(new Error('still away'));
    lists.open(stored);
    append(1, 2);
    await turn();
    expect(failures).toHaveLength(1);
    append(3);
    expect(await numbers()).toEqual([1, 2]);
    expect(failures).toHaveLength(2);
    clock.advance(1_000);
    await turn();
    expect(await numbers()).toEqual([1, 2, 3]);
    expect(failures).toHaveLength(2);
  });

  it('stores what is left when it is closed', async () => {
    lists.open(stored);
    append(1);
    await lists.close();
    expect((await stored.read('list', 9)).entries).toHaveLength(1);
  });

  it('closes in time when the broker does not answer', async () => {
    vi.spyOn(stored, 'append').mockReturnValue(new Promise(() => {}));
    lists.open(stored);
    append(1);
    const closed = lists.close();
    await turn();
    clock.advance(500);
    await closed;
  });
});
