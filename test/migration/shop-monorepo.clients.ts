/** A monorepo: two applications and a library with the set-up of both; a microservice, a port of its own, a pattern. */
import type { Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { next, SOON } from '../support/events.js';
import { freePort } from '../support/process.js';
import { connectStock } from '../support/stock-client.js';
import { connected, post, refused } from './clients.js';
import type { Migrated } from './migrated.js';

const INBOX_PATH = '/inbox';
let inboxUrl: string;

export const shop: Migrated = {
  name: 'shop-monorepo',
  config: 'tsconfig.build.json',
  launches: async (redisPort) => {
    const inboxPort = await freePort();
    inboxUrl = `http://127.0.0.1:${inboxPort}`;
    const env = {
      TS_NODE_BASEURL: 'dist',
      REDIS_HOST: '127.0.0.1',
      REDIS_PORT: String(redisPort),
      API_PORT: '0',
      NOTIFICATIONS_PORT: '0',
      NOTIFICATIONS_WS_PORT: String(inboxPort),
    };
    const node = ['-r', 'tsconfig-paths/register'];
    return [
      { main: 'dist/apps/api/src/main.js', node, env },
      { main: 'dist/apps/notifications/src/main.js', node, env },
    ];
  },
  clients: describeClients,
};

function describeClients(urls: readonly string[]): void {
  const api = (path: string): string => `${urls[0]}${path}`;
  const notifications = (path = ''): string => `${urls[1]}${path}`;

  const tokenOf = async (id: string): Promise<string> => {
    const { body } = await post(api(`/api/customers/${id}/token`), {});
    return (body as { token: string }).token;
  };

  const order = (userId: string, sku: string, quantity: number) => post(api('/api/orders'), { userId, sku, quantity });

  const enterStore = async (store: string, id: string): Promise<Socket> =>
    connected(api(`/store-${store}`), { query: { token: await tokenOf(id) } });

  /** A client with the inbox of a customer, and the number of notifications that were not read before. */
  const openInbox = async (id: string): Promise<[client: Socket, unread: unknown]> => {
    const client = connectStock(inboxUrl, { path: INBOX_PATH, auth: { token: await tokenOf(id) } });
    const [unread] = await next(client, 'unread');
    return [client, unread];
  };

  describe('the catalog of the API', () => {
    it('wraps answers, in an interceptor', async () => {
      const client = await connected(api('/catalog'));
      expect(await client.emitWithAck('follow', ['tea', 'cup'])).toEqual({ ok: true, data: 2 });
    });

    it('sends the stock to the followers of a product when an order comes over HTTP', async () => {
      const [ada, ben] = await Promise.all([connected(api('/catalog')), connected(api('/catalog'))]);
      await ada.emitWithAck('follow', ['cup']);
      await ben.emitWithAck('follow', ['tea']);
      const heard: unknown[] = [];
      ben.on('stock', (stock) => heard.push(stock));
      const [cups, tea] = [next(ada, 'stock'), next(ben, 'stock')];
      expect(await order('ada', 'cup', 1)).toMatchObject({ status: 201, body: { accepted: true } });
      expect(await order('ada', 'tea', 1)).toMatchObject({ status: 201 });
      expect(await cups).toEqual([{ sku: 'cup', left: 2 }]);
      const [{ left }] = (await tea) as [{ left: number }];
      expect(heard).toEqual([{ sku: 'tea', left }]);
      expect(await order('ada', 'cup', 3)).toMatchObject({ status: 409 });
    });

    it('gives a handler the acknowledgement to call', async () => {
      const [ada, ben] = await Promise.all([connected(api('/catalog')), connected(api('/catalog'))]);
      for (const client of [ada, ben]) await client.emitWithAck('follow', ['spoon']);
      expect(await ada.emitWithAck('followers', 'spoon')).toBe(2);
    });

    it.each([
      ['follow', 'tea', 'A list of SKUs, please'],
      ['import', {}, 'Internal server error'],
    ])('answers the error of %s with an exception', async (pattern, data, message) => {
      const client = await connected(api('/catalog'));
      const exception = next(client, 'exception');
      client.emit(pattern, data);
      expect(await exception).toEqual([{ status: 'error', message, cause: { pattern, data } }]);
    });
  });

  describe('the queue of a store', () => {
    it('refuses a client without a token', async () => {
      expect((await refused(api('/store-oslo'))).message).toBe('Unauthorized');
      expect((await refused(api('/store-oslo'), { auth: { token: 'ada.forged' } })).message).toBe('Unauthorized');
    });

    it('refuses a namespace that no store can have', async () => {
      expect((await refused(api('/store-99'))).message).toBe('Invalid namespace');
    });

    it('is shown to the customers of this store, without one who has disconnected', async () => {
      const [ada, ben, cleo] = [
        await enterStore('oslo', 'ada'),
        await enterStore('oslo', 'ben'),
        await enterStore('rome', 'cleo'),
      ];
      expect(await ada.emitWithAck('whoami')).toBe('ada');

      let inRome = 0;
      cleo.on('queue', () => (inRome += 1));
      const first = next(ben, 'queue');
      expect(await ada.emitWithAck('queue.take')).toBe(1);
      expect(await first).toEqual([['ada']]);
      const second = next(ada, 'queue');
      expect(await ben.emitWithAck('queue.take')).toBe(2);
      expect(await second).toEqual([['ada', 'ben']]);
      expect(inRome).toBe(0);

      const third = next(ben, 'queue');
      ada.disconnect();
      expect(await third).toEqual([['ben']]);
      const fourth = next(ben, 'queue');
      ben.emit('queue.leave');
      expect(await fourth).toEqual([[]]);
    });
  });

  describe('the inbox, on its own port and path', () => {
    it('refuses a client without a token', async () => {
      expect((await refused(inboxUrl, { path: INBOX_PATH })).message).toBe('Unauthorized');
    });

    it('is not served on another path', async () => {
      expect((await refused(inboxUrl)).message).toBe('websocket error');
    });

    it('gets a notification when the microservice has received an order, on each device', async () => {
      const [phone, unread] = await openInbox('dora');
      expect(unread).toBe(0);
      const [laptop] = await openInbox('dora');
      const [ed] = await openInbox('ed');
      let others = 0;
      ed.on('notification', () => (others += 1));
      const heard = [next(phone, 'notification'), next(laptop, 'notification')];
      await order('dora', 'tea', 2);
      const notification = [{ text: '2 x tea ordered', unread: 1 }];
      expect(await Promise.all(heard)).toEqual([notification, notification]);
      expect((await openInbox('dora'))[1]).toBe(1);
      expect(others).toBe(0);

      const read = next(phone, 'unread');
      phone.emit('read');
      expect(await read).toEqual([0]);
    });
  });

  it('serves another gateway on the port of the application', async () => {
    const [client] = await Promise.all([connected(notifications()), openInbox('fay')]);
    await expect.poll(() => client.emitWithAck('status'), SOON).toEqual({ watchers: 1, customers: 1 });
  });
}
