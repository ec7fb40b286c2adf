/** Streams that their client resumes on another node of a cluster. */
import { ConnectedSocket } from '@nestjs/websockets';
import {
  Args,
  Auth,
  Event,
  Gateway,
  memoryBroker,
  OnConnect,
  Server,
  type ServerOptions,
  Signal,
  type Socket as ServerSocket,
} from 'nest-socketio';
import type { Socket } from 'socket.io-client';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { SOON } from '../../support/events.js';
import { type Rig, serve } from '../../support/nest-rig.js';
import { random } from '../../support/random.js';
import { askFor, askOnly, counted, type FollowedStream, tcpOf } from '../../support/streams.js';

/** More values than a client is sent between two looks at it. */
const COUNT = 2_000;

interface Run {
  readonly signal: AbortSignal;
  taken: number;
  isEnded: boolean;
}

/** The calls of this test. */
let runs: Run[] = [];

beforeEach(() => {
  runs = [];
});

@Gateway()
class Counter {
  @OnConnect()
  enter(@ConnectedSocket() client: ServerSocket, @Auth('user') user?: string): void {
    if (user !== undefined) client.user = { id: user };
  }

  @Event()
  async *count(@Args(0) to: number, @Args(1) size: number, @Signal() signal: AbortSignal): AsyncGenerator {
    const run: Run = { signal, taken: 0, isEnded: false };
    runs.push(run);
    try {
      while (run.taken < to) {
        run.taken++;
        yield size > 0 ? 'x'.repeat(size) : run.taken;
        await new Promise(setImmediate);
      }
    } finally {
      run.isEnded = true;
    }
  }
}

async function startTwo(options: ServerOptions = {}): Promise<[here: Rig, there: Rig]> {
  const server = { ...options, broker: memoryBroker() };
  const nodes: [Rig, Rig] = [await serve([Counter], { server }), await serve([Counter], { server })];
  await vi.waitFor(() => {
    for (const node of nodes) expect(idsOf(node)).toHaveLength(2);
  }, SOON);
  return nodes;
}

function serverOf({ app }: Rig): Server {
  return app.get(Server);
}

function idsOf(node: Rig): string[] {
  return serverOf(node)
    .cluster.nodes.filter(({ version }) => version !== 'unknown')
    .map(({ id }) => id);
}

/** Loses the connection of a client. */
function cut(client: Socket): void {
  client.io.engine.close();
}

/** Asks for a stream on one node, and resumes it on the other one. */
async function moved([here, there]: [Rig, Rig], to = 100_000, auth = {}): Promise<[FollowedStream, Socket]> {
  const client = await here.join('/', { auth });
  const stream = await askFor(client, 'count', to, 0);
  await vi.waitFor(() => expect(stream.last).toBeGreaterThan(10), SOON);
  cut(client);
  const returned = await there.join('/', { auth });
  expect(await stream.resume(returned)).toEqual({});
  const { last } = stream;
  await vi.waitFor(() => expect(stream.last).toBeGreaterThanOrEqual(Math.min(last + 10, to)), SOON);
  return [stream, returned];
}

describe('a stream in a cluster', () => {
  it('continues on another node, and ends there', async () => {
    const [stream, client] = await moved(await startTwo(), COUNT);
    await vi.waitFor(() => expect(stream.ends).toEqual([[COUNT]]), SOON);
    expect(stream.values).toEqual(counted(COUNT));
    stream.ends.splice(0);
    expect(await client.emitWithAck('stream_resume', stream.id, COUNT)).toEqual({});
    await vi.waitFor(() => expect(stream.ends).toEqual([[COUNT]]), SOON);
  });

  it('is cancelled on another node', async () => {
    const [stream, client] = await moved(await startTwo());
    await client.emitWithAck('stream_cancel', stream.id);
    await vi.waitFor(() => expect(runs[0]?.isEnded).toBe(true), SOON);
    expect(runs[0]?.signal.aborted).toBe(true);
  });

  it('ends when its client leaves another node', async () => {
    const [, client] = await moved(await startTwo());
    client.disconnect();
    await vi.waitFor(() => expect(runs[0]?.isEnded).toBe(true), SOON);
  });

  it('is refused to another user on another node', async () => {
    const [here, there] = await startTwo();
    const stream = await askFor(await here.join('/', { auth: { user: 'ada' } }), 'count', 100_000, 0);
    const other = await there.join('/', { auth: { user: 'bob' } });
    expect(await other.emitWithAck('stream_resume', stream.id, 0)).toMatchObject({
      error: { code: 'stream_forbidden' },
    });
  });

  it('slows down for a slow client of another node', async () => {
    const [here, there] = await startTwo({
      slowClients: 'drop-volatile',
      streams: { buffer: 10_000 },
      limits: { streamBytes: false },
    });
    const client = await here.join();
    const stream = await askOnly(client, 'count', 100_000, 20_000);
    cut(client);
    const returned = await there.join();
    returned.emit('stream_resume', stream.id, stream.last);
    stream.listen(returned);
    tcpOf(returned).pause();
    let before = -1;
    await vi.waitFor(
      () => {
        const [was, now] = [before, runs[0]?.taken ?? 0];
        before = now;
        expect(now).toBe(was);
      },
      { ...SOON, interval: 200 },
    );
    expect(before).toBeLessThan(2_000);
    tcpOf(returned).resume();
    await vi.waitFor(() => expect(stream.last).toBeGreaterThan(before), SOON);
    expect(stream.values.map(([n]) => n)).toEqual(counted(stream.last).map(([n]) => n));
  });

  it('ends with an error when its node closes, and cannot be resumed', async () => {
    const nodes = await startTwo();
    const [stream, client] = await moved(nodes);
    await nodes[0].app.close();
    await vi.waitFor(() => expect(stream.ends).toHaveLength(1), SOON);
    expect(stream.ends[0]).toMatchObject([stream.last, { code: 'stream_gone' }]);
    expect(await client.emitWithAck('stream_resume', stream.id, stream.last)).toMatchObject({
      error: { code: 'stream_gone' },
    });
  });

  it('ends with an error when its node has fallen silent', async () => {
    const nodes = await startTwo();
    const [stream] = await moved(nodes);
    const [owner] = idsOf(nodes[0]);
    serverOf(nodes[1]).channels.nodeLeft(owner as string, true);
    await vi.waitFor(() => expect(stream.ends).toMatchObject([[stream.last, { code: 'stream_gone' }]]), SOON);
    // It fills the buffer, for a client that returns.
    await vi.waitFor(() => expect(runs[0]?.taken).toBeGreaterThan(stream.last + 200), SOON);
    expect(runs[0]?.taken).toBeLessThanOrEqual(stream.last + 256);
  });

  it('gives each number once, wherever and whenever its connections are cut', async () => {
    const nodes = await startTwo({ connectionStateRecovery: {} });
    const below = random(20_261_127);
    await Promise.all(
      Array.from({ length: 3 }, async () => {
        let client = await nodes[below(2) as 0 | 1].join();
        const stream = await askFor(client, 'count', 100, 0);
        for (let cuts = 0; stream.ends.length === 0 && cuts < 8; cuts++) {
          for (let turns = below(12); turns > 0; turns--) await new Promise(setImmediate);
          const former = client;
          client = await nodes[below(2) as 0 | 1].join();
          if (below(2) === 0) cut(former);
          former.off('stream').off('stream_end');
          if (stream.ends.length > 0) break;
          expect(await stream.resume(client)).toEqual({});
          cut(former);
        }
        await vi.waitFor(() => expect(stream.ends).toEqual([[100]]), SOON);
        expect(stream.values).toEqual(counted(100));
      }),
    );
  });
});
