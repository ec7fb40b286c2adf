/** The examples of docs/recovery.md work as the page says. */
import { Server } from 'nest-socketio';
import { beforeAll, describe, expect, it } from 'vitest';
import { Examples } from '../support/examples.js';
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

  it('refuses a client without its token', async () => {
    const { RecoveringModule } = await examples.load<'RecoveringModule'>('recovering.module');
    const { connect } = await startApp({ imports: [RecoveringModule] });
    expect((await next(connect('/members'), 'connect_error'))[0]).toMatchObject({ message: 'unknown token' });
  });
});
