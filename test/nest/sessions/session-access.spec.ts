import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { SessionAccess } from '../../../lib/nest/sessions/session-access.js';
import type { ExpressSession, SessionData, SessionStore } from '../../../lib/nest/sessions/express-session.js';
import { ManualClock } from '../../support/manual-clock.js';

type Answer = Parameters<SessionStore['get']>[1];

function setUp(get: (done: Answer) => void) {
  const clock = new ManualClock();
  const store = { get: (_id: string, done: Answer) => get(done) } as SessionStore;
  const access = new SessionAccess(clock);
  return { clock, access, read: () => access.read(store, 'id') };
}

describe('read', () => {
  it('returns the data of the store', async () => {
    const data: SessionData = { cookie: {}, a: 1 };
    expect(await setUp((done) => done(null, data)).read()).toBe(data);
  });

  it.each<[string, (done: Answer) => void]>([
    ['nothing', (done) => done(null)],
    ['null', (done) => done(undefined, null)],
    ['that there is no file', (done) => done(Object.assign(new Error('no'), { code: 'ENOENT' }))],
  ])('is null if the store answers with %s', async (_, get) => {
    expect(await setUp(get).read()).toBeNull();
  });

  it.each<[string, (done: Answer) => void]>([
    ['answers with an error', (done) => done(new Error('down'))],
    [
      'throws',
      () => {
        throw new Error('down');
      },
    ],
  ])('rejects when the store %s', async (_, get) => {
    await expect(setUp(get).read()).rejects.toThrow('down');
  });

  it('rejects when the store is silent for 10 s', async () => {
    const { clock, read } = setUp(() => {});
    const reading = expect(read()).rejects.toThrow('the session store did not answer within 10000 ms');
    clock.advance(10_000);
    await reading;
  });
});

describe('save', () => {
  it('waits for the store, and rejects with its error', async () => {
    const { access } = setUp(() => {});
    const saving = (error?: unknown): Promise<void> =>
      access.save({
        save: (done: (error?: unknown) => void) => setImmediate(done, error),
      } as unknown as ExpressSession);
    await saving();
    await expect(saving(new Error('full'))).rejects.toThrow('full');
  });
});

describe('inTurn', () => {
  it('runs one after the other for a session, though one fails, and at once for another', async () => {
    const { access } = setUp(() => {});
    const order: string[] = [];
    const door = new EventEmitter();
    const first = access.inTurn('a', async () => {
      await once(door, 'open');
      order.push('first');
      throw new Error('on purpose');
    });
    const second = access.inTurn('a', async () => void order.push('second'));
    await access.inTurn('b', async () => void order.push('other'));
    door.emit('open');
    await expect(first).rejects.toThrow('on purpose');
    await second;
    await access.inTurn('a', async () => void order.push('third'));
    expect(order).toEqual(['other', 'first', 'second', 'third']);
  });
});
