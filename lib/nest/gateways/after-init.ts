/**
 * `afterInit()` of gateways. Nest calls it with the server, before the first lifecycle hook. Two cases need more:
 *
 * - If `afterInit()` throws or rejects, start-up must fail with that error. Without this file, the process would crash
 *   with an uncaught exception.
 * - Nest does not call it for gateways of modules that are loaded later, nor for the instances of scoped gateways.
 *   For a scoped gateway, Nest has only a placeholder, an object whose constructor never ran. `afterInit()` is called
 *   for each instance instead, and the instance handles no client before that call has settled.
 */
import { Inject, Injectable } from '@nestjs/common';
import { contain, type Log } from '../../engine/internal.js';
import { replaceOnce } from '../application-hooks.js';
import { SOCKETIO_LOG } from '../module-options.js';

interface Initialised {
  afterInit?: (server: unknown) => unknown;
}

/** Nest's metadata key of the properties with `@WebSocketServer()`. */
const SERVER_PROPERTY = 'websockets:is_socket';

/** The calls of `afterInit()` that Nest makes at start-up, and the first error among them. */
@Injectable()
export class AfterInitCalls {
  readonly #log: Log;
  readonly #running: Promise<void>[] = [];
  #failure: { readonly error: unknown } | null = null;

  constructor(@Inject(SOCKETIO_LOG) log: Log) {
    this.#log = log;
  }

  /** Watches the next call of a gateway's `afterInit()`. */
  watch(gateway: object, name: string): void {
    if (typeof (gateway as Initialised).afterInit !== 'function') return;
    replaceOnce(gateway, 'afterInit', (original, args) => {
      const running = contain(
        () => original(...args),
        (error) => this.#fail(name, error),
      );
      if (running !== null) this.#running.push(running);
    });
  }

  /** Resolves when all calls have settled. @throws the error of the first that failed */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
    if (this.#failure !== null) throw this.#failure.error;
  }

  #fail(name: string, error: unknown): void {
    this.#log.error(`${name}.afterInit failed: the application does not start`, error, {
      handler: `${name}.afterInit`,
    });
    this.#failure ??= { error };
  }
}

/**
 * Records the server that Nest passes to the placeholder of a scoped gateway, for the instances that are made later.
 */
export class ScopedAfterInit {
  readonly #prototype: object;
  readonly #calls = new WeakMap<object, Promise<void>>();
  #server: unknown;

  /** @param placeholder the object that Nest wires as the gateway. Must be created before Nest wires its gateways */
  constructor(placeholder: object) {
    this.#prototype = placeholder;
    const keep = (server: unknown): void => void (this.#server = server);
    Object.defineProperty(placeholder, 'afterInit', { value: keep, configurable: true, writable: true });
  }

  /** Fills `@WebSocketServer()` and calls `afterInit()`, once for each instance. Rejects if `afterInit()` fails. */
  call(instance: object): Promise<void> {
    let running = this.#calls.get(instance);
    if (running === undefined) {
      running = callAfterInit(instance, this.#server, this.#prototype);
      this.#calls.set(instance, running);
    }
    return running;
  }
}

/**
 * Fills `@WebSocketServer()` and calls `afterInit()`, as Nest does for the gateways that it knows. Rejects if
 * `afterInit()` fails.
 * @param declared the object on which the properties with `@WebSocketServer()` are declared
 */
export async function callAfterInit(instance: object, server: unknown, declared: object = instance): Promise<void> {
  for (const property in declared) {
    const isServer: unknown = Reflect.getMetadata(SERVER_PROPERTY, declared, property);
    if (isServer !== undefined) Reflect.set(instance, property, server);
  }
  const { afterInit } = instance as Initialised;
  if (typeof afterInit === 'function') await afterInit.call(instance, server);
}
