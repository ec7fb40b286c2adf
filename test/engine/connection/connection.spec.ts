import { constants, inflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Connection } from '../../../lib/engine/connection/connection.js';
import { EngineSocket } from '../../../lib/engine/connection/engine-socket.js';
import type { ConnectionState } from '../../../lib/engine/connection/connection-state.js';
import { Deflater } from '../../../lib/engine/connection/deflater.js';
import type { EngineOptions } from '../../../lib/engine/engine-options.js';
import { Message } from '../../../lib/engine/connection/message.js';
import { ProtocolError, SocketIoError } from '../../../lib/errors.js';
import { masked, openRaw, openRawWs, openWs, type RawClient, handshake, TARGET } from '../../support/engine-clients.js';
import { cleanUp } from '../../support/engine-clean-up.js';
import { Inbox } from '../../support/engine-inbox.js';
import { type EngineRig, type Recorder, startEngine, turn } from '../../support/engine-rig.js';

afterEach(async () => {
  vi.restoreAllMocks();
  await cleanUp();
});

const TEXT = 0x81; // FIN and the opcode
const CLOSE = 0x88;

const chunk = Message.of('x'.repeat(65_000));

/** Starts a server with one client. */
async function connected(options: EngineOptions = {}) {
  const rig = await startEngine(options);
  return { ...(await join(rig)), rig };
}

async function join(rig: EngineRig) {
  const client = await openWs(rig.port);
  return { client, recorder: await rig.accepted.next() };
}

/** Starts a server with one TCP client, after its handshake. */
async function connectedRaw(options: EngineOptions = {}, headers: Record<string, string> = {}) {
  const rig = await startEngine(options);
  const client = await openRawWs(rig.port, headers);
  return { rig, client, recorder: await rig.accepted.next() };
}

/** Sends to a client that does not read until bytes are waiting. @returns how many */
async function clog(connection: Connection): Promise<number> {
  for (let i = 0; connection.bufferedAmount === 0 && i < 1_000; i++) {
    connection.queue(chunk);
    await turn();
  }
  return connection.bufferedAmount;
}

/** Expects a message to arrive in each direction. */
async function expectAlive({ client, recorder }: Awaited<ReturnType<typeof join>>): Promise<void> {
  client.ws.send('4there');
  expect(await recorder.told.next()).toEqual(['text', '4there']);
  recorder.connection.queue(Message.of('back'));
  expect(await client.next()).toBe('4back');
}

/** Expects a close frame with this code, and nothing before it. */
async function expectClosed(client: RawClient, code: number): Promise<void> {
  const { first, payload } = await client.readFrame();
  expect([first, payload.readUInt16BE()]).toEqual([CLOSE, code]);
  client.write(masked(CLOSE, payload));
  expect(await client.readAll()).toBe('');
}

/** Calls `act` with a connection that is `opening`. */
async function whileOpening(act: (connection: Connection) => void): Promise<void> {
  const rig = await startEngine();
  rig.welcome = ({ connection }) => act(connection);
  const client = await openRaw(rig.port);
  client.write(handshake());
  await rig.accepted.next();
}

/** Sorts the parameters of a header. */
function sorted(line = ''): string {
  return line.split('; ').toSorted().join('; ');
}

/** Records the writes to the TCP connection from now on. */
function writesOf({ socket }: Recorder) {
  const write = vi.spyOn(socket, 'write');
  return { count: () => write.mock.calls.length, buffers: () => write.mock.calls.map(([data]) => data as Buffer) };
}

describe('open', () => {
  it('sends the open packet, with exactly five keys', async () => {
    const rig = await startEngine({ pingInterval: 1_000, pingTimeout: 2_000, maxHttpBufferSize: 3_000 });
    const client = await openRaw(rig.port);
    client.write(handshake());
    const { connection } = await rig.accepted.next();
    const open = `0{"sid":"${connection.id}","upgrades":[],"pingInterval":1000,"pingTimeout":2000,"maxPayload":3000}`;
    while (!(await client.read(1)).equals(Buffer.of(TEXT))); // the end of the 101
    expect((await client.read(1))[0]).toBe(open.length);
    expect(await client.readText(open)).toBe(open);
  });

  it('gives each connection its own id, which is not part of the request', async () => {
    const rig = await startEngine();
    const one = await join(rig);
    const other = await join(rig);
    expect(one.recorder.connection.id).toMatch(/^[\w-]{20}$/);
    expect(one.recorder.connection.id).not.toBe(other.recorder.connection.id);
    expect(JSON.stringify(one.recorder.connection.request)).not.toContain(one.recorder.connection.id);
  });

  it('keeps the plain data of the request', async () => {
    const rig = await startEngine();
    await openWs(rig.port, { headers: { 'X-Token': 't' } }, '/socket.io/?EIO=4&transport=websocket&a=b');
    const { request } = (await rig.accepted.next()).connection;
    expect(request.url).toBe('/socket.io/?EIO=4&transport=websocket&a=b');
    expect(request.query).toEqual({ EIO: '4', transport: 'websocket', a: 'b' });
    expect(request.headers['x-token']).toBe('t');
    expect([request.address, request.secure]).toEqual(['127.0.0.1', false]);
  });

  it('counts the received bytes', async () => {
    const { client, recorder } = await connected();
    const before = recorder.connection.bytesRead;
    client.ws.send('4abc');
    await recorder.told.next();
    expect(recorder.connection.bytesRead).toBe(before + 2 + 4 + 4); // header, mask, text
  });
});

describe('receive', () => {
  it.each<[string, string | Buffer, unknown]>([
    ['a message', '4abc', ['text', '4abc']],
    ['an empty message', '4', ['text', '4']],
    ['a message beyond ASCII', '4é😀', ['text', '4é😀']],
    ['bytes', Buffer.of(1, 2, 3), ['binary', Buffer.of(1, 2, 3)]],
    ['no bytes', Buffer.alloc(0), ['binary', Buffer.alloc(0)]],
    ['bytes that look like a digit', Buffer.from('1'), ['binary', Buffer.from('1')]],
    ['bytes in base64', 'bAQID', ['binary', Buffer.of(1, 2, 3)]],
    ['bytes in base64 with padding', 'bAQI=', ['binary', Buffer.of(1, 2)]],
    ['no bytes in base64', 'b', ['binary', Buffer.alloc(0)]],
  ])('passes %s on', async (_, data, told) => {
    const { client, recorder } = await connected();
    client.ws.send(data);
    expect(await recorder.told.next()).toEqual(told);
  });

  it('passes on a message in fragments, and one in several segments with a tail', async () => {
    const { client, recorder } = await connectedRaw();
    client.write(masked(0x01, '4ab')); // text, more to come
    client.write(masked(0x80, 'cd')); // the rest
    expect(await recorder.told.next()).toEqual(['text', '4abcd']);
    const [one, two] = [masked(TEXT, '4one'), masked(TEXT, '4two')];
    client.write(one.subarray(0, 3));
    await turn();
    client.write(Buffer.concat([one.subarray(3), two]));
    expect(await recorder.told.take(2)).toEqual([
      ['text', '4one'],
      ['text', '4two'],
    ]);
  });

  it('passes on a message in the same segment as the request', async () => {
    const rig = await startEngine();
    const client = await openRaw(rig.port);
    client.write(Buffer.concat([Buffer.from(handshake()), masked(TEXT, '4early')]));
    const { told } = await rig.accepted.next();
    expect(await told.next()).toEqual(['text', '4early']);
  });

  it.each(['3', '3probe', '5', '6', '6x', '0{}', '0'])('ignores %j', async (text) => {
    const { client, recorder } = await connected();
    client.ws.send(text);
    client.ws.send('4end');
    expect(await recorder.told.next()).toEqual(['text', '4end']);
    expect(recorder.connection.readyState).toBe('open');
  });

  it.each(['1', '1x'])('ends the connection for the close packet %j', async (text) => {
    const { client, recorder } = await connected();
    client.ws.send(text);
    expect(await recorder.told.next()).toEqual(['close', 'transport close']);
    expect(await client.closed).toBe(1000);
  });

  it.each(['2', '2probe'])('ends the connection for the ping %j, which only the server may send', async (text) => {
    const { client, recorder } = await connected();
    client.ws.send(text);
    const told = await recorder.told.next();
    expect(told).toEqual(['close', 'transport error', new ProtocolError('invalid heartbeat direction')]);
    expect(await client.closed).toBe(1002);
  });

  it.each(['', '7', '9', 'abc', ' 4', 'b!!!', 'bAQ=D', 'B', '{}', '\u0000'])(
    'ends the connection for %j, which is not a packet',
    async (text) => {
      const { rig, client, recorder } = await connected();
      client.ws.send(text);
      const told = await recorder.told.next();
      expect(told).toEqual(['close', 'parse error', new ProtocolError('unknown Engine.IO packet')]);
      expect(await client.closed).toBe(1002);
      expect(rig.log.debugs).toEqual(['closing connection: unknown Engine.IO packet']);
      expect(rig.log.errors).toEqual([]);
    },
  );

  it('accepts messages up to the limit, and ends the connection above it', async () => {
    const { rig, client, recorder } = await connected({ maxHttpBufferSize: 100 });
    const full = `4${'x'.repeat(99)}`;
    client.ws.send(full);
    expect(await recorder.told.next()).toEqual(['text', full]);
    client.ws.send(`${full}x`);
    const [what, reason, description] = await recorder.told.next();
    expect([what, reason]).toEqual(['close', 'transport error']);
    expect(description).toBeInstanceOf(RangeError);
    expect(description).toMatchObject({ message: 'Max payload size exceeded' });
    expect(await client.closed).toBe(1009);
    expect(rig.log.debugs).toEqual(['connection failed: Max payload size exceeded']);
  });

  it('adds up fragments for the limit', async () => {
    const { client, recorder } = await connectedRaw({ maxHttpBufferSize: 100 });
    client.write(masked(0x01, `4${'x'.repeat(59)}`));
    client.write(masked(0x80, 'x'.repeat(41)));
    expect((await recorder.told.next()).slice(0, 2)).toEqual(['close', 'transport error']);
    await expectClosed(client, 1009);
  });

  it('refuses a message by its announced length, before it arrives', async () => {
    const { client, recorder } = await connectedRaw({ maxHttpBufferSize: 100 });
    client.write(Buffer.from('81ff000000007fffffff', 'hex'));
    expect((await recorder.told.next()).slice(0, 2)).toEqual(['close', 'transport error']);
    await expectClosed(client, 1009);
  });

  it.each([
    ['RSV bits', 'f18000000000', 1002, 'Invalid WebSocket frame: RSV2 and RSV3 must be clear'],
    ['RSV1 without an extension', 'c18000000000', 1002, 'Invalid WebSocket frame: RSV1 must be clear'],
    ['an unknown opcode', '838000000000', 1002, 'Invalid WebSocket frame: invalid opcode 3'],
    ['no mask', '810134', 1002, 'Invalid WebSocket frame: MASK must be set'],
    ['invalid UTF-8', '81820000000034ff', 1007, 'Invalid WebSocket frame: invalid UTF-8 sequence'],
    ['a long control frame', '89fe000000000000', 1002, 'Invalid WebSocket frame: invalid payload length 126'],
    ['a continuation of nothing', '808000000000', 1002, 'Invalid WebSocket frame: invalid opcode 0'],
    ['an unknown close code', '88820000000003ec', 1002, 'Invalid WebSocket frame: invalid status code 1004'],
  ])('ends the connection for a frame with %s', async (_, hex, code, message) => {
    const { rig, client, recorder } = await connectedRaw();
    client.write(Buffer.from(hex, 'hex'));
    const [what, reason, error] = await recorder.told.next();
    expect([what, reason, (error as Error).message]).toEqual(['close', 'transport error', message]);
    await expectClosed(client, code);
    expect(rig.log.debugs).toEqual([`connection failed: ${message}`]);
  });

  it('answers a WebSocket ping', async () => {
    const { client } = await connectedRaw();
    client.write(masked(0x89, 'abc'));
    expect((await client.read(5)).toString('hex')).toBe('8a03616263');
  });

  describe('when the handler throws', () => {
    it('ends the connection for a ProtocolError, which is the fault of the client', async () => {
      const { rig, client, recorder } = await connected();
      const error = new ProtocolError('no such namespace');
      recorder.react = () => {
        throw error;
      };
      client.ws.send('4x');
      expect(await recorder.told.take(2)).toEqual([
        ['text', '4x'],
        ['close', 'parse error', error],
      ]);
      expect(await client.closed).toBe(1002);
      expect(rig.log.debugs).toEqual(['closing connection: no such namespace']);
      expect(rig.log.errors).toEqual([]);
    });

    it('contains deferred work as well', async () => {
      const { client, recorder } = await join(await startEngine());
      const error = new ProtocolError('too late');
      recorder.connection.contain(() => {
        throw error;
      });
      expect(await recorder.told.take(1)).toEqual([['close', 'parse error', error]]);
      expect(await client.closed).toBe(1002);
    });

    it('ends the connection for any other error, logs it, and affects no other connection', async () => {
      const rig = await startEngine();
      const other = await join(rig);
      const { client, recorder } = await join(rig);
      const error = new TypeError('x is not a function');
      recorder.react = () => {
        throw error;
      };
      client.ws.send('4x');
      expect(await recorder.told.take(2)).toEqual([
        ['text', '4x'],
        ['close', 'forced close', error],
      ]);
      expect(await client.closed).toBe(1000);
      expect(rig.log.errors).toEqual([['closing connection: unexpected error while handling a message', error]]);
      await expectAlive(other);
    });

    it('does not reveal the error to the client', async () => {
      const { client, recorder } = await connectedRaw();
      recorder.react = () => {
        throw new Error('a secret');
      };
      client.write(masked(TEXT, '4x'));
      expect((await client.read(4)).toString('hex')).toBe('880203e8'); // close, 1000, no text
    });
  });

  it('ignores messages after the end', async () => {
    const { client, recorder } = await connectedRaw();
    client.write(Buffer.concat([masked(TEXT, '41'), masked(TEXT, '1'), masked(TEXT, '4late'), masked(0x82, 'late')]));
    await expectClosed(client, 1000);
    expect(recorder.told.waiting).toEqual([
      ['text', '41'],
      ['close', 'transport close'],
    ]);
  });
});

describe('the end', () => {
  it.each<[string, number | undefined, number]>([
    ['without a code', undefined, 1005],
    ['with a code', 4_000, 4_000],
  ])('is a transport close if the client closes %s', async (_, code, echoed) => {
    const { client, recorder } = await connected();
    client.ws.close(code);
    expect(await recorder.told.next()).toEqual(['close', 'transport close']);
    expect(await client.closed).toBe(echoed);
    expect(recorder.connection.readyState).toBe('closed');
  });

  it('is a transport close if the client ends its side of TCP', async () => {
    const { client, recorder } = await connectedRaw();
    client.socket.end();
    expect(await recorder.told.next()).toEqual(['close', 'transport close']);
    expect(await client.readAll()).toBe('');
  });

  it('is a transport close if the client resets the connection', async () => {
    const { rig, client, recorder } = await connectedRaw();
    const other = await join(rig);
    client.reset();
    expect(await recorder.told.next()).toEqual(['close', 'transport close']);
    await expectAlive(other);
  });

  it.each([
    ['transport close', 1000],
    ['transport error', 1002],
    ['parse error', 1002],
    ['forced close', 1000],
    ['server shutting down', 1001],
  ] as const)('closes for "%s" with code %i', async (reason, code) => {
    const { client, recorder } = await connectedRaw();
    recorder.connection.end(reason, 'why');
    expect(recorder.told.waiting).toEqual([['close', reason, 'why']]);
    expect(recorder.connection.readyState).toBe('closing');
    await expectClosed(client, code);
  });

  it('terminates a client that does not answer a ping', async () => {
    const { client, recorder } = await connectedRaw();
    recorder.connection.timeout();
    expect(recorder.told.waiting).toEqual([['close', 'ping timeout']]);
    expect(await client.readAll()).toBe('');
  });

  it('drops pending messages of a terminated client', async () => {
    const { client, recorder } = await connectedRaw();
    recorder.connection.queue(Message.of('late'));
    recorder.connection.timeout();
    expect(recorder.connection.bufferedAmount).toBe(0);
    expect(await client.readAll()).toBe('');
  });

  it('has one reason, the first', async () => {
    const { client, recorder } = await connected();
    recorder.connection.end('forced close');
    recorder.connection.end('parse error');
    recorder.connection.timeout();
    recorder.connection.socketFailed(new Error('x'));
    expect(await client.closed).toBe(1000);
    expect(recorder.told.waiting).toEqual([['close', 'forced close']]);
  });

  it('sends pending messages first', async () => {
    const { client, recorder } = await connected();
    recorder.connection.queue(Message.of('one'));
    recorder.connection.queue(Message.of(['51-["a"]', Uint8Array.of(1)]));
    recorder.connection.end('forced close');
    expect(await client.inbox.take(3)).toEqual(['4one', '451-["a"]', Buffer.of(1)]);
    expect(await client.closed).toBe(1000);
  });

  it('sends nothing afterwards', async () => {
    const { client, recorder } = await connectedRaw();
    recorder.connection.end('forced close');
    recorder.connection.queue(Message.of('late'));
    recorder.connection.ping();
    await turn();
    expect(recorder.connection.bufferedAmount).toBe(0);
    await expectClosed(client, 1000);
  });

  it('sends nothing after the answer to a client that closes', async () => {
    const { client, recorder } = await connectedRaw();
    recorder.react = () => recorder.connection.queue(Message.of('late'));
    client.write(Buffer.concat([masked(TEXT, '4x'), masked(CLOSE, '')]));
    expect((await client.readRest()).toString('hex')).toBe('8800');
    expect(await recorder.told.take(2)).toEqual([
      ['text', '4x'],
      ['close', 'transport close'],
    ]);
    expect(recorder.socket.errored).toBeNull();
  });

  it('sends nothing after the answer to a client that closes, even if the answer has to wait', async () => {
    const { client, recorder } = await connectedRaw({ limits: { bufferedBytes: 100_000_000 } });
    recorder.react = () => recorder.connection.queue(Message.of('late'));
    client.socket.pause();
    await clog(recorder.connection);
    client.write(Buffer.concat([masked(TEXT, '4x'), masked(CLOSE, '')]));
    await recorder.told.next();
    client.socket.resume();
    expect((await client.readRest()).subarray(-4).toString('hex')).toBe('78788800'); // x, x, close
  });

  it('logs an exception of the handler, and affects no other connection', async () => {
    const rig = await startEngine({ pingInterval: 6_400, pingTimeout: 3_200 });
    const { client, recorder } = await join(rig);
    const other = await join(rig);
    const error = new Error('x');
    const told = new Inbox<string>();
    vi.spyOn(recorder, 'onClose').mockImplementation((reason) => {
      told.push(reason);
      throw error;
    });
    client.ws.close();
    expect(await told.next()).toBe('transport close');
    expect(rig.log.errors).toEqual([['unexpected error while ending a connection', error]]);
    expect(rig.engine.clientsCount).toBe(1);
    await expectAlive(other);
  });
});

describe('the state', () => {
  const calls = {
    open: (connection: Connection) => connection.open({ onText: () => {}, onBinary: () => {}, onClose: () => {} }),
    close: (connection: Connection) => connection.end('forced close'),
    failed: (connection: Connection) => connection.socketFailed(new Error('x')),
    timeout: (connection: Connection) => connection.timeout(),
    gone: (connection: Connection) => connection.socketClosed(),
    send: (connection: Connection) => connection.queue(Message.of('x')),
    ping: (connection: Connection) => connection.ping(),
    receive: (connection: Connection) => connection.receive(Buffer.from('4x'), false),
    flush: (connection: Connection) => connection.flush(),
  };

  /** The effect of each call in each state. */
  const cells: [ConnectionState, keyof typeof calls, ConnectionState][] = [
    ['opening', 'open', 'open'],
    ['opening', 'close', 'closing'],
    ['opening', 'failed', 'closing'],
    ['opening', 'timeout', 'closing'],
    ['opening', 'gone', 'closed'],
    ['opening', 'send', 'opening'],
    ['opening', 'ping', 'opening'],
    ['opening', 'receive', 'opening'],
    ['opening', 'flush', 'opening'],
    ['open', 'open', 'open'],
    ['open', 'close', 'closing'],
    ['open', 'failed', 'closing'],
    ['open', 'timeout', 'closing'],
    ['open', 'gone', 'closed'],
    ['open', 'send', 'open'],
    ['open', 'ping', 'open'],
    ['open', 'receive', 'open'],
    ['open', 'flush', 'open'],
    ['closing', 'open', 'closing'],
    ['closing', 'close', 'closing'],
    ['closing', 'failed', 'closing'],
    ['closing', 'timeout', 'closing'],
    ['closing', 'gone', 'closed'],
    ['closing', 'send', 'closing'],
    ['closing', 'ping', 'closing'],
    ['closing', 'receive', 'closing'],
    ['closing', 'flush', 'closing'],
    ['closed', 'open', 'closed'],
    ['closed', 'close', 'closed'],
    ['closed', 'failed', 'closed'],
    ['closed', 'timeout', 'closed'],
    ['closed', 'gone', 'closed'],
    ['closed', 'send', 'closed'],
    ['closed', 'ping', 'closed'],
    ['closed', 'receive', 'closed'],
    ['closed', 'flush', 'closed'],
  ];

  it.each(cells)('goes from %s by %s() to %s', async (from, call, to) => {
    const seen: ConnectionState[] = [];
    const act = (connection: Connection): void => {
      seen.push(connection.readyState);
      calls[call](connection);
      seen.push(connection.readyState);
    };
    if (from === 'opening') await whileOpening(act);
    else {
      const { recorder } = await connected();
      if (from === 'closing') recorder.connection.end('forced close');
      if (from === 'closed') recorder.connection.socketClosed();
      act(recorder.connection);
    }
    expect(seen).toEqual([from, to]);
  });

  it('is opening until the open packet is sent: nothing is sent, nothing is passed on', async () => {
    const rig = await startEngine();
    rig.welcome = ({ connection }) => {
      connection.queue(Message.of('early'));
      connection.ping();
      connection.receive(Buffer.from('4early'), false);
    };
    const { client, recorder } = await join(rig);
    expect(recorder.told.waiting).toEqual([]);
    recorder.connection.queue(Message.of('now'));
    expect(await client.next()).toBe('4now');
  });

  it('can end before it is open: the client gets a close and no open packet', async () => {
    const rig = await startEngine();
    rig.welcome = ({ connection }) => connection.end('forced close');
    const client = await openRaw(rig.port);
    client.write(handshake());
    await rig.accepted.next();
    client.write(masked(CLOSE, ''));
    const answer = await client.readRest();
    expect(answer.subarray(answer.indexOf('\r\n\r\n') + 4).toString('hex')).toBe('880203e8');
  });

  it('keeps its handler if it is opened twice', async () => {
    const { client, recorder } = await connected();
    const second = { onText: vi.fn(), onBinary: vi.fn(), onClose: vi.fn() };
    recorder.connection.open(second);
    client.ws.send('4x');
    expect(await recorder.told.next()).toEqual(['text', '4x']);
    expect(second.onText).not.toHaveBeenCalled();
  });

  it('notifies the handler of the end once', async () => {
    const { client, recorder } = await connected();
    recorder.connection.end('forced close');
    await client.closed;
    for (const call of Object.values(calls)) call(recorder.connection);
    expect(recorder.connection.readyState).toBe('closed');
    expect(recorder.told.waiting).toEqual([['close', 'forced close']]);
  });
});

describe('the heartbeat', () => {
  const times = { pingInterval: 6_400, pingTimeout: 3_200 };

  it('sends a ping after the interval, and again after the pong', async () => {
    const { rig, client, recorder } = await connectedRaw(times);
    rig.clock.advance(6_400);
    expect((await client.read(3)).toString('hex')).toBe('810132'); // 2
    client.write(Buffer.concat([masked(TEXT, '3'), masked(TEXT, '4x')]));
    expect(await recorder.told.next()).toEqual(['text', '4x']);
    rig.clock.advance(6_399);
    await turn();
    rig.clock.advance(1);
    expect((await client.read(3)).toString('hex')).toBe('810132');
    expect(recorder.connection.readyState).toBe('open');
  });

  it('measures the round trip, from the write of the ping to its pong', async () => {
    const { rig, client, recorder } = await connected(times);
    const { connection } = recorder;
    client.ws.send('3'); // answers no ping
    client.ws.send('4a');
    await recorder.told.next();
    expect(connection.roundTrip).toBeNull();
    rig.clock.advance(6_400);
    rig.clock.advance(5); // before the turn ends
    expect(await client.next()).toBe('2');
    rig.clock.advance(30);
    client.ws.send('3');
    client.ws.send('4b');
    await recorder.told.next();
    expect(connection.roundTrip).toBe(30);
  });

  it('does not delay the ping for a pong that answers no ping', async () => {
    const { rig, client, recorder } = await connected(times);
    rig.clock.advance(6_000);
    client.ws.send('3');
    client.ws.send('4x');
    await recorder.told.next();
    rig.clock.advance(400);
    expect(await client.next()).toBe('2');
  });

  it('terminates a client that does not answer', async () => {
    const { rig, client, recorder } = await connectedRaw(times);
    rig.clock.advance(6_400);
    await client.read(3);
    rig.clock.advance(3_199);
    expect(recorder.connection.readyState).toBe('open');
    rig.clock.advance(1);
    expect(await recorder.told.next()).toEqual(['close', 'ping timeout']);
    expect(await client.readAll()).toBe('');
  });

  it('waits one more timeout for a client that sends other messages meanwhile, and only one', async () => {
    const { rig, client, recorder } = await connectedRaw(times);
    rig.clock.advance(6_400);
    client.write(masked(TEXT, '4a'));
    expect(await recorder.told.next()).toEqual(['text', '4a']);
    rig.clock.advance(3_200);
    client.write(masked(TEXT, '4b'));
    expect(await recorder.told.next()).toEqual(['text', '4b']);
    rig.clock.advance(3_199);
    expect(recorder.connection.readyState).toBe('open');
    rig.clock.advance(1);
    expect(await recorder.told.next()).toEqual(['close', 'ping timeout']);
  });

  it('leaves no timer behind when the connection ends', async () => {
    const { rig, client, recorder } = await connected(times);
    const ping = vi.spyOn(recorder.connection, 'ping');
    client.ws.close();
    await recorder.told.next();
    rig.clock.advance(50_000);
    expect(ping).not.toHaveBeenCalled();
    expect(rig.clock.timers).toBe(0);
    expect(recorder.told.waiting).toEqual([]);
  });
});

describe('the outbox', () => {
  it('sends all messages of a turn in one write, in order', async () => {
    const { client, recorder } = await connected();
    const writes = writesOf(recorder);
    recorder.connection.queue(Message.of('a'));
    recorder.connection.queue(Message.of(['51-["b"]', Uint8Array.of(1)]));
    recorder.connection.ping();
    expect(writes.count()).toBe(0);
    await turn();
    expect(writes.buffers().map((data) => data.toString('hex'))).toEqual([
      ['81023461', '81093435312d5b2262225d', '820101', '810132'].join(''),
    ]);
    expect(await client.inbox.take(4)).toEqual(['4a', '451-["b"]', Buffer.of(1), '2']);
  });

  it('writes once per turn', async () => {
    const { client, recorder } = await connected();
    const writes = writesOf(recorder);
    for (const text of ['a', 'b', 'c']) {
      recorder.connection.queue(Message.of(text));
      recorder.connection.queue(Message.of(text));
      await turn();
    }
    expect(writes.count()).toBe(3);
    expect(await client.inbox.take(6)).toEqual(['4a', '4a', '4b', '4b', '4c', '4c']);
  });

  it('does not copy a single message', async () => {
    const { recorder } = await connected();
    const writes = writesOf(recorder);
    const message = Message.of('a');
    recorder.connection.queue(message);
    await turn();
    expect(writes.buffers()[0]).toBe(message.wire);
  });

  it('writes one Buffer to all connections with the same messages', async () => {
    const rig = await startEngine();
    const all = [await join(rig), await join(rig), await join(rig)] as const;
    const writes = all.map(({ recorder }) => writesOf(recorder));
    const [a, b] = [Message.of('a'), Message.of('b')];
    for (const message of [a, b]) for (const { recorder } of all) recorder.connection.queue(message);
    all[2].recorder.connection.queue(Message.of('only for you'));
    await turn();
    const [one, two, three] = writes.map((each) => each.buffers());
    expect([one?.length, two?.length, three?.length]).toEqual([1, 1, 1]);
    expect(one?.[0]).toBe(two?.[0]);
    expect(one?.[0]?.toString('hex')).toBe('8102346181023462');
    expect(await all[2].client.inbox.take(3)).toEqual(['4a', '4b', '4only for you']);
    expect(await all[0].client.inbox.take(2)).toEqual(['4a', '4b']);
  });

  it('writes large messages without copying, together', async () => {
    const { client, recorder } = await connected();
    const writes = writesOf(recorder);
    const writev = vi.spyOn(recorder.socket as { _writev: (chunks: unknown[], done: () => void) => void }, '_writev');
    const messages = ['a', 'b', 'c'].map((text) => Message.of(text.repeat(30_000)));
    for (const message of messages) recorder.connection.queue(message);
    await turn();
    expect(writes.count()).toBe(3);
    writes.buffers().forEach((data, i) => expect(data).toBe(messages[i]?.wire));
    expect(writev.mock.calls.map(([chunks]) => chunks.length)).toEqual([3]);
    const received = (await client.inbox.take(3)) as string[];
    expect(received.map((text) => [text.length, text[1]])).toEqual([
      [30_001, 'a'],
      [30_001, 'b'],
      [30_001, 'c'],
    ]);
  });

  it('counts waiting bytes', async () => {
    const { recorder } = await connected();
    const { connection } = recorder;
    expect(connection.bufferedAmount).toBe(0);
    connection.queue(Message.of('abc'));
    connection.queue(Message.of('abc'));
    expect(connection.bufferedAmount).toBe(12);
    await turn();
    expect(connection.bufferedAmount).toBe(0);
  });
});

describe('a client that reads slowly', () => {
  it('misses volatile messages while bytes are waiting, and gets the others', async () => {
    const { client, recorder } = await connected({ limits: { bufferedBytes: 100_000_000 } });
    const { connection } = recorder;
    connection.queue(Message.of('first'), true);
    expect(await client.next()).toBe('4first');
    client.ws.pause();
    expect(await clog(connection)).toBeGreaterThan(0);
    connection.queue(Message.of('lost'), true);
    connection.queue(Message.of('kept'));
    await turn();
    client.ws.resume();
    let text = await client.next();
    while ((text as string).length > 60_000) text = await client.next();
    expect(text).toBe('4kept');
  });

  it('gets volatile messages after others of the same turn', async () => {
    const { client, recorder } = await connected();
    recorder.connection.queue(Message.of('one'));
    recorder.connection.queue(Message.of('two'), true);
    expect(await client.inbox.take(2)).toEqual(['4one', '4two']);
  });

  it('is terminated, and no more than the limits wait for it', async () => {
    const limits = { bufferedBytes: 100_000, backlogBytes: 400_000 };
    const { rig, client, recorder } = await connectedRaw({ limits });
    const other = await join(rig);
    client.socket.pause();
    const { connection } = recorder;
    let most = 0;
    for (let i = 0; connection.readyState === 'open' && i < 2_000; i++) {
      connection.queue(chunk);
      await turn();
      most = Math.max(most, connection.bufferedAmount);
    }
    const [what, reason, error] = await recorder.told.next();
    expect([what, reason]).toEqual(['close', 'transport error']);
    expect(error).toBeInstanceOf(SocketIoError);
    expect(error).toMatchObject({
      code: 'SLOW_CLIENT',
      message: expect.stringMatching(/^the client left \d+ bytes waiting: limits.backlogBytes \(400000\)$/),
    });
    expect(most).toBeGreaterThan(500_000 - 65_000);
    expect(most).toBeLessThan(500_000 + 2 * 65_005);
    expect(recorder.socket.destroyed).toBe(true);
    expect(rig.engine.limitCounts).toMatchObject({ bufferedBytes: 1, backlogBytes: 1, slowTime: 0 });
    await expectAlive(other);
  });

  it('is terminated if small messages pile up', async () => {
    const { client, recorder } = await connectedRaw({ limits: { bufferedBytes: 1_000, backlogBytes: 20_000 } });
    client.socket.pause();
    await clog(recorder.connection);
    const small = Message.of('x'.repeat(1_000));
    let sent = 0;
    for (; recorder.connection.readyState === 'open' && sent < 2_000; sent++) {
      recorder.connection.queue(small);
      await turn();
    }
    expect((await recorder.told.next()).slice(0, 2)).toEqual(['close', 'transport error']);
    expect(sent).toBeLessThanOrEqual(21);
  });

  it('is not terminated for one large burst', async () => {
    const { rig, client, recorder } = await connected({ limits: { bufferedBytes: 100_000 } });
    const count = 300; // 20 MB, more than the kernel buffers
    for (let i = 0; i < count; i++) recorder.connection.queue(chunk);
    await turn();
    expect(recorder.connection.bufferedAmount).toBeGreaterThan(100_000);
    recorder.connection.queue(Message.of('more'));
    const received = await client.inbox.take(count + 1);
    expect(received.at(-1)).toBe('4more');
    expect(received.filter((text) => text.length === 65_001)).toHaveLength(count);
    recorder.connection.queue(chunk);
    await client.next();
    await expectAlive({ client, recorder });
    expect(rig.log.debugs).toEqual([]);
    expect(rig.engine.limitCounts).toMatchObject({ backlogBytes: 0, slowTime: 0 });
  });

  it('is not terminated while it lags by no more than the limit, however much it is sent', async () => {
    const { client, recorder } = await connected({ limits: { bufferedBytes: 100_000 } });
    vi.spyOn(EngineSocket.prototype, 'bufferedAmount', 'get').mockReturnValue(100_000);
    for (let i = 0; i < 5; i++) {
      recorder.connection.queue(chunk);
      await turn();
    }
    expect(recorder.connection.readyState).toBe('open');
    expect(await client.inbox.take(5)).toHaveLength(5);
  });

  it('is behind no more for small messages that it has taken', async () => {
    const { rig, client, recorder } = await connected({ limits: { bufferedBytes: 1_000 } });
    // Some bytes always wait, and each write counts 256 more: four are too much. The open packet was the first.
    vi.spyOn(EngineSocket.prototype, 'bufferedAmount', 'get').mockReturnValue(100);
    for (let i = 1; i <= 6; i++) {
      recorder.connection.queue(Message.of('x'));
      expect(await client.next()).toBe('4x');
      await turn();
    }
    expect(rig.engine.limitCounts.bufferedBytes).toBe(1);
  });

  it('gets the whole limit again once it has read everything', async () => {
    const { client, recorder } = await connected({ limits: { bufferedBytes: 100_000 } });
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 100; i++) recorder.connection.queue(chunk);
      await turn();
      recorder.connection.queue(chunk); // while it lags, but no more than the limit
      await client.inbox.take(101);
    }
    await expectAlive({ client, recorder });
  });
});

describe('with permessage-deflate', () => {
  const threshold = { perMessageDeflate: { threshold: 0 } };

  async function deflating(options: EngineOptions = threshold) {
    const rig = await startEngine(options);
    const client = await openWs(rig.port, { perMessageDeflate: true });
    expect(client.ws.extensions).toBe('permessage-deflate');
    return { rig, client, recorder: await rig.accepted.next() };
  }

  it('sends text and bytes of a turn intact and in order, compressed or not', async () => {
    const { client, recorder } = await deflating();
    const { connection } = recorder;
    const long = 'abc'.repeat(50_000);
    connection.queue(Message.of('one'));
    connection.queue(Message.of(['52-["a"]', Uint8Array.of(1, 2), new Uint8Array(70_000).fill(7)]));
    connection.queue(Message.of('two', false));
    connection.queue(Message.of(long));
    connection.queue(Message.of(long, false));
    connection.ping();
    const received = await client.inbox.take(8);
    expect(received[3]).toHaveLength(70_000);
    expect((received[3] as Buffer).every((byte) => byte === 7)).toBe(true);
    received[3] = 'seven';
    expect(received).toEqual(['4one', '452-["a"]', Buffer.of(1, 2), 'seven', '4two', `4${long}`, `4${long}`, '2']);
  });

  it('compresses only messages that enable it', async () => {
    const extensions = { 'Sec-WebSocket-Extensions': 'permessage-deflate; server_no_context_takeover' };
    const { client, recorder } = await connectedRaw(threshold, extensions);
    const text = 'x'.repeat(20_000);
    recorder.connection.queue(Message.of(text));
    recorder.connection.queue(Message.of(text, false));
    const small = await client.readFrame();
    expect(small.first).toBe(0xc1); // RSV1
    expect(small.payload.length).toBeLessThan(200);
    const plain = await client.readFrame();
    expect(plain.first).toBe(0x81);
    expect(plain.payload.toString()).toBe(`4${text}`);
  });

  it('sends pending messages before it closes', async () => {
    const { client, recorder } = await deflating();
    recorder.connection.queue(Message.of('x'.repeat(100_000)));
    recorder.connection.queue(Message.of('last'));
    recorder.connection.end('forced close');
    expect(await client.next()).toHaveLength(100_001);
    expect(await client.next()).toBe('4last');
    expect(await client.closed).toBe(1000);
  });

  it('passes on compressed messages, and applies the limit to the decompressed size', async () => {
    const { client, recorder } = await deflating({ ...threshold, maxHttpBufferSize: 10_000 });
    const text = `4${'x'.repeat(9_999)}`;
    client.ws.send(text);
    expect(await recorder.told.next()).toEqual(['text', text]);
    client.ws.send(`${text}x`);
    expect((await recorder.told.next()).slice(0, 2)).toEqual(['close', 'transport error']);
    expect(await client.closed).toBe(1009);
  });

  it('compresses a message once for all its receivers, and negotiates that with each', async () => {
    const compress = vi.spyOn(Deflater.prototype, 'compress');
    const rig = await startEngine({ perMessageDeflate: true });
    compress.mockClear(); // the constructor of the server tries the options
    const extensions = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' };
    const all = [];
    for (let i = 0; i < 4; i++) {
      const client = await openRawWs(rig.port, i === 3 ? {} : extensions);
      all.push({ client, recorder: await rig.accepted.next() });
    }
    const writes = all.map(({ recorder }) => writesOf(recorder));
    const text = 'x'.repeat(2_000);
    const messages = [Message.of(text), Message.of('small'), Message.of(text, false)];
    for (const message of messages) for (const { recorder } of all) recorder.connection.queue(message);
    await turn();
    expect(compress).toHaveBeenCalledTimes(1);
    const [one, two, three, plain] = writes.map((write) => write.buffers()[0]);
    expect(two).toBe(one);
    expect(three).toBe(one);
    expect(plain).not.toBe(one);
    for (const [i, { client }] of all.entries()) {
      const first = (await client.readFrame()).first;
      expect(first).toBe(i === 3 ? 0x81 : 0xc1); // FIN, RSV1, text
      expect((await client.readFrame()).first).toBe(0x81); // below the threshold
      expect((await client.readFrame()).first).toBe(0x81); // not enabled
    }
  });

  it.each([
    ['permessage-deflate', true, 'permessage-deflate; server_no_context_takeover'],
    [
      'permessage-deflate; client_max_window_bits',
      true,
      'permessage-deflate; server_no_context_takeover; client_max_window_bits=12',
    ],
    [
      'permessage-deflate; client_max_window_bits=10',
      true,
      'permessage-deflate; server_no_context_takeover; client_max_window_bits=10',
    ],
    [
      'permessage-deflate; server_max_window_bits=14',
      true,
      'permessage-deflate; server_no_context_takeover; server_max_window_bits=14',
    ],
    [
      'permessage-deflate; server_max_window_bits=9',
      true,
      'permessage-deflate; server_no_context_takeover; server_max_window_bits=9',
    ],
    [
      'permessage-deflate',
      { serverMaxWindowBits: 10, serverNoContextTakeover: false },
      'permessage-deflate; server_no_context_takeover; server_max_window_bits=10',
    ],
  ])(
    'answers the offer %j with the options %j, and complies with the answer',
    async (offer, perMessageDeflate, agreed) => {
      const rig = await startEngine({ perMessageDeflate });
      const client = await openRaw(rig.port);
      client.write(handshake(TARGET, { 'Sec-WebSocket-Extensions': offer }));
      let head = '';
      while (!head.endsWith('\r\n\r\n')) head += (await client.read(1)).toString();
      const line = head.split('\r\n').find((text) => text.startsWith('Sec-WebSocket-Extensions: '));
      expect(sorted(line)).toBe(sorted(`Sec-WebSocket-Extensions: ${agreed}`));
      await client.readFrame(); // the open packet
      const { connection } = await rig.accepted.next();
      const text = Array.from({ length: 3_000 }, (_, i) => i.toString(36)).join(' ');
      connection.queue(Message.of(text));
      connection.queue(Message.of(text));
      const windowBits = Number(/server_max_window_bits=(\d+)/.exec(agreed)?.[1] ?? 15);
      for (let i = 0; i < 2; i++) {
        const { first, payload } = await client.readFrame();
        expect(first).toBe(0xc1);
        const whole = Buffer.concat([payload, Buffer.of(0x00, 0x00, 0xff, 0xff)]);
        const options = { windowBits, finishFlush: constants.Z_SYNC_FLUSH };
        expect(inflateRawSync(whole, options).toString()).toBe(`4${text}`);
      }
    },
  );

  it('joins the messages of a turn once per deflater', async () => {
    const { rig, client, recorder } = await deflating();
    const other = await join(rig);
    const writes = [writesOf(recorder), writesOf(other.recorder)];
    for (const text of ['a', 'b']) {
      const message = Message.of(text.repeat(5_000));
      for (const { connection } of [recorder, other.recorder]) connection.queue(message);
    }
    await turn();
    expect(writes.map((write) => write.count())).toEqual([1, 1]);
    expect(await client.inbox.take(2)).toEqual([`4${'a'.repeat(5_000)}`, `4${'b'.repeat(5_000)}`]);
    expect(await other.client.inbox.take(2)).toEqual([`4${'a'.repeat(5_000)}`, `4${'b'.repeat(5_000)}`]);
  });

  it('terminates a client that reads slowly', async () => {
    const { client, recorder } = await deflating({
      perMessageDeflate: { threshold: 0 },
      limits: { bufferedBytes: 100_000, backlogBytes: 500_000 },
    });
    client.ws.pause();
    const noise = Message.of('x'.repeat(65_000), false);
    for (let i = 0; recorder.connection.readyState === 'open' && i < 2_000; i++) {
      recorder.connection.queue(noise);
      await turn();
    }
    expect((await recorder.told.next()).slice(0, 2)).toEqual(['close', 'transport error']);
  });
});

describe('terminate', () => {
  it('closes the TCP connection', async () => {
    const { client, recorder } = await connectedRaw();
    recorder.connection.terminate();
    expect(await client.readAll()).toBe('');
    expect(await recorder.told.next()).toEqual(['close', 'transport close']);
  });
});

function value(text: string, key: string): Message {
  return Message.of(text, true, key);
}

/** Takes messages until one is not a {@link chunk}. */
async function nextValue(client: Awaited<ReturnType<typeof join>>['client']): Promise<string> {
  let text = String(await client.next());
  while (text.length > 60_000) text = String(await client.next());
  return text;
}

describe('latest values', () => {
  it('are all sent to a client that has taken everything, in order with other messages', async () => {
    const { client, recorder } = await connected();
    const { connection } = recorder;
    const sent = [value('a1', 'a'), Message.of('event'), value('a2', 'a'), value('b1', 'b')];
    expect(sent.map((message) => connection.queue(message))).toEqual([true, true, true, true]);
    expect(await client.inbox.take(4)).toEqual(['4a1', '4event', '4a2', '4b1']);
  });

  it('wait while bytes are waiting: of each key the newest is sent, in the order in which the keys began to wait', async () => {
    const { rig, client, recorder } = await connected();
    const { connection } = recorder;
    client.ws.pause();
    const before = await clog(connection);
    const sent = [value('a1', 'a'), value('b1', 'b'), Message.of('event'), value('a2', 'a'), value('a3', 'a')];
    expect(sent.map((message) => connection.queue(message))).toEqual([true, true, true, false, false]);
    expect(connection.bufferedAmount).toBe(before + 2 * 5 + 8); // frames of `4a3`, `4b1` and `4event`
    expect(rig.engine.backlog.bytes).toBe(connection.bufferedAmount);
    client.ws.resume();
    expect(await nextValue(client)).toBe('4event');
    expect(await client.inbox.take(2)).toEqual(['4a3', '4b1']);
    connection.queue(value('a4', 'a'));
    expect(await client.next()).toBe('4a4');
    expect(connection.bufferedAmount).toBe(0);
  });

  it('wait once a turn has 64 kB for the client, and are sent after it', async () => {
    const { client, recorder } = await connected();
    const { connection } = recorder;
    connection.queue(value('a1', 'a'));
    connection.queue(Message.of('x'.repeat(65_600)));
    expect([2, 3].map((n) => connection.queue(value(`a${n}`, 'a')))).toEqual([true, false]);
    expect(await client.next()).toBe('4a1');
    expect(await nextValue(client)).toBe('4a3');
  });

  it('are written 16 kB at a time, so that the others can still be replaced', async () => {
    const { client, recorder } = await connected();
    const { connection } = recorder;
    client.ws.pause();
    await clog(connection);
    for (let key = 0; key < 10; key++) connection.queue(value(`${key}${'-'.repeat(6_000)}`, String(key)));
    const written = vi.fn<(batch: readonly unknown[]) => void>();
    connection.on('flush', written);
    client.ws.resume();
    expect((await nextValue(client))[1]).toBe('0');
    const order = [0];
    for (let key = 1; key < 10; key++) order.push(Number(String(await client.next())[1]));
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(written.mock.calls.map(([packets]) => packets.length)).toEqual([3, 3, 3, 1]);
  });

  it('are queued like other messages beyond limits.latestValues', async () => {
    const { rig, client, recorder } = await connected({ limits: { latestValues: 2 } });
    const { connection } = recorder;
    client.ws.pause();
    await clog(connection);
    for (const key of ['a', 'b', 'c', 'a', 'c']) connection.queue(value(key, key));
    expect(rig.engine.limitCounts.latestValues).toBe(2);
    expect(rig.log.warnings).toEqual([
      'values for a client of "127.0.0.1" are queued like other events: limits.latestValues (2) is reached',
    ]);
    client.ws.resume();
    expect(await nextValue(client)).toBe('4c');
    expect(await client.inbox.take(3)).toEqual(['4c', '4a', '4b']);
  });

  it('are sent before the connection ends, and dropped if it is to be discarded', async () => {
    for (const discard of [false, true]) {
      const { client, recorder } = await connected();
      const { connection } = recorder;
      client.ws.pause();
      await clog(connection);
      connection.queue(value('a1', 'a'));
      connection.close(discard);
      expect(connection.queue(value('a2', 'a'))).toBe(false);
      client.ws.resume();
      expect(await client.closed).toBe(1000);
      const texts = client.inbox.takeAll().map(String);
      expect(texts.includes('4a1')).toBe(!discard);
    }
  });

  it('can be dropped by the prefix of their keys, or sent ahead of another message', async () => {
    const { client, recorder } = await connected();
    const { connection } = recorder;
    client.ws.pause();
    await clog(connection);
    for (const key of ['x1', 'y1', 'x2']) connection.queue(value(key, key));
    connection.dropLatest('x');
    connection.sendLatest();
    connection.queue(Message.of('end'));
    connection.queue(value('z', 'z'));
    connection.dropLatest('z');
    client.ws.resume();
    expect(await nextValue(client)).toBe('4y1');
    expect(await client.next()).toBe('4end');
    await expectAlive({ client, recorder });
  });
});
