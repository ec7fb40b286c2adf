/**
 * Middlewares of the engine, in the manner of Express: each request at the engine's path, upgrade or not,
 * passes them in order before it is checked.
 * Source: Engine.IO, `use` of its `Server`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { inTime } from './ask.js';
import type { ResolvedEngineOptions } from './engine-options.js';
import { guarded } from './guard.js';
import type { EngineRequest } from './handshake-request.js';
import { type HandshakeRefusal, refusal } from './upgrade.js';

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

export class Middlewares {
  readonly #all: EngineMiddleware[] = [];

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  add(middleware: EngineMiddleware): void {
    this.#all.push(middleware);
  }

  async run(
    request: EngineRequest,
    response: ServerResponse,
    { clock, logger }: Pick<ResolvedEngineOptions, 'clock' | 'logger'>,
  ): Promise<Passage> {
    return inTime(clock, this.#pass(request, response, logger), () => {
      logger.error('refusing a client: a middleware of the engine neither called next nor answered');
      return refusal(3, { name: 'MIDDLEWARE_TIMED_OUT' });
    });
  }

  async #pass(
    request: EngineRequest,
    response: ServerResponse,
    logger: ResolvedEngineOptions['logger'],
  ): Promise<Passage> {
    for (const middleware of this.#all) {
      const passage = await through(middleware, request, response, (error) => {
        logger.error('refusing a client: a middleware of the engine failed', error);
      });
      if (passage !== 'passed') return passage;
    }
    return response.headersSent ? 'answered' : 'passed';
  }
}

async function through(
  middleware: EngineMiddleware,
  request: EngineRequest,
  response: ServerResponse,
  failed: (error: unknown) => void,
): Promise<Passage> {
  return new Promise((resolve) => {
    const settle = (passage: Passage): void => {
      response.off('finish', answered).off('close', answered);
      resolve(passage);
    };
    const refuse = (error: unknown): void => settle(refusal(3, { name: 'MIDDLEWARE_FAILURE', error }));
    const answered = (): void => settle('answered');
    response.once('finish', answered).once('close', answered); // perhaps because the client left
    void guarded(
      () => middleware(request, response, (error) => (isNothing(error) ? settle('passed') : refuse(error))),
      (error) => {
        failed(error);
        refuse(error);
      },
    );
  });
}

/** As Express: what is falsy is no error. */
function isNothing(error: unknown): boolean {
  return !error;
}
