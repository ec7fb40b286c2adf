import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../lib/engine/clock.js';
import {
  ENGINE_OPTION_NAMES,
  type EngineOptions,
  resolveEngineOptions,
  WS_LIMITS,
} from '../../lib/engine/engine-options.js';
import { consoleLog } from '../../lib/engine/log.js';
import { LimitReport } from '../../lib/engine/limit-report.js';
import { resolveLimits } from '../../lib/engine/limits.js';
import { RecordingLog } from '../support/engine-rig.js';
import { expectInvalid } from '../support/option-errors.js';

describe('resolveEngineOptions', () => {
  it('fills in the defaults', () => {
    expect(resolveEngineOptions({})).toEqual({
      path: '/socket.io',
      pingInterval: 25_000,
      pingTimeout: 20_000,
      maxHttpBufferSize: 1_000_000,
      limits: resolveLimits(),
      limitReport: expect.any(LimitReport),
      rateLimit: null,
      slowClients: 'disconnect',
      trustProxy: false,
      proxyTrust: null,
      perMessageDeflate: false,
      cookie: false,
      initialPacket: null,
      use: [],
      transports: ['websocket'],
      destroyUpgrade: true,
      destroyUpgradeTimeout: 1_000,
      origin: false,
      allowedHosts: null,
      allowRequest: null,
      logger: consoleLog,
      clock: systemClock,
    });
  });

  it('treats undefined as an option that is left out', () => {
    const names: (keyof EngineOptions)[] = [
      'path',
      'pingInterval',
      'cors',
      'allowRequest',
      'logger',
      'clock',
      'transports',
    ];
    const options = Object.fromEntries(names.map((name) => [name, undefined])) as EngineOptions;
    expect(resolveEngineOptions(options)).toEqual(resolveEngineOptions({}));
  });

  it('keeps the given values', () => {
    const allowRequest = vi.fn();
    const given = {
      path: '/ws',
      pingInterval: 0,
      pingTimeout: 1.5,
      maxHttpBufferSize: 1,
      trustProxy: true,
      allowedHosts: ['example.com'],
      perMessageDeflate: { threshold: 10 },
      cookie: { name: 'sid' },
      initialPacket: 'hello',
      use: [() => {}],
      transports: ['websocket'],
      slowClients: () => 'wait' as const,
      destroyUpgrade: false,
      destroyUpgradeTimeout: 0,
      logger: { ...consoleLog },
      clock: { ...systemClock },
    };
    const resolved = resolveEngineOptions({
      ...given,
      cors: { origin: '*' },
      allowRequest,
      limits: { rooms: 5 },
      rateLimit: { events: 5 },
    });
    const { limits, limitReport, rateLimit, proxyTrust, ...rest } = resolved;
    expect(rest).toEqual({ ...given, origin: '*', allowRequest });
    expect(limits.rooms).toBe(5);
    expect(proxyTrust?.('192.0.2.7', 0)).toBe(true);
    expect(rateLimit).toEqual({ events: 5, bytes: false, per: 1_000, exceeded: 'slow' });
    expect(limitReport).toBeInstanceOf(LimitReport);
    expect(resolved.logger).toBe(given.logger);
    expect(resolved.clock).toBe(given.clock);
  });

  it('does not modify the given object', () => {
    const options = Object.freeze({ path: '/ws/', cors: Object.freeze({}) });
    expect(resolveEngineOptions(options)).toMatchObject({ path: '/ws', origin: false });
    expect(options.path).toBe('/ws/');
  });

  it.each([
    ['/', ''],
    ['/a/', '/a'],
    ['/a/b', '/a/b'],
  ])('removes the trailing slash of the path %s', (path, expected) => {
    expect(resolveEngineOptions({ path }).path).toBe(expected);
  });

  it('refuses a path that does not start with a slash', () => {
    expectInvalid(
      () => resolveEngineOptions({ path: 'ws' }),
      `option "path" must start with a slash, got "ws": write '/ws'`,
    );
  });

  it.each([
    ['pingInterval', -1, '-1'],
    ['pingTimeout', Number.NaN, 'NaN'],
    ['pingTimeout', Number.POSITIVE_INFINITY, 'Infinity'],
    ['destroyUpgradeTimeout', 2 ** 31, '2147483648'],
    ['pingInterval', '25000', '"25000"'],
  ])('refuses the %s %s', (name, value, written) => {
    expectInvalid(
      () => resolveEngineOptions({ [name]: value }),
      `option "${name}" must be a number of milliseconds, got ${written}`,
    );
  });

  it.each([
    ['maxHttpBufferSize', 0, '0'],
    ['maxHttpBufferSize', -5, '-5'],
    ['maxHttpBufferSize', 1.5, '1.5'],
    ['maxHttpBufferSize', '1e6', '"1e6"'],
  ])('refuses the %s %s', (name, value, written) => {
    expectInvalid(
      () => resolveEngineOptions({ [name]: value }),
      `option "${name}" must be a positive integer, got ${written}`,
    );
  });

  it('refuses a maxHttpBufferSize that ws would treat as no limit', () => {
    expectInvalid(
      () => resolveEngineOptions({ maxHttpBufferSize: 2 ** 31 }),
      'option "maxHttpBufferSize" must be at most 2147483647, got 2147483648',
    );
    expect(resolveEngineOptions({ maxHttpBufferSize: 2 ** 31 - 1 }).maxHttpBufferSize).toBe(2_147_483_647);
  });

  it.each([[[]], [['polling']], [['websocket', 'flashsocket']], [['polling', 'webtransport']], ['websocket']])(
    'refuses the transports %j',
    (transports) => {
      expectInvalid(
        () => resolveEngineOptions({ transports: transports as string[] }),
        `option "transports" must be ['websocket'], got ${JSON.stringify(transports)}: only WebSocket is served`,
      );
    },
  );

  it.each([
    [['websocket', 'polling'], 'polling'],
    [['polling', 'websocket', 'polling'], 'polling'],
    [['polling', 'websocket', 'webtransport'], 'polling and webtransport'],
  ])('warns of transports that are not served: %j', (transports, unserved) => {
    const logger = new RecordingLog();
    expect(resolveEngineOptions({ transports, logger }).transports).toEqual(['websocket']);
    expect(logger.warnings).toEqual([
      `option "transports" lists ${unserved}, but only WebSocket is served: ` +
        "set transports: ['websocket'] here and in the options of the clients",
    ]);
  });

  it.each([[['websocket']], [['websocket', 'websocket']]])('accepts the transports %j', (transports) => {
    const logger = new RecordingLog();
    expect(resolveEngineOptions({ transports, logger }).transports).toEqual(['websocket']);
    expect(logger.warnings).toEqual([]);
  });

  it('refuses allowedHosts that are no host names', () => {
    expectInvalid(
      () => resolveEngineOptions({ allowedHosts: ['example.com', 'https://example.com'] }),
      `option "allowedHosts[1]" must be a host name with an optional port, got "https://example.com": write it without scheme and path, as 'example.com', 'example.com:8443' or '*.example.com'`,
    );
  });
});

describe('use', () => {
  it.each([
    ['a function', () => {}, 'option "use" must be a list, got a function'],
    ['a string', 'session', 'option "use" must be a list, got "session"'],
    ['a list with a hole', [() => {}, undefined], 'option "use[1]" must be a function, got undefined'],
    ['objects', [{ use: () => {} }], 'option "use[0]" must be a function, got {}'],
  ])('cannot be %s', (_, use, message) => {
    expect(() => resolveEngineOptions({ use } as EngineOptions)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: `${message}: write functions that are called with request, response and next, as use: [session({ ... }), cookieParser()]`,
      }),
    );
  });
});

describe('options without effect', () => {
  it('are dropped, and named in one log line', () => {
    const logger = { ...consoleLog, warn: vi.fn() };
    const options = {
      addTrailingSlash: false,
      allowUpgrades: true,
      httpCompression: {},
      upgradeTimeout: 1,
      allowEIO3: false,
    };
    expect(resolveEngineOptions({ ...options, logger })).toEqual(resolveEngineOptions({ logger }));
    expect(logger.warn.mock.calls).toEqual([
      [
        'options without effect on a server that accepts WebSocket only, remove them: addTrailingSlash, allowEIO3, allowUpgrades, httpCompression, upgradeTimeout',
      ],
    ]);
  });

  it('are refused if they request clients that are not served', () => {
    expectInvalid(
      () => resolveEngineOptions({ allowEIO3: true }),
      'option "allowEIO3" must be false, got true: clients of Socket.IO 2 are not served, update them to 3 or later',
    );
  });
});

describe('ENGINE_OPTION_NAMES', () => {
  it('lists every option of the engine', () => {
    expect([...ENGINE_OPTION_NAMES].sort()).toEqual([
      'addTrailingSlash',
      'allowEIO3',
      'allowRequest',
      'allowUpgrades',
      'allowedHosts',
      'clock',
      'cookie',
      'cors',
      'destroyUpgrade',
      'destroyUpgradeTimeout',
      'httpCompression',
      'initialPacket',
      'limits',
      'logger',
      'maxHttpBufferSize',
      'path',
      'perMessageDeflate',
      'pingInterval',
      'pingTimeout',
      'rateLimit',
      'slowClients',
      'transports',
      'trustProxy',
      'upgradeTimeout',
      'use',
    ]);
  });
});

describe('limitReport', () => {
  it('contains an exception of the logger', () => {
    const printed = vi.spyOn(console, 'error').mockReturnValue();
    const warn = vi.fn(() => {
      throw new Error('the disk is full');
    });
    const { limitReport } = resolveEngineOptions({ logger: { ...consoleLog, warn } });
    limitReport.reached('rooms', 'a client of 10.0.0.7 asked for too many');
    expect(limitReport.counts.rooms).toBe(1);
    expect([warn.mock.calls.length, printed.mock.calls.length]).toEqual([1, 1]);
    printed.mockRestore();
  });
});

describe('WS_LIMITS', () => {
  it('limits what a client can make ws store', () => {
    expect(WS_LIMITS).toEqual({
      maxFragments: 1_024,
      maxBufferedChunks: 16_384,
      maxPendingAutoPongs: 60,
      closeTimeout: 5_000,
    });
  });
});
