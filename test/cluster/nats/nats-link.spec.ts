import { expect, it, onTestFinished } from 'vitest';
import type { NatsConnection } from '../../../lib/cluster/nats/nats-client.js';
import { NatsLink } from '../../../lib/cluster/nats/nats-link.js';
import { SOON } from './nats-rig.js';

const CLOSED = 'NATS is unavailable: the connection was closed';

/** A connection whose events a test reports. */
class FakeConnection implements NatsConnection {
  readonly #statuses: { readonly type: string; readonly error?: object }[] = [];
  #wake = (): void => {};
  #close = (): void => {};
  readonly #closed = new Promise<void>((resolve) => {
    this.#close = resolve;
  });
  isOver = false;

  report(type: string, error?: object): void {
    this.#statuses.push({ type, ...(error === undefined ? {} : { error }) });
    this.#wake();
  }

  async *status(): AsyncIterable<{ readonly type: string }> {
    while (!this.isOver) {
      yield* this.#statuses.splice(0);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): Promise<void> {
    this.isOver = true;
    this.#close();
    this.#wake();
    return Promise.resolve();
  }

  closed = (): Promise<void> => this.#closed;
  isClosed = (): boolean => this.isOver;
  publish = (): void => {};
  flush = (): Promise<void> => Promise.resolve();
  subscribe = () => ({ unsubscribe: () => {} });
  request = () => Promise.reject(new Error('not used'));
}

/** Opens a link over fake connections. */
async function link() {
  const connections: FakeConnection[] = [];
  const prepared: boolean[] = [];
  const problems: (string | null)[] = [];
  const opened = new NatsLink(
    () => {
      const connection = new FakeConnection();
      connections.push(connection);
      return Promise.resolve(connection);
    },
    {
      attach: () => {},
      prepare(_connection, again) {
        prepared.push(again);
        return Promise.resolve();
      },
    },
  );
  onTestFinished(() => opened.close());
  await opened.open({ received: () => {}, gap: () => {}, connection: (problem) => void problems.push(problem) });
  return { link: opened, connections, prepared, problems };
}

it('opens another connection instead of one on which a frozen server takes nothing', async () => {
  const { link: opened, connections, prepared, problems } = await link();
  const stuck = opened.whenReady(() => new Promise(() => {}));
  connections[0]?.report('staleConnection');
  await expect(stuck).rejects.toThrow(CLOSED);
  await expect.poll(() => connections.length, SOON).toBe(2);
  expect(connections[0]?.isOver).toBe(true);
  await expect(opened.whenReady((connection) => Promise.resolve(connection))).resolves.toBe(connections[1]);
  expect(prepared).toEqual([false, true]);
  expect(problems).toEqual([CLOSED, null]);
});

it('reports that the user may not publish', async () => {
  const { connections, problems } = await link();
  const message = 'Permissions Violation for Publish to "nest-socketio"';
  connections[0]?.report('error', Object.assign(new Error(message), { operation: 'publish' }));
  await expect.poll(() => problems, SOON).toEqual([`NATS is unavailable: ${message}`]);
});

it('starts operations in their order when the connection is ready again', async () => {
  const { link: opened, connections } = await link();
  connections[0]?.report('disconnect');
  const order: number[] = [];
  const operations = await new Promise<Promise<unknown>[]>((resolve) => {
    setImmediate(() => resolve([1, 2, 3].map((i) => opened.whenReady(async () => void order.push(i)))));
  });
  expect(order).toEqual([]);
  connections[0]?.report('reconnect');
  await Promise.all(operations);
  expect(order).toEqual([1, 2, 3]);
});
