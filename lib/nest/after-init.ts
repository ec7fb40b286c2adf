/**
 * `afterInit()` of gateways. Nest calls it without a net: what it throws, or rejects with, would end the
 * process. Here it is logged. Of a scoped gateway Nest has only an object whose constructor never ran:
 * `afterInit()` is called for each instance instead, and that instance waits for it before it hears of its client.
 */
import { guarded, type Log } from '../engine/index.js';
import { messages } from './messages.js';

type AfterInit = (server: unknown) => unknown;

interface Initialised {
  afterInit?: AfterInit;
}

/** Where Nest notes the properties with `@WebSocketServer()`. */
const SERVER_PROPERTY = 'websockets:is_socket';

/** Puts a net under `afterInit()` of a singleton. To be called before Nest wires its gateways. */
export function guardAfterInit(gateway: Initialised, type: string, log: Log): void {
  const { afterInit } = gateway;
  if (typeof afterInit !== 'function') return;
  hide(gateway, (server) => {
    void guarded(
      () => afterInit.call(gateway, server),
      (error) => log.error(messages.initFailed(type), error),
    );
  });
}

/** Keeps what Nest would give to a scoped gateway, for the instances that are made later. */
export class ScopedInit {
  readonly #prototype: object;
  readonly #initialised = new WeakMap<object, Promise<void>>();
  #server: unknown;

  /** @param placeholder what Nest takes for the gateway. To be called before Nest wires its gateways. */
  constructor(placeholder: object) {
    this.#prototype = placeholder;
    hide(placeholder, (server) => void (this.#server = server));
  }

  /** Fills `@WebSocketServer()` and calls `afterInit()`, once for each instance. Rejects as that does. */
  initialise(instance: object): Promise<void> {
    let initialised = this.#initialised.get(instance);
    if (initialised === undefined) {
      initialised = this.#initialise(instance);
      this.#initialised.set(instance, initialised);
    }
    return initialised;
  }

  async #initialise(instance: object): Promise<void> {
    for (const property in this.#prototype) {
      const isServer: unknown = Reflect.getMetadata(SERVER_PROPERTY, this.#prototype, property);
      if (isServer !== undefined) Reflect.set(instance, property, this.#server);
    }
    const { afterInit } = instance as Initialised;
    if (typeof afterInit === 'function') await afterInit.call(instance, this.#server);
  }
}

function hide(gateway: object, afterInit: AfterInit): void {
  Object.defineProperty(gateway, 'afterInit', { value: afterInit, configurable: true, writable: true });
}
