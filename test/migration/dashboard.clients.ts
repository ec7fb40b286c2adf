/** ES modules on Fastify: sessions, options from a service, a namespace of its own, a service that pushes. */
import type { Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { next, SOON } from '../support/events.js';
import { connectStock, type StockOptions } from '../support/stock-client.js';
import { connected, post, refused } from './clients.js';
import type { Migrated } from './migrated.js';

export const dashboard: Migrated = {
  name: 'dashboard',
  config: 'tsconfig.json',
  launches: async () => [
    {
      main: 'dist/main.js',
      env: {
        PORT: '0',
        TICK: '20',
        ADMIN_KEY: 'open sesame',
        ALLOWED_ORIGINS: 'https://desk.example,https://desk2.example',
      },
    },
  ],
  clients: describeClients,
};

const PATH = '/stream';

function describeClients(urls: readonly string[]): void {
  const url = (namespace = ''): string => `${urls[0]}${namespace}`;

  const cookieOf = async (user: string): Promise<string> => {
    const { headers } = await post(url('/login'), { user, password: `${user}!` });
    return String(headers.getSetCookie()[0]?.split(';', 1));
  };

  /** A client with the session of a trader. */
  const trade = async (user: string): Promise<Socket> => {
    const client = connectStock(url(), { path: PATH, extraHeaders: { cookie: await cookieOf(user) } });
    const [trader] = await next(client, 'hello');
    expect(trader).toMatchObject({ name: user });
    return client;
  };

  const supervise = (options: StockOptions = {}): Promise<Socket> =>
    connected(url('/admin'), { path: PATH, auth: { key: 'open sesame' }, ...options });

  describe('refuses', () => {
    it('a client without a session', async () => {
      expect((await refused(url(), { path: PATH })).message).toBe('log in first');
    });

    it('a supervisor with the wrong key, with the data of the error', async () => {
      const error = await refused(url('/admin'), { path: PATH, auth: { key: 'open barley' } });
      expect(error.message).toBe('wrong key');
      expect(error.data).toEqual({ code: 4031 });
    });

    it('another path', async () => {
      expect((await refused(url('/admin'), { auth: { key: 'open sesame' } })).message).toBe('websocket error');
    });

    it('the page of a foreign origin', async () => {
      const extraHeaders = { origin: 'https://desk3.example' };
      const error = await refused(url('/admin'), { path: PATH, auth: { key: 'open sesame' }, extraHeaders });
      expect(error.message).toBe('websocket error');
    });
  });

  it('accepts each allowed origin', async () => {
    for (const origin of ['https://desk.example', 'https://desk2.example']) {
      await supervise({ extraHeaders: { origin } });
    }
  });

  it('pushes the prices of watched symbols, and of no others', async () => {
    const ada = await trade('ada');
    expect(await ada.emitWithAck('watch', ['ACME', 'NONE', 'GLOBEX'])).toEqual(['ACME', 'GLOBEX']);
    const quotes: { symbol: string; price: number }[] = [];
    ada.on('quote', (quote: { symbol: string; price: number }) => quotes.push(quote));
    await expect.poll(() => quotes.length, SOON).toBeGreaterThan(4);
    expect(new Set(quotes.map(({ symbol }) => symbol))).toEqual(new Set(['ACME', 'GLOBEX']));
    const prices = quotes.filter(({ symbol }) => symbol === 'ACME').map(({ price }) => price);
    expect(prices).toEqual(prices.toSorted((a, b) => a - b));

    expect(await ada.emitWithAck('unwatch', 'GLOBEX')).toEqual(['ACME']);
    quotes.length = 0;
    await expect.poll(() => quotes.length, SOON).toBeGreaterThan(2);
    expect(new Set(quotes.map(({ symbol }) => symbol))).toEqual(new Set(['ACME']));
  });

  it('fills an order, and notifies the desk of the trader', async () => {
    const [ada, ben, fx] = [await trade('ada'), await trade('ben'), await trade('fxcleo')];
    let outsider = 0;
    fx.on('filled', () => (outsider += 1));
    const filled = [next(ada, 'filled'), next(ben, 'filled')];
    ada.emit('order', { symbol: 'ACME', quantity: 5 });
    const [own, other] = await Promise.all(filled);
    expect(own).toEqual([{ symbol: 'ACME', quantity: 5, price: expect.any(Number) as number }]);
    expect(other).toEqual(own);
    expect(await fx.emitWithAck('watch', [])).toEqual([]);
    expect(outsider).toBe(0);
  });

  it.each([
    [
      { symbol: 'ACME', quantity: -1 },
      { code: 'invalid', issues: ['quantity'] },
    ],
    [
      { symbol: 'NONE', quantity: 1 },
      { code: 'unknown_symbol', symbol: 'NONE' },
    ],
  ])('answers the order %o with an exception', async (order, error) => {
    const ada = await trade('ada');
    const exception = next(ada, 'exception');
    ada.emit('order', order);
    expect(await exception).toEqual([error]);
  });

  it('disconnects a client that sends more than is allowed', async () => {
    const ada = await trade('ada');
    const gone = next(ada, 'disconnect');
    ada.emit('watch', ['x'.repeat(20_000)]);
    expect((await gone)[0]).toBe('transport close');
  });

  it('shows supervisors who is connected, and lets them notify and disconnect', async () => {
    const ada = await trade('ada');
    const [first, second] = await Promise.all([supervise(), supervise()]);
    await ada.emitWithAck('watch', ['EURUSD']);
    const filled = next(ada, 'filled');
    ada.emit('order', { symbol: 'ACME', quantity: 1 });
    await filled;
    await expect
      .poll(() => first.emitWithAck('stats'), SOON)
      .toEqual({
        connections: 3,
        traders: [{ id: ada.id, orders: 1 }],
        rooms: ['desk:equities', 'quotes:EURUSD'],
      });

    const [notice, noticed] = [next(ada, 'notice'), next(second, 'noticed')];
    expect(await first.emitWithAck('notice', 'Lunch')).toBe(1);
    expect(await notice).toEqual(['Lunch']);
    expect(await noticed).toEqual(['Lunch']);

    const gone = next(ada, 'disconnect');
    first.emit('disconnect-trader', ada.id);
    expect((await gone)[0]).toBe('io server disconnect');
  });
}
