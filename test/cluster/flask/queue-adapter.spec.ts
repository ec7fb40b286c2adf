/** A server on the queue of Flask-SocketIO: the messages it publishes, and its reaction to messages of others. */
import { afterEach, describe, expect, it } from 'vitest';
import { createFlaskQueueAdapter } from '../../../lib/cluster/internal.js';
import type { ServerOptions } from '../../../lib/server/internal.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { RecordingLog, turn } from '../../support/engine-rig.js';
import { FakeRedis } from '../../support/fake-redis.js';
import { startServer } from '../../support/server-rig.js';

afterEach(cleanUp);

/** A client of another server. */
const FAR = 'far-far-far-far-far-';
const OTHER = 'ffeeddccbbaa99887766554433221100';
const emitted = {
  method: 'emit',
  event: 'said',
  data: [1],
  binary: false,
  namespace: '/',
  room: null,
  skip_sid: null,
  callback: null,
};

async function start(options: ServerOptions = {}) {
  const redis = new FakeRedis();
  const rig = await startServer({ adapter: createFlaskQueueAdapter(redis, redis), ...options });
  const [ann, annHere] = await rig.join();
  const [bob, bobHere] = await rig.join();
  return { redis, rig, server: rig.server, ann, annHere, bob, bobHere };
}

describe('a server on the queue', () => {
  it('emits to its own clients at once, and publishes', async () => {
    const { redis, server, ann, bob, annHere } = await start();
    server.emit('said', 1);
    server.to('den').emit('said', 1);
    annHere.broadcast.emit('said', 2);
    server.of('/chat').volatile.emit('said', Buffer.from([1, 2]));
    expect(redis.published.map(([channel]) => channel)).toEqual(Array.from({ length: 4 }, () => 'flask-socketio'));
    expect(redis.takeMessages()).toEqual([
      emitted,
      { ...emitted, room: 'den' },
      { ...emitted, data: [2], skip_sid: annHere.id },
      { ...emitted, data: [[{ _placeholder: true, num: 0 }], 'AQI='], binary: true, namespace: '/chat' },
    ]);
    expect(await ann.next()).toBe('42["said",1]');
    expect(await bob.next()).toBe('42["said",1]');
    expect(await bob.next()).toBe('42["said",2]');
    await ann.idle();
  });

  it('publishes nothing for an empty target or for its own clients only', async () => {
    const { redis, server, ann, annHere } = await start();
    server.to([]).emit('said', 1);
    server.local.to(annHere.id).emit('said', 2);
    annHere.emit('said', 3);
    server.in([]).socketsJoin('den');
    server.in([]).disconnectSockets();
    server.in(annHere.id).socketsJoin('den');
    server.in(annHere.id).socketsLeave('den');
    server.local.socketsJoin('attic');
    server.local.in('attic').socketsLeave('attic');
    expect(redis.published).toEqual([]);
    expect([await ann.next(), await ann.next()]).toEqual(['42["said",2]', '42["said",3]']);
  });

  it('emits the events that others publish', async () => {
    const { redis, ann, bob, annHere } = await start();
    annHere.join('den');
    const said = (message: object) => redis.say({ ...emitted, host_id: OTHER, ...message });
    said({ data: ['all'] });
    said({ data: ['den'], room: 'den' });
    said({ data: ['both'], room: ['den', annHere.id] });
    said({ data: ['bob'], skip_sid: annHere.id });
    said({ data: ['nobody'], room: [] });
    said({ data: ['elsewhere'], namespace: '/chat' });
    said({ data: ['anonymous'], host_id: null });
    said({ data: [[{ _placeholder: true, num: 0 }], 'AQI='], binary: true });
    const texts = ['all', 'den', 'both', 'anonymous'].map((text) => `42["said","${text}"]`);
    for (const text of texts) expect(await ann.next()).toBe(text);
    expect([await ann.next(), await ann.next()]).toEqual([
      '451-["said",{"_placeholder":true,"num":0}]',
      Buffer.from([1, 2]),
    ]);
    expect([await bob.next(), await bob.next(), await bob.next()]).toEqual([
      '42["said","all"]',
      '42["said","bob"]',
      '42["said","anonymous"]',
    ]);
    await ann.idle();
    expect(redis.published).toEqual([]);
  });

  it('ignores its own messages', async () => {
    const { redis, server, ann } = await start();
    server.emit('said', 1);
    redis.say(redis.published[0]?.[1] as string);
    expect(await ann.next()).toBe('42["said",1]');
    await ann.idle();
  });

  it('moves and disconnects clients of other servers', async () => {
    const { redis, server, annHere, ann } = await start();
    server.in([annHere.id, FAR]).socketsJoin(['den', 'attic']);
    expect([...annHere.rooms]).toEqual([annHere.id, 'den', 'attic']);
    server.in([annHere.id, FAR]).socketsLeave('den');
    server.socketsLeave('attic');
    expect([...annHere.rooms]).toEqual([annHere.id]);
    server.in([annHere.id, FAR]).disconnectSockets();
    expect(await ann.next()).toBe('41');
    expect(redis.takeMessages()).toEqual([
      { method: 'enter_room', namespace: '/', sid: FAR, room: 'den' },
      { method: 'enter_room', namespace: '/', sid: FAR, room: 'attic' },
      { method: 'leave_room', namespace: '/', sid: FAR, room: 'den' },
      { method: 'close_room', namespace: '/', room: 'attic' },
      { method: 'disconnect', namespace: '/', sid: FAR },
    ]);
  });

  it('lets others move and disconnect its clients', async () => {
    const { redis, ann, annHere, bobHere } = await start();
    const sid = annHere.id;
    const message = { namespace: '/', host_id: OTHER };
    redis.say({ ...message, method: 'enter_room', sid, room: 'den' });
    redis.say({ ...message, method: 'enter_room', sid, room: 'attic' });
    redis.say({ ...message, method: 'enter_room', sid: FAR, room: 'den' });
    bobHere.join('attic');
    expect([...annHere.rooms]).toEqual([sid, 'den', 'attic']);
    redis.say({ ...message, method: 'leave_room', sid, room: 'den' });
    redis.say({ ...message, method: 'leave_room', sid: FAR, room: 'den' });
    redis.say({ ...message, method: 'close_room', room: 'attic' });
    expect([annHere.rooms.size, bobHere.rooms.size]).toEqual([1, 1]);
    const left = new Promise((resolve) => annHere.once('disconnect', resolve));
    redis.say({ ...message, method: 'disconnect', sid: FAR });
    redis.say({ ...message, method: 'disconnect', sid });
    expect(await ann.next()).toBe('41');
    expect(await left).toBe('server namespace disconnect');
    expect(redis.published).toEqual([]);
  });

  it('reaches a client that is still connecting', async () => {
    const { redis, rig } = await start();
    let entering = '';
    rig.of('/late').onConnect(({ id }) => {
      entering = id;
      redis.say({ method: 'enter_room', namespace: '/late', sid: id, room: 'den', host_id: OTHER });
      redis.say({ ...emitted, namespace: '/late', room: 'den', host_id: OTHER });
    });
    const [client, here] = await rig.join('/late');
    expect([...here.rooms]).toEqual([entering, 'den']);
    expect(await client.next()).toBe('42/late,["said",1]');
  });
});

describe('an answer', () => {
  it('is requested from a client of another server', async () => {
    const { redis, server } = await start();
    const answers = server.to(FAR).emitWithAck('ask', 1);
    const answer = server.to(FAR).call('ask', 2);
    await turn();
    const [first, second] = redis.published.map(([, text]) => JSON.parse(text) as Record<string, unknown>);
    expect(first).toEqual({
      ...emitted,
      event: 'ask',
      room: FAR,
      callback: [FAR, '/', 0],
      host_id: first?.['host_id'],
    });
    expect(second?.['callback']).toEqual([FAR, '/', 1]);
    const reply = { method: 'callback', host_id: first?.['host_id'], sid: FAR, namespace: '/' };
    redis.say({ ...reply, id: 1, args: ['to call', 'more'] });
    redis.say({ ...reply, id: 0, args: ['first'] });
    redis.say({ ...reply, id: 0, args: ['second'] });
    redis.say({ ...reply, id: 9, args: ['to nobody'] });
    expect(await answers).toEqual(['first']);
    expect(await answer).toBe('to call');
  });

  it('is ignored if it is for another process or namespace', async () => {
    const { redis, server, rig } = await start();
    const answers = server.to(FAR).emitWithAck('ask');
    const before = JSON.parse(redis.published[0]?.[1] as string) as { host_id: string };
    const reply = { method: 'callback', sid: FAR, namespace: '/', id: 0 };
    redis.say({ ...reply, host_id: OTHER, args: ['of another'] });
    redis.say({ ...reply, host_id: before.host_id, namespace: '/chat', args: ['of another namespace'] });
    rig.clock.advance(60_000);
    await expect(answers).rejects.toMatchObject({
      code: 'ACK_INCOMPLETE',
      responses: [],
      cause: { code: 'ACK_TIMEOUT' },
    });
  });

  it('of a local client does not pass through the queue', async () => {
    const { redis, server, ann, annHere, bobHere } = await start();
    const answer = server.to(annHere.id).call('ask');
    await turn();
    expect(await ann.next()).toBe('420["ask"]');
    ann.send('430["here"]');
    expect(await answer).toBe('here');
    const local = server.local.except(bobHere.id).emitWithAck('ask');
    expect(await ann.next()).toBe('421["ask"]');
    ann.send('431["local"]');
    expect(await local).toEqual(['local']);
    expect(redis.published).toEqual([]);
  });

  it('of a local client is published to the process that requested it', async () => {
    const { redis, ann, bob, annHere } = await start();
    redis.say({ ...emitted, event: 'ask', room: annHere.id, callback: [annHere.id, '/', 4], host_id: OTHER });
    redis.say({ ...emitted, event: 'ask', callback: ['den', '/', 5], host_id: OTHER });
    expect([await ann.next(), await ann.next(), await bob.next()]).toEqual([
      '420["ask",1]',
      '421["ask",1]',
      '421["ask",1]',
    ]);
    ann.send('430["yes",2]');
    bob.send('431[]');
    await expect.poll(() => redis.published.length).toBe(2);
    expect(new Set(redis.published.map(([, text]) => text))).toEqual(
      new Set([
        `{"method":"callback","namespace":"/","sid":"${annHere.id}","id":4,"args":["yes",2],"host_id":"${OTHER}"}`,
        `{"method":"callback","namespace":"/","sid":"den","id":5,"args":[],"host_id":"${OTHER}"}`,
      ]),
    );
  });

  it('is not requested from a client if the message has no sender id', async () => {
    const { redis, ann } = await start();
    redis.say({ ...emitted, event: 'ask', callback: ['den', '/', 5] });
    expect(await ann.next()).toBe('42["ask",1]');
  });

  it('is not published if it does not come, or has bytes', async () => {
    const { redis, rig, ann, bob } = await start();
    redis.say({ ...emitted, event: 'ask', callback: ['den', '/', 5], host_id: OTHER });
    expect(await ann.next()).toBe('420["ask",1]');
    expect(await bob.next()).toBe('420["ask",1]');
    ann.send('461-0[{"_placeholder":true,"num":0}]');
    ann.send(Buffer.from([1]));
    await ann.idle();
    rig.clock.advance(60_000);
    expect(redis.published).toEqual([]);
    expect(rig.log.errors).toEqual([
      ['handling a message "callback" on flask-socketio failed', expect.objectContaining({ code: 'NOT_CARRIED' })],
    ]);
  });

  it('ends with the server', async () => {
    const { redis, server } = await start();
    const answers = server.to(FAR).emitWithAck('ask');
    expect([redis.channels.size, redis.listeners.size]).toEqual([1, 1]);
    void server.close();
    await expect(answers).rejects.toMatchObject({ cause: { code: 'CLIENT_GONE' } });
  });
});

describe('what the queue cannot carry', () => {
  it.each([
    ['except(room)', ({ server }) => server.except('den').emit('said')],
    ['socketsJoin by room', ({ server }) => server.in('den').socketsJoin('attic')],
    ['socketsLeave by room', ({ server }) => server.in('den').socketsLeave('attic')],
    ['disconnectSockets by room', ({ server }) => server.in('den').disconnectSockets()],
    ['serverSideEmit', ({ server }) => server.serverSideEmit('news')],
    ['emit with an acknowledgement of several', ({ server }) => server.emit('ask', () => {})],
  ] satisfies [string, (rig: Awaited<ReturnType<typeof start>>) => unknown][])(
    'throws before anything is done: %s',
    async (_what, call) => {
      const rig = await start();
      rig.annHere.join('den');
      expect(() => call(rig)).toThrow(expect.objectContaining({ code: 'NOT_CARRIED' }));
      await rig.ann.idle();
      expect([...rig.annHere.rooms]).toEqual([rig.annHere.id, 'den']);
      expect(rig.redis.published).toEqual([]);
    },
  );

  it('rejects if the call returns a promise', async () => {
    const { server, annHere } = await start();
    const refusal = expect.objectContaining({ code: 'NOT_CARRIED' });
    await expect(server.fetchSockets()).rejects.toThrow(refusal);
    await expect(server.to('den').call('ask')).rejects.toThrow(refusal);
    await expect(server.emitWithAck('ask')).rejects.toThrow(refusal);
    await expect(server.serverSideEmitWithAck('who?')).rejects.toThrow(refusal);
    expect((await server.local.in(annHere.id).fetchSockets()).map(({ id }) => id)).toEqual([annHere.id]);
  });

  it('reaches no client at all if it cannot be encoded', async () => {
    const { redis, server, ann } = await start();
    const circular: unknown[] = [];
    circular.push(circular);
    expect(() => server.emit('said', circular)).toThrow(expect.objectContaining({ code: 'VALUE_TOO_DEEP' }));
    await ann.idle();
    expect(redis.published).toEqual([]);
  });

  it('is connection state recovery', () => {
    const redis = new FakeRedis();
    const options = { adapter: createFlaskQueueAdapter(redis, redis), connectionStateRecovery: {} };
    return expect(startServer(options)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('a queue in trouble', () => {
  it('continues after messages that cannot be read, and logs them once a minute', async () => {
    const { redis, rig, ann } = await start();
    redis.say('{');
    redis.say('[]');
    redis.say('{"method":"dance"}');
    redis.say(Buffer.from('80049518000000', 'hex').toString());
    redis.say({ ...emitted, host_id: OTHER });
    expect(await ann.next()).toBe('42["said",1]');
    expect(rig.log.warnings).toEqual([
      'a message on flask-socketio was ignored: it must be JSON, got "{"',
      'a message on flask-socketio was ignored: it must be JSON, got a pickle: ' +
        'update python-socketio on the sender to 5.14 or later',
    ]);
    rig.clock.advance(60_000);
    redis.say('');
    expect(rig.log.warnings.at(-1)).toBe(
      'a message on flask-socketio was ignored: it must be JSON, got "" (1 more since the last such line)',
    );
  });

  it('continues after a message that cannot be handled', async () => {
    const { redis, rig, ann } = await start();
    const parts = Array.from({ length: 11 }, (_, num) => ({ _placeholder: true, num }));
    redis.say({ ...emitted, data: [parts, ...parts.map(() => 'AQI=')], binary: true, host_id: OTHER });
    redis.say({ ...emitted, host_id: OTHER });
    expect(await ann.next()).toBe('42["said",1]');
    expect(rig.log.errors).toEqual([
      ['handling a message "emit" on flask-socketio failed', expect.objectContaining({ code: 'TOO_MANY_ATTACHMENTS' })],
    ]);
  });

  it('serves its own clients when Redis fails', async () => {
    const { redis, rig, server, ann } = await start();
    const gone = new Error('Connection is closed.');
    redis.result = Promise.reject(gone);
    server.emit('said', 1);
    server.emit('said', 2);
    expect([await ann.next(), await ann.next()]).toEqual(['42["said",1]', '42["said",2]']);
    expect(rig.log.errors).toEqual([
      ['publishing to flask-socketio failed: the clients of other servers were not reached', gone],
    ]);
  });

  it('logs a failed subscription', async () => {
    const redis = new FakeRedis();
    const gone = new Error('Connection is closed.');
    redis.result = Promise.reject(gone);
    const logger = new RecordingLog();
    await startServer({ adapter: createFlaskQueueAdapter(redis, redis, { logger }) });
    await turn();
    expect(logger.errors[0]).toEqual([
      'subscribing to flask-socketio failed: messages of other servers are not received',
      gone,
    ]);
  });

  it('subscribes once for all namespaces, until the last one closes', async () => {
    const { redis, rig } = await start();
    rig.of('/chat');
    expect([redis.channels.size, redis.listeners.size]).toEqual([1, 1]);
    await rig.server.close();
    expect([redis.channels.size, redis.listeners.size]).toEqual([0, 0]);
  });

  it('joins two servers that share an adapter', async () => {
    const redis = new FakeRedis();
    const adapter = createFlaskQueueAdapter(redis, redis);
    const [one, other] = [await startServer({ adapter }), await startServer({ adapter })];
    const [[ann], [bob]] = [await one.join(), await other.join()];
    one.server.emit('said', 1);
    redis.say(redis.published[0]?.[1] as string);
    expect([await ann.next(), await bob.next()]).toEqual(['42["said",1]', '42["said",1]']);
    await ann.idle();
  });
});
