/**
 * The middlewares of the engine, in the style of Express. Each request at the engine's path, upgrade or not, passes
 * through them in order before it is checked.
 * Source: Engine.IO, `use` of its `Server`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { quote } from '../../errors.js';
import type { Clock } from '../clock.js';
import { contain } from '../contain.js';
import { inTime } from '../in-time.js';
import { type Log, ThrottledLog } from '../log.js';
import { ANSWER_TIMEOUT } from './answer-timeout.js';
import type { EngineRequest } from './handshake-request.js';
import { type HandshakeRefusal, refusal } from './refusal.js';

/**
 * Only the first call of `next` counts.
 * @publicApi
 */
export type EngineMiddleware = (
  request: EngineRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => unknown;

/**
 * A middleware written for Express or `node:http`. It is declared as a method because TypeScript compares the
 * parameters of methods in both directions, so a middleware may declare more specific ones.
 * @publicApi
 */
export type HttpMiddleware = {
  call(request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): unknown;
}['call'];

/** A request `passed` all middlewares, was `answered` by one of them, or is refused. */
export type MiddlewareOutcome = 'passed' | 'answered' | HandshakeRefusal;

interface Services {
  readonly clock: Clock;
  readonly logger: Log;
}

export class Middlewares {
  readonly #all: EngineMiddleware[] = [];
  /** For refusals that any client can cause. Created with the first. */
  #throttled: ThrottledLog | null = null;

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  add(middleware: EngineMiddleware): void {
    this.#all.push(middleware);
  }

  async run(request: EngineRequest, response: ServerResponse, services: Services): Promise<MiddlewareOutcome> {
    const { clock, logger } = services;
    let current = '';
    const outcome = this.#runAll(request, response, services, (name) => {
      current = name;
    });
    return inTime(outcome, ANSWER_TIMEOUT, clock, () => {
      const line = `refusing a client: the middleware ${current} neither called next nor answered in time`;
      logger.error(line, undefined, { handler: current });
      return refusal(3, { name: 'MIDDLEWARE_TIMED_OUT', middleware: current });
    });
  }

  async #runAll(
    request: EngineRequest,
    response: ServerResponse,
    { clock, logger }: Services,
    onEnter: (name: string) => void,
  ): Promise<MiddlewareOutcome> {
    for (const middleware of this.#all) {
      const name = nameOf(middleware);
      onEnter(name);
      const outcome = await runOne(middleware, name, request, response, {
        onThrow: (error) => logger.error(`refusing a client: the middleware ${name} failed`, error, { handler: name }),
        onNextError: (error) => {
          this.#throttled ??= new ThrottledLog(() => clock.now());
          const line = this.#throttled.pass(
            name,
            `refusing a client: the middleware ${name} called next with ${quote(String(error))}`,
          );
          if (line !== null) logger.warn(line, { handler: name });
        },
      });
      if (outcome !== 'passed') return outcome;
    }
    return response.headersSent ? 'answered' : 'passed';
  }
}

/** Logs an error that a middleware threw, or passed to `next`. */
interface ErrorReport {
  readonly onThrow: (error: unknown) => void;
  readonly onNextError: (error: unknown) => void;
}

async function runOne(
  middleware: EngineMiddleware,
  name: string,
  request: EngineRequest,
  response: ServerResponse,
  report: ErrorReport,
): Promise<MiddlewareOutcome> {
  return new Promise((resolve) => {
    let pending = true;
    const settle = (outcome: MiddlewareOutcome): void => {
      pending = false;
      response.off('finish', answered).off('close', answered);
      resolve(outcome);
    };
    const refuse = (error: unknown): void =>
      settle(refusal(3, { name: 'MIDDLEWARE_FAILURE', middleware: name, error }));
    const next = (error?: unknown): void => {
      if (isNoError(error)) return settle('passed');
      if (pending) report.onNextError(error);
      refuse(error);
    };
    const answered = (): void => settle('answered');
    response.once('finish', answered).once('close', answered); // `close` alone if the client left
    void contain(
      () => middleware(request, response, next),
      (error) => {
        report.onThrow(error);
        refuse(error);
      },
    );
  });
}

/** The name of a middleware for messages. */
function nameOf({ name }: EngineMiddleware): string {
  return name === '' ? '(anonymous)' : name;
}

/** As in Express, a falsy value is not an error. */
function isNoError(error: unknown): boolean {
  return !error;
}
