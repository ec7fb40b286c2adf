import {
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  ParseIntPipe,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { ConnectedSocket } from '@nestjs/websockets';
import { Auth, ConnectionRefused, Event, Gateway, OnConnect, OnDisconnect, Reason, Socket } from 'nest-socketio';
import { of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { ask, refused, serve } from '../../support/nest-rig.js';
import { Trace } from '../../support/nest-trace.js';

/** Answers every error with its own name. */
function answering(name: string): ExceptionFilter {
  return { catch: () => `answered by ${name}` };
}

describe('the pipeline of a connect handler', () => {
  it('refuses a client that a guard denies', async () => {
    let entered = 0;
    @Gateway()
    class Chat {
      @OnConnect()
      @UseGuards({ canActivate: (context) => context.switchToWs().getData<{ token?: string }>().token === 't' })
      enter(): void {
        entered++;
      }
    }
    const { connect, join } = await serve([Chat]);
    expect(await refused(connect())).toEqual({
      message: 'Forbidden resource',
      data: { code: 'forbidden', status: 403 },
    });
    expect(entered).toBe(0);
    await join('/', { auth: { token: 't' } });
    expect(entered).toBe(1);
  });

  it('refuses when the guard of the class or of the application denies', async () => {
    @Gateway('/class')
    @UseGuards({ canActivate: () => false })
    class OnClass {
      @OnConnect()
      enter(): void {}
    }
    @Gateway('/app')
    class OnApp {
      @OnConnect()
      enter(): void {}
    }
    const { connect } = await serve([
      OnClass,
      OnApp,
      {
        provide: APP_GUARD,
        useValue: {
          canActivate: (context: ExecutionContext) => context.switchToWs().getClient<Socket>().nsp.name !== '/app',
        },
      },
    ]);
    expect(await refused(connect('/class'))).toMatchObject({ message: 'Forbidden resource' });
    expect(await refused(connect('/app'))).toMatchObject({ message: 'Forbidden resource' });
  });

  it('refuses a client whose auth a pipe rejects', async () => {
    @Gateway()
    class Chat {
      @OnConnect()
      enter(@Auth('age', ParseIntPipe) _age: number): void {}
    }
    const { connect, join } = await serve([Chat]);
    expect(await refused(connect('/', { auth: { age: 'old' } }))).toEqual({
      message: 'Validation failed (numeric string is expected)',
      data: { code: 'bad_request', status: 400 },
    });
    await join('/', { auth: { age: '30' } });
  });

  it('refuses if an interceptor returns false', async () => {
    @Gateway()
    class Chat {
      @OnConnect()
      @UseInterceptors({ intercept: () => of(false) })
      enter(): boolean {
        return true;
      }
    }
    const { connect } = await serve([Chat]);
    expect(await refused(connect())).toEqual({ message: 'Connection refused', data: undefined });
  });

  it("refuses with a filter's answer", async () => {
    @Gateway()
    class Chat {
      @OnConnect()
      @UseFilters({ catch: () => true })
      enter(): void {
        throw new Error('secret');
      }
    }
    const { connect } = await serve([Chat]);
    expect(await refused(connect())).toEqual({ message: 'Connection refused', data: true });
  });

  it('refuses with message and data of a ConnectionRefused, whatever filters there are', async () => {
    @Catch()
    class Everything implements ExceptionFilter {
      catch(): string {
        return 'caught';
      }
    }
    @Gateway()
    @UseFilters(answering('class'))
    class Chat {
      @OnConnect()
      @UseFilters(answering('method'))
      enter(@Auth('in') how: string): unknown {
        const refusal = new ConnectionRefused('full', { seats: 0 });
        if (how === 'Observable') return throwError(() => refusal);
        if (how === 'promise') return Promise.reject(refusal);
        throw refusal;
      }
    }
    @Gateway('/guarded')
    class Guarded {
      @OnConnect()
      @UseGuards({
        canActivate: () => {
          throw new ConnectionRefused('banned', { until: 'tomorrow' });
        },
      })
      enter(): void {}
    }
    @Gateway('/open')
    class Open {
      @Event()
      say(): void {
        throw new ConnectionRefused('not of a connect');
      }
    }
    const { connect, join } = await serve([Chat, Guarded, Open, { provide: APP_FILTER, useClass: Everything }]);
    for (const how of ['Observable', 'promise', 'exception']) {
      expect(await refused(connect('/', { auth: { in: how } }))).toEqual({ message: 'full', data: { seats: 0 } });
    }
    expect(await refused(connect('/guarded'))).toEqual({ message: 'banned', data: { until: 'tomorrow' } });
    expect(await ask(await join('/open'), 'say')).toEqual(['caught']);
  });

  it('refuses with the ConnectionRefused that a filter throws', async () => {
    @Gateway()
    class Chat {
      @OnConnect()
      @UseFilters({
        catch: () => {
          throw new ConnectionRefused('come back later', { seconds: 5 });
        },
      })
      enter(): void {
        throw new Error('secret');
      }
    }
    const { connect, log } = await serve([Chat]);
    expect(await refused(connect())).toEqual({ message: 'come back later', data: { seconds: 5 } });
    expect([log.errors, log.warnings]).toEqual([[], []]);
  });
});

describe('the pipeline of a disconnect handler', () => {
  it('calls no guards, because nothing can be denied', async () => {
    const left: string[] = [];
    @Gateway()
    class Chat {
      @OnDisconnect()
      @UseGuards({ canActivate: () => false })
      leave(@Reason() reason: string): void {
        left.push(reason);
      }
    }
    const { join } = await serve([Chat]);
    (await join()).disconnect();
    await expect.poll(() => left).toEqual(['client namespace disconnect']);
  });

  it('runs interceptors and pipes', async () => {
    const trace = new Trace();
    @Gateway()
    @UseInterceptors(trace.interceptor('class'))
    class Chat {
      @Event()
      @UseInterceptors(trace.interceptor('method'))
      fence(): void {}

      @OnDisconnect()
      @UsePipes(trace.pipe('method'))
      leave(@ConnectedSocket() client: Socket, @Reason() reason: string): void {
        trace.lines.push(`${reason}, a socket: ${client instanceof Socket}`);
      }
    }
    const { join } = await serve([Chat]);
    const client = await join();
    client.disconnect();
    await expect
      .poll(() => trace.lines)
      .toEqual(['interceptor class', 'pipe method', 'client namespace disconnect, a socket: true', 'after class']);
  });

  it('logs an error that no filter catches', async () => {
    @Gateway()
    class Chat {
      @OnDisconnect()
      @UseFilters(answering('filter'))
      taken(): void {
        throw new Error('taken');
      }

      @OnDisconnect()
      leave(): void {
        throw new Error('left');
      }
    }
    const { join, log } = await serve([Chat]);
    (await join()).disconnect();
    await expect.poll(() => log.errors).toEqual([['Chat.leave failed', expect.objectContaining({ message: 'left' })]]);
  });
});
