import { describe, expect, it } from 'vitest';
import {
  disconnectRequests,
  emitRequest,
  joinRequests,
  leaveRequests,
  soleReceiver,
} from '../../../lib/cluster/flask/queue-requests.js';
import { BroadcastTarget } from '../../../lib/server/internal.js';

const ANN = 'ann-ann-ann-ann-ann-';
const BOB = 'bob_bob_bob_bob_bob_';
const all = BroadcastTarget.everybody;
const packet = { type: 2, nsp: '/chat', data: ['said', 1, [2]] } as const;

describe('an event', () => {
  it.each([
    [all, null, []],
    [all.to('den'), ['den'], []],
    [all.to(['den', ANN]), ['den', ANN], []],
    [all.to([]), [], []],
    [all.to('den').except([ANN, BOB]), ['den'], [ANN, BOB]],
    [all.with({ volatile: true, compress: false }), null, []],
  ])('is addressed to %j', (target, rooms, skipped) => {
    const fields = { method: 'emit', namespace: '/chat', event: 'said', args: [1, [2]] };
    expect(emitRequest(packet, target)).toEqual({ ...fields, rooms, skipped, callback: null });
  });

  it('may request an acknowledgement', () => {
    const callback = { room: ANN, namespace: '/chat', id: 3 };
    expect(emitRequest(packet, all.to(ANN), callback)).toMatchObject({ rooms: [ANN], callback });
  });

  it('cannot exclude a room', () => {
    expect(() => emitRequest(packet, all.except([ANN, 'den']))).toThrow(
      expect.objectContaining({
        code: 'NOT_CARRIED',
        message:
          "the message queue of Flask-SocketIO cannot carry except('den'): only clients can be excluded, by their ids; " +
          'on a server, use .local to reach only the clients of this process',
      }),
    );
  });

  it.each([
    [all.to(ANN), ANN],
    [all, null],
    [all.to('den'), null],
    [all.to([]), null],
    [all.to([ANN, BOB]), null],
    [all.to(ANN).except(BOB), null],
  ])('to %j has the only receiver %s', (target, id) => {
    expect(soleReceiver(target)).toBe(id);
  });
});

describe('a command for clients', () => {
  it('becomes one message for each client id', () => {
    const target = all.to([ANN, BOB, ANN]);
    expect(joinRequests('/', target, ['den', 'attic'])).toEqual([
      { method: 'enter_room', namespace: '/', sid: ANN, room: 'den' },
      { method: 'enter_room', namespace: '/', sid: ANN, room: 'attic' },
      { method: 'enter_room', namespace: '/', sid: BOB, room: 'den' },
      { method: 'enter_room', namespace: '/', sid: BOB, room: 'attic' },
    ]);
    expect(leaveRequests('/', target.except(BOB), ['den'])).toEqual([
      { method: 'leave_room', namespace: '/', sid: ANN, room: 'den' },
    ]);
    expect(disconnectRequests('/chat', target)).toEqual([
      { method: 'disconnect', namespace: '/chat', sid: ANN },
      { method: 'disconnect', namespace: '/chat', sid: BOB },
    ]);
  });

  it('closes a room if all clients leave it', () => {
    const den = { method: 'close_room', namespace: '/', room: 'den' };
    expect(leaveRequests('/', all, ['den', 'attic'])).toEqual([den, { ...den, room: 'attic' }]);
    expect(leaveRequests('/', all.to('den'), ['den'])).toEqual([den]);
  });

  it.each([
    ['socketsJoin', () => joinRequests('/', all, ['den'])],
    ['socketsJoin', () => joinRequests('/', all.to([ANN, 'attic']), ['den'])],
    ['socketsLeave', () => leaveRequests('/', all.to('attic'), ['den'])],
    ['socketsLeave', () => leaveRequests('/', all.to(['attic', 'den']), ['den'])],
    ['socketsLeave', () => leaveRequests('/', all.to('den'), ['den', 'attic'])],
    ['socketsLeave', () => leaveRequests('/', all.except(ANN), ['den'])],
    ['disconnectSockets', () => disconnectRequests('/', all)],
  ])('cannot be %s for rooms or for all clients', (method, request) => {
    expect(request).toThrow(
      expect.objectContaining({
        code: 'NOT_CARRIED',
        message: expect.stringContaining(
          `cannot carry ${method} for rooms or for all clients: name the clients by id, with in(client.id).${method}(...)`,
        ),
      }),
    );
  });

  it('cannot exclude a room', () => {
    expect(() => disconnectRequests('/', all.to(ANN).except('den'))).toThrow("cannot carry except('den')");
  });
});
