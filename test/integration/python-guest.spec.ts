/** Presence, history, latest values and streams for Debian's python3-socketio. python_guest.py has the client's part. */
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import {
  Args,
  Event,
  Gateway,
  InjectPresence,
  OnDisconnect,
  OnDrop,
  OnReturn,
  type Presence,
  type RewindOptions,
  Server,
  Signal,
  type Socket as ServerSocket,
} from 'nest-socketio';
import { expect, it, vi } from 'vitest';
import { turn } from '../support/engine-rig.js';
import { ask, SOON } from '../support/events.js';
import { serve } from '../support/nest-rig.js';
import { sendGuest } from '../support/python-guest.js';
import { describeWith } from '../support/requires.js';
import { startRunningClock } from '../support/running-clock.js';
import { counted } from '../support/streams.js';

/** More than one turn writes before latest values wait. */
const LARGE = 'x'.repeat(70_000);

const MINUTE = 60_000;

@Gateway('/lounge')
class Lounge {
  /** The methods that ran when clients left and returned. */
  readonly partings: [id: string, what: string][] = [];
  /** Whether the signal was aborted when the generator of the stream ended. */
  aborted: boolean | null = null;

  constructor(@InjectPresence('/lounge') private readonly presence: Presence) {}

  @Event('enter')
  async enter(
    @ConnectedSocket() client: ServerSocket,
    @Args(0) user: string,
    @Args(1) meta: object,
    @Args(2) past: RewindOptions,
  ): Promise<{ events: number; complete: boolean }> {
    this.presence.track(client, { user, meta });
    const { events, complete } = await client.join('bar', past);
    return { events, complete };
  }

  @Event('say')
  say(@ConnectedSocket() client: ServerSocket, @MessageBody() text: string): void {
    client.nsp.to('bar').emit('said', text, 0);
  }

  /** Sends prices faster than the client reads. */
  @Event('rush')
  rush(@ConnectedSocket() client: ServerSocket, @MessageBody() count: number): void {
    client.emit('large', LARGE);
    for (let price = 1; price <= count; price++) client.nsp.to('bar').latest('AAPL').emit('price', 'AAPL', price);
  }

  /** @param lostAt the number of the value at which the connection breaks */
  @Event('count')
  async *count(
    @ConnectedSocket() client: ServerSocket,
    @Args(0) to: number,
    @Args(1) lostAt: number,
    @Signal() signal: AbortSignal,
  ): AsyncGenerator<number> {
    try {
      for (let n = 1; n <= to; n++) {
        if (n === lostAt) client.request.socket.destroy();
        yield n;
        await turn();
      }
    } finally {
      this.aborted = signal.aborted;
    }
  }

  @OnDrop()
  drop(@ConnectedSocket() { id }: ServerSocket): void {
    this.partings.push([id, 'drop']);
  }

  @OnReturn()
  back(@ConnectedSocket() { id }: ServerSocket): void {
    this.partings.push([id, 'return']);
  }

  @OnDisconnect()
  leave(@ConnectedSocket() { id }: ServerSocket): void {
    this.partings.push([id, 'disconnect']);
  }
}

describeWith('python3-socketio', 'a room for the Python client', () => {
  it('has its users, its past and its latest values', async () => {
    const { app, url, join } = await serve([Lounge], { server: { history: { '/lounge': {} } } });
    const bar = app.get(Server).of('/lounge').to('bar');
    for (const text of ['one', 'two', 'three']) bar.emit('said', text, 0);
    for (const price of [-2, -1]) {
      for (const symbol of ['AAPL', 'MSFT']) bar.latest(symbol).emit('price', symbol, price);
    }
    const ben = await join('/lounge');
    await ask(ben, 'enter', 'ben', null, {});
    ben.on('said', (text) => text === 'hello' && ben.disconnect());

    expect(await sendGuest('stays', '/lounge', url)).toMatchObject({
      visits: [
        {
          entered: { events: 4, complete: true }, // two that were said, and two prices
          said: ['two', 'three', 'hello'],
          states: [['bar', [['ben', null]]]],
          diffs: [
            ['bar', { joins: [['zoe', { name: 'Zoë' }]], leaves: [] }],
            ['bar', { joins: [], leaves: ['ben'] }],
          ],
          prices: [
            ['AAPL', -1],
            ['MSFT', -1],
            ['AAPL', 100],
          ],
        },
      ],
      users: { zoe: { name: 'Zoë' } },
    });
  });

  it('is not left by a client that loses its connection and returns, with its stream', async () => {
    const clock = startRunningClock();
    const { app, url, join } = await serve([Lounge], {
      server: {
        clock,
        pingInterval: 1_000_000_000,
        history: { '/lounge': {} },
        connectionStateRecovery: { maxDisconnectionDuration: MINUTE },
        streams: { buffer: 16 },
      },
    });
    const lounge = app.get(Server).of('/lounge');
    const gateway = app.get(Lounge);
    const say = (text: string): unknown => lounge.to('bar').emit('said', text, Date.now());
    say('one');
    const then = Date.now();
    await vi.waitUntil(() => Date.now() > then, { interval: 1 });
    say('two');
    lounge.to('bar').latest('AAPL').emit('price', 'AAPL', 1);
    const ben = await join('/lounge');
    const diffs: unknown[] = [];
    ben.on('presence_diff', (_, diff) => diffs.push(diff));
    await ask(ben, 'enter', 'ben', null, {});
    let first = '';
    lounge.once('connection', (zoe: ServerSocket) => {
      first = zoe.id;
      zoe.on('disconnect', () => {
        say('three');
        lounge.to('bar').latest('AAPL').emit('price', 'AAPL', 2);
      });
    });

    const { visits, users, streams, refused } = await sendGuest('returns', '/lounge', url);
    expect(visits).toMatchObject([
      { entered: { events: 3, complete: true }, said: ['one', 'two'], prices: [['AAPL', 1]] },
      { entered: { events: 3, complete: true }, said: ['two', 'three'], prices: [['AAPL', 2]] },
    ]);
    expect(visits.map(({ states }) => states)).toEqual([
      [['bar', [['ben', null]]]],
      [
        [
          'bar',
          [
            ['ben', null],
            ['zoe', { name: 'Zoë' }],
          ],
        ],
      ],
    ]);
    expect(users).toEqual({ ben: null, zoe: { name: 'Zoë' } });
    expect(streams).toMatchObject([{ end: null, resumed: [{}] }]);
    expect(streams[0]?.values).toEqual(counted(streams[0]?.values.length as number));
    expect(refused).toMatchObject({ error: { code: 'stream_gone' } });
    expect(gateway.aborted).toBe(true);
    expect(diffs).toEqual([{ joins: [['zoe', { name: 'Zoë' }]], leaves: [] }]);

    clock.advance(2 * MINUTE);
    const partings = (): string[] => gateway.partings.filter(([id]) => id === first).map(([, what]) => what);
    await expect.poll(partings, SOON).toEqual(['drop', 'disconnect']);
  });
});
