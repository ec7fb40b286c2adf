/**
 * Decides on an upgrade request before it is answered with 101, in the order of Engine.IO: the middlewares, the
 * request itself, `cors.origin` and `allowRequest`, and finally the id of the new connection.
 */
import type { IncomingMessage } from 'node:http';
import { contain, isThenable } from '../contain.js';
import type { AllowRequest, ResolvedEngineOptions } from '../engine-options.js';
import { inTime } from '../in-time.js';
import { ANSWER_TIMEOUT } from './answer-timeout.js';
import { checkHandshake } from './check-handshake.js';
import type { EngineRequest } from './handshake-request.js';
import type { Middlewares } from './middlewares.js';
import { allowsOrigin } from './origin-policy.js';
import { type HandshakeRefusal, refusal } from './refusal.js';
import { ORIGIN_HINT } from './refusal-advice.js';
import type { UpgradeResponse } from './upgrade-response.js';

/** The id of the new connection; the refusal; or `answered` if a middleware has ended the response. */
export type AdmissionOutcome = { readonly id: string } | HandshakeRefusal | 'answered';

export class Admission {
  readonly #options: ResolvedEngineOptions;
  readonly #middlewares: Middlewares;
  readonly #generateId: (request: EngineRequest) => unknown;

  /** @param generateId supplied by the application: it may return anything, possibly asynchronously */
  constructor(
    options: ResolvedEngineOptions,
    middlewares: Middlewares,
    generateId: (request: EngineRequest) => unknown,
  ) {
    this.#options = options;
    this.#middlewares = middlewares;
    this.#generateId = generateId;
  }

  /** @param response the response for the middlewares; `null` if there are none */
  async decide(request: EngineRequest, response: UpgradeResponse | null): Promise<AdmissionOutcome> {
    if (response !== null) {
      const outcome = await this.#middlewares.run(request, response.response, this.#options);
      if (outcome !== 'passed') return outcome;
    }
    const refused = checkHandshake(request, request._query, true) ?? (await checkApplication(request, this.#options));
    return refused ?? this.#identify(request);
  }

  /** Logs that `generateId` did not return a usable id. @returns the refusal of that client */
  refuseId(problem: string, error?: unknown): HandshakeRefusal {
    this.#options.logger.error(`refusing a client: generateId ${problem}`, error);
    return refusal(3, { name: 'ID_GENERATION_ERROR', ...(error === undefined ? {} : { error }) });
  }

  async #identify(request: EngineRequest): Promise<AdmissionOutcome> {
    try {
      const made = this.#generateId(request);
      const id: unknown = isThenable(made) ? await inTime(made, ANSWER_TIMEOUT, this.#options.clock, () => null) : made;
      if (typeof id === 'string' && id !== '') return { id };
      return this.refuseId(id === null ? 'did not answer in time' : 'returned no id');
    } catch (error) {
      return this.refuseId('failed', error);
    }
  }
}

/** Evaluates `cors.origin` and `allowRequest`. @returns the refusal, or `null` if both allow the request */
async function checkApplication(
  request: IncomingMessage,
  { origin, proxyTrust, allowRequest, logger, clock }: ResolvedEngineOptions,
): Promise<HandshakeRefusal | null> {
  const isAllowed = allowsOrigin(origin, request, proxyTrust);
  if (isAllowed === true && allowRequest === null) return null;
  const refuse = (name: string, problem: string, error?: unknown): HandshakeRefusal => {
    logger.error(`refusing a client: a function given as cors.origin or allowRequest ${problem}`, error);
    return refusal(4, { name });
  };
  const answer = async (): Promise<HandshakeRefusal | null> => {
    try {
      return (await isAllowed)
        ? await checkAllowRequest(allowRequest, request)
        : refusal(4, { name: 'ORIGIN' }, ORIGIN_HINT);
    } catch (error) {
      return refuse('ASKING_FAILED', 'failed', error);
    }
  };
  return inTime(answer(), ANSWER_TIMEOUT, clock, () => refuse('ASKING_TIMED_OUT', 'did not answer in time'));
}

async function checkAllowRequest(
  allowRequest: AllowRequest | null,
  request: IncomingMessage,
): Promise<HandshakeRefusal | null> {
  if (allowRequest === null) return null;
  return new Promise((resolve, reject) => {
    const answer: Parameters<AllowRequest>[1] = (error, allow) => {
      const failed = error !== null && error !== undefined && error !== '';
      const message = failed && typeof error === 'string' ? error : undefined;
      resolve(allow && !failed ? null : refusal(4, { name: 'ALLOW_REQUEST' }, undefined, message));
    };
    void contain(() => allowRequest(request, answer), reject);
  });
}
