/** The examples of docs/recovery.md work as the page says. */
import { Server, SocketIoModule } from 'nest-socketio';
import { beforeAll, describe, expect, it } from 'vitest';
import { Examples } from '../support/examples.js';
import { ManualClock } from '../support/manual-clock.js';
import { next, startApp } from '../support/nest-app.js';

const examples = new Examples('docs/recovery.md');

beforeAll(() => examples.compile());

describe('docs/recovery.md', () => {
  it('resumes a client with its id, rooms, data and missed events', async () => {
    const { RecoveringModule } = await examples.load<'RecoveringModule'>('recovering.module');
    const { app, connect } = await startApp({ imports: [RecoveringModule] });
    const members = app.get(Server).of('/members');
    const member = connect('/members', { auth: { token: 'sesame' } });
    await next(member, 'connect');
    const { id } = member;
    const data: unknown = structuredClone(members.sockets.get(id as string)?.data);
    expect(data).toEqual({ since: expect.any(Number) });

    const lost = next(member, 'disconnect');
    member.io.engine.close();
    await lost;
    await expect.poll(() => members.sockets.size).toBe(0);
    members.to('cave').emit('missed');
    const missed = next(member, 'missed');
    await next(member.connect(), 'connect');
    await missed;
    expect([member.id, member.recovered]).toEqual([id, true]);
    expect(members.sockets.get(id as string)?.data).toEqual(data);
  });

  it('reports that a client is away, back and gone', async () => {
    const { VisitsGateway } = await examples.load<'VisitsGateway'>('visits.gateway');
    const clock = new ManualClock(Date.now());
    const { app, connect } = await startApp({
      imports: [SocketIoModule.forRoot({ connectionStateRecovery: {}, clock, pingInterval: 1_000_000_000 })],
      providers: [VisitsGateway as never],
    });
    const [ann, bob] = [connect('/visits'), connect('/visits')];
    await Promise.all([next(ann, 'connect'), next(bob, 'connect')]);
    const { id } = ann;
    const away = next(bob, 'away');
    ann.io.engine.close();
    expect((await away)[0]).toBe(id);
    const back = next(bob, 'back');
    ann.connect();
    expect((await back)[0]).toBe(id);
    const awayAgain = next(bob, 'away');
    ann.io.engine.close();
    await awayAgain;
    const gone = next(bob, 'gone');
    await expect.poll(() => app.get(Server).of('/visits').sockets.size).toBe(1);
    clock.advance(130_000);
    expect((await gone).slice(0, 2)).toEqual([id, 'transport close']);
  });

  it('refuses a client without its token', async () => {
    const { RecoveringModule } = await examples.load<'RecoveringModule'>('recovering.module');
    const { connect } = await startApp({ imports: [RecoveringModule] });
    expect((await next(connect('/members'), 'connect_error'))[0]).toMatchObject({ message: 'unknown token' });
  });
});
