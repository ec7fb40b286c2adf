/** A server that is watched: the notices of what clients on the wire do. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConnectionRefused } from '../../../lib/server/internal.js';
import type { Emission } from '../../../lib/server/telemetry/emission.js';
import { HandlerFailure } from '../../../lib/server/telemetry/handler-failure.js';
import type { Instrument } from '../../../lib/server/telemetry/instrument.js';
import { watched } from '../../../lib/server/telemetry/watched.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { turn } from '../../support/engine-rig.js';
import { deferred, type ServerRig, startServer } from '../../support/server-rig.js';

afterEach(cleanUp);

/** Notes each notice as its name and the arguments that are not objects. */
class Recorder implements Required<Instrument> {
  readonly notices: unknown[][] = [];
  readonly emissions: Emission[] = [];

  clientConnected: Instrument['clientConnected'] & {} = () => this.#note('connected');
  clientDisconnected: Instrument['clientDisconnected'] & {} = (_, reason) => this.#note('disconnected', reason);
  clientRefused: Instrument['clientRefused'] & {} = (namespace, reason, socket) =>
    this.#note('refused', namespace, reason, socket !== null);
  sessionClaimed: Instrument['sessionClaimed'] & {} = (_, isRestored) => this.#note('claimed', isRestored);
  roomJoined: Instrument['roomJoined'] & {} = (_, room) => this.#note('joined', room);
  roomLeft: Instrument['roomLeft'] & {} = (_, room) => this.#note('left', room);
  eventReceived: Instrument['eventReceived'] & {} = (_, { data }, label, size) =>
    this.#note('received', ...data, label, size);
  handlerStarted: Instrument['handlerStarted'] & {} = ({ label }) => this.#note('started', label);
  eventHandled: Instrument['eventHandled'] & {} = ({ label, handler }, result, error) =>
    this.#note('handled', label, handler, result, error === undefined ? null : `Error: ${(error as Error).message}`);
  eventUnhandled: Instrument['eventUnhandled'] & {} = (_, { data }) => this.#note('unhandled', ...data);
  eventRateLimited: Instrument['eventRateLimited'] & {} = (_, event) => this.#note('rate limited', event);
  emitted: Instrument['emitted'] & {} = (emission) => {
    const { event, direct, wantsAck, receivers, dropped, bytes } = emission;
    this.emissions.push(emission);
    this.#note('emitted', event, { direct, wantsAck, receivers, dropped, bytes });
  };
  eventSent: Instrument['eventSent'] & {} = (_, { data }, bytes, isDropped) =>
    this.#note('sent', data[0], bytes, isDropped);
  ackSettled: Instrument['ackSettled'] & {} = (_, outcome) => this.#note('ack', outcome);

  #note(...notice: unknown[]): void {
    this.notices.push(notice);
  }

  take(): unknown[][] {
    return this.notices.splice(0);
  }
}

async function start(options = {}): Promise<{ rig: ServerRig; recorder: Recorder }> {
  const rig = await startServer(options);
  const recorder = new Recorder();
  rig.server.telemetry.watch(recorder);
  return { rig, recorder };
}

describe('the instruments of a server', () => {
  it('are null before the first is added and after the last is removed', async () => {
    const { server } = await startServer();
    expect(server.telemetry.instruments).toBeNull();
    const [unwatch, unwatchOther] = [server.telemetry.watch({}), server.telemetry.watch({})];
    unwatch();
    expect(server.telemetry.instruments).not.toBeNull();
    unwatchOther();
    expect(server.telemetry.instruments).toBeNull();
  });

  it('are notified of a client, its rooms and its end', async () => {
    const { rig, recorder } = await start();
    const [client, socket] = await rig.join();
    socket.join(['a', 'b']);
    socket.leave('a');
    client.send('41');
    await rig.join(); // a fence
    expect(recorder.take()).toEqual([
      ['connected'],
      ['joined', 'a'],
      ['joined', 'b'],
      ['left', 'a'],
      ['disconnected', 'client namespace disconnect'],
      ['connected'],
    ]);
  });

  it('are notified of refusals, with their reason', async () => {
    const { rig, recorder } = await start();
    rig.of('/middleware').use((_socket, next) => next(new Error('no')));
    rig.of('/handler').onConnect(() => {
      throw new ConnectionRefused('no');
    });
    rig.of('/failed').onConnect(() => {
      throw new Error('unexpected');
    });
    const client = await rig.open();
    for (const nsp of ['middleware', 'handler', 'failed', 'none']) {
      client.send(`40/${nsp},`);
      await client.next();
    }
    expect(recorder.take()).toEqual([
      ['refused', '/middleware', 'middleware', true],
      ['refused', '/handler', 'handler', true],
      ['refused', '/failed', 'failed', true],
      ['refused', '(other)', 'namespace', false],
    ]);
  });

  it('are notified of an event and of how its handler ended', async () => {
    const { rig, recorder } = await start();
    const nsp = rig.of('/');
    nsp.onEvent('ok', () => {});
    nsp.onEvent('later', async () => turn());
    nsp.onEvent('throws', () => {
      throw new Error('at once');
    });
    nsp.onEvent('rejects', async () => {
      await turn();
      throw new Error('later');
    });
    nsp.bindEvent(
      'refuses',
      watched(() => new HandlerFailure(new Error('invalid'), true), 'refuses', 'Chat.refuses'),
    );
    const [client] = await rig.join();
    recorder.take();
    for (const event of ['ok', 'throws', 'refuses', 'unknown']) client.send(`42["${event}"]`);
    await client.idle();
    expect(recorder.take()).toEqual([
      ['received', 'ok', 'ok', 8],
      ['started', 'ok'],
      ['handled', 'ok', null, 'ok', null],
      ['received', 'throws', 'throws', 12],
      ['started', 'throws'],
      ['handled', 'throws', null, 'failed', 'Error: at once'],
      ['received', 'refuses', 'refuses', 13],
      ['started', 'refuses'],
      ['handled', 'refuses', 'Chat.refuses', 'rejected', 'Error: invalid'],
      ['unhandled', 'unknown'],
      ['received', 'fence', 'fence', expect.any(Number)],
      ['started', 'fence'],
      ['handled', 'fence', null, 'ok', null],
    ]);
    for (const event of ['later', 'rejects']) client.send(`42["${event}"]`);
    await expect
      .poll(() => recorder.notices.filter(([kind]) => kind === 'handled'))
      .toEqual([
        ['handled', 'later', null, 'ok', null],
        ['handled', 'rejects', null, 'failed', 'Error: later'],
      ]);
  });

  it('get an event of a catch-all handler as *, since clients choose its name', async () => {
    const { rig, recorder } = await start();
    rig.of('/').onEvent('*', () => {});
    const [client] = await rig.join();
    recorder.take();
    client.send('42["anything"]');
    await client.idle();
    expect(recorder.take().slice(0, 3)).toEqual([
      ['received', 'anything', '*', 14],
      ['started', '*'],
      ['handled', '*', null, 'ok', null],
    ]);
  });

  it('wait for asynchronous listeners', async () => {
    const { rig, recorder } = await start();
    const [client, socket] = await rig.join();
    const answer = deferred();
    socket.on('ask', () => answer.promise);
    recorder.take();
    client.send('42["ask"]');
    await client.idle();
    expect(recorder.take().map(([kind, name]) => [kind, name])).toEqual([
      ['received', 'ask'],
      ['started', 'ask'],
      ['received', 'fence'],
      ['started', 'fence'],
      ['handled', 'fence'],
    ]);
    answer.resolve();
    await turn();
    expect(recorder.take()).toEqual([['handled', 'ask', null, 'ok', null]]);
  });

  it('are notified of listeners that fail, at once or later', async () => {
    const { rig, recorder } = await start();
    const [client, socket] = await rig.join();
    socket.on('throws', () => {
      throw new Error('at once');
    });
    socket.on('rejects', async () => {
      await turn();
      throw new Error('later');
    });
    for (const event of ['throws', 'rejects']) client.send(`42["${event}"]`);
    await client.idle();
    const handled = (): unknown[][] =>
      recorder.notices.filter(([kind, label]) => kind === 'handled' && label !== 'fence');
    await expect.poll(handled).toEqual([
      ['handled', 'throws', null, 'failed', 'Error: at once'],
      ['handled', 'rejects', null, 'failed', 'Error: later'],
    ]);
  });

  it('get the receivers and bytes of an emit, also of one to a single socket', async () => {
    const { rig, recorder } = await start();
    const [, socket] = await rig.join();
    await rig.join();
    recorder.take();
    rig.server.emit('news', 1);
    socket.emit('you');
    rig.server.to('nobody').emit('news');
    expect(recorder.take()).toEqual([
      ['sent', 'news', 14, false],
      ['sent', 'news', 14, false],
      ['emitted', 'news', { direct: false, wantsAck: false, receivers: 2, dropped: 0, bytes: 28 }],
      ['sent', 'you', 11, false],
      ['emitted', 'you', { direct: true, wantsAck: false, receivers: 1, dropped: 0, bytes: 11 }],
      ['emitted', 'news', { direct: false, wantsAck: false, receivers: 0, dropped: 0, bytes: 0 }],
    ]);
    expect(recorder.emissions[1]?.target.rooms).toEqual([socket.id]);
  });

  it('are notified of a volatile event that is dropped, and of no event to a client that has gone', async () => {
    const { rig, recorder } = await start();
    const [, socket] = await rig.join();
    recorder.take();
    vi.spyOn(socket.conn, 'queue').mockReturnValue(false); // as for a client that has not taken earlier messages
    socket.volatile.emit('tick');
    rig.server.volatile.emit('tick');
    socket.emit('news');
    expect(recorder.take()).toEqual([
      ['sent', 'tick', 12, true],
      ['emitted', 'tick', { direct: true, wantsAck: false, receivers: 0, dropped: 1, bytes: 0 }],
      ['sent', 'tick', 12, true],
      ['emitted', 'tick', { direct: false, wantsAck: false, receivers: 0, dropped: 1, bytes: 0 }],
      ['emitted', 'news', { direct: true, wantsAck: false, receivers: 0, dropped: 0, bytes: 0 }],
    ]);
  });

  it('get how requests for an acknowledgement ended', async () => {
    const { rig, recorder } = await start();
    const [client, socket] = await rig.join();
    socket.timeout(1_000).emit('ask', () => {});
    await client.next();
    client.send('430[]');
    await client.idle();
    socket.timeout(1_000).emit('ask', () => {});
    rig.clock.advance(1_000);
    socket.emit('ask', () => {});
    socket.disconnect();
    expect(recorder.take().filter(([kind]) => kind === 'ack')).toEqual([
      ['ack', 'answered'],
      ['ack', 'timed_out'],
      ['ack', 'lost'],
    ]);
  });
});
