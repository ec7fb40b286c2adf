import { describe, expect, it, vi } from 'vitest';
import { AdminConsole } from '../../../lib/nest/admin/admin-console.js';
import { startAdminApp } from '../../support/admin-app.js';
import { SOON } from '../../support/events.js';
import { ManualClock } from '../../support/manual-clock.js';
import { next } from '../../support/nest-app.js';
import { ask, refused } from '../../support/nest-rig.js';

describe('the console of the admin page', () => {
  it('tells a visitor nothing of a failure, which is logged', async () => {
    const app = await startAdminApp();
    const page = await app.visit();
    const failed = new Error('the password is x');
    vi.spyOn(app.server, 'explain').mockRejectedValue(failed);
    const query = { namespace: '/chat', rooms: null, except: [], who: 'bob' };
    expect(await ask(page, 'explain', query)).toEqual([
      { error: { code: 'internal', message: 'Internal server error' } },
    ]);
    expect(app.log.errors).toEqual([['the admin page got no answer to "explain"', failed]]);
  });

  it('counts nothing until a visitor requests figures', async () => {
    const app = await startAdminApp();
    await refused(app.connect('/_live', { auth: { ticket: 'x'.repeat(32) } }));
    const page = await app.visit();
    expect(app.server.telemetry.instruments).toBeNull();
    await ask(page, 'events');
    expect(app.server.telemetry.instruments).not.toBeNull();
  });

  it('has no answer to a question of a later version', async () => {
    const app = await startAdminApp();
    expect(app.app.get(AdminConsole).answer('temperature', null)).toBeNull();
  });

  it('does not let a client resume a visit without a ticket, even if recovery skips the middlewares', async () => {
    const app = await startAdminApp({ server: { connectionStateRecovery: { skipMiddlewares: true } } });
    const page = await app.visit();
    const event = next(page, 'hello');
    app.server.of('/_live').emit('hello');
    const offset = (await event).at(-1);
    const { _pid: pid } = page as unknown as { _pid: string };
    page.io.engine.close();
    await expect.poll(() => app.server.of('/_live').sockets.size, SOON).toBe(0);
    expect(await refused(app.connect('/_live', { auth: { pid, offset } }))).toMatchObject({
      message: 'Invalid namespace',
    });
  });

  it('ends a visit after an hour, with a reason', async () => {
    const app = await startAdminApp();
    const page = await app.visit();
    const [socket] = app.server.of('/_live').sockets.values();
    const left = Number(socket?.expiresAt) - Date.now();
    expect(left).toBeGreaterThan(3_500_000);
    expect(left).toBeLessThanOrEqual(3_600_000);
    expect(page.connected).toBe(true);
  });

  it('renews what a visitor follows, as long as the client is there', async () => {
    const clock = new ManualClock();
    const app = await startAdminApp({ server: { clock, pingInterval: 10_000_000 } });
    const [page, client] = [await app.visit(), await app.join()];
    const timers = clock.timers;
    await ask(page, 'follow', { namespace: '/chat', client: client.id });
    for (let i = 0; i < 5; i++) clock.advance(25_000); // without renewal, following would end after 60 s
    const batch = next(page, 'traffic');
    await ask(client, 'say', 'hello');
    clock.advance(100);
    expect(await batch).toMatchObject([{ events: [{ event: 'say' }] }]);
    const end = next(page, 'traffic');
    client.disconnect();
    expect(await end).toMatchObject([{ ended: 'client namespace disconnect' }]);
    clock.advance(25_000);
    await expect.poll(() => clock.timers, SOON).toBeLessThanOrEqual(timers);
  });
});
