import { describe, expect, it, vi } from 'vitest';
import type { Audience } from '../../../lib/server/broadcast/broadcast-operator.js';
import { ServerSideEmitter } from '../../../lib/server/broadcast/between-servers.js';
import type { DefaultEventsMap } from '../../../lib/server/broadcast/event-map.js';
import { Events } from '../../../lib/server/broadcast/namespace-emitter.js';
import { startServer } from '../../support/server-rig.js';
import { cleanUp } from '../../support/engine-clean-up.js';

type Answer = (error: Error | null, responses?: readonly unknown[]) => void;

/** Keeps what it sends to other servers, and answers in their place. */
class Sender extends ServerSideEmitter<DefaultEventsMap, object> {
  readonly events = new Events(() => {});
  readonly sent: unknown[][] = [];
  readonly failures: [string, unknown][] = [];
  answer: Answer = () => {};

  protected get audience(): Audience {
    const delivery = {
      serverSideEmit: (args: readonly unknown[]) => {
        this.sent.push(args.filter((arg) => typeof arg !== 'function'));
        const done = args.at(-1);
        if (typeof done === 'function') this.answer = done as Answer;
      },
    };
    const guard = (what: string, call: () => unknown): void => {
      try {
        call();
      } catch (error) {
        this.failures.push([what, error]);
      }
    };
    return { name: '/', ackTimeout: 60_000, delivery, guard } as unknown as Audience;
  }
}

describe('serverSideEmit', () => {
  it('hands the event to the adapter', () => {
    const sender = new Sender();
    expect(sender.serverSideEmit('clear', 'users', 1)).toBe(true);
    expect(sender.sent).toEqual([['clear', 'users', 1]]);
  });

  it('calls the callback once, with the error and the responses', () => {
    const sender = new Sender();
    const callback = vi.fn<Answer>();
    sender.serverSideEmit('load', 'all', callback);
    expect(sender.sent).toEqual([['load', 'all']]);
    sender.answer(null, [1, 2]);
    sender.answer(null, [3]);
    expect(callback.mock.calls).toEqual([[null, [1, 2]]]);
  });

  it('guards the callback', () => {
    const sender = new Sender();
    const error = new Error('mine');
    sender.serverSideEmit('load', () => {
      throw error;
    });
    sender.answer(null, []);
    expect(sender.failures).toEqual([['the acknowledgement callback of "load"', error]]);
  });

  it.each(['connect', 'connection', 'new_namespace'])('refuses the name %s', (name) => {
    expect(() => new Sender().serverSideEmit(name)).toThrow(expect.objectContaining({ code: 'RESERVED_EVENT' }));
  });
});

describe('serverSideEmitWithAck', () => {
  it('resolves with one response per other server', async () => {
    const sender = new Sender();
    const loads = sender.serverSideEmitWithAck('load', 'all');
    expect(sender.sent).toEqual([['load', 'all']]);
    sender.answer(null, [1, 2]);
    await expect(loads).resolves.toEqual([1, 2]);
  });

  it.each([
    [[1], [1]],
    [undefined, []],
  ])('rejects with the responses that came when not all did: %j', async (given, responses) => {
    const sender = new Sender();
    const loads = sender.serverSideEmitWithAck('load');
    const cause = new Error('timeout reached');
    sender.answer(cause, given);
    await expect(loads).rejects.toMatchObject({
      code: 'ACK_INCOMPLETE',
      message: 'not every other server answered "load": timeout reached',
      responses,
      cause,
    });
  });

  it('rejects a reserved name', async () => {
    await expect(new Sender().serverSideEmitWithAck('connect')).rejects.toMatchObject({ code: 'RESERVED_EVENT' });
  });

  it('resolves with nothing where there are no other servers', async () => {
    const { server } = await startServer();
    await expect(server.serverSideEmitWithAck('load')).resolves.toEqual([]);
    await expect(server.of(/^\/a/).serverSideEmitWithAck('load')).resolves.toEqual([]);
    await cleanUp();
  });
});
