import { beforeEach, describe, expect, it } from 'vitest';
import type { Broker, BrokerContext, BrokerFactory } from '../../../lib/cluster/broker/broker.js';
import { memoryBroker } from '../../../lib/cluster/internal.js';
import { RecordingLog, turn } from '../../support/engine-rig.js';
import { ManualClock } from '../../support/manual-clock.js';

describe('memoryBroker', () => {
  let factory: BrokerFactory;
  let received: unknown[][];

  beforeEach(() => {
    factory = memoryBroker();
    received = [];
  });

  function create(context: Partial<BrokerContext> = {}): Promise<Broker> {
    const log = new RecordingLog();
    return factory.create({ clock: new ManualClock(), log, scope: '', keepFor: null, keepAtMost: 10, ...context });
  }

  async function open(name: string, context?: Partial<BrokerContext>): Promise<Broker> {
    const broker = await create(context);
    await broker.open({
      received: (bytes, position) => received.push([name, bytes.toString(), position]),
      connection: (problem) => received.push([name, problem]),
      gap: () => {},
    });
    return broker;
  }

  it('names its engine, which keeps events', () => {
    expect([factory.engine, factory.keepsEvents]).toEqual(['memory', true]);
  });

  it('delivers copies to all, later, in order', async () => {
    const [a] = [await open('a'), await open('b')];
    expect(received.splice(0)).toEqual([
      ['a', null],
      ['b', null],
    ]);
    const bytes = Buffer.from('1');
    await a.publish(bytes);
    bytes.write('x');
    await a.publish(Buffer.from('2'));
    expect(received).toEqual([]);
    await turn();
    expect(received).toEqual([
      ['a', '1', null],
      ['b', '1', null],
      ['a', '2', null],
      ['b', '2', null],
    ]);
    expect(a.store).toBeNull();
  });

  it('reaches neither other scopes, nor those of another call, nor those that are closed', async () => {
    const a = await open('a');
    await open('b', { scope: 'other' });
    await (await open('c')).close();
    factory = memoryBroker();
    await open('d');
    received = [];
    await a.publish(Buffer.from('1'));
    await turn();
    expect(received).toEqual([['a', '1', null]]);
    await (await create()).close(); // was never opened
  });

  it('stores messages for servers that keep events, with one store for all', async () => {
    const [a, b] = [await open('a', { keepFor: 1_000 }), await open('b', { keepFor: 1_000 })];
    received = [];
    await a.publish(Buffer.from('1'));
    await turn();
    const position = received[0]?.[2] as string;
    expect(received).toEqual([
      ['a', '1', position],
      ['b', '1', position],
    ]);
    expect(await b.store?.read(position, position)).toMatchObject([{ position, bytes: Buffer.from('1') }]);
  });
});
