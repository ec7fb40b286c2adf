/**
 * Finds out whether the exception filters of a call have sent the event `exception` themselves, as Nest's own filters
 * do. A client has one listener while its filters run, however many calls fail at the same time.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Socket } from '../../server/internal.js';
import type { Call } from '../call.js';

/** The call whose filters are running. */
const current = new AsyncLocalStorage<Call>();

const watches = new WeakMap<Socket, ExceptionWatch>();

class ExceptionWatch {
  readonly calls = new Set<Call>();

  readonly listener = (event: string): void => {
    if (event !== 'exception') return;
    const call = current.getStore() ?? this.#onlyCall;
    if (call !== undefined && this.calls.has(call)) call.exceptionSent = true;
  };

  /** For an event that went through a broker and so lost the context of its call. */
  get #onlyCall(): Call | undefined {
    const [only] = this.calls;
    return this.calls.size === 1 ? only : undefined;
  }
}

/** Runs filters, and sets `exceptionSent` of their call if they send the event `exception` to its client. */
export async function watchExceptions(call: Call, filters: () => Promise<unknown>): Promise<unknown> {
  const { client } = call;
  let watch = watches.get(client);
  if (watch === undefined) {
    watch = new ExceptionWatch();
    watches.set(client, watch);
    client.onAnyOutgoing(watch.listener);
  }
  watch.calls.add(call);
  try {
    return await current.run(call, filters);
  } finally {
    watch.calls.delete(call);
    if (watch.calls.size === 0) {
      watches.delete(client);
      client.offAnyOutgoing(watch.listener);
    }
  }
}
