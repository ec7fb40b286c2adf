/** The spans of a server on the wire. */
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectionRefused } from '../../../../lib/server/internal.js';
import { HandlerFailure } from '../../../../lib/server/telemetry/handler-failure.js';
import { watched } from '../../../../lib/server/telemetry/watched.js';
import { cleanUp } from '../../../support/engine-clean-up.js';
import { turn } from '../../../support/engine-rig.js';
import { deferred, type ServerRig, startServer } from '../../../support/server-rig.js';
import { type RecordedSpans, recordSpans, shown } from '../../../support/spans.js';

afterEach(cleanUp);

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

function refuse(): never {
  throw new Error('no');
}

let spans: RecordedSpans;
let rig: ServerRig;

async function start(options = {}): Promise<void> {
  rig = await startServer(options);
  rig.of('/').onEvent('news', () => void rig.server.to('a').emit('said', 'hi'));
}

/** The name of the active span, as the application sees it. */
function activeSpan(): string | undefined {
  return (trace.getSpan(context.active()) as { name?: string } | undefined)?.name;
}

beforeEach(async () => {
  spans = recordSpans();
  await start();
});

describe('the span of an event', () => {
  it('is named and attributed as by the instrumentation of Socket.IO, and starts a trace', async () => {
    rig.of('/').bindEvent(
      'say',
      watched(() => {}, 'say', 'Chat.say'),
    );
    const [client, socket] = await rig.join();
    spans.clear();
    client.send('421["say"]');
    client.send('42["news"]');
    await client.idle();
    const [say, news] = spans.named('receive /');
    expect(shown(say!)).toEqual({
      kind: 'CONSUMER',
      attributes: {
        'messaging.system': 'socket.io',
        'messaging.destination': '/',
        'messaging.operation': 'receive',
        'messaging.socket.io.event_name': 'say',
        'code.function.name': 'Chat.say',
        'socketio.client.id': socket.id,
        'socketio.ack.requested': true,
        'socketio.bytes': 10,
        'socketio.outcome': 'ok',
      },
    });
    expect(news?.attributes).toMatchObject({
      'messaging.socket.io.event_name': 'news',
      'socketio.ack.requested': false,
    });
    expect([say?.parentSpanContext, news?.parentSpanContext]).toEqual([undefined, undefined]);
  });

  it('has the outcome of the handler, and the exception of one that failed', async () => {
    const nsp = rig.of('/');
    nsp.onEvent('fails', async () => {
      await turn();
      throw new Error('unexpected');
    });
    nsp.bindEvent(
      'refuses',
      watched(() => new HandlerFailure(new Error('invalid'), true), 'refuses', null),
    );
    nsp.onEvent('throws', () => {
      // oxlint-disable-next-line typescript/only-throw-error -- applications do
      throw 'a text';
    });
    nsp.onEvent('hides', () => {
      throw new Proxy(new Error('hidden'), { get: refuse, getPrototypeOf: refuse });
    });
    const [client] = await rig.join();
    spans.clear();
    for (const event of ['fails', 'refuses', 'throws', 'hides']) client.send(`42["${event}"]`);
    await expect.poll(() => spans.named('receive /').length).toBe(4);
    const byEvent = new Map(
      spans.named('receive /').map((span) => [span.attributes['messaging.socket.io.event_name'], shown(span)]),
    );
    const [fails, refuses, throws, hides] = ['fails', 'refuses', 'throws', 'hides'].map((event) => byEvent.get(event));
    expect(hides).toMatchObject({ status: 'ERROR' });
    expect(fails).toMatchObject({ status: 'ERROR', exceptions: ['unexpected'] });
    expect(fails?.attributes['socketio.outcome']).toBe('failed');
    expect(refuses?.attributes['socketio.outcome']).toBe('rejected');
    expect([refuses?.status, refuses?.exceptions]).toEqual([undefined, undefined]);
    expect(throws).toMatchObject({ status: 'ERROR', exceptions: ["'a text'"] });
  });

  it('is active in the handler, after it has waited, and in a listener', async () => {
    const seen: (string | undefined)[] = [];
    rig.of('/').onEvent('later', async () => {
      await turn();
      seen.push(activeSpan());
    });
    const [client, socket] = await rig.join();
    socket.on('later', () => seen.push(activeSpan()));
    client.send('42["later"]');
    await expect.poll(() => seen).toEqual(['receive /', 'receive /']);
    expect(activeSpan()).toBeUndefined();
  });

  it('shortens the name of an event that a client has chosen', async () => {
    rig.of('/').onEvent('*', () => {});
    const [client] = await rig.join();
    client.send(`42["${'x'.repeat(1_000)}"]`);
    await client.idle();
    const [{ attributes }] = spans.named('receive /') as [(typeof spans.all)[0]];
    expect(attributes['messaging.socket.io.event_name']).toBe(`${'x'.repeat(127)}…`);
  });
});

describe('the span of an emit', () => {
  it('is the child of the event that causes it, and has its receivers', async () => {
    const [client, socket] = await rig.join();
    socket.join('a');
    spans.clear();
    client.send('42["news"]');
    expect(await client.next()).toBe('42["said","hi"]');
    expect(spans.trees).toEqual(['receive /\n  send /']);
    const send = spans.one('send /');
    expect(shown(send)).toEqual({
      kind: 'PRODUCER',
      attributes: {
        'messaging.system': 'socket.io',
        'messaging.destination_kind': 'topic',
        'messaging.destination': '/',
        'messaging.socket.io.namespace': '/',
        'messaging.socket.io.event_name': 'said',
        'messaging.socket.io.rooms': ['a'],
        'socketio.ack.requested': false,
        'socketio.receivers': 1,
        'socketio.dropped': 0,
        'socketio.bytes': 17,
      },
    });
    expect(send.links).toEqual([]);
  });

  it('is the child of another span, with a link to the event', async () => {
    rig.of('/').onEvent('job', () => {
      const job = trace.getTracer('test').startSpan('job', { root: true });
      context.with(trace.setSpan(context.active(), job), () => rig.server.emit('done'));
      job.end();
    });
    const [client] = await rig.join();
    spans.clear();
    client.send('42["job"]');
    await client.next();
    expect(spans.trees.toSorted()).toEqual(['job\n  send /', 'receive /']);
    expect(spans.one('send /').links.map((link) => link.context)).toEqual([spans.one('receive /').spanContext()]);
  });

  it('lists few rooms, shortened', () => {
    rig.server.to(Array.from({ length: 1_000 }, () => 'r'.repeat(1_000))).emit('news');
    const rooms = spans.one('send /').attributes['messaging.socket.io.rooms'] as string[];
    expect(rooms).toHaveLength(10);
    expect(new Set(rooms)).toEqual(new Set([`${'r'.repeat(127)}…`]));
  });

  it('has the error of an emit that cannot be encoded', () => {
    let deep: unknown[] = [];
    for (let depth = 0; depth < 100_000; depth++) deep = [deep];
    expect(() => rig.server.emit('news', deep)).toThrow();
    expect(shown(spans.one('send /'))).toMatchObject({ status: 'ERROR' });
  });

  it('is active in acknowledgement callbacks, of one client and of several', async () => {
    const [client, socket] = await rig.join();
    spans.clear();
    socket.emit('ask', () => socket.emit('one'));
    const several = rig.server.timeout(1_000).emitWithAck('ask');
    rig.server.timeout(1_000).emit('ask', () => socket.emit('all'));
    for (let count = 0; count < 3; count++) await client.next();
    for (const id of [0, 1, 2]) client.send(`43${id}["yes"]`);
    expect(await several).toEqual(['yes']);
    await client.next();
    await client.next();
    expect(spans.trees).toEqual(['send /\n  send /', 'send /', 'send /\n  send /']);
  });
});

describe('the span of a client', () => {
  it('has the decision on its CONNECT, in which middlewares and connect handlers run', async () => {
    const seen: (string | undefined)[] = [];
    rig.of('/room').use(async (_socket, next) => {
      await turn();
      seen.push(activeSpan());
      next();
    });
    rig.of('/room').onConnect(async (socket) => {
      seen.push(activeSpan());
      await turn();
      socket.emit('welcome');
    });
    rig.of('/room').on('connection', () => seen.push(activeSpan()));
    const [, socket] = await rig.join('/room');
    expect(seen).toEqual(Array.from({ length: 3 }, () => 'connect /room'));
    expect(spans.trees).toEqual(['connect /room\n  send /room']);
    expect(shown(spans.one('connect /room'))).toEqual({
      kind: 'CONSUMER',
      attributes: {
        'messaging.system': 'socket.io',
        'messaging.destination': '/room',
        'messaging.operation': 'connect',
        'socketio.client.id': socket.id,
        'socketio.recovered': false,
      },
    });
  });

  it('has the reason of a refusal, and the exception of a handler that failed', async () => {
    rig.of('/refused').onConnect(() => {
      throw new ConnectionRefused('no');
    });
    rig.of('/failed').onConnect(() => {
      throw new Error('unexpected');
    });
    const client = await rig.open();
    for (const nsp of ['refused', 'failed', 'none']) {
      client.send(`40/${nsp},`);
      await client.next();
    }
    const [refused, failed, none] = ['refused', 'failed', 'none'].map((nsp) =>
      spans.named(`connect /${nsp}`).map(shown),
    );
    expect(refused?.[0]?.attributes['socketio.refused']).toBe('handler');
    expect(refused?.[0]?.status).toBeUndefined();
    expect(failed?.[0]?.attributes['socketio.refused']).toBe('failed');
    expect(failed?.[0]).toMatchObject({ status: 'ERROR', exceptions: ['unexpected'] });
    expect(none).toEqual([]);
  });

  it('has the reason of its end, and lasts until the disconnect handlers have finished', async () => {
    const seen: (string | undefined)[] = [];
    rig.of('/').onDisconnect(async () => {
      await turn();
      expect(spans.named('disconnect /')).toEqual([]);
      seen.push(activeSpan());
    });
    const [client, socket] = await rig.join();
    for (const event of ['disconnecting', 'disconnect'] as const) socket.on(event, () => seen.push(activeSpan()));
    client.send('41');
    await expect.poll(() => spans.named('disconnect /').length).toBe(1);
    expect(seen).toEqual(Array.from({ length: 3 }, () => 'disconnect /'));
    expect(shown(spans.one('disconnect /'))).toEqual({
      kind: 'CONSUMER',
      attributes: {
        'messaging.system': 'socket.io',
        'messaging.destination': '/',
        'messaging.operation': 'disconnect',
        'socketio.client.id': socket.id,
        'socketio.disconnect.reason': 'client namespace disconnect',
      },
    });
  });

  it('links its end to the event whose handler has disconnected it', async () => {
    rig.of('/').onEvent('leave', (socket) => void socket.disconnect());
    const [client] = await rig.join();
    client.send('42["leave"]');
    await client.next();
    const { links, parentSpanContext } = spans.one('disconnect /');
    expect(parentSpanContext).toBeUndefined();
    expect(links.map((link) => link.context)).toEqual([spans.one('receive /').spanContext()]);
  });

  it('ends if the client leaves before it is accepted', async () => {
    const { promise: accepted, resolve: accept } = deferred();
    rig.of('/').use((_socket, next) => void accepted.then(() => next()));
    const client = await rig.open();
    client.send('40');
    await client.idle('/none').catch(() => {});
    client.terminate();
    await rig.deserted();
    accept();
    await expect.poll(() => spans.named('connect /').length).toBe(1);
    expect(spans.one('connect /').attributes['socketio.refused']).toBe('left');
  });
});

describe('the context of a client', () => {
  it('is not used unless the option is on', async () => {
    rig.of('/').onEvent('echo', (socket, { data }) => void socket.emit('echo', ...data.slice(1)));
    const client = await rig.open();
    client.send(`40{"traceparent":"${TRACEPARENT}"}`);
    await client.next();
    client.send(`42["echo",{"traceparent":"${TRACEPARENT}"}]`);
    expect(await client.next()).toBe(`42["echo",{"traceparent":"${TRACEPARENT}"}]`);
    expect(spans.all.map((span) => span.spanContext().traceId)).not.toContain(TRACE);
  });

  it('continues its trace, in a CONNECT, a request and an event', async () => {
    await start({ telemetry: { clientContext: true } });
    const nsp = rig.of('/');
    nsp.onEvent('echo', (socket, { data }) => void socket.emit('echo', ...data.slice(1)));
    const [client, socket] = await rig.join('/', { headers: { traceparent: TRACEPARENT } });
    socket.onAny((...event) => expect(event).toHaveLength(2));
    client.send(`42["echo",1,{"traceparent":"${TRACEPARENT}","tracestate":"a=1","baggage":"b=2"}]`);
    expect(await client.next()).toBe('42["echo",1]');
    client.send('42["echo",2,{"traceparent":"none"}]');
    expect(await client.next()).toBe('42["echo",2]');
    const other = await rig.open();
    other.send(`40{"traceparent":"${TRACEPARENT}"}`);
    await other.next();
    const parents = spans.all.map(({ name, parentSpanContext }) => [name, parentSpanContext?.traceId === TRACE]);
    expect(parents).toEqual([
      ['connect /', true],
      ['receive /', true],
      ['send /', true],
      ['receive /', false],
      ['send /', false],
      ['connect /', true],
    ]);
    expect(spans.named('receive /')[0]?.spanContext().traceState?.serialize()).toBe('a=1');
  });
});

describe('without a sampled trace', () => {
  it('nothing is recorded, and the decision holds in the handler', async () => {
    await cleanUp();
    const decided: string[] = [];
    spans = recordSpans({
      shouldSample: (_context, _trace, name) => {
        decided.push(name);
        return { decision: SamplingDecision.NOT_RECORD };
      },
    });
    await start();
    const [client, socket] = await rig.join();
    socket.join('a');
    let active: unknown;
    socket.on('look', () => (active = trace.getSpanContext(context.active())?.traceFlags));
    client.send('42["news"]');
    await client.next();
    client.send('42["look"]');
    client.send('41');
    await rig.join();
    expect(active).toBe(0);
    expect(spans.all).toEqual([]);
    expect(decided).toEqual(['connect /', 'receive /', 'receive /', 'disconnect /', 'connect /']);
  });

  it('a part of the traces is started, and the spans of the others are left out', async () => {
    const active: unknown[] = [];
    const startPart = async (traces: number): Promise<void> => {
      await start({ telemetry: { traces } });
      rig.of('/').onEvent('look', (socket) => {
        const present = trace.getSpanContext(context.active());
        active.push(present?.traceFlags, present?.traceId, present?.spanId);
        trace.getTracer('test').startSpan('query').end();
        socket.emit('seen');
      });
    };
    await startPart(1e-12);
    const [client] = await rig.join();
    client.send('42["look"]');
    await client.next();
    rig.server.emit('all');
    await client.next();
    client.send('41');
    await rig.join();
    expect(spans.all).toEqual([]);
    expect(active).toEqual([0, expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{16}$/)]);
    await startPart(1 - 1e-12);
    const [other] = await rig.join();
    other.send('42["look"]');
    await other.next();
    rig.server.emit('all');
    expect(spans.trees).toEqual(['connect /', 'receive /\n  query\n  send /', 'send /']);
  });

  it('no tracer is made if the option says so', async () => {
    await start({ telemetry: { traces: false } });
    expect(rig.server.telemetry.instruments).toBeNull();
    expect(context.active()).toBe(ROOT_CONTEXT);
  });
});
