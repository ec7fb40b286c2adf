/**
 * Middlewares of the engine, in the manner of Express: each request at the engine's path, upgrade or not,
 * passes them in order before it is checked.
 * Source: Engine.IO, `use` of its `Server`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { quote } from '../../errors.js';
import { inTime } from './in-time.js';
import type { ResolvedEngineOptions } from '../engine-options.js';
import { contain } from '../contain.js';
import type { EngineRequest } from './handshake-request.js';
import { ThrottledLog } from '../log.js';
import { type HandshakeRefusal, refusal } from './check-handshake.js';

/** Of `next`, the first call counts. */
export type EngineMiddleware = (
  request: EngineRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => unknown;

/** One that was written for Express or `node:http`. As a method's, its parameters may be more than we promise. */
export type HttpMiddleware = {
  call(request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): unknown;
}['call'];

/** Where a request stands behind the middlewares: it `passed`, or one of them `answered` it, or it is refused. */
export type Passage = 'passed' | 'answered' | HandshakeRefusal;

type Asking = Pick<ResolvedEngineOptions, 'clock' | 'logger'>;

export class Middlewares {
  readonly #all: EngineMiddleware[] = [];
  /** For refusals that anybody can bring about. */
  #seldom: ThrottledLog | null = null;

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  add(middleware: EngineMiddleware): void {
    this.#all.push(middleware);
  }

  async run(request: EngineRequest, response: ServerResponse, asking: Asking): Promise<Passage> {
    const { clock, logger } = asking;
    let current = '';
    const passing = this.#pass(request, response, asking, (name) => {
      current = name;
    });
    return inTime(clock, passing, () => {
      logger.error(`refusing a client: the middleware ${current} neither called next nor answered`);
      return refusal(3, { name: 'MIDDLEWARE_TIMED_OUT', middleware: current });
    });
  }

  async #pass(
    request: EngineRequest,
    response: ServerResponse,
    { clock, logger }: Asking,
    enter: (name: string) => void,
  ): Promise<Passage> {
    for (const middleware of this.#all) {
      const name = nameOf(middleware);
      enter(name);
      const passage = await through(middleware, name, request, response, {
        thrown: (error) => logger.error(`refusing a client: the middleware ${name} failed`, error),
        passed: (error) => {
          this.#seldom ??= new ThrottledLog(() => clock.now());
          const line = this.#seldom.pass(
            name,
            `refusing a client: the middleware ${name} says ${quote(String(error))}`,
          );
          if (line !== null) logger.warn(line);
        },
      });
      if (passage !== 'passed') return passage;
    }
    return response.headersSent ? 'answered' : 'passed';
  }
}

/** What is told of an error: it was thrown, or handed to `next`. */
interface Failures {
  readonly thrown: (error: unknown) => void;
  readonly passed: (error: unknown) => void;
}

async function through(
  middleware: EngineMiddleware,
  name: string,
  request: EngineRequest,
  response: ServerResponse,
  tell: Failures,
): Promise<Passage> {
  return new Promise((resolve) => {
    let open = true;
    const settle = (passage: Passage): void => {
      open = false;
      response.off('finish', answered).off('close', answered);
      resolve(passage);
    };
    const refuse = (error: unknown): void =>
      settle(refusal(3, { name: 'MIDDLEWARE_FAILURE', middleware: name, error }));
    const next = (error?: unknown): void => {
      if (isNothing(error)) return settle('passed');
      if (open) tell.passed(error);
      refuse(error);
    };
    const answered = (): void => settle('answered');
    response.once('finish', answered).once('close', answered); // perhaps because the client left
    void contain(
      () => middleware(request, response, next),
      (error) => {
        tell.thrown(error);
        refuse(error);
      },
    );
  });
}

/** For messages. */
function nameOf({ name }: EngineMiddleware): string {
  return name === '' ? '(anonymous)' : name;
}

/** As Express: what is falsy is no error. */
function isNothing(error: unknown): boolean {
  return !error;
}
