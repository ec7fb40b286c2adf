import { type Call } from '../call.js';
import { defineParameter } from '../decorators/parameter.decorators.js';
import { signalOf } from './call-signals.js';

const signal = defineParameter((_path: undefined, call: Call) => signalOf(call));

/**
 * Injects an `AbortSignal` to pass to `fetch` and the like. In a handler that returns a stream, it is aborted when the
 * client cancels the stream or does not resume it in time, and when the server closes. In any other handler, it is
 * aborted when the client leaves.
 * @publicApi
 */
export function Signal(): ParameterDecorator {
  return signal.decorate();
}

/** Whether the factory is that of `@Signal()`. */
export function isSignal(factory: unknown): boolean {
  return factory === signal.factory;
}
