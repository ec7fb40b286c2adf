/**
 * The values of `@Signal()`. In the handler of an event, it is a signal of that call: aborted when the client leaves
 * while the handler runs, or by the stream that the handler has returned. Elsewhere, it is a signal of the client. Both
 * are created when a handler declares the parameter: any other handler costs nothing.
 */
import type { Socket } from '../../server/internal.js';
import type { Call } from '../call.js';

/** The controllers of the calls whose handlers use a signal, until they settle. */
const ofCalls = new WeakMap<Call, AbortController>();

/** The signals of a client, aborted when it leaves. */
class ClientSignals {
  readonly #own = new AbortController();
  readonly #running = new Set<AbortController>();

  constructor(client: Socket) {
    const abort = (): void => {
      this.#own.abort();
      for (const controller of this.#running) controller.abort();
      this.#running.clear();
    };
    if (client.isReachable) client.once('disconnecting', abort);
    else abort();
  }

  get own(): AbortSignal {
    return this.#own.signal;
  }

  add(controller: AbortController): void {
    if (this.#own.signal.aborted) controller.abort();
    else this.#running.add(controller);
  }

  delete(controller: AbortController): void {
    this.#running.delete(controller);
  }
}

const ofClients = new WeakMap<Socket, ClientSignals>();

function signalsOf(client: Socket): ClientSignals {
  let signals = ofClients.get(client);
  if (signals === undefined) ofClients.set(client, (signals = new ClientSignals(client)));
  return signals;
}

/** The value of `@Signal()` in a call. */
export function signalOf(call: Call): AbortSignal {
  return ofCalls.get(call)?.signal ?? signalsOf(call.client).own;
}

/** Gives a call a signal of its own. */
export function openSignal(call: Call): void {
  const controller = new AbortController();
  ofCalls.set(call, controller);
  signalsOf(call.client).add(controller);
}

/**
 * Ends the bond between the signal of a call and the client: the handler has settled.
 * @returns the controller, for a stream that aborts it from now on; `null` for a handler that does not use a signal
 */
export function releaseSignal(call: Call): AbortController | null {
  const controller = ofCalls.get(call);
  if (controller === undefined) return null;
  signalsOf(call.client).delete(controller);
  return controller;
}
