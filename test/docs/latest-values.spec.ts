/** The examples of docs/latest-values.md work as the page says. */
import { beforeAll, describe, expect, it } from 'vitest';
import { Examples } from '../support/examples.js';
import { ask, serveInMemory } from '../support/memory-app.js';

const examples = new Examples('docs/latest-values.md');

interface Ticker {
  publish(market: string, tick: { symbol: string; price: number }): void;
}

describe('latest-values.md', () => {
  beforeAll(() => examples.compile());

  it('shows a feed', async () => {
    const { TickerGateway } = await examples.load<'TickerGateway'>('ticker.gateway');
    const { TickerService } = await examples.load<'TickerService'>('ticker.service');
    const { app, connect } = await serveInMemory([TickerGateway, TickerService]);
    const [reader, other] = [await connect('/ticker'), await connect('/ticker')];
    await ask(reader, 'watch', 'nyse');
    const ticker = app.get<Ticker>(TickerService);
    for (const price of [1, 2]) ticker.publish('nyse', { symbol: 'AAPL', price });
    expect(await reader.next('price')).toEqual([{ symbol: 'AAPL', price: 1 }]);
    expect(await reader.next('price')).toEqual([{ symbol: 'AAPL', price: 2 }]);
    await other.settled();
    expect(other.received()).toEqual([]);
  });

  it('says that in a large burst only the newest of each key is sent once 64 kB wait', async () => {
    const { TickerGateway } = await examples.load<'TickerGateway'>('ticker.gateway');
    const { TickerService } = await examples.load<'TickerService'>('ticker.service');
    const { app, connect } = await serveInMemory([TickerGateway, TickerService]);
    const reader = await connect('/ticker');
    await ask(reader, 'watch', 'nyse');
    const symbol = 'x'.repeat(200);
    for (let price = 1; price <= 1_000; price++) app.get<Ticker>(TickerService).publish('nyse', { symbol, price });
    await reader.settled();
    const prices = reader.received().map(([, tick]) => (tick as { price: number }).price);
    expect([prices.length < 400, prices.at(-2), prices.at(-1)]).toEqual([true, prices.length - 1, 1_000]);
  });
});
