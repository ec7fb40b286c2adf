import { expect, it, vi } from 'vitest';
import { CatchAll, type CatchAllListener, removeListener } from '../../../lib/server/socket/catch-all.js';

const container = { contain: (_what: string, call: () => unknown) => void call() };

it('is empty until a listener or a middleware is added', () => {
  for (const list of ['incoming', 'outgoing', 'middlewares'] as const) {
    const all = new CatchAll();
    expect(all.isEmpty).toBe(true);
    all[list].push(() => {});
    expect(all.isEmpty).toBe(false);
  }
});

it('calls the listeners of one direction', () => {
  const all = new CatchAll();
  const [incoming, outgoing] = [vi.fn<CatchAllListener>(), vi.fn<CatchAllListener>()];
  all.incoming.push(incoming);
  all.outgoing.push(outgoing);
  all.notify('outgoing', ['said', 1], container);
  expect([incoming.mock.calls, outgoing.mock.calls]).toEqual([[], [['said', 1]]]);
});

it('runs a middleware that is added while an event waits for an earlier one', () => {
  const all = new CatchAll();
  const steps: string[] = [];
  all.middlewares.push((_event, next) => {
    all.middlewares.push((event, then) => {
      steps.push(event[0]);
      then();
    });
    next();
  });
  all.runMiddlewares(['said'], container, (error) => steps.push(`done: ${error}`));
  expect(steps).toEqual(['said', 'done: null']);
});

it('removes one listener, or all', () => {
  const [one, two] = [(): void => {}, (): void => {}];
  const listeners: CatchAllListener[] = [one, two, one];
  removeListener(listeners, one);
  removeListener(listeners, () => {});
  expect(listeners).toEqual([two, one]);
  removeListener(listeners);
  expect(listeners).toEqual([]);
});
