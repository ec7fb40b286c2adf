/**
 * What a client may send against the rules, byte by byte over a real WebSocket, and what comes of it. In
 * every test a second client of the same server, which keeps the rules, must not notice anything.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProtocolError } from '../../lib/errors.js';
import { ConnectionRefused, type ServerOptions, type Socket } from '../../lib/server/index.js';
import { cleanUp } from '../support/engine-clean-up.js';
import { turn } from '../support/engine-rig.js';
import { deferred, type ServerRig, startServer } from '../support/server-rig.js';
import type { WireClient } from '../support/server-wire.js';
import { nested } from '../support/wire.js';

const PART = '{"_placeholder":true,"num":0}';
const BYTES = Buffer.from('0102', 'hex');

/** So many arguments. */
const ones = (count: number) => Array.from({ length: count }, () => '1').join();

/** An object whose own key is `__proto__`. */
const ownProto = (value: unknown): unknown =>
  Object.defineProperty({}, '__proto__', { value, enumerable: true, configurable: true, writable: true });

/** Traces of our code in something that a client gets to see. */
const LEAK = /\n\s+at |node:|node_modules|file:|\.[cm]?[jt]s\b|\/(?:lib|src|dist)\//;

const escaped: unknown[] = [];
const escape = (error: unknown) => escaped.push(error);
let rig: ServerRig;
let neighbour: WireClient;
let clients: WireClient[];

/** A server with the well-behaved client. */
async function start(options: ServerOptions = {}): Promise<void> {
  rig = await startServer(options);
  rig.of('/custom');
  rig.of('/other');
  [neighbour] = await rig.join();
  clients = [neighbour];
  await neighbour.idle();
}

/** A client that has joined nothing. */
async function open(): Promise<WireClient> {
  const client = await rig.open();
  clients.push(client);
  return client;
}

interface Subject {
  readonly client: WireClient;
  readonly socket: Socket;
  /** What the socket's listeners were told, in order. */
  readonly told: unknown[][];
}

/** A client in `/`. */
async function join(): Promise<Subject> {
  const client = await open();
  const socket = rig.server.sockets.sockets.get(await client.join()) as Socket;
  const told: unknown[][] = [];
  for (const event of ['error', 'disconnecting', 'disconnect']) {
    socket.on(event, (...args: unknown[]) => told.push([event, ...args]));
  }
  socket.onAny((...event: unknown[]) => event[0] === 'fence' || told.push(['event', ...event]));
  return { client, socket, told };
}

beforeEach(async () => {
  process.on('uncaughtException', escape).on('unhandledRejection', escape);
  await start();
});

afterEach(async () => {
  try {
    await neighbour.idle();
    await turn();
    expect(escaped).toEqual([]);
    expect(rig.log.errors).toEqual([]); // what a client does wrong is not our error
    for (const { heard, reason } of clients) {
      expect(heard.filter((message) => LEAK.test(message.toString()))).toEqual([]);
      expect(reason).toBe('');
    }
  } finally {
    process.off('uncaughtException', escape).off('unhandledRejection', escape);
    escaped.length = 0;
    await cleanUp();
  }
});

type Messages = readonly (string | Buffer)[];

/** Messages as the name of a test shows them. */
function title(messages: Messages): string {
  return messages
    .map((message) => (typeof message === 'string' ? `'${message.slice(0, 60)}'` : `<${message.length} bytes>`))
    .join(', ');
}

describe('before any CONNECT', () => {
  const CLOSING: readonly Messages[] = [
    ['40[]'],
    ['40"s"'],
    ['40null'],
    ['401null'],
    ['40{"a":1'],
    ['40custom'],
    ['4'],
    [BYTES],
    [Buffer.alloc(0)],
    ['44{"message":"x"}'],
    ['44"x"'],
    ['41'],
    ['42["x"]'],
    ['420["x"]'],
    ['430[]'],
    [`451-["x",${PART}]`],
    [`461-0[${PART}]`],
    ['47'],
  ];

  it.each(CLOSING.map((messages) => ({ name: title(messages), messages })))(
    'closes the connection without a word: $name',
    async ({ messages }) => {
      const client = await open();
      client.send(...messages);
      expect(await client.closed).toEqual({ code: 1002 });
      expect(client.heard).toEqual([]);
    },
  );

  it('closes a client that says nothing after connectTimeout', async () => {
    const client = await open();
    rig.clock.advance(46_000);
    expect(await client.closed).toEqual({ code: 1000 });
    expect(client.heard).toEqual([]);
  });

  it('closes a client that asks for namespaces that refuse it after connectTimeout all the same', async () => {
    rig.of('/closed').use((_socket, next) => next(new Error('no')));
    const client = await open();
    client.send('40/nope,', '40/closed,');
    expect(await client.next()).toBe('44/nope,{"message":"Invalid namespace"}');
    expect(await client.next()).toBe('44/closed,{"message":"no"}');
    rig.clock.advance(46_000);
    expect(await client.closed).toEqual({ code: 1000 });
  });
});

describe('CONNECT', () => {
  it.each([
    ['405', /^40\{"sid":"[\w-]{20}"\}$/],
    ['405{"a":1}', /^40\{"sid":"[\w-]{20}"\}$/],
    ['40{"__proto__":{"admin":true},"constructor":1}', /^40\{"sid":"[\w-]{20}"\}$/],
    ['40/custom', /^40\/custom,\{"sid":"[\w-]{20}"\}$/],
    ['40/nope,', /^44\/nope,\{"message":"Invalid namespace"\}$/],
    ['40/custom?x=1,', /^44\/custom\?x=1,\{"message":"Invalid namespace"\}$/],
    ['40/__proto__,', /^44\/__proto__,\{"message":"Invalid namespace"\}$/],
    ['40/toString,', /^44\/toString,\{"message":"Invalid namespace"\}$/],
  ])('is answered: %s', async (connect, answer) => {
    const client = await open();
    client.send(connect);
    expect(await client.next()).toMatch(answer);
    await client.join('/other');
    await client.idle('/other');
    expect(Reflect.get({}, 'admin')).toBeUndefined();
  });

  it('a hundred times in one burst makes one socket; then the connection is closed', async () => {
    const connected = vi.fn<() => void>();
    rig.server.on('connection', connected);
    const client = await open();
    client.send(...Array.from({ length: 100 }, () => '40'));
    expect(await client.closed).toEqual({ code: 1002 });
    expect(client.heard).toEqual([expect.stringMatching(/^40\{"sid":"[\w-]{20}"\}$/)]);
    expect(connected).toHaveBeenCalledOnce();
    expect(rig.server.sockets.sockets.size).toBe(1); // the neighbour's
  });

  it('a hundred times while it is being decided runs the middleware once; then the connection is closed', async () => {
    const [go, asked] = [deferred(), vi.fn<() => void>()];
    const connected = vi.fn<() => void>();
    const slow = rig
      .of('/slow')
      .use((_socket, next) => {
        asked();
        void go.promise.then(() => next());
      })
      .on('connection', connected);
    const client = await open();
    client.send(...Array.from({ length: 100 }, () => '40/slow,'));
    expect(await client.closed).toEqual({ code: 1002 });
    go.resolve();
    await turn();
    expect(client.heard).toEqual([]);
    expect(asked).toHaveBeenCalledOnce();
    expect(connected).not.toHaveBeenCalled();
    expect(slow.sockets.size).toBe(0);
  });

  it('for more namespaces than maxNamespaces closes the connection', async () => {
    const client = await open();
    for (let i = 0; i < 100; i++) {
      rig.of(`/n${i}`);
      await client.join(`/n${i}`);
    }
    client.send('40/custom,');
    expect(await client.closed).toEqual({ code: 1002 });
  });

  it('for endless unknown namespaces makes none', async () => {
    const client = await open();
    client.send(...Array.from({ length: 500 }, (_, i) => `40/nope${i},`));
    for (let i = 0; i < 500; i++) expect(await client.next()).toBe(`44/nope${i},{"message":"Invalid namespace"}`);
    await client.join();
    await client.idle();
    expect(rig.server.has('/nope0')).toBe(false);
  });
});

/** A client in `/slow`, on which is decided when `go` is settled. */
async function knock() {
  const [asked, go] = [deferred(), deferred()];
  const handled: unknown[] = [];
  rig
    .of('/slow')
    .onConnect(() => {
      asked.resolve();
      return go.promise;
    })
    .onEvent('e', (_socket, { data }) => void handled.push(data[1]));
  const client = await open();
  client.send('40/slow,');
  await asked.promise;
  return { client, go, handled };
}

describe('before the answer to a CONNECT', () => {
  it('keeps events and handles them afterwards, in order', async () => {
    const { client, go, handled } = await knock();
    client.send('42/slow,["e",1]', `451-/slow,["e",${PART}]`, BYTES, '42/slow,["e",3]');
    await client.join('/other'); // so that they have been read
    expect(handled).toEqual([]);
    go.resolve();
    expect(await client.next()).toMatch(/^40\/slow,/);
    await client.idle('/slow');
    expect(handled).toEqual([1, BYTES, 3]);
  });

  it('closes the connection when more than 100 come', async () => {
    const { client, go, handled } = await knock();
    client.send(...Array.from({ length: 101 }, (_, i) => `42/slow,["e",${i}]`));
    expect(await client.closed).toEqual({ code: 1002 });
    go.resolve();
    await turn();
    expect(client.heard).toEqual([]);
    expect(handled).toHaveLength(100); // they came before the breach
  });

  it('closes the connection when they weigh too much', async () => {
    const { client, go } = await knock();
    client.send(`42/slow,["e","${'x'.repeat(600_000)}"]`, `42/slow,["e","${'x'.repeat(600_000)}"]`);
    expect(await client.closed).toEqual({ code: 1002 });
    go.resolve();
  });

  it('drops them when the client is refused', async () => {
    const { client, go, handled } = await knock();
    client.send('42/slow,["e",1]', '42/slow,0["e",2]');
    await client.join('/other'); // so that they have been read
    go.reject(new ConnectionRefused('no'));
    expect(await client.next()).toBe('44/slow,{"message":"no"}');
    await client.join();
    await client.idle();
    expect(handled).toEqual([]);
  });
});

describe('a packet against the grammar', () => {
  const CLOSING: readonly Messages[] = [
    // EVENT
    ['42'],
    ['42[]'],
    ['42{}'],
    ['42null'],
    ['42"e"'],
    ['42[null]'],
    ['42[{"toString":"x"}]'],
    ['42[["e"]]'],
    ['42["connect"]'],
    ['42["connect_error"]'],
    ['42["disconnect","transport close"]'],
    ['42["disconnecting"]'],
    ['42["newListener"]'],
    ['42["removeListener"]'],
    ['420["disconnect"]'],
    ['42 1["e"]'],
    ['42 ["e"]'],
    ['42\n["e"]'],
    ['421.5["e"]'],
    ['42-1["e"]'],
    ['42+1["e"]'],
    ['421e3["e"]'],
    ['420x1["e"]'],
    ['42abc["e"]'],
    ['42١["e"]'],
    ['429007199254740992["e"]'],
    [`42${'9'.repeat(30)}["e"]`],
    ['42["e"'],
    ['42["e"]]'],
    ["42['e']"],
    ['42["e",undefined]'],
    ['42/,x["e"]'],
    // ACK
    ['430{}'],
    ['430null'],
    ['43x[]'],
    // CONNECT, DISCONNECT, CONNECT_ERROR
    ['40'],
    ['40{}'],
    ['41{}'],
    ['41[]'],
    ['44{"message":"x"}'],
    ['44"x"'],
    // namespaces
    ['42/other,["x"]'],
    ['42/nope,["x"]'],
    ['41/other,'],
    ['430/other,[]'],
    [`40/${'n'.repeat(255)},`],
    // attachments
    [`450-["x"]`],
    ['450-["x",{}]'],
    [`45-["x",${PART}]`],
    [`451["x",${PART}]`],
    [`45+1-["x",${PART}]`, BYTES],
    [`451e0-["x",${PART}]`, BYTES],
    [`450x1-["x",${PART}]`, BYTES],
    [`45 1-["x",${PART}]`, BYTES],
    [`45-1-["x",${PART}]`, BYTES],
    [`4511-["x",${Array.from({ length: 11 }, (_, num) => JSON.stringify({ _placeholder: true, num })).join()}]`],
    [`4599999-["x",${PART}]`],
    [`45${'9'.repeat(30)}-["x",${PART}]`],
    ['451-["x",{"_placeholder":true,"num":5}]', BYTES],
    ['451-["x",{"_placeholder":true,"num":1}]', BYTES],
    ['451-["x",{"_placeholder":true,"num":-1}]', BYTES],
    ['451-["x",{"_placeholder":true,"num":0.5}]', BYTES],
    ['451-["x",{"_placeholder":true,"num":1000000000}]', BYTES],
    ['451-["x",{"_placeholder":true,"num":"0"}]', BYTES],
    ['451-["x",{"_placeholder":true,"num":"splice"}]', BYTES],
    ['451-["x",{"_placeholder":true,"num":null}]', BYTES],
    ['451-["x",{"_placeholder":true}]', BYTES],
    ['451-["x"]', BYTES],
    [`451-["x",${PART},${PART}]`, BYTES],
    [`452-["x",${PART}]`, BYTES],
    [`452-["x",${PART},${PART}]`, BYTES, BYTES],
    [`451-[${PART}]`, BYTES],
    [`451-["disconnect",${PART}]`, BYTES],
    [`451-["x",${PART}]`, '42["e"]'],
    [`451-["x",${PART}]`, '41'],
    [`451-["x",${PART}]`, `451-["x",${PART}]`],
    [`461-0${PART}`, BYTES],
    [BYTES],
    [Buffer.alloc(0)],
    [`451-["x",${PART}]`, BYTES, BYTES],
    [`451-/other,["x",${PART}]`],
    [`451-/nope,["x",${PART}]`],
    // kinds that there are not
    ['47["x"]'],
    ['49'],
    ['4x'],
    ['4'],
    ['4-1'],
    // more than anybody needs
    [`42["x",${ones(65)}]`],
    [`430[${ones(65)}]`],
    [`42["x",${nested(64)}]`],
    [`42["x",${'{"a":'.repeat(64)}1${'}'.repeat(64)}]`],
    [`42["x",${'['.repeat(100_000)}]`],
    [`42${'1'.repeat(900_000)}["x"]`],
    [`42/${'n'.repeat(900_000)}`],
    [`45${'1'.repeat(900_000)}-["x"]`],
  ];

  it.each(CLOSING.map((messages) => ({ name: title(messages), messages })))(
    'closes the connection: $name',
    async ({ messages }) => {
      const { client, told } = await join();
      client.send(...messages);
      expect(await client.closed).toEqual({ code: 1002 });
      const error = expect.any(ProtocolError);
      expect(told.filter(([what]) => what !== 'event')).toEqual([
        ['error', error],
        ['disconnecting', 'parse error', error],
        ['disconnect', 'parse error', error],
      ]);
      expect(client.heard).toHaveLength(1); // the answer to CONNECT
      expect(rig.log.debugs.filter((line) => line.startsWith('closing connection: '))).toHaveLength(1);
    },
  );

  it('drops what comes for a namespace that the client has left', async () => {
    const { client, told } = await join();
    client.send('41', '42["x"]');
    await client.join();
    expect(told).toEqual([
      ['disconnecting', 'client namespace disconnect', undefined],
      ['disconnect', 'client namespace disconnect', undefined],
    ]);
  });

  it('closes the connection when attachments never come', async () => {
    const { client, told } = await join();
    client.send(`452-["x",${PART},{"_placeholder":true,"num":1}]`, BYTES);
    await neighbour.idle();
    rig.clock.advance(10_200);
    expect(await client.closed).toEqual({ code: 1000 });
    const error = new ProtocolError('attachments did not arrive');
    expect(told).toEqual([
      ['error', error],
      ['disconnecting', 'forced close', error],
      ['disconnect', 'forced close', error],
    ]);
  });

  it('closes the connection when the attachments of a packet are too large together', async () => {
    const { client, told } = await join();
    const large = Buffer.alloc(600_000);
    client.send(`452-["x",${PART},{"_placeholder":true,"num":1}]`, large, large);
    expect(await client.closed).toEqual({ code: 1002 });
    expect(told.at(-1)).toEqual(['disconnect', 'parse error', expect.any(ProtocolError)]);
  });
});

describe('a packet that is odd but in order', () => {
  /** Each with what the listeners of the socket are told; `event` is what those of all events are. */
  const HEARD: readonly { readonly messages: Messages; readonly told: readonly unknown[][] }[] = [
    { messages: ['42[5,1]'], told: [['event', 5, 1]] },
    {
      messages: ['42["error","x"]'],
      told: [
        ['event', 'error', 'x'],
        ['error', 'x'],
      ],
    },
    { messages: ['42["error"]'], told: [['event', 'error'], ['error']] },
    { messages: ['42["connection"]'], told: [['event', 'connection']] },
    { messages: ['42["__proto__","x"]'], told: [['event', '__proto__', 'x']] },
    { messages: ['42["constructor"]'], told: [['event', 'constructor']] },
    { messages: ['42["toString"]'], told: [['event', 'toString']] },
    { messages: ['42["*"]'], told: [['event', '*']] },
    { messages: ['42[""]'], told: [['event', '']] },
    { messages: ['42/,["e"]'], told: [['event', 'e']] },
    { messages: ['42["e","\\ud800"]'], told: [['event', 'e', '\ud800']] },
    {
      messages: ['42["e",{"__proto__":{"admin":true}}]'],
      told: [['event', 'e', JSON.parse('{"__proto__":{"admin":true}}')]],
    },
    { messages: [`42["e",${PART}]`], told: [['event', 'e', { _placeholder: true, num: 0 }]] },
    { messages: [`42["e",${ones(64)}]`], told: [['event', 'e', ...Array.from({ length: 64 }, () => 1)]] },
    { messages: [`42["e",${nested(63)}]`], told: [['event', 'e', JSON.parse(nested(63))]] },
    { messages: [`451-["e",${PART}]`, Buffer.alloc(0)], told: [['event', 'e', Buffer.alloc(0)]] },
    { messages: [`451-["e",${PART}]`, 'bAQI='], told: [['event', 'e', BYTES]] },
    { messages: [`451-["e",{"__proto__":${PART}}]`, BYTES], told: [['event', 'e', ownProto(BYTES)]] },
    { messages: ['43'], told: [] },
    { messages: ['43["x"]'], told: [] },
    { messages: ['431["x"]'], told: [] },
    { messages: ['439007199254740991[]'], told: [] },
    { messages: [`461-7[${PART}]`, BYTES], told: [] },
    { messages: ['3'], told: [] },
    { messages: ['3probe'], told: [] },
    { messages: ['5'], told: [] },
    { messages: ['6'], told: [] },
    { messages: ['0'], told: [] },
    { messages: ['0{}'], told: [] },
  ];

  it.each(HEARD.map(({ messages, told }) => ({ name: title(messages), messages, expected: told })))(
    'is taken for what it says, and nothing comes of it: $name',
    async ({ messages, expected }) => {
      const { client, socket, told } = await join();
      client.send(...messages);
      await client.idle();
      expect(told).toEqual(expected);
      expect(socket.connected).toBe(true);
      expect(Reflect.get({}, 'admin')).toBeUndefined();
    },
  );

  it.each([
    ['42007["ask"]', '437["yes"]'],
    ['420["ask"]', '430["yes"]'],
    ['429007199254740991["ask"]', '439007199254740991["yes"]'],
  ])('is answered under the id it has: %s', async (text, answer) => {
    const { client, socket } = await join();
    socket.on('ask', (ack: (answer: string) => void) => ack('yes'));
    client.send(text);
    expect(await client.next()).toBe(answer);
    await client.idle();
  });

  it('does not settle what another client was asked', async () => {
    const [{ client }, answered] = [await join(), vi.fn<() => void>()];
    const asked = [...rig.server.sockets.sockets.values()][0] as Socket;
    asked.emit('ask', answered);
    expect(await neighbour.next()).toBe('420["ask"]');
    client.send('430["forged"]');
    await client.idle();
    expect(answered).not.toHaveBeenCalled();
  });

  it('is dropped when it was on its way while the server ended the namespace', async () => {
    const { client, socket, told } = await join();
    socket.disconnect();
    client.send('42["e"]', '420["e"]', `451-["e",${PART}]`, BYTES, '430[]', '41');
    expect(await client.next()).toBe('41');
    await client.join('/other');
    await client.idle('/other');
    expect(told.filter(([what]) => what === 'event' || what === 'error')).toEqual([]);
  });
});

describe('an Engine.IO packet', () => {
  const CLOSING: readonly (readonly [text: string, code: number, reason: string, described: boolean])[] = [
    ['1', 1000, 'transport close', false],
    ['2', 1002, 'transport error', true],
    ['2probe', 1002, 'transport error', true],
    ['7', 1002, 'parse error', true],
    ['abc', 1002, 'parse error', true],
    ['', 1002, 'parse error', true],
    [' 3', 1002, 'parse error', true],
    ['bAQI=', 1002, 'parse error', true],
    ['b!', 1002, 'parse error', true],
  ];

  it.each(CLOSING)('closes the connection: "%s"', async (text, code, reason, described) => {
    const { client, told } = await join();
    client.send(text);
    expect(await client.closed).toEqual({ code });
    const description = described ? expect.any(ProtocolError) : undefined;
    expect(told).toEqual([
      ...(described ? [['error', description]] : []),
      ['disconnecting', reason, description],
      ['disconnect', reason, description],
    ]);
  });

  it.each(['text', 'binary'])('that is larger than maxHttpBufferSize closes the connection: %s', async (kind) => {
    const { client, told } = await join();
    const large = Buffer.alloc(1_000_001, '4');
    client.send(kind === 'text' ? large.toString() : large);
    expect(await client.closed).toEqual({ code: 1009 });
    expect(told.at(-1)).toEqual(['disconnect', 'transport error', expect.any(RangeError)]);
  });

  it('opens the connection with exactly five keys', async () => {
    const client = await open();
    expect(client.greeting).toMatch(
      /^0\{"sid":"[\w-]{20}","upgrades":\[\],"pingInterval":1000000000,"pingTimeout":20000,"maxPayload":1000000\}$/,
    );
  });
});

describe('a heartbeat', () => {
  /** A ping is due 25 s after the last pong, its pong within 20 s; both at most 1/64 late. */
  const PINGED = 25_400;
  const LOST = 20_400;

  /** A client that has been pinged, as has the neighbour, which answers. */
  async function pinged(): Promise<Subject> {
    await cleanUp();
    await start({ pingInterval: 25_000, pingTimeout: 20_000 });
    const subject = await join();
    rig.clock.advance(PINGED);
    expect([await subject.client.next(), await neighbour.next()]).toEqual(['2', '2']);
    neighbour.send('3');
    await neighbour.idle();
    return subject;
  }

  it('that is not answered ends the connection', async () => {
    const { client, told } = await pinged();
    rig.clock.advance(LOST);
    expect(await client.closed).toEqual({ code: 1006 });
    expect(told).toEqual([
      ['disconnecting', 'ping timeout', undefined],
      ['disconnect', 'ping timeout', undefined],
    ]);
  });

  it('that is answered is followed by the next', async () => {
    const { client, told } = await pinged();
    client.send('3');
    await client.idle();
    rig.clock.advance(LOST);
    await client.idle();
    rig.clock.advance(PINGED - LOST);
    expect([await client.next(), await neighbour.next()]).toEqual(['2', '2']);
    expect(told).toEqual([]);
  });

  it('gives a client that sends something else once more the time', async () => {
    const { client, told } = await pinged();
    await client.idle();
    rig.clock.advance(LOST);
    await client.idle();
    expect(told).toEqual([]);
    rig.clock.advance(LOST);
    expect(await client.closed).toEqual({ code: 1006 });
    expect(told.at(-1)).toEqual(['disconnect', 'ping timeout', undefined]);
    expect(await neighbour.next()).toBe('2');
  });
});
