import { ConsoleLogger, type ConsoleLoggerOptions, Logger, type LoggerService } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LogFields } from '../../lib/engine/log-fields.js';
import { nestLog } from '../../lib/nest/nest-log.js';

const FIELDS: LogFields = { client: 'Zx1', user: 'a b', namespace: '/chat' };

/** Everything that Nest's console logger writes. */
function printed(options: ConsoleLoggerOptions): () => string {
  let text = '';
  const write = (chunk: string | Uint8Array): boolean => {
    text += String(chunk);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(write);
  vi.spyOn(process.stderr, 'write').mockImplementation(write);
  Logger.overrideLogger(new ConsoleLogger({ colors: false, ...options }));
  return () => text;
}

/** Lines without the date, which depends on the locale. */
function lines(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^\[Nest\].*?(DEBUG|LOG|WARN|ERROR) /, '$1 '));
}

function records(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The arguments of every call of a logger that is not Nest's own. */
function calls(extra: object = {}): { readonly logger: LoggerService; readonly all: unknown[][] } {
  const all: unknown[][] = [];
  const record =
    (level: string) =>
    (...args: unknown[]) =>
      void all.push([level, ...args]);
  const logger = { log: record('log'), error: record('error'), warn: record('warn'), debug: record('debug'), ...extra };
  Logger.overrideLogger(logger);
  return { logger, all };
}

/** The members by which nestjs-pino's logger is known. */
const PINO = { logger: { trace: () => {}, info: () => {}, setContext: () => {}, assign: () => {} } };

describe('nestLog', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    Logger.detachBuffer();
    Logger.overrideLogger(new ConsoleLogger());
  });

  it("passes lines to Nest's logger", () => {
    const debug = vi.spyOn(Logger.prototype, 'debug').mockReturnValue();
    const log = vi.spyOn(Logger.prototype, 'log').mockReturnValue();
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const bridge = nestLog();
    bridge.debug('a detail');
    bridge.log?.('serving');
    bridge.warn('look here');
    expect(debug.mock.calls).toEqual([['a detail']]);
    expect(log.mock.calls).toEqual([['serving']]);
    expect(warn.mock.calls).toEqual([['look here']]);
  });

  it('passes errors with their stack, and other values as text', () => {
    const error = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    const log = nestLog();
    const thrown = new Error('x');
    log.error('it failed');
    log.error('it failed', thrown);
    log.error('it failed', { code: 7, deep: { er: [1] } });
    log.error('it failed', null);
    expect(error.mock.calls).toEqual([
      ['it failed'],
      ['it failed', thrown.stack],
      ['it failed', '{ code: 7, deep: { er: [ 1 ] } }'],
      ['it failed', 'null'],
    ]);
  });

  describe("with Nest's console logger", () => {
    it('prints a readable line, with the fields that its text does not contain', () => {
      const text = printed({});
      nestLog().warn('/chat is slow', FIELDS);
      nestLog().warn('/chat is slow', { namespace: '/chat' });
      expect(lines(text())).toEqual([
        "WARN [SocketIo] /chat is slow { client: 'Zx1', user: 'a b' }",
        'WARN [SocketIo] /chat is slow',
      ]);
    });

    it('keeps text of a client on the line', () => {
      const text = printed({});
      nestLog().warn('look', { event: "a\n[Nest] 1 ERROR 'b'" });
      expect(lines(text())).toEqual([`WARN [SocketIo] look { event: "a\\n[Nest] 1 ERROR 'b'" }`]);
    });

    it('prints the stack of an error below the line', () => {
      const text = printed({});
      const thrown = new Error('x');
      nestLog().error('it failed', thrown, { client: 'Zx1' });
      expect(lines(text())[0]).toBe("ERROR [SocketIo] it failed { client: 'Zx1' }");
      expect(text()).toContain(`\n${thrown.stack}\n`);
    });

    it('has the fields and the error as fields with json: true', () => {
      const text = printed({ json: true });
      const thrown = Object.assign(new Error('x', { cause: new Error('y') }), { code: 'EX' });
      nestLog().debug('a detail', FIELDS);
      nestLog().error('/chat failed', thrown, FIELDS);
      nestLog().error('it failed', 'text', FIELDS);
      const base = { context: 'SocketIo', params: FIELDS };
      expect(records(text())).toMatchObject([
        { ...base, level: 'debug', message: 'a detail' },
        {
          ...base,
          level: 'error',
          message: '/chat failed',
          error: { name: 'Error', message: 'x', code: 'EX', cause: { message: 'y' } },
        },
        { ...base, level: 'error', message: 'it failed', stack: "'text'" },
      ]);
    });

    it('has them next to the message with flattenParams', () => {
      const text = printed({ json: true, flattenParams: true });
      nestLog().warn('look', FIELDS);
      expect(records(text())).toMatchObject([{ level: 'warn', message: 'look', context: 'SocketIo', ...FIELDS }]);
    });

    it('masks them with redact', () => {
      const text = printed({ redact: ['user'] });
      nestLog().warn('look', FIELDS);
      expect(text()).not.toContain('a b');
    });

    it('has them as text with structuredParams: false', () => {
      const text = printed({ structuredParams: false });
      nestLog().warn('look', FIELDS);
      expect(lines(text())).toEqual(['WARN [SocketIo] look (client=Zx1 user="a b" namespace=/chat)']);
    });
  });

  it("passes fields and errors in front of the message to nestjs-pino's logger", () => {
    const { all } = calls(PINO);
    const thrown = new Error('x');
    nestLog().warn('look', FIELDS);
    nestLog().error('it failed', thrown, FIELDS);
    nestLog().error('it failed', thrown);
    nestLog().log?.('serving');
    expect(all).toEqual([
      ['warn', FIELDS, 'look', 'SocketIo'],
      ['error', { ...FIELDS, err: thrown }, 'it failed', 'SocketIo'],
      ['error', { err: thrown }, 'it failed', 'SocketIo'],
      ['log', {}, 'serving', 'SocketIo'],
    ]);
  });

  it('passes strings alone to any other logger', () => {
    const { all } = calls();
    const thrown = new Error('x');
    nestLog().warn('look', FIELDS);
    nestLog().error('it failed', thrown, { client: 'Zx1' });
    nestLog().error('it failed');
    expect(all).toEqual([
      ['warn', 'look (client=Zx1 user="a b" namespace=/chat)', 'SocketIo'],
      ['error', 'it failed (client=Zx1)', thrown.stack, 'SocketIo'],
      ['error', 'it failed', undefined, 'SocketIo'],
    ]);
  });

  it('passes strings alone while Nest buffers its lines for a logger that is not known yet', () => {
    Logger.attachBuffer();
    const thrown = new Error('x');
    nestLog().error('it failed', thrown, { client: 'Zx1' });
    const { all } = calls(PINO);
    Logger.flush();
    expect(all).toEqual([['error', 'it failed (client=Zx1)', thrown.stack, 'SocketIo']]);
  });

  it('prints nothing without a logger', () => {
    const text = printed({});
    Logger.overrideLogger(false);
    nestLog().warn('look', FIELDS);
    expect(text()).toBe('');
  });
});
