/**
 * `afterInit()` of the gateways for which Nest does not call it: those of modules that are loaded later, and scoped
 * ones. Of these Nest has only an object whose constructor never ran: `afterInit()` is called for each instance
 * instead, and that instance waits for it before it hears of its client.
 */
interface Initialised {
  afterInit?: (server: unknown) => unknown;
}

/** Where Nest notes the properties with `@WebSocketServer()`. */
const SERVER_PROPERTY = 'websockets:is_socket';

/** Keeps what Nest would give to a scoped gateway, for the instances that are made later. */
export class ScopedInit {
  readonly #prototype: object;
  readonly #initialised = new WeakMap<object, Promise<void>>();
  #server: unknown;

  /** @param placeholder what Nest takes for the gateway. To be called before Nest wires its gateways. */
  constructor(placeholder: object) {
    this.#prototype = placeholder;
    const keep = (server: unknown): void => void (this.#server = server);
    Object.defineProperty(placeholder, 'afterInit', { value: keep, configurable: true, writable: true });
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

  #initialise(instance: object): Promise<void> {
    return initialise(instance, this.#server, this.#prototype);
  }
}

/**
 * Fills `@WebSocketServer()` and calls `afterInit()`, as Nest does for the gateways that it knows. Rejects as that does.
 * @param declared where the property stands
 */
export async function initialise(instance: object, server: unknown, declared: object = instance): Promise<void> {
  for (const property in declared) {
    const isServer: unknown = Reflect.getMetadata(SERVER_PROPERTY, declared, property);
    if (isServer !== undefined) Reflect.set(instance, property, server);
  }
  const { afterInit } = instance as Initialised;
  if (typeof afterInit === 'function') await afterInit.call(instance, server);
}
