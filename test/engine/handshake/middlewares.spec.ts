import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { EngineRequest } from '../../../lib/engine/handshake/handshake-request.js';
import { type EngineMiddleware, Middlewares } from '../../../lib/engine/handshake/middlewares.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { ManualClock } from '../../support/manual-clock.js';

function setUp(...all: EngineMiddleware[]) {
  const middlewares = new Middlewares();
  for (const middleware of all) middlewares.add(middleware);
  const request = {} as EngineRequest;
  const response = new EventEmitter() as ServerResponse;
  const options = { clock: new ManualClock(), logger: new RecordingLog() };
  return { ...options, request, response, run: () => middlewares.run(request, response, options) };
}

const failure = (error: unknown, middleware = '(anonymous)') => ({
  code: 3,
  message: 'Bad request',
  context: { name: 'MIDDLEWARE_FAILURE', middleware, error },
});

it('knows whether it is empty', () => {
  const middlewares = new Middlewares();
  expect(middlewares.isEmpty).toBe(true);
  middlewares.add(() => {});
  expect(middlewares.isEmpty).toBe(false);
});

describe('run', () => {
  it('calls one after the other, and waits for each', async () => {
    const calls: unknown[] = [];
    const { run, request, response } = setUp(
      (...[req, res, next]) => {
        calls.push('one', req, res);
        setImmediate(next);
      },
      async (...[, , next]) => {
        calls.push('two');
        next();
      },
    );
    expect(await run()).toBe('passed');
    expect(calls).toEqual(['one', request, response, 'two']);
    expect(response.listenerCount('close') + response.listenerCount('finish')).toBe(0);
  });

  it('ignores a second call of next', async () => {
    const calls: unknown[] = [];
    const { run, logger } = setUp(
      (...[, , next]) => {
        next();
        next(new Error('x'));
        next();
      },
      (...[, , next]) => {
        calls.push('two');
        next();
      },
    );
    expect(await run()).toBe('passed');
    expect(calls).toEqual(['two']);
    expect(logger.errors).toEqual([]);
  });

  it('refuses for next(error), and calls no further middleware', async () => {
    const calls: unknown[] = [];
    const { run, logger } = setUp(
      (...[, , next]) => next(new Error('x')),
      () => calls.push('two'),
    );
    expect(await run()).toEqual(failure(new Error('x')));
    expect(calls).toEqual([]);
    expect(logger.errors).toEqual([]);
  });

  it('logs a throttled warning for next(error), since any client can provoke it', async () => {
    const { run, logger, clock } = setUp(function passport(...[, , next]) {
      next(new Error('no such\nuser'));
      next(new Error('again'));
    });
    const line = 'refusing a client: the middleware passport called next with "Error: no such\\nuser"';
    expect(await run()).toEqual(failure(new Error('no such\nuser'), 'passport'));
    await run();
    expect(logger.warnings).toEqual([line]);
    clock.advance(60_000);
    await run();
    expect(logger.warnings).toEqual([line, `${line} (1 more since the last such line)`]);
  });

  it.each<[string, EngineMiddleware]>([
    [
      'throws',
      () => {
        throw new Error('x');
      },
    ],
    ['is rejected', () => Promise.reject(new Error('x'))],
  ])('refuses if one %s, and logs it', async (_, middleware) => {
    const { run, logger } = setUp(Object.defineProperty(middleware, 'name', { value: 'session' }));
    expect(await run()).toEqual(failure(new Error('x'), 'session'));
    expect(logger.errors).toEqual([['refusing a client: the middleware session failed', new Error('x')]]);
    expect(logger.warnings).toEqual([]);
  });

  it('refuses after 10 s of silence, and logs it', async () => {
    const { run, clock, logger } = setUp(
      (...[, , next]) => next(),
      function cookieParser() {},
    );
    const passage = run();
    await new Promise(setImmediate);
    clock.advance(10_000);
    expect(await passage).toMatchObject({
      code: 3,
      context: { name: 'MIDDLEWARE_TIMED_OUT', middleware: 'cookieParser' },
    });
    expect(logger.errors).toEqual([
      ['refusing a client: the middleware cookieParser neither called next nor answered in time', undefined],
    ]);
  });

  it.each(['finish', 'close'])('ends when the response does, with its %s', async (event) => {
    const { run } = setUp((...[, response]) => void setImmediate(() => response.emit(event)));
    expect(await run()).toBe('answered');
  });

  it('ends if one has started to answer and calls next all the same', async () => {
    const { run } = setUp((...[, response, next]) => {
      Object.assign(response, { headersSent: true });
      next();
    });
    expect(await run()).toBe('answered');
  });
});
