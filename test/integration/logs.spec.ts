/** The lines that a log store gets from an application whose logger writes JSON. */
import { ConsoleLogger, HttpException } from '@nestjs/common';
import { type Context, context, type ContextManager, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import {
  ConnectionRefused,
  Event,
  Gateway,
  OnConnect,
  type Socket,
  SocketIoModule,
  type SocketIoModuleOptions,
} from 'nest-socketio';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Socket as StockClient } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SOON } from '../support/events.js';
import { next, type RunningApp, startApp } from '../support/nest-app.js';
import { ask, entered, refused } from '../support/nest-rig.js';

const SPAN = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };

interface Line {
  readonly level: string;
  readonly message: string;
  readonly context?: string;
  readonly params?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

@Gateway('/chat')
class Chat {
  @OnConnect()
  enter(client: Socket): void {
    const { user } = client.handshake.auth as { user?: string };
    if (user === undefined) throw new ConnectionRefused('Log in first');
    if (user === 'oops') throw new TypeError('no such column');
    client.user = { id: user };
  }

  @Event()
  async fail(): Promise<void> {
    await Promise.resolve();
    throw new Error('out of tea');
  }

  @Event()
  refuse(): void {
    throw new HttpException('Not yours', 403);
  }

  @Event()
  join(client: Socket): void {
    client.join(['a', 'b', 'c']);
  }

  @Event()
  traced(client: Socket): void {
    context.with(trace.setSpanContext(ROOT_CONTEXT, SPAN), () => this.join(client));
  }
}

let written = '';

/** The lines of the server so far. */
function lines(): Line[] {
  return written
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line)
    .filter((line) => line.context === 'SocketIo');
}

/** The lines that wake an operator up. */
function alarms(): Line[] {
  return lines().filter(({ level }) => level === 'warn' || level === 'error');
}

interface Started extends RunningApp {
  readonly join: (user: string) => Promise<StockClient>;
}

async function start(options: SocketIoModuleOptions = {}): Promise<Started> {
  const logger = new ConsoleLogger({ json: true });
  const running = await startApp({ providers: [Chat], imports: [SocketIoModule.forRoot(options)] }, 'Express', (app) =>
    app.useLogger(logger),
  );
  return {
    ...running,
    join: async (user) => {
      const client = running.connect('/chat', { auth: { user } });
      await entered(client);
      return client;
    },
  };
}

/** Makes contexts follow asynchronous calls, as the SDK of OpenTelemetry does. */
function startTracing(): void {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, run, self, ...args) =>
      storage.run(active, () => run.apply(self as ThisParameterType<typeof run>, args)),
    bind: (_context, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  context.setGlobalContextManager(manager);
}

describe('the lines of an application that logs JSON', () => {
  beforeEach(() => {
    written = '';
    const write = (chunk: string | Uint8Array): boolean => {
      written += String(chunk);
      return true;
    };
    vi.spyOn(process.stdout, 'write').mockImplementation(write);
    vi.spyOn(process.stderr, 'write').mockImplementation(write);
  });

  afterEach(() => {
    vi.restoreAllMocks();
    context.disable();
  });

  it('say whose event failed in which handler, with the id that the client got', async () => {
    const { join } = await start();
    const client = await join('u7');
    const [{ error }] = (await ask(client, 'fail')) as [{ error: { id: string } }];
    expect(alarms()).toMatchObject([
      {
        level: 'error',
        message: `Chat.fail failed; the client got only the id ${error.id}`,
        params: {
          client: client.id,
          connection: expect.any(String),
          user: 'u7',
          address: '127.0.0.1',
          namespace: '/chat',
          event: 'fail',
          handler: 'Chat.fail',
          errorId: error.id,
        },
        error: { message: 'out of tea' },
      },
    ]);
  });

  it('blame no one for what a client does wrong', async () => {
    const { connect, join } = await start();
    const client = await join('u7');
    await ask(client, 'refuse');
    await ask(client, 'no such event');
    await refused(connect('/chat'));
    expect(alarms()).toEqual([]);
    expect(lines().filter(({ level }) => level === 'debug')).toMatchObject([
      { params: { namespace: '/chat', event: 'no such event' } },
    ]);
  });

  it('say why a client was refused, with the id that it got', async () => {
    const { connect } = await start();
    const { data } = await refused(connect('/chat', { auth: { user: 'oops' } }));
    const { id } = data as { id: string };
    expect(alarms()).toMatchObject([
      { level: 'error', params: { handler: 'Chat.enter', errorId: id, namespace: '/chat' } },
    ]);
  });

  it('say which client was refused its handshake, and why', async () => {
    const { connect } = await start({ cors: { origin: 'https://ours.example' } });
    await next(
      connect('/chat', { extraHeaders: { origin: 'https://theirs.example' }, reconnection: false }),
      'connect_error',
    );
    const params = { address: '127.0.0.1', reason: 'ORIGIN' };
    expect(alarms()).toMatchObject([{ level: 'warn', params }]);
    expect(lines().filter(({ level }) => level === 'debug')).toMatchObject([{ params }]);
  });

  it('say which limit was reached, and by whom', async () => {
    const { join } = await start({ limits: { rooms: 2 } });
    const client = await join('u7');
    await ask(client, 'join');
    expect(alarms()[0]).toMatchObject({
      level: 'warn',
      params: { limit: 'rooms', connection: expect.any(String), address: '127.0.0.1' },
    });
  });

  it('carry the ids of the trace', async () => {
    startTracing();
    const { join } = await start({ limits: { rooms: 2 } });
    const client = await join('u7');
    await ask(client, 'traced');
    const { traceId, spanId } = SPAN;
    expect(alarms()[0]).toMatchObject({ params: { limit: 'rooms', traceId, spanId } });
  });

  it('say when and why a client left, with logDisconnects', async () => {
    const { join } = await start({ logDisconnects: 'log' });
    const client = await join('u7');
    const { id } = client;
    client.disconnect();
    await expect
      .poll(() => lines().filter(({ message }) => message.startsWith('client ')), SOON)
      .toMatchObject([
        {
          level: 'log',
          message: expect.stringContaining(`client ${id} (user "u7") of "127.0.0.1" left /chat after `),
          params: { client: id, user: 'u7', namespace: '/chat', reason: 'client namespace disconnect' },
        },
      ]);
  });
});
