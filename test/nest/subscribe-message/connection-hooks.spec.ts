import { type ArgumentsHost, Catch, UseFilters } from '@nestjs/common';
import { BaseWsExceptionFilter, SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { Gateway, Server, type Socket } from 'nest-socketio';
import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { HttpSessions } from '../../support/http-session.js';
import { next } from '../../support/nest-app.js';
import { ask, received, serve } from '../../support/nest-rig.js';

const CAUSE = { pattern: 'handleConnection' };

@Catch()
class Translating extends BaseWsExceptionFilter {
  override catch(exception: Error, host: ArgumentsHost): void {
    super.catch(new WsException(`translated: ${exception.message}`), host);
  }
}

/** Connects a client whose `handleConnection` does this. @returns the packets that it gets, and the log */
async function enter(handleConnection: () => unknown, decorate: ClassDecorator = () => {}) {
  const left: unknown[] = [];
  class Chat {
    handleConnection(): unknown {
      return handleConnection();
    }

    handleDisconnect(client: Socket, reason: string): void {
      left.push([client.connected, reason]);
    }
  }
  decorate(Chat);
  WebSocketGateway()(Chat);
  const { log, connect } = await serve([Chat]);
  const client = connect();
  const packets = received(client);
  const [reason] = await next(client, 'disconnect');
  return { reason, packets, left, errors: log.errors };
}

function exception(payload: unknown) {
  return [{ type: 'event', data: ['exception', payload] }];
}

describe('handleConnection', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('a secret');
      },
    ],
    ['rejects', () => Promise.reject(new Error('a secret'))],
  ])('sends the exception and disconnects the client when it %s', async (_how, hook) => {
    const { reason, packets, left, errors } = await enter(hook);
    expect(reason).toBe('io server disconnect');
    expect(packets).toEqual(exception({ status: 'error', message: 'Internal server error', cause: CAUSE }));
    expect(left).toEqual([[false, 'server namespace disconnect']]);
    expect(errors).toEqual([['Chat.handleConnection failed', expect.objectContaining({ message: 'a secret' })]]);
  });

  it('sends a WsException to the client and does not log it', async () => {
    const { packets, errors } = await enter(() => {
      throw new WsException('no');
    });
    expect(packets).toEqual(exception({ status: 'error', message: 'no', cause: CAUSE }));
    expect(errors).toEqual([]);
  });

  it('passes its errors to the filter of the gateway', async () => {
    const { reason, packets, errors } = await enter(
      () => Promise.reject(new Error('no')),
      UseFilters(new Translating()),
    );
    expect(reason).toBe('io server disconnect');
    expect(packets).toEqual(exception({ status: 'error', message: 'translated: no', cause: CAUSE }));
    expect(errors).toEqual([]);
  });

  it('runs after the client has connected and before its events', async () => {
    const order: string[] = [];
    @Gateway()
    class Chat {
      handleConnection(client: Socket): void {
        order.push(`in ${client.connected}`);
      }

      @SubscribeMessage('say')
      say(): string {
        order.push('say');
        return 'said';
      }
    }
    const { connect } = await serve([Chat]);
    expect(await ask(connect(), 'say')).toEqual(['said']);
    expect(order).toEqual(['in true', 'say']);
  });
});

describe.each(['handleConnection', 'handleDisconnect'] as const)('%s', (hook) => {
  it('gets the current session if sessions are live', async () => {
    const sessions = new HttpSessions();
    await sessions.put('id', { user: 'Ann' });
    const seen: unknown[] = [];
    @WebSocketGateway()
    class Chat {}
    Object.assign(Chat.prototype, {
      [hook]: (client: Socket) => seen.push((client.request.session as unknown as { user: string }).user),
    });
    const { join } = await serve([Chat], { server: { use: [sessions.middleware], session: 'live' } });
    const client = await join('/', { extraHeaders: sessions.headers('id') });
    client.disconnect();
    await expect.poll(() => seen).toEqual(['Ann']);
  });
});

describe('handleDisconnect', () => {
  it('is called once per namespace, and awaited when the application closes', async () => {
    const left: string[] = [];
    const work = new EventEmitter();
    const finished = once(work, 'done');
    @WebSocketGateway()
    class Root {
      async handleDisconnect(_client: Socket, reason: string): Promise<void> {
        await finished;
        left.push(`Root: ${reason}`);
      }
    }
    @WebSocketGateway({ namespace: 'chat' })
    class Chat {
      handleDisconnect(): void {
        left.push('Chat');
      }
    }
    const { app, join } = await serve([Root, Chat]);
    await join();
    await join('/chat');
    const closing = app.close();
    await expect.poll(() => left).toEqual(['Chat']);
    work.emit('done');
    await closing;
    expect(left).toEqual(['Chat', 'Root: server shutting down']);
  });

  it('may fail without affecting the server', async () => {
    @WebSocketGateway()
    class Chat {
      handleDisconnect(): Promise<never> {
        return Promise.reject(new Error('the database is down'));
      }
    }
    const { app, log, join } = await serve([Chat]);
    const client = await join();
    client.disconnect();
    await expect
      .poll(() => log.errors)
      .toEqual([['Chat.handleDisconnect failed', expect.objectContaining({ message: 'the database is down' })]]);
    expect(app.get(Server).engine.clientsCount).toBe(0);
  });
});

describe('afterInit', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('no table');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no table'))],
  ])('is a start-up error when it %s', async (_how, hook) => {
    class Chat {
      afterInit(): unknown {
        return hook();
      }
    }
    WebSocketGateway()(Chat);
    await expect(serve([Chat])).rejects.toThrow('no table');
  });

  it('is awaited before a client is served, and called on the gateway', async () => {
    @WebSocketGateway()
    class Chat {
      ready = false;

      async afterInit(server: Server): Promise<void> {
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        this.ready = server instanceof Server;
      }

      @SubscribeMessage('ready')
      isReady(): boolean {
        return this.ready;
      }
    }
    const { app, join } = await serve([Chat]);
    expect(await ask(await join(), 'ready')).toEqual([true]);
    expect(Object.keys(app.get(Chat))).toEqual(['ready']);
    expect(Object.hasOwn(app.get(Chat), 'afterInit')).toBe(false);
  });
});
