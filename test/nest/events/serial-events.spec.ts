import { Injectable, Scope } from '@nestjs/common';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Event, Gateway, OnConnect, OnDisconnect, Reason, Server, Socket } from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { next } from '../../support/nest-app.js';
import { ask, serve } from '../../support/nest-rig.js';
import { type Deferred, deferred, told } from '../../support/server-rig.js';

/** A gateway that writes down what it does, and whose slow event ends when the test says so. */
function recording(concurrency: 'serial' | 'parallel') {
  const lines: string[] = [];
  const gates: Deferred<void>[] = [];
  @Gateway({ namespace: '/work', concurrency })
  class Work {
    @OnConnect()
    enter(@ConnectedSocket() client: Socket): void {
      client.join('room');
    }

    @Event()
    async slow(@MessageBody() name: string): Promise<string> {
      lines.push(`${name} begins`);
      const gate = deferred();
      gates.push(gate);
      await gate.promise;
      lines.push(`${name} ends`);
      return name;
    }

    @Event()
    quick(@MessageBody() name: string): string {
      lines.push(name);
      return name;
    }

    @Event()
    fails(): never {
      lines.push('fails');
      throw new Error('x');
    }

    @OnDisconnect()
    leave(@Reason() reason: string, @ConnectedSocket() client: Socket): void {
      lines.push(`${reason}, in ${[...client.rooms].includes('room') ? 'the room' : 'no room'}`);
    }
  }
  return { Work, lines, gates };
}

describe("concurrency: 'serial'", () => {
  it('handles the events of one client one after the other', async () => {
    const { Work, lines, gates } = recording('serial');
    const { join } = await serve([Work]);
    const client = await join('/work');
    const answers = Promise.all([
      ask(client, 'slow', 'a'),
      ask(client, 'quick', 'b'),
      ask(client, 'fails'),
      ask(client, 'slow', 'c'),
      ask(client, 'quick', 'd'),
    ]);
    await expect.poll(() => lines).toEqual(['a begins']);
    gates[0]?.resolve();
    await expect.poll(() => lines).toEqual(['a begins', 'a ends', 'b', 'fails', 'c begins']);
    gates[1]?.resolve();
    expect(await answers).toEqual([
      ['a'],
      ['b'],
      [{ error: expect.objectContaining({ code: 'internal' }) }],
      ['c'],
      ['d'],
    ]);
    expect(await ask(client, 'quick', 'e')).toEqual(['e']);
    expect(lines.slice(5)).toEqual(['c ends', 'd', 'e']);
  });

  it.each([
    ['request-scoped', Scope.REQUEST],
    ['transient', Scope.TRANSIENT],
  ] as const)('finds the instance of a client that is gone when its waiting events come: %s', async (_name, scope) => {
    const lines: string[] = [];
    const gate = deferred();
    let made = 0;
    @Injectable({ scope })
    @Gateway({ namespace: '/work', concurrency: 'serial' })
    class Work {
      readonly #number = ++made;

      @Event()
      async slow(): Promise<void> {
        lines.push(`slow of ${this.#number}`);
        await gate.promise;
      }

      @Event()
      quick(): void {
        lines.push(`quick of ${this.#number}`);
      }

      @OnDisconnect()
      leave(): void {
        lines.push(`${this.#number} leaves`);
      }
    }
    const { join } = await serve([Work]);
    const client = await join('/work');
    const mine = made;
    client.emit('slow');
    client.emit('quick');
    await expect.poll(() => lines).toEqual([`slow of ${mine}`]);
    client.disconnect();
    gate.resolve();
    await expect.poll(() => lines).toEqual([`slow of ${mine}`, `quick of ${mine}`, `${mine} leaves`]);
    expect(made).toBe(mine);
  });

  it('applies to @SubscribeMessage and handleDisconnect too', async () => {
    const lines: string[] = [];
    const gate = deferred();
    @Gateway({ namespace: '/work', concurrency: 'serial' })
    class Work {
      @SubscribeMessage('slow')
      async slow(): Promise<string> {
        lines.push('slow begins');
        await gate.promise;
        lines.push('slow ends');
        return 'slow';
      }

      @SubscribeMessage('quick')
      quick(): string {
        lines.push('quick');
        return 'quick';
      }

      @Event()
      event(): void {
        lines.push('event');
      }

      handleDisconnect(): void {
        lines.push('left');
      }
    }
    @WebSocketGateway({ namespace: '/work' })
    class Parallel {
      @SubscribeMessage('quick')
      quick(): void {
        lines.push('parallel');
      }
    }
    const { join } = await serve([Work, Parallel]);
    const client = await join('/work');
    client.emit('slow');
    client.emit('quick');
    client.emit('event');
    await expect.poll(() => lines).toEqual(['slow begins', 'parallel']);
    client.disconnect();
    gate.resolve();
    await expect.poll(() => lines).toEqual(['slow begins', 'parallel', 'slow ends', 'quick', 'event', 'left']);
  });

  it('handles the events of different clients at the same time', async () => {
    const { Work, lines, gates } = recording('serial');
    const { join } = await serve([Work]);
    const [ann, bob] = [await join('/work'), await join('/work')];
    const answer = ask(ann, 'slow', 'a');
    await expect.poll(() => lines).toEqual(['a begins']);
    expect(await ask(bob, 'quick', 'b')).toEqual(['b']);
    gates[0]?.resolve();
    expect(await answer).toEqual(['a']);
  });

  it('is not the default: without it an event does not wait for another', async () => {
    const { Work, lines, gates } = recording('parallel');
    const { join } = await serve([Work]);
    const client = await join('/work');
    const answer = ask(client, 'slow', 'a');
    expect(await ask(client, 'quick', 'b')).toEqual(['b']);
    expect(lines).toEqual(['a begins', 'b']);
    gates[0]?.resolve();
    await answer;
  });

  it('delays the disconnect of a client, who keeps its rooms, until its earlier events are handled', async () => {
    const { Work, lines, gates } = recording('serial');
    const { app, join } = await serve([Work]);
    const client = await join('/work');
    const [socket] = [...app.get(Server).of('/work').sockets.values()];
    client.emit('slow', 'a');
    client.emit('quick', 'b');
    client.disconnect();
    const gone = told(socket as never, 'disconnecting');
    await expect.poll(() => lines).toEqual(['a begins']);
    await gone;
    gates[0]?.resolve();
    await expect.poll(() => lines).toEqual(['a begins', 'a ends', 'b', 'client namespace disconnect, in the room']);
  });

  it('drops the queued events of a client that the server disconnects', async () => {
    const { Work, lines, gates } = recording('serial');
    const { app, join } = await serve([Work]);
    const client = await join('/work');
    client.emit('slow', 'a');
    client.emit('quick', 'b');
    client.emit('slow', 'c');
    await expect.poll(() => lines).toEqual(['a begins']);
    await app.get(Server).of('/').fetchSockets(); // b and c came in the same packet of TCP
    const gone = next(client, 'disconnect');
    app.get(Server).of('/work').disconnectSockets();
    await gone;
    gates[0]?.resolve();
    await expect.poll(() => lines).toEqual(['a begins', 'a ends', 'server namespace disconnect, in the room']);
  });

  it.each([
    ['runningHandlers', 5, ''],
    ['runningWeight', 2_000, 'x'.repeat(800)],
  ])('does not read from a client that reaches limits.%s, and loses nothing', async (limit, value, text) => {
    const { Work, gates } = recording('serial');
    const { app, join } = await serve([Work], { server: { limits: { [limit]: value } } });
    const client = await join('/work');
    client.emit('slow', text);
    const answers = Promise.all(Array.from({ length: 20 }, (_, i) => ask(client, 'quick', `${i}${text}`)));
    const { engine } = app.get(Server);
    await expect.poll(() => engine.limitCounts[limit as 'runningHandlers']).toBeGreaterThan(0);
    expect(await ask(await join('/work'), 'quick', 'healthy')).toEqual(['healthy']);
    gates[0]?.resolve();
    expect(await answers).toHaveLength(20);
    expect(client.connected).toBe(true);
  });

  it('accepts a thousand events at once', async () => {
    const { Work, gates } = recording('serial');
    const { join } = await serve([Work]);
    const client = await join('/work');
    client.emit('slow', '');
    const answers = Promise.all(Array.from({ length: 1_000 }, () => ask(client, 'quick', 'q')));
    await expect.poll(() => gates.length).toBe(1);
    gates[0]?.resolve();
    expect(await answers).toHaveLength(1_000);
  });

  it('works for several gateways of a namespace separately, also without a disconnect handler', async () => {
    const { Work, lines, gates } = recording('serial');
    @Gateway({ namespace: '/work', concurrency: 'serial' })
    class Parallel {
      @Event()
      async parallel(): Promise<string> {
        await Promise.resolve();
        return 'not waited';
      }
    }
    const { join } = await serve([Work, Parallel]);
    const client = await join('/work');
    client.emit('slow', 'a');
    expect(await ask(client, 'parallel')).toEqual(['not waited']);
    client.disconnect();
    await expect.poll(() => gates.length).toBe(1);
    gates[0]?.resolve();
    await expect.poll(() => lines.at(-1)).toBe('client namespace disconnect, in the room');
  });
});
