/** The questions about a handshake that the application answers: perhaps later, but in time. */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../clock.js';
import type { AllowRequest, ResolvedEngineOptions } from '../engine-options.js';
import { contain } from '../contain.js';
import { allowsOrigin } from './origin-policy.js';
import { type HandshakeRefusal, refusal } from './check-handshake.js';

/** ms that each may take: the middlewares together, `cors.origin` and `allowRequest` together, `generateId`. */
const ASK_TIMEOUT = 10_000;

/** The answer; or, when it does not come in time, what `late` gives instead. */
export async function inTime<T>(clock: Clock, answer: PromiseLike<T>, late: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const deadline = clock.after(ASK_TIMEOUT, () => resolve(late()));
    answer.then(
      (value) => {
        deadline.cancel();
        resolve(value);
      },
      (error: unknown) => {
        deadline.cancel();
        reject(error);
      },
    );
  });
}

/** Whether `cors.origin` and `allowRequest` allow the request: the refusal, or `null`. */
export async function askApplication(
  request: IncomingMessage,
  { origin, trustProxy, allowRequest, logger, clock }: ResolvedEngineOptions,
): Promise<HandshakeRefusal | null> {
  const isAllowed = allowsOrigin(origin, request, trustProxy);
  if (isAllowed === true && allowRequest === null) return null;
  const refuse = (name: string, what: string, error?: unknown): HandshakeRefusal => {
    logger.error(`refusing a client: a function given as cors.origin or allowRequest ${what}`, error);
    return refusal(4, { name });
  };
  const answer = async (): Promise<HandshakeRefusal | null> => {
    try {
      return (await isAllowed) ? await isRefused(allowRequest, request) : refusal(4, { name: 'ORIGIN' });
    } catch (error) {
      return refuse('ASKING_FAILED', 'failed', error);
    }
  };
  return inTime(clock, answer(), () => refuse('ASKING_TIMED_OUT', 'did not answer'));
}

/** `allowRequest` as a promise: of the refusal, or of `null`. */
async function isRefused(ask: AllowRequest | null, request: IncomingMessage): Promise<HandshakeRefusal | null> {
  if (ask === null) return null;
  return new Promise((resolve, reject) => {
    const answer: Parameters<AllowRequest>[1] = (error, allow) => {
      const failed = error !== null && error !== undefined && error !== '';
      const message = failed && typeof error === 'string' ? error : undefined;
      resolve(allow && !failed ? null : refusal(4, { name: 'ALLOW_REQUEST' }, undefined, message));
    };
    void contain(() => ask(request, answer), reject);
  });
}
