/** Streams that their client resumes on another node of a cluster. */
import { Args } from 'nest-socketio';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Event, Gateway, memoryBroker, OnConnect, Auth, Server, Signal } from 'nest-socketio';
import { ConnectedSocket } from '@nestjs/websockets';
import type { Socket as ServerSocket } from 'nest-socketio';
import { SOON } from '../../support/events.js';
import { type Rig, serve } from '../../support/nest-rig.js';
import { askFor, askOnly, counted } from '../../support/streams.js';

const signals: AbortSignal[] = [];
let pulled = 0;

@Gateway()
class Counter {
  @OnConnect()
  enter(@ConnectedSocket() client: ServerSocket, @Auth('user') user?: string): void {
    if (user !== undefined) client.user = { id: user };
  }

  @Event()
  async *count(@Args(0) to: number, @Signal() signal: AbortSignal): AsyncGenerator<number> {
    signals.push(signal);
    for (let n = 1; n <= to; n++) {
      pulled = n;
      yield n;
      await new Promise(setImmediate);
    }
  }

  @Event()
  async *blocks(@Signal() signal: AbortSignal): AsyncGenerator<string> {
    signals.push(signal);
    for (pulled = 1; ; pulled++) yield 'x'.repeat(10_000);
  }
}

afterEach(() => {
  signals.splice(0);
  pulled = 0;
});

async function twoNodes(streams: object = {}): Promise<[Rig, Rig]> {
  const broker = memoryBroker();
  const nodes: [Rig, Rig] = [
    await serve([Counter], { server: { broker, streams } }),
    await serve([Counter], { server: { broker, streams } }),
  ];
  await vi.waitFor(() => {
    for (const { app } of nodes) expect(app.get(Server).cluster.nodes).toHaveLength(2);
  }, SOON);
  return nodes;
}

describe('a stream in a cluster', () => {
  it('continues on another node, and ends there', async () => {
    const [here, there] = await twoNodes();
    const client = await here.join();
    const stream = await askFor(client, 'count', 500);
    await vi.waitFor(() => expect(stream.last).toBeGreaterThan(20));
    client.io.engine.close();
    const returned = await there.join();
    expect(await stream.resume(returned)).toEqual({});
    await vi.waitFor(() => expect(stream.ends).toEqual([[500]]), SOON);
    expect(stream.values).toEqual(counted(500));
  });
});
