import session, { MemoryStore, type SessionData as StoredData } from 'express-session';
import { describe, expect, it } from 'vitest';
import { CallSession } from '../../../lib/nest/sessions/call-session.js';
import type { SessionData, SessionRequest } from '../../../lib/nest/sessions/express-session.js';

const COOKIE = { originalMaxAge: 60_000, expires: '2030-01-01T00:00:00.000Z', httpOnly: true, path: '/' };

function load(data: Record<string, unknown>) {
  const store = new MemoryStore();
  session({ secret: 's', store, resave: false, saveUninitialized: false }); // gives the store its `generate`
  const request = { sessionStore: store, sessionID: 'id', headers: {} } as unknown as SessionRequest;
  return { store, request, own: new CallSession(request, { cookie: { ...COOKIE }, ...data }) };
}

describe('the session of a call', () => {
  it('has its own session: that of the request does not change', () => {
    const { request, own: one } = load({ name: 'Ann' });
    const other = new CallSession(request, { cookie: { ...COOKIE }, name: 'Ann' });
    expect(one.session).toMatchObject({ id: 'id', name: 'Ann' });
    expect(one.session).not.toBe(other.session);
    expect(request.session).toBeUndefined();
    expect(one.id).toBe('id');
  });

  it('lists the keys that were set, changed at any depth, or deleted', () => {
    const { own: one } = load({ same: [1], deep: { list: [1] }, gone: 1, none: 1 });
    expect(one.changed).toEqual([]);
    const kept = one.session as SessionData;
    (kept['deep'] as { list: number[] }).list.push(2);
    delete kept['gone'];
    kept['none'] = undefined;
    kept['new'] = null;
    expect(one.changed).toEqual(['deep', 'gone', 'none', 'new']);
  });

  it('detects that the cookie was touched', () => {
    const { own: one } = load({});
    (one.session as unknown as { touch(): void }).touch();
    expect(one.changed).toEqual(['cookie']);
  });

  it('merges its changes into the data that others have written in the meantime', () => {
    const { own: one } = load({ a: 1, b: 1, c: 1 });
    Object.assign(one.session as object, { a: 2 });
    delete (one.session as SessionData)['c'];
    const merged = one.mergedInto({ cookie: { ...COOKIE }, a: 1, b: 3, c: 1, d: 4 });
    expect({ ...merged, cookie: null }).toEqual({ cookie: null, a: 2, b: 3, d: 4 });
    expect(merged.id).toBe('id');
  });

  it('is gone after it was destroyed, also from the store', async () => {
    const { own: one, store } = load({ a: 1 });
    await new Promise((resolve) => store.set('id', one.session as unknown as StoredData, resolve));
    await new Promise((resolve) => (one.session as unknown as { destroy(done: unknown): void }).destroy(resolve));
    expect(one.session).toBeUndefined();
    expect(one.changed).toEqual(['cookie', 'a']);
    expect(await new Promise((resolve) => store.get('id', (_, data) => resolve(data)))).toBeUndefined();
    const merged = one.mergedInto({ cookie: { ...COOKIE }, a: 1, b: 1 });
    expect(merged['a']).toBeUndefined();
  });

  it('can be replaced, as express-session allows routes to do', () => {
    const { own: one } = load({ a: 1 });
    one.session = null;
    expect(one.session).toBeNull();
  });

  it('has another id after it was regenerated', async () => {
    const { own: one, request } = load({ a: 1 });
    await new Promise((resolve) => (one.session as unknown as { regenerate(done: unknown): void }).regenerate(resolve));
    expect(one.id).not.toBe('id');
    expect(one.session?.id).toBe(one.id);
    expect([request.sessionID, one.changed]).toEqual(['id', ['cookie', 'a']]);
  });
});
