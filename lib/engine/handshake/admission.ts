/**
 * Everything that is asked of an upgrade request before it is answered with 101, in the order of Engine.IO:
 * middlewares, the request itself, the application, and at last its id.
 */
import { askApplication, inTime } from './in-time.js';
import type { ResolvedEngineOptions } from '../engine-options.js';
import { isThenable } from '../contain.js';
import type { EngineRequest } from './handshake-request.js';
import type { Middlewares } from './middlewares.js';
import { checkHandshake, type HandshakeRefusal, refusal } from './check-handshake.js';
import type { UpgradeResponse } from './upgrade-response.js';

/** The id of the new connection, why there is none, or that a middleware has answered by itself. */
export type Admission = { readonly id: string } | HandshakeRefusal | 'answered';

/** What a server asks with. */
export interface Admitting {
  readonly options: ResolvedEngineOptions;
  readonly middlewares: Middlewares;
  /** Of the application: it may give anything, now or later. */
  readonly generateId: (request: EngineRequest) => unknown;
}

/** @param response there when there are middlewares to write on it */
export async function admit(
  { options, middlewares, generateId }: Admitting,
  request: EngineRequest,
  response: UpgradeResponse | null,
): Promise<Admission> {
  if (response !== null) {
    const passage = await middlewares.run(request, response.response, options);
    if (passage !== 'passed') return passage;
  }
  const refused = checkHandshake(request, request._query, true) ?? (await askApplication(request, options));
  return refused ?? identify(() => generateId(request), options);
}

/** The refusal of a client for whom `generateId` gave nothing that can be used. */
export function misnamed({ logger }: ResolvedEngineOptions, what: string, error?: unknown): HandshakeRefusal {
  logger.error(`refusing a client: generateId ${what}`, error);
  return refusal(3, { name: 'ID_GENERATION_ERROR', ...(error === undefined ? {} : { error }) });
}

async function identify(generate: () => unknown, options: ResolvedEngineOptions): Promise<Admission> {
  try {
    const made = generate();
    const id: unknown = isThenable(made) ? await inTime(options.clock, made, () => null) : made;
    if (typeof id === 'string' && id !== '') return { id };
    return misnamed(options, id === null ? 'did not answer' : 'gave no id');
  } catch (error) {
    return misnamed(options, 'failed', error);
  }
}
