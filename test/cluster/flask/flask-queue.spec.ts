/** Emitting to the queue of Flask-SocketIO, from a process without a server. */
import { describe, expect, it, vi } from 'vitest';
import { checkEmitter, createFlaskQueueAdapter, FlaskQueueEmitter } from '../../../lib/cluster/internal.js';
import { RecordingLog, turn } from '../../support/engine-rig.js';
import { FakeRedis } from '../../support/fake-redis.js';

const ANN = 'ann-ann-ann-ann-ann-';
const said = {
  method: 'emit',
  event: 'said',
  data: [1],
  binary: false,
  namespace: '/',
  room: null,
  skip_sid: null,
  callback: null,
};

describe('an emitter to the queue', () => {
  it('is accepted by SocketIoEmitterModule', () => {
    expect(() => checkEmitter(new FlaskQueueEmitter(new FakeRedis()))).not.toThrow();
  });

  it('emits', () => {
    const redis = new FakeRedis();
    const emitter = new FlaskQueueEmitter(redis);
    expect(emitter.emit('said', 1)).toBe(true);
    emitter.to('den').except(ANN).volatile.compress(false).emit('said', 1);
    emitter.of('/chat').send('hello');
    emitter.of('news').of('chat').emit('said', 1);
    expect(redis.published[0]?.[0]).toBe('flask-socketio');
    expect(redis.takeMessages()).toEqual([
      said,
      { ...said, room: 'den', skip_sid: ANN },
      { ...said, event: 'message', data: ['hello'], namespace: '/chat' },
      { ...said, namespace: '/chat' },
    ]);
    expect([emitter.namespace, emitter.of('chat').namespace]).toEqual(['/', '/chat']);
  });

  it('moves and disconnects clients', () => {
    const redis = new FakeRedis();
    const chat = new FlaskQueueEmitter(redis).of('/chat');
    chat.in(ANN).socketsJoin(['den', 'attic']);
    chat.in(ANN).socketsLeave('den');
    chat.in('den').socketsLeave('den');
    chat.in(ANN).disconnectSockets();
    expect(redis.takeMessages()).toEqual([
      { method: 'enter_room', namespace: '/chat', sid: ANN, room: 'den' },
      { method: 'enter_room', namespace: '/chat', sid: ANN, room: 'attic' },
      { method: 'leave_room', namespace: '/chat', sid: ANN, room: 'den' },
      { method: 'close_room', namespace: '/chat', room: 'den' },
      { method: 'disconnect', namespace: '/chat', sid: ANN },
    ]);
  });

  it('publishes to other channels, and for old servers', () => {
    const redis = new FakeRedis();
    new FlaskQueueEmitter(redis, { channel: 'socketio', bareValues: true }).emit('said', 1);
    expect(redis.published[0]?.[0]).toBe('socketio');
    expect(redis.takeMessages()).toEqual([{ ...said, data: 1 }]);
  });

  it('throws at once what cannot be carried, or would need an answer', async () => {
    const redis = new FakeRedis();
    const emitter = new FlaskQueueEmitter(redis);
    const notCarried = expect.objectContaining({ code: 'NOT_CARRIED' });
    const emitOnly = expect.objectContaining({ code: 'EMIT_ONLY' });
    expect(() => emitter.except('den').emit('said')).toThrow(notCarried);
    expect(() => emitter.disconnectSockets()).toThrow(notCarried);
    expect(() => emitter.serverSideEmit('news')).toThrow(notCarried);
    expect(() => emitter.to(ANN).emit('ask', () => {})).toThrow(emitOnly);
    await expect(emitter.to(ANN).call('ask')).rejects.toThrow(emitOnly);
    expect(() => emitter.local.emit('said')).toThrow(emitOnly);
    expect(redis.published).toEqual([]);
  });

  it('logs a failure of Redis once a minute, by default to the console', async () => {
    const redis = new FakeRedis();
    const gone = new Error('Connection is closed.');
    redis.result = Promise.reject(gone);
    const logger = new RecordingLog();
    const emitter = new FlaskQueueEmitter(redis, { logger });
    emitter.emit('said');
    emitter.of('/chat').emit('said');
    await turn();
    const line = 'publishing to flask-socketio failed: the clients of other servers were not reached';
    expect(logger.errors).toEqual([[line, gone]]);

    const error = vi.spyOn(console, 'error').mockReturnValue();
    new FlaskQueueEmitter(redis).emit('said');
    await turn();
    expect(error).toHaveBeenCalledWith(line, gone);
    error.mockRestore();
  });

  it('refuses unknown options', () => {
    const redis = new FakeRedis();
    const refusal = expect.objectContaining({ code: 'UNKNOWN_OPTION' });
    expect(() => new FlaskQueueEmitter(redis, { chanel: 'a' } as never)).toThrow(refusal);
    expect(() => createFlaskQueueAdapter(redis, redis, { chanel: 'a' } as never)).toThrow(refusal);
  });
});
