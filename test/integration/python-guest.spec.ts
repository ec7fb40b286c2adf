/** Presence, history and latest values for Debian's python3-socketio. python_guest.py has the client's part. */
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import {
  Args,
  Event,
  Gateway,
  InjectPresence,
  type Presence,
  Server,
  type Socket as ServerSocket,
} from 'nest-socketio';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ask } from '../support/events.js';
import { serve } from '../support/nest-rig.js';
import { PYTHON } from '../support/programs.mjs';
import { describeWith } from '../support/requires.js';

const SCRIPT = fileURLToPath(new URL('python_guest.py', import.meta.url));

/** More than one turn writes before latest values wait. */
const LARGE = 'x'.repeat(70_000);

@Gateway('/lounge')
class Lounge {
  constructor(@InjectPresence('/lounge') private readonly presence: Presence) {}

  @Event('enter')
  async enter(
    @ConnectedSocket() client: ServerSocket,
    @Args(0) user: string,
    @Args(1) meta: object,
  ): Promise<{ events: number; complete: boolean }> {
    this.presence.track(client, { user, meta });
    const { events, complete } = await client.join('bar', { rewind: 2 });
    return { events, complete };
  }

  @Event('say')
  say(@ConnectedSocket() client: ServerSocket, @MessageBody() text: string): void {
    client.nsp.to('bar').emit('said', text);
  }

  /** Sends prices faster than the client reads. */
  @Event('rush')
  rush(@ConnectedSocket() client: ServerSocket, @MessageBody() count: number): void {
    client.emit('large', LARGE);
    for (let price = 1; price <= count; price++) client.nsp.to('bar').latest('AAPL').emit('price', 'AAPL', price);
  }
}

describeWith('python3-socketio', 'a room for the Python client', () => {
  it('has its users, its past and its latest values', async () => {
    const { app, url, join } = await serve([Lounge], { server: { history: { '/lounge': {} } } });
    const bar = app.get(Server).of('/lounge').to('bar');
    for (const text of ['one', 'two', 'three']) bar.emit('said', text);
    for (const price of [-2, -1]) {
      for (const symbol of ['AAPL', 'MSFT']) bar.latest(symbol).emit('price', symbol, price);
    }
    const ben = await join('/lounge');
    await ask(ben, 'enter', 'ben', null);
    ben.on('said', (text) => text === 'hello' && ben.disconnect());

    const { stdout } = await promisify(execFile)(PYTHON, ['-I', SCRIPT, url], { timeout: 45_000 });
    expect(JSON.parse(stdout)).toEqual({
      rewound: { events: 4, complete: true }, // two that were said, and two prices
      said: ['two', 'three', 'hello'],
      states: [['bar', [['ben', null]]]],
      diffs: [
        ['bar', { joins: [['zoe', { name: 'Zoë' }]], leaves: [] }],
        ['bar', { joins: [], leaves: ['ben'] }],
      ],
      users: { zoe: { name: 'Zoë' } },
      prices: [
        ['AAPL', -1],
        ['MSFT', -1],
        ['AAPL', 100],
      ],
    });
  });
});
