/** Clients that lose their connection and return, as gateways see them, with the stock client. */
import { Injectable, Scope, UseInterceptors } from '@nestjs/common';
import { ConnectedSocket } from '@nestjs/websockets';
import {
  type BrokerOption,
  ConnectionRefused,
  type DisconnectReason,
  Event,
  Gateway,
  memoryBroker,
  OnConnect,
  OnDisconnect,
  OnDrop,
  OnReturn,
  Reason,
  Server,
  type Socket,
} from 'nest-socketio';
import { setImmediate } from 'node:timers/promises';
import type { Socket as Client } from 'socket.io-client';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../support/manual-clock.js';
import { next } from '../support/nest-app.js';
import { type Rig, serve } from '../support/nest-rig.js';

const MINUTE = 60_000;

let seen: string[] = [];
let clock: ManualClock;
beforeEach(() => {
  seen = [];
  clock = new ManualClock(Date.now());
});

/** Records the lifetime of its clients, with a name that tells nodes apart. */
@Injectable()
class Diary {
  name = '';
  banned = false;

  note(what: string, { rooms, data }: Socket, more: string | boolean = ''): void {
    seen.push(`${this.name}${what} ${rooms.has('inside')} ${data.name} ${more}`.trim());
  }
}

@Gateway()
class Doors {
  constructor(private readonly diary: Diary) {}

  @OnConnect()
  enter(@ConnectedSocket() client: Socket): void {
    if (this.diary.banned) throw new ConnectionRefused('banned');
    if (!client.recovered) Object.assign(client.data, { name: 'ann' });
    client.join('inside');
    this.diary.note('connect', client);
  }

  @OnDrop()
  drop(@ConnectedSocket() client: Socket, @Reason() reason: DisconnectReason): void {
    this.diary.note('drop', client, reason);
  }

  @OnReturn()
  async back(client: Socket): Promise<void> {
    await setImmediate();
    this.diary.note('return', client, client.recovered);
  }

  @OnDisconnect()
  async leave(@ConnectedSocket() client: Socket, @Reason() reason: DisconnectReason): Promise<void> {
    await setImmediate();
    this.diary.note('disconnect', client, reason);
  }
}

/** Starts an application, and connects a client that has heard an event. */
async function start(
  broker: BrokerOption | null = null,
  name = '',
  providers: Parameters<typeof serve>[0] = [Doors, Diary],
): Promise<Rig> {
  const connectionStateRecovery = { maxDisconnectionDuration: MINUTE };
  const rig = await serve(providers, {
    server: { clock, connectionStateRecovery, pingInterval: 1_000_000_000, ...(broker !== null && { broker }) },
  });
  rig.app.get(Diary, { strict: false }).name = name;
  return rig;
}

async function join(rig: Rig): Promise<Client> {
  const client = await rig.join();
  const heard = next(client, 'news');
  rig.app.get(Server).emit('news');
  await heard;
  return client;
}

/** Breaks the connection, and waits until the gateway or the server has noticed. */
async function lose(rig: Rig, client: Client): Promise<void> {
  const lost = next(client, 'disconnect');
  client.io.engine.close();
  await lost;
  await vi.waitFor(() => expect(rig.app.get(Server).sockets.sockets.has(client.id as string)).toBe(false));
  await vi.waitFor(() => expect(rig.app.get(Server).sockets.isEmpty).toBe(true));
}

describe('a client of a gateway that loses its connection', () => {
  it('is dropped and returns, and is disconnected when it is over', async () => {
    const rig = await start();
    const client = await join(rig);
    await lose(rig, client);
    expect(seen).toEqual(['connect true ann', 'drop true ann transport close']);
    await next(client.connect(), 'connect');
    await vi.waitFor(() => expect(seen.slice(2)).toEqual(['connect true ann', 'return true ann true']));
    client.disconnect();
    await vi.waitFor(() => expect(seen.slice(4)).toEqual(['disconnect true ann client namespace disconnect']));
    clock.advance(10 * MINUTE);
    expect(seen).toHaveLength(5);
  });

  it('is disconnected when its session expires, with its rooms and data', async () => {
    const rig = await start();
    await lose(rig, await join(rig));
    clock.advance(MINUTE - 1);
    expect(seen).toHaveLength(2);
    clock.advance(1_000);
    await vi.waitFor(() => expect(seen.slice(2)).toEqual(['disconnect true ann transport close']));
  });

  it('is disconnected when it is refused', async () => {
    const rig = await start();
    const client = await join(rig);
    await lose(rig, client);
    rig.app.get(Diary).banned = true;
    await next(client.connect(), 'connect_error');
    await vi.waitFor(() => expect(seen.slice(2)).toEqual(['disconnect true ann transport close']));
  });

  it('is not noticed by a gateway without drops, unless it stays away', async () => {
    @Gateway()
    class Quiet {
      constructor(private readonly diary: Diary) {}

      @OnDisconnect()
      leave(client: Socket, reason: DisconnectReason): void {
        this.diary.note('disconnect', client, reason);
      }
    }
    const rig = await start(null, '', [Quiet, Diary]);
    const client = await join(rig);
    await lose(rig, client);
    clock.advance(1_000);
    await next(client.connect(), 'connect');
    expect(client.recovered).toBe(true);
    expect(seen).toEqual([]);
  });

  it('moves to another node, and is disconnected on neither', async () => {
    const broker = memoryBroker();
    const [a, b] = [await start(broker, 'A '), await start(broker, 'B ')];
    const moved: string[] = [];
    a.app.get(Server).sockets.observe({ moved: ({ id }) => void moved.push(id) });
    const client = await join(a);
    await lose(a, client);
    (client.io as unknown as { uri: string }).uri = b.url;
    await next(client.connect(), 'connect');
    await vi.waitFor(() => expect(moved).toEqual([client.id]));
    clock.advance(MINUTE * 2);
    await vi.waitFor(() =>
      expect(seen).toEqual([
        'A connect true ann',
        'A drop true ann transport close',
        'B connect true ann',
        'B return true ann true',
      ]),
    );
  });

  it('keeps the scope of its gateway until it is over, and has a new one when it returns', async () => {
    let instances = 0;
    @Gateway()
    @UseInterceptors({ intercept: (_context, handler) => handler.handle() })
    class Scoped {
      readonly number = ++instances;
      @OnConnect()
      enter(): void {}
      @OnDrop()
      drop(): void {
        seen.push(`drop ${this.number}`);
      }
      @OnReturn()
      back(): void {
        seen.push(`return ${this.number}`);
      }
      @OnDisconnect()
      leave(): void {
        seen.push(`disconnect ${this.number}`);
      }
    }
    Injectable({ scope: Scope.REQUEST })(Scoped);
    const rig = await start(null, '', [Scoped, Diary]);
    const client = await join(rig);
    await lose(rig, client);
    await next(client.connect(), 'connect');
    await lose(rig, client);
    clock.advance(MINUTE * 2);
    await vi.waitFor(() => expect(seen).toEqual(['drop 1', 'return 2', 'drop 2', 'disconnect 2']));
  });

  it('has its serial events handled before the drop, and after the return', async () => {
    @Gateway({ concurrency: 'serial' })
    class Serial {
      @Event()
      async say(_client: Socket, word: string): Promise<void> {
        await setImmediate();
        seen.push(word);
      }
      @OnDrop()
      drop(): void {
        seen.push('drop');
      }
      @OnReturn()
      async back(): Promise<void> {
        await setImmediate();
        await setImmediate();
        seen.push('return');
      }
    }
    const rig = await start(null, '', [Serial, Diary]);
    const client = await join(rig);
    client.emit('say', 'one').emit('say', 'two');
    await lose(rig, client);
    client.emit('say', 'three'); // the stock client sends it when it has connected
    client.connect();
    await vi.waitFor(() => expect(seen).toEqual(['one', 'two', 'drop', 'return', 'three']));
  });

  it('stays when a handler of its return fails, which is logged', async () => {
    @Gateway()
    class Faulty {
      @OnReturn()
      back(): void {
        throw new Error('broken');
      }
    }
    const rig = await start(null, '', [Faulty, Diary]);
    const client = await join(rig);
    await lose(rig, client);
    await next(client.connect(), 'connect');
    await vi.waitFor(() => expect(rig.log.errors).toHaveLength(1));
    expect(rig.log.errors[0]).toEqual(['Faulty.back failed', expect.objectContaining({ message: 'broken' })]);
    expect(client.connected).toBe(true);
  });
});

it('a gateway whose clients cannot return is warned of, and disconnected at once', async () => {
  const rig = await serve([Doors, Diary], { server: { pingInterval: 1_000_000_000 } });
  expect(rig.log.warnings).toEqual([
    'Doors.drop has @OnDrop(), which needs connection state recovery, got none, so it never runs: set ' +
      'connectionStateRecovery: {} in SocketIoModule.forRoot()',
    expect.stringContaining('Doors.back has @OnReturn(), which needs connection state recovery'),
  ]);
  await lose(rig, await rig.join());
  expect(seen).toEqual(['connect true ann', 'disconnect true ann transport close']);
});
