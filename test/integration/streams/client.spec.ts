/** Streams over connections that break: `nest-socketio/client` with the stock client, and Debian's python3-socketio. */
import { execFile } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MessageBody, WsException } from '@nestjs/websockets';
import {
  Event,
  Gateway,
  memoryBroker,
  Server,
  Signal,
  SocketIoModule,
  type SocketIoModuleOptions,
} from 'nest-socketio';
import { stream, StreamError } from 'nest-socketio/client';
import type { Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { FIRST_ACK_TIME } from '../../../lib/server/streams/stream.js';
import { SOON } from '../../support/events.js';
import { later, next, type RunningApp, startApp } from '../../support/nest-app.js';
import { PYTHON } from '../../support/programs.mjs';
import { describeWith } from '../../support/requires.js';
import { connectStock, type StockOptions } from '../../support/stock-client.js';
import { TcpProxy } from '../../support/tcp-proxy.js';

@Gateway('/tokens')
class TokensGateway {
  /** The number of the newest value that the generator has made. */
  made = 0;
  /** How each generator has ended. */
  readonly ends: string[] = [];

  @Event('count')
  async *count(@MessageBody() to: number, @Signal() signal: AbortSignal): AsyncGenerator<number, void, void> {
    try {
      for (let n = 1; n <= to; n++) {
        this.made = n;
        yield n;
        if (n % 10 === 0) await wait(1, undefined, { signal });
      }
      this.ends.push('complete');
    } finally {
      if (signal.aborted) this.ends.push('aborted');
    }
  }

  @Event('fail')
  async *fail(): AsyncGenerator<string, void, void> {
    yield 'one';
    throw new WsException({ code: 'out_of_words', message: 'there are no more words' });
  }

  @Event('echo')
  echo(@MessageBody() text: string): string {
    return text;
  }
}

const start = (options: SocketIoModuleOptions = {}): Promise<RunningApp> =>
  startApp({ imports: [SocketIoModule.forRoot(options)], providers: [TokensGateway] });

/** Starts a proxy that breaks connections to an application. */
async function startProxy({ url }: RunningApp): Promise<TcpProxy> {
  const proxy = await TcpProxy.start(Number(new URL(url).port));
  later(() => proxy.close());
  return proxy;
}

/** Connects a client that reconnects at once, through a proxy. */
async function connectThrough(
  app: RunningApp,
  options: StockOptions = {},
): Promise<{ client: Socket; proxy: TcpProxy }> {
  const proxy = await startProxy(app);
  const client = connectStock(`http://127.0.0.1:${proxy.port}/tokens`, {
    reconnection: true,
    reconnectionDelay: 5,
    reconnectionDelayMax: 10,
    ...options,
  });
  await next(client, 'connect');
  return { client, proxy };
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

/** Runs a loop to its end. */
async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const taken: Value[] = [];
  for await (const value of values) taken.push(value);
  return taken;
}

const TOTAL = 1_000;

describe('a stream to the stock client', () => {
  it('has all values in order, and several run at once', async () => {
    const { connect } = await start();
    const client = connect('/tokens'); // not connected yet: it asks later
    const [many, few, none] = await Promise.all([TOTAL, 3, 0].map((to) => all(stream<number>(client, 'count', to))));
    expect([many, few, none]).toEqual([upTo(TOTAL), upTo(3), []]);
    expect(client.listeners('stream')).toEqual([]);
  });

  it.each([
    ['a plain client', {}, {}],
    ['a session that is recovered', { connectionStateRecovery: {} }, {}],
    ['a client that repeats events', {}, { retries: 3, ackTimeout: 60_000 }],
  ])('misses no value and doubles none when the connection breaks: %s', async (_, options, clientOptions) => {
    const app = await start({ ...options, streams: { buffer: 64 } });
    const { client, proxy } = await connectThrough(app, clientOptions);
    const values: number[] = [];
    let cuts = 0;
    client.on('disconnect', () => cuts++);
    for await (const n of stream<number>(client, 'count', TOTAL)) {
      values.push(n);
      if (n % 125 === 0 && n < TOTAL) {
        proxy.cut();
        proxy.heal();
      }
    }
    expect(values).toEqual(upTo(TOTAL));
    expect(cuts).toBeGreaterThanOrEqual(5);
    expect(app.app.get(TokensGateway).ends).toEqual(['complete']);
  });

  it('continues on another node of a cluster', async () => {
    const broker = memoryBroker();
    const [here, there] = [await start({ broker }), await start({ broker })];
    const servers = [here, there].map(({ app }) => app.get(Server));
    await expect.poll(() => servers.map(({ cluster }) => cluster.nodes.length), SOON).toEqual([2, 2]);
    const client = here.connect('/tokens', { reconnection: true, reconnectionDelay: 5 });
    const values: number[] = [];
    for await (const n of stream<number>(client, 'count', TOTAL)) {
      values.push(n);
      if (n !== TOTAL / 2) continue;
      Object.assign(client.io, { uri: there.url }); // as a load balancer would
      client.io.engine.close();
    }
    expect(values).toEqual(upTo(TOTAL));
    expect(servers.map((server) => server.of('/tokens').sockets.size)).toEqual([0, 1]);
    expect([here, there].map(({ app }) => app.get(TokensGateway).ends)).toEqual([['complete'], []]);
  });

  it('slows the generator down as long as the loop waits, and then continues', async () => {
    const { app, connect } = await start({ streams: { buffer: 100 } });
    const gateway = app.get(TokensGateway);
    const values = stream<number>(connect('/tokens'), 'count', 1_000);
    await expect.poll(() => gateway.made, SOON).toBe(100);
    // A client that has not announced acknowledgements would get more values by now.
    await wait(FIRST_ACK_TIME + 50);
    expect(gateway.made).toBe(100);
    for (let n = 1; n <= 33; n++) await values.next();
    await expect.poll(() => gateway.made, SOON).toBe(132); // 32 are processed
    expect(await all(values)).toEqual(upTo(1_000).slice(33));
  });

  it.each(['cancel()', 'break', 'a signal'] as const)('is ended on the server by %s', async (way) => {
    const { app, connect } = await start();
    const controller = new AbortController();
    const values = stream<number>(connect('/tokens'), 'count', 100_000, controller.signal);
    const reading = (async () => {
      for await (const n of values) {
        if (n !== 25) continue;
        if (way === 'break') break;
        else if (way === 'cancel()') values.cancel();
        else controller.abort(new Error('enough'));
      }
    })();
    if (way === 'a signal') await expect(reading).rejects.toThrow('enough');
    else await reading;
    await expect.poll(() => app.get(TokensGateway).ends, SOON).toEqual(['aborted']);
  });

  it('is ended on the server after a reconnection if it was cancelled before', async () => {
    const app = await start();
    const { client, proxy } = await connectThrough(app);
    const values = stream<number>(client, 'count', 100_000);
    await values.next();
    proxy.cut();
    await next(client, 'disconnect');
    values.cancel();
    expect(app.app.get(TokensGateway).ends).toEqual([]);
    proxy.heal();
    await expect.poll(() => app.app.get(TokensGateway).ends, SOON).toEqual(['aborted']);
  });

  it('throws the error of the generator after its values', async () => {
    const { connect } = await start();
    const values: string[] = [];
    const reading = (async () => {
      for await (const value of stream<string>(connect('/tokens'), 'fail')) values.push(value);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'out_of_words', message: 'there are no more words' });
    expect(values).toEqual(['one']);
  });

  it('throws if the answer is not a stream, or the event is unknown', async () => {
    const { connect } = await start();
    const client = connect('/tokens');
    const echo = stream(client, 'echo', 'hi').next();
    await expect(echo).rejects.toMatchObject({ code: 'stream_expected', details: 'hi' });
    await expect(stream(client, 'nothing').next()).rejects.toMatchObject({ code: 'unknown_event' });
    await expect(stream(client, 'nothing').next()).rejects.toBeInstanceOf(StreamError);
  });

  it('throws if the client returns too late', async () => {
    const app = await start({ streams: { resumeWithin: 50 } });
    const { client, proxy } = await connectThrough(app);
    const values = stream<number>(client, 'count', 100_000);
    await values.next();
    proxy.cut();
    await expect.poll(() => app.app.get(TokensGateway).ends, SOON).toEqual(['aborted']);
    proxy.heal();
    await expect(all(values)).rejects.toMatchObject({ code: 'stream_gone' });
  });

  it('throws if the server closes', async () => {
    const { app, connect } = await start();
    const values = stream<number>(connect('/tokens'), 'count', 100_000);
    await values.next();
    const reading = all(values);
    await Promise.all([app.close(), expect(reading).rejects.toMatchObject({ code: 'stream_gone' })]);
  });
});

describeWith('python3-socketio', 'a stream to the Python client', () => {
  it('misses no value and doubles none when the connection breaks', async () => {
    const running = await start();
    const gateway = running.app.get(TokensGateway);
    const proxy = await startProxy(running);
    const script = fileURLToPath(new URL('python_client.py', import.meta.url));
    const args = ['-I', script, `http://127.0.0.1:${proxy.port}`, String(2 * TOTAL)];
    const python = promisify(execFile)(PYTHON, args, { timeout: 45_000 });
    // More than the buffer: the client has acknowledged values, and so has the id of its stream.
    for (const n of [400, 1_200]) {
      await expect.poll(() => gateway.made, { ...SOON, interval: 5 }).toBeGreaterThan(n);
      proxy.cut();
      proxy.heal();
    }
    expect(JSON.parse((await python).stdout)).toEqual({
      values: upTo(2 * TOTAL),
      end: [2 * TOTAL, null],
      resumed: [{}, {}],
      refused: { error: { code: 'stream_gone', message: expect.any(String) as string } },
    });
  });
});
