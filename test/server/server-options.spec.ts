import { describe, expect, it } from 'vitest';
import * as msgpack from 'socket.io-msgpack-parser';
import { createCluster, memoryBroker } from '../../lib/cluster/internal.js';
import { ENGINE_OPTION_NAMES } from '../../lib/engine/internal.js';
import { PacketType } from '../../lib/protocol/internal.js';
import {
  resolveServerOptions,
  SERVER_DEFAULTS,
  SERVER_OPTION_NAMES,
  type ServerOptions,
} from '../../lib/server/server-options.js';
import { expectInvalid } from '../support/option-errors.js';

describe('resolveServerOptions', () => {
  it('fills in the defaults', () => {
    expect(resolveServerOptions({})).toMatchObject({
      acceptFirst: false,
      connectTimeout: 45_000,
      attachmentTimeout: 10_000,
      ackTimeout: 60_000,
      shutdownTimeout: 10_000,
      engine: { path: '/socket.io', pingInterval: 25_000, pingTimeout: 20_000, maxHttpBufferSize: 1_000_000 },
    });
  });

  it('uses the given options, including those of the engine', () => {
    const given = {
      acceptFirst: true,
      connectTimeout: 1,
      attachmentTimeout: 2,
      ackTimeout: 3,
      shutdownTimeout: 4,
    };
    expect(resolveServerOptions({ ...given, path: '/ws', pingInterval: 7 })).toMatchObject({
      ...given,
      engine: { path: '/ws', pingInterval: 7 },
    });
  });

  it('does not pass its own options to the engine', () => {
    const { engine } = resolveServerOptions({ connectTimeout: 1, parser: msgpack });
    for (const name of [...Object.keys(SERVER_DEFAULTS), 'parser']) expect(engine).not.toHaveProperty(name);
  });

  it('treats undefined as not given', () => {
    const options = { ackTimeout: undefined, path: undefined, parser: undefined } as unknown as ServerOptions;
    expect(resolveServerOptions(options)).toMatchObject({ ackTimeout: 60_000, engine: { path: '/socket.io' } });
  });

  it.each(['connectTimeout', 'attachmentTimeout', 'ackTimeout', 'shutdownTimeout'])(
    'wants milliseconds for %s',
    (name) => {
      for (const value of [-1, Number.NaN, 2 ** 31, '5']) {
        expect(() => resolveServerOptions({ [name]: value })).toThrow(
          expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(`option "${name}"`) }),
        );
      }
      expect(() => resolveServerOptions({ [name]: 0 })).not.toThrow();
    },
  );

  it.each([
    ['maxAttachments', 'attachments'],
    ['maxBufferedBytes', 'bufferedBytes'],
    ['maxNamespaces', 'namespaces'],
    ['maxPendingAcks', 'pendingAcks'],
  ])('says where the former option %s went', (name, limit) => {
    expect(() => resolveServerOptions({ [name]: 5 })).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_OPTION',
        message: `the Socket.IO server has no option "${name}": write limits: { ${limit} }`,
      }),
    );
  });

  it('refuses options that the engine refuses', () => {
    expect(() => resolveServerOptions({ transports: ['polling'] })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });

  it('refuses an unknown option and names the nearest', () => {
    expect(() => resolveServerOptions({ conectTimeout: 1 } as ServerOptions)).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_OPTION',
        message: 'the Socket.IO server has no option "conectTimeout" (did you mean "connectTimeout"?)',
      }),
    );
  });

  it('creates a codec with the given limits', () => {
    const { codec } = resolveServerOptions({ limits: { attachments: 1 }, maxHttpBufferSize: 3 });
    const header = '51-["e",{"_placeholder":true,"num":0}]';
    expect(() => codec.decoder().text(header.replace('1', '2'), 0)).toThrow('too many attachments');
    const decoder = codec.decoder();
    decoder.text(header, 0);
    expect(() => decoder.binary(Buffer.alloc(4))).toThrow('exceed 3 bytes');
  });

  it('creates a codec from a parser', () => {
    const { codec } = resolveServerOptions({ parser: msgpack });
    const packet = Buffer.from('83a47479706502a36e7370a12fa46461746191a165', 'hex'); // {type: 2, nsp: "/", data: ["e"]}
    expect(codec.decoder().binary(packet)).toEqual({ type: PacketType.EVENT, nsp: '/', data: ['e'] });
  });
});

describe('namespaces', () => {
  it('decides which namespaces are served in addition to those with handlers', () => {
    const { serves } = resolveServerOptions({ namespaces: ['a', '/b', /^\/c\d/g] });
    expect(['/a', '/b', '/c1', '/c1', '/c', 'a'].map(serves)).toEqual([true, true, true, true, false, false]);
    expect(resolveServerOptions({}).serves('/a')).toBe(false);
    expect(resolveServerOptions({ namespaces: '*' }).serves('/a')).toBe(true);
  });

  it.each([['a'], [[1]], [{}], [true]])('refuses %j', (namespaces) => {
    expect(() => resolveServerOptions({ namespaces } as unknown as ServerOptions)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: `option "namespaces" must be '*' or a list of names and RegExps, got ${JSON.stringify(namespaces)}`,
      }),
    );
  });
});

describe('json', () => {
  const json = { stringify: () => '["!"]', parse: () => ['?'] };

  it('creates a codec that uses it', () => {
    const { codec } = resolveServerOptions({ json });
    expect(codec.encode({ type: PacketType.EVENT, nsp: '/', data: ['e'] })).toBe('2["!"]');
    expect(codec.decoder().text('2["e"]', 0)).toMatchObject({ data: ['?'] });
  });

  it.each([{}, { stringify: () => '' }, { parse: () => 1 }])('has both functions: %j', (incomplete) => {
    expect(() => resolveServerOptions({ json: incomplete as never })).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: 'option "json" must have the functions stringify and parse, got {}',
      }),
    );
  });

  it('is refused together with a parser', () => {
    expect(() => resolveServerOptions({ json, parser: msgpack })).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message:
          'options "json" and "parser" exclude each other, a parser brings its own serialiser: remove one of them',
      }),
    );
  });
});

describe('the option broker', () => {
  it('is the result of createCluster', () => {
    const broker = createCluster(memoryBroker());
    expect(resolveServerOptions({ broker }).broker).toBe(broker);
    expect(resolveServerOptions({}).broker).toBeNull();
  });

  it('cannot be a URL, which the server cannot read', () => {
    expectInvalid(
      () => resolveServerOptions({ broker: 'redis://localhost' as never }),
      'option "broker" must be the result of createCluster(...), got "redis://localhost": ' +
        "write broker: createCluster('redis://localhost:6379')",
    );
  });

  it('excludes an adapter', () => {
    expectInvalid(
      () => resolveServerOptions({ broker: createCluster(memoryBroker()), adapter: () => ({}) }),
      'options "broker" and "adapter" exclude each other, both connect servers: remove "adapter", unless the cluster ' +
        'has servers of another package',
    );
  });
});

describe('SERVER_OPTION_NAMES', () => {
  it('lists every option, sorted', () => {
    expect(SERVER_OPTION_NAMES).toEqual(SERVER_OPTION_NAMES.toSorted());
    expect(new Set(SERVER_OPTION_NAMES)).toEqual(
      new Set([
        ...ENGINE_OPTION_NAMES,
        'acceptFirst',
        'connectTimeout',
        'attachmentTimeout',
        'ackTimeout',
        'expiryWarning',
        'logDisconnects',
        'shutdownTimeout',
        'namespaces',
        'adapter',
        'broker',
        'connectionStateRecovery',
        'drain',
        'history',
        'cleanupEmptyChildNamespaces',
        'json',
        'parser',
        'presence',
        'history',
        'streams',
        'serialize',
        'streams',
        'telemetry',
        'serveClient',
        'userId',
      ]),
    );
  });
});
