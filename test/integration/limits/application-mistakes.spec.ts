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
import { interval, Observable } from 'rxjs';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Socket } from 'socket.io-client';
import { describe, expect, it, vi } from 'vitest';
import { SOON } from '../../support/events.js';
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
    const client = await join();
    expect(await ask(client, 'fail')).toMatchObject({ error: { code: 'internal' } });
    expect(await ask(client, 'ping')).toBe('pong');
    expect(await ask(await join(), 'ping')).toBe('pong');
    expect(printed).toHaveBeenCalledTimes(1);
    printed.mockRestore();
  });
});

describe('the callback of close()', () => {
  it('may throw', async () => {
    const { app, log } = await serve([Throwing]);
    await app.get(Server).close(() => {
      throw new Error('oops');
    });
    await expect.poll(() => log.errors.map(([line]) => line)).toContain('the callback of close() failed');
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

  it('is named in a warning, once', async () => {
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
    const { log } = await serve([Open, Closed]);
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
    for (let index = 0; index < 900; index++) client.emit(event); // each runs: `limits.runningHandlers` is 1,000
    await expect.poll(() => open, SOON).toBe(900);
    expect(await ask(healthy, 'ping')).toBe('pong');
    client.disconnect();
    await expect.poll(() => ended, SOON).toBe(900);
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
    await failing(1_000);
    await failing(1);
  });
});

describe('disconnect handlers that never settle', () => {
  it('have limits.disconnectHandlerTime, then their sockets leave their rooms', async () => {
    @Gateway()
    class Stuck {
      @OnConnect()
      connect(): void {}

      @Event()
      ping(): string {
        return 'pong';
      }

      @OnDisconnect()
      leave(): Promise<void> {
        return new Promise(() => {});
      }
    }
    const { app, log, join } = await serve([Stuck], { server: { limits: { disconnectHandlerTime: 200 } } });
    const server = app.get(Server);
    const [healthy, ...leaving] = await Promise.all(Array.from({ length: 20 }, () => join()));
    for (const client of leaving) client.disconnect();
    await expect.poll(() => server.engine.limitCounts.disconnectHandlerTime).toBe(19);
    expect(server.sockets.adapter.rooms.size).toBe(1);
    expect(log.warnings.filter((line) => line.startsWith('disconnect handlers in'))).toHaveLength(1);
    expect(await ask(healthy as NonNullable<typeof healthy>, 'ping')).toBe('pong');
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
    const { connect, join, log } = await serve([First, Second, Healthy], { server: { connectTimeout: 100 } });
    const healthy = await join('/healthy');
    connect('/');
    await expect.poll(() => log.errors.map(([line]) => line)).toContainEqual(expect.stringContaining('did not finish'));
    release[0]?.();
    await new Promise(setImmediate);
    expect(ran).toEqual(['first']);
    expect(await ask(healthy, 'ping')).toBe('pong');
  });
});
