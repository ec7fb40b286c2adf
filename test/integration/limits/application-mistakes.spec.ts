/** Mistakes of an application that clients could use against it: in loggers, hooks, Observables and filters. */
import {
  type ArgumentsHost,
  type CanActivate,
  Catch,
  type ExceptionFilter,
  type Type,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { Event, Gateway, OnConnect, OnDisconnect, Server, type Socket as ServerSocket } from 'nest-socketio';
import { WireClient } from 'nest-socketio/testing';
import { interval, Observable } from 'rxjs';
import { ConnectedSocket, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Socket } from 'socket.io-client';
import { describe, expect, it, vi } from 'vitest';
import { cpuOf } from '../../support/cpu.js';
import { SOON } from '../../support/events.js';
import { ManualClock } from '../../support/manual-clock.js';
import { memoryBase, memoryInUse } from '../../support/memory-in-use.js';
import { next } from '../../support/nest-app.js';
import { received, serve } from '../../support/nest-rig.js';

const ask = (client: Socket, event: string): Promise<unknown> => client.timeout(5_000).emitWithAck(event);

function throwing(): never {
  throw new Error('the disk is full');
}

function ignore(): void {}

class Deny implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Gateway()
class Throwing {
  @Event()
  fail(text: unknown): void {
    throw new Error(`failed ${typeof text}`);
  }

  @Event()
  ping(): string {
    return 'pong';
  }
}

/** For tests that advance the clock: no pings. */
const QUIET = { pingInterval: 1_000_000_000 };

/** In a namespace of its own, for the client that must not notice anything. */
@Gateway('/healthy')
class Healthy extends Throwing {}

describe('the log', () => {
  it('gets a failure that repeats once, while each client gets an id', async () => {
    const { log, join } = await serve([Throwing]);
    const [bad, healthy] = [await join(), await join()];
    const answers = await Promise.all(Array.from({ length: 2_000 }, () => ask(bad, 'fail')));
    expect(new Set(answers.map((answer) => (answer as { error: { id: string } }).error.id)).size).toBe(2_000);
    expect(log.errors).toHaveLength(1);
    expect(log.errors[0]?.[0]).toContain((answers[0] as { error: { id: string } }).error.id);
    expect(await ask(healthy, 'ping')).toBe('pong');
  });

  it('holds 101 failures a minute if a client chooses their messages, and still the failure of another handler', async () => {
    @Gateway()
    class Careless extends Throwing {
      @Event()
      find(_client: unknown, id: number): void {
        throw new Error(`no user ${id}`);
      }
    }
    const { log, join } = await serve([Careless]);
    const [bad, healthy] = [await join(), await join()];
    await Promise.all(Array.from({ length: 2_000 }, (_, id) => bad.timeout(5_000).emitWithAck('find', id)));
    expect(log.errors).toHaveLength(101);
    await ask(healthy, 'fail');
    expect(log.errors).toHaveLength(102);
    expect(log.errors[101]?.[0]).toContain('Careless.fail');
    expect(await ask(healthy, 'ping')).toBe('pong');
  });

  it('gets one failure of a catch-all handler, whatever the events are called', async () => {
    const { app, log, join } = await serve([Throwing]);
    app.get(Server).sockets.onEvent('*', throwing);
    const [bad, healthy] = [await join(), await join()];
    for (let index = 0; index < 500; index++) bad.emit(`event ${index}`);
    await ask(bad, 'ping'); // the events before it have been handled
    expect(log.errors).toEqual([['the handler of "event 0" in / failed', new Error('the disk is full')]]);
    expect(await ask(healthy, 'ping')).toBe('pong');
  });

  it('may throw or reject', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const logger = { debug: throwing, warn: throwing, error: () => Promise.reject(new Error('the disk is full')) };
    const { join } = await serve([Throwing], { server: { logger } });
    const [client, healthy] = [await join(), await join()];
    const fail = async (times: number): Promise<void> => {
      for (let index = 1; index < times; index++) client.emit('fail');
      expect(await ask(client, 'fail')).toMatchObject({ error: { code: 'internal' } });
    };
    await fail(100); // compiles the code
    const before = await memoryBase();
    await fail(1_000);
    expect(await ask(client, 'ping')).toBe('pong');
    expect(await ask(healthy, 'ping')).toBe('pong');
    await expect.poll(() => memoryInUse() - before, SOON).toBeLessThan(1_000 * 1_000); // bytes for each failure
    expect(printed).toHaveBeenCalledTimes(1);
    printed.mockRestore();
  });
});

describe('the callback of close()', () => {
  it('may throw, as often as it is called: one line is logged, and each client is disconnected', async () => {
    const { app, log, join } = await serve([Throwing]);
    const server = app.get(Server);
    const healthy = await join();
    expect(await ask(healthy, 'ping')).toBe('pong');
    const left = next(healthy, 'disconnect');
    const oops = vi.fn<() => void>(() => {
      throw new Error('oops');
    });
    await Promise.all(Array.from({ length: 100 }, () => server.close(oops)));
    await left;
    await expect.poll(() => oops.mock.calls.length).toBe(100);
    await expect.poll(() => log.errors.map(([line]) => line)).toEqual(['the callback of close() failed']);
    expect(server.engine.clientsCount).toBe(0);
  });
});

/** The warnings about connects of an application with this gateway. */
async function warningsOf(gateway: Type): Promise<string[]> {
  const { log } = await serve([gateway]);
  return log.warnings.filter((line) => line.includes('the guards of'));
}

describe('a gateway with guards and without a connect handler', () => {
  it('is named in a warning if the guards are on each of its methods: the line to add names them', async () => {
    @Gateway()
    class OnMethods {
      @Event()
      @UseGuards(Deny)
      read(): void {}

      @Event()
      @UseGuards(Deny)
      write(): void {}
    }
    @Gateway()
    class OnOne {
      @Event()
      read(): void {}

      @Event()
      @UseGuards(Deny)
      write(): void {}
    }
    expect(await warningsOf(OnMethods)).toEqual([
      'the guards of OnMethods run for its events only, so any client may connect and receive its broadcasts: ' +
        'add @OnConnect() @UseGuards(Deny) connect() {} to the class',
    ]);
    expect(await warningsOf(OnOne)).toEqual([]);
  });

  it('is named in a warning if its handleConnection() cannot check the client', async () => {
    @UseGuards(Deny)
    @WebSocketGateway()
    class Counting {
      handleConnection(): void {}

      @SubscribeMessage('read')
      read(): void {}
    }
    @UseGuards(Deny)
    @WebSocketGateway()
    class Checking {
      handleConnection(client: ServerSocket): void {
        if (client.handshake.auth['token'] === undefined) client.disconnect();
      }

      @SubscribeMessage('read')
      read(): void {}
    }
    expect(await warningsOf(Counting)).toEqual([expect.stringContaining('server.use() in afterInit()')]);
    expect(await warningsOf(Checking)).toEqual([]);
  });

  it('is named in a warning, once for all clients', async () => {
    @UseGuards(Deny)
    @Gateway()
    class Open extends Throwing {}
    @UseGuards(Deny)
    @Gateway('/closed')
    class Closed {
      @OnConnect()
      connect(): void {}

      @Event()
      ping(): string {
        return 'pong';
      }
    }
    const { log, join } = await serve([Open, Closed, Healthy]);
    const clients = await Promise.all(Array.from({ length: 20 }, () => join()));
    const answers = await Promise.all(clients.map((client) => ask(client, 'ping')));
    expect(answers).toEqual(clients.map(() => ({ error: expect.objectContaining({ code: 'forbidden' }) })));
    expect(await ask(await join('/healthy'), 'ping')).toBe('pong');
    const warnings = log.warnings.filter((line) => line.includes('the guards of'));
    expect(warnings).toEqual([expect.stringContaining('the guards of Open run for its events only')]);
  });
});

describe('handleConnection of @Gateway', () => {
  it('settles before the first event is handled', async () => {
    let handled = 0;
    let settle: (error: Error) => void = ignore;
    @Gateway()
    class Slow {
      handleConnection(): Promise<void> {
        return new Promise((_resolve, reject) => (settle = reject));
      }

      @Event()
      ping(): void {
        handled++;
      }

      @SubscribeMessage('old')
      old(): void {
        handled++;
      }
    }
    const { join } = await serve([Slow, Healthy]);
    const [client, healthy] = [await join(), await join('/healthy')];
    const left = next(client, 'disconnect');
    client.emit('ping');
    client.emit('old');
    expect(
      await client
        .timeout(300)
        .emitWithAck('ping')
        .catch(() => 'no answer'),
    ).toBe('no answer');
    expect(await ask(healthy, 'ping')).toBe('pong');
    settle(new Error('denied'));
    await left;
    expect(handled).toBe(0);
  });
});

describe('a client that sends without end while handleConnection is running', () => {
  it('has runningHandlers events waiting at most, and one timer', async () => {
    let handled = 0;
    const open: (() => void)[] = [];
    @Gateway()
    class Slow {
      handleConnection(): Promise<void> {
        return new Promise((resolve) => open.push(resolve));
      }

      @Event()
      work(): void {
        handled++;
      }
    }
    const clock = new ManualClock();
    const { app, join } = await serve([Slow, Healthy], { server: { clock } });
    const { engine } = app.get(Server);
    const [client, healthy] = [await join(), await join('/healthy')];
    const { timers } = clock;
    client.emit('work');
    await expect.poll(() => clock.timers, SOON).toBe(timers + 1);
    const before = await memoryBase();
    for (let index = 1; index < 5_000; index++) client.emit('work');
    await expect.poll(() => engine.limitCounts.runningHandlers, SOON).toBeGreaterThan(0);
    expect(await ask(healthy, 'ping')).toBe('pong');
    await expect.poll(() => memoryInUse() - before, SOON).toBeLessThan(6_000_000);
    expect(clock.timers).toBe(timers + 1);
    expect(handled).toBe(0);
    open[0]?.();
    await expect.poll(() => handled, SOON).toBe(5_000);
  });
});

describe('an Observable', () => {
  it.each(['own', 'nest'] as const)('of an event ends when its client leaves (%s)', async (event) => {
    let [open, ended] = [0, 0];
    const endless = new Observable((subscriber) => {
      open++;
      const items = interval(60_000).subscribe(subscriber);
      return () => {
        ended++;
        items.unsubscribe();
      };
    });
    @WebSocketGateway()
    class Streams {
      @Event()
      own(): unknown {
        return endless;
      }

      @SubscribeMessage('nest')
      nest(): unknown {
        return endless;
      }
    }
    const warned = vi.spyOn(process, 'emitWarning');
    const { join } = await serve([Streams, Healthy]);
    const [client, healthy] = [await join(), await join('/healthy')];
    const before = await memoryBase();
    for (let index = 0; index < 900; index++) client.emit(event); // each runs: `limits.runningHandlers` is 1,000
    await expect.poll(() => open, SOON).toBe(900);
    expect(await ask(healthy, 'ping')).toBe('pong');
    client.disconnect();
    await expect.poll(() => ended, SOON).toBe(900);
    await expect.poll(() => memoryInUse() - before, SOON).toBeLessThan(900 * 1_000); // bytes for each Observable
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });
});

describe('a filter', () => {
  it('runs for many failing calls at a linear cost, and each call keeps its own exception event', async () => {
    const release: (() => void)[] = [];
    @Catch()
    class Late implements ExceptionFilter {
      async catch(error: Error, host: ArgumentsHost): Promise<void> {
        if (error.message === 'wait') return new Promise((resolve) => release.push(resolve));
        host.switchToWs().getClient<{ emit(name: string, data: unknown): void }>().emit('exception', 'by the filter');
      }
    }
    @UseFilters(Late)
    @Gateway()
    class Filtered {
      @Event()
      body(_client: unknown, text: string): void {
        throw new Error(text);
      }
    }
    const { join } = await serve([Filtered]);
    const client = await join();
    const packets = received(client);
    client.emit('body', 'wait');
    client.emit('body', 'now');
    await expect.poll(() => release.length).toBe(1);
    await expect.poll(() => packets.length).toBe(1);
    release[0]?.();
    await expect.poll(() => packets.length).toBe(2); // the waiting call gets an exception event of its own
    expect(packets).toEqual([
      { type: 'event', data: ['exception', 'by the filter'] },
      { type: 'event', data: ['exception', expect.objectContaining({ code: 'internal' })] },
    ]);
  });
});

describe('a filter that is still running for many calls of a client', () => {
  it('makes the next failing call no dearer', async () => {
    const release: (() => void)[] = [];
    @Catch()
    class Late implements ExceptionFilter {
      catch(): Promise<void> {
        return new Promise((resolve) => release.push(resolve));
      }
    }
    @UseFilters(Late)
    @Gateway()
    class Filtered {
      @Event()
      fail(): void {
        throw new Error('x');
      }
    }
    const { app, join } = await serve([Filtered, Healthy], { server: { limits: { runningHandlers: false } } });
    const [client, healthy] = [await join(), await join('/healthy')];
    const [socket] = app.get(Server).sockets.sockets.values();
    const failing = async (calls: number): Promise<void> => {
      for (let index = 0; index < calls; index++) client.emit('fail');
      await expect.poll(() => release.length, { timeout: 20_000 }).toBe(calls);
      // An event to the client runs every listener, so the cost of a failure grows with their number.
      expect(socket?.listenersAnyOutgoing()).toHaveLength(1);
      for (const end of release.splice(0)) end();
      expect(await ask(healthy, 'ping')).toBe('pong');
      expect(socket?.listenersAnyOutgoing()).toEqual([]);
    };
    await failing(300); // compiles the code
    const [once, fourTimes] = [await cpuOf(() => failing(300)), await cpuOf(() => failing(1_200))];
    expect(fourTimes).toBeLessThan(10 * once + 50); // ms; quadratic would be 16
  });
});

describe('disconnect handlers that never settle', () => {
  it('have limits.disconnectHandlerTime, then their sockets leave their rooms', async () => {
    @Gateway()
    class Stuck {
      @OnConnect()
      connect(@ConnectedSocket() client: ServerSocket): void {
        client.join(`room of ${client.id}`);
      }

      @Event()
      ping(): string {
        return 'pong';
      }

      @OnDisconnect()
      leave(): Promise<void> {
        return new Promise(() => {});
      }
    }
    const { app, log, join } = await serve([Stuck], { server: { limits: { disconnectHandlerTime: 100 } } });
    const server = app.get(Server);
    const healthy = await join();
    const visits = async (count: number): Promise<void> => {
      const timedOut = server.engine.limitCounts.disconnectHandlerTime + count;
      await Promise.all(
        Array.from({ length: count }, async () => {
          const client = await WireClient.connect(app);
          client.send('40');
          while (!String(await client.next()).startsWith('40'));
          await client.close();
        }),
      );
      await expect.poll(() => server.sockets.sockets.size, SOON).toBe(1);
      expect(await ask(healthy, 'ping')).toBe('pong');
      await expect.poll(() => server.engine.limitCounts.disconnectHandlerTime, SOON).toBe(timedOut);
    };
    await visits(30); // compiles the code
    const before = await memoryBase();
    await visits(200);
    expect(server.sockets.adapter.rooms.size).toBe(2); // both of the healthy client
    await expect.poll(() => memoryInUse() - before, SOON).toBeLessThan(200 * 3_000); // bytes for each client
    expect(log.warnings.filter((line) => line.startsWith('disconnect handlers in'))).toHaveLength(1);
  });
});

describe('a connect handler that is overdue', () => {
  it('is the last that runs for its client', async () => {
    const ran: string[] = [];
    const release: (() => void)[] = [];
    @Gateway()
    class First {
      @OnConnect()
      first(): Promise<void> {
        ran.push('first');
        return new Promise((resolve) => release.push(resolve));
      }
    }
    @Gateway()
    class Second {
      @OnConnect()
      second(): void {
        ran.push('second');
      }
    }
    const clock = new ManualClock();
    const { app, join, log } = await serve([First, Second, Healthy], { server: { ...QUIET, clock } });
    const { engine, sockets } = app.get(Server);
    const healthy = await join('/healthy');
    const visits = async (count: number): Promise<void> => {
      const clients = await Promise.all(Array.from({ length: count }, () => WireClient.connect(app)));
      for (const client of clients) client.send('40');
      await expect.poll(() => release.length, SOON).toBe(count);
      expect(await ask(healthy, 'ping')).toBe('pong');
      clock.advance(46_000); // more than connectTimeout
      expect(sockets.members.size).toBe(0);
      for (const finish of release.splice(0)) finish();
      await Promise.all(clients.map(({ closed }) => closed));
      expect(engine.clientsCount).toBe(1);
    };
    await visits(30); // compiles the code
    const before = await memoryBase();
    await visits(200);
    await expect.poll(() => memoryInUse() - before, SOON).toBeLessThan(200 * 3_000); // bytes for each client
    expect(log.errors.map(([line]) => line)).toEqual([expect.stringContaining('a connect handler did not finish')]);
    expect(new Set(ran)).toEqual(new Set(['first']));
  });
});
