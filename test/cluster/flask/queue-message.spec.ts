import { describe, expect, it } from 'vitest';
import type { QueueMessage } from '../../../lib/cluster/flask/queue-message.js';
import { readMessage, UnreadableMessage } from '../../../lib/cluster/flask/queue-reader.js';
import { writeMessage } from '../../../lib/cluster/flask/queue-writer.js';

const hostId = '00112233445566778899aabbccddeeff';
const emit = {
  method: 'emit',
  namespace: '/',
  event: 'said',
  args: [],
  rooms: null,
  skipped: [],
  callback: null,
} as const;

const write = (message: QueueMessage, bareValues = false) => writeMessage(message, { hostId, bareValues });

/** Each message is written as this text, and read back from it. */
const MESSAGES: readonly (readonly [message: QueueMessage, text: string])[] = [
  [
    { ...emit, args: ['hello', [1, null], { a: 'ü' }] },
    '{"method":"emit","event":"said","data":["hello",[1,null],{"a":"ü"}],"binary":false,"namespace":"/","room":null,' +
      `"skip_sid":null,"callback":null,"host_id":"${hostId}"}`,
  ],
  [
    {
      ...emit,
      namespace: '/chat',
      args: [],
      rooms: ['den'],
      skipped: ['ann'],
      callback: { room: 'den', namespace: '/chat', id: 7 },
    },
    '{"method":"emit","event":"said","data":[],"binary":false,"namespace":"/chat","room":"den",' +
      `"skip_sid":"ann","callback":["den","/chat",7],"host_id":"${hostId}"}`,
  ],
  [
    { ...emit, args: [[1]], rooms: ['a', 'b'], skipped: ['ann', 'bob'] },
    '{"method":"emit","event":"said","data":[[1]],"binary":false,"namespace":"/","room":["a","b"],' +
      `"skip_sid":["ann","bob"],"callback":null,"host_id":"${hostId}"}`,
  ],
  [
    { ...emit, args: [1], rooms: [] },
    `{"method":"emit","event":"said","data":[1],"binary":false,"namespace":"/","room":[],"skip_sid":null,"callback":null,"host_id":"${hostId}"}`,
  ],
  [
    { ...emit, args: [Buffer.from([1, 2]), 2] },
    '{"method":"emit","event":"said","data":[[{"_placeholder":true,"num":0},2],"AQI="],"binary":true,"namespace":"/","room":null,' +
      `"skip_sid":null,"callback":null,"host_id":"${hostId}"}`,
  ],
  [
    { ...emit, args: [{ deep: [Buffer.from('a'), { b: Buffer.alloc(0) }] }] },
    '{"method":"emit","event":"said","data":[[{"deep":[{"_placeholder":true,"num":0},{"b":{"_placeholder":true,"num":1}}]}],"YQ==",""],' +
      `"binary":true,"namespace":"/","room":null,"skip_sid":null,"callback":null,"host_id":"${hostId}"}`,
  ],
  [
    { method: 'callback', namespace: '/chat', sid: 'den', id: 7, args: ['yes', null] },
    `{"method":"callback","namespace":"/chat","sid":"den","id":7,"args":["yes",null],"host_id":"${hostId}"}`,
  ],
  [
    { method: 'disconnect', namespace: '/', sid: 'ann' },
    `{"method":"disconnect","namespace":"/","sid":"ann","host_id":"${hostId}"}`,
  ],
  [
    { method: 'enter_room', namespace: '/', sid: 'ann', room: 'den' },
    `{"method":"enter_room","namespace":"/","sid":"ann","room":"den","host_id":"${hostId}"}`,
  ],
  [
    { method: 'leave_room', namespace: '/', sid: 'ann', room: 'den' },
    `{"method":"leave_room","namespace":"/","sid":"ann","room":"den","host_id":"${hostId}"}`,
  ],
  [
    { method: 'close_room', namespace: '/', room: 'den' },
    `{"method":"close_room","namespace":"/","room":"den","host_id":"${hostId}"}`,
  ],
];

describe('a message of the queue', () => {
  it.each(MESSAGES)('%j is written', (message, text) => {
    expect(write(message)).toBe(text);
  });

  it.each(MESSAGES)('%j is read', (message, text) => {
    expect(readMessage(text)).toEqual({ hostId, message });
  });

  it('writes only the part of a buffer that a view covers', () => {
    const view = new Uint8Array(Buffer.from([0, 1, 2, 3]).buffer.slice(0), 0, 0);
    expect(write({ ...emit, args: [new Uint8Array([9, 1, 2, 9]).subarray(1, 3), view] })).toContain('"AQI=",""]');
  });

  it('throws if a value cannot be encoded', () => {
    const circular: unknown[] = [];
    circular.push(circular);
    expect(() => write({ ...emit, args: [circular] })).toThrow(expect.objectContaining({ code: 'VALUE_TOO_DEEP' }));
    expect(() => write({ ...emit, args: [1n] })).toThrow(TypeError);
  });

  it('carries no bytes in an answer', () => {
    expect(() =>
      write({ method: 'callback', namespace: '/', sid: 'a', id: 1, args: [{ b: Buffer.from('b') }] }),
    ).toThrow(
      expect.objectContaining({
        code: 'NOT_CARRIED',
        message:
          'the message queue of Flask-SocketIO cannot carry bytes in the acknowledgement of a client: acknowledge with text',
      }),
    );
  });
});

describe('a message for servers before 5.15.1', () => {
  it.each([
    [[], 'null'],
    [['hello'], '"hello"'],
    [[[1, 2]], '[1,2]'],
    [[undefined], 'null'],
  ])('has the arguments %j as %s', (args, data) => {
    expect(write({ ...emit, args }, true)).toContain(`"event":"said","data":${data},"binary":false,`);
  });

  it.each([
    [[1, 2], 'cannot carry several arguments with the option bareValues: emit one object, or update'],
    [[{ a: Buffer.from('a') }], 'cannot carry bytes with the option bareValues: update python-socketio to 5.15.1'],
  ])('does not carry %j', (args, message) => {
    expect(() => write({ ...emit, args }, true)).toThrow(message);
  });
});

describe('a message that is read', () => {
  const least = { method: 'emit', event: 'said', namespace: '/', data: [1] };

  it('needs method, event, data and namespace, and may have more', () => {
    expect(readMessage(JSON.stringify({ ...least, more: 1 }))).toEqual({
      hostId: null,
      message: { ...emit, args: [1] },
    });
  });

  it.each([
    ['hello', ['hello']],
    [{ a: 1 }, [{ a: 1 }]],
    [0, [0]],
    [null, []],
    [[], []],
    [[[1, 2]], [[1, 2]]],
    [[null], [null]],
  ])('reads the data %j, new or old, as the arguments %j', (data, args) => {
    expect(readMessage(JSON.stringify({ ...least, data }))?.message).toEqual({ ...emit, args });
  });

  it.each([
    [{ _placeholder: true, num: 0 }, [Buffer.from([1, 2])]],
    [{ a: { _placeholder: true, num: 0 } }, [{ a: Buffer.from([1, 2]) }]],
    [
      [3, { _placeholder: true, num: 0 }],
      [3, Buffer.from([1, 2])],
    ],
  ])('reads %j with bytes as the arguments', (value, args) => {
    const text = JSON.stringify({ ...least, data: [value, 'AQI='], binary: true });
    expect(readMessage(text)?.message).toEqual({ ...emit, args });
  });

  it('is null if its method is unknown', () => {
    expect(readMessage('{"method":"dance"}')).toBeNull();
  });

  it('is never unpickled', () => {
    // The start of `pickle.dumps({'method': 'close_room'})`, read as UTF-8.
    const pickled = Buffer.from('80049518000000000000007d948c066d6574686f64948c0a636c6f73655f726f6f6d94732e', 'hex');
    expect(() => readMessage(pickled.toString())).toThrow(
      expect.objectContaining({
        kind: 'pickle',
        message: 'it must be JSON, got a pickle: update python-socketio on the sender to 5.14 or later',
      }),
    );
  });

  it.each([
    ['', 'it must be JSON, got ""'],
    ['{', 'it must be JSON, got "{"'],
    ['[]', 'it must be a JSON object, got "[]"'],
    ['null', 'it must be a JSON object, got "null"'],
    ['7', 'it must be a JSON object, got "7"'],
    ['{}', '"method" must be a string, got undefined'],
    ['{"method":7}', '"method" must be a string, got 7'],
    ['{"method":"emit","namespace":"/","data":[]}', '"event" must be a string, got undefined'],
    ['{"method":"emit","event":7,"namespace":"/","data":[]}', '"event" must be a string, got 7'],
    [
      '{"method":"emit","event":"disconnect","namespace":"/","data":[]}',
      '"event" must be a name that the protocol does not reserve, got "disconnect"',
    ],
    ['{"method":"emit","event":"e","data":[]}', '"namespace" must be a string, got undefined'],
    ['{"method":"emit","event":"e","namespace":"/"}', '"data" must be the arguments of the event, got undefined'],
    ['{"method":"emit","event":"e","namespace":"/","data":1,"binary":true}', '"data" must be an array, got 1'],
    [
      '{"method":"emit","event":"e","namespace":"/","data":[[],7],"binary":true}',
      'a part of "data" must be a string, got 7',
    ],
    [
      '{"method":"emit","event":"e","namespace":"/","data":[[],"AQI="],"binary":true}',
      'fewer placeholders than announced',
    ],
    [
      '{"method":"emit","event":"e","namespace":"/","data":[[{"_placeholder":true,"num":1}],"AQI="],"binary":true}',
      'a placeholder has a number out of range',
    ],
    ['{"method":"emit","event":"e","namespace":"/","data":[],"room":7}', 'an entry of "room" must be a string, got 7'],
    [
      '{"method":"emit","event":"e","namespace":"/","data":[],"room":["a",7]}',
      'an entry of "room" must be a string, got 7',
    ],
    [
      '{"method":"emit","event":"e","namespace":"/","data":[],"skip_sid":{}}',
      'an entry of "skip_sid" must be a string, got {}',
    ],
    [
      '{"method":"emit","event":"e","namespace":"/","data":[],"callback":"a"}',
      '"callback" must be [room, namespace, id], got "a"',
    ],
    [
      '{"method":"emit","event":"e","namespace":"/","data":[],"callback":["a"]}',
      '"callback" must be [room, namespace, id], got ["a"]',
    ],
    [
      '{"method":"emit","event":"e","namespace":"/","data":[],"callback":[1,"/",1]}',
      'the room of "callback" must be a string, got 1',
    ],
    [
      '{"method":"emit","event":"e","namespace":"/","data":[],"callback":["a",1,1]}',
      'the namespace of "callback" must be a string, got 1',
    ],
    [
      '{"method":"emit","event":"e","namespace":"/","data":[],"callback":["a","/",0.5]}',
      'the id of "callback" must be an integer, got 0.5',
    ],
    ['{"method":"callback","namespace":"/","sid":"a","id":"1","args":[]}', '"id" must be an integer, got "1"'],
    ['{"method":"callback","namespace":"/","sid":"a","id":1}', '"args" must be an array, got undefined'],
    ['{"method":"disconnect","namespace":"/"}', '"sid" must be a string, got undefined'],
    ['{"method":"enter_room","namespace":"/","sid":"a"}', '"room" must be a string, got undefined'],
    ['{"method":"leave_room","namespace":"/","sid":"a","room":null}', '"room" must be a string, got null'],
    ['{"method":"close_room","room":"a"}', '"namespace" must be a string, got undefined'],
  ])('is refused: %s', (text, reason) => {
    const read = () => readMessage(text);
    expect(read).toThrow(UnreadableMessage);
    expect(read).toThrow(expect.objectContaining({ kind: 'malformed', message: expect.stringContaining(reason) }));
  });
});
