/** Other servers of a cluster get the details of a socket, but nothing with which they could act as its client. */
import { ClusterAdapterWithHeartbeat, type ClusterMessage, type ClusterResponse } from 'socket.io-adapter';
import { afterEach, expect, it } from 'vitest';
import type { PublishedAdapterFactory } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { startServer } from '../../support/server-rig.js';

afterEach(cleanUp);

/** Connects the servers whose adapters it creates, and records all messages between them. */
function bus() {
  const adapters: Adapter[] = [];
  const messages: string[] = [];
  class Adapter extends ClusterAdapterWithHeartbeat {
    constructor(nsp: never) {
      super(nsp, {});
      adapters.push(this);
    }
    #send(message: object): void {
      const text = JSON.stringify(message);
      messages.push(text);
      for (const adapter of adapters) if (adapter !== this) setImmediate(() => adapter.onMessage(JSON.parse(text)));
    }
    protected override doPublish(message: ClusterMessage): Promise<string> {
      this.#send(message);
      return Promise.resolve('');
    }
    protected override doPublishResponse(_to: never, response: ClusterResponse): Promise<void> {
      this.#send(response);
      return Promise.resolve();
    }
  }
  return { adapter: Adapter as unknown as PublishedAdapterFactory, messages };
}

it('fetchSockets carries neither credentials nor the claim to a session', async () => {
  const { adapter, messages } = bus();
  const [one, other] = [await startServer({ adapter }), await startServer({ adapter })];
  const headers = { cookie: 'sid=secret', authorization: 'Bearer secret', 'user-agent': 'test' };
  const client = await one.open({ headers });
  client.send('40{"name":"ann","pid":"secret","offset":"secret"}');
  await client.next();
  await expect.poll(() => other.server.sockets.adapter.serverCount()).toBe(2);
  const [socket] = await other.server.fetchSockets();
  expect(socket?.handshake).toMatchObject({ auth: { name: 'ann' }, headers: { 'user-agent': 'test' } });
  expect(messages.join()).toContain('user-agent');
  expect(messages.join()).not.toContain('secret');
  const [own] = await one.server.fetchSockets();
  expect(own?.handshake.headers.cookie).toBe('sid=secret'); // on its own server it has everything
});
