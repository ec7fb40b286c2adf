/** Traces of Nest applications through OpenTelemetry's Node SDK, from an HTTP request to the answers of clients. */
import {
  type CallHandler,
  type CanActivate,
  Controller,
  Get,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { ConnectedSocket } from '@nestjs/websockets';
import { context, SpanKind, trace } from '@opentelemetry/api';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { SocketIoInstrumentation } from '@opentelemetry/instrumentation-socket.io';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  Args,
  Broadcaster,
  type BrokerOption,
  Event,
  Gateway,
  InjectBroadcaster,
  memoryBroker,
  OnDisconnect,
  Server,
  Socket as ServerSocket,
  SocketIoModule,
  traceContext,
} from 'nest-socketio';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { from, map, type Observable } from 'rxjs';
import type * as SocketIo from 'socket.io';
import type { Socket } from 'socket.io-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cleanUp } from '../support/engine-clean-up.js';
import { ask, SOON } from '../support/events.js';
import { listen } from '../support/listen.js';
import { acquainted, type ClusterNode, startNodes } from '../support/cluster-nodes.js';
import { later, next, type RunningApp, startApp } from '../support/nest-app.js';
import { type Redis, startRedis } from '../support/redis.js';
import { describeWith } from '../support/requires.js';
import { connectStock } from '../support/stock-client.js';
import { RecordedSpans, shown } from '../support/spans.js';

const require = createRequire(import.meta.url);

const spans = new RecordedSpans();
const socketIo = new SocketIoInstrumentation();
const http = new HttpInstrumentation();
const sdk = new NodeSDK({
  autoDetectResources: false,
  instrumentations: [http, socketIo],
  spanProcessors: [spans],
});

beforeAll(() => {
  sdk.start();
  expect(require('node:http')).toHaveProperty('createServer'); // the instrumentation changes what is required
});

beforeEach(() => spans.clear());

afterAll(async () => {
  http.disable();
  socketIo.disable();
  await sdk.shutdown();
  trace.disable();
  context.disable();
});

/** The names of the spans that were active in each step on the way to a handler. */
const steps: string[] = [];

function step(name: string): void {
  const { name: span = 'none' } = (trace.getActiveSpan() ?? {}) as { name?: string };
  steps.push(`${name}: ${span}`);
}

@Injectable()
class StepGuard implements CanActivate {
  async canActivate(): Promise<boolean> {
    await Promise.resolve();
    step('guard');
    return true;
  }
}

@Injectable()
class StepPipe implements PipeTransform {
  transform(value: unknown): unknown {
    step('pipe');
    return value;
  }
}

@Injectable()
class StepInterceptor implements NestInterceptor {
  intercept(_context: unknown, next: CallHandler): Observable<unknown> {
    step('interceptor before');
    return next.handle().pipe(
      map((value) => {
        step('interceptor after');
        return value;
      }),
    );
  }
}

@Gateway()
class AnswersGateway {
  constructor(@InjectBroadcaster() private readonly clients: Broadcaster) {}

  @Event()
  @UseGuards(StepGuard)
  @UsePipes(StepPipe)
  @UseInterceptors(StepInterceptor)
  answer(@Args(0) text: string): Observable<string> {
    step('handler');
    return from(
      Promise.resolve().then(() => {
        step('stream');
        this.clients.emit('answered', text);
        return 'thanks';
      }),
    );
  }
}

@Controller()
class QuestionsController {
  constructor(@InjectBroadcaster() private readonly clients: Broadcaster) {}

  @Get('ask')
  ask(): Promise<unknown> {
    return new Promise((resolve) => {
      this.clients.timeout(5_000).emit('question', traceContext(), (_error: unknown, answers: unknown) => {
        this.clients.emit('counted', answers);
        resolve(answers);
      });
    });
  }
}

function startServer(broker: BrokerOption): Promise<RunningApp> {
  const telemetry = { clientContext: true };
  return startApp({
    imports: [SocketIoModule.forRoot({ broker, telemetry })],
    controllers: [QuestionsController],
    providers: [AnswersGateway],
  });
}

async function connected(client: Socket): Promise<Socket> {
  await next(client, 'connect');
  return client;
}

/** Has one server broadcast a question because of an HTTP request; a client of the other one answers. */
async function itRecordsOneTrace(broker: () => BrokerOption): Promise<void> {
  const [first, second] = [await startServer(broker()), await startServer(broker())];
  const servers = [first, second].map(({ app }) => app.get(Server));
  await acquainted(servers.map((server) => ({ server }) as unknown as ClusterNode));
  const [alice, bob] = [await connected(first.connect()), await connected(second.connect())];
  alice.on('question', (_trace: unknown, answer: (text: string) => void) => answer('here'));
  const thanked = new Promise<unknown>((resolve) => {
    bob.on('question', (context: object, answer: (text: string) => void) => {
      answer('yes');
      bob.emit('answer', 'forty-two', context, resolve); // as a client does that knows nothing of traces
    });
  });
  const heard = Promise.all([next(alice, 'answered'), next(alice, 'counted'), next(bob, 'counted')]);
  await expect.poll(() => spans.trees).toEqual(['GET\n  connect /', 'GET\n  connect /']); // the request of a client
  spans.clear();
  steps.length = 0;
  const response = await fetch(`${first.url}/ask`);
  expect(((await response.json()) as string[]).toSorted()).toEqual(['here', 'yes']);
  expect(await thanked).toBe('thanks');
  await heard;
  await expect
    .poll(() => spans.trees, SOON)
    .toEqual([
      [
        'GET',
        '  send /', // question
        '    deliver /', // to bob
        '    send /', // counted
        '      deliver /',
        '  receive /', // answer
        '    send /', // answered
        '      deliver /',
      ].join('\n'),
    ]);
  expect(new Set(spans.all.map((span) => span.spanContext().traceId)).size).toBe(1);
  const [question, deliverQuestion] = ['send /', 'deliver /'].map((name) => spans.named(name)[0]);
  expect(question?.attributes).toMatchObject({
    'messaging.socket.io.event_name': 'question',
    'socketio.ack.requested': true,
    'socketio.receivers': 1,
  });
  expect(shown(deliverQuestion!)).toMatchObject({
    kind: 'CONSUMER',
    attributes: { 'messaging.destination': '/', 'socketio.receivers': 1 },
  });
  expect(spans.one('receive /').attributes).toMatchObject({
    'code.function.name': 'AnswersGateway.answer',
    'socketio.outcome': 'ok',
    'socketio.client.id': bob.id,
  });
  expect(steps).toEqual(
    ['guard', 'interceptor before', 'pipe', 'handler', 'stream', 'interceptor after'].map(
      (name) => `${name}: receive /`,
    ),
  );
}

/** Has a client resume its session, after an event of another server. @returns the events that it gets */
async function resume(node: ClusterNode, client: Socket, other: ClusterNode): Promise<string[]> {
  const { _pid: pid, _lastOffset: offset } = client as unknown as { _pid: string; _lastOffset: string };
  client.io.engine.close();
  await expect.poll(() => node.server.sockets.sockets.size).toBe(0);
  other.server.emit('three');
  const again = connectStock(node.url, { auth: { pid, offset }, autoConnect: false });
  const events: string[] = [];
  again.onAny((event: string) => events.push(event));
  again.connect();
  await next(again, 'connect');
  await expect.poll(() => events.length).toBeGreaterThan(0);
  return events;
}

/** The spans as far as both record them, with the id of the client removed. */
function recorded(id: string | undefined) {
  return spans.all
    .filter(({ kind }) => kind === SpanKind.CONSUMER || kind === SpanKind.PRODUCER)
    .filter(({ name }) => !name.startsWith('connect'))
    .map(({ name, kind, attributes, links, parentSpanContext }) => ({
      name,
      kind: SpanKind[kind],
      hasParent: parentSpanContext !== undefined,
      links: links.length,
      attributes: Object.fromEntries(
        Object.entries(attributes)
          .filter(([key]) => key.startsWith('messaging.'))
          .map(([key, value]) => [key, JSON.stringify(value).replace(id ?? '', 'id')]),
      ),
    }));
}

/** The spans of a server of this package or of `socket.io`, for one event and three emits. */
async function spansOf(server: Server | SocketIo.Server, namespace: string) {
  const httpServer = createServer();
  (server as Server).attach(httpServer);
  const port = await listen(httpServer);
  later(() => server.close());
  const served = server.of(namespace) as SocketIo.Namespace;
  served.on('connection', (socket) => {
    socket.on('say', async (text: string, done: () => void) => {
      await Promise.resolve();
      served.to(['a', 'b']).emit('said', text);
      served.emit('said', text);
      socket.emit('told', text);
      done();
    });
  });
  const client = await connected(connectStock(`http://127.0.0.1:${port}${namespace}`));
  spans.clear();
  await ask(client, 'say', 'hi');
  await expect.poll(() => spans.all.length).toBe(4);
  const found = recorded(client.id);
  await cleanUp();
  spans.clear();
  return found;
}

/** Loads another copy of `socket.io`: the instrumentation changes its files when they are loaded. */
function freshSocketIo(): typeof SocketIo {
  const { cache } = require;
  const files = Object.keys(cache).filter((file) => /node_modules\/socket\.io\/dist\//.test(file));
  const loaded = files.map((file) => [file, cache[file]] as const);
  for (const file of files) Reflect.deleteProperty(cache, file);
  const fresh = require('socket.io') as typeof SocketIo;
  for (const [file, module] of loaded) cache[file] = module;
  return fresh;
}

it('one trace goes from an HTTP request to the clients of two servers and their answers', async () => {
  const broker = memoryBroker();
  await itRecordsOneTrace(() => broker);
});

describeWith('redis-server', 'over Redis', () => {
  let redis: Redis;

  beforeAll(async () => {
    redis = await startRedis();
  });

  afterAll(() => redis.stop());

  it('the trace is the same', () => itRecordsOneTrace(() => `redis://127.0.0.1:${redis.port}`));
});

describe('a serial gateway whose handleConnection is asynchronous', () => {
  let open: (() => void) | null = null;

  @Gateway({ namespace: '/serial', concurrency: 'serial' })
  class SerialGateway {
    handleConnection(): Promise<void> {
      return new Promise((resolve) => (open = resolve));
    }

    @Event()
    async work(@Args(0) text: string, @ConnectedSocket() client: ServerSocket): Promise<void> {
      await Promise.resolve();
      client.emit('worked', text);
    }

    @OnDisconnect()
    left(@ConnectedSocket() client: ServerSocket): void {
      client.nsp.emit('left');
    }
  }

  it('has a trace for each event that waited', async () => {
    const { connect } = await startApp({ imports: [SocketIoModule.forRoot()], providers: [SerialGateway] });
    const client = await connected(connect('/serial'));
    spans.clear();
    const heard = new Promise<void>((resolve) => {
      client.on('worked', (text: string) => text === 'second' && resolve());
    });
    client.emit('work', 'first');
    client.emit('work', 'second');
    await expect.poll(() => open).not.toBeNull();
    open?.();
    await heard;
    client.disconnect();
    const work = 'receive /serial\n  send /serial';
    await expect.poll(() => spans.trees).toEqual([work, work, 'disconnect /serial\n  send /serial']);
  });
});

describe('two servers', () => {
  it('deliver kept events in the trace of their emit, and count them as without traces', async () => {
    const nodes = await startNodes(2, memoryBroker(), { connectionStateRecovery: {} }, randomUUID());
    for (const node of nodes) later(() => node.close());
    const [first, second] = nodes as [ClusterNode, ClusterNode];
    const client = await second.connect();
    spans.clear();
    const heard = new Promise<unknown[]>((resolve) => {
      client.on('two', (...args: unknown[]) => resolve(args));
    });
    first.server.emit('one');
    first.server.emit('two');
    const [offset] = await heard;
    await expect.poll(() => spans.trees).toEqual(['send /\n  deliver /', 'send /\n  deliver /']);
    expect(offset).toEqual(expect.any(String));
    // It resumes after the first event: the records of contexts do not shift the numbers of events.
    const resumed = await resume(second, client, first);
    expect(resumed).toEqual(['three']);
  });
});

describe('the spans of the same traffic', () => {
  it('are those that its instrumentation records under socket.io', async () => {
    const theirs = await spansOf(new (freshSocketIo().Server)(), '/chat');
    expect(theirs.map(({ name }) => name)).toEqual(['receive /chat', 'send /chat', 'send /chat', 'send /chat']);
    expect(await spansOf(new Server(), '/chat')).toEqual(theirs);
  });
});
