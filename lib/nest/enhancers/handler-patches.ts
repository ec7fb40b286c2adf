/**
 * Lets tools that patch Nest's gateways work here. `@nestjs/observe` and its like replace
 * `WsContextCreator.prototype.create`, with which `@nestjs/platform-socket.io` builds the handler of each message. A
 * patch can act in two places: it can replace the method before Nest's `create` gets it, and put a function around the
 * handler that `create` returns.
 *
 * This library builds its handlers without `create`. So it calls `create` once for each handler that it binds, on a
 * creator without enhancers. Nest's own `create`, which a patch calls in turn, then receives the method that the patch
 * wants called, and returns the handler of this library. If both come back as they were, nothing is patched and the
 * handler is bound as if this file did not exist. It therefore makes no difference who has patched `create`, or when.
 *
 * The class is private to Nest. If Nest moves or changes it, handlers are bound without patches. Checked with
 * `@nestjs/websockets` 12.1.1 and `@nestjs/observe` 0.3.3.
 */
import type { Log } from '../../engine/internal.js';
import { type Call, CALL_INDEX } from '../call.js';
import type { Run } from '../connection-scope.js';
import { subscribedTo } from '../decorators/metadata.js';
import { messages } from '../messages.js';
import type { HandlerSource, Method } from './enhancer-finder.js';

/** A handler as patches have left it. */
export interface PatchedHandler {
  /** The function to call with the arguments of the method, on the instance. The method itself unless patched. */
  readonly called: Method;
  /**
   * Puts the patch around a handler with all its enhancers. `null` if no patch does that. If the handler is
   * asynchronous, it has to return a native promise, by which patches recognise the end of the call.
   */
  readonly around: ((run: Run) => Run) | null;
}

/** The members of Nest's creator that its `create` uses. */
interface ContextCreator {
  readonly exceptionFiltersContext: { create(instance: object, callback: Method): unknown };
  readonly pipesContextCreator: { create(): readonly [] };
  readonly guardsContextCreator: { create(): readonly [] };
  readonly interceptorsContextCreator: { create(): readonly [] };
  readonly wsProxy: { create(): Method };
  getMetadata(): object;
  create(instance: object, callback: Method, moduleKey: string, methodName: string): Method;
}

const NONE = { create: () => [] as const };

/** The metadata of a method without parameters. */
const NO_PARAMETERS = { argsLength: 0, paramtypes: [], getParamsMetadata: () => undefined };

export class HandlerPatches {
  readonly #prototype: object | null;
  readonly #log: Pick<Log, 'warn'>;
  #hasWarned = false;

  /** @param prototype of Nest's `WsContextCreator`, or `null` */
  constructor(prototype: object | null, log: Pick<Log, 'warn'>) {
    this.#prototype = prototype;
    this.#log = log;
  }

  static async load(log: Pick<Log, 'warn'>): Promise<HandlerPatches> {
    const module = await import('@nestjs/websockets/context/ws-context-creator.js').catch(() => null);
    return new HandlerPatches(module?.WsContextCreator.prototype ?? null, log);
  }

  /** @param event the name that patches get for the message, if the method has no `@SubscribeMessage` for it */
  of(source: Pick<HandlerSource, 'callback' | 'instance' | 'method'>, event?: string): PatchedHandler {
    try {
      return this.#create(source, event);
    } catch (error) {
      if (!this.#hasWarned) this.#log.warn(`${messages.patchesUnavailable()}: ${String(error)}`);
      this.#hasWarned = true;
      return { called: source.callback, around: null };
    }
  }

  #create({ instance, method, callback }: Pick<HandlerSource, 'callback' | 'instance' | 'method'>, event?: string) {
    if (this.#prototype === null) return { called: callback, around: null };
    const given = event === undefined ? callback : subscribedTo(callback, event);
    let called = given;
    let run: Run | null = null;
    let isReached = false;
    const handler: Method = (...args) => run?.(args[CALL_INDEX] as Call);
    const creator = Object.assign(Object.create(this.#prototype) as ContextCreator, {
      exceptionFiltersContext: {
        create(_instance: object, received: Method) {
          called = received;
        },
      },
      pipesContextCreator: NONE,
      guardsContextCreator: NONE,
      interceptorsContextCreator: NONE,
      getMetadata: () => NO_PARAMETERS,
      wsProxy: {
        create() {
          isReached = true;
          return handler;
        },
      },
    } satisfies Partial<ContextCreator>);
    const patched = creator.create(instance, given, '', method);
    if (!isReached) throw new TypeError('it has not been called as expected');
    return {
      called: called === given ? callback : called,
      around:
        patched === handler
          ? null
          : (inner: Run): Run => {
              run = inner;
              return (call) => patched(...call.hostArgs);
            },
    };
  }
}
