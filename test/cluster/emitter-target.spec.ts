/** Broadcasts through the published emitter of Redis. The tests read the messages that it publishes. */
import { Emitter } from '@socket.io/redis-emitter';
import { describe, expect, it } from 'vitest';
import { checkEmitter, PublishedEmitterTarget } from '../../lib/cluster/emitter-target.js';
import type { PublishedEmitter } from '../../lib/cluster/internal.js';
import { SocketIoError } from '../../lib/errors.js';
import { BroadcastOperator, BroadcastTarget } from '../../lib/server/internal.js';
import { RecordingLog, turn } from '../support/engine-rig.js';

/** Encodes messages as JSON instead of msgpack, to make them readable. */
const parser = { encode: (message: unknown) => JSON.stringify(message) };

function start(namespace = '/') {
  const published: [channel: string, message: string][] = [];
  const client = { publish: (channel: string, message: string) => published.push([channel, message]) };
  const reached = new PublishedEmitterTarget(new Emitter(client, { parser }), new RecordingLog()).reach(namespace);
  return { published, reached, chain: new BroadcastOperator(reached, BroadcastTarget.everybody) };
}

function chainOf(emitter: object, log: RecordingLog) {
  const reached = new PublishedEmitterTarget(emitter as PublishedEmitter, log).reach('/');
  return new BroadcastOperator(reached, BroadcastTarget.everybody);
}

describe('the emitter of Redis', () => {
  it('emits to all clients of a namespace', () => {
    const { published, chain } = start('/chat');
    chain.emit('said', 'hello', [1]);
    expect(published).toEqual([
      [
        'socket.io#/chat#',
        '["emitter",{"type":2,"data":["said","hello",[1]],"nsp":"/chat"},{"rooms":[],"flags":{},"except":[]}]',
      ],
    ]);
  });

  it('emits to rooms and not to others, with flags', () => {
    const { published, chain } = start();
    chain.to(['a', 'b']).except('c').volatile.latest('not carried').compress(false).emit('said');
    chain.to('a').compress(true).emit('said');
    expect(published).toEqual([
      [
        'socket.io#/#',
        '["emitter",{"type":2,"data":["said"],"nsp":"/"},{"rooms":["a","b"],"flags":{"volatile":true,"compress":false},"except":["c"]}]',
      ],
      [
        'socket.io#/#a#',
        '["emitter",{"type":2,"data":["said"],"nsp":"/"},{"rooms":["a"],"flags":{"compress":true},"except":[]}]',
      ],
    ]);
  });

  it('cannot disconnect a user, whose sockets no other process looks up', () => {
    const target = new PublishedEmitterTarget(new Emitter({ publish: () => {} }, { parser }), new RecordingLog());
    const message =
      'disconnectUser() acts on the clients of this process, which has no server: let each client join a room of ' +
      'its user, and write in("user:7").disconnectSockets(true)';
    expect(() => target.disconnectUser(7)).toThrow(new SocketIoError('EMIT_ONLY', message));
  });

  it('moves and disconnects clients, and emits to servers', () => {
    const { published, chain, reached } = start();
    chain.in('a').socketsJoin(['b', 'c']);
    chain.except('a').socketsLeave('b');
    chain.disconnectSockets(true);
    reached.serverSideEmit('news', 1);
    expect(published).toEqual([
      ['socket.io-request#/#', '{"type":2,"opts":{"rooms":["a"],"except":[]},"rooms":["b","c"]}'],
      ['socket.io-request#/#', '{"type":3,"opts":{"rooms":[],"except":["a"]},"rooms":["b"]}'],
      ['socket.io-request#/#', '{"type":4,"opts":{"rooms":[],"except":[]},"close":true}'],
      ['socket.io-request#/#', '{"uid":"emitter","type":6,"data":["news",1]}'],
    ]);
  });
});

describe('an emitter that fails', () => {
  it('throws to the caller', () => {
    const circular: unknown[] = [];
    circular.push(circular);
    const chain = chainOf(new Emitter({ publish() {} }, { parser }), new RecordingLog());
    expect(() => chain.emit('said', circular)).toThrow(TypeError);
  });

  it('logs a later failure, once', async () => {
    const log = new RecordingLog();
    const gone = new Error('Connection is closed.');
    const emitter = { of: () => emitter, emit: () => Promise.reject(gone) };
    const chain = chainOf(emitter, log);
    chain.emit('said');
    chain.emit('said');
    await turn();
    expect(log.errors).toEqual([['emit failed: the clients were not reached', gone]]);
  });
});

/** @param receivers the results of `PUBLISH`, in order */
async function emitTo(receivers: unknown[], client: object = {}): Promise<readonly string[]> {
  const log = new RecordingLog();
  const chain = chainOf(new Emitter({ ...client, publish: () => Promise.resolve(receivers.shift()) }, { parser }), log);
  while (receivers.length > 0) {
    chain.emit('said');
    await turn();
  }
  return log.warnings;
}

describe('an emitter that no server hears', () => {
  it('warns once a minute and names the adapter to use', async () => {
    expect(await emitTo([0, 0])).toEqual([
      expect.stringMatching(/^no server has received what this process emits: .* @socket\.io\/redis-streams-adapter/),
    ]);
  });

  it('does not warn once a server has received a message', async () => {
    expect(await emitTo([2, 0])).toEqual([]);
  });

  it.each([[{ isCluster: true }], [{ masters: [] }]])('does not warn in a Redis Cluster: %j', async (client) => {
    expect(await emitTo([0], client)).toEqual([]);
  });

  it('does not warn if the client returns no number', async () => {
    expect(await emitTo(['OK'])).toEqual([]);
  });
});

describe('checkEmitter', () => {
  it('accepts the emitter of a published package', () => {
    expect(() => checkEmitter(new Emitter({}))).not.toThrow();
  });

  it.each([[undefined], [null], ['redis://'], [{}], [{ publish() {} }], [{ emit() {}, to() {}, except() {} }]])(
    'rejects %j',
    (given) => {
      expect(() => checkEmitter(given)).toThrow(
        expect.objectContaining({
          code: 'INVALID_OPTION',
          message: expect.stringMatching(
            /^option "emitter" must be a Socket.IO emitter, got a value without the method "(of|to)": pass new Emitter\(/,
          ),
        }),
      );
    },
  );
});
